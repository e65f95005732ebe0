"""What can be had without looking at any input: by metadata, and by copying gold labels."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence

from empathia.audit.cases import Case, Cut, label_counts, most, scores
from empathia.audit.finding import Finding, Severity

METADATA_WORRY, METADATA_WRONG = 5.0, 20.0
"""Points of unweighted average recall above chance. 5 is more than sampling error on usual test
sets; 20 is what many a published gain over another model does not reach."""
INERTIA_WORRY = 20.0
"""Points of weighted F1 above copying from anywhere. Feelings last, so inertia is no mistake of the
data and never "wrong"; but a gold label in a history would be worth this much."""
SIGMAS = 4.0
"""A baseline counts from so many standard errors above chance: small test sets scatter."""


def metadata(cuts: Sequence[Cut]) -> Finding:
    """What groupings, gender and third of the dialogue say about the label, learnt on train."""
    gold, predicted, plain, used = [], [], [], set[str]()
    for cut in cuts:
        table = _Table(cut)
        used |= set(table.groups)
        for c in cut.evaluated:
            if c.label is not None and table.majority is not None:
                gold.append(c.label)
                predicted.append(table.answer(c))
                plain.append(table.majority)
    if not gold:
        return Finding("metadata", "note", "No labelled training and test part to learn from.")
    baseline, majority = scores(gold, predicted), scores(gold, plain)
    chance = 100 / len(set(gold))
    gain = baseline["uar"] - chance
    error = SIGMAS * 100 * math.sqrt(chance / 100 * (1 - chance / 100) / len(gold))
    severity: Severity = "fine"
    if gain >= max(METADATA_WORRY, error):
        severity = "wrong" if gain >= METADATA_WRONG else "worry"
    what = " + ".join([*sorted(used), "gender", "third of the dialogue"])
    sentence = (
        f"Without any input, {what} score {baseline['weighted_f1']:.1f} weighted F1 and "
        f"{baseline['uar']:.1f} UAR on the test (majority label: {majority['weighted_f1']:.1f} and "
        f"{majority['uar']:.1f}). Only what a model adds to this comes from what was said."
    )
    bars = (
        ("metadata", baseline["weighted_f1"], "weighted F1"),
        ("majority label", majority["weighted_f1"], "weighted F1"),
        ("metadata", baseline["uar"], "UAR"),
        ("chance", chance, "UAR"),
    )
    details = {"floor": baseline, "majority": majority, "n": len(gold), "from": sorted(used)}
    return Finding(
        "metadata", severity, sentence, baseline["weighted_f1"], "weighted F1", bars, details
    )


class _Table:
    """The commonest training label of each cell, backing off to coarser cells."""

    def __init__(self, cut: Cut) -> None:
        self.groups = _known_groups(cut)
        counts = label_counts(cut.train)
        self.majority = most(counts) if counts else None
        self._cells: dict[Hashable, Counter[str]] = defaultdict(Counter)
        for c in cut.train:
            for key in self._keys(c) if c.label is not None else ():
                self._cells[key][c.label or ""] += 1

    def answer(self, c: Case) -> str:
        """The label of the finest cell that was seen in training."""
        return next(most(self._cells[key]) for key in self._keys(c) if key in self._cells)

    def _keys(self, c: Case) -> Iterator[Hashable]:
        values = [(g, c.said.groups.get(g)) for g in self.groups]
        yield "all", *values, c.said.gender, c.third
        yield "no third", *values, c.said.gender
        for n in range(len(values)):
            yield "groups", *values[n:]
        yield "who and when", c.said.gender, c.third
        yield "any"


def _known_groups(cut: Cut) -> tuple[str, ...]:
    """Groupings of which most of the test is in groups that training knows, finest first."""
    sizes: dict[str, int] = {}
    for name in sorted({g for c in cut.evaluated for g in c.said.groups}):
        seen = {c.said.groups.get(name) for c in cut.train} - {None}
        met = sum(c.said.groups.get(name) in seen for c in cut.evaluated)
        if seen and 2 * met >= len(cut.evaluated):
            sizes[name] = len(seen)
    return tuple(sorted(sizes, key=lambda g: (-sizes[g], g)))


def inertia(all_cases: Sequence[Case], cuts: Sequence[Cut]) -> Finding:
    """How often a label is what it was before, by speaker and whoever spoke."""
    gold, mine, anybodys, plain, past = _copied(all_cases, cuts)
    if not past:
        sentence = "No utterance has a labelled one before it: nothing to copy."
        if all_cases and len({c.dialogue for c in all_cases}) == len(all_cases):
            sentence = (
                "Every utterance is a dialogue of its own: there is nothing before it, to copy or "
                "to understand it by. Where people talk with each other, a column dialogue says so."
            )
        return Finding("inertia", "note", sentence)
    by_speaker, by_turn, majority = (
        scores(gold, s)["weighted_f1"] for s in (mine, anybodys, plain)
    )
    # What copying from anywhere would give: labels that are drawn, not the commonest one.
    drawn = 100 * sum((k / len(gold)) ** 2 for k in Counter(gold).values())
    gain = max(by_speaker, by_turn) - max(majority, drawn)
    sentence = (
        f"Copying the same speaker's previous gold label scores {by_speaker:.1f} weighted F1, "
        f"copying the previous label whoever spoke {by_turn:.1f} (majority label: {majority:.1f}). "
        "A gold label in a history would be worth as much."
    )
    bars = (
        ("speaker's previous label", by_speaker, "weighted F1"),
        ("previous label", by_turn, "weighted F1"),
        ("a label from anywhere", drawn, "weighted F1"),
        ("majority label", majority, "weighted F1"),
    )
    severity: Severity = "worry" if gain >= INERTIA_WORRY else "note" if gain > 0 else "fine"
    details = {"n": len(gold), "with a past": past}
    return Finding("inertia", severity, sentence, by_speaker, "weighted F1", bars, details)


def _copied(
    all_cases: Sequence[Case], cuts: Sequence[Cut]
) -> tuple[list[str], list[str], list[str], list[str], int]:
    """Gold labels of the test, three answers to each, and how many have a labelled past.

    The answers: the speaker's previous label, anybody's, training's commonest, which also stands
    in where there is no past. Without parts all of the corpus is both.
    """
    before = _before(all_cases)
    parts = [(cut.train, cut.evaluated) for cut in cuts] or [(tuple(all_cases), tuple(all_cases))]
    gold, by_speaker, by_turn, plain = list[str](), list[str](), list[str](), list[str]()
    past = 0
    for train, evaluated in parts:
        counts = label_counts(train)
        for c in evaluated if counts else ():
            if c.label is not None:
                usual = most(counts)
                mine, anybodys = before.get(c.place, (None, None))
                gold.append(c.label)
                by_speaker.append(mine or usual)
                by_turn.append(anybodys or usual)
                plain.append(usual)
                past += anybodys is not None
    return gold, by_speaker, by_turn, plain, past


def _before(all_cases: Sequence[Case]) -> dict[int, tuple[str | None, str]]:
    """For each case with a labelled past: the speaker's last label, and anybody's."""
    before: dict[int, tuple[str | None, str]] = {}
    last: dict[tuple[str, str], str] = {}
    anybody: dict[str, str] = {}
    for c in all_cases:
        if c.dialogue in anybody:
            before[c.place] = last.get((c.dialogue, c.said.speaker)), anybody[c.dialogue]
        if c.label is not None:
            last[c.dialogue, c.said.speaker] = anybody[c.dialogue] = c.label
    return before
