"""Dialogues of made-up features, and a little dialogue model that learns them."""

from __future__ import annotations

import dataclasses

import numpy as np
from little_problem import LABELS, learn

from empathia.training.problem import Part
from empathia.types import Features, Sample

SMALL = {
    "width": 16,
    "memory": 8,
    "members": 1,
    "squares_up_to": 4,
    "directions": 4,
    "penalties": (1,),
}
COURSE = {"epochs": 12, "batch": 4, "lr": 2e-2, "select": "accuracy", "patience": 12}
MODALITIES = {"text": ("words",), "voice": ("tone",)}
ANCHOR = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)


def features(name: str, feature: str, rows, rate=None) -> Features:
    return Features(name, feature, np.asarray(rows, np.float32), rate=rate)


def talk(name: str, seed, turns: int = 8, late: int = 0):
    """Both modalities show what is felt ``late`` turns later; two speakers."""
    rng = np.random.default_rng(seed)
    felt = rng.integers(3, size=turns)
    samples, gold = [], {}
    for i in range(turns):
        key = f"{name}-{i}"
        words = ANCHOR[felt[i]] + rng.normal(size=6) * 0.3
        tone = np.eye(3)[felt[i]][:2] * 2 + rng.normal(size=2) * 0.3
        found = {"words": features(key, "words", [words]), "tone": features(key, "tone", [tone])}
        samples.append(Sample(key, speaker="AB"[i % 2], features=found, index=i))
        if i >= late:
            gold[key] = LABELS.labels[felt[i - late]]
    return tuple(samples), gold


def part(prefix: str, n: int, late: int = 0):
    """Some dialogues, one of their labels unknown, and the gold of the others."""
    made = [talk(f"{prefix}{k}", [len(prefix), ord(prefix[0]), k], late=late) for k in range(n)]
    gold = {k: v for _, g in made for k, v in list(g.items())[1:]}
    targets = {k: tuple(float(x == v) for x in LABELS) for k, v in gold.items()}
    return Part(tuple(d for d, _ in made), targets), gold


def trained(folder, *, late=0, modalities=MODALITIES, training=None, **options):
    return learn(
        "dialogue",
        folder,
        train=part("train", 16, late)[0],
        valid=part("valid", 5, late)[0],
        modalities=modalities,
        options=SMALL | options,
        training=COURSE | (training or {}),
    )


def shown(sample: Sample, **found) -> Sample:
    """A sample with other features; None takes one away."""
    kept = {k: v for k, v in (dict(sample.features) | found).items() if v is not None}
    return dataclasses.replace(sample, features=kept)
