"""Small videos of a face with known motion: the astronaut of scikit-image (public domain, NASA).

Her head can be shifted, scaled and tilted, and turned in space by the relief that her landmarks
have in the photograph, so where the face is and how it is turned is known of every picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import Delaunay

from empathia.encoders.face import Eyes
from empathia.face.points import OVAL
from empathia.face.pose import rotation
from empathia.types.seen import Picture

MIDDLE = np.array([225.5, 124.5])  # of her face in the photograph, in pixels
FACE = 91.0  # width of her face in it, in pixels
_HEAD = np.array([88.0, 118.0])  # half axes of her head, in pixels of the photograph


@dataclass(frozen=True)
class Shot:
    """Where a face is in a picture, and how it is turned from how it is in the photograph.

    Args:
        x, y: Its middle, in pixels.
        size: Its width, in pixels.
        roll, yaw, pitch: In degrees, as in ``types.seen.Face``.
    """

    x: float = 320.0
    y: float = 240.0
    size: float = 120.0
    roll: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0


@lru_cache(maxsize=1)
def photograph() -> np.ndarray:
    """(512, 512, 3) uint8."""
    from skimage.data import astronaut

    return astronaut()


@lru_cache(maxsize=8)
def background(width: int, height: int) -> np.ndarray:
    """A dim wall with soft spots, (height, width, 3) uint8."""
    spots = np.random.default_rng(5).uniform(40, 110, (7, 9, 3))
    y, x = np.linspace(0, 5.99, height), np.linspace(0, 7.99, width)
    i, j = y.astype(int), x.astype(int)
    dy, dx = (y - i)[:, None, None], (x - j)[None, :, None]
    rows = spots[i] * (1 - dy) + spots[i + 1] * dy
    return (rows[:, j] * (1 - dx) + rows[:, j + 1] * dx).astype(np.uint8)


def picture(shots: Sequence[Shot] = (Shot(),), width: int = 640, height: int = 480) -> np.ndarray:
    """Faces before a wall, (height, width, 3) uint8; later ones are nearer."""
    out = background(width, height).copy()
    for shot in shots:
        _add(out, shot)
    return out


def seen(*shots: Shot, time: float = 0.0, width: int = 640, height: int = 480) -> Picture:
    """The same as a picture of a video."""
    return Picture(time, picture(shots, width, height))


def _add(out: np.ndarray, shot: Shot) -> None:
    scale = shot.size / FACE
    reach = int(np.ceil(_HEAD.max() * scale)) + 1
    left, right = max(0, int(shot.x) - reach), min(out.shape[1], int(shot.x) + reach)
    top, bottom = max(0, int(shot.y) - reach), min(out.shape[0], int(shot.y) + reach)
    if left >= right or top >= bottom:
        return
    x, y = np.meshgrid(np.arange(left, right) - shot.x, np.arange(top, bottom) - shot.y)
    c, s = np.cos(np.radians(shot.roll)) / scale, np.sin(np.radians(shot.roll)) / scale
    x, y = c * x + s * y, c * y - s * x
    if shot.yaw or shot.pitch:
        x, y, cover = _unturned(x, y, shot.yaw, shot.pitch)
    else:
        cover = (1 - (x / _HEAD[0]) ** 2 - (y / _HEAD[1]) ** 2) / 0.15
    cover = np.clip(cover, 0, 1)[..., None]  # its rim is soft
    shown = _sampled(x + MIDDLE[0], y + MIDDLE[1], scale)
    part = out[top:bottom, left:right]
    part[...] = (part * (1 - cover) + shown * cover).astype(np.uint8)


def landmarks(shot: Shot) -> np.ndarray:
    """Where the landmarks of the photograph lie, (478, 3) in pixels of the picture."""
    turned = _relief() @ rotation(np.array([shot.yaw, shot.pitch, shot.roll])).T
    return turned * shot.size / FACE + np.array([shot.x, shot.y, 0.0])


@lru_cache(maxsize=1)
def _relief() -> np.ndarray:
    """The photograph's landmarks around the middle of the head, (478, 3) in its pixels."""
    (face,) = Eyes(1).find(Picture(0.0, photograph()))
    axis = face.landmarks[list(OVAL), 2].mean()
    return face.landmarks - np.array([*MIDDLE, axis])


def _unturned(x: np.ndarray, y: np.ndarray, yaw: float, pitch: float) -> tuple[np.ndarray, ...]:
    """Places of the head that looks straight ahead, of those of the turned one, and its cover."""
    around = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rim = np.stack([np.cos(around) * _HEAD[0], np.sin(around) * _HEAD[1]], axis=1)
    back = np.full(len(rim), 0.15 * FACE)
    flat = np.concatenate([_relief()[:, :2], 0.92 * rim, rim])
    depth = np.concatenate([_relief()[:, 2], back, back])
    covers = np.repeat([1.0, 1.0, 0.0], [len(_relief()), len(rim), len(rim)])
    turned = np.column_stack([flat, depth]) @ rotation(np.array([yaw, pitch, 0.0])).T
    kept = ~_hidden(flat, turned)
    values = np.column_stack([flat, covers])[kept]
    held = LinearNDInterpolator(turned[kept, :2], values, fill_value=0.0)(x, y)
    return held[..., 0], held[..., 1], held[..., 2]


