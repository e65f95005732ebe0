"""What a recogniser is given to learn from.

The test part is no part of a :class:`Problem`: a recogniser that cannot see
test labels cannot select by them. Samples hold no gold label; what was voted
stands apart, in ``Part.targets``, for the train and the validation part alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.config import Options, TrainingPart
from empathia.contracts import Progress
from empathia.exemplars.pairs import Pair
from empathia.labels import LabelSet
from empathia.types import Empathy, Sample

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
            1 (a one-hot row, or the raters' votes); else each is 0 or 1. Partial targets are 1,
            0 or NaN, where the corpus does not tell.
        gold: Utterance id to the labels in the words of its own corpus, for recognisers that
            learn them as a second task.
        label_sets: By corpus, the set that ``gold`` belongs to; a sample's corpus is in
            ``Sample.groups["corpus"]``.
        vad: Utterance id to rated valence, arousal and dominance in [-1, 1], where rated.
    """

    dialogues: tuple[tuple[Sample, ...], ...]
    targets: Mapping[str, tuple[float, ...]]
    gold: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    label_sets: Mapping[str, LabelSet] = field(default_factory=dict)
    vad: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)

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
        shared: For what is the same in all seeds and folds of a run; None takes ``folder``.
    """

    labels: LabelSet
    exclusive: bool
    train: Part
    valid: Part
    modalities: Mapping[str, tuple[str, ...]]
    options: Options
    training: TrainingPart
    seed: int
    folder: Path
    fingerprint: str = ""
    progress: Progress | None = None
    shared: Path | None = None


def has_words(sample: Sample) -> bool:
    """Whether there is anything to read."""
    return sample.text is not None and bool(sample.text.strip())


def corpus_of(sample: Sample) -> str:
    """The name of its corpus; "" where it is of none."""
    return sample.groups.get("corpus", "")


def target_array(samples: Sequence[Sample], part: Part, labels: int) -> Array:
    """Targets of labelled samples, (len(samples), labels)."""
    rows = [part.targets[s.id] for s in samples]
    return np.array(rows, np.float64).reshape(len(rows), labels)


def label_shares(part: Part) -> tuple[float, ...]:
    """Share of each label in a part; an utterance with several counts as a piece of each.

    Args:
        part: With at least one label.

    Returns:
        (labels,) shares that sum to 1.
    """
    targets = np.nan_to_num(np.array(list(part.targets.values()), np.float64))
    each = targets[targets.sum(1) > 0]
    shares = (each / each.sum(1, keepdims=True)).mean(0)
    return tuple(float(x) for x in shares)


def by_id(samples: Sequence[Sample], scores: Array) -> Scores:
    """Rows of scores by the ids of their samples."""
    rows = scores.tolist()
    return {s.id: tuple(row) for s, row in zip(samples, rows, strict=True)}


@dataclass(frozen=True, slots=True)
class ReplyProblem:
    """One training of a generator of replies; there is no test part in it.

    Args:
        train: What is learnt from.
        valid: Chooses the best epoch.
        empathy: Pair id to what judges take its reply to be; of some or all pairs.
        options: The generator's options for training, complete.
        training: ``[training]`` of the run file.
        seed: Of this training.
        folder: For checkpoints.
        fingerprint: Names settings and data; a checkpoint of another training is refused.
        progress: Called with (epoch and best figure in words, steps done, steps in all).
    """

    train: tuple[Pair, ...]
    valid: tuple[Pair, ...]
    empathy: Mapping[str, Empathy]
    options: Options
    training: TrainingPart
    seed: int
    folder: Path
    fingerprint: str = ""
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said, and how the other reacted.

    Args:
        past: The dialogue so far in time order; the last is the stimulus. No gold label is in it.
        reaction: The other's next utterance: its features are what is foretold (with ``when`` =
            "while" those of its speaker over the stimulus); one that is absent is not learnt from.
        emotion: One number in [0, 1] a label that sum to 1; None where the reaction has no label.
    """

    past: tuple[Sample, ...]
    reaction: Sample
    emotion: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class ReactionProblem:
    """One training of a predictor of reactions; there is no test part in it.

    Args:
        labels: Of the reaction's emotion; None where it is not foretold.
        targets: Names of features of the reaction that are foretold.
        train: What is learnt from.
        valid: Chooses epochs and penalties.
        modalities: Modality to the names of the stimulus' features, as in :class:`Problem`.
        options, training, seed, folder, fingerprint, progress: As in :class:`Problem`.
        when: "after": features are those of the next utterance; "while": frame t of a reaction is
            the same moment as frame t of the stimulus. The emotion is always of the next utterance.
    """

    labels: LabelSet | None
    targets: tuple[str, ...]
    train: tuple[Exchange, ...]
    valid: tuple[Exchange, ...]
    modalities: Mapping[str, tuple[str, ...]]
    options: Options
    training: TrainingPart
    seed: int
    folder: Path
    fingerprint: str = ""
    progress: Progress | None = None
    when: str = "after"


def emotion_array(exchanges: Sequence[Exchange], labels: int) -> Array:
    """Emotions of reactions, (exchanges, labels); rows of NaN where there is none."""
    absent = (np.nan,) * labels
    rows = [absent if e.emotion is None else e.emotion for e in exchanges]
    return np.array(rows, np.float64).reshape(len(rows), labels)
