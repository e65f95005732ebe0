"""Transcripts as lines of text: plain ``Name: words``, SubRip (srt) and WebVTT."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from empathia.listen.transcript.rows import (
    SPEAKER,
    Names,
    Parsed,
    Row,
    at_lines,
    clean,
    clean_name,
    parse_time,
)
from empathia.listen.transcript.text import fault

_STAMP = r"(?:\d+:)?\d{1,3}:\d{2}(?:[.,]\d+)?"
_SPAN = rf"({_STAMP})(?:\s*(?:-->|-|–)\s*({_STAMP}))?"
_BARE = re.compile(rf"\s*{_SPAN}\s+(?:[\-–]\s+)?(?=\S)")
_BRACKETED = re.compile(rf"\s*[\[(]\s*{_SPAN}\s*[\])][\s\-–]*(?=\S)")
_ARROW = re.compile(r"\s*(\S+)\s*-->\s*(\S+)(?:\s.*)?")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<\d[\d:.]*>|\{\\[^}]*\}")
_OURS = re.compile(r"\[(.+?) · [^\]]*\] ?(.*)", re.DOTALL)


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text.lstrip("\ufeff"))


def read_txt(text: str, path: Path) -> Parsed:
    """Rows of ``Name: words``; a line may begin with a time (``[0:12]``, ``0:12 - 0:15``).

    A line without a name goes on with the turn before it; before the first
    name, and in a file without names, each line is a turn of "Speaker".
    """
    lines = [_lead(line) for line in _lines(text)]
    names = Names(lead.rest for lead in lines)
    rows: list[Row] = []
    named = False
    for number, lead in enumerate(lines, start=1):
        name, words = names.split(lead.rest)
        if not words and name is None:
            continue
        if name is None:
            words = lead.rest if lead.bracketed else lead.line
        if name is None and named:
            rows[-1] = rows[-1]._replace(text=clean(f"{rows[-1].text or ''} {words}"))
            continue
        named = name is not None
        spans = lead.bracketed or named
        start = _stamp(lead.start, path, number) if spans else None
        end = _stamp(lead.end, path, number) if spans else None
        rows.append(Row(number, clean_name(name or SPEAKER), clean(words), start, end))
    return Parsed(rows)


class _Line(NamedTuple):
    """A line of a txt; a bare time at its start counts only before a name."""

    line: str
    rest: str
    bracketed: bool = False
    start: str = ""
    end: str = ""


def _lead(line: str) -> _Line:
    bracketed = _BRACKETED.match(line)
    found = bracketed or _BARE.match(line)
    if found is None:
        return _Line(line.strip(), line.strip())
    rest = line[found.end() :].strip()
    return _Line(line.strip(), rest, bracketed is not None, found[1], found[2] or "")


def _stamp(text: str, path: Path, number: int) -> float | None:
    try:
        return parse_time(text)
    except ValueError:
        raise fault(
            path, number, f"expected a time, found {ascii(text)[:40]}", "Write times as hh:mm:ss,ms"
        ) from None


class _Cue(NamedTuple):
    line: int
    start: float | None
    end: float | None
    lines: list[str]


def _cues(text: str, path: Path) -> Iterator[_Cue]:
    """Cues of srt or vtt; a time line opens one, the next time line closes it.

    Blank lines inside a cue are tolerated in srt; in vtt a blank line ends a cue.
    """
    vtt = text.lstrip("\ufeff").startswith("WEBVTT")
    cue: _Cue | None = None
    taking = True
    for number, line in enumerate(_lines(text), start=1):
        arrow = _ARROW.fullmatch(line) if "-->" in line else None
        if arrow is not None:
            if cue is not None:
                yield _without_number(cue, numbered=not vtt)
            start, end = _stamp(arrow[1], path, number), _stamp(arrow[2], path, number)
            cue, taking = _Cue(number, start, end, []), True
        elif cue is not None:
            taking = taking and not (vtt and not line.strip())
            if taking:
                cue.lines.append(line)
    if cue is not None:
        yield _without_number(cue, numbered=False)


def _without_number(cue: _Cue, *, numbered: bool) -> _Cue:
    """Drop blank lines and the number of the next cue, which stands after this one's words."""
    lines = list(cue.lines)
    while lines and not lines[-1].strip():
        lines.pop()
    apart = len(cue.lines) == 1 if len(lines) == 1 else lines and not lines[-2].strip()
    if numbered and apart and lines[-1].strip().isdecimal():
        lines.pop()
    return cue._replace(lines=[line for line in lines if line.strip()])


def _parts(cue: _Cue, names: Names) -> Iterator[tuple[str | None, str]]:
    """Who says what in one cue: several speakers may share it."""
    text = "\n".join(cue.lines)
    voices = _VOICE.split(text)
    if len(voices) > 1:
        if _plain(voices[0]):
            yield None, _plain(voices[0])
        for name, words in zip(voices[1::2], voices[2::2], strict=True):
            yield html.unescape(name), _plain(words)
        return
    ours = _OURS.fullmatch(text)
    if ours is not None:
        yield ours[1], _plain(ours[2])
        return
    found: list[tuple[str | None, str]] = []
    for line in _plain(text).split("\n"):
        name, words = names.split(re.sub(r"^\s*[-–—]\s*", "", line))
        if name is not None or not found:
            found.append((name, words if name is not None else line))
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line}")
    yield from found


def _plain(text: str) -> str:
    return html.unescape(_TAG.sub("", text)).strip()


def read_subtitles(text: str, path: Path) -> Parsed:
    """Rows of srt or vtt: one turn a cue, more where a cue names several speakers.

    Speakers are found as ``<v Name>``, ``Name: words`` and as our own srt
    writes them; a cue without a name belongs to the speaker before.

    Raises:
        TranscriptError: There is no cue, or a time is none.
    """
    cues = list(_cues(text, path))
    if not cues:
        raise fault(
            path,
            1,
            "expected cues with times (00:00:01,000 --> 00:00:02,500), found none",
            "Check that this is an srt or vtt file",
        )
    names = Names(re.sub(r"^\s*[-–—]\s*", "", _plain(x)) for cue in cues for x in cue.lines)
    rows: list[Row] = []
    unnamed: list[int] = []
    last: str | None = None
    for cue in cues:
        for name, words in _parts(cue, names):
            if name is None and last is not None:
                unnamed.append(cue.line)
            last = clean_name(name or "") or last
            rows.append(Row(cue.line, last or SPEAKER, clean(words), cue.start, cue.end))
    note = f"cues without a name are given to the speaker before them ({at_lines(unnamed)})"
    return Parsed(rows, (note,) if unnamed else ())
