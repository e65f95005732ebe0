"""What a recogniser scored, by utterance id."""

from __future__ import annotations

from collections.abc import Sequence

from empathia.contracts import Recogniser
from empathia.types import Sample


def predict(
    recogniser: Recogniser, dialogues: Sequence[Sequence[Sample]]
) -> dict[str, tuple[float, ...]]:
    """Scores of every sample that could be judged."""
    emotions = recogniser.recognise(dialogues)
    return {
        s.id: e.scores
        for d, row in zip(dialogues, emotions, strict=True)
        for s, e in zip(d, row, strict=True)
        if e.scores
    }
