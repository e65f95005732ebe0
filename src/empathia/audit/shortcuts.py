"""What tells a label without any listening: the length of a sentence, its last sign, a name.

Each column alone is learnt on training and tried on what it has not seen. Without a split it is
learnt on four fifths of the dialogues and tried on the last fifth, five times.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.audit.baselines import METADATA_WORRY, SIGMAS
from empathia.audit.cases import Case, Cut, label_counts, most, scores
from empathia.audit.columns import Column, columns
from empathia.audit.finding import Finding, Severity, some
from empathia.audit.inputs import Columns

CHEAP = 0.25
"""Part of the way from chance to perfect that no form of the words, no place and no name goes
honestly: exclamation marks go 0.19 of it in MELD (seven feelings), but 0.28 where it asks for
sentiment; a scenario of IEMOCAP, whose script says what to feel, 0.44; all else that we read at
most 0.08."""
MEASURED = 0.75
"""The same of a measure of the voice (how long it lasts, ready-made numbers), which is what a
recogniser is meant to hear: the best one separates two feelings at about 85 % (0.7)."""
BINS = 32
"""Of a column with more numbers than these, as many in each."""
FOLDS = 5

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


class Told(NamedTuple):
    """How well one column tells the labels of what it has not seen.

    Args:
        name: Of the column.
        uar: Unweighted average recall in percent, where all labels count alike in learning.
        weighted_f1: In percent, where each utterance counts alike.
        way: Part of the way from chance to perfect, of the measure that goes further; 0 where it
            may be chance.
        bound: From which on it is a worry.
    """

    name: str
    uar: float
    weighted_f1: float
    way: float
    bound: float


def shortcuts(
    all_cases: Sequence[Case],
    cuts: Sequence[Cut],
    tables: Sequence[Columns],
    known: Collection[str] = (),
) -> Finding:
    """A column that alone tells the label far better than chance.

    Args:
        all_cases: The corpus.
        cuts: Its folds; without any, five are made of its dialogues.
        tables: Ready-made numbers.
        known: Columns that another check has named already.
    """
    trials = _Trials(all_cases, cuts)
    told = []
    if trials.enough:
        told = [trials.told(c) for c in columns(all_cases, tables) if c.name not in known]
    if not told:
        sentence = "Too few labelled dialogues, or columns beside them, to learn from and to try."
        return Finding("shortcuts", "note", sentence)
    told.sort(key=lambda t: (t.way / t.bound, t.uar), reverse=True)
    leading = [t for t in told if t.way >= t.bound]
    against = f"(chance: {trials.chance:.1f} and {trials.floor:.1f})"
    shown = some([f"{t.name} {t.uar:.1f} UAR, {t.weighted_f1:.1f} weighted F1" for t in leading])
    sentence = (
        f"Alone, and without any listening, these tell the label: {shown} {against}. A model may "
        "learn them in place of what is felt."
    )
    if not leading:
        sentence = (
            f"No cheap column alone tells the label well; the best is {told[0].name} with "
            f"{told[0].uar:.1f} UAR and {told[0].weighted_f1:.1f} weighted F1 {against}."
        )
    bars = (*((t.name, t.uar, "UAR") for t in told[:5]), ("chance", trials.chance, "UAR"))
    details = {"columns": [t._asdict() for t in told[:50]], "own folds": not cuts}
    severity = "worry" if leading else _hinted(told, trials.chance)
    return Finding("shortcuts", severity, sentence, told[0].uar, "UAR", bars, details)


def _hinted(told: Sequence[Told], chance: float) -> Severity:
    cheap = (t for t in told if t.bound == CHEAP and t.way > 0)
    return "note" if any(t.uar - chance >= METADATA_WORRY for t in cheap) else "fine"


class _Trials:
    """What is learnt from and what is tried, fold after fold, and what chance scores there."""

    def __init__(self, all_cases: Sequence[Case], cuts: Sequence[Cut]) -> None:
        parts = [(cut.train, cut.evaluated) for cut in cuts] or list(_own_folds(all_cases))
        places = [(_labelled(train), _labelled(test)) for train, test in parts]
        self._parts = [(train, test) for train, test in places if len(train) and len(test)]
        gold = np.array([c.label or "" for c in all_cases], np.str_)
        self._labels, self._coded = np.unique(gold, return_inverse=True)
        tested = [i for _, test in self._parts for i in test.tolist()]
        self._gold = gold[tested].tolist()
        self.names = sorted(set(self._gold))
        self.chance = 100 / max(1, len(self.names))
        talks = [all_cases[i].dialogue for i in tested]
        counts, alike = Counter(self._gold), _alike(self._gold, talks)
        self._heard = [counts[x] / alike for x in self.names]
        self.enough = len(self.names) > 1 and self._sure(100.0, Counter())
        drawn = 100 * sum((n / len(tested)) ** 2 for n in counts.values())
        self._error = math.sqrt(drawn * (100 - drawn) * alike / max(1, len(tested)))
        usual = [most(label_counts([all_cases[i] for i in train])) for train, _ in self._parts]
        plain = [x for x, (_, test) in zip(usual, self._parts, strict=True) for _ in test]
        self.floor = max(drawn, scores(self._gold, plain)["weighted_f1"]) if tested else 0.0

    def told(self, column: Column) -> Told:
        """How well a column does over all folds."""
        fair, plain = list[str](), list[str]()
        for train, test in self._parts:
            learnt, tried = _binned(column, train, test)
            table = np.zeros((int(max(learnt.max(), tried.max())) + 1, len(self._labels)))
            np.add.at(table, (learnt, self._coded[train]), 1)
            table[0] = 0  # no value tells nothing: then the commonest label is the answer
            size = np.bincount(self._coded[train], minlength=len(self._labels))
            table[table.sum(1) == 0] = np.eye(len(size))[size.argmax()]
            fair += self._labels[(table / np.maximum(size, 1)).argmax(1)[tried]].tolist()
            plain += self._labels[table.argmax(1)[tried]].tolist()
        uar = scores(self._gold, fair)["uar"]
        f1 = scores(self._gold, plain)["weighted_f1"]
        way = max(
            _way(uar, self.chance) if self._sure(uar, Counter(fair)) else 0.0,
            _way(f1, self.floor) if f1 - self.floor > SIGMAS * self._error else 0.0,
        )
        return Told(column.name, uar, f1, way, MEASURED if column.measured else CHEAP)

    def _sure(self, uar: float, said: Mapping[str, int]) -> bool:
        """Whether a recall is above what chance gives to answers of which so many were said."""
        total = max(1, sum(said.values()))
        shares = [max(said.get(x, 0) / total, self.chance / 100) for x in self.names]
        variance = sum(q * (1 - q) / n for q, n in zip(shares, self._heard, strict=True))
        return uar - self.chance > SIGMAS * self.chance * math.sqrt(variance)


def _alike(labels: Sequence[str], talks: Sequence[str]) -> float:
    """How many labels of a dialogue count as one: 1 where they do not hang together.

    The spread of labels over dialogues against that of a lot (the design effect of Kish 1965).
    """
    shares, sizes = Counter(labels), Counter(talks)
    both = Counter(zip(talks, labels, strict=True))
    n = max(1, len(labels))
    spread = sum((both[d, x] - m * shares[x] / n) ** 2 for d, m in sizes.items() for x in shares)
    lot = n - sum(k * k for k in shares.values()) / n
    return max(1.0, spread / lot) if lot else 1.0


def _way(score: float, floor: float) -> float:
    return (score - floor) / (100 - floor)


def _own_folds(all_cases: Sequence[Case]) -> Iterator[tuple[tuple[Case, ...], tuple[Case, ...]]]:
    """Dialogues in five parts, each tried by what the four others teach."""
    labelled = [c for c in all_cases if c.label is not None]
    talks = list(dict.fromkeys(c.dialogue for c in labelled))
    drawn = np.random.default_rng(0).permutation(len(talks)) % FOLDS
    fold = dict(zip(talks, drawn.tolist(), strict=True))
    for k in range(FOLDS):
        yield (
            tuple(c for c in labelled if fold[c.dialogue] != k),
            tuple(c for c in labelled if fold[c.dialogue] == k),
        )


def _labelled(cases: Sequence[Case]) -> Ints:
    """Places of the cases that have one label; (cases,)."""
    return np.array([c.place for c in cases if c.label is not None], np.intp)


def _binned(column: Column, train: Ints, test: Ints) -> tuple[Ints, Ints]:
    """Bins from 1 on of training and test; 0 where there is no value, or no such name."""
    learnt, tried = column.values[train], column.values[test]
    known = np.unique(learnt[~np.isnan(learnt)])
    edges = (known[1:] + known[:-1]) / 2
    if column.ordered and len(known) > BINS:
        shares = np.linspace(0, 1, BINS + 1)[1:-1]
        edges = np.unique(np.quantile(learnt[~np.isnan(learnt)], shares))

    def bins(values: Floats) -> Ints:
        there = ~np.isnan(values) if column.ordered else np.isin(values, known)
        return np.where(there, 1 + np.searchsorted(edges, values), 0)

    return bins(learnt), bins(tried)
