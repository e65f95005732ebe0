"""What a recording announces, and what is in it when it is decoded to its end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia import media
from empathia.contracts import Progress
from empathia.errors import EmpathiaError, MediaError
from empathia.pipeline import watching
from empathia.types import FloatArray

_EVERY = 10.0  # s between two signs of progress
_ALIKE = 0.98  # correlation of channels that hold the same
_QUIET = 1e-6  # of the power of the loudest channel (60 dB): one that holds nothing


@dataclass(frozen=True, slots=True)
class Track:
    """What a sound track is like.

    Args:
        number: Which one, from 1.
        channels: How many.
        rate: Samples a second (Hz).
        title: Its name, or None.
        language: As the file writes it, or None.
        decoded: Length of what could be decoded, in s.
        peak: Highest level, in dB to full scale; None where there is digital silence alone.
        level: Mean level (RMS) of all channels, in dB to full scale; None likewise.
        silent: Share of samples in [0, 1] that are exactly zero in all channels.
        clipped: Share of samples in [0, 1] at full scale.
        relation: How the channels go together: "one", "alike", "opposite" (their sum is
            silence), "one-sided" (all others are silent), "apart" (a speaker each), "different".
        notes: What is not as it was recorded; why it cannot be decoded.
    """

    number: int
    channels: int
    rate: int
    title: str | None
    language: str | None
    decoded: float
    peak: float | None
    level: float | None
    silent: float
    clipped: float
    relation: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file is as a recording.

    Args:
        container: What FFmpeg calls its format.
        video: Whether there is a moving picture.
        announced: Length that the file announces, in s; None where it does not say.
        main: Number of the track that is read where none is chosen.
        tracks: All sound tracks.
        faces: Why faces in the picture cannot be read here, "" where they can; None without a
            moving picture.
    """

    container: str
    video: bool
    announced: float | None
    main: int | None
    tracks: tuple[Track, ...]
    faces: str | None = None


def check(path: Path, progress: Progress) -> Recording:
    """Decode a recording to its end and say what it is like.

    Args:
        path: The file.
        progress: Called with the file's name and the seconds that are done.

    Raises:
        MediaError: It cannot be read.
    """
    media.check(path, media.Selection())
    info = media.probe(path)
    tracks = tuple(
        _track(path, info, number, progress) for number in range(1, len(info.tracks) + 1)
    )
    faces = _faces(path) if info.has_video else None
    return Recording(info.container, info.has_video, info.duration, info.main, tracks, faces)


def _faces(path: Path) -> str:
    """Why faces cannot be read, "" where they can."""
    try:
        watching.check(path)
    except EmpathiaError as error:
        return str(error)
    return ""


def _track(path: Path, info: media.MediaInfo, number: int, progress: Progress) -> Track:
    condition, sound = media.Condition(), _Sound()
    pieces = media.unmixed(path, condition, media.Selection(track=number))
    told = 0.0
    try:
        for each, _ in pieces:
            sound.add(each)
            if condition.seconds >= told:
                progress(path.name[:40], condition.seconds, info.duration)
                told += _EVERY
    except MediaError as error:
        if number == info.main:
            raise
        condition.remarks.append(error.problem)
    said = info.tracks[number - 1]
    count = max(1, sound.count)
    return Track(
        number,
        said.channels,
        said.rate,
        said.title,
        said.language,
        decoded=condition.seconds,
        peak=_decibel(sound.peak),
        level=_decibel(math.sqrt(float(sound.products.diagonal().sum()) / count)),
        silent=sound.zeros / count,
        clipped=condition.clipped / max(1, condition.samples),
        relation="apart" if condition.apart else sound.relation,
        notes=condition.notes(),
    )


class _Sound:
    """How loud a stream of samples is, and how its channels go together."""

    def __init__(self) -> None:
        self.count, self.zeros = 0, 0
        self.peak = 0.0
        self.products: NDArray[np.float64] = np.zeros((1, 1))  # mean over channels, by pair

    def add(self, each: FloatArray) -> None:
        """Samples (channels, n)."""
        if len(each) != len(self.products):  # a stream may change its channels on the way
            self.products = np.zeros((len(each), len(each)))
        wide = each.astype(np.float64)
        self.products += wide @ wide.T / len(each)
        self.count += each.shape[1]
        self.zeros += int(np.count_nonzero(~each.any(axis=0)))
        self.peak = max(self.peak, float(np.abs(each).max(initial=0.0)))

    @property
    def relation(self) -> str:
        """How the channels go together."""
        powers = self.products.diagonal()
        if len(powers) < 2:
            return "one"
        loud = powers > _QUIET * powers.max()
        if np.count_nonzero(loud) < 2:
            return "one-sided" if loud.any() else "alike"
        first = int(np.argmax(powers))
        alike = self.products[first] / np.sqrt(np.maximum(powers * powers[first], 1e-300))
        if np.all(np.abs(alike) > _ALIKE):
            return "alike" if np.all(alike > 0) else "opposite"
        return "different"


def _decibel(amplitude: float) -> float | None:
    return 20 * math.log10(amplitude) if amplitude > 0 else None
