"""How far points of a face are from where they were, in units of the face.

The unit is the distance between two points of the real face in the same frame, of landmarks the
outer corners of the eyes, in as many dimensions as the points have. Pitfalls: most points hardly
move, so a face at rest is near the truth nearly always, and a mean over 478 points hides a mouth
that stays shut; identity and pose weigh more than expression unless both faces were normalised
alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError
from empathia.metrics.reactions import Floats, alike, mean_known


def point_errors(
    real: NDArray[np.floating], predicted: NDArray[np.floating], unit: tuple[int, int] | float
) -> Floats:
    """Distance of each point from where it was, in units of the face, from 0 up.

    ``|p_i - q_i| / |p_right - p_left|`` of the real face, after the inter-ocular distance of its
    eyes' outer corners (Sagonas et al., 300 Faces in-the-Wild, ICCV Workshops 2013).

    Args:
        real: (frames, points, dimensions), NaN where absent.
        predicted: Likewise.
        unit: Which two points are one unit apart, or how long it is.

    Returns:
        (frames, points); NaN where a point or one of the two is absent, or the unit is 0.

    Raises:
        UsageError: Shapes differ.

    >>> face = np.array([[[0.0, 0], [2, 0], [1, 1]]])
    >>> point_errors(face, face + [0, 1], unit=(0, 1))
    array([[0.5, 0.5, 0.5]])
    """
    a, b = alike(real, predicted)
    if a.ndim != 3:
        raise UsageError(
            f"points have the shape {a.shape}, expected (frames, points, dimensions)",
            "Reshape columns to points first",
        )
    apart = _apart(real, *unit) if isinstance(unit, tuple) else np.full(len(a), float(unit))
    errors: Floats = np.linalg.norm(a - b, axis=-1) / np.where(apart > 0, apart, np.nan)[:, None]
    return errors


def _apart(real: NDArray[np.floating], one: int, other: int) -> Floats:
    ends = np.asarray(real, np.float64)[:, [one, other]]
    apart: Floats = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=-1)
    return apart


def normalised_mean_error(errors: Floats) -> float:
    """Mean of (frames, points) :func:`point_errors`, from 0 up; less is better.

    ``NME = mean over points and frames of |p - q| / unit`` (Sagonas et al., 2013). Pitfall:
    a constant face, above all the mean one, has a small error: it says nothing about motion.

    >>> normalised_mean_error(np.array([[0.25, 0.5], [np.nan, 0.75]]))
    0.5
    """
    return mean_known(errors)


def pck(errors: Floats, within: float) -> float:
    """Percentage of correct keypoints as a share in [0, 1]; more is better.

    ``PCK@a = share of points with error <= a`` of (frames, points) :func:`point_errors` (Yang &
    Ramanan, PAMI 2013, with the inter-ocular distance for a unit). Pitfall: what is far off counts
    as what is slightly off; near 1 for any normalised face at rest.

    >>> round(pck(np.array([[0.04, 0.06], [np.nan, 0.2]]), within=0.1), 3)
    0.667
    """
    return mean_known(np.where(np.isnan(errors), np.nan, errors <= within))


def landmark_accuracy(errors: Floats, within: float) -> float:
    """Share of the frames whose mean error is small enough, in [0, 1]; more is better.

    ``share of frames t with mean over points of error(t) <= a``: one less the failure rate (Sagonas
    et al., 2013) of (frames, points) :func:`point_errors`. Frames without a face do not count.
    Pitfall: it jumps as the threshold crosses the usual error; read it with NME.

    >>> landmark_accuracy(np.array([[0.05, 0.1], [0.2, 0.4]]), within=0.1)
    0.5
    """
    known = ~np.isnan(errors)
    counts = known.sum(1)
    totals = np.where(known, errors, 0).sum(1)
    means = np.divide(totals, counts, out=np.full(len(errors), np.nan), where=counts > 0)
    return mean_known(np.where(counts > 0, means <= within, np.nan))
