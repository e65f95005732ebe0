"""What was seen of each person, on disk: arrays as npz, who and when as JSON.

Rows go to the disk as they come, so that the landmarks of an hour are never in memory.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from empathia.face.normalise import normalised
from empathia.face.points import BLENDSHAPES, EXPRESSIONS, POSE
from empathia.listen.faces.tracking import Moment
from empathia.types import FloatArray
from empathia.types.seen import LANDMARKS, Face

_ROWS = 128  # that are held
_BREAK = 0.5  # s without the face that end a span, where pictures come more often

ARRAYS: Mapping[str, tuple[int, ...]] = {
    "boxes": (4,),
    "blendshapes": (len(BLENDSHAPES),),
    "poses": (len(POSE),),
    "expressions": (len(EXPRESSIONS),),
    "presence": (),
    "origins": (3,),
    "scales": (),
    "rolls": (),
    "landmarks": (LANDMARKS, 3),
    "normalised": (LANDMARKS, 3),
}
"""Arrays of a person and the shape of one row; beside them ``times`` and names of columns."""
_ENDS = np.cumsum([int(np.prod(shape)) for shape in ARRAYS.values()])


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written of a person.

    Args:
        person: As in "face 1".
        file: Name of the npz; None where none is written.
        pictures: That show the face.
        share: Of all pictures that were looked at.
        spans: From when to when it was there, first and last in s.
        size: Mean width of the face in pixels.
    """

    person: str
    file: str | None
    pictures: int
    share: float
    spans: tuple[tuple[float, float], ...]
    size: float


@dataclass(slots=True)
class _Rows:
    """One person's rows.

    Args:
        path: Where they go, as plain float32; None where they are only counted.
        times: Of all rows, in s.
        rows: Those that are not on disk yet.
        width: Of all faces, in pixels, added up.
    """

    path: Path | None
    times: list[float] = field(default_factory=list)
    rows: list[FloatArray] = field(default_factory=list)
    width: float = 0.0

    def add(self, time: float, face: Face) -> None:
        self.times.append(time)
        self.width += float(face.box[2] - face.box[0])
        if self.path is None:
            return
        points, placed = normalised(face.landmarks)
        unread = np.full(len(EXPRESSIONS), np.nan)
        parts = {
            "boxes": face.box,
            "blendshapes": face.blendshapes,
            "poses": face.pose,
            "expressions": unread if face.expression is None else face.expression,
            "presence": face.presence,
            "origins": placed.origin,
            "scales": placed.scale,
            "rolls": placed.roll,
            "landmarks": face.landmarks,
            "normalised": points,
        }
        self.rows.append(np.concatenate([np.ravel(parts[name]) for name in ARRAYS], dtype="f4"))
        if len(self.rows) >= _ROWS:
            self.flush(self.path)

    def flush(self, path: Path) -> None:
        with path.open("ab") as file:
            file.write(b"".join(row.astype("<f4").tobytes() for row in self.rows))
        self.rows = []

    def write(self, path: Path, target: Path) -> None:
        """As npz; the rows that were on disk are gone then."""
        self.flush(path)
        rows = np.memmap(path, "<f4", "r", shape=(len(self.times), int(_ENDS[-1])))
        names = {
            "blendshape_names": np.array(BLENDSHAPES),
            "pose_names": np.array(POSE),
            "expression_names": np.array(EXPRESSIONS),
            "times": np.array(self.times),
        }
        with zipfile.ZipFile(target, "w") as out:
            for name, values in names.items():
                _store(out, name, values.shape, values.dtype, [values])
            starts = (0, *_ENDS[:-1])
            for (name, shape), start, end in zip(ARRAYS.items(), starts, _ENDS, strict=True):
                blocks = (rows[i : i + _ROWS, start:end] for i in range(0, len(rows), _ROWS))
                _store(out, name, (len(rows), *shape), rows.dtype, blocks)
        del rows
        path.unlink()


def _store(
    out: zipfile.ZipFile,
    name: str,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    blocks: Iterable[np.ndarray],
) -> None:
    """One array of an npz, whose rows (n, ...) come block by block."""
    # Of 1980, as in numpy's own: the same rows give the same file.
    with out.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as file:
        head = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False}
        np.lib.format.write_array_header_1_0(file, {**head, "shape": shape})
        for block in blocks:
            file.write(np.ascontiguousarray(block).tobytes())


class Keeper:
    """Writes what is seen into a folder, person by person.

    Args:
        folder: Where; it is there and is filled. None writes nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._persons: dict[str, _Rows] = {}
        self._times: list[float] = []

    def keeping(self, moments: Iterable[Moment]) -> Iterator[Moment]:
        """The moments, as they are, each kept as it goes by."""
        for moment in moments:
            self._times.append(moment.time)
            for person, face in moment.faces:
                if person not in self._persons:
                    path = self._folder and self._folder / f".{person}.rows"
                    self._persons[person] = _Rows(path)
                self._persons[person].add(moment.time, face)
            yield moment

    def close(self) -> list[Kept]:
        """Write the arrays, and tell of each person which file has them, and when it was seen."""
        step = float(np.median(np.diff(self._times))) if len(self._times) > 1 else 0.0
        told = []
        for person in sorted(self._persons, key=lambda name: int(name.removeprefix("face "))):
            rows, file = self._persons[person], None
            if self._folder is not None and rows.path is not None:
                file = f"{person.replace(' ', '-')}.npz"
                rows.write(rows.path, self._folder / file)
            seen = tuple(spans(rows.times, max(_BREAK, 1.5 * step)))
            many = len(rows.times)
            told.append(Kept(person, file, many, many / len(self._times), seen, rows.width / many))
        return told


def spans(times: Iterable[float], longest: float) -> Iterator[tuple[float, float]]:
    """From when to when something was there, first and last in s.

    Args:
        times: Rising, in s.
        longest: Gap that does not end a span, in s.
    """
    first = last = None
    for time in times:
        if first is None or last is None or time - last > longest:
            if first is not None and last is not None:
                yield first, last
            first = time
        last = time
    if first is not None and last is not None:
        yield first, last
