"""Faces drawn over their pictures: the contours of the landmarks, and who it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.face.points import CONTOURS, OPEN
from empathia.files import writing
from empathia.listen.faces import Moment
from empathia.media import animation, blocks, probe
from empathia.report.raster import Canvas, width_of
from empathia.types import FloatArray
from empathia.types.seen import Face, Picture

Pixels = NDArray[np.uint8]

COLOURS = ("#ffd23f", "#3bceac", "#ff6b6b", "#7aa5ff", "#f49cbb", "#b8e986", "#ff9f1c", "#c8b6ff")
"""Of persons, by their numbers."""
_ROOM = 0.35  # sides of a face around it that are drawn on
_LETTERS = 16  # pixels


def colour(person: str) -> str:
    """The colour of a person."""
    return COLOURS[(int(person.removeprefix("face ")) - 1) % len(COLOURS)]


def contours(canvas: Canvas, points: FloatArray, paint: str, width: float) -> None:
    """Draw the contours of a face.

    Args:
        canvas: To draw on.
        points: (478, 2) in its pixels.
        paint: Colour.
        width: Of the lines in pixels.
    """
    for name, line in CONTOURS.items():
        way = points[list(line if name in OPEN else (*line, line[0]))]
        canvas.line(way, paint, width, 0.9)


def overlaid(picture: Picture, faces: Iterable[tuple[str, Face]]) -> Pixels:
    """A picture (height, width, 3) with its faces drawn over; the sides are even."""
    height, width = picture.pixels.shape[:2]
    out = np.pad(picture.pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    for person, face in faces:
        left, top, right, bottom = (float(x) * picture.scale for x in face.box)
        room = _ROOM * max(right - left, bottom - top) + _LETTERS
        x, y = max(0, int(left - room)), max(0, int(top - room))
        part = out[y : int(bottom + room), x : int(max(right + room, left + 6 * _LETTERS))]
        if not part.size:
            continue
        canvas = Canvas(part.shape[1], part.shape[0], over=part)
        points = face.landmarks[:, :2] * picture.scale - (x, y)
        contours(canvas, points, colour(person), max(1.0, (right - left) / 120))
        at = max(0.0, left - x), max(float(_LETTERS), top - y - 0.4 * _LETTERS)
        tag(canvas, at, person, colour(person))
        part[...] = canvas.pixels()
    return out


def tag(canvas: Canvas, at: tuple[float, float], words: str, paint: str) -> None:
    """Words on a dark ground; ``at`` is the left end of their base line."""
    left, right = at[0], at[0] + width_of(words, _LETTERS) + 8
    top, bottom = at[1] - _LETTERS, at[1] + 5
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    canvas.polygon(corners, "#101014", 0.75)
    canvas.text((left + 4, at[1]), words, _LETTERS, paint, bold=True)


def film(moments: Iterable[Moment], rate: float, source: Path, target: Path) -> bool:
    """Write a video of the pictures with their faces drawn over, and with the sound.

    Args:
        moments: With pictures; all are taken.
        rate: Pictures a second that were asked for (Hz); the film has so many, rounded up.
        source: The video, for its sound.
        target: Ends with ``.mp4``.

    Returns:
        Whether there was any picture, and so a film.

    Raises:
        MediaError: This FFmpeg cannot write mp4.
    """
    often = max(1, int(np.ceil(rate)))
    frames = _held(moments, often)
    first = next(frames, None)
    if first is None:
        return False
    sound = blocks(source) if probe(source).has_audio else ()
    with writing(target) as file:
        animation.mp4(file, chain([first], frames), often, sound)
    return True


def _held(moments: Iterable[Moment], rate: int) -> Iterator[Pixels]:
    """Pictures at a steady rate: each stays until the next one comes."""
    shown: Pixels | None = None
    count = 0
    for moment in moments:
        if moment.picture is None:
            continue
        while shown is not None and count < round(moment.time * rate):
            yield shown
            count += 1
        drawn = overlaid(moment.picture, moment.faces)
        if shown is None or drawn.shape == shown.shape:  # a size that changes is not followed
            shown = drawn
    if shown is not None:
        yield shown
