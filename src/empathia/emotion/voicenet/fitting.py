"""Training of the recogniser ``voicenet``: baselines, windows, augmentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from empathia.config import PORTION, at_least, one_of
from empathia.emotion.voicenet.net import VoiceNet
from empathia.errors import ConfigError, TrainingError
from empathia.files import Plain
from empathia.metrics.balance import class_weights
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import Array, probabilities, quality
from empathia.training.fit import Group, fit_problem
from empathia.training.model import Model, about
from empathia.training.problem import (
    Conversation,
    Part,
    Problem,
    Scores,
    by_id,
    target_array,
)
from empathia.types import Sample

Frames = NDArray[np.float32]
_EPSILON = 1e-8
_BANDS = 128  # mel bands behind the coefficients
_TOP = 8_000.0  # Hz
_BATCH = 64
_NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Baseline:
    """Mean and standard deviation of each coefficient, by gender; None stands for everybody."""

    scales: Mapping[str | None, tuple[Frames, Frames]]

    @classmethod
    def of(cls, samples: Sequence[Sample], feature: str) -> Baseline:
        """Of neutral speech; a gender that nobody of it has is not among the scales."""
        scales: dict[str | None, tuple[Frames, Frames]] = {}
        for gender in dict.fromkeys((None, *(s.gender for s in samples))):
            own = [s for s in samples if gender in {None, s.gender}]
            frames = np.concatenate([frames_of(s, feature) for s in own])
            scales[gender] = frames.mean(0), frames.std(0) + np.float32(_EPSILON)
        return cls(scales)

    def __call__(self, frames: Frames, gender: str | None) -> Frames:
        """Frames as distances from the baseline."""
        mean, deviation = self.scales.get(gender, self.scales[None])
        return np.asarray((frames - mean) / deviation, np.float32)


def frames_of(sample: Sample, feature: str) -> Frames:
    """The frames of an utterance that hold no NaN, shape (frames, dim); none where absent."""
    frames = sample.features.get(feature)
    if frames is None:
        return np.zeros((0, 0), np.float32)
    return frames.values[~np.isnan(frames.values).any(1)]


def windows(frames: Frames, size: int) -> list[Frames]:
    """Windows of ``size`` frames that overlap by half; the last one ends with the frames."""
    if len(frames) <= size:
        return [frames]
    starts = [*range(0, len(frames) - size, max(1, size // 2)), len(frames) - size]
    return [frames[i : i + size] for i in starts]


def faster(frames: Frames, factor: float) -> Frames:
    """The frames of the same speech said ``factor`` times as fast (linear interpolation)."""
    n = max(1, round(len(frames) / factor))
    at = np.linspace(0, len(frames) - 1, n)
    low = np.floor(at).astype(np.intp)
    high = np.minimum(low + 1, len(frames) - 1)
    share = (at - low)[:, None].astype(np.float32)
    return np.asarray(frames[low] * (1 - share) + frames[high] * share, np.float32)


def higher(dim: int, factor: float) -> Frames:
    """The matrix that turns MFCC of a voice into those of one ``factor`` times as high.

    Coefficients are turned back to mel levels, these are read at the stretched frequencies,
    and turned to coefficients again; above the top the last band is repeated.

    Returns:
        (dim, dim), to be multiplied from the right.
    """
    band, order = np.arange(_BANDS)[:, None], np.arange(dim)[None]
    cosines = np.cos(np.pi * order * (2 * band + 1) / (2 * _BANDS)) * np.sqrt(2 / _BANDS)
    cosines[:, 0] /= np.sqrt(2)
    mel = np.linspace(0, _to_mel(np.array(_TOP)), _BANDS + 2)[1:-1]
    source = np.interp(_to_mel(_to_hz(mel) / factor), mel, np.arange(_BANDS))
    low = np.floor(source).astype(np.intp)
    high = np.minimum(low + 1, _BANDS - 1)
    share = (source - low)[:, None]
    stretched = cosines[low] * (1 - share) + cosines[high] * share
    return np.asarray(stretched.T @ cosines, np.float32)


def _to_mel(hz: Array) -> Array:
    # Slaney's scale: linear to 1 kHz, then 27 steps for each factor 6.4.
    return np.where(
        hz < 1000, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1) / 1000) / np.log(6.4)
    )


def _to_hz(mel: Array) -> Array:
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance's frames and whose they are; ``target`` is empty where it is not known."""

    frames: Frames
    gender: str | None
    target: Array


