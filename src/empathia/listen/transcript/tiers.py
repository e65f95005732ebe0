"""Tiers of annotations: which of them are speakers, and what the others hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from empathia.listen.transcript.rows import Parsed, Row, clean, clean_name
from empathia.listen.transcript.spoken import Spoken, placed, turns_of, word

SILENCE = frozenset(
    {
        *("", "sil", "sp", "spn", "<sil>", "<sp>", "<p>", "<p:>", "<eps>", "<silence>", "#"),
        *("silence", "silent", "<pause>"),
    }
)
"""What tools write where nobody speaks, in lower case."""

_ROLES = {
    "words": r"words?|wrd|tokens?|ort-mau",
    "other": r"phones?|phonemes?|phn|phns|segments?|syllables?|mau|(?:kan|kas)(?:-mau)?|mas"
    r"|emotions?|gestures?|gaze|notes?|comments?|pos|gloss|glosses|lemmas?|silences?|translations?",
    "turns": r"texts?|transcripts?|transcriptions?|utterances?|sentences?|phrases?|speech|turns?"
    r"|trn|ort|orthography|default",
}
_NAME = {
    role: re.compile(rf"(?:(.*?)(?:\s*[-_–:/]\s*|\s+))?(?:{names})", re.IGNORECASE)
    for role, names in _ROLES.items()
}


class Span(NamedTuple):
    """A labelled stretch of a tier; ``end`` is None for a point."""

    line: int
    start: float
    end: float | None
    label: str


class Tier(NamedTuple):
    """A tier as a file holds it.

    Args:
        name: What it is called.
        spans: In time order.
        speaker: Who speaks on it, where the file says so apart from its name.
        points: Whether it marks points of time.
    """

    name: str
    spans: Sequence[Span]
    speaker: str | None = None
    points: bool = False


def rows_of(tiers: Sequence[Tier]) -> Parsed:
    """A turn for each label on the speakers' tiers.

    A tier is a speaker, unless its name says that it holds words, sounds of speech or remarks.
    Words go into the turns of their speaker; where there are only words, they make turns.
    """
    turns: dict[str | None, list[Row]] = {}
    words: dict[str | None, list[Tier]] = {}
    left = []
    for tier in tiers:
        role, speaker = _role(tier)
        if tier.points or role == "other":
            left.append(tier.name)
        elif role == "words":
            words.setdefault(speaker, []).append(tier)
        else:
            turns.setdefault(speaker, []).extend(_turns(tier, speaker))
    if not turns and not words:
        points = [r for t in tiers if t.points for r in _turns(t, _role(t)[1])]
        return Parsed(points)
    for speaker, held in words.items():
        home = next(iter(turns)) if speaker is None and len(turns) == 1 else speaker
        said = sorted((s for t in held for s in _spoken(t, home)), key=lambda s: s.word.start)
        if home in turns:
            turns[home] = placed(sorted(turns[home], key=_start), said)[0]
        elif speaker is None and turns:
            left += [t.name for t in held]
        else:
            turns[speaker] = turns_of(said)
    rows = sorted((r for rows in turns.values() for r in rows), key=_start)
    return Parsed(rows, left_out(left))


def left_out(names: Sequence[str]) -> tuple[str, ...]:
    """The note on tiers that were not read, if there are any."""
    if not names:
        return ()
    listed = ", ".join(f"'{clean(n) or ''}'" for n in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (f"tiers that are no speaker's words were left out: {listed}{more}",)


def _start(row: Row) -> float:
    return row.start or 0.0


def _role(tier: Tier) -> tuple[str, str | None]:
    """What a tier holds, and whose it is."""
    name = clean(tier.name) or ""
    for role, pattern in _NAME.items():
        named = pattern.fullmatch(name)
        if named is not None:
            return role, clean_name(tier.speaker or named[1] or "")
    return "turns", clean_name(tier.speaker or name)


def _labels(tier: Tier) -> Iterable[tuple[Span, str]]:
    for span in tier.spans:
        label = clean(span.label) or ""
        if label.lower() not in SILENCE:
            yield span, label


def _turns(tier: Tier, speaker: str | None) -> list[Row]:
    return [Row(s.line, speaker, label, s.start, s.end) for s, label in _labels(tier)]


def _spoken(tier: Tier, speaker: str | None) -> Iterable[Spoken]:
    for span, label in _labels(tier):
        said = word(label, span.start, span.end)
        if said is not None:
            yield Spoken(span.line, speaker, said)
