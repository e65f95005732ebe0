"""What is in a corpus, in numbers: how much, by whom, with which labels, how well agreed."""

from __future__ import annotations

import math
import os
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from empathia.errors import ExtraError, MediaError
from empathia.metrics.agreement import fleiss_kappa, krippendorff_alpha, pairwise_agreement
from empathia.types import Dialogue, Utterance

WHOLE = "-"  # the name of the part where a corpus has no splits
_PARTS = ("train", "valid", "test", WHOLE)


@dataclass(frozen=True, slots=True)
class Amount:
    """Sum, median, smallest and largest of what was counted on ``n`` utterances."""

    n: int
    total: float
    median: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far raters agree; NaN where there is no chance to beat.

    Args:
        rated: Utterances with at least two votes.
        raters: Fewest and most votes on one of them.
        pairwise: Mean agreement of two raters, in [0, 1].
        fleiss_kappa: Agreement beyond chance.
        krippendorff_alpha: Reliability.
        each: Agreement on an utterance to how many have it, in tenths from 0 to 10.
    """

    rated: int
    raters: tuple[int, int]
    pairwise: float
    fleiss_kappa: float
    krippendorff_alpha: float
    each: dict[int, int]


@dataclass(frozen=True, slots=True)
class Stats:
    """A corpus in numbers.

    Args:
        corpus: Its name.
        languages: Of its dialogues, sorted.
        parts: Part to numbers of dialogues, utterances and labelled utterances.
        labels: Label to part to utterances that have it, in the order of the label set.
        several: Utterances with several labels.
        speakers: Known speakers.
        genders: Gender to numbers of speakers and utterances.
        groups: Grouping to numbers of groups and utterances in one.
        seconds: Lengths, from times or the files' headers; None where nothing is known.
        words: Words an utterance, divided by white space; None without texts.
        affect: Utterances with valence, arousal and dominance.
        agreement: Between raters, or None without votes.
        media: Utterances that name a recording or video.
        missing: Recordings and videos that are not there, each once.
        notes: What could not be counted and why.
    """

    corpus: str
    languages: tuple[str, ...]
    parts: dict[str, dict[str, int]]
    labels: dict[str, dict[str, int]]
    several: int
    speakers: int
    genders: dict[str, dict[str, int]]
    groups: dict[str, dict[str, int]]
    seconds: Amount | None
    words: Amount | None
    affect: int
    agreement: Agreement | None
    media: int
    missing: tuple[str, ...]
    notes: tuple[str, ...] = ()
    lengths: tuple[float, ...] = field(default=(), repr=False)

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON; what is NaN is None. Single lengths are left out."""
        values = asdict(self)
        del values["lengths"]
        plain: dict[str, Any] = _without_nan(values)
        return plain


def stats(corpus: str, dialogues: Sequence[Dialogue]) -> Stats:
    """Count what a corpus holds; opens the headers of clips whose times are not known.

    Args:
        corpus: Its name.
        dialogues: All of it.
    """
    utterances = [u for d in dialogues for u in d.utterances]
    files = sorted({p for u in utterances for p in (u.audio, u.video) if p is not None})
    missing = tuple(str(p) for p in files if not os.path.exists(p))  # noqa: PTH110 - thousands
    lengths, notes = _lengths(utterances, frozenset(missing))
    words = [len(u.text.split()) for u in utterances if u.text is not None]
    return Stats(
        corpus=corpus,
        languages=tuple(sorted({d.language for d in dialogues if d.language})),
        parts=_parts(dialogues),
        labels=_labels(dialogues),
        several=sum(len(u.gold) > 1 for u in utterances),
        speakers=len({u.speaker for u in utterances} - {"unknown"}),
        genders=_genders(utterances),
        groups=_groups(utterances),
        seconds=_amount(lengths),
        words=_amount(words),
        affect=sum(u.vad is not None for u in utterances),
        agreement=_agreement(utterances),
        media=sum(u.audio is not None or u.video is not None for u in utterances),
        missing=missing,
        notes=notes,
        lengths=tuple(lengths),
    )