def _hidden(flat: np.ndarray, turned: np.ndarray) -> np.ndarray:
    """Which points lie behind others: the farthest of each triangle that shows its back."""
    corners = Delaunay(flat).simplices
    backs = _areas(flat[corners]) * _areas(turned[corners]) <= 0
    farthest = corners[np.arange(len(corners)), turned[corners, 2].argmax(axis=1)]
    hidden = np.zeros(len(flat), bool)
    hidden[farthest[backs]] = True
    return hidden


def _areas(corners: np.ndarray) -> np.ndarray:
    """Signed areas of triangles (n, 3, >= 2)."""
    (ax, ay), (bx, by) = ((corners[:, i, :2] - corners[:, 0, :2]).T for i in (1, 2))
    return ax * by - ay * bx


@lru_cache(maxsize=4)
def _smaller(halvings: int) -> np.ndarray:
    photo = photograph().astype(np.float32)
    for _ in range(halvings):
        n = len(photo) // 2
        photo = photo.reshape(n, 2, n, 2, 3).mean(axis=(1, 3))
    return photo


def _sampled(x: np.ndarray, y: np.ndarray, scale: float) -> np.ndarray:
    """Colours of places of the photograph."""
    halvings = max(0, round(np.log2(1 / scale)))
    photo = _smaller(halvings)
    x, y = ((np.clip(v, 1, 509) + 0.5) / 2**halvings - 0.5 for v in (x, y))
    j, i = x.astype(int), y.astype(int)
    dx, dy = (x - j)[..., None], (y - i)[..., None]
    upper = photo[i, j] * (1 - dx) + photo[i, j + 1] * dx
    lower = photo[i + 1, j] * (1 - dx) + photo[i + 1, j + 1] * dx
    return upper * (1 - dy) + lower * dy


def write_video(
    path: Path,
    pictures: Iterable[np.ndarray],
    rate: int = 25,
    *,
    times: Sequence[float] | None = None,
    sound: np.ndarray | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    aspect: Fraction | None = None,
) -> Path:
    """With PyAV.

    Args:
        path: Its ending tells the format.
        pictures: (h, w, 3) uint8 each, sides even.
        rate: Pictures a second.
        times: Of each in s, for a rate that varies.
        sound: Mono float32 at 16 kHz.
        codec: Of the pictures.
        pix_fmt: How their colours are kept.
        aspect: Width of a pixel in its heights.
    """
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate)
        stream.pix_fmt = pix_fmt
        stream.codec_context.sample_aspect_ratio = aspect or Fraction(1)
        unit = Fraction(1, rate if times is None else 1000)
        stream.codec_context.time_base = unit
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "crf": "18", "bf": "0"}
        heard = None if sound is None else out.add_stream("aac", rate=16000, layout="mono")
        for i, pixels in enumerate(pictures):
            if i == 0:
                stream.height, stream.width = pixels.shape[:2]
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.time_base = unit
            frame.pts = i if times is None else round(1000 * times[i])
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if heard is not None:
            part = av.AudioFrame.from_ndarray(sound[None].astype("f4"), "fltp", "mono")
            part.sample_rate, part.pts = 16000, 0
            out.mux(heard.encode(part))
            out.mux(heard.encode(None))
    return path


def turn_by_metadata(path: Path, degrees: int, mirrored: bool = False) -> Path:
    """Tell players of an mp4 to mirror its picture, then to turn it clockwise; pixels stay."""
    c, s = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    side = -1 if mirrored else 1
    matrix = [(side * c, side * s, 0), (-s, c, 0), (0, 0, 0x4000)]
    packed = b"".join(int(v * 65536).to_bytes(4, "big", signed=True) for row in matrix for v in row)
    content = path.read_bytes()
    plain = b"".join(v.to_bytes(4, "big") for v in (65536, 0, 0, 0, 65536, 0, 0, 0, 0x40000000))
    at = content.index(plain, content.index(b"tkhd"))
    path.write_bytes(content[:at] + packed + content[at + len(plain) :])
    return path


def strange(video: Path, path: Path) -> Path:
    """A copy of an H.264 mp4 whose pictures say that they are of a kind that nobody knows."""
    content = video.read_bytes()
    kind = content.rindex(b"avc1")  # the first one names the format of the file
    path.write_bytes(content[:kind] + b"zzzz" + content[kind + 4 :])
    return path
