"""Little talks of two, and a problem for predictors of reactions made of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from little_problem import LABELS, conversation

from empathia import plugins
from empathia.config import TrainingPart, checked_options
from empathia.contracts import Predictor
from empathia.training.problem import Exchange, ReactionProblem
from empathia.types import Features, Sample

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
