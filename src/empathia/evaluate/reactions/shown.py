"""How near one foretold feature of a reaction comes to the real one, pair by pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from empathia.errors import UsageError
from empathia.evaluate.reactions.columns import Columns
from empathia.evaluate.reactions.places import Points
from empathia.metrics.reactions import Floats, mean_known
from empathia.metrics.reactions.appropriateness import frcorr, frdist
from empathia.metrics.reactions.concordance import moments
from empathia.metrics.reactions.distance import cosine, mean_squared_error
from empathia.metrics.reactions.diversity import frdiv, frvar
from empathia.metrics.reactions.frames import fitted, resampled
from empathia.metrics.reactions.lag import lag
from empathia.metrics.reactions.points import landmark_accuracy, normalised_mean_error, pck
from empathia.metrics.reactions.synchrony import frsyn
from empathia.types import Features

MEASURES = (
    *("nme", "pck05", "pck10", "accuracy10", "mse", "cosine", "ccc", "frcorr", "frdist"),
    *("frvar", "frdiv", "frdvs", "frsyn", "lag", "covered", "sized"),
)
"""In the order in which they are shown; which there are depends on the feature."""
LESS = frozenset({"nme", "mse", "frdist"})
"""Measures of which less is better."""
AS_PEOPLE = frozenset({"frvar", "frdvs", "frsyn"})
"""Measures of which neither more nor less is better; people's own stand beside."""
_NEAR, _NEARER = 0.1, 0.05


def in_step(real: Features, said: Features, columns: Columns) -> Floats:
    """What was foretold at the rate of the real reaction, (frames, columns).

    Raises:
        UsageError: One has a rate and the other none, or columns differ.
    """
    if real.values.shape[1] != said.values.shape[1] or (real.rate is None) != (said.rate is None):
        raise UsageError(
            f"'{real.extractor}' of the real reaction '{real.utterance}' has "
            f"{real.values.shape[1]} columns at {real.rate} Hz, what was foretold has "
            f"{said.values.shape[1]} at {said.rate} Hz",
            "Foretell the feature that is measured",
        )
    values: Floats = np.asarray(said.values, np.float64) / columns.spread
    if real.rate is None or said.rate is None:
        return values
    return resampled(values, said.rate, real.rate)


def of_pair(
    real: Features, draws: Sequence[Features], stimulus: Features | None, columns: Columns
) -> dict[str, float]:
    """Measures of what was foretold of one reaction; what has none is absent or NaN.

    How near it comes is measured of the first draw, which is the predictor's best; appropriateness,
    diversity and synchrony of all.

    Args:
        real: What truly came.
        draws: What was foretold; at least one.
        stimulus: The same feature of the speaker.
        columns: Of the feature.

    Raises:
        UsageError: See :func:`in_step`.
    """
    truth, *said = (in_step(real, f, columns) for f in (real, *draws))
    best = fitted(said[0], len(truth))
    values = _near(truth, best, columns.points)
    if real.rate is not None:
        values |= {
            "frcorr": frcorr([truth], said),
            "frdist": frdist([truth], said),
            "frvar": mean_known(np.array([frvar(s) for s in said])),
            "frdiv": frdiv(said),
            "lag": lag(truth, best, real.rate).seconds,
        }
        if stimulus is not None:
            values["frsyn"] = frsyn(in_step(real, stimulus, columns), said, real.rate)
    return values


def of_people(real: Features, stimulus: Features | None, columns: Columns) -> dict[str, float]:
    """What the real reaction itself has: how much it varies, and its lag behind the speaker.

    Of points also in how many frames they have a unit of length.
    """
    truth = in_step(real, real, columns)
    values = {} if columns.points is None else {"sized": columns.points.sized(truth)}
    if real.rate is None:
        return values
    values |= {"frvar": frvar(truth)}
    if stimulus is not None:
        values["frsyn"] = frsyn(in_step(real, stimulus, columns), [truth], real.rate)
    return values


def moments_of(real: Features, best: Features, columns: Columns) -> Floats:
    """(6, columns) moments of a reaction and what was foretold, around the middle."""
    truth = in_step(real, real, columns)
    middle = columns.middle / columns.spread
    return moments(truth - middle, fitted(in_step(real, best, columns), len(truth)) - middle)


def _near(truth: Floats, said: Floats, points: Points | None) -> dict[str, float]:
    known = ~np.isnan(truth)
    covered = mean_known(np.where(known, ~np.isnan(said), np.nan))
    values: dict[str, float] = {}
    if points is not None:
        errors = points.errors(truth, said)
        values = {
            "nme": normalised_mean_error(errors),
            "pck05": pck(errors, _NEARER),
            "pck10": pck(errors, _NEAR),
            "accuracy10": landmark_accuracy(errors, _NEAR),
        }
    mse, cos = mean_squared_error(truth, said), cosine(truth, said)
    return values | {"mse": mse, "cosine": cos, "covered": covered}
