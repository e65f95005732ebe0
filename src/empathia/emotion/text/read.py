"""How the recogniser ``text`` answers, what of it is kept, and how it comes back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from empathia import weights
from empathia.emotion.text import columns
from empathia.encoders.text import WIDTH, TextEncoder
from empathia.training.keeping import check_shapes, read_arrays
from empathia.training.words import Calibration, WordReader, latin
from empathia.types import FloatArray

ENCODER, LANGUAGES = "minilm", ("en",)
DELTA = "delta.safetensors"
WORDS = ("words", "words_scale", "words_rarity")


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
    shapes: dict[str, tuple[int, ...]] = {"weight": (labels, WIDTH), "bias": (labels,)}
    if WORDS[0] in arrays:
        size = 1 << (len(arrays[WORDS[0]]) - 1).bit_length()  # a power of two
        shapes |= {WORDS[0]: (size, labels), WORDS[1]: (labels,), WORDS[2]: (size,)}
    check_shapes(folder, arrays, shapes)
    head, bias = (arrays[n].astype(np.float32) for n in ("weight", "bias"))
    encoder = TextEncoder.load(weights.folder(ENCODER), folder / DELTA, threads=threads)

    def logits(texts: Sequence[str]) -> FloatArray:
        raw: FloatArray = encoder.encode(texts) @ head.T + bias
        if WORDS[0] in arrays:
            raw += columns.scores(texts, *(arrays[n] for n in WORDS))
        return raw

    return WordReader(logits, calibration, LANGUAGES, latin, exclusive)
