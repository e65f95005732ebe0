"""Averages of the reactions of the training part, whole or by group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia.reaction._told import (
    Asked,
    Foreteller,
    Foretold,
    column_means,
    each,
    read_gaps,
    shares,
    write_gaps,
)
from empathia.training.problem import Conversation, Exchange, ReactionProblem
from empathia.types import Sample

Averages = dict[str, NDArray[Any]]
_EMOTION = "emotion"


def learn(problem: ReactionProblem, source: str, groups: Sequence[str]) -> Foreteller:
    """Average the reactions of each group, and all of them for groups that are new.

    Args:
        problem: What is foretold.
        source: Name of the plug-in.
        groups: "gender", or names of ``Sample.groups``, of the stimulus.
    """
    asked = Asked.by(problem, source)
    by_group: dict[str, list[Exchange]] = defaultdict(list)
    for e in problem.train:
        by_group[_group(e.past[-1], groups)].append(e)
    by_group[""] = list(problem.train)
    names = sorted(by_group)
    averages = {name: _averages(asked, by_group[name]) for name in names}
    return _predictor(asked, tuple(groups), averages)


def load(folder: Path) -> Foreteller:
    """Of a kept folder."""
    arrays, values = read_gaps(folder)
    averages: dict[str, Averages] = {name: {} for name in values["names"]}
    for key, array in arrays.items():
        number, _, what = key.partition("/")
        averages[values["names"][int(number)]][what] = array
    return _predictor(Asked.restored(values["asked"]), tuple(values["groups"]), averages)


def _group(sample: Sample, groups: Sequence[str]) -> str:
    known = {**sample.groups, "gender": sample.gender or ""}
    return "\t".join(known.get(g, "") for g in groups)


def _averages(asked: Asked, exchanges: Sequence[Exchange]) -> Averages:
    averages: Averages = {}
    label = shares([e.emotion for e in exchanges]) if asked.labels is not None else None
    if label is not None:
        averages[_EMOTION] = label
    for name in asked.forms:
        there = [e.reaction.features.get(name) for e in exchanges]
        if values := [f.values for f in there if f is not None and len(f.values)]:
            averages[name] = column_means(values)
    return averages


def _predictor(asked: Asked, groups: tuple[str, ...], averages: dict[str, Averages]) -> Foreteller:
    def one(past: Conversation, _: np.random.Generator) -> Foretold:
        mine = averages[""] | averages.get(_group(past[-1], groups), {})
        scores = mine.get(_EMOTION)
        values = {
            name: np.tile(mine[name], (form.frames_after(name, past[-1]), 1))
            for name, form in asked.forms.items()
            if name in mine
        }
        return Foretold(None if scores is None else scores.tolist(), values)

    def write(folder: Path) -> None:
        names = sorted(averages)
        arrays = {f"{i}/{k}": v for i, n in enumerate(names) for k, v in averages[n].items()}
        told = {"asked": asked.plain(), "groups": list(groups), "names": names}
        write_gaps(folder, arrays, told)

    return Foreteller(asked, each(one), write=write)
