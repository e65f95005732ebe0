"""How often each label comes up in a kind of text, and scores that are moved from one to another.

What a recogniser believes rests on how often it met each label: people who comment are glad in
more than a third of what they write, people who talk in a sixth. Scores whose *prior* is known are
moved to that of the text that is read: ``p(label) ∝ p(label) * wanted(label) / assumed(label)``
(Saerens et al., Neural Computation 2002).
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path

from empathia.errors import UsageError
from empathia.labels import EKMAN7, LabelSet
from empathia.types import About, Emotion

BALANCED = "balanced"
_SMALLEST = 1e-6
# How often the labels of ekman7 are given in everyday written dialogue (DailyDialog, 102,979 turns;
# Li et al., IJCNLP 2017), which nothing here learns from or is measured on, and in the training
# part of GoEmotions (43,410 comments; one with several labels counts as a part of each).
EVERYDAY = (85572, 12885, 1150, 1022, 174, 353, 1823)
_COMMENTS = (0.3114, 0.3756, 0.0642, 0.1135, 0.0145, 0.0148, 0.1061)
# One talk is not like the other: what is taken is a tenth of the way (of logarithms) from even
# shares to those, of comments a fifth. All of it calls nearly all calibrated words neutral
# (docs/experiments.md).
KINDS: Mapping[str, Mapping[str, float]] = {
    kind: {x: s**power for x, s in zip(EKMAN7, table, strict=True)}
    for kind, table, power in (("talk", EVERYDAY, 1 / 10), ("comments", _COMMENTS, 1 / 5))
}


def check(prior: str | Path) -> None:
    """Find out whether there is such a prior, before any work is done.

    Raises:
        UsageError: It is no kind of text and no file, or the file holds no shares.
    """
    if str(prior) not in (*KINDS, BALANCED):
        _read(Path(prior))


def shares(prior: str | Path, labels: LabelSet) -> tuple[float, ...] | None:
    """What share of the turns each label has; None where a kind of text does not tell.

    Args:
        prior: "talk", "comments", "balanced", or a JSON file ``{label: share}``.
        labels: The labels that are asked about; others are left out.

    Returns:
        Positive shares in the order of the labels, which sum to 1.

    Raises:
        UsageError: There is no such prior, or the file lacks a label.
    """
    if str(prior) == BALANCED:
        return (1 / len(labels),) * len(labels)
    table = KINDS.get(str(prior))
    if table is None:
        table = _read(Path(prior))
        if missing := [x for x in labels if x not in table]:
            raise UsageError(
                f"the prior in '{prior}' says nothing of {', '.join(missing)}, which is told apart",
                f"Give a share for each of {', '.join(labels)}",
            )
    if any(x not in table for x in labels):
        return None
    total = sum(table[x] for x in labels)
    return tuple(table[x] / total for x in labels)


def _read(path: Path) -> dict[str, float]:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        positive = all(x > 0 for x in table.values()) and math.isfinite(math.fsum(table.values()))
    except (OSError, ValueError, AttributeError, TypeError, OverflowError) as error:
        raise UsageError(
            f"the prior '{path}' is no kind of text ({', '.join((*KINDS, BALANCED))}) and no file "
            f"of shares ({getattr(error, 'strerror', None) or ' '.join(str(error).split())})",
            'Name one, or a JSON file such as {"neutral": 0.5, "joy": 0.5}',
        ) from error
    if not (table and positive):
        raise UsageError(
            f"the prior in '{path}' has a share that is not above 0", "Give each label some share"
        )
    return dict(table)


@dataclasses.dataclass(frozen=True, slots=True)
class Prior:
    """The prior of a reading.

    Args:
        named: "talk", "comments", "balanced" or a JSON file; None takes that of talk for the
            recognisers that ship, and leaves others as they are.
    """

    named: str | Path | None = None

    def shares(self, labels: LabelSet, *, shipped: bool) -> tuple[float, ...] | None:
        """Wanted shares, or None where scores stay as they are.

        Raises:
            UsageError: The prior that was named says nothing of a label.
        """
        if self.named is None:
            return shares("talk", labels) if shipped else None
        wanted = shares(self.named, labels)
        if wanted is None:
            raise UsageError(
                f"the prior '{self.named}' is one of {', '.join(EKMAN7)}, and {', '.join(labels)} "
                "are told apart",
                "Give balanced, or a JSON file with a share of each",
            )
        return wanted

    def applied(self, emotion: Emotion, about: About, *, shipped: bool) -> Emotion:
        """What a recogniser says, were labels as frequent as they are here.

        Args:
            emotion: Its answer.
            about: What it is; without a ``prior`` of its own its answer stays.
            shipped: Whether it is one of those that read where none is named.
        """
        if not (emotion.scores and emotion.exclusive and about.prior):
            return emotion
        wanted = self.shares(emotion.labels, shipped=shipped)
        return emotion if wanted is None else moved(emotion, about.prior, wanted, about.worth)


def moved(
    emotion: Emotion, assumed: tuple[float, ...], wanted: tuple[float, ...], worth: float = 1.0
) -> Emotion:
    """Exclusive scores, moved from one prior to another.

    ``p(label) ∝ wanted(label) * (p(label) / assumed(label)) ** worth``. Where the recogniser found
    its own scores too unsure, these are others: whether they are sure enough is for the fusion.

    Args:
        emotion: With scores that sum to 1.
        assumed: (labels,) positive shares that the scores rest on.
        wanted: (labels,) positive shares that they are to rest on.
        worth: Power of what the scores add to their prior, above 0.

    >>> even = Emotion("text", LabelSet("two", ("a", "b")), (0.5, 0.5))
    >>> moved(even, (0.5, 0.5), (0.75, 0.25)).scores
    (0.75, 0.25)
    """
    scores = zip(emotion.scores, assumed, wanted, strict=True)
    raw = [w * (max(p, _SMALLEST) / a) ** worth for p, a, w in scores]
    total = sum(raw)
    return dataclasses.replace(emotion, scores=tuple(x / total for x in raw), abstained=None)
