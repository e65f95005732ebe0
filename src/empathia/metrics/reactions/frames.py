"""Reactions of other rates and lengths, brought to those of the real one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError
from empathia.metrics.reactions import Floats


def resampled(values: NDArray[np.floating], rate: float, wanted: float) -> Floats:
    """Values at another rate, linear between neighbours in time.

    ``y(t) = (1 - w) x(floor(t rate)) + w x(floor(t rate) + 1)`` with ``w`` the rest; the last
    moment stays. It draws nothing over a gap: between a known and an absent frame all is absent.
    Where the rate falls, faster motion is not filtered out first.

    Args:
        values: (frames, columns), NaN where absent.
        rate: Frames a second (Hz).
        wanted: The same of what is returned.

    Returns:
        (frames, columns) from the first moment to the last.

    Raises:
        UsageError: A rate is not positive.

    >>> resampled(np.array([[0.0], [2.0], [np.nan]]), rate=1, wanted=2).T
    array([[ 0.,  1.,  2., nan, nan]])
    """
    if not (rate > 0 and wanted > 0):
        raise UsageError(f"cannot go from {rate} to {wanted} Hz", "Give positive rates")
    x = np.asarray(values, np.float64)
    if not len(x) or rate == wanted:
        return x
    # Rounded, as 2.9999999 frames are three.
    at = np.round(np.arange(int((len(x) - 1) * wanted / rate + 1e-9) + 1) * rate / wanted, 9)
    left = np.minimum(at.astype(np.int64), len(x) - 1)
    right = np.minimum(left + 1, len(x) - 1)
    weight = (at - left)[:, None]
    mixed: Floats = np.where(weight > 0, (1 - weight) * x[left] + weight * x[right], x[left])
    return mixed


def fitted(values: NDArray[np.floating], frames: int) -> Floats:
    """Values of (n, columns) in exactly (frames, columns): cut, or the last known row held.

    So all predictors are asked about all frames of the real reaction, and none is better for
    having said less: also where what was said ends in NaN. Where nothing is known all is NaN.

    >>> fitted(np.array([[1.0], [2.0]]), 4).T, fitted(np.array([[1.0], [2.0]]), 1).T
    (array([[1., 2., 2., 2.]]), array([[1.]]))
    """
    x = np.asarray(values, np.float64)
    known = np.flatnonzero(~np.isnan(x).all(axis=1))
    if not len(known):
        return np.full((frames, x.shape[1]), np.nan)
    x = x[: known[-1] + 1]
    return x[np.minimum(np.arange(frames), len(x) - 1)]
