"""Clips to learn from: a row each, and rows of their worse copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from empathia.emotion.voice.read import SHORTEST, cannot, select
from empathia.errors import TrainingError
from empathia.metrics.balance import class_weights
from empathia.metrics.scores import one_hot
from empathia.training.problem import Part, corpus_of
from empathia.types import FloatArray, Sample

LONG = 2.0
"""Seconds of speech from which a copy counts fully: shorter ones weigh less."""


@dataclass(frozen=True, slots=True)
class Clips:
    """Rows with features and labels.

    Args:
        values: (rows, columns) float32.
        label: (rows,) index into the label set.
        corpus: (rows,) names.
        seconds: (rows,) of speech.
        share: (rows,) how much each counts: 1 for a clip as it is, at most 1 for all its copies.
    """

    values: FloatArray
    label: NDArray[np.int64]
    corpus: NDArray[np.str_]
    seconds: FloatArray
    share: FloatArray

    def __len__(self) -> int:
        return len(self.label)

    def take(self, which: NDArray[np.bool_]) -> Clips:
        """The rows where ``which`` is true."""
        return Clips(*(getattr(self, f.name)[which] for f in fields(self)))

    @property
    def clear(self) -> NDArray[np.bool_]:
        """(rows,) which are no copies."""
        return np.asarray(self.share == 1)

    @property
    def weight(self) -> FloatArray:
        """(rows,) weights: within a corpus all its labels count the same; mean 1.

        Corpora keep their size: weighting a small corpus up to a large one made the
        head worse on a third.
        """
        weight = np.zeros(len(self), np.float32)
        classes = int(self.label.max()) + 1
        for corpus in np.unique(self.corpus):
            inside = self.corpus == corpus
            label, share = self.label[inside], self.share[inside]
            each = class_weights(one_hot(label, classes) * share[:, None], exclusive=True)
            weight[inside] = each[label] * share
        return np.asarray(weight / weight.mean(), np.float32)


def clips_of(
    part: Part, name: str, *, feature: str, columns: Sequence[str], copies: str = ""
) -> Clips:
    """Labelled clips of a part; what cannot be judged by its voice is left out.

    Args:
        part: Of a fold.
        name: Of the part.
        feature: That the recogniser reads.
        columns: Blocks of it.
        copies: The feature that holds worse copies; "" for none.

    Raises:
        TrainingError: Nothing is left.
    """
    samples = [s for s in part.labelled() if cannot(s.features.get(feature)) is None]
    if not samples:
        raise TrainingError(
            f"no utterance of the {name} part has '{feature}' and a label", "Check [data]"
        )
    rows = [row for s in samples for row in _rows(s, feature, columns, copies)]
    label = {s.id: int(np.argmax(part.targets[s.id])) for s in samples}
    return Clips(
        np.stack([values for _, values, _, _ in rows]),
        np.array([label[s.id] for s, _, _, _ in rows]),
        np.array([corpus_of(s) for s, _, _, _ in rows]),
        np.array([seconds for _, _, seconds, _ in rows], np.float32),
        np.array([share for _, _, _, share in rows], np.float32),
    )


def _rows(
    sample: Sample, feature: str, columns: Sequence[str], copies: str
) -> list[tuple[Sample, FloatArray, float, float]]:
    """Sample, columns, seconds of speech and share of a clip and of its copies."""
    clear = sample.features[feature]
    rows = [(sample, select(clear, columns)[0], float(clear.measure("speech") or 0), 1.0)]
    if copies in sample.features:
        worse = sample.features[copies]
        seconds = worse.values[:, worse.names.index("speech")]
        for values, s in zip(select(worse, columns), seconds.tolist(), strict=True):
            if s >= SHORTEST:
                # under 1, so that no copy passes for the clip itself
                rows.append((sample, values, s, min(1.0, s / LONG) / max(2, len(seconds))))
    return rows


def joined(one: Clips, other: Clips) -> Clips:
    """Rows of both."""
    pairs = ((getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return Clips(*(np.concatenate(pair) for pair in pairs))
