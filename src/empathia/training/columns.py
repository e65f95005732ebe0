"""Features of dialogues as scaled columns, the past of each speaker among them; missing is NaN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self, TypedDict

import numpy as np

from empathia.errors import TrainingError
from empathia.training.problem import Conversation
from empathia.training.rows import Table, row
from empathia.types import Sample

_CALM = 3.0  # turns that the training mean counts for in a speaker's own mean


class ColumnsJson(TypedDict):
    """What columns there are, as a kept model holds it."""

    size: dict[str, int]
    measures: list[str]
    past: bool


class Columns:
    """Features of samples as scaled columns.

    A feature with frames becomes mean and standard deviation of each column. A modality of few
    columns (measures, such as prosody) gets, beside each, its distance from what the same
    speaker did so far in the dialogue.

    Args:
        modalities: Modality to the names of its features.
        train: Dialogues of the training part; scaling is fitted here alone.
        squares_up_to: Up to how many columns a modality is measures.
        past: Whether the distances are wanted.

    Raises:
        TrainingError: A feature is nowhere in the training part.
    """

    def __init__(
        self,
        modalities: Mapping[str, Sequence[str]],
        train: Sequence[Conversation],
        squares_up_to: int,
        *,
        past: bool = True,
    ) -> None:
        self.modalities, self._past = modalities, past
        samples = [s for d in train for s in d]
        self.size = {n: _size(n, samples) for names in modalities.values() for n in names}
        wide = {m: sum(self.size[n] for n in names) for m, names in modalities.items()}
        self.measures = {m for m in modalities if wide[m] <= squares_up_to}
        self.width = {m: n * (1 + (past and m in self.measures)) for m, n in wide.items()}
        self._scale = {m: scale(self._raw(samples, m)) for m in modalities}

    def __call__(self, dialogue: Conversation) -> dict[str, Table]:
        """Modality to (utterances, columns), NaN where a number is missing."""
        tables = {}
        for m in self.modalities:
            mean, spread = self._scale[m]
            rows = (self._raw(dialogue, m) - mean) / spread
            if self._past and m in self.measures:
                rows = np.concatenate([rows, _distance(rows, [s.speaker for s in dialogue])], 1)
            tables[m] = rows
        return tables

    def state(self) -> tuple[dict[str, Table], ColumnsJson]:
        """What was fitted, as arrays by name and values for JSON."""
        arrays: dict[str, Table] = {}
        for m, (mean, spread) in self._scale.items():
            arrays |= {f"columns.{m}.mean": mean, f"columns.{m}.spread": spread}
        plain: ColumnsJson = {
            "size": self.size,
            "measures": sorted(self.measures),
            "past": self._past,
        }
        return arrays, plain

    @classmethod
    def restored(
        cls,
        modalities: Mapping[str, Sequence[str]],
        arrays: Mapping[str, Table],
        plain: ColumnsJson,
    ) -> Self:
        """The columns of which :meth:`state` gave ``arrays`` and ``plain``.

        Raises:
            KeyError: Something is missing.
            ValueError: They do not fit each other.
        """
        new = cls.__new__(cls)
        new.modalities, new._past = modalities, bool(plain["past"])
        new.size, new.measures = dict(plain["size"]), set(plain["measures"])
        new._scale = {}
        for m, names in modalities.items():
            mean, spread = (
                np.asarray(arrays[f"columns.{m}.{part}"], np.float32) for part in ("mean", "spread")
            )
            size = sum(new.size[n] for n in names)
            if mean.shape != (size,) or spread.shape != (size,) or not (spread > 0).all():
                raise ValueError(f"the scale of '{m}' is not one of {size} columns")
            new._scale[m] = mean, spread
        twice = new.measures if new._past else set()
        new.width = {m: len(x) * (1 + (m in twice)) for m, (x, _) in new._scale.items()}
        return new

    def _raw(self, samples: Sequence[Sample], modality: str) -> Table:
        names = self.modalities[modality]
        return np.stack([np.concatenate([self._row(s, n) for n in names]) for s in samples])

    def _row(self, sample: Sample, name: str) -> Table:
        size, feature = self.size[name], sample.features.get(name)
        if feature is None or not len(feature.values):
            return np.full(size, np.nan, np.float32)
        values = row(feature)
        if len(values) != size:
            raise TrainingError(
                f"'{name}' of utterance '{sample.id}' has {len(values)} columns, others have "
                f"{size}",
                "Extract the features again with one setting",
            )
        return values


def scale(rows: Table) -> tuple[Table, Table]:
    """Mean and standard deviation of what is there in each column; mean 0 where nothing is.

    The deviation is infinite where nothing varies or nothing is there: training tells nothing of
    such a column, so whatever it holds later is to become 0.

    Args:
        rows: (rows, columns), NaN where a number is missing.

    Returns:
        Both (columns,), in the units of the columns.
    """
    there = ~np.isnan(rows)
    count = np.maximum(there.sum(0), 1)
    mean = np.where(there, rows, 0).sum(0, dtype=np.float64) / count
    spread = np.sqrt((np.where(there, rows - mean, 0) ** 2).sum(0) / count)
    return mean.astype(np.float32), np.where(spread > 1e-6, spread, np.inf).astype(np.float32)


def _size(name: str, samples: Sequence[Sample]) -> int:
    for s in samples:
        if name in s.features and len(s.features[name].values):
            return len(row(s.features[name]))
    raise TrainingError(
        f"no training utterance has the feature '{name}'", "Check [features] of the run file"
    )


def _distance(rows: Table, speakers: Sequence[str | None]) -> Table:
    """Scaled rows less the mean of the same speaker's turns before.

    The training mean, which is 0, counts as some turns more, so that the first turns of somebody
    are compared with everybody; so are all turns of which nobody knows who speaks (None).
    """
    total: dict[str, Table] = {}
    count: dict[str, Table] = {}
    distances = np.empty_like(rows)
    nothing = np.zeros(rows.shape[1], np.float32)
    for i, who in enumerate(speakers):
        if who is None:
            distances[i] = rows[i]
            continue
        sums, turns = total.get(who, nothing), count.get(who, nothing)
        distances[i] = rows[i] - sums / (turns + _CALM)
        total[who] = sums + np.nan_to_num(rows[i])
        count[who] = turns + ~np.isnan(rows[i])
    return distances


def past_and_others(
    rows: Table, speakers: Sequence[str | None], keep: float
) -> tuple[Table, Table]:
    """What the speaker, and what the others, did before each utterance; NaN before anything.

    Args:
        rows: (utterances, columns) in time order.
        speakers: Of each utterance; one that is not known (None) has no past and no others, and
            is part of nobody's.
        keep: Share of a trace that is left after the speaker's next turn, in [0, 1].

    Returns:
        Exponential averages, both (utterances, columns).
    """
    state: dict[str, Table] = {}
    own, others = np.full_like(rows, np.nan), np.full_like(rows, np.nan)
    for i, who in enumerate(speakers):
        if who is None:
            continue
        own[i] = state.get(who, own[i])
        rest = [s for name, s in state.items() if name != who]
        if rest:
            others[i] = np.mean(rest, 0)
        before = state.get(who, rows[i])
        now = np.where(np.isnan(rows[i]), before, rows[i])
        state[who] = np.where(np.isnan(before), now, keep * before + (1 - keep) * now)
    return own, others
