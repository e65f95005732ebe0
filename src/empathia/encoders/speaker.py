"""Who is speaking: a voice as a point on the unit sphere (CAM++, Wang et al. 2023).

The weights are 3D-Speaker's for Chinese and English (Apache-2.0), read from plain arrays; the
network runs in onnxruntime and its filter banks, those of Kaldi, in numpy. It goes over a segment
of speech once; any window of it is then a mean and a spread over time. Two windows of one voice
have a cosine of about .6, of two voices .2; strong emotion and rooms lower the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from empathia.encoders import graph
from empathia.errors import InputError
from empathia.types import Audio, FloatArray

if TYPE_CHECKING:
    import onnxruntime

RATE = 16_000
SIZE = 192

_BANDS, _WINDOW, _HOP, _N_FFT = 80, 400, 160, 512
_LOWEST, _PREEMPHASIS, _FLOOR = 20.0, 0.97, 1.1920929e-07
_BLOCK = 10 * RATE  # what is gone over at once, at most
_LEAST = 1600  # samples; a shorter segment is filled up with silence
_SMALL, _GROWTH, _INNER, _MASK, _TOP = 32, 32, 128, 64, 512
_STACKS = (12, 24, 16)  # layers
_DENSE = "xvector.dense"


@lru_cache(maxsize=1)
def _filters() -> FloatArray:
    """Triangles of equal width in mel from 20 Hz to 8 kHz, (257, 80)."""
    points = np.linspace(_mel(_LOWEST), _mel(RATE / 2), _BANDS + 2)
    at = _mel(np.arange(_N_FFT // 2 + 1) * RATE / _N_FFT)[:, None]
    rise = (at - points[:-2]) / (points[1:-1] - points[:-2])
    fall = (points[2:] - at) / (points[2:] - points[1:-1])
    return np.maximum(0, np.minimum(rise, fall)).astype(np.float32)


def _mel(hertz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return 1127 * np.log(1 + np.asarray(hertz, np.float64) / 700)


def filter_banks(samples: FloatArray) -> FloatArray:
    """Kaldi's logarithmic mel filter banks: windows of 25 ms every 10 ms, no dither.

    Args:
        samples: Mono at 16 kHz, (n,), n >= 400.

    Returns:
        Shape (1 + (n - 400) // 160, 80).
    """
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float32), _WINDOW)[::_HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    povey = (np.hanning(_WINDOW) ** 0.85).astype(np.float32)
    spectrum = np.fft.rfft((frames - _PREEMPHASIS * before) * povey, _N_FFT, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    banks: FloatArray = np.log(np.maximum(power @ _filters(), _FLOOR))
    return banks


def shapes() -> dict[str, tuple[int, ...]]:
    """Shapes of the arrays that reading needs of the file, by name."""
    small, square = _SMALL, (_SMALL, _SMALL, 3, 3)
    held: dict[str, tuple[int, ...]] = {"head.conv1.weight": (small, 1, 3, 3)}
    held |= {"head.conv2.weight": square} | _norm("head.bn1", small) | _norm("head.bn2", small)
    for block in (f"head.layer{a}.{b}" for a in (1, 2) for b in (0, 1)):
        for k in (1, 2):
            held |= {f"{block}.conv{k}.weight": square} | _norm(f"{block}.bn{k}", small)
        if block.endswith("0"):
            held[f"{block}.shortcut.0.weight"] = (small, small, 1, 1)
            held |= _norm(f"{block}.shortcut.1", small)
    held["xvector.tdnn.linear.weight"] = (_INNER, 4 * _BANDS, 5)
    held |= _norm("xvector.tdnn.nonlinear.batchnorm", _INNER)
    channels = _INNER
    for stack, layers in enumerate(_STACKS, start=1):
        for layer in range(1, layers + 1):
            held |= _layer(f"xvector.block{stack}.tdnnd{layer}", channels)
            channels += _GROWTH
        name = f"xvector.transit{stack}"
        held |= _norm(f"{name}.nonlinear.batchnorm", channels)
        held[f"{name}.linear.weight"] = (channels // 2, channels, 1)
        channels //= 2
    held |= _norm("xvector.out_nonlinear.batchnorm", _TOP)
    held[f"{_DENSE}.linear.weight"] = (SIZE, 2 * _TOP, 1)
    held |= {f"{_DENSE}.nonlinear.batchnorm.running_{p}": (SIZE,) for p in ("mean", "var")}
    return held


def _norm(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    parts = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{part}": (channels,) for part in parts}


def _layer(name: str, channels: int) -> dict[str, tuple[int, ...]]:
    cam = f"{name}.cam_layer"
    return {
        **_norm(f"{name}.nonlinear1.batchnorm", channels),
        f"{name}.linear1.weight": (_INNER, channels, 1),
        **_norm(f"{name}.nonlinear2.batchnorm", _INNER),
        f"{cam}.linear_local.weight": (_GROWTH, _INNER, 3),
        f"{cam}.linear1.weight": (_MASK, _INNER, 1),
        f"{cam}.linear1.bias": (_MASK,),
        f"{cam}.linear2.weight": (_GROWTH, _MASK, 1),
        f"{cam}.linear2.bias": (_GROWTH,),
    }


class SpeakerEncoder:
    """Turns windows of speech into voice embeddings. Make it with :meth:`load`."""

    def __init__(
        self, session: onnxruntime.InferenceSession, top: FloatArray, usual: FloatArray
    ) -> None:
        self._session = session
        self._top, self._usual = top, usual

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> SpeakerEncoder:
        """The encoder from ``folder/speaker.npz``.

        Args:
            folder: Folder of the weight ``campplus``.
            threads: Threads inside an operator; None takes all cores.

        Raises:
            WeightsError: The file is missing, damaged or holds other arrays.
        """
        arrays = graph.arrays_of(folder / "speaker.npz", shapes(), "campplus")
        norm = f"{_DENSE}.nonlinear.batchnorm.running_"
        mean, scale = arrays.pop(f"{norm}mean"), np.sqrt(arrays.pop(f"{norm}var") + 1e-5)
        top = arrays.pop(f"{_DENSE}.linear.weight")[:, :, 0].T / scale
        return cls(graph.session("speaker", arrays, threads), top, mean / scale)

    def embed(self, segment: Audio, windows: Sequence[tuple[int, int]]) -> FloatArray:
        """Embed windows of one segment of speech.

        Args:
            segment: Mono at 16 kHz.
            windows: First sample of each and the one behind its last; best at 1.6 s, poor
                under .5 s.

        Returns:
            Shape (n, 192), each row of unit length; a row of zeros where there is but silence.

        Raises:
            InputError: The segment is at another rate, or a window is empty or not inside of it.
        """
        samples = segment.samples
        if segment.rate != RATE:
            raise InputError(
                f"expected speech at {RATE} Hz, found {segment.rate} Hz", "Resample it first"
            )
        if wrong := [w for w in windows if not 0 <= w[0] < w[1] <= len(samples)]:
            raise InputError(
                f"expected windows inside of {len(samples)} samples, found {wrong[0]}",
                "Leave empty windows and those beyond the ends out",
            )
        if not windows:
            return np.zeros((0, SIZE), np.float32)
        heard = np.concatenate(list(self._heard(samples)))
        rate = len(heard) / max(len(samples), _LEAST)
        low = np.array([min(int(a * rate), len(heard) - 2) for a, _ in windows])
        high = np.maximum(low + 2, [min(round(b * rate), len(heard)) for _, b in windows])
        rows = _pooled(heard, low, high) @ self._top - self._usual
        silent = [not samples[a:b].any() for a, b in windows]
        rows[silent] = 0
        unit: FloatArray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        return unit.astype(np.float32)

    def _heard(self, samples: FloatArray) -> Iterator[FloatArray]:
        """What the network makes of blocks of a segment, (frames, 512) each, 50 a second."""
        samples = np.pad(samples, (0, max(0, _LEAST - len(samples))))
        count = -(-len(samples) // _BLOCK)
        edges = [len(samples) * i // count for i in range(count + 1)]
        for low, high in pairwise(edges):
            banks = filter_banks(samples[low:high])
            banks -= banks.mean(axis=0)
            yield self._session.run(None, {"bands": banks[None]})[0][0].T


def _pooled(heard: FloatArray, low: NDArray[np.int64], high: NDArray[np.int64]) -> FloatArray:
    """Mean and deviation over frames from low to high, (frames, 512) to (n, 1024)."""
    start = np.zeros((1, heard.shape[1]))
    sums = np.concatenate([start, np.cumsum(heard, axis=0, dtype=np.float64)])
    squares = np.concatenate([start, np.cumsum(np.square(heard, dtype=np.float64), axis=0)])
    count = (high - low)[:, None]
    mean = (sums[high] - sums[low]) / count
    spread = np.maximum((squares[high] - squares[low]) / count - mean**2, 0) * count / (count - 1)
    pooled: FloatArray = np.concatenate([mean, np.sqrt(spread)], axis=1).astype(np.float32)
    return pooled
