"""What is felt, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from empathia.errors import LabelError
from empathia.labels import LabelSet


@dataclass(frozen=True, slots=True)
class Emotion:
    """What one source takes the emotion of an utterance to be.

    Args:
        source: Who says so: "text", "voice", "fusion", a plug-in's name.
        labels: The label set.
        scores: One a label in [0, 1]; () where the source abstained without looking.
        exclusive: Scores sum to 1 (one emotion), else they are independent.
        vad: Valence, arousal, dominance in [-1, 1], or None.
        abstained: Why the source does not commit itself, or None.
    """

    source: str
    labels: LabelSet
    scores: tuple[float, ...] = ()
    exclusive: bool = True
    vad: tuple[float, float, float] | None = None
    abstained: str | None = None

    def __post_init__(self) -> None:
        if not self.scores:
            if self.abstained is None:
                raise LabelError(
                    f"'{self.source}' gave neither scores nor a reason to abstain",
                    "Give one of the two",
                )
            return
        if len(self.scores) != len(self.labels):
            raise LabelError(
                f"'{self.source}' gave {len(self.scores)} scores for "
                f"{len(self.labels)} labels of '{self.labels.name}'",
                "Give one score a label",
            )
        if not all(0 <= s <= 1 for s in self.scores):
            raise LabelError(f"'{self.source}' gave scores outside [0, 1]", "Normalise them")
        if self.exclusive and abs(sum(self.scores) - 1) > 1e-3:
            raise LabelError(
                f"exclusive scores of '{self.source}' sum to {sum(self.scores):.4f}",
                "Normalise them to 1",
            )

    def _ranked(self) -> list[tuple[float, str]]:
        return sorted(zip(self.scores, self.labels, strict=True), key=lambda x: -x[0])

    @property
    def label(self) -> str | None:
        """The most likely label; None where the source abstained."""
        return None if self.abstained is not None or not self.scores else self._ranked()[0][1]

    @property
    def confidence(self) -> float | None:
        """Score of the most likely label, also where the source abstained after looking."""
        return self._ranked()[0][0] if self.scores else None

    @property
    def runner_up(self) -> tuple[str, float] | None:
        """The second most likely label and its score."""
        if len(self.scores) < 2:
            return None
        score, label = self._ranked()[1]
        return label, score

    def score(self, label: str) -> float:
        """Score of one label; 0 where nothing was scored is an error, not a number.

        Raises:
            LabelError: The label is unknown or the source gave no scores.
        """
        if not self.scores:
            raise LabelError(f"'{self.source}' gave no scores", "Look at 'abstained' first")
        return self.scores[self.labels.index(label)]


ELEMENTS = ("reaction", "interpretation", "exploration")
"""Ways in which a reply is empathic: it feels with somebody, understands, asks for more."""
LEVELS = ("none", "weak", "strong")
"""How much of one there is."""


@dataclass(frozen=True, slots=True)
class Element:
    """How much of one element of empathy a reply has.

    Args:
        scores: Of each of :data:`LEVELS`, in [0, 1]; they sum to 1.
        evidence: Places in the reply's text, (start, end) in characters, that carry the level; in
            order, () where there is none.
    """

    scores: tuple[float, float, float]
    evidence: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if len(self.scores) != len(LEVELS) or not all(0 <= s <= 1 for s in self.scores):
            raise LabelError(
                f"an element of empathy has the scores {self.scores}, expected {len(LEVELS)} in "
                "[0, 1]",
                "Give one a level",
            )
        if abs(sum(self.scores) - 1) > 1e-3:
            raise LabelError(
                f"scores of an element of empathy sum to {sum(self.scores):.4f}",
                "Normalise them to 1",
            )

    @property
    def level(self) -> int:
        """The likeliest level, from 0; the lower one of equals."""
        return self.scores.index(max(self.scores))

    @property
    def confidence(self) -> float:
        """Score of the likeliest level."""
        return max(self.scores)

    @property
    def expected(self) -> float:
        """The mean level under the scores, in [0, 2]: what ranks replies."""
        return self.scores[1] + 2 * self.scores[2]


@dataclass(frozen=True, slots=True)
class Empathy:
    """What judges take a reply to be; estimates of how it reads.

    Args:
        elements: By :data:`ELEMENTS`' names, those that were judged.
        sentiment: From -1 (bad) to 1 (good); None where it was not judged.
        emotion: Of what is replied to; None where it was not judged.

    Raises:
        LabelError: An element or the sentiment cannot be.
    """

    elements: Mapping[str, Element] = field(default_factory=dict)
    sentiment: float | None = None
    emotion: Emotion | None = None

    def __post_init__(self) -> None:
        if strange := set(self.elements) - set(ELEMENTS):
            raise LabelError(
                f"'{min(strange)}' is no element of empathy (known: {', '.join(ELEMENTS)})",
                "Name one of these",
            )
        if self.sentiment is not None and not -1 <= self.sentiment <= 1:
            raise LabelError(f"the sentiment is {self.sentiment}", "Give one in [-1, 1]")

    @property
    def expected(self) -> float | None:
        """Sum of the elements' mean levels, in [0, 2] each; None where none was judged."""
        return sum(e.expected for e in self.elements.values()) if self.elements else None


@dataclass(frozen=True, slots=True)
class Score:
    """A measured number, its 95 % interval where known, on n items of a slice of the data."""

    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0
    slice: str = "all"