def _parts(dialogues: Sequence[Dialogue]) -> dict[str, dict[str, int]]:
    parts: dict[str, dict[str, int]] = {}
    for dialogue in dialogues:
        counts = parts.setdefault(
            dialogue.split or WHOLE, {"dialogues": 0, "utterances": 0, "labelled": 0}
        )
        counts["dialogues"] += 1
        counts["utterances"] += len(dialogue.utterances)
        counts["labelled"] += sum(bool(u.gold) for u in dialogue.utterances)
    return {part: parts[part] for part in _PARTS if part in parts}


def _labels(dialogues: Sequence[Dialogue]) -> dict[str, dict[str, int]]:
    counts = Counter(
        (label, d.split or WHOLE) for d in dialogues for u in d.utterances for label in u.gold
    )
    # A label of the set that nobody was given is told as 0.
    sets = dict.fromkeys(d.labels for d in dialogues if d.labels is not None)
    names = dict.fromkeys(chain(chain.from_iterable(sets), sorted({x for x, _ in counts})))
    parts = [p for p in _PARTS if any((d.split or WHOLE) == p for d in dialogues)]
    return {name: {part: counts[name, part] for part in parts} for name in names}


def _genders(utterances: Sequence[Utterance]) -> dict[str, dict[str, int]]:
    genders = {}
    for gender in sorted({u.gender for u in utterances if u.gender is not None}):
        its = [u for u in utterances if u.gender == gender]
        speakers = len({u.speaker for u in its} - {"unknown"})
        genders[gender] = {"speakers": speakers, "utterances": len(its)}
    return genders


def _groups(utterances: Sequence[Utterance]) -> dict[str, dict[str, int]]:
    members: dict[str, Counter[str]] = {}
    for utterance in utterances:
        for name, value in utterance.groups.items():
            members.setdefault(name, Counter())[value] += 1
    return {
        name: {"groups": len(counts), "utterances": counts.total()}
        for name, counts in sorted(members.items())
    }


def _lengths(
    utterances: Sequence[Utterance], missing: frozenset[str]
) -> tuple[list[float], tuple[str, ...]]:
    timed = [u.duration for u in utterances if u.duration is not None]
    clips = [u.audio for u in utterances if u.duration is None and u.audio is not None]
    there = [c for c in clips if str(c) not in missing]
    try:
        measured = [s for c in there if (s := _announced(c)) is not None]
    except ExtraError as error:
        return timed, (f"lengths of clips are not known: {error}",)
    unknown = len(there) - len(measured)
    notes = (f"{unknown} clips do not say how long they are",) if unknown else ()
    return [*timed, *measured], notes


def _announced(clip: Path) -> float | None:
    from empathia.media import probe

    try:
        return probe(clip).duration
    except MediaError:
        return None


def _amount(values: Sequence[float]) -> Amount | None:
    if not values:
        return None
    return Amount(
        len(values), math.fsum(values), statistics.median(values), min(values), max(values)
    )


def _agreement(utterances: Sequence[Utterance]) -> Agreement | None:
    votes = [given for u in utterances if len(given := [v for v in u.votes if v]) > 1]
    if not votes:
        return None
    kinds = Counter(tuple(v) for v in votes)  # few differ: each is compared once
    each: Counter[int] = Counter()
    for kind, count in kinds.items():
        each[round(10 * pairwise_agreement([kind]))] += count
    sizes = [len(v) for v in votes]
    return Agreement(
        rated=len(votes),
        raters=(min(sizes), max(sizes)),
        pairwise=pairwise_agreement(votes),
        fleiss_kappa=fleiss_kappa(votes),
        krippendorff_alpha=krippendorff_alpha(votes),
        each=dict(sorted(each.items())),
    )


def _without_nan(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {k: _without_nan(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(v) for v in value]
    return None if isinstance(value, float) and math.isnan(value) else value
