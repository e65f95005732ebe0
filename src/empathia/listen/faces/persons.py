"""Who was seen in a video so far, and whether a newcomer is one of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from empathia.listen.faces.looks import blended, unlike
from empathia.listen.faces.pairing import paired
from empathia.types import FloatArray

_SAME, _SAME_HERE = 0.22, 0.32  # looks of one who returns, and returns soon to the same place
_SOON = 2.0  # s
_APART = 0.06  # by which the looks of the next best must be less alike
_VIEWS, _NEW_VIEW = 6, 0.12  # looks of a person that are kept, and how unlike each other they are
_GROWTH = math.log(1.6)


@dataclass(slots=True, eq=False)
class Place:
    """Where a face is in a picture, and how it looks.

    Args:
        centre: (2,) in pixels of the video.
        size: Mean of its sides.
        looks: (3, 125), see :func:`looks.looks`.
    """

    centre: NDArray[np.float64]
    size: float
    looks: FloatArray

    def off(self, other: Place) -> float:
        """Their distance in sizes of a face."""
        return 2 * float(np.linalg.norm(self.centre - other.centre)) / (self.size + other.size)

    def grown(self, other: Place) -> float:
        """How different their sizes are, as a share of what is too different."""
        return abs(math.log(other.size / self.size)) / _GROWTH


@dataclass(slots=True, eq=False)
class Person:
    """Somebody who is known.

    Args:
        name: As in "face 1".
        place: Where the face was seen last.
        last: When, in s.
        views: Looks (3, 125) in earlier shots.
        cut: The shot ended since, so that the place tells nothing.
    """

    name: str
    place: Place
    last: float
    views: list[FloatArray] = field(default_factory=list)
    cut: bool = False

    def cost(self, place: Place, since: float) -> float:
        """How unlike a newcomer is, a little more elsewhere; infinite where it is another.

        Args:
            place: Of the newcomer.
            since: When it was seen first, in s.
        """
        if self.last >= since:
            return math.inf
        off, grown = self.place.off(place), self.place.grown(place)
        here = not self.cut and off < 1 and grown < 1 and since - self.last < _SOON
        apart = min(unlike(view, place.looks) for view in (self.place.looks, *self.views))
        if apart > (_SAME_HERE if here else _SAME):
            return math.inf
        return apart + 0.02 * min(off, 2.0) + 0.02 * min(grown, 2.0)

    def left(self, *, cut: bool = False) -> None:
        """Keep how somebody looked who is followed no longer."""
        self.cut = cut
        looks = self.place.looks
        if all(unlike(view, looks) > _NEW_VIEW for view in self.views):
            self.views = [*self.views, looks][-_VIEWS:]


class Persons:
    """All who were seen in a video."""

    def __init__(self) -> None:
        self._all: list[Person] = []

    def named(self, newcomers: Sequence[tuple[Place, float]], now: float) -> list[Person]:
        """Who newcomers are: those of before who look like them and like whom no other looks.

        Args:
            newcomers: Faces of one picture with the time (s) at which each was seen first.
            now: In s.
        """
        costs = np.array([[p.cost(place, since) for p in self._all] for place, since in newcomers])
        costs = costs.reshape(len(newcomers), len(self._all))
        returned = {i: self._all[j] for i, j in paired(costs) if _clear(costs, i, j)}
        persons = []
        for i, (place, _) in enumerate(newcomers):
            person = returned.get(i)
            if person is None:
                person = Person(f"face {len(self._all) + 1}", place, now)
                self._all.append(person)
            persons.append(person)
        return persons


def changed(place: Place, now: Place, share: float) -> Place:
    """A face where it is now, its looks mixed with a share of those it has now."""
    return Place(now.centre, now.size, blended(place.looks, now.looks, share))


def _clear(costs: NDArray[np.floating], i: int, j: int) -> bool:
    """Whether no other person, and no other newcomer, would fit nearly as well."""
    others = np.concatenate([np.delete(costs[i], j), np.delete(costs[:, j], i)])
    return bool(np.all(others >= costs[i, j] + _APART))
