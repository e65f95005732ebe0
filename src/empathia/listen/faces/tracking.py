"""Who is who from picture to picture: numbers for faces, the same for the same person.

Faces are paired with those of the pictures before by place, motion, size and looks. What leaves
and returns, or is seen again after a cut, gets its number back where looks tell; in doubt it gets
a new one, since two numbers for a person do less harm than one for two.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from empathia.listen.faces.looks import looks, unlike
from empathia.listen.faces.pairing import paired
from empathia.listen.faces.persons import Person, Persons, Place, changed
from empathia.types import FloatArray
from empathia.types.seen import Face, Picture

_LASTING, _HURRY = 0.25, 0.6  # s that a face must be seen to be one, and in which
_FLICKER, _BRIDGE = 0.3, 1.0  # s that a new face, and one that is known, may be away
_REACH, _SPEED = 0.5, 3.0  # sizes of a face that one may be off, and more a second
_ODD, _WARY = 0.5, 0.3  # looks of another; likewise in a crowd, and of newcomers
_JUMP, _TIMES = 0.24, 3.0  # looks that nobody has at once; times the usual change in a picture
_HIDDEN = 0.3  # of costs, more for who was not in the picture before
_DOUBT = 0.3  # of costs, by which a way must be better than that with two persons swapped
_STRAY = 0.5  # s in which the speed of one who is not seen fades
_CROWD = 1.2  # sizes of a face; nearer ones hide each other
_CUT = 22.0  # of 255: mean change of the light in a picture that makes it another shot
_GRID = (12, 16)  # places of a picture whose light is looked at


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """The faces of one picture, with who they are.

    Args:
        time: In s.
        faces: (person, face) from left to right.
        picture: They are in; None where pictures were not asked for.
    """

    time: float
    faces: tuple[tuple[str, Face], ...]
    picture: Picture | None = None


@dataclass(slots=True, eq=False)
class _Track:
    """One face while it is followed.

    Args:
        place: Where it was seen last, with looks of some time.
        first, last: When it was seen first and last, in s.
        velocity: (2,) in pixels a second.
        count: Pictures that it was in.
        person: Who it is, once known.
        over: It is followed no longer; without a person it was no face.
        crowded: Another was before or behind it, so that its looks say little.
        latest: Looks (3, 125) in the picture that it was in last.
        usual: How unlike they mostly are from picture to picture.
    """

    place: Place
    first: float
    last: float
    velocity: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    count: int = 1
    person: Person | None = None
    over: bool = False
    crowded: bool = False
    latest: FloatArray = field(init=False)
    usual: float = 0.0

    def __post_init__(self) -> None:
        self.latest = self.place.looks

    def expected(self, time: float) -> Place:
        """Where it should be."""
        away = _STRAY * (1 - math.exp((self.last - time) / _STRAY))
        return Place(self.place.centre + self.velocity * away, self.place.size, self.place.looks)

    def cost(self, time: float, now: Place, step: float, *, crowded: bool) -> float:
        """How badly a face fits, in [0, 3.3]; infinite where it cannot be this one.

        Args:
            time: In s.
            now: The face.
            step: From the picture before, in s.
            crowded: Another could be there, too.
        """
        expected, away = self.expected(time), min(time - self.last, _FLICKER)
        crowded = crowded or self.crowded
        wary = crowded or self.person is None
        if not crowded and self.jumps(now):
            return math.inf
        parts = (
            expected.off(now) / (_REACH + (0.0 if crowded else _SPEED * away)),
            expected.grown(now),
            unlike(self.place.looks, now.looks) / (_WARY if wary else _ODD),
        )
        # Of two behind each other the one that was seen before is likelier to be seen still.
        hidden = _HIDDEN if time - self.last > 1.5 * step else 0.0
        return sum(parts) + hidden if max(parts) <= 1 else math.inf

    def jumps(self, now: Place) -> bool:
        """Whether a face looks so unlike the picture before that it is another's, as over a cut."""
        apart = min(unlike(self.latest, now.looks), unlike(self.place.looks, now.looks))
        return apart > max(_JUMP, _TIMES * self.usual)

    def replaced(self, time: float, places: Sequence[Place]) -> bool:
        """Whether another is at once where this one was, as over a cut that the light hides."""
        expected = self.expected(time)
        near = [p for p in places if expected.off(p) < 1 and expected.grown(p) < 1]
        return not self.crowded and any(self.jumps(p) for p in near)

    def see(self, time: float, now: Place, *, crowded: bool) -> None:
        """Take over what is seen of it now."""
        speed = (now.centre - self.place.centre) / (time - self.last)
        fresh = 1.0 if self.count == 1 else 0.5
        self.velocity = (1 - fresh) * self.velocity + fresh * speed
        mixed = 0.5 if self.person is None else 0.0 if crowded else 0.1
        self.usual += (unlike(self.latest, now.looks) - self.usual) / min(self.count, 10)
        self.place, self.latest = changed(self.place, now, mixed), now.looks
        self.last, self.crowded = time, crowded
        self.count += 1
        self.tell()

    def tell(self) -> None:
        """Let the person know where it is."""
        if self.person is not None:
            self.person.place, self.person.last = self.place, self.last


