"""A run file's tables as frozen dataclasses."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence  # noqa: F401 - in hints, of Plain
from dataclasses import dataclass, field
from typing import Any

from empathia.files import Plain


@dataclass(frozen=True, slots=True)
class DataPart:
    """``[data]``: what is learnt from.

    Args:
        corpora: Names of corpus plug-ins.
        evaluated_on: Those of them that validation and test ask about, the others only teach; ()
            for all.
        learnt_from: Those of them that are learnt from, the others are left out of training; ()
            for all.
        labels: Name of the label set that is predicted, or of an own one given in ``[labels]``.
        limit: Use only this many dialogues a corpus and split (the first after a seeded
            shuffle), for a quick try; None uses all.
        protocol: Who is tested by whom: "standard" (the corpus's own split), "k-fold",
            "leave-<group>-out" (speaker, session, scenario, corpus, any grouping), or "listed"
            (folds in files). See :mod:`empathia.bench.protocols`.
        folds: How many folds; None takes one for each value of the grouping (5 for "k-fold").
        tested: Names of the folds that are run, such as values of the grouping that is left out; ()
            for all.
        listed: Folder below DATA with the files of the protocol "listed".
        valid: Share of the training part that validates where the corpus has no own
            validation part.
        targets: "single" (one gold label), "multi" (several gold labels, or those that a third
            of the raters gave), "votes" (the raters' votes as shares), or "partial" (several gold
            labels; what a corpus does not tell is unknown, and single labels are evaluated).
        fraction: Share of the training dialogues that is learnt from; validation and test stay.
        options: By corpus: keyword arguments of its ``load``, ``folder`` and ``vectors``.
    """

    corpora: tuple[str, ...]
    labels: str
    evaluated_on: tuple[str, ...] = ()
    learnt_from: tuple[str, ...] = ()
    limit: int | None = None
    protocol: str = "standard"
    folds: int | None = None
    tested: tuple[str, ...] = ()
    listed: str | None = None
    valid: float = 0.1
    targets: str = "single"
    fraction: float = 1.0
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelPart:
    """``[model]``: who learns, and the options that its plug-in defines.

    Args:
        recogniser: Plug-in of ``empathia.emotion``; "" where a generator learns.
        options: Its own.
        generator: Plug-in of ``empathia.replies``; "" where another kind learns.
        predictor: Plug-in of ``empathia.reaction``; "" likewise.
    """

    recogniser: str
    options: Mapping[str, Plain] = field(default_factory=dict)
    generator: str = ""
    predictor: str = ""


@dataclass(frozen=True, slots=True)
class ReactionPart:
    """``[reaction]``: what a predictor foretells of the next utterance of somebody else.

    Args:
        emotion: Whether its emotion is foretold, in ``data.labels``; always of the next utterance.
        targets: Features that are foretold.
        when: Whose features these are: "after", those of the next utterance; "while", those of its
            speaker who still listens, over the time and on the clock of what is said to them.
        direction: Who is reacted to by whom in the pairs that are asked about, as "F-M" or by
            speakers; "any-any" takes all. See :func:`empathia.bench.pairs.direction`.
        learn_from: Likewise of the pairs that are learnt from.
        labelled: Leave utterances without a gold label out before neighbours are looked for.
        gap: Longest silence (s) before the reaction; None for any.
        overlap: How long (s) it may run before the stimulus ends; None for any.
        recogniser: Plug-in of ``empathia.emotion`` whose reading of what was said so far a
            predictor may have as the feature "recognised"; of the training part it is by one that
            has not learnt from it. "" for none.
        recogniser_options: Its own.
        draws: How many plausible reactions each predictor gives; the first is its best.
        floors: Predictors whose answers stand beside.
    """

    emotion: bool = True
    targets: tuple[str, ...] = ()
    when: str = "after"
    direction: str = "any-any"
    learn_from: str = "any-any"
    labelled: bool = False
    gap: float | None = None
    overlap: float | None = None
    recogniser: str = ""
    recogniser_options: Mapping[str, Plain] = field(default_factory=dict)
    draws: int = 5
    floors: tuple[str, ...] = (
        "hold",
        "mean",
        "mirror",
        "random",
        "nearest",
        "prior",
        "tfidf",
    )


@dataclass(frozen=True, slots=True)
class TrainingPart:
    """``[training]``: how the fit loop goes.

    Args:
        select: Name of the validation metric that picks the best epoch; more is better.
        epochs: Times through the training data at most.
        batch: Items a step.
        lr: Highest learning rate of AdamW, after the warm-up.
        weight_decay: Decoupled weight decay of AdamW.
        warmup: Share of all steps in which the learning rate rises from 0; it then falls
            linearly to 0 at the last step.
        clip: Largest norm of the gradient.
        patience: Epochs without a better validation after which training stops.
        checkpoint_every: Steps between checkpoints; each epoch ends with one as well.
        threads: CPU threads; results are repeatable for one and the same number.
    """

    select: str
    epochs: int = 5
    batch: int = 32
    lr: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.1
    clip: float = 1.0
    patience: int = 2
    checkpoint_every: int = 200
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Run:
    """A run file.

    Args:
        name: Names the output folder; letters, digits, ``-``, ``_`` and ``.``.
        seed: Seeds the order of the data, the initial weights and dropout.
        seeds: Several trainings, one a seed; () takes ``seed`` alone.
        own_labels: ``[labels]``: label to what corpora call it; {} for a known set.
        features: ``[features]``: modality to names of features.
        normalise: ``[normalise]``: feature to the kind of its normaliser.
        data: ``[data]``.
        model: ``[model]``.
        training: ``[training]``.
        reaction: ``[reaction]``, for a predictor.
        about: One line for people.
        file: Where it was read from, for messages.
    """

    name: str
    seed: int
    data: DataPart
    model: ModelPart
    training: TrainingPart
    reaction: ReactionPart = field(default_factory=ReactionPart)
    about: str = ""
    seeds: tuple[int, ...] = ()
    own_labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    features: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    normalise: Mapping[str, str] = field(default_factory=dict)
    file: str = "run file"

    def settings(self) -> dict[str, Plain]:
        """All that decides the result, as plain values for JSON (without ``file``)."""
        values = dataclasses.asdict(self)
        del values["file"]
        for younger in ("learnt_from", "tested"):  # than runs that may be resumed
            if not values["data"][younger]:
                del values["data"][younger]
        for learner in ("generator", "predictor"):
            if not values["model"][learner]:
                del values["model"][learner]
        if not self.model.predictor:
            del values["reaction"]
        elif self.reaction.when == "after":  # likewise
            del values["reaction"]["when"]
        return values
