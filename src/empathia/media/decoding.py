"""Decode the sound of a recording block by block, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from empathia.errors import InputError, MediaError, needs
from empathia.files import shown
from empathia.media.headers import Patched, mended
from empathia.media.mixing import Condition, mono
from empathia.media.tape import Tape
from empathia.types import Audio, FloatArray

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler, AudioStream
    from av.container import InputContainer

FORMATS = "wav, flac, mp3, m4a, ogg, opus, webm, mp4, mkv or avi"

# Only containers of sound and pictures: FFmpeg also knows playlists, which would open other
# files and network addresses named inside, and subtitles, which a text file passes for.
_DEMUXERS = (
    "wav,w64,rf64,flac,mp3,aac,ac3,eac3,mov,ogg,matroska,avi,aiff,au,caf,amr,mpegts,mpeg,flv,asf,"
    "wv,ape,tta,dts,voc,nistsphere,ircam,sox,nut,mxf,rm,oma,mpc,mpc8,shn,tak,dsf,qcp,dss"
)
# Lengths of streams without a header are estimates from the bit rate; they prove nothing.
_GUESSED_LENGTH = frozenset({"mp3", "aac", "ac3", "eac3", "dts", "mpeg", "mpegts", "amr"})
_ATTACHED_PICTURE = 0x0400  # AV_DISPOSITION_ATTACHED_PIC
_RATES = (2_000, 768_000)  # Hz; others are a damaged header
_STEP = 10.0  # s that spans() reads at a time
_HOLE = 0.15  # s without sound, by the time stamps, that are filled with silence ...
_BROKEN = 600.0  # ... up to this: beyond it the time stamps themselves are wrong
_LATEST = 86400.0  # s; likewise for sound that starts later than the recording
# Their lengths are time stamps of the end; those of other formats count from the start.
_LENGTH_IS_END = frozenset({"matroska", "webm", "ogg"})


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file announces about itself.

    Args:
        duration: Length in s, or None where the file does not say.
        has_audio: Whether it has a sound track.
        has_video: Whether it has a moving picture (cover art is none).
        rate: Samples a second of the sound track (Hz), or None.
        channels: Number of channels of the sound track, or None.
    """

    duration: float | None
    has_audio: bool
    has_video: bool
    rate: int | None
    channels: int | None


def probe(path: Path) -> MediaInfo:
    """What a file announces about itself; nothing is decoded.

    Raises:
        MediaError: There is no such file, or it is no recording.
    """
    with _opened(path) as container:
        sound = _sound(container)
        return MediaInfo(
            duration=_announced(container, sound),
            has_audio=sound is not None,
            has_video=not all(map(_is_cover, container.streams.video)),
            rate=sound.rate if sound is not None else None,
            channels=sound.channels if sound is not None else None,
        )


def blocks(
    path: Path, rate: int = 16000, seconds: float = 30.0, condition: Condition | None = None
) -> Iterator[Audio]:
    """Decode the sound of a recording block by block.

    Args:
        path: Audio or video file.
        rate: Samples a second wanted (Hz).
        seconds: Length of a block; only the last one is shorter.
        condition: Filled with what had to be mended; complete when the last block is out.

    Yields:
        Mono float32 in [-1, 1]. Channels are mixed with weights that sum to 1, so nothing
        clips; samples that are NaN or infinite become silence.

    Raises:
        MediaError: The file is missing, empty, no recording, or holds no sound.
    """
    state = Condition() if condition is None else condition
    wanted = round(rate * seconds)
    tape = Tape(rate)
    done = 0
    for samples in _resampled(path, rate, state):
        tape.add(samples)
        state.seconds = tape.end / rate
        while tape.end - done >= wanted:
            yield tape.cut(done, done + wanted)
            done += wanted
            tape.forget(done)
    if not tape.end:
        raise _nothing(path, state)
    if tape.end > done:
        yield tape.cut(done, tape.end)


def spans(
    path: Path,
    spans: Sequence[tuple[float, float]],
    rate: int = 16000,
    condition: Condition | None = None,
) -> Iterator[Audio]:
    """Cut several spans out of a recording in one streaming pass.

    Args:
        path: Audio or video file.
        spans: (start, end) in s, ordered by start; they may overlap.
        rate: Samples a second wanted (Hz).
        condition: As in ``blocks``; complete only if the last span reaches the end.

    Yields:
        One stretch of sound a span, in their order; shorter, or with 0 samples, where the
        recording ends earlier.

    Raises:
        InputError: The spans are not ordered by start.
        MediaError: As in ``blocks``.
    """
    positions = [(round(start * rate), round(end * rate)) for start, end in spans]
    if any(b[0] < a[0] for a, b in pairwise(positions)):
        raise InputError("expected spans ordered by their start", "Sort them first")
    tape = Tape(rate)
    source = blocks(path, rate, _STEP, condition) if positions else iter(())
    for start, end in positions:
        while tape.end < end and (block := next(source, None)) is not None:
            tape.add(block.samples)
            tape.forget(start)
        tape.forget(start)
        yield tape.cut(start, end)


