"""Which of seven broad tones a label has, so that replies fit every label set."""

from __future__ import annotations

from collections.abc import Mapping

from empathia.labels import EKMAN7
from empathia.labels.projections import (
    ED_TO_EKMAN,
    GOEMOTIONS_TO_EKMAN,
    RAVDESS_TO_EKMAN,
    XED_TO_EKMAN,
)
from empathia.types import Emotion

NEGATIVE = frozenset({"sadness", "anger", "fear", "disgust"})

_MORE = {
    "sad": "sadness",
    "angry": "anger",
    "frustrated": "anger",
    "frustration": "anger",
    "excited": "joy",
    "happiness": "joy",
    "boredom": "neutral",
}


def _known() -> Mapping[str, str]:
    known = {x: x for x in EKMAN7}
    for projection in (ED_TO_EKMAN, GOEMOTIONS_TO_EKMAN, RAVDESS_TO_EKMAN, XED_TO_EKMAN):
        known.update({s: t for s, t in projection.table.items() if t is not None})
    return {**known, **_MORE}


_TONES = _known()


def tone(emotion: Emotion | None) -> str | None:
    """One of the labels of EKMAN7; None where nothing was recognised or the label is unknown."""
    if emotion is None or emotion.label is None:
        return None
    return tone_of(emotion.label)


def tone_of(label: str) -> str | None:
    """One of the labels of EKMAN7 for a label of any set; None where it is not known."""
    return _TONES.get(label.lower())


def sureness(emotion: Emotion | None) -> str:
    """How far to commit oneself: "sure", "unsure" or "none"."""
    if tone(emotion) is None or emotion is None or emotion.confidence is None:
        return "none"
    if emotion.confidence >= 0.6:
        return "sure"
    return "unsure" if emotion.confidence >= 0.35 else "none"


def mood_of(kind: str | None) -> str:
    """Whether a tone is "good" or "bad" for who has it; "any" where it may be both, or neither."""
    if kind in NEGATIVE:
        return "bad"
    return "good" if kind == "joy" else "any"


def hardship(emotion: Emotion | None) -> float:
    """How probable it is that somebody has a hard time, whichever, in [0, 1]; 0 if not known."""
    if emotion is None or emotion.label is None or not emotion.scores:
        return 0.0
    named = zip(emotion.labels, emotion.scores, strict=True)
    return float(sum(score for label, score in named if tone_of(label) in NEGATIVE))
