"""How near a foretold reaction comes to the real one, one file a subject; numpy only.

A reaction is (frames, columns), landmarks are (frames, points, dimensions). What is not known is
NaN and absent: it adds nothing, never as a zero. A measure of nothing is NaN, which is no figure.

No measure alone tells a good reaction. What stays at the mean has a small error and no
concordance; what copies the speaker is the most appropriate and in step; noise is diverse. So they
are read together, beside floors, and beside what real reactions score.

>>> import numpy as np
>>> from empathia.metrics.reactions.concordance import concordance
>>> from empathia.metrics.reactions.distance import mean_squared_error
>>> real, still = np.array([[-1.0], [1.0]]), np.zeros((2, 1))
>>> mean_squared_error(real, still), concordance(real, still)
(1.0, 0.0)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError

Floats = NDArray[np.float64]


def alike(real: NDArray[np.floating], predicted: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Two (frames, columns) arrays of one shape, NaN in both where either is.

    Raises:
        UsageError: Shapes differ: another number of columns is another feature, another number
            of frames another rate or length.

    >>> alike(np.array([[1, np.nan]]), np.array([[2.0, 3.0]]))
    (array([[ 1., nan]]), array([[ 2., nan]]))
    """
    a, b = np.asarray(real, np.float64), np.asarray(predicted, np.float64)
    if a.shape != b.shape or a.ndim < 2:
        raise UsageError(
            f"the real reaction has the shape {a.shape}, the foretold one {b.shape}; expected "
            f"(frames, columns) of both",
            "Bring them to one rate and length first (metrics.reactions.frames)",
        )
    known = ~(np.isnan(a) | np.isnan(b))
    return np.where(known, a, np.nan), np.where(known, b, np.nan)


def mean_known(values: NDArray[np.floating]) -> float:
    """The mean of what is known of (...) numbers; NaN of nothing.

    >>> mean_known(np.array([1, np.nan, 3]))
    2.0
    """
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