@contextmanager
def _opened(path: Path, state: Condition | None = None) -> Iterator[InputContainer]:
    """Open a container, turning every way in which that fails into one MediaError."""
    name = shown(path)
    if not path.exists():
        raise MediaError(f"there is no file '{name}'", "Check the path")
    if not path.is_file():
        raise MediaError(f"'{name}' is a folder or a device, no file", "Name the recording itself")
    try:
        # A file object, not a name: FFmpeg would take "a:b.wav" for a protocol.
        file = path.open("rb")
    except OSError as error:
        raise MediaError(
            f"'{name}' cannot be opened ({error.strerror})", "Check its permissions"
        ) from error
    with file:
        source, remark = mended(file)
        if state is not None and remark is not None:
            state.remarks.append(remark)
        with _container(source, path) as container:
            yield container


def _container(file: Patched, path: Path) -> InputContainer:
    with needs("asr", "Reading recordings"):
        import av
    if path.stat().st_size == 0:
        raise MediaError(f"'{shown(path)}' is empty (0 bytes)", "Copy or record it again")
    try:
        return av.open(
            file, "r", options={"format_whitelist": _DEMUXERS}, metadata_errors="replace"
        )
    except av.FFmpegError as error:
        raise MediaError(
            f"'{shown(path)}' is no recording that can be decoded, or it is cut off before its "
            "index",
            f"Give {FORMATS}, or convert it with ffmpeg",
        ) from error


def _sound(container: InputContainer) -> AudioStream | None:
    """The main sound track."""
    from av import AudioStream

    stream = container.streams.best("audio")
    return stream if isinstance(stream, AudioStream) else None


def _is_cover(stream: object) -> bool:
    """Whether a "video" is the picture on a song's cover; PyAV before 14 cannot tell."""
    return bool(int(getattr(stream, "disposition", 0)) & _ATTACHED_PICTURE)


def _announced(container: InputContainer, sound: AudioStream | None) -> float | None:
    """Where the sound track, else the file, states its end, in s after the file's start."""
    start = _start(container)
    from_zero = _LENGTH_IS_END & set(container.format.name.split(","))
    if sound is not None and sound.duration and sound.time_base:
        end = float(sound.duration * sound.time_base)
        if not from_zero and sound.start_time is not None:
            end += float(sound.start_time * sound.time_base) - start
    elif container.duration and container.duration > 0:
        end = container.duration / 1_000_000
    else:
        return None
    return end - start if from_zero and end > start else end


def _start(container: InputContainer) -> float:
    """Time stamp, in s, that is time 0 of the recording."""
    return (container.start_time or 0) / 1_000_000


def _latest(container: InputContainer) -> float:
    """Seconds after the start beyond which the first sound has a wrong time stamp."""
    if container.duration and container.duration > 0:
        return min(container.duration / 1_000_000, _LATEST)
    return _BROKEN


def _nothing(path: Path, state: Condition) -> MediaError:
    if state.damaged:
        return MediaError(
            f"nothing of the sound in '{shown(path)}' could be decoded: the file is damaged",
            "Copy or export it again",
        )
    return MediaError(f"'{shown(path)}' holds no samples", "Record or export it again")


def _frames(path: Path, state: Condition) -> Iterator[tuple[AudioFrame, float]]:
    """Decoded frames and the seconds missing before each; damaged parts are left out."""
    with _opened(path, state) as container:
        sound = _sound(container)
        if sound is None:
            raise MediaError(
                f"'{shown(path)}' has no sound track",
                "Give a recording with sound, or a transcript",
            )
        if not _RATES[0] <= sound.rate <= _RATES[1]:
            raise MediaError(
                f"'{shown(path)}' claims {sound.rate} samples a second, expected "
                f"{_RATES[0]} to {_RATES[1]}",
                "Its header is damaged: export it again",
            )
        if not _GUESSED_LENGTH & set(container.format.name.split(",")):
            state.announced = _announced(container, sound)
        clock = _Clock(_start(container), _latest(container))
        for frame in _decoded(container, sound, state):
            yield frame, clock.missing(frame.time, frame.samples / frame.sample_rate)


def _decoded(
    container: InputContainer, sound: AudioStream, state: Condition
) -> Iterator[AudioFrame]:
    from av import FFmpegError

    packets = container.demux(sound)
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError:
            state.damaged += 1
            return
        if packet is None:
            return
        try:
            frames = sound.decode(packet)
        except FFmpegError:
            state.damaged += 1
            continue
        yield from frames


def _resampled(path: Path, rate: int, state: Condition) -> Iterator[FloatArray]:
    """Mono float32 at the rate wanted, in small pieces (n,)."""
    resampler: AudioResampler | None = None
    source_rate = 0
    for frame, missing in _frames(path, state):
        from av import AudioFrame, AudioResampler

        mixed = mono(frame, state)
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
            self._credible = (-1.0, _BROKEN)
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
