"""A face of our own that moves: blendshapes and a pose in, 478 points out.

It is one neutral face (``scripts/neutral_face.py`` made it) and a basis of motions, one a
blendshape, that add up: pulls of the skin (:mod:`pulls`), lids, eyes, and the jaw about its
hinge. Lids and lips do not pass through each other. Nobody's face is copied by it: what comes
out shows a motion, not a person.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError
from empathia.face.points import (
    BLENDSHAPES,
    INNER_LIPS,
    LEFT_EYE,
    LEFT_IRIS,
    LEFT_PUPIL,
    RIGHT_EYE,
    RIGHT_IRIS,
    RIGHT_PUPIL,
)
from empathia.face.pose import rotation
from empathia.face.pulls import MIDDLE, ONE_SIDE, SIDEWAYS, Pull
from empathia.types import FloatArray

Array = NDArray[np.float64]

_HINGE = np.array([0.0, 0.2, 0.5])  # of the jaw, before the ears
_OPEN = np.radians(21.0)  # of the jaw, at most
_LOOK = {"In": (-0.075, 0.0), "Out": (0.075, 0.0), "Up": (0.0, -0.05), "Down": (0.0, 0.05)}
_LIDS_FOLLOW = {"Up": -0.2, "Down": 0.35}  # share of a blink when the eye looks there
_LIDS = 0.1  # reach of a lid's motion in the skin above and below it
_RAISED = 0.012  # way of the lower lid in a blink


@cache
def _kept() -> dict[str, Any]:
    text = files("empathia.face").joinpath("neutral.json").read_text(encoding="utf-8")
    kept: dict[str, Any] = json.loads(text)
    return kept


@cache
def neutral() -> Array:
    """(478, 3) the face at rest, looking straight ahead, in normalised units; read-only."""
    points = np.array(_kept()["points"], np.float64)
    points.setflags(write=False)
    return points


@cache
def mirror() -> NDArray[np.intp]:
    """(478,) which point is which one's mirror image; read-only."""
    of = np.array(_kept()["mirror"], np.intp)
    of.setflags(write=False)
    return of


def mesh() -> tuple[tuple[int, int], ...]:
    """Edges of a sparse net over the face, the same on both sides."""
    return tuple((a, b) for a, b in _kept()["mesh"])


@cache
def basis() -> Array:
    """(52, 478, 3) the way of every point under each blendshape alone at 1; read-only."""
    ways = dict.fromkeys(BLENDSHAPES, np.zeros_like(neutral()))
    for name, pulls in ONE_SIDE.items():
        _both(ways, name, _pulled(pulls))
    for name, pulls in MIDDLE.items():
        ways[name] = _pulled([*pulls, *(_other_side(p) for p in pulls if p.at[0] != 0)])
    for name, way in _eyes().items():
        _both(ways, name, ways.get(f"{name}Left", 0) + way)
    ways |= _jaw()
    ways["mouthLeft"] = _pulled(SIDEWAYS)
    ways["mouthRight"] = _mirrored(ways["mouthLeft"])
    made = np.stack([ways[name] for name in BLENDSHAPES])
    made.setflags(write=False)
    return made


def posed(blendshapes: FloatArray, pose: FloatArray) -> FloatArray:
    """The face under given motions.

    Args:
        blendshapes: (..., 52) in the order of ``points.BLENDSHAPES``, in [0, 1].
        pose: (..., 3) yaw, pitch and roll in degrees (see :class:`empathia.types.seen.Face`).

    Returns:
        (..., 478, 3) float32, normalised: 1 is the distance between the outer corners of the
        eyes, the origin is between them; x to the right of the picture, y down, z away.

    Raises:
        InputError: Shapes are others.
    """
    shapes, angles = np.asarray(blendshapes, np.float64), np.asarray(pose, np.float32)
    if shapes.shape[-1:] != (len(BLENDSHAPES),) or angles.shape != (*shapes.shape[:-1], 3):
        raise InputError(
            f"blendshapes have shape {shapes.shape} and poses {angles.shape}",
            f"Expected (..., {len(BLENDSHAPES)}) and (..., 3), alike in front",
        )
    points: Array = neutral() + np.tensordot(shapes, basis(), axes=1)
    for upper, lower in MEETING:
        _kept_apart(points, upper, lower)
    turned: FloatArray = (points @ np.swapaxes(rotation(angles), -1, -2)).astype(np.float32)
    return turned


