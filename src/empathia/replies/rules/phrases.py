"""Many regular expressions over one text, of which only those are tried that could match.

An alternation of hundreds of phrases is tried phrase by phrase at every letter. But each phrase
cannot match without one of a few pieces of text ("kill", "stab"), which are found a hundred times
as fast; most texts hold none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_MOST = 400  # pieces of text that are worth looking for instead of one phrase
Pieces = frozenset[str]


class Phrases:
    """Phrases that are looked for together.

    Args:
        lines: Regular expressions, in lower case.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self._needed = [sorted(needed(line), key=_tells, reverse=True) for line in lines]
        self._of: dict[str, list[int]] = {}  # the piece that tells the most to lines
        for i, sets in enumerate(self._needed):
            for piece in sets[0] if sets else [""]:
                self._of.setdefault(piece, []).append(i)

    @cached_property
    def _joined(self) -> re.Pattern[str]:
        return re.compile("|".join(self.lines))

    def search(self, text: str) -> bool:
        """Whether any of them is in a text."""
        likely = sorted({i for piece, some in self._of.items() if piece in text for i in some})
        return any(self._may(i, text) and _compiled(self.lines[i]).search(text) for i in likely)

    def _may(self, i: int, text: str) -> bool:
        return all(any(piece in text for piece in some) for some in self._needed[i][1:])

    def sub(self, instead: str, text: str) -> str:
        """A text with something in the place of each of them."""
        return self._joined.sub(instead, text) if self.search(text) else text


@cache
def _compiled(line: str) -> re.Pattern[str]:
    return re.compile(line)  # when it is first needed: most never are


def needed(expression: str) -> list[Pieces]:
    """Pieces of text: of each set, every match has at least one."""
    return _of_all(_parser.parse(expression))


def _of_all(parts: Iterable[tuple[Any, Any]]) -> list[Pieces]:
    """Of parts that all have to match."""
    found: list[Pieces] = []
    run = ""
    for what, of in [*parts, (None, None)]:
        if what is code.LITERAL:
            run += chr(of)
            continue
        if run:
            found.append(frozenset([run]))
        run = ""
        found += _of_one(what, of)
    return found


def _of_one(what: object, of: Any) -> list[Pieces]:  # noqa: ANN401 - of the parser's kinds
    if what is code.SUBPATTERN:
        return _of_all(of[3])
    if what in (code.MAX_REPEAT, code.MIN_REPEAT) and of[0]:
        return _of_all(of[2])
    if what is code.ASSERT:
        return _of_all(of[1])
    if what is code.IN and all(kind is code.LITERAL for kind, _ in of):
        return [frozenset(chr(letter) for _, letter in of)]
    if what is code.BRANCH:
        each = [max(_of_all(branch), key=_tells, default=Pieces()) for branch in of[1]]
        some = Pieces(p for pieces in each for p in pieces)
        return [some] if all(each) and len(some) <= _MOST else []
    return []


def _tells(pieces: Pieces) -> tuple[int, int]:
    return min(map(len, pieces)), -len(pieces)
