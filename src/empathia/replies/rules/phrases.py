"""Many regular expressions over one text, of which only those are tried that could match.

An alternation of hundreds of phrases is tried phrase by phrase at every letter. But each phrase
cannot match without one of a few pieces of text ("kill", "stab"), which are found a hundred times
as fast; most texts hold none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, cached_property

_MOST = 400  # pieces of text that are worth looking for instead of one phrase
Pieces = frozenset[str]
_LETTER = r"[^()\[\\|.^$*+?{]"
_ONE = r"(?:\[[^\]]+\]|\\.|[^()\[\\])"
_SIGNS = re.compile(
    rf"(?:\({_ONE}*\)|{_ONE})(?:[*?]|\{{[0,][^}}]*\}})\??|\(\?<?!{_ONE}*\)"  # what can be missing
    rf"|(\(\?:{_LETTER}+(?:\|{_LETTER}+)*\)"  # words to choose from
    rf"|{_LETTER}+(?![*?{{])"  # letters in a row
    r"|\(\?<?[:=!]|\[[^\]]+\]|\\.|[*+?]\??|\{[\d,]+\}\??|.)"
)


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
    """Pieces of text: of each set, every match has at least one.

    Args:
        expression: A regular expression without flags, names and references to groups.
    """
    return _of_group(iter(_SIGNS.findall(expression)))


def _of_group(signs: Iterator[str]) -> list[Pieces]:
    """Of what stands before the end of a group, which is taken, too."""
    branches: list[list[list[Pieces]]] = [[]]
    for sign in filter(None, signs):
        parts = branches[-1]
        if sign == ")":
            break
        if sign == "|":
            branches.append([])
        elif sign in ("(", "(?:", "(?=", "(?<="):
            parts.append(_of_group(signs))
        elif sign in ("(?!", "(?<!"):
            _of_group(signs)
        elif sign[0] in "*?" or sign[:2] in ("{0", "{,"):
            parts[-1] = []
        else:
            parts.append(_of_sign(sign))
    each = [[some for part in parts for some in part] for parts in branches]
    if len(each) == 1:
        return each[0]
    best = [max(sets, key=_tells, default=Pieces()) for sets in each]
    some = Pieces(piece for pieces in best for piece in pieces)
    return [some] if all(best) and len(some) <= _MOST else []


def _of_sign(sign: str) -> list[Pieces]:
    if sign.startswith("(?:"):
        return [Pieces(sign[3:-1].split("|"))]
    if sign[0] == "[":
        return [] if re.search(r"^.\^|[-\\]", sign) else [Pieces(sign[1:-1])]
    if sign[0] == "\\":
        return [] if sign[1].isalnum() else [Pieces(sign[1])]
    return [] if sign[0] in ".^$+{" else [Pieces([sign])]


def _tells(pieces: Pieces) -> tuple[int, int]:
    return min(map(len, pieces)), -len(pieces)


def expression(line: str, language: str) -> str:
    """A line of a table of phrases as a regular expression.

    "a & b" wants both. In Korean a space is a gap that may be missing and "~" up to 14 letters of
    the same sentence; else "~" is up to four words, and a phrase consists of whole words.
    """
    if " & " in line:
        return "^" + "".join(f"(?=.*?{expression(x, language)})" for x in line.split(" & "))
    line = re.sub(r"\((?!\?)", "(?:", line)
    if language == "ko":
        return line.replace("~", "[^.!?]{0,14}?").replace(" ", r"\s*")
    gaps = line.replace("~ ", r"(?:[\w']+ ){0,4}")
    return rf"(?<!\w)(?:{gaps})(?!\w)"