class Tracker:
    """Numbers the faces of one video; moments come out a little later than they go in.

    Args:
        rate: Pictures a second, at most.
        pictures: Moments keep theirs.

    Attributes:
        fleeting: Faces that were seen too shortly to be any, and left out.
        cuts: Changes of the shot.
    """

    def __init__(self, rate: float, *, pictures: bool = False) -> None:
        self.fleeting = 0
        self.cuts = 0
        self._least = 1 / rate
        self._step = self._least  # s from the picture before
        self._pictures = pictures
        self._tracks: list[_Track] = []
        self._persons = Persons()
        self._waiting: deque[tuple[Picture, list[tuple[_Track, Face]]]] = deque()
        self._seen: list[tuple[_Track, Face]] = []  # in the picture before
        self._light: NDArray[np.float64] | None = None
        self._shot = 0  # pictures of it
        self._time = -math.inf

    def near(self, picture: Picture) -> list[FloatArray]:
        """Where to look for faces: boxes (4,) of the picture before, if it is of the same shot.

        To be asked once of every picture, before its faces are added.
        """
        light, before = _light(picture), self._light
        self._light = light
        self._shot += 1
        if before is not None and float(np.abs(light - before).mean()) > _CUT:
            self.cuts += 1
            self._shot, self._seen = 1, []
            for track in self._tracks:
                self._end(track, cut=True)
        return [face.box for _, face in self._seen]

    def add(self, picture: Picture, faces: Sequence[Face]) -> Iterator[Moment]:
        """Take the faces of the next picture, and give the moments whose faces are known.

        Args:
            picture: The next one.
            faces: What is found in it.
        """
        time = picture.time
        if self._time > -math.inf:
            self._step = max(self._least, time - self._time)
        self._time = time
        self._leave(time)
        self._seen = list(zip(self._paired(picture, faces), faces, strict=True))
        kept = picture if self._pictures else Picture(time, picture.pixels[:0], picture.scale)
        self._waiting.append((kept, self._seen))
        self._name([t for t, _ in self._seen if t.person is None and self._tellable(t)])
        yield from self._out()

    def close(self) -> Iterator[Moment]:
        """The rest of the moments."""
        self._name([t for t, _ in self._seen if t.person is None and t.count >= self._shot])
        for track in self._tracks:
            self._end(track)
        yield from self._out()

    def _tellable(self, track: _Track) -> bool:
        """Whether a face has been there long enough, and out of a crowd if it leaves it soon."""
        late = self._time - track.first > _HURRY - 1.5 * self._step
        return track.count >= math.ceil(_LASTING / self._step) and (late or not track.crowded)

    def _out(self) -> Iterator[Moment]:
        while self._waiting:
            picture, faces = self._waiting[0]
            if any(t.person is None and not t.over for t, _ in faces):
                return
            self._waiting.popleft()
            told = tuple((t.person.name, f) for t, f in faces if t.person is not None)
            yield Moment(picture.time, told, picture if self._pictures else None)

    def _leave(self, time: float) -> None:
        """Let go of those who have been away too long."""
        step = 1.5 * self._step
        for track in self._tracks:
            new, away = track.person is None, time - track.last
            late = new and time - track.first > max(_HURRY, step)
            if late or away > max(_FLICKER if new else _BRIDGE, step):
                self._end(track)
        self._tracks = [t for t in self._tracks if not t.over]

    def _end(self, track: _Track, *, cut: bool = False) -> None:
        if not track.over and track.person is None:
            self.fleeting += 1
        elif not track.over and track.person is not None:
            track.person.left(cut=cut)
        track.over = True

    def _paired(self, picture: Picture, faces: Sequence[Face]) -> list[_Track]:
        """The track of each face: one of those that are followed, or a new one."""
        time, places = picture.time, [_place(picture, face) for face in faces]
        followed = self._tracks
        expected = [t.expected(time) for t in followed]
        crowds = [sum(e.off(p) < _CROWD for e in expected) > 1 for p in places]
        costs = np.array(
            [
                [
                    t.cost(time, p, self._step, crowded=c)
                    for p, c in zip(places, crowds, strict=True)
                ]
                for t in followed
            ]
        ).reshape(len(followed), len(places))
        pairs = paired(costs)
        doubted = _doubted(costs, pairs)
        for i, _ in doubted:
            self._end(followed[i])
        known = {j: followed[i] for i, j in pairs if (i, j) not in doubted}
        self._replaced([t for i, t in enumerate(followed) if i not in dict(pairs)], known, places)
        now = {id(t): places[j] for j, t in known.items()}
        around = [now.get(id(t), e) for t, e in zip(followed, expected, strict=True) if not t.over]
        around += [places[j] for j in range(len(places)) if j not in known]
        tracks = []
        for j, place in enumerate(places):
            crowded = any(p.off(place) < _CROWD for p in around if p is not place)
            track = known.get(j)
            if track is None:
                track = _Track(place, time, time, crowded=crowded)
                self._tracks.append(track)
            else:
                track.see(time, place, crowded=crowded)
            tracks.append(track)
        self._tracks = [t for t in self._tracks if not t.over]
        return tracks

    def _replaced(
        self, lost: Sequence[_Track], known: Mapping[int, _Track], places: Sequence[Place]
    ) -> None:
        """Let go of the lost ones in whose places others are at once."""
        new = [place for j, place in enumerate(places) if j not in known]
        for track in lost:
            if track.replaced(self._time, new):
                self._end(track, cut=True)

    def _name(self, tracks: Sequence[_Track]) -> None:
        """Say who these are; whoever is taken for them is not followed elsewhere any more."""
        persons = self._persons.named([(t.place, t.first) for t in tracks], self._time)
        for track, person in zip(tracks, persons, strict=True):
            for other in self._tracks:
                if other.person is person:
                    self._end(other)
            track.person = person
            track.tell()


