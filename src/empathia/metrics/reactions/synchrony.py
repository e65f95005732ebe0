"""Whether who reacts moves in step with who speaks, after the REACT challenge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.reactions import mean_known
from empathia.metrics.reactions.frames import fitted
from empathia.metrics.reactions.lag import LONGEST, lag


def frsyn(
    speaker: NDArray[np.floating],
    predicted: Sequence[NDArray[np.floating]],
    rate: float,
    longest: float = LONGEST,
) -> float:
    """Facial reaction synchrony: how far reactions are off the speaker's course, in [0, longest].

    ``FRSyn = mean over foretold p of |lag(speaker, p)|`` in s
    (:func:`~empathia.metrics.reactions.lag.lag`); the challenge (Song et al., 2023) counts
    frames. Both are laid start to start over the shorter. NaN where nothing varies: a constant is
    not in step. Pitfalls: 0 is what copying the speaker has, while people take their time; what is
    unrelated has about longest / 2. It is to be near what real reactions have, not small.

    Args:
        speaker: (frames, columns), NaN where absent.
        predicted: (frames, columns) each, in the same columns.
        rate: Frames a second (Hz) of all.
        longest: Lag that is looked at, in s.

    Raises:
        UsageError: Numbers of columns differ.

    >>> speaker = np.sin(np.arange(40) / 3)[:, None]
    >>> frsyn(speaker, [speaker, np.roll(speaker, 2, axis=0)], rate=10)
    0.1
    """
    each = []
    for p in predicted:
        n = min(len(speaker), len(p))
        each.append(lag(fitted(speaker, n), fitted(p, n), rate, longest).seconds)
    return mean_known(np.abs(np.array(each, np.float64)))
