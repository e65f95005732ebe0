"""The last stretch of a stream of blocks."""

from __future__ import annotations

from collections import deque

import numpy as np

from empathia.types import Audio, FloatArray


class Tape:
    """Append at the end, cut anywhere in what is held, forget the past.

    Args:
        rate: Samples a second (Hz).
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.end = 0  # position (in samples) behind the last one
        self._blocks: deque[tuple[int, FloatArray]] = deque()

    def add(self, samples: FloatArray) -> None:
        """Append samples, shape (n,)."""
        self._blocks.append((self.end, samples))
        self.end += len(samples)

    def forget(self, before: int) -> None:
        """Drop the blocks that end at or before this position (in samples)."""
        while self._blocks and self._blocks[0][0] + len(self._blocks[0][1]) <= before:
            self._blocks.popleft()

    def cut(self, start: int, end: int) -> Audio:
        """A copy of what is held from position ``start`` up to ``end`` (in samples)."""
        parts = [
            samples[max(start - at, 0) : max(end - at, 0)]
            for at, samples in self._blocks
            if at < end and at + len(samples) > start
        ]
        held = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        return Audio(held, self.rate)
