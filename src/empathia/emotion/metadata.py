"""What can be told without looking: scenario, gender and position in the dialogue alone.

On IEMOCAP these reach 56.5 weighted F1, since train and test share their
scripts: whatever a recogniser adds is to be read against this baseline. Position
is the third of the dialogue, so its length must be known: with it the answers
are not causal.

Estimates back off as in hierarchical smoothing (MacKay and Peto, 1995): the
shares of (scenario, gender, third) lean on those of (gender, third), these on
those of (third), these on the class shares, each by ``strength`` items' worth.
An unknown scenario so leaves gender and third to go by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from empathia.emotion.majority import shares
from empathia.errors import ConfigError
from empathia.files import Plain
from empathia.metrics.scores import Array
from empathia.training.model import Model, about
from empathia.training.problem import Conversation, Problem, Scores
from empathia.types import Sample

NAME = "metadata"
OPTIONS: Mapping[str, Plain] = {
    "groups": ("scenario",),  # groupings of the corpus; [] for none
    "gender": True,
    "position": True,  # the third of the dialogue; answers are then not causal
    "strength": 5.0,  # items that the coarser estimate counts as
}
_Key = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class _Metadata:
    """What is looked at: names of groups, gender, position."""

    groups: tuple[str, ...]
    gender: bool
    position: bool

    def levels(self, dialogues: Sequence[Conversation]) -> Iterator[tuple[Sample, list[_Key]]]:
        """Every sample and its keys, the coarsest first."""
        for dialogue in dialogues:
            for i, s in enumerate(dialogue):
                key = [s.groups.get(g) for g in self.groups]
                key += [s.gender] if self.gender else []
                key += [str(3 * i // len(dialogue))] if self.position else []
                yield s, [tuple(key[j:]) for j in range(len(key) - 1, -1, -1)]


def learn(problem: Problem) -> Model:
    """Count labels by metadata.

    Raises:
        ConfigError: No training utterance has one of the groups, or ``strength`` is not positive.
    """
    o = problem.options
    seen = _Metadata(o.words("groups"), o.flag("gender"), o.flag("position"))
    strength = o.number("strength")
    if strength <= 0:
        raise ConfigError(f"'model.strength' is {strength}, expected more than 0", "Mend the value")
    _check(problem, seen.groups)
    prior = np.array(shares(problem))
    cells: dict[_Key, list[Array]] = {}
    for s, keys in seen.levels(problem.train.dialogues):
        if s.id in problem.train.targets:
            for key in keys:
                cells.setdefault(key, []).append(np.array(problem.train.targets[s.id]))
    sums = {key: (np.sum(rows, axis=0), len(rows)) for key, rows in cells.items()}

    def answer(dialogues: Sequence[Conversation]) -> Scores:
        scores = {}
        for s, keys in seen.levels(dialogues):
            p = prior
            for total, number in (sums[key] for key in keys if key in sums):
                p = (total + strength * p) / (number + strength)
            scores[s.id] = tuple(p.tolist())
        return scores

    what = about(problem, NAME, causal=not seen.position, features=False)
    return Model(what, answer, {"cells": len(sums)})


def _check(problem: Problem, groups: Sequence[str]) -> None:
    there = {g for s in problem.train.labelled() for g in s.groups}
    for name in groups:
        if name not in there:
            raise ConfigError(
                f"no training utterance has the group '{name}' of 'model.groups' "
                f"(there are: {', '.join(sorted(there)) or 'none'})",
                "Name one of these, or none",
            )
