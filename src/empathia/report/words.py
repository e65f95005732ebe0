"""What the page says, in the language that was asked for: one file a language.

Timelines hold English where the program composed it: labels, cues, notes. Such a text is told in
another language where the language's file knows it, whole, by its form or piece by piece, and as
it is where it does not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from empathia.errors import UsageError

LANGUAGES = ("en", "ko")
_FOLDER = Path(__file__).with_name("assets") / "words"
_LONGEST = 600  # characters of what is looked for piece by piece
_MARKS = ("; ", ", ", " with ")  # between pieces; the last is a comma elsewhere
_SOURCE = re.compile(r"[a-z][a-z0-9_-]*")
_BLANK = re.compile(r"\\\{(([a-z]+)\d?)\\\}")
_STANDS = {"why": ".+", "number": r"[\d.-]+"}
_NAMES = {"name", "other", "who"}  # blanks that hold a name, which stays as it is
Forms = tuple[tuple[re.Pattern[str], str], ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language.

    Args:
        language: ISO 639-1.
        said: Sentences by name ("turns.speaker"), with {blanks}.
        stored: What timelines hold in English, in this language.
        forms: The same for texts with blanks: {number} stands for one, {why} for anything, others
            for what has no brackets, colons and semicolons.
    """

    language: str
    said: Mapping[str, str]
    stored: Mapping[str, str]
    forms: Forms

    def say(self, name: str, /, **values: object) -> str:
        """A sentence by its name, its blanks filled."""
        return self.said[name].format(**values)

    def count(self, name: str, number: int) -> str:
        """``1 turn``, ``2 turns``."""
        return self.say(f"{name}.{'one' if number == 1 else 'many'}", number=number)

    def source(self, name: str) -> str:
        """What a recogniser goes by ("words"), or its name."""
        return self.said.get(f"source.{name}", name)

    def shown(self, text: str) -> str:
        """A text that timelines hold in English, in this language where that is known."""
        if not self.stored or len(text) > _LONGEST:
            return text
        return self._known(text) or text

    def called(self, name: str) -> str:
        """Somebody's name: theirs, or the number that the program gave them."""
        return self.shown(name) if name.startswith("Speaker") else name

    def _known(self, text: str) -> str | None:
        if text in self.stored:
            return self.stored[text]
        for form, sentence in self.forms:
            if (fits := form.fullmatch(text)) is not None:
                blanks = fits.groupdict().items()
                filled = {k: (self.called if k in _NAMES else self.shown)(v) for k, v in blanks}
                return sentence.format(**filled)
        source, colon, reason = text.partition(": ")  # as what is left out is told of each
        if colon and _SOURCE.fullmatch(source) and (told := self._known(reason)) is not None:
            return f"{self.source(source)}: {told}"
        for mark in _MARKS:
            pieces = [self._known(x) for x in text.split(mark)] if mark in text else [None]
            if None not in pieces:
                return (", " if mark == _MARKS[-1] else mark).join(filter(None, pieces))
        return None


@cache
def words_in(language: str) -> Words:
    """The words of a language.

    Raises:
        UsageError: There are none.
    """
    if language not in LANGUAGES:
        raise UsageError(
            f"there is no page in {language[:20]!a}", f"Ask for one of {', '.join(LANGUAGES)}"
        )
    told = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    stored = dict(_flat(told.pop("stored"), named=False))
    forms = [(_form(text), sentence) for text, sentence in stored.items() if "{" in text]
    return Words(language, dict(_flat(told)), stored, tuple(forms))


def _flat(
    words: Mapping[str, object], above: str = "", *, named: bool = True
) -> Iterator[tuple[str, str]]:
    for key, value in words.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}." if named else "", named=named)
        else:
            yield name, str(value)


def _form(text: str) -> re.Pattern[str]:
    """A text with blanks as what it matches."""
    return re.compile(
        _BLANK.sub(lambda m: f"(?P<{m[1]}>{_STANDS.get(m[2], '[^();:]+?')})", re.escape(text))
    )


ENGLISH = words_in("en")
"""What everything else that reports says."""
