"""A trained recogniser: how it answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from empathia.contracts import Recogniser
from empathia.errors import LabelError, UsageError
from empathia.files import Plain
from empathia.metrics.thresholds import fallen_short, rounded_up
from empathia.training.problem import Conversation, Problem, Scores
from empathia.types import About, Emotion, Reason, Sample

NOTHING = "nothing to judge by"
NO_LABEL = "the answer is no label"
_ROUNDING = 1e-6  # by which a score may lie outside [0, 1]
_PRESENT = 0.5  # score from which an independent label is there, as in the bench

Answer = Callable[[Sequence[Conversation]], Scores]
"""Scores of every sample that can be judged, by utterance id: (labels,) numbers in [0, 1]; ()
where there was an answer that is no label."""
Some = Callable[[Sequence[Conversation], Collection[str]], Scores]
"""Likewise of some alone, by their ids."""
Affect = Callable[[Sequence[Conversation]], Mapping[str, tuple[float, float, float]]]
"""Valence, arousal and dominance in [-1, 1] of every such sample, by utterance id."""
Reasons = Callable[[Sequence[Conversation], Collection[str]], Mapping[str, Reason]]
"""Why it says so of some turns, by id; those of which it says nothing are left out."""


@dataclass(frozen=True, slots=True)
class Model:
    """A recogniser made of functions; the :class:`~empathia.contracts.Recogniser` of ours.

    Args:
        about: What it is.
        answer: Scores by utterance id; a sample that it cannot judge is left out.
        record: What is worth keeping beside the figures: the course of the training, the chosen
            penalty.
        write: Writes what ``load`` of the plug-in needs; None where it cannot be kept.
        cannot: Why a sample is not to be judged, or None.
        threshold: Confidence in [0, 1] under which it abstains (exclusive labels).
        before_refit: Who answers to the validation part, where this one has learnt from it.
        affect: Tells valence, arousal and dominance; None where it learnt none.
        reasons: Tells why; None where it cannot.
        some: Answers of some samples alone; None where those of all cost no more.
    """

    about: About
    answer: Answer
    record: Mapping[str, Plain] = field(default_factory=dict)
    write: Callable[[Path], None] | None = None
    cannot: Callable[[Sample], str | None] = lambda _: None
    threshold: float = 0.0
    before_refit: Model | None = None
    affect: Affect | None = None
    reasons: Reasons | None = None
    some: Some | None = None

    def only(self, wanted: Collection[str]) -> Model:
        """The same, that answers of these ids alone, where that is less work."""
        some = self.some
        if some is None:
            return self
        return dataclasses.replace(self, answer=lambda dialogues: some(dialogues, wanted))

    def recognise(self, dialogues: Sequence[Sequence[Sample]]) -> list[list[Emotion]]:
        """One emotion a sample, dialogue by dialogue; see the contract."""
        asked = any(map(len, dialogues))
        scores = self.answer(dialogues) if asked else {}
        vad = self.affect(dialogues) if asked and self.affect is not None else {}
        return [[self._emotion(s, scores.get(s.id), vad.get(s.id)) for s in d] for d in dialogues]

    def save(self, folder: Path) -> None:
        """Write what was learnt into a folder that is there.

        Raises:
            UsageError: It cannot be kept.
        """
        if self.write is None:
            raise UsageError(
                f"recogniser '{self.about.name}' cannot be kept", "Train one that can be kept"
            )
        self.write(folder)

    def _emotion(
        self,
        sample: Sample,
        row: Sequence[float] | None,
        vad: tuple[float, float, float] | None = None,
    ) -> Emotion:
        name, labels = self.about.name, self.about.labels
        reason = self.cannot(sample)
        if reason is not None or row is None:
            return Emotion(name, labels, abstained=reason or NOTHING)
        if not len(row):
            return Emotion(name, labels, abstained=NO_LABEL)
        if not all(-_ROUNDING <= x <= 1 + _ROUNDING for x in row):
            raise LabelError(
                f"recogniser '{name}' gave '{sample.id}' the scores {tuple(map(float, row))}, "
                f"expected {len(labels)} in [0, 1]",
                "Mend the plug-in",
            )
        scores = tuple(min(1.0, max(0.0, float(x))) for x in row)
        top = max(scores)
        if self.about.exclusive and top < self.threshold:
            share, needed = fallen_short(top, self.threshold), rounded_up(self.threshold)
            reason = f"too unsure ({share}, needs {needed})"
        elif not self.about.exclusive and top < _PRESENT:
            reason = f"no label is likelier than not ({fallen_short(top, _PRESENT)} at most)"
        return Emotion(name, labels, scores, self.about.exclusive, vad, reason)


def only(recogniser: Recogniser, wanted: Collection[str] | None) -> Recogniser:
    """A recogniser that, where it can, leaves out all that is not wanted.

    Args:
        recogniser: Any.
        wanted: Ids; None for all.
    """
    narrow = None if wanted is None else getattr(recogniser, "only", None)
    narrower: Recogniser = recogniser if narrow is None else narrow(wanted)
    return narrower


def scores_of(
    recogniser: Recogniser,
    dialogues: Sequence[Conversation],
    wanted: Collection[str] | None = None,
    *,
    unparsed: bool = False,
) -> Scores:
    """What a recogniser scored, by utterance id; also where it did not commit itself.

    Args:
        recogniser: Is asked.
        dialogues: Whole, in time order each.
        wanted: Ids that are asked about; None for all.
        unparsed: Have () where its answer was no label, too.
    """
    emotions = only(recogniser, wanted).recognise(dialogues)
    return {
        s.id: e.scores
        for d, row in zip(dialogues, emotions, strict=True)
        for s, e in zip(d, row, strict=True)
        if (e.scores or (unparsed and e.abstained == NO_LABEL))
        and (wanted is None or s.id in wanted)
    }


def about(
    problem: Problem,
    name: str,
    *,
    causal: bool = True,
    features: bool = True,
    languages: tuple[str, ...] = (),
) -> About:
    """What is known of a recogniser that a problem teaches.

    Args:
        problem: What it learnt from.
        name: Of the plug-in.
        causal: Whether its answers depend on nothing after the utterance.
        features: Whether it reads features, else words alone.
        languages: ISO 639-1 codes of what it reads; () for any.
    """
    names = [n for names in problem.modalities.values() for n in names] if features else []
    return About(
        name,
        problem.labels,
        problem.exclusive,
        causal,
        languages=languages,
        features=tuple(dict.fromkeys(names)),
    )
