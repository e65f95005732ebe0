"""How the recogniser ``text_korean`` answers, what of it is kept, and how it comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from empathia.emotion.text_korean.columns import BITS, scores
from empathia.files import Plain
from empathia.training.keeping import Arrays, check_shapes, read_arrays, write_arrays
from empathia.training.model import Model
from empathia.training.words import Calibration, WordReader
from empathia.types import About, FloatArray

LANGUAGES = ("ko",)


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A linear head over hashed columns.

    Args:
        weight: (2 ** BITS, labels) float32.
        bias: (labels,) float32.
        calibration: What its scores are worth.
    """

    weight: FloatArray
    bias: FloatArray
    calibration: Calibration

    def logits(self, texts: Sequence[str]) -> FloatArray:
        """Raw scores, (texts, labels)."""
        return scores(texts, self.weight) + self.bias

    def reader(self, *, exclusive: bool = True) -> WordReader:
        """What reads with it."""
        return WordReader(self.logits, self.calibration, LANGUAGES, korean, exclusive)

    def save(self, folder: Path) -> None:
        """Write it; the weight in half precision."""
        arrays: Arrays = {"weight": self.weight.astype(np.float16), "bias": self.bias}
        write_arrays(folder, arrays, self.calibration.plain())

    def recogniser(self, about: About, record: dict[str, Plain] | None = None) -> Model:
        """The recogniser that it makes."""
        reader = self.reader(exclusive=about.exclusive)
        return Model(
            about,
            reader.answer,
            record or {},
            self.save,
            cannot=reader.cannot,
            threshold=self.calibration.threshold,
        )


def load(folder: Path) -> Head:
    """What :meth:`Head.save` wrote.

    Raises:
        WeightsError: It is missing or damaged.
    """
    arrays, values = read_arrays(folder)
    calibration = Calibration.restored(values)
    labels = len(calibration.thresholds)
    check_shapes(folder, arrays, {"weight": (1 << BITS, labels), "bias": (labels,)})
    weight, bias = (arrays[n].astype(np.float32) for n in ("weight", "bias"))
    return Head(weight, bias, calibration)


def korean(text: str) -> bool:
    """Whether most letters are Korean: syllables, or letters on their own."""
    letters = [c for c in text if c.isalpha()]
    own = sum("가" <= c <= "힣" or "ㄱ" <= c <= "ㆎ" or "ᄀ" <= c <= "ᇿ" for c in letters)
    return 2 * own >= len(letters)
