"""Made voices for recognisers of the bench: speakers, frames, labels, a Problem of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from empathia.config import Options, TrainingPart
from empathia.labels import LabelSet
from empathia.training.problem import Part, Problem
from empathia.types import Features, Sample

LABELS = LabelSet("made", ("neutral", "angry", "sad"))
TRAINING = TrainingPart(select="uar", epochs=10, batch=8, lr=1e-2, patience=10, threads=1)


def frames(label: int, speaker: int, rng: np.random.Generator, length: int) -> np.ndarray:
    """13 columns: the speaker's own offset, noise, and in two of them what the label does."""
    x = rng.normal(size=(length, 13)) + np.random.default_rng(speaker).normal(scale=0.3, size=13)
    x[:, 2] += 2.5 * (label == 1)
    x[:, 3] += 4.0 * np.sin(np.arange(length) / 2) * (label == 2)
    return x.astype(np.float32)


def sample(
    name: str, values: np.ndarray, *, rate: float | None = 31.25, feature: str = "mfcc", **about
) -> Sample:
    return Sample(name, features={feature: Features(name, feature, values, rate=rate)}, **about)


def part(speakers: range, seed: int, *, each: int = 6, length: int = 30) -> Part:
    rng = np.random.default_rng(seed)
    dialogues, targets = [], {}
    for s in speakers:
        for i in range(each):
            label = i % 3
            name = f"s{s}.{i}"
            values = frames(label, s, rng, length + int(rng.integers(0, 10)))
            gender = "female" if s % 2 else "male"
            dialogues.append((sample(name, values, speaker=str(s), gender=gender),))
            targets[name] = tuple(float(k == label) for k in range(3))
    return Part(tuple(dialogues), targets)


def with_column(made: Part, value: float) -> Part:
    """The same utterances with one column more, which always holds ``value``."""

    def wider(s: Sample) -> Sample:
        x = s.features["mfcc"].values
        more = np.concatenate([x, np.full((len(x), 1), value, np.float32)], 1)
        return dataclasses.replace(s, features={"mfcc": Features(s.id, "mfcc", more, rate=31.25)})

    return Part(tuple(tuple(map(wider, d)) for d in made.dialogues), made.targets)


def problem(
    folder: Path, options, *, train=None, valid=None, training=TRAINING, **other
) -> Problem:
    return Problem(
        **{
            "labels": LABELS,
            "exclusive": True,
            "train": train or part(range(8), 1),
            "valid": valid if valid is not None else part(range(8, 12), 2),
            "modalities": {"voice": ("mfcc",)},
            "options": options if isinstance(options, Options) else Options(options),
            "training": training,
            "seed": 3,
            "folder": folder,
            **other,
        }
    )


def right(scores, gold: Part) -> float:
    """Share of utterances whose highest score is the gold label."""
    return float(np.mean([np.argmax(scores[i]) == np.argmax(t) for i, t in gold.targets.items()]))
