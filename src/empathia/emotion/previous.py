"""Copies the speaker's previous gold label: no recogniser, but a detector of leaks.

It shows how far label inertia alone goes (71.5 weighted F1 on IEMOCAP-6). A
recogniser that comes near it may have seen gold labels in its history. It reads
gold at prediction, so no table may list it among recognisers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from empathia.config import Scalar
from empathia.emotion.majority import shares
from empathia.errors import ConfigError
from empathia.training.problem import Conversation, Problem, Scores

NAME = "previous"
NEEDS: tuple[str, ...] = ()
READS_GOLD = True
OPTIONS: Mapping[str, Scalar] = {
    "speaker": True,  # the same speaker's previous label, else the previous one of anybody
}


@dataclass(frozen=True, slots=True)
class Copier:
    """Says what was right the last time; see :class:`empathia.training.problem.Learnt`.

    Args:
        first: Scores where there is no last time: class shares of the training part.
        row: Scores of each label, one-hot.
        speaker: Whose last label is copied: the speaker's own, else anybody's.
    """

    first: tuple[float, ...]
    row: Mapping[str, tuple[float, ...]]
    speaker: bool
    causal: bool = True
    record: Mapping[str, Any] = field(default_factory=dict)

    def predict(self, dialogues: Sequence[Conversation], gold: Mapping[str, str]) -> Scores:
        """Scores of every sample.

        Args:
            dialogues: In time order.
            gold: Utterance id to its gold label; utterances without one are passed over.
        """
        found: dict[str, tuple[float, ...]] = {}
        for dialogue in dialogues:
            last: dict[str | None, tuple[float, ...]] = {}
            for sample in dialogue:
                who = sample.speaker if self.speaker else None
                found[sample.id] = last.get(who, self.first)
                if sample.id in gold:
                    last[who] = self.row[gold[sample.id]]
        return found


def learn(problem: Problem) -> Copier:
    """Nothing is learnt but the class shares, for where there is nothing to copy.

    Raises:
        ConfigError: Labels are independent: there is no one label to copy.
    """
    if not problem.exclusive:
        raise ConfigError(
            "recogniser 'previous' copies one label, data.targets allows several",
            "Set data.targets = 'single'",
        )
    row = {x: tuple(float(x == y) for y in problem.labels) for x in problem.labels}
    return Copier(shares(problem), row, bool(problem.options["speaker"]))
