"""Transcripts in NIST's formats of evaluations: RTTM, STM and CTM."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from empathia.errors import TextError
from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import Parsed, Row, clean, clean_name, stamp
from empathia.listen.transcript.spoken import Spoken, placed, turns_of, word
from empathia.tables import at_lines, fault, lines_of

_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)"
_RTTM = re.compile(
    r"(?:SPEAKER|LEXEME|SEGMENT|NOSCORE|NON-LEX|NON-SPEECH|FILLER|EDIT|IP|SU|CB|A/P|SPKR-INFO|"
    rf"NO_RT_METADATA)\s+\S+\s+\S+\s+(?:{_NUMBER}|<NA>)(?:\s.*)?"
)
_STM = re.compile(
    rf"(\S+)\s+(\S+)\s+(\S+)\s+({_NUMBER})\s+({_NUMBER})(?:\s+<[^<>\s]*>)?(?:\s+(.*))?"
)
_CTM = re.compile(
    rf"(\S+)\s+(\S+)\s+({_NUMBER})\s+({_NUMBER})\s+(\S+)(?:\s+([\d.]+|NA|<NA>)(?:\s+(\S+)\s+(\S+))?)?"
)
_NOBODY = frozenset({"", "<na>", "na", "unknown", "inter_segment_gap", "excluded_region"})
_UNSAID = frozenset({"ignore_time_segment_in_scoring", "inter_segment_gap"})
_CHOICE = re.compile(r"\{([^{}/]*)(?:/[^{}]*)?\}")


class _Line(NamedTuple):
    number: int
    text: str


def read(text: str, path: Path) -> Parsed:
    """Rows of RTTM, STM or CTM; several recordings in a file are several dialogues.

    Raises:
        TextError: A line is of none of them, or holds no time.
    """
    lines = [
        _Line(n, x.strip())
        for n, x in enumerate(lines_of(text), start=1)
        if x.strip() and not x.lstrip().startswith(";;")
    ]
    kind = next((k for k in _KINDS if all(k.fullmatch(x.text) for x in lines)), None)
    if kind is None or not lines:
        raise _refused(lines, path)
    rows, notes = _KINDS[kind](lines, path)
    one = len({r.dialogue for r in rows}) == 1
    rows = [r._replace(dialogue=None) for r in rows] if one else rows
    return Parsed(rows, notes)


def _refused(lines: Sequence[_Line], path: Path) -> TextError:
    """An error that names the first line that is not of the kind that most are."""
    kind = max(_KINDS, key=lambda k: sum(k.fullmatch(x.text) is not None for x in lines))
    bad = next((x for x in lines if kind.fullmatch(x.text) is None), _Line(1, ""))
    return fault(
        path,
        bad.number,
        f"expected a line of RTTM, STM or CTM, found {ascii(bad.text)[:60]}",
        "Write 'SPEAKER file channel start duration <NA> <NA> name <NA> <NA>', 'file channel "
        "speaker start end words' or 'file channel start duration word'",
    )


def _rttm(lines: Sequence[_Line], path: Path) -> tuple[list[Row], tuple[str, ...]]:
    """Turns of SPEAKER lines with the words of LEXEME lines; the others are left out."""
    rows: list[Row] = []
    words: list[Spoken] = []
    left = []
    for number, line in lines:
        kind, file, _, begin, length, said, _, name, sure = [*line.split(), *["<NA>"] * 9][:9]
        start, span = _time(begin, path, number), _time(length, path, number)
        end = None if start is None or span is None else round(start + span, 6)
        speaker = _speaker(name)
        if kind == "SPEAKER":
            rows.append(Row(number, speaker, None, start, end, file))
        elif kind == "LEXEME":
            made = word(said, start, end, _sure(sure))
            words += [] if made is None else [Spoken(number, speaker, made, file)]
        else:
            left.append(number)
    notes = (f"lines other than SPEAKER and LEXEME left out ({at_lines(left)})",) if left else ()
    return _filled(rows, words), notes


def _filled(rows: Sequence[Row], words: Sequence[Spoken]) -> list[Row]:
    """Wordless turns with the words that lie in them; words in none make turns."""
    if not words:
        return list(rows)
    filled: list[Row] = []
    keys = dict.fromkeys([*((r.dialogue, r.speaker) for r in rows)])
    keys |= dict.fromkeys((w.dialogue, w.speaker) for w in words)
    for key in keys:
        mine = sorted((r for r in rows if (r.dialogue, r.speaker) == key), key=_start)
        said = sorted((w for w in words if (w.dialogue, w.speaker) == key), key=_begin)
        held, rest = placed(mine, said)
        filled += [r._replace(text=clean(" ".join(w.text for w in r.words))) for r in held]
        filled += turns_of(rest)
    return _in_order(filled)


def _in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows by recording in the order of the file, within it by start."""
    listed = list(rows)
    files = {r.dialogue: n for n, r in reversed(list(enumerate(listed)))}
    return sorted(listed, key=lambda r: (files[r.dialogue], _start(r)))


