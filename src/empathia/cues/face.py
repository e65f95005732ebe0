"""What a face did in a turn, in words: levels, one description, one hedged impression.

Each measure is held against this person's own rest: the median of what it was in the pictures of
earlier turns, the last minute or two of them, and at least as far from it as it mostly was. So
somebody whose brows always are high raises them no more than others do. Before ten seconds of a
person are known, the rest of any face stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.cues.bins import SO_FAR
from empathia.cues.looks import CALM, EVERYBODY, IMPRESSIONS, LEVELS, LOOKS, USUAL
from empathia.cues.words import HEDGE
from empathia.face.measures import FACING, measure, unfeigned
from empathia.types import Cues, Features, FloatArray

Array = NDArray[np.float64]

PICTURES = 5
"""With the face, that a turn needs."""
_KNOWN, _REMEMBERED = 10.0, 120.0  # s of a person that make a rest; that it is made of
_ASIDE = ("eyeLookOutLeft", "eyeLookInRight"), ("eyeLookInLeft", "eyeLookOutRight")
_SPREAD = 1.4826  # of a normal distribution, in median deviations
_MOST_FORGIVEN = 0.5  # of a blendshape
_SHUT = 0.5
_SWING, _SLOWEST = 3.0, 0.7  # degrees of a swing of the head, s of half of one
_TIMED = ("nods", "shakes", "eyes closed", "blinks")


def describe_face(features: Features, before: Sequence[Features] = ()) -> Cues | None:
    """The cues of one turn.

    Args:
        features: What the person's face did in it, of the extractor "face".
        before: The same of the person's earlier turns, in time order.

    Returns:
        None where the face is seen in too few pictures.
    """
    there = _seen(features)
    if len(there) < PICTURES:
        return None
    rest, spread = _rest(before)
    levels = {
        name: _level(name, value, spread.get(name, 0.0))
        for name, value in _looks(features, there, rest).items()
    }
    phrases = [LOOKS[n].phrases[level - 1] for n in LOOKS if (level := levels.get(n, 0))]
    return Cues(
        {name: LEVELS[level] for name, level in levels.items()},
        ", ".join(phrases) or (USUAL if rest else CALM),
        _impression(levels),
        SO_FAR if rest else EVERYBODY,
    )


def _seen(features: Features) -> FloatArray:
    return features.values[np.isfinite(features.values[:, 0])]


def _series(values: FloatArray) -> dict[str, Array]:
    """What is held against a person's rest, picture by picture, (frames,) each."""
    lifted = np.maximum(
        unfeigned(values, "browInnerUp"), unfeigned(values, "browOuterUp").astype(float) - 0.25
    )
    aside = [sum(measure(values, n) for n in side) / 2 for side in _ASIDE]
    series = {
        "brows raised": lifted,
        "brows lowered": unfeigned(values, "browDown"),
        "eyes wide": unfeigned(values, "eyeWide"),
        "nose wrinkled": unfeigned(values, "noseSneer"),
        "smile": unfeigned(values, "mouthSmile"),
        "mouth corners down": unfeigned(values, "mouthFrown"),
        "lips pressed": unfeigned(values, "mouthPress"),
        "mouth open": unfeigned(values, "jawOpen"),
        "looking down": measure(values, "eyeLookDown"),
        "looking up": measure(values, "eyeLookUp"),
        "looking aside": aside[0] - aside[1],
        "pitch": measure(values, "pitch") - FACING,
        "yaw": measure(values, "yaw"),
        "roll": measure(values, "roll"),
    }
    return {name: np.asarray(value, np.float64) for name, value in series.items()}


def _rest(before: Sequence[Features]) -> tuple[dict[str, float], dict[str, float]]:
    """Medians and spreads of a person's earlier pictures; both empty before enough are known."""
    rows: list[FloatArray] = []
    seconds = 0.0
    for features in reversed(before):
        rows.append(_seen(features))
        seconds += len(rows[-1]) / (features.rate or 1)
        if seconds >= _REMEMBERED:
            break
    if seconds < _KNOWN:
        return {}, {}
    series = _series(np.concatenate(rows))
    middle = {name: float(np.median(values)) for name, values in series.items()}
    spread = {n: _SPREAD * float(np.median(np.abs(v - middle[n]))) for n, v in series.items()}
    return middle, spread


