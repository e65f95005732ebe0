"""Transcripts as subtitles: SubRip (srt), YouTube's sbv and WebVTT (vtt)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.naming import heads
from empathia.listen.transcript.rolling import joined, new_lines, rolls
from empathia.listen.transcript.rows import SPEAKER, Parsed, Row, clean, clean_name, stamp
from empathia.listen.transcript.speakers import Names, doubtful, somebody_else
from empathia.tables import at_lines, fault, lines_of

_TIME = r"-?\d+\s*:[\d\s:]*\d(?:[.,]\d*)?"
_ARROW = re.compile(rf"\s*({_TIME})\s*(?:-->|->|→)\s*({_TIME})(?:\s.*)?", re.ASCII)
_ODD = re.compile(  # one of the times went wrong
    r"\s*(\S*)\s*-->\s*(-?\d+:\d\S*)(?:\s.*)?|\s*(-?\d+:\d\S*)\s*-->\s*(\S*)(?:\s.*)?", re.ASCII
)
_SBV = re.compile(r"(\d+:\d\d:\d\d\.\d+),(\d+:\d\d:\d\d\.\d+)", re.ASCII)
_COLON_MS = re.compile(r"(\d+:\d+:\d+):(\d{3})", re.ASCII)
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^<>]*)>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<\d[\d:.]*>|\{\\[^}]*\}")
_OURS = re.compile(r"\[((?:\\.|[^\\\]]){1,200}?) · ((?:\\.|[^\\\]]){0,200})\] ?(.*)", re.DOTALL)
_SETTINGS = re.compile(r"(?:\s+[A-Za-z]\w*:\S+)*\s*")  # "align:start position:0%"
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_NEXT = re.compile(r"\s+(?=[-–—]\s?[A-Z][A-Z .'#\d]{0,30}:)")  # "-JOHN: hi -MARY: ho"
_DASH = re.compile(r"^\s*[-–—]\s*(?=\S)")
_LONGEST = 300  # characters of a line with times
_NAMED_CUES = 0.8  # of the cues have a line for the name and one for words


class _Cue(NamedTuple):
    line: int
    start: float | None
    end: float | None
    lines: list[str]
    numbered: bool = False


class _Part(NamedTuple):
    """Who says what in one cue; ``dash``: which of several people in it, from 1."""

    name: str | None
    words: str
    change: bool = False
    dash: int = 0


def _times(line: str) -> tuple[str, str, str] | None:
    """The two times of a line that opens a cue, and words behind them; else None."""
    # A name, as we write it in brackets, may hold an arrow.
    if len(line) > _LONGEST or line.startswith("[") or not re.search(r">|→|\d,\d", line):
        return None
    arrow = _ARROW.fullmatch(line) or _SBV.fullmatch(line.strip()) or _ODD.fullmatch(line)
    if arrow is None:
        return None
    start, end = (
        _COLON_MS.sub(r"\1,\2", g.replace(" ", "")) for g in arrow.groups() if g is not None
    )
    behind = line[arrow.end(2) :] if arrow.re is _ARROW else ""
    return start, end, "" if _SETTINGS.fullmatch(behind) else behind.strip()


def _cues(text: str, path: Path) -> Iterator[_Cue]:
    """Cues of srt or vtt; a time line opens one, the next time line closes it.

    Blank lines inside a cue are tolerated in srt; in vtt a blank line ends a cue.
    """
    vtt = text.lstrip("\ufeff").startswith("WEBVTT")
    cue: _Cue | None = None
    taking = True
    before = ""
    for number, line in enumerate(lines_of(text), start=1):
        times = _times(line)
        if times is not None:
            if cue is not None:
                cue = _without_id(cue) if vtt and taking else cue
                yield _without_number(cue, numbered=not vtt)
            start, end = (stamp(t, path, number) for t in times[:2])
            words = [times[2]] if times[2] else []
            cue, taking = _Cue(number, start, end, words, before.strip().isdecimal()), True
        elif cue is not None:
            taking = taking and not (vtt and not line)
            if taking:
                cue.lines.append(line)
        before = line
    if cue is not None:
        yield _without_number(cue, numbered=False)


def _without_id(cue: _Cue) -> _Cue:
    """Drop the id of the next cue in vtt whose empty lines were padded with blanks."""
    padded = len(cue.lines) > 1 and not cue.lines[-2].strip()
    return cue._replace(lines=cue.lines[:-1]) if padded else cue


def _without_number(cue: _Cue, *, numbered: bool) -> _Cue:
    """Drop blank lines and the number of the next cue, which stands after this one's words."""
    lines = list(cue.lines)
    while lines and not lines[-1].strip():
        lines.pop()
    apart = len(cue.lines) == 1 if len(lines) == 1 else lines and not lines[-2].strip()
    if numbered and apart and lines[-1].strip().isdecimal():
        lines.pop()
    return cue._replace(lines=[line for line in lines if line.strip()])