class VoiceNetTask:
    """See :class:`empathia.training.fit.Task`."""

    def __init__(
        self, problem: Problem, train: Sequence[Heard], valid: Sequence[Heard], baseline: Baseline
    ) -> None:
        torch.manual_seed(problem.seed)
        o = problem.options
        self.problem, self.train, self.valid, self.baseline = problem, train, valid, baseline
        self.size = o.count("window")
        self.module: nn.Module = VoiceNet(
            train[0].frames.shape[1],
            len(problem.labels),
            o.count("channels"),
            o.count("hidden"),
            o.number("dropout"),
        )
        target = np.stack([h.target for h in train])
        balanced = o.text("balance") == "weights"
        weight = class_weights(target, exclusive=True) if balanced else np.ones(target.shape[1])
        self.weight = torch.tensor(weight, dtype=torch.float32)
        self.gold = np.stack([h.target for h in valid])

    def groups(self) -> list[Group]:
        """All parameters alike."""
        return [{"params": list(self.module.parameters())}]

    def batches(self, epoch: int, seed: int) -> Sequence[tuple[NDArray[np.intp], list[int]]]:
        """Utterances in a seeded order, and what seeds the changes of each batch."""
        order = np.random.default_rng([seed, epoch]).permutation(len(self.train))
        size = self.problem.training.batch
        return [(order[i : i + size], [seed, epoch, i]) for i in range(0, len(order), size)]

    def loss(self, batch: tuple[NDArray[np.intp], list[int]]) -> Tensor:
        """Weighted cross entropy of one changed window an utterance: (utterances,) and seeds."""
        which, seeds = batch
        rng = np.random.default_rng(seeds)
        some = [self.train[i] for i in which]
        logits = self.module(*stacked([self.changed(h, rng) for h in some]))
        target = torch.from_numpy(np.stack([h.target for h in some])).float()
        each = -(functional.log_softmax(logits, 1) * target * self.weight).sum(1)
        return each.mean()

    def changed(self, heard: Heard, rng: np.random.Generator) -> Frames:
        """A random window of the utterance at a random speed and pitch, against the baseline."""
        o = self.problem.options
        speed, pitch = (1 + o.number(k) * rng.uniform(-1, 1) for k in ("speed", "pitch"))
        frames = faster(heard.frames, speed)
        if o.text("pitch"):
            frames = frames @ higher(frames.shape[1], pitch)
        start = rng.integers(0, max(1, len(frames) - self.size + 1))
        return self.baseline(frames[start : start + self.size], heard.gender)

    def validate(self) -> dict[str, float]:
        """Quality on validation at the best temperature; confidence is calibrated later."""
        z = self.logits(self.valid)
        p = probabilities(z / fit_temperature(z, self.gold, exclusive=True), exclusive=True)
        return quality(p, self.gold, exclusive=True)

    def logits(self, some: Sequence[Heard]) -> Array:
        """Log of the mean probabilities of each utterance's windows, (utterances, labels)."""
        parts = [
            (i, w)
            for i, h in enumerate(some)
            for w in windows(self.baseline(h.frames, h.gender), self.size)
        ]
        total = np.zeros((len(some), len(self.problem.labels)))
        count = np.zeros((len(some), 1))
        for k in range(0, len(parts), _BATCH):
            few = parts[k : k + _BATCH]
            with torch.no_grad():
                p = probabilities(
                    self.module(*stacked([w for _, w in few])).numpy(), exclusive=True
                )
            for (i, w), row in zip(few, p, strict=True):
                total[i] += row * len(w)
                count[i] += len(w)
        return np.asarray(np.log(np.maximum(total / count, 1e-12)))


