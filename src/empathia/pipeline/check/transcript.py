"""What a transcript holds, and what in it looks wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

from empathia import tables
from empathia.errors import TextError
from empathia.labels.spelling import folded
from empathia.listen.language import detect_language
from empathia.listen.transcript import read_transcript
from empathia.listen.transcript.catalogue import FORMATS
from empathia.types import Utterance

_FIRST = 3  # turns that are shown
_FASTEST = 12.0  # words a second: nobody's
_GAP = 120.0  # s in which nobody speaks
_LONG = 300.0  # s of one turn
_MOST = 40  # speakers whose names are compared
_WHOLE = 5  # letters of a name that may differ in one from another's


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn as it was read; times in s, None where the file has none."""

    speaker: str
    text: str | None
    start: float | None
    end: float | None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a file is as a transcript.

    Args:
        format: Name of its format, as ``--format`` takes it.
        title: What the format is called.
        encoding: How its characters are stored; None where it is packed.
        turns: How many turns it has.
        wordless: How many of them have no words.
        speakers: Who speaks, and how many turns, in order of appearance.
        start: When the first turn begins, in s; None without times.
        end: When the last one ends, in s.
        language: ISO 639-1 code; None where the words do not tell.
        first: The first turns.
        notes: What the reader had to decide.
        doubts: What looks wrong.
    """

    format: str
    title: str
    encoding: str | None
    turns: int
    wordless: int
    speakers: dict[str, int]
    start: float | None
    end: float | None
    language: str | None
    first: tuple[Turn, ...]
    notes: tuple[str, ...]
    doubts: tuple[str, ...]


def check(path: Path, format: str | None = None) -> Transcript:
    """Read a transcript and say what it is.

    Args:
        path: The file.
        format: Name of its format, where it is not to be told from the file.

    Raises:
        UsageError: There is no such file or format.
        TranscriptError: It cannot be read.
        MissingExtra: It is a spreadsheet, and what reads those is not installed.
    """
    read = read_transcript(path, format)
    utterances = read.dialogue.utterances
    timed = [u for u in utterances if u.start is not None and u.end is not None]
    return Transcript(
        format=read.format,
        title=next((f.title for f in FORMATS if f.name == read.format), read.format),
        encoding=_encoding(path),
        turns=len(utterances),
        wordless=sum(not u.text for u in utterances),
        speakers=dict(Counter(u.speaker for u in utterances)),
        start=min((u.start or 0.0 for u in timed), default=None),
        end=max((u.end or 0.0 for u in timed), default=None),
        language=detect_language(u.text for u in utterances if u.text),
        first=tuple(Turn(u.speaker, u.text, u.start, u.end) for u in utterances[:_FIRST]),
        notes=read.notes,
        doubts=tuple(doubts(utterances)),
    )


def _encoding(path: Path) -> str | None:
    try:
        return tables.read_text(path).encoding
    except TextError:  # a spreadsheet or another packed file
        return None


def doubts(utterances: Sequence[Utterance]) -> Iterator[str]:
    """What looks wrong in turns that could be read, one sentence each.

    Args:
        utterances: In time order.
    """
    counts = Counter(u.speaker for u in utterances)
    if len(counts) == 1 and len(utterances) > 1:
        yield f"only one speaks ({utterances[0].speaker})"
    alike = alike_names(list(counts)[:_MOST])
    if alike:
        listed = ", ".join(f"'{a}' and '{b}'" for a, b in alike[:3])
        yield f"names that differ little: {listed}; are they the same person?"
    once = [name for name, n in counts.items() if n == 1]
    if len(once) > 5 and len(once) > len(counts) / 2:
        yield (
            f"{len(once)} of {len(counts)} speakers have one turn each: "
            "what was taken for names may be words"
        )
    yield from _about_words(utterances)
    yield from _about_times(utterances)


def alike_names(names: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of names that may be one person's: other case or marks, a letter off, a name more.

    Names that differ in a number ("Speaker 1", "Speaker 2") are not alike.
    """
    return [(a, b) for a, b in combinations(names, 2) if _alike(a, b)]


def _alike(one: str, other: str) -> bool:
    a, b = folded(one), folded(other)
    if a == b:
        return True
    if any(c.isdigit() for c in a + b):
        return False
    few, many = sorted((set(map(folded, n.split())) for n in (one, other)), key=len)
    if few < many:
        return True
    return min(len(a), len(b)) >= _WHOLE and _one_off(*sorted((a, b), key=len))


def _one_off(short: str, long: str) -> bool:
    """Whether one letter more, or another one, makes the long name of the short one."""
    if len(long) - len(short) > 1:
        return False
    at = next((i for i, (x, y) in enumerate(zip(short, long, strict=False)) if x != y), len(short))
    return short[at + (len(short) == len(long)) :] == long[at + 1 :]


def _about_words(utterances: Sequence[Utterance]) -> Iterator[str]:
    again = sum(
        bool(a.text) and (a.speaker, a.text) == (b.speaker, b.text) for a, b in pairwise(utterances)
    )
    if again > max(1, 0.1 * len(utterances)):
        yield f"{again} turns say again what the same speaker said before"


def _about_times(utterances: Sequence[Utterance]) -> Iterator[str]:
    spans = [(u.start, u.end, u) for u in utterances if u.start is not None and u.end is not None]
    if spans and all(e == s for s, e, _ in spans):
        yield "no turn has a length"  # as in chats, where any distance and pace is right
        return
    over = sum(b[0] < a[1] - 0.001 and a[2].speaker == b[2].speaker for a, b in pairwise(spans))
    if over:
        yield f"{over} turns begin before the same speaker's turn before them has ended"
    ends = [0.0]
    for _, end, _ in spans:
        ends.append(max(ends[-1], end))
    gap, at = max(((s - e, e) for (s, _, _), e in zip(spans, ends, strict=False)), default=(0, 0))
    if gap > _GAP:
        yield f"nobody speaks for {gap:.0f} s from {at:.0f} s on"
    fast = sum(len((u.text or "").split()) > _FASTEST * max(e - s, 0.25) for s, e, u in spans)
    if fast:
        yield f"{fast} turns hold more words than can be spoken in their time"
    long = sum(e - s > _LONG for s, e, _ in spans)
    if long:
        yield f"{long} turns last longer than {_LONG / 60:.0f} minutes"
