"""Decode the moving picture of a video, picture by picture, upright and with true times."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError, MediaError, needs
from empathia.files import shown
from empathia.media.container import (
    VIDEOS,
    announced,
    beginning,
    decoded,
    is_cover,
    opened,
    proven,
)
from empathia.media.mixing import Condition
from empathia.types.seen import Picture

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from av import VideoFrame, VideoStream
    from av.container import InputContainer

    _Timed = tuple[float, VideoFrame, float]  # s, picture, width of its pixels in their heights

_PURPOSE = "Reading pictures"
_EARLY = 1e-3  # s that a picture may come before the moment that it is wanted for
_SLOWEST = 1.0  # pictures a second, where a file says nothing believable
_FASTEST = 1000.0


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What a file announces about its moving picture.

    Args:
        width, height: In pixels, upright.
        rate: Pictures a second on average, or None where the file does not say.
        duration: Length in s, or None where the file does not say.
    """

    width: int
    height: int
    rate: float | None
    duration: float | None


def look(path: Path) -> PictureInfo:
    """What a file announces about its moving picture; the first picture is decoded.

    Raises:
        MediaError: There is no moving picture, or it cannot be decoded.
        MissingExtra: PyAV is not installed.
    """
    with needs("face", _PURPOSE):
        import av  # noqa: F401
    with opened(path, formats=VIDEOS) as container:
        stream = _moving(container, path)
        first = next(decoded(container, stream, Condition()), None)
        if first is None:
            raise _nothing(path)
        width, height = _size(first, _aspect(stream))
        if _orientation(first)[0] % 2:
            width, height = height, width
        return PictureInfo(width, height, _rate(stream), _duration(container, stream))


def pictures(
    path: Path,
    rate: float | None = None,
    *,
    span: tuple[float, float] | None = None,
    longest: int = 1280,
    condition: Condition | None = None,
) -> Iterator[Picture]:
    """Decode the pictures of a video one by one; memory stays flat however long it is.

    Args:
        path: Video file.
        rate: Pictures a second wanted (Hz): the first at or after each moment, none twice; None
            gives all.
        span: Only those from one moment to another (s).
        longest: The longer side is scaled down to this many pixels where it has more.
        condition: Told what had to be mended; complete when the last picture is out.

    Yields:
        Pictures in order of time, which counts from where the file begins, as that of its sound.

    Raises:
        InputError: The rate or the size is not positive.
        MediaError: The file is missing, empty, no recording, or holds no moving picture.
        MissingExtra: PyAV is not installed.
    """
    with needs("face", _PURPOSE):
        import av  # noqa: F401
    if (rate is not None and not rate > 0) or longest < 1:
        raise InputError(
            f"expected a positive rate and size, got {rate} Hz and {longest} pixels", "Change them"
        )
    state = Condition() if condition is None else condition
    start, end = (0.0, float("inf")) if span is None else span
    due, upright = start, _Upright(longest)
    for time, frame, aspect in _since(path, start, state):
        if time >= end:
            return
        if time < start or time < due - _EARLY:
            continue
        if rate is not None:
            due = start + (np.floor((time - start + _EARLY) * rate) + 1) / rate
        yield upright(frame, time, aspect)


def resized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """A picture (h, w, 3) in another size, (height, width, 3), averaged where it shrinks."""
    with needs("face", _PURPOSE):
        from av import VideoFrame
    if pixels.shape[:2] == (height, width):
        return pixels
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    small = frame.reformat(width=width, height=height, interpolation="AREA")
    return small.to_ndarray().astype(np.uint8, copy=False)


def _moving(container: InputContainer, path: Path) -> VideoStream:
    """The moving picture; cover art is none."""
    streams = [s for s in container.streams.video if not is_cover(s)]
    if not streams:
        what = "sound alone" if len(container.streams.audio) else "neither picture nor sound"
        raise MediaError(f"'{shown(path)}' has no moving picture, but {what}", "Give a video")
    readable = [s for s in streams if s.codec_context is not None]
    if not readable:
        raise MediaError(
            f"the moving picture in '{shown(path)}' is of a kind that cannot be decoded",
            "Convert it with ffmpeg, for instance to H.264 in mp4",
        )
    readable[0].thread_type = "AUTO"
    return readable[0]