def stacked(some: Sequence[Frames]) -> tuple[Tensor, Tensor]:
    """Windows (windows, longest, coefficients) padded to the longest, and lengths (windows,)."""
    lengths = torch.tensor([len(w) for w in some])
    frames = torch.zeros(len(some), int(lengths.max()), some[0].shape[1])
    for row, window in zip(frames, some, strict=True):
        row[: len(window)] = torch.from_numpy(np.ascontiguousarray(window))
    return frames, lengths


def train(problem: Problem) -> Model:
    """See :func:`empathia.emotion.voicenet.fitting`."""
    _check(problem)
    feature = problem.options.text("feature")
    known = heard(problem.train, feature, len(problem.labels))
    valid = heard(problem.valid, feature, len(problem.labels))
    if not known or not valid:
        raise TrainingError(
            f"'{feature}' has {len(known)} labelled utterances to learn from and {len(valid)} to "
            "validate with, expected some of both",
            "Check [data] and [features] of the run file",
        )
    task = VoiceNetTask(problem, known, valid, baseline_of(problem, feature))
    result = fit_problem(task, problem)
    temperature = fit_temperature(task.logits(valid), task.gold, exclusive=True)

    def answer(dialogues: Sequence[Conversation]) -> Scores:
        judged = [s for d in dialogues for s in d if len(frames_of(s, feature))]
        if not judged:
            return {}
        some = [Heard(frames_of(s, feature), s.gender, np.zeros(0)) for s in judged]
        return by_id(judged, probabilities(task.logits(some) / temperature, exclusive=True))

    record: dict[str, Plain] = {
        "best_epoch": result.best_epoch,
        "history": [dict(h) for h in result.history],
        "temperature": temperature,
    }
    return Model(about(problem, "voicenet"), answer, record)


def heard(part: Part, feature: str, labels: int) -> list[Heard]:
    """Labelled utterances that have frames."""
    some = [s for s in part.labelled() if len(frames_of(s, feature))]
    targets = target_array(some, part, labels)
    return [Heard(frames_of(s, feature), s.gender, t) for s, t in zip(some, targets, strict=True)]


def baseline_of(problem: Problem, feature: str) -> Baseline:
    """The baseline of a run: neutral training speech, or all of it (option ``baseline``).

    Args:
        problem: What is learnt.
        feature: Name of the frames, (frames, coefficients) an utterance.

    Raises:
        ConfigError: The labels have no "neutral".
        TrainingError: No training utterance is neutral.
    """
    some = [s for s in problem.train.labelled() if len(frames_of(s, feature))]
    if problem.options.text("baseline") == "all":
        return Baseline.of(some, feature)
    if _NEUTRAL not in problem.labels:
        raise ConfigError(
            f"labels '{problem.labels.name}' have no 'neutral' for a baseline",
            "Say model.baseline = 'all', or take other labels",
        )
    k = problem.labels.index(_NEUTRAL)
    neutral = [s for s in some if problem.train.targets[s.id][k] > 0.5]
    if not neutral:
        raise TrainingError(
            "no training utterance is neutral, so there is no baseline",
            "Say model.baseline = 'all'",
        )
    return Baseline.of(neutral, feature)


def _check(problem: Problem) -> None:
    rules = {
        **dict.fromkeys(("window", "channels", "hidden"), at_least(1)),
        **dict.fromkeys(("dropout", "speed", "pitch"), PORTION),
        "baseline": one_of("neutral", "all"),
        "balance": one_of("weights", "none"),
    }
    problem.options.demand(rules)
