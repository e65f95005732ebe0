"""Decode the sound of a recording block by block, whatever its format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from empathia.errors import InputError, MediaError, MissingExtra
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
    "wv,ape,tta,dts"
)
# Lengths of streams without a header are estimates from the bit rate; they prove nothing.
_GUESSED_LENGTH = frozenset({"mp3", "aac", "ac3", "eac3", "dts", "mpeg", "mpegts", "amr"})
# Front channels count fully, the others less, the bass effect not at all (after ITU-R BS.775).
_GAINS = {"FC": 1.0, "FL": 0.7071, "FR": 0.7071, "LFE": 0.0, "LFE2": 0.0}
_SURROUND = 0.5
_FULL_SCALE = 0.999
_ATTACHED_PICTURE = 0x0400  # AV_DISPOSITION_ATTACHED_PIC
_STEP = 10.0  # s that spans() reads at a time
_HOLE = 0.15  # s without sound, by the time stamps, that are filled with silence ...
_BROKEN = 600.0  # ... up to this: beyond it the time stamps themselves are wrong


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


@dataclass(slots=True)
class Condition:
    """What was found, and mended, while a recording was decoded.

    Args:
        samples: Samples decoded, before resampling, all channels counted once.
        seconds: Length of the decoded sound in s.
        announced: Length in s that the file announces and that can be trusted, or None.
        not_finite: Values that were NaN or infinite; they were taken as silence.
        clipped: Samples at or over full scale.
        damaged: Parts that could not be decoded.
        filled: Seconds that were missing, by the time stamps, and were taken as silence.
    """

    samples: int = 0
    seconds: float = 0.0
    announced: float | None = None
    not_finite: int = 0
    clipped: int = 0
    damaged: int = 0
    filled: float = 0.0

    def notes(self) -> tuple[str, ...]:
        """Remarks for the user; () for a recording in good condition."""
        found: list[str] = []
        if self.not_finite:
            found.append(f"{self.not_finite} samples were no numbers and were taken as silence")
        if self.damaged:
            found.append(f"{self.damaged} damaged parts of the recording could not be decoded")
        if self.filled:
            found.append(f"{self.filled:.1f} s of sound were missing and were taken as silence")
        if self.announced is not None and self.seconds < min(
            self.announced - 0.5, 0.98 * self.announced
        ):
            found.append(
                f"the sound ends at {self.seconds:.1f} s although the file announces "
                f"{self.announced:.1f} s: it may have been cut short"
            )
        if self.samples and self.clipped > 0.001 * self.samples:
            found.append(
                f"{100 * self.clipped / self.samples:.1f} % of the samples are clipped: "
                "loudness and voice are less certain"
            )
        return tuple(found)


def shown(path: Path) -> str:
    """A path on one line: line breaks and other unprintable characters are escaped."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(path))


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
def _opened(path: Path) -> Iterator[InputContainer]:
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
    with file, _container(file, path) as container:
        yield container


def _container(file: BinaryIO, path: Path) -> InputContainer:
    try:
        import av
    except ImportError as error:
        raise MissingExtra("asr", "Reading recordings") from error
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
    """Length in s as the sound track, else the file, states it."""
    if sound is not None and sound.duration and sound.time_base:
        return float(sound.duration * sound.time_base)
    if container.duration and container.duration > 0:
        return container.duration / 1_000_000
    return None


def _nothing(path: Path, state: Condition) -> MediaError:
    if state.damaged:
        return MediaError(
            f"nothing of the sound in '{shown(path)}' could be decoded: the file is damaged",
            "Copy or export it again",
        )
    return MediaError(f"'{shown(path)}' holds no samples", "Record or export it again")


def _frames(path: Path, state: Condition) -> Iterator[AudioFrame]:
    """Decoded frames; damaged parts are counted and left out."""
    with _opened(path) as container:
        sound = _sound(container)
        if sound is None:
            raise MediaError(
                f"'{shown(path)}' has no sound track",
                "Give a recording with sound, or a transcript",
            )
        if not _GUESSED_LENGTH & set(container.format.name.split(",")):
            state.announced = _announced(container, sound)
        yield from _decoded(container, sound, state)


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
    """Mono float32 at the rate wanted, in small pieces."""
    resampler: AudioResampler | None = None
    source_rate = 0
    clock = _Clock()
    for frame in _frames(path, state):
        from av import AudioFrame, AudioResampler

        mono = _mono(frame, state)
        if resampler is None or frame.sample_rate != source_rate:
            # A chained Ogg or a broken AAC stream may change its rate on the way.
            yield from _pieces(resampler, None)
            source_rate = frame.sample_rate
            resampler = AudioResampler(format="flt", layout="mono", rate=rate)
        missing = clock.missing(frame.time, mono.shape[1] / source_rate)
        state.filled += missing
        for part in _silence(round(missing * source_rate), mono):
            filled = AudioFrame.from_ndarray(part, format="flt", layout="mono")
            filled.sample_rate = source_rate
            yield from _pieces(resampler, filled)
    yield from _pieces(resampler, None)


class _Clock:
    """Compares time stamps with the sound that came, so that times stay true over holes."""

    def __init__(self) -> None:
        self._origin: float | None = None
        self._have = 0.0

    def missing(self, time: float | None, length: float) -> float:
        """Seconds missing before a frame of this length, in s."""
        hole = 0.0
        if time is not None:
            if self._origin is None:
                self._origin = time - self._have
            hole = time - self._origin - self._have
            if not -1.0 < hole < _BROKEN:
                self._origin, hole = time - self._have, 0.0
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
    """What the resampler gives for a frame, or at the end for None."""
    for out in resampler.resample(frame) if resampler is not None else ():
        # A resampler overshoots a little at steps.
        yield np.clip(out.to_ndarray().reshape(-1), -1.0, 1.0).astype(np.float32, copy=False)


def _mono(frame: AudioFrame, state: Condition) -> FloatArray:
    """Mix a frame of any sample format and channel layout; shape (1, n), float32."""
    raw = frame.to_ndarray()
    if not frame.format.is_planar:
        raw = raw.reshape(-1, len(frame.layout.channels)).T
    if raw.dtype.kind == "u":
        values = raw.astype(np.float32) / 128.0 - 1.0
    elif raw.dtype.kind == "i":
        values = raw.astype(np.float32) / float(2 ** (8 * raw.dtype.itemsize - 1))
    else:
        finite = np.isfinite(raw)
        state.not_finite += int(raw.size - np.count_nonzero(finite))
        values = np.where(finite, raw, 0.0).clip(-1.0, 1.0).astype(np.float32)
    state.samples += values.shape[1]
    state.clipped += int(np.count_nonzero(np.abs(values).max(axis=0) >= _FULL_SCALE))
    return np.ascontiguousarray((_weights(frame) @ values)[None, :], dtype=np.float32)


def _weights(frame: AudioFrame) -> FloatArray:
    """One weight a channel, shape (channels,), summing to 1."""
    names = [channel.name for channel in frame.layout.channels]
    gains = np.array([_GAINS.get(name, _SURROUND) for name in names], np.float32)
    if not set(names) & set(_GAINS) or not gains.any():
        gains = np.ones(len(names), np.float32)  # a plain wav names no channels: all alike
    weights: FloatArray = gains / gains.sum()
    return weights
