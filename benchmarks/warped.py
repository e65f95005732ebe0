"""What is made of photographs whose faces were turned in space, or moved their muscles.

    python benchmarks/warped.py PICTURE... [--sheet FILE]

Each face of each picture is cut out, and warped by its own relief: turned and bowed, or with the
motions of the project's own face (:mod:`empathia.face.motion`) added to its landmarks. What is
said of the copies is held against what is said of the face as it is: which words are new, and to
which label the recogniser ``face`` and the net alone moved. A warp moves skin and opens no mouth:
these copies test the words and the pose, not the recogniser's eye for feelings. ``--sheet`` writes
all copies as a picture to look at.
"""

from __future__ import annotations

import argparse
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.interpolate import LinearNDInterpolator

from empathia.cues.face import describe_face
from empathia.emotion import face as recogniser
from empathia.encoders.face import Eyes
from empathia.encoders.face.expression import Expressions, square
from empathia.encoders.face.region import around, crop
from empathia.face.motion import posed
from empathia.face.points import BLENDSHAPES, EXPRESSIONS, MEASURES, OVAL
from empathia.face.pose import rotation
from empathia.types import Features, Sample
from empathia.types.seen import Face, Picture

SIZE, MARGIN, PICTURES = 320, 2.2, 5
STILL = (0.0, 0.0)


class Warp(NamedTuple):
    """What is done to a face, and the word that should come of it.

    Args:
        turn: Yaw and pitch in degrees, added.
        muscles: Blendshapes (of both sides) and by how much.
        word: A pattern of the word; "" for none.
    """

    turn: tuple[float, float] = STILL
    muscles: Mapping[str, float] = {}
    word: str = ""


WARPS = {
    "as it is": Warp(),
    "turned left": Warp((-20, 0)),
    "turned right": Warp((20, 0)),
    "bowed by 12": Warp((0, -12), word="head .*(bowed|down)"),
    "bowed by 24": Warp((0, -24), word="head .*(bowed|down)"),
    "raised by 18": Warp((0, 18), word="head .*(raised|back)"),
    "brows raised": Warp(muscles={"browInnerUp": 0.8, "browOuterUp": 0.8}, word="brows .*raised"),
    "brows lowered": Warp(muscles={"browDown": 0.9}, word="drawn"),
    "corners up": Warp(muscles={"mouthSmile": 0.7}, word="smile"),
    "corners down": Warp(muscles={"mouthFrown": 0.9}, word="corners"),
    "mouth open": Warp(muscles={"jawOpen": 0.7}, word="open"),
    "eyes shut": Warp(muscles={"eyeBlink": 1.0}, word="closed"),
}


