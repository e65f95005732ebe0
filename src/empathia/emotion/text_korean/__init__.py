"""Emotion from Korean words: hashed runs of syllables and a linear head.

Light on purpose: no encoder, no morphological analyser, nothing to pull. It
knows what words occur, not what they mean together; where a Korean encoder is at
hand, tune it (``recogniser = "encoder"``, ``encoder = "klue/roberta-base"``). It
abstains as :mod:`empathia.emotion.text` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from empathia import weights
from empathia.emotion.text import Detect, TextRecogniser, read_exported
from empathia.emotion.text_korean.columns import scores
from empathia.errors import MissingExtra
from empathia.types import Dialogue, FloatArray

if TYPE_CHECKING:
    from empathia.config import Run
    from empathia.training.task import Job, Tools

NAME = "text_korean"
NEEDS: tuple[str, ...] = ()
OPTIONS: Mapping[str, str | int | float | bool] = {
    "learns": "valid",  # the part that is learnt from and cross-validated
    "folds": 5,
    "dropout": 0.3,  # share of a text's columns that is left out in training
    "coverage": 0.95,  # share of comments on which it is to commit itself
}
NOTES = (
    "For Korean sentences; it abstains on other languages and where it is unsure. It reads one "
    "utterance at a time, without what was said before.",
    "It knows words and endings, not what they mean together: negation, irony and rare words "
    "are read badly.",
    "Learnt from 5,000 online comments, in written Internet language: spoken Korean differs. A "
    "comment has 2.8 of the seven labels in the mean; the label that is given is one of several, "
    "and a confidence estimates its share among them, not how often it is right. Fear and disgust "
    "are hardly ever the first.",
    "It estimates what a reader would take the words to express, not what a person feels. Not "
    "for decisions about people: hiring, policing, insurance, diagnosis.",
)
SHIPPED = "text-korean"


def task(run: Run, corpora: Mapping[str, tuple[Dialogue, ...]], tools: Tools) -> Job:
    """The training of this recogniser, for :func:`empathia.bench.train`.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
    """
    try:
        from empathia.emotion.text_korean.fitting import KoreanTask
    except ImportError as e:
        raise MissingExtra("train", "training") from e
    return KoreanTask(run, corpora, tools)


def load(folder: Path | None = None, *, detect: Detect | None = None) -> KoreanRecogniser:
    """Load an exported model.

    Args:
        folder: What training exported; None takes the shipped ``text-korean``.
        detect: As for :func:`empathia.emotion.text.load`; without it, samples that don't name
            their language are read where most of their letters are Korean.

    Raises:
        WeightsError: The model is missing or damaged.
    """
    folder = weights.folder(SHIPPED) if folder is None else folder
    settings, weight, bias = read_exported(folder, rows=1)
    return KoreanRecogniser(weight, bias, settings, detect)


class KoreanRecogniser(TextRecogniser):
    """Says what Korean words express; make it with :func:`load`."""

    licence = "MIT"

    def __init__(
        self,
        weight: FloatArray,
        bias: FloatArray,
        settings: Mapping[str, Any],
        detect: Detect | None = None,
    ) -> None:
        super().__init__(None, weight, bias, settings, detect)

    def logits(self, texts: Sequence[str]) -> FloatArray:
        """Raw scores, (len(texts), labels)."""
        return scores(texts, self._head) + self._bias

    @staticmethod
    def own_script(text: str) -> bool:
        """Whether most letters are Korean: syllables, or letters on their own."""
        letters = [c for c in text if c.isalpha()]
        korean = sum("가" <= c <= "힣" or "ㄱ" <= c <= "ㆎ" or "ᄀ" <= c <= "ᇿ" for c in letters)
        return 2 * korean >= len(letters)