def _start(row: Row) -> float:
    return row.start or 0.0


def _begin(said: Spoken) -> float:
    return said.word.start


def _stm(lines: Sequence[_Line], path: Path) -> tuple[list[Row], tuple[str, ...]]:
    rows = []
    left = []
    for number, (file, _, name, begin, end, said) in _fields(_STM, lines):
        words = clean(_CHOICE.sub(r" \1 ", said))
        if (words or "").lower() in _UNSAID or name.lower() in _UNSAID:
            left.append(number)
            continue
        span = _time(begin, path, number), _time(end, path, number)
        rows.append(Row(number, _speaker(name), words, *span, file))
    notes = (f"stretches that are not scored left out ({at_lines(left)})",) if left else ()
    return rows, notes


def _ctm(lines: Sequence[_Line], path: Path) -> tuple[list[Row], tuple[str, ...]]:
    """Turns of words; where there are several channels, each is a speaker."""
    fields = list(_fields(_CTM, lines))
    several = len({channel for _, (_, channel, *_) in fields}) > 1
    said: dict[tuple[str, str | None], list[Spoken]] = {}
    for number, (file, channel, begin, length, text, sure, _, name) in fields:
        start, span = _time(begin, path, number), _time(length, path, number)
        end = None if start is None or span is None else round(start + span, 6)
        speaker = _speaker(name) or (f"Channel {channel}" if several else None)
        made = word(text, start, end, _sure(sure))
        if made is not None:
            said.setdefault((file, speaker), []).append(Spoken(number, speaker, made, file))
    turns = (t for words in said.values() for t in turns_of(sorted(words, key=_begin)))
    return _in_order(turns), ()


def _fields(pattern: re.Pattern[str], lines: Sequence[_Line]) -> Iterator[tuple[int, list[str]]]:
    """Number of each line and what stands in it, "" where something is left away."""
    for number, line in lines:
        match = pattern.fullmatch(line)
        if match is not None:
            yield number, [g or "" for g in match.groups()]


def _time(text: str, path: Path, number: int) -> float | None:
    return None if text == "<NA>" else stamp(text, path, number)


def _speaker(name: str) -> str | None:
    return None if name.lower() in _NOBODY else clean_name(name)


def _sure(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


_KINDS = {_RTTM: _rttm, _CTM: _ctm, _STM: _stm}


def _looks(head: str) -> bool:
    lines = [x.strip() for x in head.splitlines()[:-1] or [head] if x.strip()]
    lines = [x for x in lines if not x.startswith(";;")][:40]
    return bool(lines) and any(all(k.fullmatch(x) for x in lines) for k in _KINDS)


FORMAT = Format(
    name="nist",
    title="RTTM, STM or CTM",
    suffixes=(".rttm", ".stm", ".ctm"),
    told="lines of 'SPEAKER file channel start duration ...', 'file channel speaker start end "
    "words' or 'file channel start duration word'",
    left="lines of RTTM other than SPEAKER (turns without words) and LEXEME (their words); in STM "
    "all but the first of several readings",
    example="talk 1 Ann 0.50 2.00 <o,f0> I passed the exam.\n"
    "talk 1 Ben 2.50 4.00 <o,f0> That is wonderful!\n",
    looks=_looks,
    read=read,
)
