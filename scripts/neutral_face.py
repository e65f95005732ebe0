"""Make src/empathia/face/neutral.json, the face that motions start from.

    python scripts/neutral_face.py

The points are those that our encoder finds on one photograph (scikit-image's astronaut, a picture
of NASA's in the public domain). They are turned to the front and made symmetric; the mouth, which
smiles on the photograph, is closed, and the skin around it follows smoothly.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.optimize import linear_sum_assignment
from scipy.spatial import Delaunay

from empathia.face import points as named

TARGET = Path(__file__).parents[1] / "src" / "empathia" / "face" / "neutral.json"

# Half of the closed mouth, from the middle to the corner: x, y and z; 1 is the distance between the
# middles of the eyes.
X = (0, 0.117, 0.222, 0.298, 0.355, 0.4)
INNER_X = (0, 0.112, 0.205, 0.275, 0.33, 0.375)
LINE = (0.985, 0.979, 0.978, 0.982, 0.985, 0.986)
MOUTH = {
    (0, 267, 269, 270, 409, 291): (
        X,
        (0.883, 0.868, 0.887, 0.918, 0.951, 0.986),
        (-0.485, -0.472, -0.415, -0.335, -0.25, -0.165),
    ),
    (13, 312, 311, 310, 415, 308): (INNER_X, LINE, (-0.45, -0.435, -0.38, -0.305, -0.24, -0.18)),
    (14, 317, 402, 318, 324, 308): (INNER_X, LINE, (-0.45, -0.435, -0.38, -0.305, -0.24, -0.18)),
    (17, 314, 405, 321, 375, 291): (
        X,
        (1.122, 1.117, 1.094, 1.061, 1.027, 0.986),
        (-0.425, -0.41, -0.355, -0.285, -0.225, -0.165),
    ),
}


def photographed() -> np.ndarray:
    """(478, 3) landmarks of the photograph, in pixels."""
    from skimage.data import astronaut

    from empathia.encoders.face import Eyes
    from empathia.types.seen import Picture

    eyes = Eyes()
    (face,) = eyes.find(Picture(0.0, np.ascontiguousarray(astronaut())))
    eyes.close()
    return face.landmarks.astype(np.float64)


def upright(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The face seen from the front, symmetric; and which point is which one's mirror image."""
    right, left = points[[33, 133]].mean(0), points[[263, 362]].mean(0)
    points = (points - (left + right) / 2) / np.linalg.norm(left - right)
    sides = np.array(list(zip(named.OVAL[1:18], named.OVAL[:18:-1], strict=True)))
    for _ in range(20):  # until what lies left and right differs in x alone
        across = (points[sides[:, 0]] - points[sides[:, 1]]).mean(0)
        points = points @ turn_between(across / np.linalg.norm(across), np.array([1.0, 0, 0])).T
        points[:, 0] -= points[sides].mean((0, 1))[0]
    mirrored = points * [-1, 1, 1]
    _, mirror = linear_sum_assignment(((points[:, None] - mirrored) ** 2).sum(-1))
    assert (mirror[mirror] == np.arange(len(mirror))).all()
    points = (points + mirrored[mirror]) / 2
    down = points[152] - points[10]  # from the hairline to the chin
    points = points @ turn_between(down / np.linalg.norm(down), np.array([0, 1.0, 0])).T
    corners = points[[33, 133, 263, 362]]
    points = (points - corners.mean(0)) / (2 * corners[2:, 0].mean())
    return points, mirror


def turn_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(3, 3) the smallest rotation that takes one direction to another."""
    axis, cosine = np.cross(a, b), a @ b
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + cross + cross @ cross / (1 + cosine)


def at_rest(points: np.ndarray, mirror: np.ndarray) -> np.ndarray:
    """The face with its mouth closed."""
    wanted = {}
    for indices, columns in MOUTH.items():
        for i, place in zip(indices, zip(*columns, strict=True), strict=True):
            wanted[i] = np.array(place)
            wanted[int(mirror[i])] = np.array(place) * [-1, 1, 1]
    nose = (1, 2, 4, 5, 6, 19, 94, 98, 97, 326, 327, 129, 358, 64, 294, 48, 278, 168, 195, 197)
    fixed = {*named.OVAL, *named.LEFT_EYE, *named.RIGHT_EYE, *nose, *range(468, 478)}
    fixed |= {*named.LEFT_BROW, *named.RIGHT_BROW, 151, 9, 199, 175}
    held = [*wanted, *sorted(fixed)]
    moves = np.array([*(wanted[i] - points[i] for i in wanted), *np.zeros((len(fixed), 3))])
    # Lips that met are one place for the interpolation: z keeps them apart.
    follow = RBFInterpolator(points[held], moves, kernel="linear", smoothing=1e-6)
    rested = points + follow(points)
    for i, place in wanted.items():
        rested[i] = place
    for eye in (named.LEFT_EYE, named.RIGHT_EYE):  # a smile narrows eyes
        rested[list(eye[1:8]), 1] += 0.03 * np.sin(np.pi * np.arange(1, 8) / 8)
    return (rested + rested[mirror] * [-1, 1, 1]) / 2


def mesh(points: np.ndarray, mirror: np.ndarray) -> list[tuple[int, int]]:
    """Edges of a net over some of the points, the same on both sides."""
    kept = sorted({*named.OVAL, *sparse(points, mirror)})
    found = {
        (kept[a], kept[b])
        for triangle in Delaunay(points[kept, :2]).simplices
        for a, b in zip(triangle, np.roll(triangle, 1), strict=True)
    }
    pairs = {(min(a, b), max(a, b)) for a, b in found}
    both = {e for e in pairs if tuple(sorted((int(mirror[e[0]]), int(mirror[e[1]])))) in pairs}
    return sorted((int(a), int(b)) for a, b in both)


def sparse(points: np.ndarray, mirror: np.ndarray, apart: float = 0.12) -> set[int]:
    """Points of the skin that are some way from each other."""
    lips = points[[*named.OUTER_LIPS], :2]
    within = (points[:, :2] >= lips.min(0)).all(1) & (points[:, :2] <= lips.max(0)).all(1)
    features = {*named.LEFT_EYE, *named.RIGHT_EYE, *range(468, 478), *np.flatnonzero(within)}
    chosen: list[int] = []
    for i in np.lexsort((points[:, 1], np.abs(points[:, 0]).round(1))):
        near = [np.linalg.norm(points[i, :2] - points[j, :2]) for j in (*chosen, *named.OVAL)]
        if i not in features and min(near) > apart:
            chosen += {int(i), int(mirror[i])}
    return set(chosen)


def main() -> None:
    points, mirror = upright(photographed())
    rested = at_rest(points, mirror)
    rested[:, 0] *= 1 - 0.05 * np.clip((rested[:, 1] - 0.3) / 0.7, 0, 1)  # cheeks no longer smile
    rested /= 2 * rested[named.LEFT_OUTER, 0]  # 1 is now the distance between the outer corners
    made = {
        "points": [[round(float(x), 4) + 0.0 for x in p] for p in rested],
        "mirror": [int(i) for i in mirror],
        "mesh": mesh(rested, mirror),
    }
    TARGET.write_text(json.dumps(made, separators=(",", ":")) + "\n")
    print(f"wrote {TARGET} ({TARGET.stat().st_size} bytes)")


if __name__ == "__main__":
    main()
