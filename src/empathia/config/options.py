"""Options of a plug-in: complete, and of the types of their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType

from empathia.config.rules import Rule
from empathia.config.values import as_default
from empathia.errors import ConfigError
from empathia.files import Plain


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a recogniser, complete and of the types of their defaults.

    Args:
        values: By name.
    """

    values: Mapping[str, Plain]

    def demand(self, rules: Mapping[str, Rule], name: str = "'model.{}'") -> None:
        """Refuse values that cannot be, before any work is done.

        Args:
            rules: Name to what its value has to be.
            name: What a message calls one, with {} in the place of its name.

        Raises:
            ConfigError: One is not what is expected.
        """
        for key, rule in rules.items():
            rule.check(name.format(key), self.values[key])

    def flag(self, name: str) -> bool:
        """A truth value."""
        return bool(self.values[name])

    def count(self, name: str) -> int:
        """A whole number."""
        return int(self.values[name])  # type: ignore[arg-type]

    def number(self, name: str) -> float:
        """A number."""
        return float(self.values[name])  # type: ignore[arg-type]

    def text(self, name: str) -> str:
        """A string."""
        return str(self.values[name])

    def numbers(self, name: str) -> tuple[float, ...]:
        """A list of numbers."""
        return tuple(map(float, self.values[name]))  # type: ignore[arg-type]

    def words(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        return tuple(map(str, self.values[name]))  # type: ignore[arg-type]

    def table(self, name: str) -> Mapping[str, Plain]:
        """A table."""
        return self.values[name]  # type: ignore[return-value]


def checked_options(
    plugin: ModuleType,
    given: Mapping[str, Plain],
    file: str,
    prefix: str = "model.",
    *,
    name: str | None = None,
    kind: str = "recogniser",
) -> Options:
    """A plug-in's options, complete: defaults where nothing is given.

    Args:
        plugin: Defines ``OPTIONS``, its options with their defaults, and may define ``RENAMED``,
            names that older run files used and what they are called now.
        given: Options by name.
        file: Where they come from, for messages.
        prefix: What stands before a name there.
        name: Of the plug-in, where its module has another.
        kind: What it is, for messages.

    Raises:
        ConfigError: An option is unknown or of another type than its default.
    """
    renamed: Mapping[str, str] = getattr(plugin, "RENAMED", {})
    for key in set(given) & set(renamed):
        raise ConfigError(
            f"{file}: '{prefix}{key}' is called '{prefix}{renamed[key]}' now", "Rename the key"
        )
    owner = f"{file}: {kind} '{name or plugin.__name__.rpartition('.')[2]}'"
    return complete(given, plugin.OPTIONS, owner, prefix)


def complete(
    given: Mapping[str, Plain], defaults: Mapping[str, Plain], owner: str, prefix: str = ""
) -> Options:
    """All options of a plug-in: those that are given, and the defaults of the rest.

    Args:
        given: Options by name.
        defaults: Of all that there are.
        owner: Whose they are, for messages.
        prefix: What stands before a name where it was given.

    Raises:
        ConfigError: An option is unknown or of another type than its default.
    """
    for key in given:
        if key not in defaults:
            raise ConfigError(
                f"{owner} has no option '{prefix}{key}' "
                f"(known: {', '.join(sorted(defaults)) or 'none'})",
                "Mend or remove the key",
            )
    typed = {k: as_default(defaults[k], v, owner, f"{prefix}{k}") for k, v in given.items()}
    return Options({**defaults, **typed})
