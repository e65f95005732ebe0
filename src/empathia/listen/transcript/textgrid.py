"""Transcripts as Praat's TextGrid, long or short text form.

Praat reads numbers, quoted texts and flags like ``<exists>`` that stand by themselves; all else
(``xmin =``, ``intervals [3]:``) is for people. So are the two forms one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import Parsed, Row, clean, clean_name, stamp
from empathia.listen.transcript.spoken import Spoken, placed, word
from empathia.listen.transcript.tiers import Span, Tier, rows_of
from empathia.tables import fault

_TOKEN = re.compile(r'"((?:[^"]|"")*+)"(?!\S)|!.*|(\S+)')
_NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII)
_KINDS = {"IntervalTier": False, "TextTier": True}
_CHRONOLOGICAL = "Praat chronological TextGrid text file"
_SAVE = "In Praat, save it again as text file"
_SHARED = " | "  # between the texts of turns that overlap, as earlier versions wrote them


class _Token(NamedTuple):
    text: str
    line: int
    quoted: bool


def read(text: str, path: Path) -> Parsed:
    """Rows of a TextGrid: a turn for each label on a speaker's tier.

    Raises:
        TextError: It is no TextGrid, or ends or goes wrong within a tier.
    """
    tiers = _tiers(_Tokens(text, path), path)
    groups = _groups(tiers)
    if groups is None:
        return rows_of(tiers)
    rows = [row for group in groups for row in _written(group)]
    return Parsed(sorted(rows, key=lambda r: r.start or 0.0))


class _Tokens:
    """What stands in the file, one after the other."""

    def __init__(self, text: str, path: Path) -> None:
        self._path = path
        self._tokens = _tokens(text)
        self._line = 1

    def number(self) -> str:
        """The next number."""
        return self._next(quoted=False).text

    def count(self) -> int:
        """The next number, which says how many follow."""
        text = self.number()
        if not text.isdecimal():
            raise fault(self._path, self._line, f"expected a count, found {text}", _SAVE)
        return int(text)

    def time(self) -> float:
        """The next number as a time in s; the recording starts at 0."""
        text = self.number()
        return 0.0 if text.startswith("-") else stamp(text, self._path, self._line) or 0.0

    def string(self) -> _Token:
        """The next quoted text."""
        return self._next(quoted=True)

    def _next(self, *, quoted: bool) -> _Token:
        token = next(self._tokens, None)
        wanted = "a text in quotation marks" if quoted else "a number"
        if token is None:
            problem = f"the file ends where {wanted} is expected"
            raise fault(self._path, self._line, problem, "Check that it is whole")
        self._line = token.line
        if token.quoted != quoted:
            raise fault(
                self._path,
                token.line,
                f"expected {wanted}, found {ascii(token.text)[:40]}",
                f'Write a quotation mark inside a label twice (""), or: {_SAVE}',
            )
        return token


def _tokens(text: str) -> Iterator[_Token]:
    line, last = 1, 0
    for match in _TOKEN.finditer(text):
        quoted, bare = match.groups()
        line += text.count("\n", last, match.start())
        last = match.start()
        if quoted is not None:
            yield _Token(quoted.replace('""', '"'), line, True)
        elif bare is not None and _NUMBER.fullmatch(bare):
            yield _Token(bare, line, False)


def _tiers(tokens: _Tokens, path: Path) -> list[Tier]:
    kind = tokens.string().text
    if kind.startswith("ooTextFile"):
        kind = tokens.string().text
    if kind != "TextGrid":
        raise fault(path, 1, f"expected a TextGrid, found '{clean(kind)}'", _SAVE)
    tokens.number(), tokens.number()
    return [_tier(tokens, path) for _ in range(tokens.count())]


def _tier(tokens: _Tokens, path: Path) -> Tier:
    kind = tokens.string()
    if kind.text not in _KINDS:
        listed = " or ".join(_KINDS)
        raise fault(path, kind.line, f"expected {listed}, found '{clean(kind.text)}'", _SAVE)
    points = _KINDS[kind.text]
    name = tokens.string().text
    tokens.number(), tokens.number()
    spans = []
    for _ in range(tokens.count()):
        start, end = tokens.time(), None if points else tokens.time()
        label = tokens.string()
        spans.append(Span(label.line, start, end, label.text))
    return Tier(name, spans, points=points)


class _Group(NamedTuple):
    """The tiers of a speaker as we write them."""

    turns: Tier
    words: Tier | None
    emotion: Tier


def _groups(tiers: Sequence[Tier]) -> list[_Group] | None:
    """The groups of tiers that our own writer makes of a timeline; None where it did not."""
    groups: list[_Group] = []
    left = list(reversed(tiers))
    while left:
        turns = left.pop()
        words = left.pop() if left and left[-1].name == f"{turns.name} words" else None
        if not left or left[-1].name != f"{turns.name} emotion":
            return None
        groups.append(_Group(turns, words, left.pop()))
    return None if any(t.points for t in tiers) else groups


def _written(group: _Group) -> list[Row]:
    """The turns of a group: what is said is literal, and one without words has an emotion."""
    spans = {(s.start, s.end): s for t in (group.emotion, group.turns) for s in t.spans if s.label}
    said = {(s.start, s.end): s.label for s in group.turns.spans}
    felt = {(s.start, s.end) for s in group.emotion.spans if s.label}
    name = clean_name(group.turns.name)
    rows = [
        Row(spans[at].line, name, clean(said.get(at, "")), *at)
        for at in sorted(spans, key=lambda at: at[0])
    ]
    if any(_SHARED in s.label for s in group.emotion.spans) or not felt >= spans.keys():
        rows = _parted(rows)
    if group.words is None:
        return rows
    words = [(s.line, word(s.label, s.start, s.end)) for s in group.words.spans]
    return placed(rows, [Spoken(n, name, w) for n, w in words if w is not None])[0]


def _parted(rows: Sequence[Row]) -> list[Row]:
    """Turns that overlap, as earlier versions wrote them: one stretch after the other.

    The stretch that two turns share held both texts with a bar between; a text that goes on from
    the stretch before is the same turn.
    """
    done: list[Row] = []
    going: dict[str, Row] = {}
    shared = False
    for row in rows:
        texts = (row.text or "").split(_SHARED)
        touches = (shared or len(texts) > 1) and any(r.end == row.start for r in going.values())
        on = {t: r._replace(end=row.end) for t, r in going.items() if touches and t in texts}
        done += [r for t, r in going.items() if t not in on]
        going = {t: on.get(t, row._replace(text=t or None)) for t in texts}
        shared = len(texts) > 1
    return sorted([*done, *going.values()], key=lambda r: r.start or 0.0)


def _looks(head: str) -> bool:
    start = head[:300]
    return ("ooTextFile" in start and '"TextGrid"' in start) or _CHRONOLOGICAL in start


FORMAT = Format(
    name="textgrid",
    title="a Praat TextGrid",
    suffixes=(".textgrid",),
    told="the words ooTextFile and TextGrid at the start; a tier is a speaker, or holds the "
    "words or phones of one ('Ann - words')",
    left="tiers of phones, remarks and points; empty intervals and marks of silence; files in "
    "Praat's binary or chronological form are refused",
    example='File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n4\n<exists>\n2\n'
    '"IntervalTier"\n"Ann"\n0\n4\n2\n0.5\n2\n"I passed the exam."\n2\n4\n""\n'
    '"IntervalTier"\n"Ben"\n0\n4\n2\n0\n2.5\n""\n2.5\n4\n"That is wonderful!"\n',
    looks=_looks,
    read=read,
)
