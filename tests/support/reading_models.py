"""Recognisers to read with: a kept dialogue model that listens, reads and remembers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from little_problem import learn, problem

from empathia.labels import EKMAN7, LabelSet
from empathia.training import normalise
from empathia.training.keeping import Settings
from empathia.training.problem import Part
from empathia.types import Features, Sample

OPTIONS = {"members": 1, "width": 16, "memory": 8, "directions": 4, "penalties": (1,)}
MODALITIES = {"text": ("text",), "voice": ("prosody",)}


def _talk(name: str, rng: np.random.Generator, labels: LabelSet):
    """Six turns of two speakers whose measures tell something of a random label."""
    samples, targets = [], {}
    for i in range(6):
        felt, key = rng.integers(len(labels)), f"{name}-{i}"
        words = rng.normal(size=(1, 384)) * 0.05
        words[0, felt] += 0.2
        tone = rng.normal(size=(1, 8)) * 5 + (2, 60, 10, 150, 20, 60, 4, 12)
        tone[0, 3] += 10 * felt
        measured = {"text": words, "prosody": tone}
        features = {n: Features(key, n, v.astype(np.float32)) for n, v in measured.items()}
        samples.append(Sample(key, speaker="AB"[i % 2], features=features, index=i))
        targets[key] = tuple(float(k == felt) for k in range(len(labels)))
    return tuple(samples), targets


def keep_dialogue_model(folder: Path, labels: LabelSet = EKMAN7, name: str = "talk") -> Path:
    """The folder of a dialogue model with running normalisation, learnt from noise."""
    rng = np.random.default_rng(3)
    talks = [_talk(f"t{i}", rng, labels) for i in range(8)]
    targets = {k: row for _, rows in talks for k, row in rows.items()}
    normal = normalise.fit("running", "prosody", [d for d, _ in talks])
    scaled = normal.apply([d for d, _ in talks])
    more = {
        "labels": labels,
        "train": Part(scaled[:6], targets),
        "valid": Part(scaled[6:], targets),
        "modalities": MODALITIES,
        "options": OPTIONS,
        "training": {"epochs": 2},
    }
    learnt = learn("dialogue", folder / "training", **more)
    model = folder / "model"
    model.mkdir(parents=True)
    learnt.save(model)
    Settings(
        name=name,
        recogniser="dialogue",
        labels=labels,
        exclusive=True,
        causal=True,
        modalities=MODALITIES,
        normalise=(normal.plain(),),
        options=problem("dialogue", folder / "training", **more).options.values,
        licence="CC0",
        noncommercial=False,
        weights=("minilm",),
    ).write(model)
    return model
