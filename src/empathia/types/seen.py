"""What is seen: a face in a picture, a face over a time, what was seen of a speaker."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError
from empathia.types.heard import Cues, Features
from empathia.types.speech import FloatArray

LANDMARKS, BLENDSHAPES = 478, 52
"""Points of a face (MediaPipe's mesh with irises) and measures of its muscles (ARKit's)."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture of a video, upright.

    Args:
        time: In s from the start of the recording.
        pixels: (height, width, 3) uint8, red, green, blue.
        scale: Pixels of this picture a pixel of the video, in (0, 1].
    """

    time: float
    pixels: NDArray[np.uint8]
    scale: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one picture.

    Args:
        box: (4,) left, top, right, bottom in pixels of the video; may reach beyond the picture.
        landmarks: (478, 3) float32: x to the right, y down, z away from the camera, in pixels.
        blendshapes: (52,) in [0, 1], in the order of ``empathia.face.points.BLENDSHAPES``.
        pose: (3,) in degrees: yaw (positive: turned to the picture's right), pitch (positive:
            up) and roll (positive: clockwise in the picture).
        presence: That it is a face, in [0, 1].
        expression: (7,) scores in the order of ``empathia.face.points.EXPRESSIONS``, summing to
            1; None where nobody looked.
    """

    box: FloatArray
    landmarks: FloatArray
    blendshapes: FloatArray
    pose: FloatArray
    presence: float
    expression: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One person's face over a time, at the moments at which it was there.

    Args:
        person: Who, as in "face 1": numbers in order of first appearance.
        start, end: The time that was looked at, in s.
        rate: Pictures a second that were looked at (Hz).
        times: (n,) in s, rising; a moment without this face is absent.
        boxes: (n, 4), see :class:`Face`.
        blendshapes: (n, 52).
        poses: (n, 3).
        expressions: (n, 7); NaN where nobody looked.
        landmarks: (n, 478, 3), or None where they were not kept.
    """

    person: str
    start: float
    end: float
    rate: float
    times: NDArray[np.float64]
    boxes: FloatArray
    blendshapes: FloatArray
    poses: FloatArray
    expressions: FloatArray
    landmarks: FloatArray | None = None

    def __post_init__(self) -> None:
        n = len(self.times)
        wanted = {
            "boxes": (n, 4),
            "blendshapes": (n, BLENDSHAPES),
            "poses": (n, 3),
            "expressions": (n, 7),
            "landmarks": (n, LANDMARKS, 3),
        }
        for name, shape in wanted.items():
            value = getattr(self, name)
            if value is not None and value.shape != shape:
                raise InputError(
                    f"{name} of '{self.person}' have shape {value.shape}", f"Expected {shape}"
                )
        if self.rate <= 0 or self.end < self.start:
            raise InputError(
                f"'{self.person}' was looked at from {self.start} to {self.end} s at "
                f"{self.rate} Hz",
                "Expected a positive rate and start <= end",
            )

    @property
    def share(self) -> float:
        """Share of the pictures looked at that have this face, in [0, 1]."""
        return min(1.0, len(self.times) / max(1.0, (self.end - self.start) * self.rate))

    def cut(self, start: float, end: float) -> Sight:
        """What was seen from one moment to another (s)."""
        i, j = np.searchsorted(self.times, [start, end])
        kept = {
            name: value[i:j]
            for name in ("times", "boxes", "blendshapes", "poses", "expressions", "landmarks")
            if (value := getattr(self, name)) is not None
        }
        return replace(self, start=start, end=end, **kept)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was seen of the speaker in a turn.

    Args:
        person: Whose face it is ("face 1"); None where no face is taken for the speaker's.
        share: Share of the pictures looked at that have it, in [0, 1].
        cues: What the face did, in words; None where it was seen too little.
        absent: Why there is no face, or None.
        moment: Time (s) of the picture that shows the turn best; None without a face.
        picture: That moment, cut out, as a JPEG; b"" where it was not kept.
        landmarks: (478, 3) of that moment, normalised (``empathia.face.normalise``); None
            without a face.
        face: What the face did, over the turn (the feature ``face``); kept in no file.
    """

    person: str | None
    share: float = 0.0
    cues: Cues | None = None
    absent: str | None = None
    moment: float | None = None
    picture: bytes = b""
    landmarks: FloatArray | None = None
    face: Features | None = None
