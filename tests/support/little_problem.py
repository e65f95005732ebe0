"""A problem of the bench made of our own words, for the tests of recognisers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from empathia import plugins
from empathia.config import TrainingPart, checked_options
from empathia.labels import LabelSet
from empathia.training.problem import Part, Problem
from empathia.types import Sample

LABELS = LabelSet("little3", ("glad", "low", "cross"))
WORDS = {
    "glad": ("lovely", "splendid", "sunny", "hooray"),
    "low": ("lonely", "sorry", "grey", "tearful"),
    "cross": ("unfair", "outrage", "enough", "rude"),
}
FILL = ("today", "we", "saw", "the", "garden", "and", "then", "it", "was", "there")


def conversation(name: str, rng: np.random.Generator, turns: int = 6):
    """A dialogue of two, and the label of each utterance: its words tell it, mostly."""
    samples, gold = [], {}
    for i in range(turns):
        label = LABELS.labels[rng.integers(3)]
        words = [*rng.choice(WORDS[label], 2), *rng.choice(FILL, 3)]
        sample = Sample(
            f"{name}-{i}",
            " ".join(rng.permutation(words)),
            "en",
            speaker="AB"[i % 2],
            gender=("female", "male")[i % 2],
            index=i,
            groups={"scenario": name[0]},
        )
        samples.append(sample)
        gold[sample.id] = label
    return tuple(samples), gold


def part(names, seed: int = 0) -> tuple[Part, dict[str, str]]:
    """A part with hard targets, and its gold labels."""
    dialogues, gold = [], {}
    for number, name in enumerate(names):
        samples, found = conversation(name, np.random.default_rng([seed, number]))
        dialogues.append(samples)
        gold |= found
    targets = {k: tuple(float(x == v) for x in LABELS) for k, v in gold.items()}
    return Part(tuple(dialogues), targets), gold


def problem(recogniser: str, folder: Path, *, train=None, valid=None, **more) -> Problem:
    """A problem for a recogniser; options are given as ``options={...}``."""
    plugin = plugins.load("emotion", recogniser, ("OPTIONS", "learn"))
    settings = {"select": "likelihood", "epochs": 3, "batch": 8, "lr": 1e-3, "threads": 1}
    settings |= more.pop("training", {})
    options = more.pop("options", {})
    fields = {
        "labels": LABELS,
        "exclusive": True,
        "train": part([f"{s}{i}" for i in range(6) for s in "xy"])[0] if train is None else train,
        "valid": part(["xv", "yv"], 1)[0] if valid is None else valid,
        "modalities": {"text": ()},
        "options": checked_options(plugin, options, "run file"),
        "training": TrainingPart(**settings),
        "seed": 1,
        "folder": folder,
        "fingerprint": "little",
    }
    return Problem(**(fields | more))


def learn(recogniser: str, folder: Path, **more):
    """What a recogniser learns of a little problem."""
    return plugins.load("emotion", recogniser).learn(problem(recogniser, folder, **more))


def accuracy(scores, gold) -> float:
    """Share of gold labels that have the highest score."""
    right = [LABELS.labels[int(np.argmax(scores[k]))] == v for k, v in gold.items()]
    return float(np.mean(right))


def cut(samples):
    """Every beginning of a dialogue."""
    return [samples[: i + 1] for i in range(len(samples))]
