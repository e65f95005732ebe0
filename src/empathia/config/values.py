"""Values out of TOML as the types of their fields; what does not fit is told by file and key."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from empathia.errors import ConfigError
from empathia.files import Plain

_Part = TypeVar("_Part")


def filled(kind: type[_Part], table: Mapping[str, Any], file: str, prefix: str) -> _Part:
    """Fill a dataclass from a table, names and types checked; lists with a default may be empty."""
    hints = get_type_hints(kind)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    values = {}
    for key, value in table.items():
        if key not in fields:
            raise unknown(file, prefix + key, [prefix + f for f in fields if f != "file"])
        none = value == [] and isinstance(fields[key].default, tuple)
        values[key] = () if none else typed(hints[key], value, file, prefix + key)
    lacking = [
        prefix + name
        for name, f in fields.items()
        if name not in values
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
    ]
    if lacking:
        raise ConfigError(f"{file} lacks '{', '.join(lacking)}'", "Add what is missing")
    return kind(**values)


def typed(hint: Any, value: Any, file: str, key: str) -> Any:  # noqa: ANN401 - any TOML value
    """``value`` as the type of a hint; int stands for float, nothing else is converted."""
    options = get_args(hint) if get_origin(hint) not in {tuple, Mapping} else ()
    if options:  # X | None
        hint = next(o for o in options if o is not type(None))
    if get_origin(hint) is tuple:
        kind = get_args(hint)[0]
        if isinstance(value, list) and value and all(type(v) is kind for v in value):
            return tuple(value)
        raise wrong(file, key, "a list of " + ("strings" if kind is str else "numbers"), value)
    if get_origin(hint) is Mapping:
        if isinstance(value, dict):
            return value
        raise wrong(file, key, "a table", value)
    if dataclasses.is_dataclass(hint) and isinstance(value, hint):  # type: ignore[arg-type]
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise wrong(file, key, getattr(hint, "__name__", str(hint)), value)
    return value


def as_default(default: Plain, value: Plain, file: str, key: str) -> Plain:
    """A value of ``[model]`` as the type of its default; of an empty list any list will do."""
    if isinstance(default, Mapping):
        if not isinstance(value, Mapping):
            raise wrong(file, key, "a table", value)
        return value
    if isinstance(default, list | tuple):
        kinds = {type(x) for x in default} or {str, int, float}
        numbers = bool(kinds & {int, float})
        allowed = kinds | {int, float} if numbers else kinds
        if isinstance(value, list | tuple) and all(type(x) in allowed for x in value):
            return tuple(value)
        raise wrong(file, key, f"a list of {'numbers' if numbers else 'strings'}", value)
    return typed(type(default), value, file, key)  # type: ignore[no-any-return]


def unknown(file: str, key: str, known: Any) -> ConfigError:  # noqa: ANN401 - any iterable
    """The error for a key that nobody knows."""
    return ConfigError(
        f"{file} has the unknown key '{key}' (known: {', '.join(known)})", "Mend or remove the key"
    )


def wrong(file: str, key: str, expected: str, value: Any) -> ConfigError:  # noqa: ANN401
    """The error for a value of another type."""
    return ConfigError(
        f"{file}: '{key}' must be {expected}, found {value!r} ({type(value).__name__})",
        "Mend the value",
    )
