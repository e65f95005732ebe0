"""How the recogniser ``text`` answers, what of it is kept, and how it comes back."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from empathia import weights
from empathia.encoders.text import WIDTH, TextEncoder
from empathia.training.model import (
    check_shapes,
    read_arrays,
)
from empathia.training.words import Calibration, WordReader, latin
from empathia.types import FloatArray

ENCODER, LANGUAGES = "minilm", ("en",)
DELTA = "delta.safetensors"


def load(folder: Path, threads: int | None = None, *, exclusive: bool = True) -> WordReader:
    """What reads, out of the folder of a kept model.

    Args:
        folder: Holds the tuned layers, as differences, and the head.
        threads: Threads for the encoder; None takes all cores.
        exclusive: Answer with scores that sum to 1.

    Raises:
        WeightsError: The encoder or the model is missing or damaged.
    """
    arrays, values = read_arrays(folder)
    calibration = Calibration.restored(values)
    labels = len(calibration.thresholds)
    check_shapes(folder, arrays, {"weight": (labels, WIDTH), "bias": (labels,)})
    head, bias = (arrays[n].astype(np.float32) for n in ("weight", "bias"))
    encoder = TextEncoder.load(weights.folder(ENCODER), folder / DELTA, threads=threads)

    def logits(texts: object) -> FloatArray:
        raw: FloatArray = encoder.encode(texts) @ head.T + bias  # type: ignore[arg-type]
        return raw

    return WordReader(logits, calibration, LANGUAGES, latin, exclusive)
