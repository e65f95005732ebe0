"""Videos of people who talk: the photograph's mouth opens as loudly as whoever speaks is heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from expressions import warped
from face_videos import background, photograph, write_video

from empathia.encoders.face import Eyes
from empathia.types.seen import Picture

RATE = 16_000  # of the sound, in Hz
_STEPS = 5  # of an opening mouth
_HEAD = (slice(8, 248), slice(108, 348))  # of the photograph: 240 pixels


@lru_cache(maxsize=4)
def mouths(smile: float = -0.5) -> tuple[np.ndarray, ...]:
    """The photograph's head (240, 240, 3), its mouth shut to wide open."""
    photo = photograph()
    (face,) = Eyes(1).find(Picture(0.0, photo))
    opened = np.linspace(0, 0.7, _STEPS)
    return tuple(
        warped(photo, face.landmarks, jawOpen=jaw, mouthSmile=smile)[_HEAD] for jaw in opened
    )


def talking(
    sound: np.ndarray,
    turns: Sequence[tuple[float, float, str]],
    places: Mapping[str, tuple[int, int]],
    rate: int = 10,
    size: tuple[int, int] = (640, 280),
) -> Iterator[np.ndarray]:
    """Pictures of people, of whom those in turns move their mouths.

    Args:
        sound: Mono at 16 kHz.
        turns: (start, end, who) in s.
        places: Left and top of each one's head, in pixels.
        rate: Pictures a second.
        size: Width and height of the pictures.
    """
    pieces = np.array_split(sound, round(len(sound) / RATE * rate))
    loud = np.array([np.sqrt(np.mean(piece**2)) for piece in pieces])
    loud = np.clip(loud / np.quantile(loud, 0.9), 0, 1)
    for i, level in enumerate(loud):
        speaking = {who for start, end, who in turns if start <= i / rate < end}
        out = background(*size).copy()
        for who, (x, y) in places.items():
            step = round((_STEPS - 1) * level) if who in speaking else 0
            sway = round(3 * np.sin(i / rate + x))
            out[y : y + 240, x + sway : x + sway + 240] = mouths()[step]
        yield out


def write_talk(
    path: Path,
    sound: np.ndarray,
    turns: Sequence[tuple[float, float, str]],
    places: Mapping[str, tuple[int, int]],
    change: Callable[[Iterator[np.ndarray]], Iterator[np.ndarray]] = iter,
    rate: int = 10,
) -> Path:
    """The video of :func:`talking` with its sound; its pictures may be changed."""
    return write_video(path, change(talking(sound, turns, places, rate)), rate, sound=sound)
