"""PROVISIONAL (lead): replaced by the diarisation helper's version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from empathia.types import Audio


class Diariser:
    """Windows, embeddings, average-linkage clustering."""

    def __init__(self, encoder: Any) -> None:  # noqa: ANN401
        self._encoder = encoder
        self._spans: list[tuple[float, float]] = []
        self._rows: list[Any] = []

    def add(self, audio: Audio, start: float) -> None:
        n = max(1, round(audio.duration / 1.6))
        step = len(audio.samples) / n
        windows = []
        for i in range(n):
            a, b = round(i * step), round((i + 1) * step)
            windows.append(Audio(audio.samples[a:b], audio.rate))
            self._spans.append((start + a / audio.rate, start + b / audio.rate))
        self._rows.append(self._encoder.embed(windows))

    def finish(
        self, segments: Sequence[tuple[float, float]], speakers: int | None
    ) -> list[tuple[float, float, int]]:
        x = np.concatenate(self._rows)
        groups = [[i] for i in range(len(x))]
        sim = x @ x.T
        while len(groups) > 1:
            best, pair = -1.0, (0, 0)
            for i in range(len(groups)):
                for j in range(i):
                    s = float(sim[np.ix_(groups[i], groups[j])].mean())
                    if s > best:
                        best, pair = s, (i, j)
            if (speakers and len(groups) <= speakers) or (not speakers and best < 0.6):
                break
            groups[pair[1]] += groups.pop(pair[0])
        who = np.zeros(len(x), int)
        for k, g in enumerate(groups):
            who[g] = k
        order = {k: n for n, k in enumerate(dict.fromkeys(who.tolist()))}
        return [(a, b, order[int(w)]) for (a, b), w in zip(self._spans, who, strict=True)]