def _meeting(line: Sequence[int]) -> tuple[list[int], list[int]]:
    """Points above and below an opening, pairwise, of its outline from corner over below."""
    half = len(line) // 2
    return list(line[:half:-1]), list(line[1:half])


MEETING = tuple(_meeting(line) for line in (RIGHT_EYE, LEFT_EYE, INNER_LIPS))
"""Upper and lower points of lids and lips, pairwise."""


def _kept_apart(points: Array, upper: Sequence[int], lower: Sequence[int]) -> None:
    """Where an upper edge has come below its lower one, both lie in the middle."""
    above, below = points[..., upper, 1], points[..., lower, 1]
    shut = above > below
    points[..., upper, 1] = np.where(shut, (above + below) / 2, above)
    points[..., lower, 1] = np.where(shut, (above + below) / 2, below)


def _both(ways: dict[str, Array], name: str, left: Array) -> None:
    ways[f"{name}Left"], ways[f"{name}Right"] = left, _mirrored(left)


def _mirrored(way: Array) -> Array:
    mirrored: Array = way[mirror()] * [-1, 1, 1]
    return mirrored


def _other_side(pull: Pull) -> Pull:
    (x, y), (dx, dy, dz) = pull.at, pull.by
    return pull._replace(at=(-x, y), by=(-dx, dy, dz))


def _bump(distance: Array, reach: float) -> Array:
    """1 at 0, smoothly 0 from ``reach`` on."""
    near: Array = np.clip(1 - (distance / reach) ** 2, 0, 1) ** 2
    return near


def _ramp(x: Array, low: float, high: float) -> Array:
    """0 up to ``low``, smoothly 1 from ``high`` on."""
    t = np.clip((x - low) / (high - low), 0, 1)
    risen: Array = t * t * (3 - 2 * t)
    return risen


def _pulled(pulls: Iterable[Pull]) -> Array:
    """(478, 3) of several pulls; where two reach the same skin it does not go further than one."""
    points, parts = neutral(), _parts()
    shares, ways = [], []
    for pull in pulls:
        distance = np.hypot(*(points[:, :2] - pull.at).T)
        shares.append(_bump(distance, pull.reach) * parts[pull.part])
        ways.append(pull.by)
    share = np.stack(shares, 1)
    moved: Array = share @ np.array(ways) / np.maximum(share.sum(1, keepdims=True), 1)
    return moved


@cache
def _parts() -> dict[str, Array]:
    """(478,) each: how much a point belongs to a part of the face."""
    y = neutral()[:, 1]
    skin = np.ones(len(y))
    skin[[*RIGHT_EYE, *LEFT_EYE, *RIGHT_IRIS, *LEFT_IRIS, RIGHT_PUPIL, LEFT_PUPIL]] = 0
    below = (y > _mouth_line(neutral()[:, 0])).astype(np.float64)
    lower, upper = list(INNER_LIPS[1:10]), list(INNER_LIPS[11:])
    below[lower], below[upper] = 1, 0
    below[[INNER_LIPS[0], INNER_LIPS[10], 61, 291]] = 0.5
    return {"skin": skin, "upper": skin * (1 - below), "lower": skin * below}


def _mouth_line(x: Array) -> Array:
    line = neutral()[list(INNER_LIPS[:11])]
    there: Array = np.interp(x, line[:, 0], line[:, 1])
    return there


def _eyes() -> dict[str, Array]:
    """What the left eye does, by name without its side."""
    points, iris = neutral(), [*LEFT_IRIS, LEFT_PUPIL]
    blink, wide, squint = (_lids(f) for f in (_shut, _widened, _narrowed))
    ways = {"eyeBlink": blink, "eyeWide": wide, "eyeSquint": squint}
    ways["eyeSquint"] += 0.5 * _pulled(ONE_SIDE["cheekSquint"])
    for direction, (dx, dy) in _LOOK.items():
        way = _LIDS_FOLLOW.get(direction, 0.0) * blink
        way[iris] = (dx, dy, 0.0)
        ways[f"eyeLook{direction}"] = way
    assert points[iris, 0].min() > 0
    return ways


