"""Our labels as the 48 that clients expect: by name, with 0 for what nobody measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from empathia.files import Plain

NAMES = (
    "Admiration", "Adoration", "Aesthetic Appreciation", "Amusement", "Anger", "Anxiety", "Awe",
    "Awkwardness", "Boredom", "Calmness", "Concentration", "Confusion", "Contemplation", "Contempt",
    "Contentment", "Craving", "Desire", "Determination", "Disappointment", "Disgust", "Distress",
    "Doubt", "Ecstasy", "Embarrassment", "Empathic Pain", "Entrancement", "Envy", "Excitement",
    "Fear", "Guilt", "Horror", "Interest", "Joy", "Love", "Nostalgia", "Pain", "Pride",
    "Realization", "Relief", "Romance", "Sadness", "Satisfaction", "Shame", "Surprise (negative)",
    "Surprise (positive)", "Sympathy", "Tiredness", "Triumph",
)  # fmt: skip
"""What must be there, floats all of them."""
_SAME: Mapping[str, tuple[str, ...]] = {
    "surprise": ("Surprise (negative)", "Surprise (positive)"),  # which of them nobody heard
    "happy": ("Joy",),
    "sad": ("Sadness",),
    "angry": ("Anger",),
    "excited": ("Excitement",),
    "frustrated": ("Distress",),
    **{name.lower(): (name,) for name in NAMES},
}


def prosody(emotion: Mapping[str, Plain] | None) -> dict[str, dict[str, float]] | None:
    """``models.prosody`` of a turn's emotion, as :mod:`empathia.types.wire` writes it.

    A label of the same name has its probability; "surprise" gives half of it to either surprise,
    since nobody tells them apart; "neutral" is none of the 48, so its share is left out.

    Args:
        emotion: Of a turn, or None.

    Returns:
        None where nothing was judged, or nobody was sure enough.
    """
    scores = None if emotion is None or emotion.get("abstained") else emotion.get("scores")
    if not isinstance(scores, Mapping):
        return None
    made = dict.fromkeys(NAMES, 0.0)
    for label, share in scores.items():
        names: Sequence[str] = _SAME.get(label, ())
        for name in names:
            if isinstance(share, int | float):
                made[name] += share / len(names)
    return {"scores": made}
