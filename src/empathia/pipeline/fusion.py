"""Several sources say what an utterance expresses: one answer out of them.

A log-linear pool: ``p(label) ∝ product over sources of p_source(label) ** weight``.
A source that abstained, or isn't there, is absent: it changes nothing, as does
one that finds all labels equally likely. The order of the sources does not
matter.

The weights are a prior, not a fit, since no public data holds sound, words and
labels of everyday talk together. Words count 1. The voice counts as much as it
knows of corpora that it did not learn from: its mean recall there above chance,
(UAR - 1/4) / (3/4) over four shared labels (``benchmarks/voice.py`` prints it).
That is on top of its confidence, which is fitted on the same corpora. What comes
out is therefore never called calibrated; ``benchmarks/fusion.py`` checks on
IEMOCAP's table that such a weight does not harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

import numpy as np

from empathia.errors import LabelError, UsageError
from empathia.metrics.pool import log_pool
from empathia.types import Emotion

SOURCE = "fusion"
PRIOR: Mapping[str, float] = {"text": 1.0, "voice": 0.3}
"""Weight of a source whose weight is not given; a source that is not named here counts 1."""
THRESHOLD = 0.37
"""Confidence under which the pool abstains: where the shipped sources do as well."""


def fuse(emotions: Mapping[str, Emotion], weights: Mapping[str, float] | None = None) -> Emotion:
    """What all sources together say.

    Args:
        emotions: What each source says, by source; all over the same label set.
        weights: Weight of a source, at least 0; sources that are not named take :data:`PRIOR`.

    Returns:
        An emotion whose source names the sources that counted ("fusion of text, voice"). One
        that counts alone passes through unchanged. If all abstained, so does the fusion, with
        their reasons; and it abstains where its label is no source's, or under :data:`THRESHOLD`.

    Raises:
        LabelError: The sources have different labels, or independent scores.
        UsageError: There is no source, or a weight is negative or not finite.
    """
    if not emotions:
        raise UsageError("fusion needs at least one source, found none", "Give one")
    names = sorted(emotions)
    weight = {name: _weight(name, weights) for name in names}
    _check(emotions, names)
    labels = emotions[names[0]].labels
    counted = [n for n in names if emotions[n].abstained is None and weight[n] > 0]
    if not counted:
        reasons = (f"{n}: {emotions[n].abstained or 'weight 0'}" for n in names)
        return Emotion(SOURCE, labels, abstained="; ".join(reasons))
    source = f"{SOURCE} of {', '.join(counted)}"
    if len(counted) == 1:
        only = emotions[counted[0]]
        return Emotion(source, labels, only.scores, only.exclusive, only.vad)
    p = log_pool([np.array(emotions[n].scores) for n in counted], [weight[n] for n in counted])
    vad = _vad([(weight[n], emotions[n].vad) for n in counted])
    predicted = {emotions[n].label for n in counted}
    reason = _unsure(labels.labels[int(p.argmax())], float(p.max()), predicted)
    return Emotion(source, labels, tuple(float(x) for x in p), vad=vad, abstained=reason)


def _unsure(label: str, confidence: float, predicted: Set[str | None]) -> str | None:
    """The reason why the pool does not commit itself, or None."""
    if label not in predicted:
        return f"the sources disagree, and together lean to what none of them says ({label})"
    if confidence < THRESHOLD:
        return f"too unsure together ({confidence:.2f}, needs {THRESHOLD:.2f})"
    return None


def _weight(name: str, weights: Mapping[str, float] | None) -> float:
    given = {} if weights is None else weights
    value = float(given.get(name, PRIOR.get(name, 1.0)))
    if not (np.isfinite(value) and value >= 0):
        raise UsageError(f"the weight of '{name}' is {value}, expected 0 or more", "Mend it")
    return value


def _check(emotions: Mapping[str, Emotion], names: list[str]) -> None:
    first = emotions[names[0]]
    for name in names:
        emotion = emotions[name]
        if emotion.labels != first.labels:
            raise LabelError(
                f"'{names[0]}' speaks of '{first.labels.name}' and '{name}' of "
                f"'{emotion.labels.name}'; they cannot be fused",
                "Project one onto the other's labels first",
            )
        if emotion.scores and not emotion.exclusive and len(names) > 1:
            raise LabelError(
                f"'{name}' gives independent scores, which have no log-linear pool",
                "Give exclusive scores",
            )


def _vad(
    parts: list[tuple[float, tuple[float, float, float] | None]],
) -> tuple[float, float, float] | None:
    """Weighted mean of what is known of valence, arousal, dominance."""
    known = [(w, v) for w, v in parts if v is not None]
    if not known:
        return None
    mean = np.average([v for _, v in known], axis=0, weights=[w for w, _ in known])
    return float(mean[0]), float(mean[1]), float(mean[2])
