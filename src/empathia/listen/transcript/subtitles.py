"""Transcripts as subtitles: SubRip (srt) and WebVTT (vtt)."""

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
    fault,
    lines_of,
    stamp,
)

_ARROW = re.compile(r"\s*(\S+)\s*-->\s*(\S+)(?:\s.*)?")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<\d[\d:.]*>|\{\\[^}]*\}")
_OURS = re.compile(r"\[(.+?) · [^\]]*\] ?(.*)", re.DOTALL)


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
    for number, line in enumerate(lines_of(text), start=1):
        arrow = _ARROW.fullmatch(line) if "-->" in line else None
        if arrow is not None:
            if cue is not None:
                yield _without_number(cue, numbered=not vtt)
            start, end = stamp(arrow[1], path, number), stamp(arrow[2], path, number)
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
    parts: list[tuple[str | None, str]] = []
    for line in _plain(text).split("\n"):
        name, words = names.split(re.sub(r"^\s*[-–—]\s*", "", line))
        if name is not None or not parts:
            parts.append((name, words if name is not None else line))
        else:
            parts[-1] = (parts[-1][0], f"{parts[-1][1]} {line}")
    yield from parts


def _plain(text: str) -> str:
    return html.unescape(_TAG.sub("", text)).strip()


def read_subtitles(text: str, path: Path) -> Parsed:
    """Rows of srt or vtt: one turn a cue, more where a cue names several speakers.

    Speakers are read as ``<v Name>``, ``Name: words`` and as our own srt
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
