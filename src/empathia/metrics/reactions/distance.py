"""How far numbers are from what they were: squared error, cosine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.reactions import alike, mean_known


def mean_squared_error(real: NDArray[np.floating], predicted: NDArray[np.floating]) -> float:
    """Mean squared error of (frames, columns), from 0 up; less is better.

    ``MSE = mean of (x - y)^2`` over what is known on both sides (Gauss, 1809). Scaling both by c
    scales it by c squared: columns of large units outweigh all others. Pitfall: the mean of all
    reactions has the least error of all constants, and blurs what it is the mean of.

    Raises:
        UsageError: Shapes differ.

    >>> mean_squared_error(np.array([[1.0, np.nan]]), np.array([[3.0, 9.0]]))
    4.0
    """
    a, b = alike(real, predicted)
    return mean_known((a - b) ** 2)


def cosine(real: NDArray[np.floating], predicted: NDArray[np.floating]) -> float:
    """Mean over (frames, columns) of the cosine between rows, in [-1, 1]; more is better.

    ``cos = x . y / (|x| |y|)`` over the columns that are known on both sides (Salton & McGill,
    1983). A row of zeros has no direction and does not count. Pitfall: it ignores size, and is
    near 1 for any two faces, or vectors of positive numbers, as what all share outweighs the rest.

    Raises:
        UsageError: Shapes differ.

    >>> cosine(np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    0.5
    """
    a, b = (np.nan_to_num(x) for x in alike(real, predicted))
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    rows = np.full(len(a), np.nan)
    np.divide((a * b).sum(1), lengths, out=rows, where=lengths > 0)
    return mean_known(np.clip(rows, -1, 1))
