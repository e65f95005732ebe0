"""People made of coloured patches who move through pictures, and what a net tells of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from empathia.listen.faces.tracking import Moment, Tracker
from empathia.types.seen import Face, Picture

WIDTH, HEIGHT = 320, 240
ANN, BEN, CEM = (
    ((200, 150, 120), (60, 30, 20), (180, 20, 40)),
    ((210, 160, 130), (150, 110, 40), (20, 60, 170)),
    ((120, 80, 60), (20, 20, 20), (30, 130, 60)),
)
"""Colours of face, hair and clothes."""


@dataclass(frozen=True)
class Body:
    """Somebody in a picture; ``at`` is the middle of the face, ``size`` its side, in pixels."""

    at: tuple[float, float]
    colours: tuple[tuple[int, int, int], ...] = ANN
    size: float = 30.0
    hidden: bool = False  # drawn, but the net does not find it


def drawn(bodies: Sequence[Body], time: float, seed: int = 0) -> Picture:
    """A picture of them before a wall; later ones are nearer. There is noise in it."""
    noise = np.random.default_rng([seed, round(1000 * time)]).integers(0, 16, (40, 40, 3), np.uint8)
    pixels = np.tile(noise, (HEIGHT // 40, WIDTH // 40, 1))
    pixels += np.linspace(70, 130, WIDTH).astype(np.uint8)[None, :, None]
    for body in bodies:
        face, hair, clothes = body.colours
        _fill(pixels, body, (-1.0, 0.7, 1.0, 2.5), clothes)
        _fill(pixels, body, (-0.65, -0.9, 0.65, 0.2), hair)
        _fill(pixels, body, (-0.5, -0.5, 0.5, 0.6), face)
    return Picture(time, pixels)


def _fill(
    pixels: np.ndarray, body: Body, part: tuple[float, float, float, float], colour: Sequence[int]
) -> None:
    (x, y), size = body.at, body.size
    left, right = (max(0, round(x + edge * size)) for edge in part[::2])
    top, bottom = (max(0, round(y + edge * size)) for edge in part[1::2])
    part = pixels[top:bottom, left:right]
    part[...] = part // 8 + np.array(colour, np.uint8)


def face(body: Body, rng: np.random.Generator, jitter: float = 0.02) -> Face:
    """What a net would tell of one, a little off."""
    off = rng.normal(0, jitter * body.size, 4)
    x, y = body.at
    box = np.array([x, y, x, y]) + body.size / 2 * np.array([-1, -1, 1, 1]) + off
    landmarks = np.zeros((478, 3), np.float32)
    landmarks[[33, 263]] = [[x - 8, y, 0], [x + 8, y, 0]]
    blank = np.zeros(52, np.float32), np.zeros(3, np.float32)
    return Face(box.astype(np.float32), landmarks, *blank, 0.99)


def tracked(
    scenes: Sequence[Mapping[str, Body]],
    rate: float = 10.0,
    *,
    times: Sequence[float] | None = None,
    jitter: float = 0.02,
    seed: int = 0,
    tracker: Tracker | None = None,
) -> list[tuple[Moment, dict[str, str]]]:
    """Moments of pictures with people by name, and the number that each of them was given.

    Of two faces that lie upon each other the nearer one (the later) is found.
    """
    rng = np.random.default_rng(seed)
    tracker = tracker or Tracker(rate)
    owners: list[tuple[Face, str]] = []
    moments: list[Moment] = []
    for i, scene in enumerate(scenes):
        picture = drawn(list(scene.values()), i / rate if times is None else times[i], seed=seed)
        found = list(_found(scene, rng, jitter))
        owners += found
        tracker.near(picture)
        moments += tracker.add(picture, sorted((f for f, _ in found), key=lambda f: f.box[0]))
    moments += tracker.close()
    names = {id(f): name for f, name in owners}
    return [(m, {names[id(f)]: person for person, f in m.faces}) for m in moments]


def _found(
    scene: Mapping[str, Body], rng: np.random.Generator, jitter: float
) -> Iterator[tuple[Face, str]]:
    near: list[Body] = []
    for name, body in reversed(scene.items()):
        covered = any(np.hypot(*np.subtract(body.at, b.at)) < 0.7 * body.size for b in near)
        near.append(body)
        if not body.hidden and not covered:
            yield face(body, rng, jitter), name