def _parts(cue: _Cue, names: Names) -> Iterator[_Part]:
    """Who says what in one cue: several speakers may share it."""
    text = "\n".join(cue.lines)
    ours = _OURS.fullmatch(text)
    if ours is not None:  # words stand as they are
        yield _Part(re.sub(r"\\(.)", r"\1", ours[1]), ours[3])
        return
    voices = _VOICE.split(text)
    if len(voices) > 1:
        if _plain(voices[0]):
            yield _Part(None, _plain(voices[0]))
        for name, words in zip(voices[1::2], voices[2::2], strict=True):
            yield _Part(html.unescape(name), _plain(words))
        return
    lines = [x for line in _plain(text).split("\n") for x in _apart(line)]
    several = sum(_DASH.match(line) is not None for line in lines) > 1
    parts: list[_Part] = []
    for line in lines:
        dash = _DASH.match(line)
        said = names.split(line if dash is None else line[dash.end() :])
        if several and dash is not None:
            place = 1 + sum(p.dash > 0 for p in parts)
            parts.append(_Part(said.name, said.words, said.change, 0 if said.name else place))
        elif said.name is not None or said.change or not parts:
            parts.append(
                _Part(said.name, said.words if said.name or said.change else line, said.change)
            )
        else:
            parts[-1] = parts[-1]._replace(words=f"{parts[-1].words} {line}")
    yield from parts


def _apart(line: str) -> list[str]:
    """People who speak on one line, each behind a dash."""
    return _NEXT.split(line) if _DASH.match(line) else [line]


def _plain(text: str) -> str:
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", text))).strip()


def read(text: str, path: Path) -> Parsed:
    """Rows of srt, sbv or vtt: one turn a cue, more where several speakers share a cue.

    Speakers are read as ``<v Name>``, as :mod:`speakers` knows them and as our own srt
    writes them; a cue without a name belongs to the speaker before.

    Raises:
        TextError: There is no cue, or a time is none.
    """
    cues = list(_cues(text, path))
    if not cues:
        raise fault(
            path,
            1,
            "expected cues with times (00:00:01,000 --> 00:00:02,500), found none",
            "Check that this is an srt or vtt file",
        )
    notes: list[str] = []
    shown = [[x for line in c.lines if (x := _plain(line))] for c in cues]
    rolling = rolls(shown) and not any(_OURS.fullmatch("\n".join(c.lines)) for c in cues)
    if rolling:
        cues = [c._replace(lines=x) for c, x in zip(cues, new_lines(shown), strict=True) if x]
    elif _heads_are_names(cues):
        cues = [
            c._replace(lines=[f"{c.lines[0].strip()}: {c.lines[1].strip()}", *c.lines[2:]])
            for c in cues
        ]
        notes.append("the first line of each cue is taken for the speaker")
    rows = _rows(cues, notes)
    if rolling:
        rows = joined(rows)
        notes.append("rolling captions: each word is read once, cues are joined to sentences")
    return Parsed([row for row, _ in rows], tuple(notes))


def _heads_are_names(cues: Sequence[_Cue]) -> bool:
    """Whether cues begin with a line that holds the speaker, as in transcripts of meetings."""
    if any(c.numbered for c in cues):
        return False
    several = [c.lines[0].strip() for c in cues if len(c.lines) > 1]
    return len(several) >= _NAMED_CUES * len(cues) and heads(several)