def _nothing(path: Path) -> MediaError:
    return MediaError(
        f"no picture of the video '{shown(path)}' can be decoded", "Copy or export it again"
    )


def _rate(stream: VideoStream) -> float | None:
    told = stream.average_rate or stream.guessed_rate
    return float(told) if told and _SLOWEST / 100 <= told <= _FASTEST else None


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    if container.duration and container.duration > 0:
        return container.duration / 1_000_000
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return None


def _since(path: Path, start: float, state: Condition) -> Iterator[_Timed]:
    """Pictures from the last key picture before a moment, or from the first."""
    if start > 0:
        with opened(path) as container:
            stream = _moving(container, path)
            rest = _timed(container, stream, state) if _sought(container, start) else iter(())
            first = next(rest, None)
            # Some formats are sought by guesses: what went too far begins again.
            if first is not None and first[0] <= start:
                yield first
                yield from rest
                return
    with opened(path, state) as container:
        stream, last = _moving(container, path), -1.0
        for timed in _timed(container, stream, state):
            last = timed[0]
            yield timed
        if last < 0:
            raise _nothing(path)
        end = announced(container, stream) if proven(container, stream) else None
        slack = max(0.5, 2 / (_rate(stream) or 25.0))
        if end is not None and last < min(end - slack, 0.98 * end):
            state.remarks.append(
                f"the picture ends at {last:.1f} s although the file announces {end:.1f} s: it "
                "may have been cut short"
            )


def _sought(container: InputContainer, start: float) -> bool:
    from av import FFmpegError

    try:
        container.seek(int((start + beginning(container)) * 1_000_000), backward=True)
    except FFmpegError:
        return False
    return True


def _timed(container: InputContainer, stream: VideoStream, state: Condition) -> Iterator[_Timed]:
    """Pictures at times that rise; a time stamp that is missing is guessed."""
    aspect, origin, step = _aspect(stream), beginning(container), 1 / (_rate(stream) or 25.0)
    last = -float("inf")
    for frame in decoded(container, stream, state):
        if frame.time is not None:
            time = frame.time - origin
        else:
            time = 0.0 if last == -float("inf") else last + step
        if time > last:
            yield time, frame, aspect
            last = time


class _Upright:
    """Makes pictures of what is decoded: upright, of square pixels, not too big.

    Args:
        longest: Pixels of the longer side, at most.
    """

    def __init__(self, longest: int) -> None:
        from av.video.reformatter import VideoReformatter

        self._longest = longest
        self._turn: tuple[int, bool] | None = None
        self._convert = VideoReformatter()  # one for all: it keeps what it prepared

    def __call__(self, frame: VideoFrame, time: float, aspect: float) -> Picture:
        """One picture, its time in s, and the width of its pixels in their heights."""
        width, height = _size(frame, aspect)
        scale = min(1.0, self._longest / max(width, height))
        converted = self._convert.reformat(
            frame,
            width=max(1, round(width * scale)),
            height=max(1, round(height * scale)),
            format="rgb24",
            interpolation="AREA",
        )
        if self._turn is None:
            # Once: a picture that was asked for its side data lives until the collector comes.
            self._turn = _orientation(frame)
        turns, mirrored = self._turn
        pixels = converted.to_ndarray().astype(np.uint8, copy=False)
        if mirrored:
            pixels = pixels[:, ::-1]
        return Picture(time, np.ascontiguousarray(np.rot90(pixels, turns)), scale)


def _aspect(stream: VideoStream) -> float:
    """Width of a pixel in its heights; 1 where nothing believable is said."""
    told: Fraction | None = stream.sample_aspect_ratio
    return float(told) if told and 1 / 4 <= told <= 4 else 1.0


def _size(frame: VideoFrame, aspect: float) -> tuple[int, int]:
    """Width and height in square pixels, as stored."""
    return max(1, round(frame.width * aspect)), frame.height


def _orientation(frame: VideoFrame) -> tuple[int, bool]:
    """Quarter turns against the clock, after mirroring left and right, that put it upright."""
    data = cast("Mapping[str, bytes]", frame.side_data).get("DISPLAYMATRIX")
    if data is None:
        return 0, False
    a, b, _, c, d = struct.unpack("=5i", bytes(data)[:20])
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    angle = np.degrees(np.arctan2(b, a))  # clockwise
    return round(-angle / 90) % 4, mirrored
