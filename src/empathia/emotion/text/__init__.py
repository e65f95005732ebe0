"""Emotion from the words of one utterance: MiniLM with tuned last layers and a linear head.

English only. It abstains where there are no words, where the words are in a
language that it does not know, and where it is too unsure: below the confidence
that 95 % of GoEmotions' dev part reach (most answers below it were wrong; the
settings hold the figures). Confidences are calibrated on
the same part: among answers given with .7, about 70 % are right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from empathia import weights
from empathia.errors import MissingExtra, WeightsError
from empathia.labels import LabelSet
from empathia.metrics.scores import sigmoid, softmax
from empathia.types import Dialogue, Emotion, FloatArray, Sample

if TYPE_CHECKING:
    from empathia.config import Run
    from empathia.encoders.text import TextEncoder
    from empathia.training.task import Job, Tools

NAME = "text"
NEEDS: tuple[str, ...] = ()
OPTIONS: Mapping[str, str | int | float | bool] = {
    "tuned": 3,  # last layers of the encoder that are trained
    "dropout": 0.1,  # inside the trained layers and before the head
    "head_rate": 10.0,  # learning rate of the heads in multiples of the layers'
    "others": 0.5,  # weight of a sentence of any corpus but the first
    "own": 0.5,  # weight of the second task, each corpus's own labels
    "pieces": 64,  # word pieces of a sentence that are learnt from
    "coverage": 0.95,  # share of validation sentences on which it is to commit itself
}
SHIPPED = "text-default"
Detect = Callable[[Sequence[str]], str | None]


def task(run: Run, corpora: Mapping[str, tuple[Dialogue, ...]], tools: Tools) -> Job:
    """The training of this recogniser, for :func:`empathia.bench.train`.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
    """
    try:
        from empathia.emotion.text.fitting import TextTask
    except ImportError as e:
        raise MissingExtra("train", "training") from e
    return TextTask(run, corpora, tools)


def load(
    folder: Path | None = None, *, threads: int | None = None, detect: Detect | None = None
) -> TextRecogniser:
    """Load an exported model.

    Args:
        folder: What training exported; None takes the shipped ``text-default``.
        threads: Threads for the encoder; None takes all cores.
        detect: Finds the language of samples that don't name theirs (``listen.language.
            detect_language``); without it they are read unless their script is not Latin.

    Raises:
        WeightsError: The encoder or the model is missing or damaged.
    """
    from empathia.encoders.text import TextEncoder

    folder = weights.folder(SHIPPED) if folder is None else folder
    settings, head, bias = read_exported(folder)
    encoder = TextEncoder.load(
        weights.folder(settings["encoder"]), folder / "delta.safetensors", threads=threads
    )
    return TextRecogniser(encoder, head, bias, settings, detect)


class TextRecogniser:
    """Says what the words of an utterance express; make it with :func:`load`.

    Attributes:
        name: "text".
        labels: What it tells apart.
        causal: It sees one utterance alone.
        floor: Confidence below which it abstains.
        thresholds: One a label: where the independent score of a label means "there" (multi-label
            use, :meth:`independent`).
    """

    name = NAME
    causal = True
    licence = "Apache-2.0"
    noncommercial = False

    def __init__(
        self,
        encoder: TextEncoder | None,
        head: FloatArray,
        bias: FloatArray,
        settings: Mapping[str, Any],
        detect: Detect | None = None,
    ) -> None:
        self._encoder, self._head, self._bias, self._detect = encoder, head, bias, detect
        self.labels = LabelSet(settings["labels"], tuple(settings["names"]))
        self.languages: tuple[str, ...] = tuple(settings["languages"])
        self.floor = float(settings["floor"])
        self.thresholds = np.array(settings["thresholds"])
        self._temperature = float(settings["temperature"])
        self._shift = np.array(settings["bias"])

    def recognise(self, samples: Sequence[Sample]) -> list[Emotion]:
        """One emotion a sample, in their order; scores are exclusive and calibrated."""
        reasons = [self._cannot(s) for s in samples]
        read = [i for i, reason in enumerate(reasons) if reason is None]
        p = self._exclusive([samples[i].text or "" for i in read])
        scored = {i: self._emotion(row) for i, row in zip(read, p, strict=True)}
        return [
            scored.get(i) or Emotion(self.name, self.labels, abstained=reason)
            for i, reason in enumerate(reasons)
        ]

    def independent(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Probability of each label on its own, for several emotions at a time.

        Returns:
            (len(texts), labels) in [0, 1]; a label is there from ``thresholds`` on.
        """
        return sigmoid(self.logits(texts))

    def logits(self, texts: Sequence[str]) -> FloatArray:
        """Raw scores, (len(texts), labels)."""
        assert self._encoder is not None
        raw: FloatArray = self._encoder.encode(texts) @ self._head.T + self._bias
        return raw

    def _exclusive(self, texts: Sequence[str]) -> NDArray[np.float64]:
        if not texts:
            return np.zeros((0, len(self.labels)))
        return softmax(self.logits(texts) / self._temperature + self._shift)

    def _emotion(self, p: NDArray[np.float64]) -> Emotion:
        unsure = float(p.max()) < self.floor
        reason = f"too unsure ({p.max():.2f}, needs {self.floor:.2f})" if unsure else None
        return Emotion(self.name, self.labels, tuple(float(x) for x in p), abstained=reason)

    def _cannot(self, sample: Sample) -> str | None:
        """Why a sample is not to be read, or None."""
        if sample.text is None or not any(c.isalnum() for c in sample.text):
            return "no words"
        language = sample.language
        if language is None and self._detect is not None:
            language = self._detect([sample.text])
        if language is None:
            return None if self.own_script(sample.text) else "its language is not known"
        code = language.lower().replace("_", "-").split("-")[0]
        if code in self.languages:
            return None
        known = ", ".join(self.languages)
        return f"it knows {known}, the words are in {'another language' if code == 'und' else code}"

    @staticmethod
    def own_script(text: str) -> bool:
        """Whether most letters are Latin (all of that script lies below U+0250 or at U+1E00)."""
        letters = [c for c in text if c.isalpha()]
        latin = sum(c < "ɐ" or "Ḁ" <= c <= "ỿ" for c in letters)
        return latin >= 0.5 * len(letters)


def read_exported(folder: Path, *, rows: int = 0) -> tuple[dict[str, Any], FloatArray, FloatArray]:
    """Settings and head of an exported model, for the recognisers that are built like this one.

    Args:
        folder: Holds ``settings.json`` and ``head.safetensors`` ("weight" and "bias").
        rows: Which axis of the weight goes over the labels.

    Raises:
        WeightsError: A file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        settings: dict[str, Any] = json.loads((folder / "settings.json").read_text("utf-8"))
        arrays = load_file(folder / "head.safetensors")
        head, bias = (arrays[n].astype(np.float32) for n in ("weight", "bias"))
    except (OSError, ValueError, KeyError, SafetensorError) as e:
        raise WeightsError(
            f"'{folder}' holds no readable text recogniser ({e})",
            "Train one with empathia train, or run: empathia weights verify",
        ) from e
    if head.shape[rows] != len(settings["names"]):
        raise WeightsError(
            f"the head in '{folder}' has shape {head.shape} for {len(settings['names'])} labels",
            "Export the model again",
        )
    return settings, head, bias
