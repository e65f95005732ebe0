"""What a recogniser is given to learn from, and what it gives back.

The test part is no part of a :class:`Problem`: a recogniser that cannot see
test labels cannot select by them. Samples hold no gold label; what was voted
stands apart, in ``Part.targets``, for the train and the validation part alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from empathia.config import Scalar, TrainingPart
from empathia.contracts import Progress
from empathia.labels import LabelSet
from empathia.types import Sample

Conversation = Sequence[Sample]
Scores = Mapping[str, tuple[float, ...]]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """Dialogues of one part of a fold.

    Args:
        dialogues: The samples of each dialogue in time order, those without a target included:
            they are context.
        targets: Utterance id to one number in [0, 1] a label. For exclusive labels they sum to
            1 (a one-hot row, or the raters' votes); else each is 0 or 1.
    """

    dialogues: tuple[tuple[Sample, ...], ...]
    targets: Mapping[str, tuple[float, ...]]

    def labelled(self) -> list[Sample]:
        """All samples that have a target, dialogue by dialogue."""
        return [s for d in self.dialogues for s in d if s.id in self.targets]


@dataclass(frozen=True, slots=True)
class Problem:
    """One training: the learning and the validation part of one fold, and how to go about it.

    Args:
        labels: What is to be told apart.
        exclusive: One label an utterance (scores sum to 1), else independent labels.
        train: Everything is fitted on this part alone: weights, scalers, vocabularies.
        valid: Chooses epochs, penalties, thresholds and temperatures; may be empty for
            recognisers that choose nothing.
        modalities: Modality ("text", "voice", "face") to the names of the features that stand
            for it in ``Sample.features``; words themselves are ``Sample.text``, to be used only
            where "text" is among the modalities.
        options: The recogniser's own options, complete and checked.
        training: ``[training]`` of the run file.
        seed: Of this training.
        folder: For checkpoints (:func:`empathia.training.fit.fit` resumes from it).
        fingerprint: Names settings, data and fold; goes to ``fit`` so that it refuses a
            checkpoint of another training.
        progress: Called with (epoch and best figure in words, steps done, steps in all).
    """

    labels: LabelSet
    exclusive: bool
    train: Part
    valid: Part
    modalities: Mapping[str, tuple[str, ...]]
    options: Mapping[str, Scalar]
    training: TrainingPart
    seed: int
    folder: Path
    fingerprint: str = ""
    progress: Progress | None = None


class Learnt(Protocol):
    """A recogniser that has learnt; what ``learn(problem)`` of a plug-in returns.

    One that can be kept for ``empathia read`` also has ``save(folder: Path) -> None``: it writes
    safe files (safetensors, JSON) into a folder that is there, under any names but those of
    :mod:`empathia.training.kept`, and the plug-in's ``load(folder, threads=None)`` makes a
    recogniser of them that gives the same scores.

    Attributes:
        causal: Whether the answer to an utterance depends on nothing after it.
        record: What is worth keeping beside the figures, as plain values for JSON: the course of
            the training, importances, the chosen penalty.
    """

    @property
    def causal(self) -> bool: ...  # noqa: D102
    @property
    def record(self) -> Mapping[str, Any]: ...  # noqa: D102

    def predict(self, dialogues: Sequence[Conversation]) -> Scores:
        """Scores of every sample that it can judge, by utterance id.

        One number in [0, 1] a label, summing to 1 where labels are exclusive. An utterance
        without any of the modalities is left out: there is nothing to judge it by.
        """


@dataclass(frozen=True, slots=True)
class Answers:
    """The simplest :class:`Learnt`: functions and what is known of them."""

    answer: Callable[[Sequence[Conversation]], Scores]
    causal: bool = True
    record: Mapping[str, Any] = field(default_factory=dict)
    save: Callable[[Path], None] | None = None

    def predict(self, dialogues: Sequence[Conversation]) -> Scores:
        """See :class:`Learnt`."""
        return self.answer(dialogues)


def has_words(sample: Sample) -> bool:
    """Whether there is anything to read."""
    return sample.text is not None and bool(sample.text.strip())


def target_array(samples: Sequence[Sample], part: Part, labels: int) -> Array:
    """Targets of labelled samples, (len(samples), labels)."""
    rows = [part.targets[s.id] for s in samples]
    return np.array(rows, np.float64).reshape(len(rows), labels)


def by_id(samples: Sequence[Sample], scores: Array) -> Scores:
    """Rows of scores by the ids of their samples."""
    rows = scores.tolist()
    return {s.id: tuple(row) for s, row in zip(samples, rows, strict=True)}
