"""A corpus as an audit sees it: every utterance once, and who learns from whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.bench.protocols import Fold
from empathia.metrics import METRICS
from empathia.types import Dialogue, Utterance


@dataclass(frozen=True, slots=True)
class Case:
    """An utterance in its dialogue.

    Args:
        said: The utterance.
        dialogue: Id of its dialogue.
        place: Position in the corpus's list of cases.
        third: 0, 1 or 2: which third of the dialogue's labelled utterances it is in; None where
            it has no label.
        label: Its gold label, None where it has none or several.
    """

    said: Utterance
    dialogue: str
    place: int
    third: int | None
    label: str | None


@dataclass(frozen=True, slots=True)
class Cut:
    """One fold: what is learnt from, selected on, tested on."""

    name: str
    train: tuple[Case, ...]
    valid: tuple[Case, ...]
    test: tuple[Case, ...]

    @property
    def known(self) -> tuple[Case, ...]:
        """All that a model has been in touch with before the test."""
        return self.train + self.valid

    def without(self, places: Container[int]) -> Cut:
        """The fold without some of the cases."""
        parts = (self.train, self.valid, self.test)
        return Cut(self.name, *(tuple(c for c in p if c.place not in places) for p in parts))

    @property
    def evaluated(self) -> tuple[Case, ...]:
        """The test cases that are judged: those with a label, or all where none has one."""
        return tuple(c for c in self.test if c.said.gold) or self.test


def cases(dialogues: Iterable[Dialogue]) -> list[Case]:
    """Every utterance of a corpus, dialogue by dialogue in time order."""
    every: list[Case] = []
    for d in dialogues:
        labelled = [u.index for u in d.utterances if u.gold]
        third = {index: 3 * i // len(labelled) for i, index in enumerate(labelled)}
        for u in d.utterances:
            label = u.gold[0] if len(u.gold) == 1 else None
            every.append(Case(u, d.id, len(every), third.get(u.index), label))
    return every


def cuts(
    dialogues: Sequence[Dialogue], all_cases: Sequence[Case], folds: Sequence[Fold] | None
) -> list[Cut]:
    """The folds as cases; without folds the corpus's own split, or [] where it has none."""
    if folds is None:
        parts = {p: tuple(d for d in dialogues if d.split == p) for p in ("train", "valid", "test")}
        if not parts["train"] or not parts["test"]:
            return []
        folds = [Fold("standard", parts["train"], parts["valid"], parts["test"])]
    where: dict[int, list[Case]] = {}
    place = 0
    for d in dialogues:
        where[id(d)] = list(all_cases[place : place + len(d.utterances)])
        place += len(d.utterances)

    def of(part: Iterable[Dialogue], tested: frozenset[str] | None = None) -> tuple[Case, ...]:
        return tuple(c for d in part for c in where[id(d)] if tested is None or c.said.id in tested)

    return [Cut(f.name, of(f.train), of(f.valid), of(f.test, f.test_ids)) for f in folds]


def most(counts: Mapping[str, int]) -> str:
    """The commonest name, the first in the alphabet among equals."""
    return min(counts, key=lambda name: (-counts[name], name))


def label_counts(some_cases: Iterable[Case]) -> Counter[str]:
    """How often each single gold label occurs."""
    return Counter(c.label for c in some_cases if c.label is not None)


def scores(gold: Sequence[str], said: Sequence[str]) -> dict[str, float]:
    """Weighted F1 and unweighted average recall in percent."""
    names = sorted({*gold, *said})
    where = {name: i for i, name in enumerate(names)}

    def one_hot(labels: Sequence[str]) -> NDArray[np.bool_]:
        return np.eye(len(names), dtype=bool)[[where[x] for x in labels]]

    g, s = one_hot(gold), one_hot(said)
    return {m: 100 * METRICS[m](g, s) for m in ("weighted_f1", "uar")}
