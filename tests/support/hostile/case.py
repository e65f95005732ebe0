"""What a hostile input is."""

from __future__ import annotations

import enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

KINDS = ("recording", "transcript", "table")


class Place(enum.Enum):
    """What lies under the name of an input."""

    FILE = "file"
    FOLDER = "folder"
    PIPE = "pipe"
    LOOP = "link to itself"
    NOTHING = "nothing"


class Truth(NamedTuple):
    """What an input means.

    Args:
        turns: Speaker, words, start and end (s; None where it says no times).
        rows: Of a corpus: dialogue, speaker, words, labels, part.
        samples: Of a recording: what is heard, 16-bit, (n,) at 16 kHz.
        stretch: Which stretch of the committed conversation that is (s).
    """

    turns: tuple[tuple[str, str, float | None, float | None], ...] = ()
    rows: tuple[tuple[str, str, str, tuple[str, ...], str | None], ...] = ()
    samples: NDArray[np.int16] | None = None
    stretch: tuple[float, float] | None = None


class Case(NamedTuple):
    """One input.

    Args:
        kind: "recording", "transcript" or "table".
        how: What was done to it.
        name: Of its file.
        content: Of its file.
        truth: What it means; None where it is damaged.
        number: Which one it is.
        place: What lies under its name.
    """

    kind: str
    how: str
    name: str
    content: bytes
    truth: Truth | None
    number: int = 0
    place: Place = Place.FILE
