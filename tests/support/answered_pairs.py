"""A run on disk of what predictors of reactions said, made by hand."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from empathia.bench import reacted
from empathia.bench.reacted import FORMAT, RECORD, FoldCounts, ReactionRecord
from empathia.bench.record import training_folder
from empathia.evaluate.reactions import Evaluated, evaluate
from empathia.files import write_json
from empathia.labels import LabelSet
from empathia.types import Emotion, Features, Reaction

LABELS = LabelSet("two", ("glad", "sad"))
RATE = 10.0
Course = np.ndarray | None
Told = tuple[str | None, Mapping[str, Course]]
"""A label (None: silent) and features; an array of several rows has frames."""
Teller = Callable[[int], Sequence[Told]]


def features(values: Mapping[str, Course], rate: float = RATE) -> dict[str, Features]:
    return {
        name: Features("u", name, v.astype(np.float32), rate=rate if len(v) > 1 else None)
        for name, v in values.items()
        if v is not None
    }


def told(label: str | None, values: Mapping[str, Course], rate: float = RATE) -> Reaction:
    scores = tuple(float(x == label) for x in LABELS) if label else ()
    emotion = Emotion("x", LABELS, scores, abstained=None if label else "nothing heard")
    return Reaction("u", "x", emotion, features(values, rate))


def course(*seed: int, frames: int = 20, columns: int = 2) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(size=(frames, columns))
    return np.cumsum(steps, axis=0).astype(np.float32).astype(np.float64)


class Run:
    """A run on disk: pairs of dialogues of two, and what predictors said of them."""

    def __init__(self, folder: Path, pairs: int = 8, seeds: Sequence[int] = (1,)) -> None:
        self.folder, self.seeds = folder, seeds
        self.face = [course(1, i) for i in range(pairs)]
        self.hers = [course(2, i) for i in range(pairs)]
        self.tone = [course(3, i, frames=1, columns=3) for i in range(pairs)]
        self.gold: list[str | None] = [LABELS.labels[i % 2] for i in range(pairs)]
        self.names: tuple[str, ...] = ()  # of the columns of "face"
        self.predictor, self.floors = "", []

    def pair(self, i: int) -> reacted.Tested:
        truth = {"face": self.face[i], "tone": self.tone[i]}
        stimulated = features({"face": self.hers[i], "tone": self.tone[i] + 1})
        ids = "c", f"d{i // 2}", f"s{i}", f"r{i}"
        came = features(truth)
        came["face"] = dataclasses.replace(came["face"], names=self.names)
        return reacted.Tested(*ids, self.gold[i], came, stimulated)

    def say(self, name: str, teller: Teller, rate: float = RATE) -> None:
        """What a predictor says of each pair; the first is what the run trained."""
        if self.predictor:
            self.floors.append(name)
        self.predictor = self.predictor or name
        for seed in self.seeds:
            said = [[told(*t, rate) for t in teller(i)] for i in range(len(self.face))]
            reacted.write_said(self.at(seed), name, said)

    def at(self, seed: int) -> Path:
        return training_folder(self.folder, seed, "standard")

    def evaluated(self, resamples: int = 200) -> Evaluated:
        pairs = [self.pair(i) for i in range(len(self.face))]
        for seed in self.seeds:
            reacted.write_pairs(self.at(seed), pairs, ["face", "tone"])
        record = ReactionRecord(
            name="try",
            predictor=self.predictor,
            floors=tuple(self.floors),
            labels=LABELS.labels,
            targets=("face", "tone"),
            folds=tuple(FoldCounts(s, "standard", 9, 9, len(pairs)) for s in self.seeds),
            protocol="standard",
            dropped={"nothing follows": 3},
        )
        write_json(self.folder / RECORD, dataclasses.asdict(record) | {"format": FORMAT})
        return evaluate(self.folder, resamples)

    def hold(self) -> None:
        self.say("hold", lambda i: [("glad", {"face": self.face[i - 1][-1:].repeat(20, 0)})])

    def mirror(self) -> None:
        self.say("mirror", lambda i: [("sad", {"face": self.hers[i]})])

    def mean(self) -> None:
        middle = {"face": np.full((20, 2), 0.5), "tone": np.full((1, 3), 0.5)}
        self.say("mean", lambda i: [("glad", middle)])


def value(e: Evaluated, name: str, what: str, measure: str) -> float:
    score = {m.name: m for m in e.systems}[name].scores.get(what, {}).get(measure)
    return math.nan if score is None else score.value
