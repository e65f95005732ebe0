"""Little talks of two, and a problem for predictors of reactions made of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from little_problem import LABELS, conversation

from empathia import plugins
from empathia.bench.pairs import exchanges as of_pairs
from empathia.bench.pairs import pairs
from empathia.config import TrainingPart, checked_options
from empathia.contracts import Predictor
from empathia.training.problem import Exchange, ReactionProblem
from empathia.types import Dialogue, Features, Sample, Utterance

RATE = 10.0
MODALITIES = {"text": ("tone",), "face": ("face",), "felt": ("recognised",)}
QUICK = {"select": "fit", "epochs": 2, "batch": 8, "lr": 1e-2, "threads": 1}
HOW: dict[str, dict[str, object]] = {
    "ahead": {"learner": "tfidf"},
    "fusion": {"width": 8, "fused": 8, "memory": 4, "past": 3},
    "motion": {"width": 6, "layers": 2, "echo": 3},
}
"""Options that make a predictor quick to teach."""


def talk(name: str, seed: int, turns: int = 6) -> tuple[tuple[Sample, ...], dict[str, str]]:
    """A talk whose samples have words, rows, frames and what was recognised; their labels."""
    chance = np.random.default_rng([seed, len(name)])
    samples, gold = conversation(name, chance, turns)
    told = []
    for s in samples:
        level = LABELS.labels.index(gold[s.id]) - 1.0
        frames = int(chance.integers(8, 12))
        scores = np.full(3, 0.1)
        scores[int(level) + 1] = 0.8
        values = {
            "tone": chance.normal(level, 0.1, (1, 3)),
            "face": chance.normal(level, 0.3, (frames, 4)),
            "recognised": scores[None],
        }
        features = {
            n: Features(
                s.id,
                n,
                v.astype(np.float32),
                LABELS.labels if n == "recognised" else (),
                rate=RATE if n == "face" else None,
            )
            for n, v in values.items()
        }
        told.append(dataclasses.replace(s, features=features))
    return tuple(told), gold


def exchanges(names: list[str], seed: int = 0) -> tuple[Exchange, ...]:
    """All pairs of some talks: every turn reacts to the one before it."""
    found = []
    for number, name in enumerate(names):
        samples, gold = talk(name, 100 * seed + number)
        for i in range(1, len(samples)):
            emotion = tuple(float(x == gold[samples[i].id]) for x in LABELS)
            found.append(Exchange(samples[:i], samples[i], emotion))
    return tuple(found)


def overlapping(name: str, meanwhile: tuple[str, ...] | None) -> tuple[Exchange, ...]:
    """The pairs of a talk of two, of whom each begins .5 s before the other ends.

    Args:
        name: Of the talk.
        meanwhile: What is foretold of who listens; None where it is of the next turn.
    """
    samples, gold = talk(name, len(name))
    rows = np.ones((35, 4), np.float32)
    asked = {
        s.id: dataclasses.replace(
            s, features={**s.features, "face": Features(s.id, "face", rows, rate=RATE)}
        )
        for s in samples
    }
    said = tuple(
        Utterance(s.id, i, "AB"[i % 2], s.text, 3.0 * i, 3.0 * i + 3.5)
        for i, s in enumerate(samples)
    )
    every = pairs([Dialogue(name, said)]).pairs
    answered = {p.stimulus.id: asked[p.reaction.id] for p in every}
    felt = {s: tuple(float(x == label) for x in LABELS) for s, label in gold.items()}
    return tuple(of_pairs(every, asked, answered, felt, meanwhile))


def problem(name: str, folder: Path, **changes: object) -> ReactionProblem:
    """A problem for a predictor."""
    plugin = plugins.load("reaction", name, ("OPTIONS", "learn"))
    fields: dict[str, object] = {
        "labels": LABELS,
        "targets": ("face", "tone"),
        "train": exchanges([f"x{i}" for i in range(6)]),
        "valid": exchanges(["y0", "y1"], 1),
        "modalities": MODALITIES,
        "options": checked_options(plugin, HOW.get(name, {}), "run file", name=name),
        "training": TrainingPart(**QUICK),
        "seed": 1,
        "folder": folder,
        "fingerprint": "little",
    }
    return ReactionProblem(**(fields | changes))


def taught(name: str, folder: Path, **changes: object) -> Predictor:
    """What a predictor learns of it."""
    return plugins.load("reaction", name).learn(problem(name, folder, **changes))
