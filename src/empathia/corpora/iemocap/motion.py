"""Motion capture of IEMOCAP: where the markers on a face were, 120 times a second.

A file of ``Session*/sentences/MOCAP_rotated/<dialogue>/<utterance>.txt`` has two lines of heading
and a line a picture::

    Frame# Time CH1 CH2 CH3 FH1 ... RHD
    ... X Y Z X Y Z X Y Z ...
    1 6.29 x y z x y z NaN NaN NaN ...

Numbers are parted by blanks, ``NaN`` where a marker was lost. The head's own motion is taken out
of them by the release ("rotated"). There is a file for every utterance, and in all of a dialogue
it is the face of the actor who wears the markers: while the other speaks, it is a listener's.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from empathia.corpora import warn
from empathia.errors import CorpusError
from empathia.types import Features, FloatArray

NAME = "mocap"
MARKERS = (
    *("CH1", "CH2", "CH3", "FH1", "FH2", "FH3"),
    *(f"{side}C{i}" for side in "LR" for i in range(1, 9)),
    *("LLID", "RLID", "MH", "MNOSE", "LNSTRL", "TNOSE", "RNSTRL"),
    *(f"{side}BM{i}" for side in "LR" for i in range(4)),
    *(f"{side}BRO{i}" for side in "LR" for i in range(1, 5)),
    *(f"Mou{i}" for i in range(1, 9)),
    *("LHD", "RHD"),
)
"""In the order of the release: chin, forehead, cheeks, lids, nose, brows, mouth, head."""
COLUMNS = tuple(f"{marker}.{axis}" for marker in MARKERS for axis in "xyz")
_RATE = 120  # Hz
_FILE = re.compile(r"(Ses0\d([FM])_\w+)_([FM])\w*")
_LONGEST = 600  # s


def motion(root: Path, rate: float, *, listening: bool = False) -> dict[str, Features]:
    """Markers by utterance id, (frames, 165), of those who wear them while they speak.

    Args:
        root: The release's folder.
        rate: Rows a second (Hz); a row is the mean of as many pictures as fall into it.
        listening: While the other one speaks, instead.

    Raises:
        CorpusError: The rate does not divide 120 Hz, or there is no motion capture.
    """
    if not rate > 0 or _RATE % rate:
        raise CorpusError(
            f"iemocap: motion capture at {rate:g} Hz", f"Give a rate that divides {_RATE}, as 30"
        )
    features: dict[str, Features] = {}
    wrong: defaultdict[str, list[str]] = defaultdict(list)
    files = 0
    for id, file, own in _files(root):
        files += 1
        if own == listening:
            continue
        values = _read(file, id, wrong)
        if values is not None:
            rows = _means(values, round(_RATE / rate))
            features[id] = Features(id, NAME, rows, COLUMNS, rate=float(rate))
    if not files:
        raise CorpusError(
            f"iemocap: no Session*/sentences/MOCAP_rotated under '{root}'",
            "Unpack the official release with its motion capture, or leave the option out",
        )
    for problem, places in wrong.items():
        warn(f"iemocap: {problem}", places)
    return features


def _files(root: Path) -> Iterator[tuple[str, Path, bool]]:
    """Utterances, their files, and whether it is their speaker who wears the markers."""
    for file in sorted(root.glob("Session[1-5]/sentences/MOCAP_rotated/*/*.txt")):
        named = _FILE.fullmatch(file.stem)
        if named and named[1] == file.parent.name:
            yield file.stem, file, named[2] == named[3]


def _read(file: Path, id: str, wrong: defaultdict[str, list[str]]) -> FloatArray | None:
    """Markers, (pictures, 165) in even steps of time; None where the file tells nothing."""
    head, _, *lines = [*file.read_text(encoding="latin-1").splitlines(), "", ""]
    names = head.split()
    known = [MARKERS.index(n) if n in MARKERS else None for n in names[2:]]
    if "time" not in "".join(names[1:2]).lower() or not any(k is not None for k in known):
        wrong["motion capture whose heading does not parse, left out"].append(id)
        return None
    lines = [line for line in lines if line.strip()]
    rows = [r for line in lines if (r := _numbers(line)) and len(r) == 2 + 3 * len(known)]
    wrong["lines of motion capture that do not parse"] += [id] * (len(lines) - len(rows))
    if not rows:
        wrong["motion capture without a picture"].append(id)
        return None
    table = np.array(rows)
    steps = np.round((table[:, 1] - table[0, 1]) * _RATE)
    even = np.isfinite(steps).all() and (np.diff(steps) > 0).all()
    if not even or steps[-1] > _LONGEST * _RATE:
        wrong["motion capture whose times do not go up, left out"].append(id)
        return None
    places = steps.astype(int)
    values = np.full((places[-1] + 1, len(MARKERS), 3), np.nan, np.float32)
    for column, marker in enumerate(known):
        if marker is not None:
            values[places, marker] = table[:, 2 + 3 * column : 5 + 3 * column]
    values[~np.isfinite(values)] = np.nan
    if np.isnan(values).all():
        wrong["motion capture of which all markers are lost"].append(id)
        return None
    return values.reshape(len(values), len(COLUMNS))


def _numbers(line: str) -> list[float]:
    """The numbers of a line; none where one of them is none."""
    try:
        return [float(x) for x in line.split()]
    except ValueError:
        return []


def _means(values: FloatArray, step: int) -> FloatArray:
    """Means of so many rows each, (rows / step, columns), without what is NaN."""
    if step == 1:
        return values
    rest = -len(values) % step
    padded = np.pad(values, ((0, rest), (0, 0)), constant_values=np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a marker that is lost throughout
        means: FloatArray = np.nanmean(padded.reshape(-1, step, values.shape[1]), axis=1)
    return means.astype(np.float32)
