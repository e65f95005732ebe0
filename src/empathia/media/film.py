"""A video small enough to play inside a page: WebM, VP8 and Opus."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from empathia.errors import MediaError, needs
from empathia.media.container import Selection, demuxed, probe
from empathia.media.decoding import blocks
from empathia.media.frames import pictures, resized
from empathia.media.stills import jpeg
from empathia.types import Audio
from empathia.types.seen import Picture

if TYPE_CHECKING:
    from av import AudioStream, VideoFrame, VideoStream
    from av.container import OutputContainer

LARGEST = 40_000_000
"""Bytes that a film may take; a page holds them in text, a third larger."""
_BEST, _LEAST = 250_000, 50_000  # bits a second of the picture
_SOUND = 32_000  # bits a second
_LONGER = 480  # pixels of the longer side
_RATE = 15.0  # pictures a second
_TRIED = 30  # pictures among which the one to show first is looked for
_TICKS = Fraction(1, 1000)  # s, those of WebM
_OPUS = 48_000  # Hz


def affordable(seconds: float | None) -> bool:
    """Whether a film of this length is small enough for a page and still worth to look at."""
    return seconds is not None and seconds * (_LEAST + _SOUND) / 8 <= LARGEST


def film(path: Path, selection: Selection | None = None) -> bytes:
    """Compress a video for a page: at most 480 pixels and 15 pictures a second.

    The longer it is, the coarser it becomes: it stays below about :data:`LARGEST` bytes.

    Args:
        path: Video file with sound.
        selection: Which sound; None takes the main one.

    Raises:
        MediaError: It cannot be read, is too long, or this FFmpeg cannot write WebM.
        MissingExtra: PyAV is not installed.
    """
    with needs("asr", "Writing films"):
        import av
    seconds = probe(path).duration
    if seconds is None or not affordable(seconds):
        raise MediaError(f"'{path.name}' is too long for a film in a page", "Leave the film out")
    wanted = min(_BEST, LARGEST * 8 / max(seconds, 1.0) - _SOUND)
    moving = pictures(path, _RATE, longest=_LONGER)
    first = next(moving)
    moving = chain([first], moving)
    out = io.BytesIO()
    with av.open(out, "w", format="webm") as container:
        try:
            seen = _picture_stream(container, first, round(wanted))
            heard = container.add_stream("libopus", rate=_OPUS, layout="mono")
        except ValueError as error:  # PyAV's UnknownCodecError is one
            raise MediaError("this FFmpeg cannot write WebM", "Leave the film out") from error
        heard.codec_context.bit_rate = _SOUND
        sound = blocks(path, _OPUS, 1.0, selection=selection or Selection())
        _write(container, seen, heard, moving, sound)
    return out.getvalue()


def poster(film: bytes, moment: float | None = None) -> bytes:
    """A picture to show before a film plays, as a JPEG; b"" where none can be decoded.

    Args:
        film: As :func:`film` wrote it.
        moment: When it shows something (s); None takes one of the first minutes with the most
            light and shade, which is not black.

    Raises:
        MissingExtra: PyAV is not installed.
    """
    with needs("asr", "Reading films"):
        import av
    try:
        with demuxed(io.BytesIO(film), Path("film")) as container:
            (stream, *_) = container.streams.video
            if moment is None:
                stream.codec_context.skip_frame = "NONKEY"
                frames = islice(container.decode(stream), _TRIED)
                best = max((f.to_ndarray(format="rgb24") for f in frames), key=lambda p: p.std())
            else:
                container.seek(max(0, round(moment * av.time_base)))
                later = (f for f in container.decode(stream) if (f.time or 0) >= moment - 1e-3)
                best = next(later).to_ndarray(format="rgb24")
            return jpeg(best.astype(np.uint8, copy=False))
    except (MediaError, av.FFmpegError, ValueError, StopIteration):
        return b""


def _picture_stream(container: OutputContainer, first: Picture, bits: int) -> VideoStream:
    # Its threads wait for each other busily: one takes a tenth of the time of several.
    hurry = {"deadline": "realtime", "cpu-used": "8", "auto-alt-ref": "0", "threads": "1"}
    stream = container.add_stream("libvpx", rate=round(_RATE), options=hurry)
    height, width = first.pixels.shape[:2]
    stream.width, stream.height = max(2, width // 2 * 2), max(2, height // 2 * 2)
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = _TICKS
    stream.codec_context.bit_rate = bits
    stream.codec_context.gop_size = round(4 * _RATE)  # seeking goes to one of these
    return stream


def _write(
    container: OutputContainer,
    seen: VideoStream,
    heard: AudioStream,
    moving: Iterator[Picture],
    sound: Iterator[Audio],
) -> None:
    """Picture and sound in turn, whichever is behind."""
    from av import AudioFrame, AudioResampler

    resampler = AudioResampler(format="s16", layout="mono", rate=_OPUS)
    picture, done = next(moving, None), 0.0
    for block in sound:
        frame = AudioFrame.from_ndarray(block.samples[None, :], format="flt", layout="mono")
        frame.sample_rate = block.rate
        for part in resampler.resample(frame):
            container.mux(heard.encode(part))
        done += len(block.samples) / block.rate
        while picture is not None and picture.time < done:
            container.mux(seen.encode(_frame(picture, seen)))
            picture = next(moving, None)
    for part in resampler.resample(None):
        container.mux(heard.encode(part))
    container.mux(heard.encode(None))
    while picture is not None:
        container.mux(seen.encode(_frame(picture, seen)))
        picture = next(moving, None)
    container.mux(seen.encode(None))


def _frame(picture: Picture, stream: VideoStream) -> VideoFrame:
    from av import VideoFrame

    pixels = resized(picture.pixels, stream.width, stream.height)
    frame = VideoFrame.from_ndarray(pixels, format="rgb24")
    frame.pts, frame.time_base = round(picture.time / _TICKS), _TICKS
    return frame
