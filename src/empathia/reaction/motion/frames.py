"""Pairs on one clock: the frames that the predictor ``motion`` reads and foretells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from empathia.errors import ConfigError, TrainingError
from empathia.reaction._told import Asked, Values, own_turns
from empathia.training.columns import scale
from empathia.training.problem import Conversation, Exchange, ReactionProblem
from empathia.training.rows import Table
from empathia.types import Features, FloatArray, Sample

Scales = dict[str, tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True)
class Clock:
    """What is read and foretold, and when.

    Args:
        asked: What is foretold.
        rate: Frames a second of all that moves.
        timed: Features of the stimulus that are read as frames, with their columns.
        rows: Features that are read as rows, likewise; none while somebody speaks.
        after: Frames of a reaction that comes after the stimulus; 0: it comes while it is said.
        scales: Means and spreads, both (columns,), by "read/" or "told/" and the feature.
    """

    asked: Asked
    rate: float
    timed: Mapping[str, int]
    rows: Mapping[str, int]
    after: int
    scales: Scales

    @classmethod
    def of(cls, problem: ReactionProblem, asked: Asked) -> Self:
        """The clock of a problem, scaled by its training part.

        Raises:
            ConfigError: Nothing moves that could be read, or targets move at several rates.
        """
        rates = {f.rate for f in asked.forms.values() if f.rate is not None}
        stimuli = [e.past[-1] for e in problem.train]
        names = [n for names in problem.modalities.values() for n in names]
        shown = {n: f for n in names if (f := _first(stimuli, n)) is not None}
        timed = {n: f.values.shape[1] for n, f in shown.items() if f.rate}
        if not timed or len(rates) > 1:
            raise ConfigError(
                f"predictor 'motion' reads frames ({', '.join(timed) or 'none there'}) and tells "
                f"what moves at one rate (asked for: {', '.join(map(str, sorted(rates)))})",
                "Name features over time in [features], and reaction.targets of one rate",
            )
        rate = rates.pop() if rates else float(next(f.rate for f in shown.values() if f.rate) or 1)
        after = 0
        rows: dict[str, int] = {}
        if asked.when == "after":
            rows = {n: f.values.shape[1] for n, f in shown.items() if not f.rate}
            after = max((f.frames for f in asked.forms.values() if f.rate), default=1)
        scales: Scales = {}
        for n in (*timed, *rows):
            scales[f"read/{n}"] = _scaled(n, stimuli)
        for n in asked.forms:
            scales[f"told/{n}"] = _scaled(n, [e.reaction for e in problem.train])
        return cls(asked, rate, timed, rows, after, scales)

    @property
    def columns(self) -> list[int]:
        """How wide each block of what is read is, without its mark."""
        moving = [f.columns for f in self.asked.forms.values() if f.rate is not None]
        return [*self.timed.values(), *self.rows.values(), *moving]

    @property
    def moving(self) -> list[str]:
        """Targets over time."""
        return [n for n, f in self.asked.forms.items() if f.rate is not None]

    @property
    def still(self) -> list[str]:
        """Targets of one row."""
        return [n for n, f in self.asked.forms.items() if f.rate is None]

    def frames(self, past: Conversation) -> int:
        """How many frames the stimulus has; 0 where it has none that are read."""
        spans = [
            len(f.values) / f.rate
            for n in self.timed
            if (f := past[-1].features.get(n)) is not None and f.rate
        ]
        return round(max(spans, default=0) * self.rate)

    def read(self, past: Conversation) -> list[FloatArray]:
        """Blocks of (frames, columns + 1): scaled, 0 where missing; the mark says what is there.

        With a reaction that comes after, its frames follow, in which nothing is there but rows and
        how the listener last looked.
        """
        n = self.frames(past)
        total, stimulus = n + self.after, past[-1]
        blocks = []
        for name, columns in self.timed.items():
            block = np.full((total, columns), np.nan, np.float32)
            feature = stimulus.features.get(name)
            if feature is not None and feature.rate and len(feature.values):
                block[:n] = resampled(feature, self.rate, n)
            blocks.append(self._marked(f"read/{name}", block))
        for name, columns in self.rows.items():
            row = stimulus.features.get(name)
            block = np.full((total, columns), np.nan, np.float32)
            if row is not None and len(row.values):
                block[:] = row.values[0]
            blocks.append(self._marked(f"read/{name}", block))
        for name in self.moving:
            last = self._last(past, name)
            blocks.append(self._marked(f"told/{name}", np.tile(last, (total, 1))))
        return blocks

    def truth(self, exchange: Exchange, name: str) -> FloatArray:
        """(frames, columns) scaled, as :meth:`read` counts frames; NaN where not known."""
        n = self.frames(exchange.past)
        form = self.asked.forms[name]
        total = n + self.after
        truth = np.full((total, form.columns), np.nan, np.float32)
        feature = exchange.reaction.features.get(name)
        if feature is not None and len(feature.values):
            start = n if self.after else 0
            own = resampled(
                feature,
                self.rate,
                round(len(feature.values) * self.rate / (feature.rate or self.rate)),
            )
            part = own[: total - start]
            truth[start : start + len(part)] = part
        mean, spread = self.scales[f"told/{name}"]
        return np.asarray((truth - mean) / spread, np.float32)

    def row(self, exchange: Exchange, name: str) -> FloatArray:
        """(columns,) scaled; NaN where not known."""
        feature = exchange.reaction.features.get(name)
        mean, spread = self.scales[f"told/{name}"]
        if feature is None or not len(feature.values):
            return np.full(len(mean), np.nan, np.float32)
        return np.asarray((feature.values[0] - mean) / spread, np.float32)

    def _marked(self, key: str, block: FloatArray) -> FloatArray:
        mean, spread = self.scales[key]
        there = ~np.isnan(block).all(1, keepdims=True)
        known = np.nan_to_num((block - mean) / spread)
        return np.concatenate([known, there], 1).astype(np.float32)

    def _last(self, past: Conversation, name: str) -> FloatArray:
        """(columns,) how the listener last looked; NaN where nobody saw."""
        for turn in own_turns(past):
            feature = turn.features.get(name)
            if feature is not None:
                seen = feature.values[np.isfinite(feature.values).any(1)]
                if len(seen):
                    return np.asarray(seen[-1], np.float32)
        return np.full(self.asked.forms[name].columns, np.nan, np.float32)

    def state(self) -> tuple[dict[str, NDArray[Any]], Values]:
        """What was fitted, as arrays by name and values for JSON."""
        arrays = {f"scale/{k}/mean": mean for k, (mean, _) in self.scales.items()}
        arrays |= {f"scale/{k}/spread": spread for k, (_, spread) in self.scales.items()}
        return arrays, {
            "rate": self.rate,
            "timed": list(self.timed.items()),
            "rows": list(self.rows.items()),
            "after": self.after,
        }

    @classmethod
    def restored(cls, asked: Asked, arrays: Mapping[str, NDArray[Any]], plain: Values) -> Self:
        """Of what :meth:`state` gave."""
        timed, rows = dict(plain["timed"]), dict(plain["rows"])
        keys = [*(f"read/{n}" for n in (*timed, *rows)), *(f"told/{n}" for n in asked.forms)]
        scales = {k: (arrays[f"scale/{k}/mean"], arrays[f"scale/{k}/spread"]) for k in keys}
        return cls(asked, plain["rate"], timed, rows, plain["after"], scales)


def resampled(feature: Features, rate: float, frames: int) -> FloatArray:
    """A feature at another rate, (frames, columns): each moment has the last frame before it.

    NaN after its end.
    """
    values = feature.values
    place = np.floor(np.arange(frames) * (feature.rate or rate) / rate + 1e-6).astype(int)
    inside = place < len(values)
    taken = values[np.minimum(place, len(values) - 1)]
    return np.where(inside[:, None], taken, np.nan).astype(np.float32)


def _first(samples: Sequence[Sample], name: str) -> Features | None:
    return next((s.features[name] for s in samples if name in s.features), None)


def _scaled(name: str, samples: Sequence[Sample]) -> tuple[Table, Table]:
    there = [s.features[name].values for s in samples if name in s.features]
    if not there:
        raise TrainingError(f"nothing in the training part has '{name}'", "Check [features]")
    mean, spread = scale(np.concatenate(there))
    return mean, np.where(np.isfinite(spread), spread, 1).astype(np.float32)
