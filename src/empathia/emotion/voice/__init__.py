"""Emotion from the voice of one utterance: a linear head over a speech encoder's layers.

Learnt from acted English, German and Korean. Two temperatures are shipped. The
one for unseen *speakers* of the training corpora is fitted on speakers that the
heads did not know; the one for unseen *recordings* on corpora that they did not
know. ``read`` uses the second: a user's recording is no training corpus, and
there the voice is right less often than its first calibration says.

It abstains on silence, under .3 s of speech, and where it is too unsure: half of
the answers that it does give were right on corpora that it had not learnt from
(the settings hold the confidence that this takes, the card what it leaves).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from empathia import weights
from empathia.errors import MissingExtra, WeightsError
from empathia.labels import LabelSet
from empathia.metrics.scores import softmax
from empathia.types import Dialogue, Emotion, Features, FloatArray, Sample

if TYPE_CHECKING:
    from empathia.config import Run
    from empathia.training.task import Job, Tools

NAME = "voice"
NEEDS = ("speech",)
OPTIONS: Mapping[str, str | int | float | bool] = {
    "columns": "mean1 mean2 mean3",  # pooled blocks of the feature "speech" that are read
    "l2": 1000.0,  # strength of the penalty on the head's squared weights, summed over items
    "held_out": 0.15,  # share of each corpus's speakers that is validated on
    "folds": 6,  # folds of speakers for the calibration
    "right_when_sure": 0.5,  # share of right answers on unseen corpora, where it doesn't abstain
}
SHORTEST = 0.3
"""Seconds of speech under which it abstains."""
SHIPPED = "voice-default"


def task(run: Run, corpora: Mapping[str, tuple[Dialogue, ...]], tools: Tools) -> Job:
    """The training of this recogniser, for :func:`empathia.bench.train`.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
    """
    try:
        from empathia.emotion.voice.fitting import VoiceTask
    except ImportError as e:
        raise MissingExtra("train", "training") from e
    return VoiceTask(run, corpora, tools)


def load(folder: Path | None = None, *, known: bool = False) -> VoiceRecogniser:
    """Load an exported model.

    Args:
        folder: What training exported; None takes the shipped ``voice-default``.
        known: Calibrate for new speakers recorded as in the training corpora instead of for
            recordings of an unknown kind.

    Raises:
        WeightsError: The model is missing or damaged.
    """
    folder = weights.folder(SHIPPED) if folder is None else folder
    return VoiceRecogniser(*_read(folder), known=known)


class VoiceRecogniser:
    """Says what the voice of an utterance expresses; make it with :func:`load`.

    Args:
        settings: The exported settings.
        weight: (labels, columns), with the scaling of the columns folded in.
        bias: (labels,).
        known: See :func:`load`.

    Attributes:
        name: "voice".
        labels: What it tells apart.
        causal: It hears one utterance alone.
        floor: Confidence below which it abstains; 0 where ``known``.
    """

    name = NAME
    causal = True
    licence = "CC-BY-NC-SA-4.0"
    noncommercial = True

    def __init__(
        self, settings: Mapping[str, Any], weight: FloatArray, bias: FloatArray, *, known: bool
    ) -> None:
        self._weight, self._bias = weight, bias
        self._columns: tuple[str, ...] = tuple(settings["columns"])
        self.labels = LabelSet(settings["labels"], tuple(settings["names"]))
        which = "unseen_speaker" if known else "unseen_corpus"
        self._temperature = float(settings["temperature"][which])
        self.floor = 0.0 if known else float(settings["floor"])

    def recognise(self, samples: Sequence[Sample]) -> list[Emotion]:
        """One emotion a sample, in their order; scores are exclusive."""
        return [self._recognise(s.features.get(NEEDS[0])) for s in samples]

    def _recognise(self, features: Features | None) -> Emotion:
        reason = cannot(features)
        if features is None or reason is not None:
            return Emotion(self.name, self.labels, abstained=reason)
        x = select(features, self._columns)
        p = softmax((self._weight @ x + self._bias) / self._temperature)
        unsure = float(p.max()) < self.floor
        reason = f"too unsure ({p.max():.2f}, needs {self.floor:.2f})" if unsure else None
        return Emotion(self.name, self.labels, tuple(float(v) for v in p), abstained=reason)


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
    """Some blocks of pooled layers in the order asked for, one vector.

    Args:
        features: Of the extractor "speech".
        columns: Blocks by name, such as "mean2" or "deviation0".

    Raises:
        WeightsError: The features have no such block.
    """
    parts = [_block(features, name) for name in columns]
    return np.concatenate(parts).astype(np.float32)


def _block(features: Features, name: str) -> NDArray[np.float32]:
    try:
        start = features.names.index(f"{name}.0")
    except ValueError:
        raise WeightsError(
            f"the voice recogniser reads '{name}', which the feature '{features.extractor}' lacks",
            "Use a model that was exported with this version",
        ) from None
    end = start
    while end < len(features.names) and features.names[end].startswith(f"{name}."):
        end += 1
    return features.values[0, start:end]


def _read(folder: Path) -> tuple[dict[str, Any], FloatArray, FloatArray]:
    """Settings and head of an exported model."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        settings: dict[str, Any] = json.loads((folder / "settings.json").read_text("utf-8"))
        arrays = load_file(folder / "head.safetensors")
        weight, bias = (arrays[n].astype(np.float32) for n in ("weight", "bias"))
    except (OSError, ValueError, KeyError, SafetensorError) as e:
        raise WeightsError(
            f"'{folder}' holds no readable voice recogniser ({e})",
            "Train one with empathia train, or run: empathia weights verify",
        ) from e
    if weight.shape[0] != len(settings["names"]) or not np.isfinite(weight).all():
        raise WeightsError(
            f"the head in '{folder}' has shape {weight.shape} for {len(settings['names'])} labels",
            "Export the model again",
        )
    return settings, weight, bias
