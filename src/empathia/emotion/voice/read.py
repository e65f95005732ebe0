"""How the recogniser ``voice`` answers, what of it is kept, and how it comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.contracts import About
from empathia.errors import WeightsError
from empathia.files import Plain
from empathia.metrics.scores import softmax
from empathia.training.model import Model, read_arrays, write_arrays
from empathia.training.problem import Conversation, Scores, by_id
from empathia.types import Features, FloatArray, Sample

SHORTEST = 0.3
"""Seconds of speech under which it abstains."""
SPEAKER, CORPUS = "unseen_speaker", "unseen_corpus"


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A linear head over blocks of pooled layers.

    Args:
        weight: (labels, columns) float32, with the scaling of the columns folded in.
        bias: (labels,) float32.
        feature: Name of the feature that is read.
        columns: Blocks of it, such as "mean2".
        temperatures: For an unseen speaker of the corpora learnt from, and an unseen corpus.
        threshold: Confidence under which it abstains on an unseen corpus.
    """

    weight: FloatArray
    bias: FloatArray
    feature: str
    columns: tuple[str, ...]
    temperatures: Mapping[str, float]
    threshold: float

    def logits(self, rows: FloatArray) -> FloatArray:
        """(utterances, columns) to raw scores, (utterances, labels)."""
        return np.asarray(rows @ self.weight.T + self.bias, np.float32)

    def cannot(self, sample: Sample) -> str | None:
        """Why a sample is not to be judged by its voice, or None."""
        return cannot(sample.features.get(self.feature))

    def recogniser(
        self, about: About, record: dict[str, Plain] | None = None, *, known: bool = False
    ) -> Model:
        """The recogniser that it makes.

        Args:
            about: What it is.
            record: The course of its training.
            known: Calibrate for new speakers recorded as in the training corpora instead of for
                recordings of an unknown kind; it then never abstains for being unsure.
        """
        temperature = self.temperatures[SPEAKER if known else CORPUS]

        def answer(dialogues: Sequence[Conversation]) -> Scores:
            heard = [s for d in dialogues for s in d if self.cannot(s) is None]
            scores: dict[str, tuple[float, ...]] = {}
            for s in heard:
                x = select(s.features[self.feature], self.columns)
                p = softmax((self.weight @ x + self.bias) / temperature)
                scores |= by_id([s], p[None])
            return scores

        return Model(
            about,
            answer,
            record or {},
            self.save,
            cannot=self.cannot,
            threshold=0.0 if known else self.threshold,
        )

    def save(self, folder: Path) -> None:
        """Write it."""
        values: dict[str, Plain] = {
            "feature": self.feature,
            "columns": self.columns,
            "temperature": self.temperatures,
            "threshold": self.threshold,
        }
        write_arrays(folder, {"weight": self.weight, "bias": self.bias}, values)


def load(folder: Path) -> Head:
    """What :meth:`Head.save` wrote.

    Raises:
        WeightsError: It is missing or damaged.
    """
    arrays, values = read_arrays(folder)
    weight, bias = (arrays[n].astype(np.float32) for n in ("weight", "bias"))
    return Head(
        weight,
        bias,
        str(values["feature"]),
        tuple(values["columns"]),
        dict(values["temperature"]),
        float(values["threshold"]),
    )


def cannot(features: Features | None) -> str | None:
    """Why an utterance is not to be judged by its voice, or None."""
    if features is None:
        return "no sound"
    seconds = features.measure("speech")
    if not seconds:
        return "silence"
    if seconds < SHORTEST:
        return f"too short ({seconds:.2f} s of speech, needs {SHORTEST} s)"
    return None


def select(features: Features, columns: Sequence[str]) -> NDArray[np.float32]:
    """Some blocks of pooled layers in the order asked for, (columns,) one vector.

    Args:
        features: Of the extractor "speech".
        columns: Blocks by name, such as "mean2" or "deviation0".

    Raises:
        WeightsError: The features have no such block.
    """
    return np.concatenate([_block(features, name) for name in columns]).astype(np.float32)


def _block(features: Features, name: str) -> NDArray[np.float32]:
    try:
        start = features.names.index(f"{name}.0")
    except ValueError:
        raise WeightsError(
            f"the voice recogniser reads '{name}', which the feature '{features.extractor}' lacks",
            "Use a model that was trained with this version",
        ) from None
    end = start
    while end < len(features.names) and features.names[end].startswith(f"{name}."):
        end += 1
    return features.values[0, start:end]
