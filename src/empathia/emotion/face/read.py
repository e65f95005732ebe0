"""Reads emotions off a face without any training: the net, the muscles, the pose, the person.

In a picture, an expression has the logarithm of the net's score, tempered, and what its muscles
say (:mod:`empathia.emotion.face.muscles`): one without its muscles loses. A bowed neutral head is
sad to the net, so sadness loses as the head is bowed. Pictures are averaged: those in which the
head is turned away or the eyes are shut count less, expressive ones more. Where the head is turned
away all the time, all that is said shrinks. Then each expression loses of what this person showed
in the median of earlier turns, if that was much: there are faces that always look sad.

The numbers were set as those of the muscles were, without a corpus.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.emotion.face.muscles import opinion
from empathia.errors import InputError
from empathia.face.measures import FACING, measure
from empathia.face.points import MEASURES
from empathia.labels import EKMAN7
from empathia.metrics.scores import softmax
from empathia.training.problem import Conversation, Scores
from empathia.types import Features, FloatArray, Sample

FEATURE = "face"
PICTURES, SHARE = 5, 0.25
"""With a face, that a turn needs, and the share of its pictures."""

Array = NDArray[np.float64]

_NET = slice(MEASURES.index("neutral"), None)  # in the order of ekman7
_SADNESS = EKMAN7.index("sadness")
_TEMPERATURE, _FLOOR = 3.0, 1e-4
_MUSCLES, _WITHOUT = 1.5, 0.7  # what all muscles add, what none takes
_BOWED, _BOW, _COST = -20.0, 12.0, 3.0  # degrees of pitch; what a bow takes from sadness
_YAW, _PITCH = 30.0, 25.0  # degrees at which a picture counts half
_SHUT, _SHUT_COUNTS = 0.6, 0.3
_FACING = 0.2  # mean count of pictures under which nothing is said
_HABIT, _LEAST, _FORGIVEN = -1.5, 3, 0.6  # of an expression beside neutral; turns; share
_CEILING = 0.75  # nobody knows how often it is right about strangers


def cannot(features: Features | None, *, facing: bool = True) -> str | None:
    """Why an utterance is not to be judged by a face, or None.

    Args:
        features: Of the extractor "face", or None.
        facing: Whether the head has to be turned to the camera.

    Raises:
        InputError: The head's pose is needed, and the columns are not those of the extractor.
    """
    if features is None:
        return "no face"
    if facing and features.names != MEASURES:
        raise InputError(
            f"the feature '{FEATURE}' of '{features.utterance}' has other columns than the "
            "extractor gives",
            "Let it be computed, or train a recogniser on what is there",
        )
    there = seen(features)
    if not len(there):
        return "no face"
    if len(there) < PICTURES:
        return f"a face in {len(there)} pictures, needs {PICTURES}"
    if (share := len(there) / len(features.values)) < SHARE:
        return f"a face in {100 * share:.0f} % of the pictures, needs {100 * SHARE:.0f} %"
    if facing and counts(there).mean() < _FACING:
        return "the head is turned away"
    return None


def seen(features: Features) -> FloatArray:
    """Rows of the pictures that have the face, (pictures, columns)."""
    rows: FloatArray = features.values[np.isfinite(features.values[:, 0])]
    return rows


def counts(values: FloatArray) -> Array:
    """How much each picture counts by where the head looks and by its eyes, (frames,) in (0, 1].

    Args:
        values: Features "face", (frames, 62), without NaN but in the expressions.
    """
    yaw, pitch = (measure(values, name).astype(np.float64) for name in ("yaw", "pitch"))
    facing = 1 / (1 + (yaw / _YAW) ** 4 + ((pitch - FACING) / _PITCH) ** 4)
    shut = measure(values, "eyeBlink") > _SHUT
    return facing * np.where(shut, _SHUT_COUNTS, 1.0)


def evidence(values: FloatArray) -> Array:
    """What speaks for each label of ekman7 in each picture, (frames, 7), as logarithms.

    Args:
        values: Features "face", (frames, 62); expressions that nobody looked at are NaN.
    """
    said = np.log(np.clip(np.nan_to_num(values[:, _NET], nan=1.0), _FLOOR, 1)) / _TEMPERATURE
    moved = np.asarray(said + _MUSCLES * opinion(values), np.float64)
    moved[:, 1:] -= _WITHOUT
    bowed = np.clip((_BOWED - measure(values, "pitch")) / _BOW, 0, 1)
    moved[:, _SADNESS] -= _COST * bowed
    return moved


def of_turn(features: Features) -> Array:
    """What speaks for each label in a turn that can be judged, (7,)."""
    values = seen(features)
    moved, count = evidence(values), counts(values)
    expressive = 2 - softmax(moved)[:, 0]
    mean = np.average(moved, axis=0, weights=count * expressive)
    sure = 0.4 + 0.6 * float(count.mean())
    return np.asarray(sure * mean, np.float64)


def relative(turn: Array, before: Sequence[Array]) -> Array:
    """A turn without what the person shows always, (7,).

    Args:
        turn: Of :func:`of_turn`.
        before: Of the person's earlier turns.
    """
    if len(before) < _LEAST:
        return turn
    usual = np.median([b - b[0] for b in before], axis=0)
    habit = np.maximum(usual - _HABIT, 0)
    habit[0] = 0
    return np.asarray(turn - _FORGIVEN * habit, np.float64)


def scores(turn: Array) -> tuple[float, ...]:
    """Probabilities of ekman7 by what speaks for them, (7,); none above the ceiling."""
    p = softmax(turn[None])[0]
    top, even = float(p.max()), 1 / len(p)
    over = max(0.0, (top - _CEILING) / (top - even)) if top > even else 0.0
    return tuple(float(x) for x in (1 - over) * p + over * even)


def answer(dialogues: Sequence[Conversation]) -> Scores:
    """Scores of all turns that can be judged, each relative to its speaker's earlier ones."""
    said: dict[str, tuple[float, ...]] = {}
    for dialogue in dialogues:
        before: defaultdict[str | None, list[Array]] = defaultdict(list)
        for sample in dialogue:
            if unfit(sample) is not None:
                continue
            turn = of_turn(sample.features[FEATURE])
            past = before[sample.speaker] if sample.speaker is not None else []
            said[sample.id] = scores(relative(turn, past))
            past.append(turn)
    return said


def unfit(sample: Sample) -> str | None:
    """Why a sample is not to be judged, or None."""
    return cannot(sample.features.get(FEATURE))
