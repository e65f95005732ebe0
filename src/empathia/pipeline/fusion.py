"""Several sources say what an utterance expresses: one answer out of them, or none.

``p(label) ∝ prior(label) * product over sources of (p_source(label) / prior(label)) ** weight``:
a log-linear pool of what each source adds to the prior of the text, which counts once. A source
that abstained, or isn't there, is absent: it changes nothing, as does one that says what the prior
says. The order of the sources does not matter.

Weights, and how often answers as sure are wrong (``About.risks``), are fitted on conversations of
corpora that no source has seen (``benchmarks/fusion.py`` prints them): the words, moved to the
prior of talk, count as they are; the voice counts little, also where it is alone, so that it can
hardly be sure. The face could not be fitted, for want of conversations with a picture: it counts
half as much as the voice, and where others were asked and say nothing it decides nothing. Several
recognisers of the user share one weight: they may well have heard the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from empathia.errors import LabelError, UsageError
from empathia.metrics.scores import softmax
from empathia.metrics.thresholds import fallen_short, rounded_up
from empathia.types import Emotion

SOURCE = "fusion"
Risks = Sequence[tuple[float, float]]
WEIGHTS: Mapping[str, float] = {"text": 1.0, "voice": 0.3, "face": 0.15}
"""Weights of the sources that ship; others share a weight of 1."""
RISK = 0.5
"""Share of the answers that may be wrong where nothing else is said."""
_UNMEASURED = "face"  # how often it is right in conversation nobody knows
_ROUNDING = 1e-9  # between shares that are as good as the same
_SMALLEST = 1e-6  # no source alone can rule a label out
_MORE = 0.05  # of the way from chance to certainty: less is no answer
_CALLED = {"text": "the words say", "voice": "the voice says", "face": "the face says"}


def fuse(
    emotions: Mapping[str, Emotion],
    weights: Mapping[str, float] | None = None,
    *,
    prior: Sequence[float] | None = None,
    risk: float | None = None,
    risks: Mapping[str, Risks] | None = None,
) -> Emotion:
    """What all sources together say.

    Args:
        emotions: What each source says, by source; all over the same label set.
        weights: Weight of a source, at least 0; sources that are not named take :data:`WEIGHTS`.
        prior: (labels,) positive shares that sum to 1, which the sources' scores assume; None
            takes all labels for as frequent.
        risk: Share of answers that may be wrong, in (0, 1); None takes :data:`RISK`.
        risks: Of each source the confidences from which on a share of its answers is wrong. Those
            of the weightiest source that counts decide, of several that weigh the same the
            strictest. Where they are not known, its confidence is believed if ``risk`` is given,
            and else every answer stands.

    Returns:
        An emotion whose source names the sources that counted ("fusion of text, voice"). If all
        abstained, so does the fusion, with their reasons; and it abstains where its label is no
        source's, is hardly likelier than by chance, or where answers as unsure are wrong too often.

    Raises:
        LabelError: The sources have different labels, or several of them independent scores.
        UsageError: There is no source, or a weight is negative or not finite.
    """
    if not emotions:
        raise UsageError("fusion needs at least one source, found none", "Give one")
    names = sorted(emotions, key=lambda n: (-WEIGHTS.get(n, 1.0), n))
    spoke = [n for n in names if emotions[n].abstained is None]
    weight = _weights(names, spoke, weights or {})
    _check(emotions, names)
    labels = emotions[names[0]].labels
    counted = [n for n in spoke if weight[n] > 0]
    if not counted:
        reasons = (f"{n}: {emotions[n].abstained or 'weight 0'}" for n in names)
        return Emotion(SOURCE, labels, abstained="; ".join(reasons))
    heard = {n: emotions[n] for n in counted}
    vad = _vad([(weight[n], e.vad) for n, e in heard.items()])
    source = f"{SOURCE} of {', '.join(counted)}"
    only = heard[counted[0]]
    if len(counted) == 1 and weight[counted[0]] == 1:
        scores, exclusive = only.scores, only.exclusive
    else:
        scores, exclusive = _pooled(heard, weight, prior), True
    joined = Emotion(source, labels, scores, exclusive, vad)
    if counted == [_UNMEASURED] and len(names) > 1:
        reason: str | None = f"{_said(heard)}; how often that alone is right is not known"
    else:
        needed = _needed({n: weight[n] for n in counted}, risk, risks or {})
        reason = _unsure(joined, heard, needed)
    return joined if reason is None else Emotion(source, labels, scores, exclusive, vad, reason)


def _pooled(
    heard: Mapping[str, Emotion], weight: Mapping[str, float], prior: Sequence[float] | None
) -> tuple[float, ...]:
    size = len(next(iter(heard.values())).labels)
    base = np.log(np.full(size, 1 / size) if prior is None else np.array(prior))
    added = [weight[n] * (np.log(np.maximum(e.scores, _SMALLEST)) - base) for n, e in heard.items()]
    return tuple(float(x) for x in softmax(base + sum(added)))


def confidence_for(risk: float, risks: Risks) -> float:
    """The lowest confidence from which on so many answers are wrong; above 1 where none is.

    Args:
        risk: Share of answers that may be wrong, in (0, 1).
        risks: Confidences, each with the share of answers from it on that are wrong.
    """
    enough = [confidence for confidence, wrong in risks if wrong <= risk]
    return min(enough, default=1.01)


def _needed(counted: Mapping[str, float], risk: float | None, risks: Mapping[str, Risks]) -> float:
    """The confidence that an answer of sources with these weights needs."""
    decide = [risks.get(n, ()) for n, w in counted.items() if w == max(counted.values())]
    if all(decide):
        return max(confidence_for(RISK if risk is None else risk, known) for known in decide)
    return 0.0 if risk is None else 1 - risk


def _unsure(joined: Emotion, heard: Mapping[str, Emotion], needed: float) -> str | None:
    """The reason why the pool does not commit itself, or None."""
    label, confidence = joined.label, joined.confidence or 0.0
    if not any(_says(e, label) for e in heard.values()):
        if len(heard) == 1:
            return f"{_said(heard)}; that alone is right too seldom to go by"
        return f"{_said(heard)}; together they lean to {label}, which none of them says"
    chance = _by_chance(len(joined.labels))
    if joined.exclusive and confidence < chance:
        return f"{label} is hardly likelier than by chance ({fallen_short(confidence, chance)})"
    if confidence >= needed:
        return None
    share = fallen_short(confidence, needed)
    bound = f"needs {rounded_up(needed)}" if needed <= 1 else "no answer is sure enough"
    if len({e.label for e in heard.values()}) > 1:
        return f"{_said(heard)}; together {label} is too unsure ({share}, {bound})"
    return f"{label} is too unsure ({share}, {bound})"


def _says(emotion: Emotion, label: str | None) -> bool:
    """Whether no other label is likelier by more than rounding."""
    return label is not None and max(emotion.scores) - emotion.score(label) < _ROUNDING


def _by_chance(labels: int) -> float:
    """The confidence that an answer has without knowing anything, and a little."""
    return 1 / labels + _MORE * (1 - 1 / labels)


def _said(heard: Mapping[str, Emotion]) -> str:
    """``the words say joy (62 %), the voice says anger (41 %)``."""
    return ", ".join(
        f"{_CALLED.get(n, f'{n} says')} {e.label} ({_percent(e.confidence or 0.0)})"
        for n, e in heard.items()
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _weights(
    names: Sequence[str], spoke: Sequence[str], given: Mapping[str, float]
) -> dict[str, float]:
    own = [n for n in spoke if n not in WEIGHTS and n not in given]
    weights = {n: float(given.get(n, WEIGHTS.get(n, 1 / max(1, len(own))))) for n in names}
    for name, value in weights.items():
        if not (np.isfinite(value) and value >= 0):
            raise UsageError(f"the weight of '{name}' is {value}, expected 0 or more", "Mend it")
    return weights


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
