"""A linear head on what a face did over an utterance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from empathia.emotion.face import read
from empathia.files import Plain
from empathia.metrics.scores import Array, softmax
from empathia.training.keeping import check_shapes, positive, read_arrays, write_arrays
from empathia.training.model import Model
from empathia.training.problem import Conversation, Scores, by_id
from empathia.types import About, Features, FloatArray, Sample

_HIGH = 95  # percentile that stands for the highest: a single picture may be misread


def summary(features: Features) -> FloatArray:
    """Mean, spread and highest of each column over the pictures that have the face, (3 * columns,).

    A column that was never measured is NaN.
    """
    values = read.seen(features).astype(np.float64)
    whole = np.full((3, values.shape[1]), np.nan)
    known = np.isfinite(values).all(axis=0)
    there = values[:, known]
    whole[:, known] = (there.mean(axis=0), there.std(axis=0), np.percentile(there, _HIGH, axis=0))
    return whole.ravel().astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Scores of summaries.

    Args:
        weight: (labels, columns), for scaled columns.
        bias: (labels,).
        mean, scale: (columns,) of the training part; a missing value stands at the mean.
        temperature: Fitted on the validation part.
        feature: That it reads.
    """

    weight: FloatArray
    bias: FloatArray
    mean: FloatArray
    scale: FloatArray
    temperature: float
    feature: str

    def cannot(self, sample: Sample) -> str | None:
        """Why a sample is not to be judged, or None."""
        return read.cannot(sample.features.get(self.feature), facing=False)

    def scaled(self, samples: Sequence[Sample]) -> FloatArray:
        """Their summaries on the scale of the training part, (samples, columns)."""
        raw = np.stack([summary(s.features[self.feature]) for s in samples])
        return scaled(raw, self.mean, self.scale)

    def logits(self, samples: Sequence[Sample]) -> Array:
        """Raw scores of samples that can be judged, (samples, labels)."""
        return np.asarray(self.scaled(samples) @ self.weight.T + self.bias, np.float64)

    def recogniser(self, about: About, record: dict[str, Plain] | None = None) -> Model:
        """The recogniser that it makes."""

        def answer(dialogues: Sequence[Conversation]) -> Scores:
            judged = [s for d in dialogues for s in d if self.cannot(s) is None]
            if not judged:
                return {}
            return by_id(judged, softmax(self.logits(judged) / self.temperature))

        return Model(about, answer, record or {}, self.save, cannot=self.cannot)

    def save(self, folder: Path) -> None:
        """Write it."""
        arrays = {name: getattr(self, name) for name in ("weight", "bias", "mean", "scale")}
        write_arrays(folder, arrays, {"temperature": self.temperature, "feature": self.feature})

    @classmethod
    def load(cls, folder: Path) -> Head:
        """What :meth:`save` wrote.

        Raises:
            WeightsError: It is missing or damaged.
        """
        arrays, values = read_arrays(folder)
        labels, columns = arrays["weight"].shape
        each = dict.fromkeys(("mean", "scale"), (columns,))
        check_shapes(folder, arrays, {"weight": (labels, columns), "bias": (labels,), **each})
        return cls(
            **{name: arrays[name].astype(np.float32) for name in ("weight", "bias", *each)},
            temperature=positive(values["temperature"]),
            feature=str(values["feature"]),
        )


def scaled(raw: FloatArray, mean: FloatArray, scale: FloatArray) -> FloatArray:
    """Rows (n, columns) around a mean (columns,) in units of a scale (columns,), 0 where NaN."""
    rows: FloatArray = np.nan_to_num((raw - mean) / scale).astype(np.float32)
    return rows
