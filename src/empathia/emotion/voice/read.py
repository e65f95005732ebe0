"""How the recogniser ``voice`` answers, what of it is kept, and how it comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.errors import WeightsError
from empathia.files import Plain
from empathia.metrics.scores import softmax
from empathia.training.keeping import check_shapes, damaged, positive, read_arrays, write_arrays
from empathia.training.model import Model
from empathia.training.problem import Conversation, Scores, by_id
from empathia.types import About, Features, FloatArray, Sample

SHORTEST = 0.3
"""Seconds of speech under which it abstains."""
_TINY = 1e-9
SPEAKER, CORPUS = "unseen_speaker", "unseen_corpus"


@dataclass(frozen=True, slots=True)
class Abroad:
    """What an answer about a recording of an unknown kind is worth.

    Args:
        temperature: For speech without end.
        short: Seconds of speech at which the temperature is twice that: it falls with them, since
            a short clip is right less often than it seems.
        shift: (labels,) that is added to the scaled logits: below 0 for labels that one corpus
            alone taught, () for none.
        ceiling: No answer is surer than this share: so often the surest were right.
    """

    temperature: float
    short: float = 0.0
    shift: tuple[float, ...] = ()
    ceiling: float = 1.0

    def scaled(self, logits: FloatArray, seconds: FloatArray) -> FloatArray:
        """Logits (clips, labels) of clips with so much speech (clips,), as they are believed."""
        hot = self.temperature * (1 + self.short / np.maximum(seconds, SHORTEST))
        believed = logits / hot[:, None] + (np.array(self.shift) if self.shift else 0.0)
        return np.asarray(believed, np.float32)

    def scores(self, logits: FloatArray, seconds: FloatArray) -> NDArray[np.float64]:
        """Probabilities (clips, labels): :meth:`scaled`, levelled where one is too high.

        A row under the ceiling stays; another one is mixed with equal shares until its highest
        is the ceiling, so the order of its labels stays.
        """
        p = np.asarray(softmax(self.scaled(logits, seconds)), np.float64)
        top, even = p.max(1, keepdims=True, initial=0), 1 / max(1, p.shape[1])
        over = np.clip((top - self.ceiling) / np.maximum(top - even, _TINY), 0, 1)
        return np.asarray((1 - over) * p + over * even)


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A linear head over blocks of pooled layers.

    Args:
        weight: (labels, columns) float32, with the scaling of the columns folded in.
        bias: (labels,) float32.
        feature: Name of the feature that is read.
        columns: Blocks of it, such as "mean2".
        temperature: For an unseen speaker of the corpora learnt from.
        abroad: For an unseen corpus.
        threshold: Confidence under which it abstains on an unseen corpus.
        unit: Whether each block of a clip is brought to length 1 first.
    """

    weight: FloatArray
    bias: FloatArray
    feature: str
    columns: tuple[str, ...]
    temperature: float
    abroad: Abroad
    threshold: float
    unit: bool = True

    def logits(self, samples: Sequence[Sample]) -> FloatArray:
        """Raw scores of samples that can be judged, (samples, labels)."""
        features = [s.features[self.feature] for s in samples]
        rows = np.stack([select(f, self.columns, unit=self.unit)[0] for f in features])
        return np.asarray(rows @ self.weight.T + self.bias, np.float32)

    def seconds(self, samples: Sequence[Sample]) -> FloatArray:
        """How much speech they have, (samples,)."""
        heard = [s.features[self.feature].measure("speech") for s in samples]
        return np.array(heard, np.float32)

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
        view = Abroad(self.temperature) if known else self.abroad

        def answer(dialogues: Sequence[Conversation]) -> Scores:
            scores: dict[str, tuple[float, ...]] = {}
            for s in (s for d in dialogues for s in d if self.cannot(s) is None):
                scores |= by_id([s], view.scores(self.logits([s]), self.seconds([s])))
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
            "temperature": {SPEAKER: self.temperature, CORPUS: self.abroad.temperature},
            "short": self.abroad.short,
            "shift": self.abroad.shift,
            "ceiling": self.abroad.ceiling,
            "threshold": self.threshold,
            "unit": self.unit,
        }
        write_arrays(folder, {"weight": self.weight, "bias": self.bias}, values)


def load(folder: Path) -> Head:
    """What :meth:`Head.save` wrote; an earlier version wrote temperatures alone.

    Raises:
        WeightsError: It is missing or damaged.
    """
    arrays, values = read_arrays(folder)
    labels, columns = arrays["weight"].shape
    check_shapes(folder, arrays, {"weight": (labels, columns), "bias": (labels,)})
    weight, bias = (arrays[n].astype(np.float32) for n in ("weight", "bias"))
    temperature, shift = values["temperature"], tuple(map(float, values.get("shift", ())))
    if len(shift) not in (0, labels):
        raise damaged(folder, f"'shift' is of {len(shift)} labels, the head of {labels}")
    abroad = Abroad(
        positive(temperature[CORPUS]),
        float(values.get("short", 0.0)),
        shift,
        float(values.get("ceiling", 1.0)),
    )
    return Head(
        weight,
        bias,
        str(values["feature"]),
        tuple(values["columns"]),
        positive(temperature[SPEAKER]),
        abroad,
        float(values["threshold"]),
        bool(values.get("unit", False)),
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


def select(features: Features, columns: Sequence[str], *, unit: bool = True) -> NDArray[np.float32]:
    """Some blocks of pooled layers in the order asked for, (rows, columns).

    Args:
        features: Of the extractor "speech", one row, or "copies", one row a copy.
        columns: Blocks by name, such as "mean2" or "deviation0".
        unit: Bring each block of a row to length 1: rooms and codecs change the length of a
            layer's states more than their direction.

    Raises:
        WeightsError: The features have no such block.
    """
    blocks = [features.values[:, _block(features, name)] for name in columns]
    if unit:
        lengths = [np.linalg.norm(block, axis=1, keepdims=True) for block in blocks]
        blocks = [b / np.maximum(n, _TINY) for b, n in zip(blocks, lengths, strict=True)]
    return np.concatenate(blocks, axis=1).astype(np.float32)


def _block(features: Features, name: str) -> slice:
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
    return slice(start, end)
