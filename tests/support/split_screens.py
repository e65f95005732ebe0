"""Small split-screen videos: two faces, one with markers, whose mouths speak in turns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from expressions import warped
from face_videos import Shot, landmarks, picture, write_video

from empathia.types import Dialogue, Utterance

WIDTH, HEIGHT, BAR = 180, 200, 30
"""Of a pane; of the black bars above and below."""
RATE = 4  # pictures a second
_OPEN = (0.0, 0.5, 1.0, 0.5)
_DOTS = 54


@lru_cache(maxsize=16)
def face(opened: float, *, dotted: bool, dim: int = 0) -> np.ndarray:
    """A pane with a face whose jaw is so far open, (200, 180, 3)."""
    shot = Shot(x=90, y=100, size=70)
    points = landmarks(shot)
    pixels = picture([shot], WIDTH, HEIGHT)
    if opened:
        pixels = warped(pixels, points, jawOpen=opened)
    pixels = np.clip(pixels.astype(float) - dim, 0, 255)
    pixels = pixels.astype(np.uint8)
    return with_dots(pixels, points) if dotted else pixels


def with_dots(pixels: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A face with markers all over: each as far from the others as can be."""
    flat, chosen = points[:468, :2], [1]
    apart = np.full(len(flat), np.inf)
    while len(chosen) < _DOTS:
        apart = np.minimum(apart, np.linalg.norm(flat - flat[chosen[-1]], axis=1))
        chosen.append(int(apart.argmax()))
    y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    far = np.min([np.hypot(x - a, y - b) for a, b in flat[chosen]], axis=0)
    wide = max(1.5, 0.5 + 0.014 * np.ptp(flat[:, 0]))
    cover = np.clip(wide - far, 0, 1)[..., None]
    return (pixels * (1 - cover) + 240 * cover).astype(np.uint8)


def screen(left: np.ndarray, right: np.ndarray, seam: int = 0, bar: int = BAR) -> np.ndarray:
    """Two panes between black bars, with a black strip between them where there is one."""
    strip = np.zeros((HEIGHT, seam, 3), np.uint8)
    inner = np.concatenate([left, strip, right], axis=1)
    return np.pad(inner, ((bar, bar), (0, 0), (0, 0)))


def split_video(
    path: Path, turns: Sequence[str], *, left: str, dotted: str = "", seam: int = 0
) -> Path:
    """Turns of a second each, in which the mouth of the one named moves.

    Args:
        path: Of the video.
        turns: "F", "M", "FM" or "" a second: whose mouths move.
        left: "F" or "M": who is on the left.
        dotted: Who wears markers: any of "F" and "M".
        seam: Pixels of black between the panes.
    """
    right = {"F": "M", "M": "F"}[left]
    pictures = []
    for turn in turns:
        for i in range(RATE):
            panes = [
                face(
                    _OPEN[i % 4] if who in turn else 0.0,
                    dotted=who in dotted,
                    dim=30 * (who == right),
                )
                for who in (left, right)
            ]
            pictures.append(screen(*panes, seam=seam))
    return write_video(path, pictures, rate=RATE)


def spoken(video: Path | None, turns: Sequence[str], session: str = "Ses01") -> Dialogue:
    """The dialogue of :func:`split_video`; seconds in which nobody or both move are no turns."""
    alone = [(i, who) for i, who in enumerate(turns) if len(who) == 1]
    return Dialogue(
        f"{session}F_impro01",
        tuple(
            Utterance(f"{who}{i}", n, f"{session}{who}", start=i, end=i + 1, video=video)
            for n, (i, who) in enumerate(alone)
        ),
    )
