"""Which features are points in space, by the names of their columns, and their unit of length.

A point has two or three columns of one name, ``<point>.x``, ``.y`` and perhaps ``.z``: the 478
landmarks of a face, the markers of motion capture, or points of your own. The unit is the distance
between two points that what a face does hardly moves, in the real reaction, frame by frame: so an
error is a share of the face, whatever its size. A frame in which one of the two is lost has none.

Landmarks have the outer corners of the eyes (Sagonas et al., 2013). IEMOCAP puts no marker there;
its lids' are the only pair on the eyes: a blink moves both alike, across the line between them.
They lie above the pupils, nearer to each other than the corners, so that the same error is a larger
figure, and .1 a closer miss: markers compare with markers alone. Brows draw together when one
frowns.
Of other points the unit is the diagonal of the box around where they are in the mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from empathia.face.points import COLUMNS, LEFT_OUTER, RIGHT_OUTER
from empathia.metrics.reactions import Floats, mean_known
from empathia.metrics.reactions.points import point_errors

_UNITS = ((str(RIGHT_OUTER), str(LEFT_OUTER)), ("RLID", "LLID"))
_AXES = ("xyz", "xy")


@dataclass(frozen=True, slots=True)
class Points:
    """Where the points of a feature stand among its columns.

    Args:
        columns: (points, dimensions) numbers of columns.
        unit: The two points between which the unit lies, or the unit itself.
    """

    columns: np.ndarray[tuple[int, int], np.dtype[np.int64]]
    unit: tuple[int, int] | float

    @classmethod
    def of(cls, names: Sequence[str], middle: Floats) -> Self | None:
        """Of columns by name; None where they are no points.

        Args:
            names: Of the columns; as many columns as landmarks have may have no names.
            middle: (columns,) their means; NaN of what is never known.
        """
        names = names or (COLUMNS if len(middle) == len(COLUMNS) else ())
        of = {name: column for column, name in enumerate(names)}
        points = list(dict.fromkeys(name.rpartition(".")[0] for name in names))
        for axes in _AXES:
            wanted = [[f"{p}.{axis}" for axis in axes] for p in points]
            if points and of.keys() == {name for each in wanted for name in each}:
                columns = np.array([[of[name] for name in each] for each in wanted], np.int64)
                pairs = [pair for pair in _UNITS if set(pair) <= set(points)]
                if pairs:
                    return cls(columns, (points.index(pairs[0][0]), points.index(pairs[0][1])))
                there = middle[columns][~np.isnan(middle[columns]).any(axis=1)]
                box = np.ptp(there, axis=0) if len(there) else np.zeros(1)
                return cls(columns, float(np.linalg.norm(box)))
        return None

    def errors(self, real: Floats, said: Floats) -> Floats:
        """See :func:`~empathia.metrics.reactions.points.point_errors`; of (frames, columns)."""
        return point_errors(real[:, self.columns], said[:, self.columns], self.unit)

    def sized(self, real: Floats) -> float:
        """Share of (frames, columns) that have the unit, of those in which a point is known."""
        seen = ~np.isnan(real).all(axis=1)
        unit = ~np.isnan(self.errors(real, real)).all(axis=1)
        return mean_known(np.where(seen, unit, np.nan))