def _rows(cues: Sequence[_Cue], notes: list[str]) -> list[tuple[Row, bool]]:
    """Rows, each with whether it says itself who speaks."""
    voiced = any(_VOICE.search(x) for cue in cues for x in cue.lines)
    lines = (x for cue in cues for line in cue.lines for x in _apart(_plain(line)))
    names = Names((_DASH.sub("", x) for x in lines), captions=not voiced)
    parted = [list(_parts(cue, names)) for cue in cues]
    known = list(dict.fromkeys(clean_name(p.name) or "" for ps in parted for p in ps if p.name))
    nobody = None
    if not known and any(p.dash for parts in parted for p in parts):
        nobody = f"{SPEAKER} 1"
    rows: list[tuple[Row, bool]] = []
    unnamed: list[int] = []
    others: list[int] = []
    last: str | None = None
    for cue, parts in zip(cues, parted, strict=True):
        for part, (start, end) in zip(parts, _spans(cue, parts), strict=True):
            name = clean_name(part.name or "")
            if name is None and part.dash:
                name = SPEAKER if known else f"{SPEAKER} {part.dash}"
                others.append(cue.line)
            elif name is None and part.change:
                name = somebody_else(last, known)
                others.append(cue.line)
            elif name is None and last is not None and known:
                unnamed.append(cue.line)
            own = name is not None
            words = _DASH.sub("", part.words) if nobody is not None else part.words
            last = name or (last if known else None)
            rows.append((Row(cue.line, last or nobody, clean(words), start, end), own))
    notes += _notes(unnamed, others, [c.line for c in cues if _doubted(c, names)] if known else [])
    return rows


def _doubted(cue: _Cue, names: Names) -> bool:
    return any(names.doubted(_DASH.sub("", _plain(x))) for x in cue.lines)


def _notes(unnamed: list[int], others: list[int], doubts: list[int]) -> list[str]:
    notes = []
    if unnamed:
        notes.append(
            f"cues without a name are given to the speaker before them ({at_lines(unnamed)})"
        )
    if others:
        notes.append(f"dashes and '>>' say that another one speaks, not who ({at_lines(others)})")
    if doubts:
        notes.append(doubtful(doubts))
    return notes


def _spans(cue: _Cue, parts: Sequence[_Part]) -> list[tuple[float | None, float | None]]:
    """Times of the parts of a cue: people parted by dashes speak one after the other."""
    if cue.start is None or cue.end is None or not any(p.dash for p in parts):
        return [(cue.start, cue.end)] * len(parts)
    sizes = [max(1, len(p.words)) for p in parts]
    edges = [
        cue.start + (cue.end - cue.start) * sum(sizes[:i]) / sum(sizes)
        for i in range(len(parts) + 1)
    ]
    return [(round(a, 3), round(b, 3)) for a, b in pairwise(edges)]


SRT = Format(
    name="srt",
    title="subtitles (SubRip, sbv)",
    suffixes=(".srt", ".sbv"),
    told="lines with two times and an arrow between them (in sbv a comma)",
    left="numbers, positions, fonts and colours; sounds in brackets stay words",
    example="1\n00:00:00,500 --> 00:00:02,000\nAnn: I passed the exam.\n\n"
    "2\n00:00:02,500 --> 00:00:04,000\nBen: That is wonderful!\n",
    looks=lambda head: any(
        _ARROW.fullmatch(x) or _SBV.fullmatch(x.strip()) for x in head.splitlines()[:40]
    ),
    read=read,
)

VTT = Format(
    name="vtt",
    title="WebVTT subtitles",
    suffixes=(".vtt",),
    told="the word WEBVTT at the start",
    left="notes, styles, regions, ids and positions; repetitions of rolling captions",
    example="WEBVTT A talk\n\n00:00.500 --> 00:02.000\n<v Ann>I passed the exam.\n\n"
    "00:02.500 --> 00:04.000\n<v Ben>That is wonderful!\n",
    looks=lambda head: head.startswith("WEBVTT"),
    read=read,
)