def upright(pixels: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    """A face with what is around it, (320, 320, 3)."""
    region = around(face.landmarks, math.radians(float(face.pose[2])), MARGIN)
    each = max(1, round(region.side / SIZE))
    fine = crop(pixels, region, SIZE * each).reshape(SIZE, each, SIZE, each, 3)
    return np.round(255 * fine.mean(axis=(1, 3))).astype(np.uint8)


def warped(pixels: NDArray[np.uint8], face: Face, warp: Warp) -> NDArray[np.uint8]:
    """The picture with its face turned or moved, (h, w, 3); the rim around stays."""
    points = face.landmarks.astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    middle[2] = points[list(OVAL), 2].mean()
    ring = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rims = [np.stack([np.cos(ring), np.sin(ring)], 1) * (high - low)[:2] * f for f in (0.75, 1.0)]
    still = np.concatenate([points[:, :2] - middle[:2], *rims])
    depth = np.concatenate([points[:, 2] - middle[2], np.full(48, 0.15 * (high - low)[0])])
    moved = np.column_stack([still, depth])
    moved[: len(points)] += _motion(face, warp)
    moved[: len(points) + 24] @= rotation(np.array([*warp.turn, 0.0])).T
    y, x = np.mgrid[: len(pixels), : len(pixels)]
    from_there = LinearNDInterpolator(moved[:, :2], still)(x - middle[0], y - middle[1])
    source = np.where(np.isnan(from_there), np.stack([x, y], -1) - middle[:2], from_there)
    return _sampled(pixels, source + middle[:2])


def _motion(face: Face, warp: Warp) -> NDArray[np.float64]:
    """What muscles add to the landmarks, (478, 3) in pixels."""
    shapes = np.zeros(len(BLENDSHAPES), np.float32)
    for name, value in warp.muscles.items():
        for i, known in enumerate(BLENDSHAPES):
            shapes[i] = (
                value if known.removesuffix("Left").removesuffix("Right") == name else shapes[i]
            )
    straight = np.zeros(3, np.float32)
    way = posed(shapes, straight) - posed(np.zeros_like(shapes), straight)
    eyes = face.landmarks[263] - face.landmarks[33]
    return way @ rotation(face.pose).T * float(np.linalg.norm(eyes))


def _sampled(pixels: NDArray[np.uint8], at: NDArray[np.float64]) -> NDArray[np.uint8]:
    at = np.clip(at, 0, len(pixels) - 1.01)
    j, i = at[..., 0].astype(int), at[..., 1].astype(int)
    dx, dy = (at[..., 0] - j)[..., None], (at[..., 1] - i)[..., None]
    upper = pixels[i, j] * (1 - dx) + pixels[i, j + 1] * dx
    lower = pixels[i + 1, j] * (1 - dx) + pixels[i + 1, j + 1] * dx
    return np.round(upper * (1 - dy) + lower * dy).astype(np.uint8)


class Told(NamedTuple):
    """What is said of one copy: words, the recogniser's label, the net's; its square."""

    words: str
    label: str
    net: str
    shown: NDArray[np.uint8]


def told(eyes: Eyes, net: Expressions, pixels: NDArray[np.uint8]) -> Told | None:
    """What is said of the largest face of a picture; None where none is found."""
    picture = Picture(0.0, pixels)
    faces = eyes.find(picture)
    if not faces:
        return None
    face = max(faces, key=lambda f: float(np.ptp(f.box[[0, 2]])))
    scores = net.read(picture, face)
    row = np.concatenate([face.blendshapes, face.pose, scores]).astype(np.float32)
    seen = Features("u", "face", np.tile(row, (PICTURES, 1)), MEASURES, rate=10.0)
    ((emotion,),) = recogniser.load(None).recognise([[Sample("u", features={"face": seen})]])
    cues = describe_face(seen)
    words = "" if cues is None else cues.description
    label = emotion.label or "abstains"
    return Told(words, label, EXPRESSIONS[int(scores.argmax())], square(picture, face))


def copies(paths: list[Path], eyes: Eyes, net: Expressions) -> Iterator[dict[str, Told | None]]:
    """What is said of the copies of each face, by warp."""
    for path in paths:
        whole = np.asarray(Image.open(path).convert("RGB"))
        for face in eyes.find(Picture(0.0, whole)):
            pixels = upright(whole, face)
            own = eyes.find(Picture(0.0, pixels))
            if own:
                main = max(own, key=lambda f: float(np.ptp(f.box[[0, 2]])))
                yield {n: told(eyes, net, warped(pixels, main, w)) for n, w in WARPS.items()}


def main() -> None:
    """Print a line a warp."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--sheet", type=Path)
    asked = parser.parse_args()
    rows = list(copies(asked.pictures, Eyes(1), Expressions(1)))
    print(
        f"{len(rows)} faces{'':<14}found  word  was  recogniser: kept, changes; net: kept, changes"
    )
    for name, warp in WARPS.items():
        pairs = [(r["as it is"], r[name]) for r in rows if r["as it is"] and r[name]]
        if not pairs:
            continue
        said = [
            sum(bool(warp.word and re.search(warp.word, t.words)) for t in side)
            for side in zip(*pairs, strict=True)
        ]
        line = f"{name:<20}{len(pairs):6}{said[1]:6}{said[0]:5}"
        for part in ("label", "net"):
            moves = Counter(
                f"{getattr(a, part)}>{getattr(b, part)}"
                for a, b in pairs
                if getattr(a, part) != getattr(b, part)
            )
            line += f"  {len(pairs) - sum(moves.values())} {dict(moves.most_common(4))}"
        print(line)
    if asked.sheet:
        blank = np.zeros((112, 112, 3), np.uint8)
        lines = [np.concatenate([t.shown if t else blank for t in r.values()], 1) for r in rows]
        Image.fromarray(np.concatenate(lines)).save(asked.sheet)


if __name__ == "__main__":
    main()
