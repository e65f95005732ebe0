"""Decode the sound of a recording block by block, whatever its format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from empathia.errors import InputError, MediaError
from empathia.files import shown
from empathia.media.container import (
    ALL,
    BROKEN,
    Selection,
    announced,
    beginning,
    chosen,
    decoded,
    latest,
    opened,
    probe,
    proven,
)
from empathia.media.mixing import Condition, Mixer, values
from empathia.media.tape import Tape
from empathia.types import Audio, FloatArray

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler
    from av.container import InputContainer

RATES = (2_000, 768_000)  # Hz; others are a damaged header
_STEP = 10.0  # s that spans() reads at a time
_HOLE = 0.15  # s without sound, by the time stamps, that are filled with silence
_MAIN = Selection()


def blocks(
    path: Path,
    rate: int = 16000,
    seconds: float = 30.0,
    condition: Condition | None = None,
    selection: Selection = _MAIN,
) -> Iterator[Audio]:
    """Decode the sound of a recording block by block.

    Args:
        path: Audio or video file.
        rate: Samples a second wanted (Hz).
        seconds: Length of a block; only the last one is shorter.
        condition: Filled with what had to be mended; complete when the last block is out.
        selection: Which track and channel; by default the main track, its channels mixed.

    Yields:
        Mono float32 in [-1, 1]. Channels are mixed with weights that sum to 1, so nothing
        clips; samples that are NaN or infinite become silence.

    Raises:
        MediaError: The file is missing, empty, no recording, or holds no sound.
        UsageError: It has no such track.
    """
    state = Condition() if condition is None else condition
    done = 0
    for samples in _even(_selected(path, rate, state, selection), round(rate * seconds)):
        done += len(samples)
        state.seconds = done / rate
        yield Audio(samples, rate)
    if not done:
        raise _nothing(path, state)


def spans(
    path: Path,
    spans: Sequence[tuple[float, float]],
    rate: int = 16000,
    condition: Condition | None = None,
    selection: Selection = _MAIN,
) -> Iterator[Audio]:
    """Cut several spans out of a recording in one streaming pass.

    Args:
        path: Audio or video file.
        spans: (start, end) in s, ordered by start; they may overlap.
        rate: Samples a second wanted (Hz).
        condition: As in ``blocks``; complete only if the last span reaches the end.
        selection: As in ``blocks``.

    Yields:
        One stretch of sound a span, in their order; shorter, or with 0 samples, where the
        recording ends earlier.

    Raises:
        InputError: The spans are not ordered by start.
        MediaError: As in ``blocks``.
        UsageError: As in ``blocks``.
    """
    positions = [(round(start * rate), round(end * rate)) for start, end in spans]
    if any(b[0] < a[0] for a, b in pairwise(positions)):
        raise InputError("expected spans ordered by their start", "Sort them first")
    tape = Tape(rate)
    source = blocks(path, rate, _STEP, condition, selection) if positions else iter(())
    for start, end in positions:
        while tape.end < end and (block := next(source, None)) is not None:
            tape.add(block.samples)
            tape.forget(start)
        tape.forget(start)
        yield tape.cut(start, end)


def unmixed(
    path: Path, condition: Condition | None = None, selection: Selection = _MAIN
) -> Iterator[tuple[FloatArray, int]]:
    """Decode the channels of one track as they are: neither mixed nor resampled.

    Args:
        path: Audio or video file.
        condition: As in ``blocks``.
        selection: Which track; not all of them, and no single channel.

    Yields:
        Small pieces, (channels, n) in [-1, 1], and their samples a second (Hz). What is missing
        by the time stamps is left out.

    Raises:
        MediaError: As in ``blocks``.
        UsageError: As in ``blocks``.
    """
    state = Condition() if condition is None else condition
    mixer = Mixer(state)
    for frame, missing in _frames(path, state, selection):
        state.filled += missing
        state.seconds += missing + frame.samples / frame.sample_rate
        each = values(frame, state)
        mixer.mix(each, frame)  # tells the condition how the channels go together
        yield each, frame.sample_rate
    if not state.samples:
        raise _nothing(path, state)


def _nothing(path: Path, state: Condition) -> MediaError:
    if state.damaged:
        return MediaError(
            f"nothing of the sound in '{shown(path)}' could be decoded: the file is damaged",
            "Copy or export it again",
        )
    return MediaError(f"'{shown(path)}' holds no samples", "Record or export it again")


def _selected(
    path: Path, rate: int, state: Condition, selection: Selection
) -> Iterator[FloatArray]:
    """The sound that is wanted, mono at the rate wanted, in small pieces (n,)."""
    tracks = len(probe(path).tracks) if selection.track == ALL else 0
    if tracks < 2:
        return _resampled(path, rate, state, selection)
    return _together(path, rate, state, tracks)


def _together(path: Path, rate: int, state: Condition, tracks: int) -> Iterator[FloatArray]:
    """The mean of all tracks, each decoded by itself; the longest one says the length."""
    states = [Condition() for _ in range(tracks)]
    parts = [
        _even(_resampled(path, rate, s, Selection(track=number)), rate)
        for number, s in enumerate(states, 1)
    ]
    for several in zip_longest(*parts):
        there = [part for part in several if part is not None]
        total = np.zeros(max(map(len, there)), np.float32)
        for part in there:
            total[: len(part)] += part
        yield total / np.float32(tracks)
    for s in states:
        state.take(s)


def _even(pieces: Iterator[FloatArray], length: int) -> Iterator[FloatArray]:
    """The same samples in pieces of one length (in samples); only the last one is shorter."""
    tape, done = Tape(length), 0
    for samples in pieces:
        tape.add(samples)
        while tape.end - done >= length:
            yield tape.cut(done, done + length).samples
            done += length
            tape.forget(done)
    if tape.end > done:
        yield tape.cut(done, tape.end).samples


def _frames(
    path: Path, state: Condition, selection: Selection
) -> Iterator[tuple[AudioFrame, float]]:
    with opened(path, state) as container:
        yield from frames(container, path, selection, state)


def frames(
    container: InputContainer, path: Path, selection: Selection, state: Condition
) -> Iterator[tuple[AudioFrame, float]]:
    """Decoded frames and the seconds missing before each; damaged parts are left out.

    Args:
        container: What is read.
        path: What errors call it.
        selection: Which track.
        state: Told what is damaged, and the length where that can be trusted.

    Raises:
        MediaError: There is no sound in it.
        UsageError: It has no such track.
    """
    sound = chosen(container, path, selection, state)
    if not RATES[0] <= sound.rate <= RATES[1]:
        raise MediaError(
            f"'{shown(path)}' claims {sound.rate} samples a second, expected "
            f"{RATES[0]} to {RATES[1]}",
            "Its header is damaged: export it again",
        )
    if proven(container, sound):
        state.announced = announced(container, sound)
    clock = _Clock(beginning(container), latest(container))
    for frame in decoded(container, sound, state):
        yield frame, clock.missing(frame.time, frame.samples / frame.sample_rate)


def _resampled(
    path: Path, rate: int, state: Condition, selection: Selection
) -> Iterator[FloatArray]:
    return resampled(_frames(path, state, selection), rate, state, selection.channel)


def resampled(
    decoded: Iterable[tuple[AudioFrame, float]],
    rate: int,
    state: Condition,
    channel: int | None = None,
) -> Iterator[FloatArray]:
    """One track, mono float32 at the rate wanted, in small pieces (n,).

    Args:
        decoded: Frames and the seconds missing before each.
        rate: Samples a second wanted (Hz).
        state: Told what had to be mended.
        channel: The only channel that is wanted, from 0; None mixes them.
    """
    resampler: AudioResampler | None = None
    source_rate = 0
    mixer = Mixer(state, channel)
    for frame, missing in decoded:
        from av import AudioFrame, AudioResampler

        mixed = mixer(frame)
        if resampler is None or frame.sample_rate != source_rate:
            # A chained Ogg or a broken AAC stream may change its rate on the way.
            yield from _pieces(resampler, None)
            source_rate = frame.sample_rate
            resampler = AudioResampler(format="flt", layout="mono", rate=rate)
        state.filled += missing
        for part in _silence(round(missing * source_rate), mixed):
            filled = AudioFrame.from_ndarray(part, format="flt", layout="mono")
            filled.sample_rate = source_rate
            yield from _pieces(resampler, filled)
    yield from _pieces(resampler, None)


class _Clock:
    """Compares time stamps with the sound that came, so that times stay true over holes.

    Args:
        start: Time stamp of the start of the recording, in s.
        latest: Seconds after it up to which the first sound may start.
    """

    def __init__(self, start: float, latest: float) -> None:
        self._origin = start
        self._have = 0.0
        # Sound a little early or late at the start is priming of the codec, and stays there.
        self._credible = (_HOLE, latest)

    def missing(self, time: float | None, length: float) -> float:
        """Seconds missing before a frame of this length, in s."""
        hole = 0.0
        if time is not None:
            hole = time - self._origin - self._have
            low, high = self._credible
            if not low < hole < high:
                self._origin, hole = time - self._have, 0.0
            self._credible = (-1.0, BROKEN)
        hole = hole if hole > _HOLE else 0.0
        self._have += hole + length
        return hole


def _silence(samples: int, before: FloatArray) -> Iterator[FloatArray]:
    """Silence in short parts, then what comes after it; shapes (1, n)."""
    while samples > 0:
        yield np.zeros((1, min(samples, 65536)), np.float32)
        samples -= 65536
    yield before


def _pieces(resampler: AudioResampler | None, frame: AudioFrame | None) -> Iterator[FloatArray]:
    """What the resampler gives for a frame, or at the end for None: parts (n,) in [-1, 1]."""
    for out in resampler.resample(frame) if resampler is not None else ():
        # A resampler overshoots a little at steps.
        yield np.clip(out.to_ndarray().reshape(-1), -1.0, 1.0).astype(np.float32, copy=False)