def _place(picture: Picture, face: Face) -> Place:
    corners = np.asarray(face.box, np.float64).reshape(2, 2)
    size = max(1.0, float((corners[1] - corners[0]).mean()))
    return Place(corners.mean(axis=0), size, looks(picture, face))


def _doubted(costs: NDArray[np.floating], pairs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Pairs of those (n, m) that could as well be swapped with another."""
    doubted = set()
    for a, (i, j) in enumerate(pairs):
        for k, m in pairs[a + 1 :]:
            swapped = costs[i, m] + costs[k, j]
            if swapped - costs[i, j] - costs[k, m] < _DOUBT:
                doubted |= {(i, j), (k, m)}
    return doubted


def _light(picture: Picture) -> NDArray[np.float64]:
    """How light a picture is at places all over it, (12, 16) in [0, 255]."""
    height, width = picture.pixels.shape[:2]
    rows = (np.arange(4 * _GRID[0]) * height) // (4 * _GRID[0])
    columns = (np.arange(4 * _GRID[1]) * width) // (4 * _GRID[1])
    seen = picture.pixels[np.ix_(rows, columns)].astype(np.float64).mean(axis=2)
    light: NDArray[np.float64] = seen.reshape(_GRID[0], 4, _GRID[1], 4).mean(axis=(1, 3))
    return light