def _looks(features: Features, there: FloatArray, rest: Mapping[str, float]) -> dict[str, float]:
    """How much there is of each look, above the person's rest."""
    series = _series(there)
    looks: dict[str, float] = {}
    for name in (n for n in LOOKS if n in series):
        values = series[name]
        # A mouth that talks opens and closes; one that is open stays so.
        middle = np.median(values) if name == "mouth open" else values.mean()
        if name == "looking aside":
            looks[name] = abs(float(middle) - rest.get(name, 0.0))
            continue
        high = middle if name == "mouth open" else np.percentile(values, 90)
        more = np.clip(rest.get(name, 0.0) - LOOKS[name].rest, 0, _MOST_FORGIVEN)
        looks[name] = float((middle + high) / 2 - more)
    pitch, yaw, roll = (
        float(np.median(series[n])) - rest.get(n, 0.0) for n in ("pitch", "yaw", "roll")
    )
    looks |= {"head bowed": -pitch, "head raised": pitch}
    looks |= {"head turned": abs(yaw), "head tilted": abs(roll)}
    return looks | _over_time(features)


def _over_time(features: Features) -> dict[str, float]:
    """Nods, shakes, the share of time with closed eyes, blinks a minute; of a turn with a rate."""
    if features.rate is None:
        return {}
    nods, shakes = (_swings(measure(features.values, n), features.rate) for n in ("pitch", "yaw"))
    lids = measure(features.values, "eyeBlink")
    lids = lids[np.isfinite(lids)]
    closing = np.flatnonzero((lids[1:] > _SHUT) & (lids[:-1] <= _SHUT))
    shut, seconds = float((lids > _SHUT).mean()), len(lids) / features.rate
    often = 60 * len(closing) / seconds if len(closing) >= 3 and shut < 0.5 else 0.0
    return {
        "nods": float(nods if nods > shakes else 0),
        "shakes": float(shakes if shakes > nods else 0),
        "eyes closed": shut,
        "blinks": often,
    }


def _swings(angle: FloatArray, rate: float) -> int:
    """How often an angle (frames,) goes forth and back quickly, without a pause between.

    A picture without the face ends a row of swings.
    """
    known = np.isfinite(angle)
    apart = np.flatnonzero(known[1:] != known[:-1]) + 1
    most = 0
    for run in (r for r in np.split(angle, apart) if np.isfinite(r[0])):
        row = 0
        for way in np.diff(_turns(run)):
            row = row + 1 if way <= _SLOWEST * rate else 0
            most = max(most, row)
    return most // 2


def _turns(angle: FloatArray) -> list[int]:
    """Where the ways of an angle (frames,) begin and end that are at least a swing long."""
    points: list[int] = []
    low = high = way = 0
    for i, value in enumerate(angle):
        high = i if value > angle[high] else high
        low = i if value < angle[low] else low
        if way >= 0 and angle[high] - value >= _SWING:
            points.append(high)
            way, low = -1, i
        elif way <= 0 and value - angle[low] >= _SWING:
            points.append(low)
            way, high = 1, i
    return [*points, high if way > 0 else low] if points else []


def _level(name: str, value: float, spread: float) -> int:
    """Its place among the levels; none where it is no more than mostly."""
    if name not in _TIMED and value <= spread:
        return 0
    return int(np.searchsorted(LOOKS[name].bounds, value, side="right"))


def _impression(levels: Mapping[str, int]) -> str:
    """The first impression whose measures all are at least at their level; "" if none is."""
    for condition, words in IMPRESSIONS:
        if all(levels.get(n, 0) >= LEVELS.index(least) for n, least in condition.items()):
            return HEDGE.format(words)
    return ""
