"""A sheet to look at: everybody who was seen in a video, at moments over its length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from empathia.listen.faces import Moment
from empathia.media.frames import resized
from empathia.report.faces.drawn import colour, contours, tag
from empathia.report.raster import Canvas
from empathia.types.seen import Face, Picture

Pixels = NDArray[np.uint8]

SIDE, COLUMNS = 150, 6
"""Pixels of a face's square, and faces in a row."""
_HEAD, _GAP = 26, 6  # pixels above a row and between squares
_ROOM = 1.45  # sides of the square in those of the face
_INK, _GROUND = "#26262b", "#f6f4ef"


@dataclass(slots=True)
class _Shown:
    """Faces of one person: at most twice as many as are shown, evenly over the time.

    Args:
        every: Of the pictures with the face one in so many is kept.
        count: Pictures with the face.
        faces: Time and square of each.
    """

    every: int = 1
    count: int = 0
    faces: list[tuple[float, Pixels]] = field(default_factory=list)

    def add(self, picture: Picture, face: Face, paint: str) -> None:
        if self.count % self.every == 0:
            self.faces.append((picture.time, _square(picture, face, paint)))
        self.count += 1
        if len(self.faces) > 2 * COLUMNS:
            self.faces, self.every = self.faces[::2], 2 * self.every

    @property
    def chosen(self) -> list[tuple[float, Pixels]]:
        """Those of the sheet, in order of time."""
        places = np.linspace(0, len(self.faces) - 1, min(COLUMNS, len(self.faces)))
        return [self.faces[round(i)] for i in places]


class Sheet:
    """Collects faces as moments go by, a few of each person."""

    def __init__(self) -> None:
        self._persons: dict[str, _Shown] = {}

    def collecting(self, moments: Iterable[Moment]) -> Iterator[Moment]:
        """The moments, as they are; those without pictures give no face."""
        for moment in moments:
            for person, face in moment.faces if moment.picture is not None else ():
                assert moment.picture is not None
                shown = self._persons.setdefault(person, _Shown())
                shown.add(moment.picture, face, colour(person))
            yield moment

    def drawn(self, heads: Sequence[tuple[str, str]]) -> Pixels:
        """The sheet, (height, width, 3).

        Args:
            heads: Persons from top to bottom, and what is said of each.
        """
        rows = [(who, head) for who, head in heads if who in self._persons]
        high, wide = SIDE + _HEAD + _GAP, COLUMNS * (SIDE + _GAP) + _GAP
        canvas = Canvas(wide, _HEAD, _GROUND)
        sheet = np.repeat(canvas.pixels()[:1], max(1, len(rows)) * high + _GAP, axis=0)
        for i, (person, head) in enumerate(rows):
            top = i * high
            words = Canvas(wide, _HEAD, _GROUND)
            words.text((_GAP, _HEAD - 8), head, 14, _INK, bold=True)
            sheet[top : top + _HEAD] = words.pixels()
            for j, (_, face) in enumerate(self._persons[person].chosen):
                left = _GAP + j * (SIDE + _GAP)
                sheet[top + _HEAD : top + _HEAD + SIDE, left : left + SIDE] = face
        return sheet


def _square(picture: Picture, face: Face, paint: str) -> Pixels:
    """A face cut out, with its contours and the time, (SIDE, SIDE, 3)."""
    left, top, right, bottom = (float(x) * picture.scale for x in face.box)
    reach = max(1, round(_ROOM * max(right - left, bottom - top) / 2))
    x, y = round((left + right) / 2) - reach, round((top + bottom) / 2) - reach
    height, width = picture.pixels.shape[:2]
    rows = np.clip(np.arange(y, y + 2 * reach), 0, height - 1)
    columns = np.clip(np.arange(x, x + 2 * reach), 0, width - 1)
    canvas = Canvas(SIDE, SIDE, over=resized(picture.pixels[np.ix_(rows, columns)], SIDE, SIDE))
    points = (face.landmarks[:, :2] * picture.scale - np.array([x, y], "f4")) * SIDE / (2 * reach)
    contours(canvas, points, paint, 1.0)
    minutes, seconds = divmod(picture.time, 60)
    tag(canvas, (0, SIDE - 5), f"{minutes:.0f}:{seconds:04.1f}", "#ffffff")
    return canvas.pixels()
