"""How the recogniser ``text_multilingual`` answers, what of it is kept, and how it comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from empathia import weights
from empathia.emotion.text_korean.columns import scores
from empathia.emotion.text_korean.read import korean
from empathia.encoders.multilingual import NAME, MultilingualEncoder
from empathia.encoders.text import WIDTH
from empathia.training.keeping import Arrays, check_shapes, damaged, read_arrays
from empathia.training.words import Calibration, WordReader
from empathia.types import FloatArray

LANGUAGES = ("ko", "de", "ja", "zh")
DIFFERENCE = "difference.safetensors"
_SCALE = ".scale"
_STEPS = 127  # of eight bits, either way


def load(folder: Path, threads: int | None = None, *, exclusive: bool = True) -> WordReader:
    """What reads, out of the folder of a kept model.

    Args:
        folder: Holds the tuned layers, as differences, and the heads.
        threads: Threads for the encoder; None takes all cores.
        exclusive: Answer with scores that sum to 1.

    Raises:
        WeightsError: The encoder or the model is missing or damaged.
    """
    arrays, values = read_arrays(folder)
    calibration = Calibration.restored(values)
    labels = len(calibration.thresholds)
    columns = 1 << (len(arrays.get("runs", " ")) - 1).bit_length()  # a power of two
    shapes = {"weight": (2 * labels, WIDTH), "bias": (2 * labels,), "usual": (labels,)}
    check_shapes(folder, arrays, shapes | {"runs": (columns, labels)})
    heads = Heads.of(arrays)
    encoder = heads_encoder(_arrays(folder / DIFFERENCE), threads)

    def one(texts: Sequence[str]) -> FloatArray:
        return heads.logits(encoder, texts)[:, :labels]

    def several(texts: Sequence[str]) -> FloatArray:
        return heads.logits(encoder, texts)[:, labels:]

    return WordReader(one, calibration, LANGUAGES, korean, exclusive, several)


def heads_encoder(kept: Arrays, threads: int | None) -> MultilingualEncoder:
    """The encoder with the differences of which :func:`packed` gave ``kept``."""
    return MultilingualEncoder.load(weights.folder(NAME), unpacked(kept), threads=threads)


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """What turns sentence vectors into logits, and Korean words beside them.

    Args:
        weight: (2 * labels, 384): which label a sentence has most, then which it has.
        bias: (2 * labels,).
        runs: (columns, labels) log odds of hashed runs of syllables, added to both.
        usual: (labels,) what is added to their sums.
    """

    weight: FloatArray
    bias: FloatArray
    runs: FloatArray
    usual: FloatArray

    @classmethod
    def of(cls, arrays: Arrays) -> Heads:
        """Out of the arrays of a kept model."""
        return cls(*(arrays[n].astype(np.float32) for n in ("weight", "bias", "runs", "usual")))

    def logits(self, encoder: MultilingualEncoder, texts: Sequence[str]) -> FloatArray:
        """(texts, 2 * labels)."""
        logits = encoder.encode(texts) @ self.weight.T + self.bias
        mine = [i for i, t in enumerate(texts) if korean(t)]
        own = scores([texts[i] for i in mine], self.runs) + self.usual
        logits[mine] += np.tile(own, 2)
        return np.asarray(logits, np.float32)


def packed(difference: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Differences as they are kept: rows of matrices in eight bits, vectors as they are.

    Args:
        difference: Matrices (outputs, inputs) and vectors (outputs,) by name.
    """
    kept: dict[str, FloatArray] = {}
    for name, change in difference.items():
        if change.ndim == 2:
            scale = np.maximum(np.abs(change).max(1), 1e-12).astype(np.float32) / _STEPS
            kept[name] = np.rint(change / scale[:, None]).astype(np.int8)
            kept[name + _SCALE] = scale
        else:
            kept[name] = change
    return kept


def unpacked(kept: Arrays) -> dict[str, FloatArray]:
    """The differences of which :func:`packed` gave ``kept``: (outputs, inputs) and (outputs,).

    Raises:
        KeyError: A matrix lacks its scale.
    """
    scales = {n.removesuffix(_SCALE): a for n, a in kept.items() if n.endswith(_SCALE)}
    return {
        n: a * scales[n][:, None] if a.dtype == np.int8 else a
        for n, a in kept.items()
        if not n.endswith(_SCALE)
    }


def _arrays(path: Path) -> Arrays:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as e:
        raise damaged(path.parent, e) from e
