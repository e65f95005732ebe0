"""Whose replies are measured: systems out of files, people, and floors that listen to nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from empathia.judges.given import Given
from empathia.judges.given import read as given_of
from empathia.types import Empathy, FloatArray

PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class System:
    """A system's replies.

    Args:
        name: Of the file.
        replies: At least one.
        judged: What judges take each to be; () where they were not asked.
        emotions: The emotion that a judge reads in a text, by the text: of replies and references.
        losses: Nats of each token of each reply under a language model, (tokens,) with the end
            token last; () where none was asked.
    """

    name: str
    replies: tuple[Given, ...]
    judged: tuple[Empathy, ...] = ()
    emotions: Mapping[str, str] = field(default_factory=dict)
    losses: tuple[FloatArray, ...] = ()


def read(
    paths: Sequence[Path], columns: Mapping[str, str] | None = None
) -> tuple[list[System], list[str]]:
    """Systems out of files, one each, and remarks on them.

    Raises:
        EmpathiaError: See :func:`empathia.judges.given.read`.
    """
    systems, notes = [], []
    names = [p.stem for p in paths]
    for path in paths:
        given, remarks = given_of(path, columns)
        name = path.stem if names.count(path.stem) == 1 else str(path)
        systems.append(System(name, tuple(given)))
        notes += [f"{name}: {r}" for r in remarks]
    return systems, notes


def with_floors(systems: Sequence[System]) -> list[System]:
    """Systems, and the floors of the one that has most references."""
    return [*systems, *floors(max((s.replies for s in systems), key=_referred))]


def _referred(replies: Sequence[Given]) -> int:
    return sum(bool(g.reference) for g in replies)


def floors(replies: Sequence[Given], seed: int = 1) -> list[System]:
    """What replies have to be compared with: people's, and two that listen to nobody.

    Args:
        replies: Those with references are taken.
        seed: Of who gets whose reference.

    Returns:
        "people": the references themselves; "people, shuffled": those of other talks; "most
        frequent": one reference for all. [] without references.
    """
    known = [g for g in replies if g.reference]
    if not known:
        return []
    other = _of_other_talks(known, seed)
    often = Counter(g.reference for g in known).most_common(1)[0][0]
    texts = {
        PEOPLE: [g.reference for g in known],
        "people, shuffled": [known[other[i]].reference for i in range(len(known))],
        "most frequent": [often] * len(known),
    }
    return [
        System(
            name,
            tuple(
                replace(g, reply=r, reference="" if name == PEOPLE else g.reference, exemplars="")
                for g, r in zip(known, said, strict=True)
            ),
        )
        for name, said in texts.items()
    ]


def _of_other_talks(replies: Sequence[Given], seed: int) -> dict[int, int]:
    """For each reply another one, each once, of another talk unless one talk has most of them.

    Talks stand side by side in an order that is drawn; a step as long as the longest leaves any.
    """
    talks = [talk(g) for g in replies]
    sizes = Counter(talks)
    drawn = np.random.default_rng(seed).permutation(len(sizes)).tolist()
    rank = dict(zip(sizes, drawn, strict=True))
    order = sorted(range(len(talks)), key=lambda i: rank[talks[i]])
    step = max(sizes.values())
    return {i: order[(k + step) % len(order)] for k, i in enumerate(order)}


def talk(given: Given) -> str:
    """Which talk a reply is of; where that is not known, what it answers, or its own row."""
    return given.dialogue or given.context or given.id