def _shut(gap: Array, arch: Array) -> tuple[Array, Array]:
    return gap - _RAISED * arch, -_RAISED * arch


def _widened(gap: Array, arch: Array) -> tuple[Array, Array]:
    return -0.04 * arch, 0.012 * arch


def _narrowed(gap: Array, arch: Array) -> tuple[Array, Array]:
    return 0.014 * arch, -0.026 * arch


def _lids(how: Callable[[Array, Array], tuple[Array, Array]]) -> Array:
    """(478, 3) where the left lids go down by what ``how`` says, and skin around them with them.

    ``how`` gets the opening's height and a curve that is 0 in the corners and 1 between, at each
    place, and says the ways of the upper and the lower lid.
    """
    points, way = neutral(), np.zeros_like(neutral())
    lower, upper = points[list(LEFT_EYE[8::-1])], points[[*LEFT_EYE[8:], LEFT_EYE[0]]]
    x, y = points[:, 0], points[:, 1]
    above, below = (np.interp(x, lid[:, 0], lid[:, 1]) for lid in (upper, lower))
    t = np.clip((x - lower[0, 0]) / np.ptp(lower[:, 0]), 0, 1)
    down, up = how(below - above, 4 * t * (1 - t))
    beside = _bump(np.abs(x - np.clip(x, lower[0, 0], lower[-1, 0])), 0.06) * (x > 0)
    way[:, 1] = beside * np.where(
        y < (above + below) / 2,
        down * _bump(np.maximum(above - y, 0), _LIDS),
        up * _bump(np.maximum(y - below, 0), _LIDS),
    )
    way[[*LEFT_IRIS, LEFT_PUPIL]] = 0
    return way


def _jaw() -> dict[str, Array]:
    """What the jaw does, and the lips that close over it."""
    points, share = neutral(), _hanging()[:, None]
    opened = share * ((points - _HINGE) @ _about_hinge(_OPEN).T + _HINGE - points)
    corner = np.hypot(np.abs(points[:, 0]) - 0.276, points[:, 1] - 0.68)
    opened[:, 0] -= 0.035 * np.sign(points[:, 0]) * _bump(corner, 0.25)
    lips = _lips()[:, None]
    ways = {"jawOpen": opened, "mouthClose": -0.9 * lips * opened * _parts()["lower"][:, None]}
    ways["jawForward"] = share * [0.0, 0.0, -0.1]
    swung = share * _ramp(points[:, 1:2], 0.4, 1.2)
    ways["jawLeft"], ways["jawRight"] = swung * [0.1, 0.0, 0.0], swung * [-0.1, 0.0, 0.0]
    return ways


def _hanging() -> Array:
    """(478,) how much of the jaw's motion a point goes with."""
    points, parts = neutral(), _parts()
    x, y = np.abs(points[:, 0]), points[:, 1]
    middle = 0.4 + 0.6 * np.sqrt(np.clip(1 - (x / 0.28) ** 2, 0, 1))  # corners hang behind
    lips = np.where(x < 0.28, middle, 0.4)
    chin = lips + (1 - lips) * _ramp(y, 0.7, 0.95)
    beside = _ramp(y, 0.3, 1.0)  # cheeks stretch
    mixed = chin * _bump(np.maximum(x - 0.26, 0), 0.3) + beside * (
        1 - _bump(np.maximum(x - 0.26, 0), 0.3)
    )
    upper = 0.4 * _bump(np.hypot(x - 0.276, y - 0.68), 0.2)
    share: Array = parts["lower"] * mixed + parts["upper"] * np.maximum(
        upper, beside * (1 - _bump(np.maximum(x - 0.26, 0), 0.3))
    )
    share[[61, 291, INNER_LIPS[0], INNER_LIPS[10]]] = 0.4
    return share


def _lips() -> Array:
    """(478,) 1 on the lips, less around them."""
    points = neutral()
    return _bump(np.hypot(points[:, 0] * 0.5, points[:, 1] - 0.68), 0.25)


def _about_hinge(angle: float) -> Array:
    """The jaw's rotation about the line between its joints, downwards."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0, 0], [0, c, -s], [0, s, c]])
