"""What is felt, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Score:
    """A measured number, its 95 % interval where known, on n items of a slice of the data."""

    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0
    slice: str = "all"
