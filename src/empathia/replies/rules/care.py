"""The replies that no generator may word: fixed texts that point to people who can help."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import cast

from empathia.contracts import Generator
from empathia.errors import UsageError
from empathia.replies.rules.safety import KINDS, LANGUAGES, Kind, Language, concern, language_of
from empathia.types import ANY, Reply, Tell, Turn, Wish

Texts = Mapping[Language, Mapping[Kind, str]]

DEFAULT, OFF = "default", "off"
SOURCE = "care"
NOTE = "words that suggest {kind} get a fixed reply"
NOTE_OFF = (
    "care is off: words that suggest self-harm, harm to others, abuse or an emergency "
    "are answered as any others"
)
_SHIPPED = Path(__file__).with_name("care.toml")


class Careful:
    """A generator that lets another answer, but for what calls for care.

    Args:
        generator: Who answers else.
        care: :data:`DEFAULT`, or a TOML file of texts by language and kind.

    Raises:
        UsageError: The file cannot be used.
    """

    def __init__(self, generator: Generator, care: str | Path = DEFAULT) -> None:
        self._generator = generator
        self._texts = texts(care)

    def propose(self, turns: Sequence[Turn], wish: Wish = ANY, tell: Tell = None) -> list[Reply]:
        """The fixed text of the kind that the turns suggest, or the generator's replies.

        Raises:
            UsageError: There is no turn.
        """
        kind = concern(turns)
        if kind is None:
            return self._generator.propose(turns, wish, tell)
        text = self._texts[language_of(turns)][kind]
        return [Reply(turns[-1].utterance.id, text, SOURCE, NOTE.format(kind=kind))]


def texts(care: str | Path = DEFAULT) -> Texts:
    """The texts by language and kind; what a file leaves out is as it ships.

    Args:
        care: :data:`DEFAULT`, or a TOML file.

    Raises:
        UsageError: The file cannot be read, or holds something else.
    """
    shipped = _shipped()
    if str(care) == DEFAULT:
        return shipped
    own = _read(Path(care))
    return {x: {**shipped[x], **own.get(x, {})} for x in LANGUAGES}


@cache
def _shipped() -> Texts:
    return _read(_SHIPPED)


def _read(path: Path) -> Texts:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"there is no file of careful replies at '{path}' ({error.strerror})",
            f"Name a TOML file, '{DEFAULT}' or '{OFF}'",
        ) from error
    except ValueError as error:  # also what is no UTF-8
        raise UsageError(f"'{path}' is no TOML in UTF-8 ({error})", "Mend the file") from error
    for language, kinds in table.items():
        _check(path, "language", language, LANGUAGES)
        if not isinstance(kinds, dict):
            raise UsageError(f"'{path}': expected a table [{language}]", "Write one")
        for kind, text in kinds.items():
            _check(path, "kind", kind, KINDS)
            if not isinstance(text, str) or not text.strip():
                raise UsageError(
                    f"'{path}': expected a text for {language}.{kind}, found {text!r}",
                    "Write one, or leave the line out",
                )
    return cast("Texts", table)


def _check(path: Path, what: str, found: str, known: Sequence[str]) -> None:
    if found not in known:
        raise UsageError(f"'{path}': there is no {what} '{found}'", f"Known are {', '.join(known)}")
