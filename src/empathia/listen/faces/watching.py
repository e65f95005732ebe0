"""Look at a video once, from beginning to end, and keep what was seen of whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from empathia.contracts import Progress, silent
from empathia.errors import InputError
from empathia.face.points import EXPRESSIONS
from empathia.listen.faces.tracking import Moment, Tracker
from empathia.media import Condition
from empathia.media.frames import look, pictures
from empathia.types import FloatArray
from empathia.types.seen import Face, Sight

_DARK = 10.0  # of 255; a picture that is nowhere lighter is black
STAGE = "faces"
"""What the progress hook is told."""


@dataclass(slots=True)
class Tally:
    """What became of a video that was watched; complete when the last moment is out.

    Args:
        pictures: That were looked at.
        fleeting: Faces seen for less than a quarter of a second, which were left out.
        cuts: Changes of the shot.
        faces: Faces in moments, all pictures together.
        light: Of the lightest picture, in [0, 255].
        condition: What was damaged in the file.
    """

    pictures: int = 0
    fleeting: int = 0
    cuts: int = 0
    faces: int = 0
    light: float = 0.0
    condition: Condition = field(default_factory=Condition)

    @property
    def absent(self) -> str | None:
        """Why nobody was seen; None where somebody was."""
        if self.faces:
            return None
        if self.light < _DARK:
            return "the picture is black"
        if self.fleeting:
            return f"{self.fleeting} faces were seen for less than a quarter of a second, too short"
        return f"none of {self.pictures} pictures shows a face that is large and turned enough"


def watch(
    path: Path,
    *,
    rate: float = 10.0,
    expressions: bool = True,
    keep: bool = False,
    progress: Progress = silent,
    tally: Tally | None = None,
    threads: int | None = None,
) -> Iterator[Moment]:
    """The faces in a video with who they are, picture by picture; memory stays flat.

    Args:
        path: The video.
        rate: Pictures a second that are looked at (Hz), at most those that there are.
        expressions: Read expressions, too.
        keep: Moments hold their pictures.
        progress: Told how far it is, in s of the video.
        tally: Told what was left out.
        threads: Of each network; None takes all cores.

    Raises:
        InputError: The rate is not positive.
        MediaError: There is no moving picture, or it cannot be decoded.
        MissingExtra: The extra ``face`` is not installed.
        WeightsError: A weight is missing or damaged.
    """
    from empathia.encoders.face import Eyes
    from empathia.encoders.face.expression import Expressions

    if not rate > 0:
        raise InputError(f"expected a positive rate, got {rate} Hz", "Change it")
    told, duration = tally or Tally(), look(path).duration
    reader = Expressions(threads) if expressions else None
    tracker, eyes = Tracker(rate, pictures=keep), Eyes(threads)
    try:
        for picture in pictures(path, rate, condition=told.condition):
            faces = eyes.find(picture, tracker.near(picture))
            if reader is not None:
                faces = [replace(f, expression=reader.read(picture, f)) for f in faces]
            told.pictures += 1
            told.light = max(told.light, float(picture.pixels[::16, ::16].max()))
            for moment in tracker.add(picture, faces):
                told.faces += len(moment.faces)
                yield moment
            progress(STAGE, min(picture.time, duration or picture.time), duration)
        for moment in tracker.close():
            told.faces += len(moment.faces)
            yield moment
        told.fleeting, told.cuts = tracker.fleeting, tracker.cuts
    finally:
        eyes.close()


@dataclass(slots=True)
class _Rows:
    """What is kept of one person."""

    times: list[float] = field(default_factory=list)
    values: list[FloatArray] = field(default_factory=list)
    landmarks: list[FloatArray] = field(default_factory=list)

    def add(self, time: float, face: Face, *, landmarks: bool) -> None:
        nobody_looked = np.full(len(EXPRESSIONS), np.nan)
        expression = nobody_looked if face.expression is None else face.expression
        parts = (face.box, face.blendshapes, face.pose, expression)
        self.times.append(time)
        self.values.append(np.concatenate(parts).astype(np.float32))
        if landmarks:
            self.landmarks.append(face.landmarks.astype(np.float32))

    def sight(self, person: str, start: float, end: float, rate: float) -> Sight:
        boxes, blendshapes, poses, expressions = np.split(
            np.array(self.values), np.cumsum([4, 52, 3]), axis=1
        )
        return Sight(
            person,
            start,
            end,
            rate,
            np.array(self.times),
            boxes,
            blendshapes,
            poses,
            expressions,
            np.array(self.landmarks) if self.landmarks else None,
        )


def sights(
    moments: Iterable[Moment], rate: float = 10.0, *, landmarks: bool = False
) -> tuple[Sight, ...]:
    """What was seen of each person, in order of their numbers; 10 MB an hour and person.

    Args:
        moments: Of :func:`watch`.
        rate: Pictures a second that were asked for (Hz); a video that has fewer says so.
        landmarks: Keep them (200 MB an hour and person).
    """
    rows: dict[str, _Rows] = {}
    times: list[float] = []
    for moment in moments:
        times.append(moment.time)
        for person, face in moment.faces:
            rows.setdefault(person, _Rows()).add(moment.time, face, landmarks=landmarks)
    if not times:
        return ()
    span = times[-1] - times[0]
    true = min(rate, (len(times) - 1) / span) if span > 0 else rate
    end = times[-1] + 1 / true
    ordered = sorted(rows.items(), key=lambda item: int(item[0].removeprefix("face ")))
    return tuple(held.sight(person, times[0], end, true) for person, held in ordered)
