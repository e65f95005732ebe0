"""Whether two courses agree in shape, place and size: Lin's concordance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.reactions import Floats, alike, mean_known

_STILL = 1e-12  # of the mean square: what varies less is rounding


def moments(real: NDArray[np.floating], predicted: NDArray[np.floating]) -> Floats:
    """Sums of which concordance is made, (6, columns), of (frames, columns) that may be NaN.

    ``n, sum x, sum y, sum xx, sum yy, sum xy``: those of a set are the sums of theirs.

    Raises:
        UsageError: Shapes differ.

    >>> moments(np.array([[1.0], [2.0], [np.nan]]), np.array([[3.0], [4.0], [5.0]])).T
    array([[ 2.,  3.,  7.,  5., 25., 11.]])
    """
    a, b = alike(real, predicted)
    known = ~np.isnan(a)
    x, y = np.where(known, a, 0), np.where(known, b, 0)
    return np.stack(
        [known.sum(0), x.sum(0), y.sum(0), (x * x).sum(0), (y * y).sum(0), (x * y).sum(0)]
    )


def concordances(sums: Floats) -> Floats:
    """Concordance of each column of (..., 6, columns) :func:`moments`, (..., columns) in [-1, 1].

    ``CCC = 2 cov(x, y) / (var x + var y + (mean x - mean y)^2)`` with variances over n (Lin,
    Biometrics 1989). Pitfalls: where the real course is constant it would be 0 for anything but the
    very same (then 0 / 0), however near; so such a column has none, NaN. A constant prediction of
    a course that moves has 0. What is right in shape and wrong in place or size loses.

    >>> x, y = np.array([[1.0], [2.0], [3.0]]), np.array([[2.0], [3.0], [4.0]])
    >>> concordances(moments(x, y)).round(3), concordances(moments(y * 0, y))
    (array([0.571]), array([nan]))
    """
    n, x, y, xx, yy, xy = np.moveaxis(np.asarray(sums, np.float64), -2, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mx, my = x / n, y / n
        vx, vy = np.maximum(xx / n - mx**2, 0), np.maximum(yy / n - my**2, 0)
        moving = (n > 1) & (vx > _STILL * xx / n)
        value = 2 * (xy / n - mx * my) / (vx + vy + (mx - my) ** 2)
        still = vy <= _STILL * yy / n
    return np.where(moving, np.where(still, 0.0, np.clip(value, -1, 1)), np.nan)


def concordance(real: NDArray[np.floating], predicted: NDArray[np.floating]) -> float:
    """Mean of the :func:`concordances` of the columns of (frames, columns), in [-1, 1].

    Columns in which the real course is constant do not count; NaN where all are. More is better.

    Raises:
        UsageError: Shapes differ.

    >>> concordance(np.array([[0.0, 5], [1, 5]]), np.array([[0.0, 1], [1, 2]]))
    1.0
    """
    a, b = alike(real, predicted)
    known = ~np.isnan(a)
    counts = np.maximum(known.sum(0), 1)
    middle = np.where(known, a, 0).sum(0) / counts  # moved to 0, where sums round the least
    return mean_known(concordances(moments(a - middle, b - middle)))
