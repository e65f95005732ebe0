"""Tiers of annotations: which of them are speakers, and what the others hold."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from empathia.listen.transcript.rows import SPEAKER, Parsed, Row, clean, clean_name
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
_WHO = re.compile(r"speakers?|spkr?s?|speaker[\s_-]?(?:ids?|names?|labels?)|who", re.IGNORECASE)
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
    for tier in _by_speaker(tiers):
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


def _by_speaker(tiers: Sequence[Tier]) -> Sequence[Tier]:
    """Nameless tiers cut by the tier that names who speaks when, where there is one."""
    whos = [t for t in tiers if not t.points and _WHO.fullmatch((clean(t.name) or "").strip())]
    mute = [t for t in tiers if not t.points and _role(t) in {("turns", None), ("words", None)}]
    if len(whos) != 1 or not mute or not _names(_Who(whos[0]), mute):
        return tiers
    who = _Who(whos[0])
    cut: list[Tier] = []
    for tier in tiers:
        spans: dict[str | None, list[Span]] = {}
        for span in tier.spans:
            spans.setdefault(who.during(span), []).append(span)
        if any(tier is t for t in mute):
            cut += [tier._replace(spans=x, speaker=n or SPEAKER) for n, x in spans.items()]
        elif tier is not whos[0]:
            cut.append(tier)
    return cut


def _names(who: _Who, others: Sequence[Tier]) -> bool:
    """Whether a tier called "speaker" holds names, not what a speaker of that name says."""
    said = [s for t in others for s, _ in _labels(t)]
    own = [s for s in said if s.label.split()[0] in (who.during(s) or "").split()]
    return 2 * len(own) < len(said)


class _Who:
    """Who speaks when, as a tier says it."""

    def __init__(self, tier: Tier) -> None:
        self._labels = sorted(_labels(tier), key=lambda held: held[0].start)
        self._starts = [span.start for span, _ in self._labels]

    def during(self, span: Span) -> str | None:
        """Whose label holds the middle of a span."""
        middle = (span.start + (span.start if span.end is None else span.end)) / 2
        place = bisect_right(self._starts, middle) - 1
        if place < 0:
            return None
        held, label = self._labels[place]
        return label if middle <= (held.end or held.start) else None


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
