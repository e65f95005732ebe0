"""What a talk tells of: the likeliest of 32 emotions of what a reply answers, not of the reply.

A kept model of the recogniser ``text`` (runs/judge-emotion.toml) reads the context, as people
wrote situations down in EmpatheticDialogues. What is felt stands there: a reply rarely shows a
feeling of its own, and a good one to a sad story is not a sad one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from empathia import weights
from empathia.contracts import Recogniser
from empathia.training import keeping
from empathia.types import Empathy, Sample

NAME = "judge-emotion"


def load(folders: Sequence[Path] = (), threads: int | None = None) -> EmotionJudge:
    """The judge that ships.

    Args:
        folders: Of models of elements; of no use here.
        threads: Threads of the encoder; None takes all cores.

    Raises:
        WeightsError: It or its encoder is missing or damaged.
    """
    return EmotionJudge(keeping.load(weights.folder(NAME), threads))


@dataclass(frozen=True, slots=True)
class EmotionJudge:
    """Judges the emotion of contexts; see :class:`empathia.contracts.Judge`.

    Args:
        recogniser: Reads one text at a time.
    """

    recogniser: Recogniser

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Empathy]:
        """The emotion of each context with words, which is read once for all of its replies."""
        texts = list(dict.fromkeys(context for context, _ in pairs if context.strip()))
        said = self.recogniser.recognise([[Sample(t, t)] for t in texts])
        found = {text: row[0] for text, row in zip(texts, said, strict=True)}
        return [Empathy(emotion=found.get(context)) for context, _ in pairs]
