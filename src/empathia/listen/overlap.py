"""Where two people speak at once, and where nobody does, by the sound alone.

A network of a quarter of a million weights hears a segment of speech and says of each 20 ms how
likely nobody, one and several speak. It is a stack of dilated convolutions that sees 1.2 s to both
sides, small enough for numpy. ``benchmarks/overlap.py`` trains it on made conversations. Whether
several speak is asked of pyannote's segmentation too, which learnt from real ones but takes the
echo of a room for somebody; the two are believed together.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia import weights
from empathia.encoders.segmentation import LEAST, Segmentation
from empathia.errors import WeightsError
from empathia.listen.pauses import Span
from empathia.types import Audio, FloatArray

RATE = 16_000
HOP = 320  # samples, 20 ms
BANDS = 40
KERNEL = 5
DILATIONS = (1, 2, 4, 8, 1, 2, 4, 8)
SPREAD = 3.0  # of what the network takes

_PARTS = ("depth", "wide", "narrow")
_SIZE = 512
_LOWEST, _HIGHEST = 60.0, 7600.0  # Hz
_NOBODY, _SEVERAL = 0.7, 0.85  # probabilities from which it is believed, as means of ...
_TOGETHER = 0.6  # ... (several, where both networks are asked, as the mean of the two) ...
_FRAMES = 9  # ... so many frames
_STRETCH, _NEXT = 10 * RATE, 5 * RATE  # what the segmentation hears at once, and its step
_LEAST = 10  # frames; a shorter overlap is none, and a shorter gap in one is none
_TOUCH = 1e-3  # s
_PART = 0.1  # s; a shorter part of an overlap beside a change of speaker is none ...
_ALONE = 0.5  # ... nor is such a one in the midst of what one says: most are invented


class Count(NamedTuple):
    """How many speak in a segment.

    Attributes:
        nobody: Where nobody does, (frames,) of 20 ms.
        both: Where two do, start and end in s from the start of the segment.
    """

    nobody: NDArray[np.bool_]
    both: list[tuple[float, float]]


class HeadCount:
    """Tells how many speak at once.

    Args:
        arrays: What was learnt: ``first``, ``last`` and, for each layer k, ``k.depth``, ``k.wide``
            and ``k.narrow``, each with its ``.bias``.
        segmentation: Asked as well where two speak; None leaves that to what was learnt.
    """

    def __init__(
        self, arrays: Mapping[str, FloatArray], segmentation: Segmentation | None = None
    ) -> None:
        self._arrays = arrays
        self._segmentation = segmentation

    @classmethod
    def load(cls, folder: Path, segmentation: Segmentation | None = None) -> HeadCount:
        """From ``folder/model.safetensors``; the segmentation is as it is given.

        Raises:
            WeightsError: The file is missing, damaged or holds other arrays.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path, remedy = folder / "model.safetensors", weights.remedy("overlap")
        try:
            arrays = load_file(path)
        except (OSError, SafetensorError) as error:
            raise WeightsError(f"cannot read '{path}' ({error})", remedy) from error
        names = {"first", "last", *(f"{k}.{n}" for k in range(len(DILATIONS)) for n in _PARTS)}
        if lacking := sorted(n for n in names if not {n, f"{n}.bias"} <= set(arrays)):
            raise WeightsError(f"'{path}' holds no '{lacking[0]}' with its bias", remedy)
        return cls(arrays, segmentation)

    def heard(self, audio: Audio) -> Count:
        """How many speak in one segment, mono at 16 kHz."""
        chances = self.chances(log_mel(audio.samples))
        if not len(chances):
            return Count(np.zeros(0, bool), [])
        least = _SEVERAL
        if self._segmentation is not None:
            least = _TOGETHER
            chances[:, 2] += several_by(self._segmentation, audio, len(chances))
            chances[:, 2] /= 2
        size = np.convolve(np.ones(len(chances)), np.ones(_FRAMES), "full")[_FRAMES // 2 :]
        sums = [np.convolve(c, np.ones(_FRAMES), "full")[_FRAMES // 2 :] for c in chances.T]
        nobody, _, several = (s[: len(chances)] / size[: len(chances)] for s in sums)
        runs = _runs(_closed(several > least))
        both = [(a * HOP / RATE, b * HOP / RATE) for a, b in runs if b - a >= _LEAST]
        return Count(nobody > _NOBODY, both)

    def chances(self, mel: FloatArray) -> FloatArray:
        """Probabilities of nobody, one and several, (frames, 3), by log-mel energies."""
        if not len(mel):
            return np.zeros((0, 3), np.float32)
        w = self._arrays
        x = np.maximum(_convolved((mel - mel.mean()) / SPREAD, w["first"]) + w["first.bias"], 0)
        for k, dilation in enumerate(DILATIONS):
            near = _shifted(x, dilation)
            y = sum(s * tap for s, tap in zip(near, w[f"{k}.depth"], strict=True))
            y = np.maximum((y + w[f"{k}.depth.bias"]) @ w[f"{k}.wide"] + w[f"{k}.wide.bias"], 0)
            x = x + y @ w[f"{k}.narrow"] + w[f"{k}.narrow.bias"]
        score = x @ w["last"] + w["last.bias"]
        odds = np.exp(score - score.max(axis=1, keepdims=True))
        chances: FloatArray = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
        return chances


def several_by(segmentation: Segmentation, audio: Audio, frames: int) -> FloatArray:
    """How likely several speak in frames of 20 ms, (frames,), by the segmentation alone.

    It hears stretches of 10 s, half of each with the next; a frame has the mean of those it is in.
    """
    size = len(audio.samples)
    if size < LEAST:
        return np.zeros(frames, np.float32)
    starts = [*range(0, max(1, size - _STRETCH), _NEXT), max(0, size - _STRETCH)]
    starts = sorted(set(starts))
    heard = segmentation.activity([Audio(audio.samples[s : s + _STRETCH], RATE) for s in starts])
    total, count = np.zeros(frames), np.zeros(frames)
    for start, one in zip(starts, heard, strict=True):
        low, high = start // HOP, min(frames, (start + _STRETCH) // HOP)
        middle = (np.arange(low, high) + 0.5) * HOP / RATE - start / RATE
        at = np.floor((middle - one.start) / one.step).astype(np.int64)
        total[low:high] += one.several[np.clip(at, 0, len(one.several) - 1)]
        count[low:high] += 1
    return (total / np.maximum(count, 1)).astype(np.float32)


def _shifted(x: FloatArray, dilation: int) -> list[FloatArray]:
    """(n, c) as each tap of a kernel sees it; beyond the ends are zeros."""
    reach = KERNEL // 2 * dilation
    padded = np.pad(x, ((reach, reach), (0, 0)))
    return [padded[k * dilation : k * dilation + len(x)] for k in range(KERNEL)]


def _convolved(x: FloatArray, kernel: FloatArray) -> FloatArray:
    """(n, c) by (taps, c, d) to (n, d)."""
    whole: FloatArray = np.concatenate(_shifted(x, 1), axis=1) @ kernel.reshape(-1, kernel.shape[2])
    return whole


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(np.int8))).reshape(-1, 2)
    return [(int(a), int(b)) for a, b in edges]


def _closed(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Without short gaps inside."""
    closed = mask.copy()
    for a, b in _runs(~mask):
        if b - a < _LEAST and a > 0 and b < len(mask):
            closed[a:b] = True
    return closed


def log_mel(samples: FloatArray) -> FloatArray:
    """Logarithms of the energies in 40 bands, (frames, 40), one frame each 20 ms.

    Args:
        samples: Mono at 16 kHz, (n,); what does not fill a frame at the end is left out.
    """
    count = len(samples) // HOP
    if count == 0:
        return np.zeros((0, BANDS), np.float32)
    padded = np.pad(samples[: count * HOP].astype(np.float32), (_SIZE - HOP) // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::HOP][:count]
    window = np.hanning(_SIZE).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(frames * window, axis=1))).astype(np.float32)
    mel: FloatArray = np.log(power @ _filters() + np.float32(1e-8))
    return mel


@lru_cache(maxsize=1)
def _filters() -> FloatArray:
    """Triangles of height 1, (257, 40)."""
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (_LOWEST, _HIGHEST))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    bins = np.arange(_SIZE // 2 + 1)[:, None] * RATE / _SIZE
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rise, fall)).astype(np.float32)


def doubled(spans: Sequence[Span], both: Sequence[tuple[float, float]]) -> list[Span]:
    """Speech, in which two speak where two are heard.

    Args:
        spans: In time order, none overlaps another.
        both: Where two speak, start and end in s.

    Returns:
        The spans, and besides, in each overlap, one of who is the next to speak or the last to
        have spoken, whoever is nearer in time. Sorted; spans of different people may overlap.
    """
    ends, starts = [s[1] for s in spans], [s[0] for s in spans]
    more: list[Span] = []
    for low, high in both:
        for i in range(bisect_right(ends, low), bisect_left(starts, high)):
            start, end = max(low, starts[i]), min(high, ends[i])
            other = _other(spans, i, start, end)
            if other is None:
                continue
            apart = max(other[0] - end, start - other[1]) >= _TOUCH
            if end - start >= (_ALONE if apart else _PART):
                more.append((start, end, other[2], 0.0 if apart else other[3]))
    return sorted([*spans, *more], key=lambda s: s[0])


def _other(spans: Sequence[Span], at: int, start: float, end: float) -> Span | None:
    """What somebody else says nearest in time to a part of a span."""
    who = spans[at][2]
    before = next((s for s in reversed(spans[:at]) if s[2] != who), None)
    after = next((s for s in spans[at + 1 :] if s[2] != who), None)
    if before is None or after is None:
        return before or after
    return before if start - before[1] <= after[0] - end else after
