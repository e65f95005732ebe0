"""Write pictures that were drawn into a file that moves: mp4 with sound, or gif."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from empathia.errors import MediaError, needs
from empathia.types import Audio

if TYPE_CHECKING:
    from av import VideoStream
    from av.container import OutputContainer

Pixels = NDArray[np.uint8]

KINDS = ("mp4", "gif")
_CODECS = ("libx264", "mpeg4")  # the first that can be written is used
_COLOURS = 128  # of a gif
_LOOKED_AT = 24  # pictures that a gif's colours are chosen by
_SOUND = 64_000  # bits a second
_RATE = 44_100  # Hz


def mp4(file: BinaryIO, pictures: Iterable[Pixels], rate: int, sound: Iterable[Audio] = ()) -> None:
    """Write a video of pictures and sound.

    Args:
        file: To write to; it is sought.
        pictures: (height, width, 3) uint8 each, all alike; sides are even. At least one.
        rate: Pictures a second.
        sound: Consecutive mono blocks.

    Raises:
        MediaError: This FFmpeg cannot write mp4.
        MissingExtra: PyAV is not installed.
    """
    with needs("face", "writing videos"):
        import av
    frames, blocks = iter(pictures), iter(sound)
    first, block = next(frames), next(blocks, None)
    with av.open(file, "w", format="mp4") as container:
        seen = _picture_stream(container, first, rate)
        heard = None if block is None else _Heard(container, chain([block], blocks))
        for number, pixels in enumerate(chain([first], frames)):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(seen.encode(frame))
            if heard is not None:
                heard.until(number / rate)
        container.mux(seen.encode(None))
        if heard is not None:
            heard.finish()


def gif(file: BinaryIO, pictures: Iterable[Pixels], rate: int, sample: Iterable[Pixels]) -> None:
    """Write an animated picture that goes on and on.

    Args:
        file: To write to; it is sought.
        pictures: (height, width, 3) uint8 each, all alike.
        rate: Pictures a second; shown as often as hundredths of a second allow.
        sample: Some of them, by which its 128 colours are chosen.

    Raises:
        MissingExtra: PyAV or Pillow is not installed.
    """
    with needs("face", "writing gifs"):
        import av
        from PIL import Image
    looked = np.concatenate([p for p, _ in zip(sample, range(_LOOKED_AT), strict=False)])
    colours = Image.fromarray(looked).quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1)
    palette = np.full((256, 4), 255, np.uint8)
    rgb = np.array(colours.getpalette(), np.uint8).reshape(-1, 3)
    palette[: len(rgb), 1:] = rgb
    stream = None
    with av.open(file, "w", format="gif", options={"loop": "0"}) as container:
        for number, pixels in enumerate(pictures):
            if stream is None:
                stream = container.add_stream("gif", rate=rate)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "pal8"
            image = Image.fromarray(pixels).quantize(palette=colours, dither=Image.Dither.NONE)
            indexed: Any = np.array(image), palette  # PyAV's annotation knows arrays alone
            frame = av.VideoFrame.from_ndarray(indexed, format="pal8")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))


def _picture_stream(container: OutputContainer, first: Pixels, rate: int) -> VideoStream:
    from av import VideoStream

    for codec in _CODECS:
        try:
            stream = container.add_stream(codec, rate=rate)
        except ValueError:  # PyAV's UnknownCodecError is one
            continue
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        if codec == "libx264":
            stream.options = {"crf": "22", "preset": "veryfast"}
        else:
            stream.codec_context.bit_rate = 1_500_000
        return stream
    raise MediaError("this FFmpeg cannot write mp4", "Write a .gif or an .html instead")


class _Heard:
    """The sound of a video, written beside its pictures.

    Args:
        container: What is written.
        blocks: Consecutive mono blocks.
    """

    def __init__(self, container: OutputContainer, blocks: Iterator[Audio]) -> None:
        from av import AudioResampler

        self._container, self._blocks, self._done = container, blocks, 0.0
        self._stream = container.add_stream("aac", rate=_RATE, layout="mono")
        self._stream.codec_context.bit_rate = _SOUND
        self._resampler = AudioResampler(format="fltp", layout="mono", rate=_RATE)

    def until(self, moment: float) -> None:
        """Write on, up to a moment in s."""
        while self._done <= moment and (block := next(self._blocks, None)) is not None:
            self._done += len(block.samples) / block.rate
            self._write(block)

    def finish(self) -> None:
        """Write the rest."""
        self.until(math.inf)
        self._write(None)
        self._container.mux(self._stream.encode(None))

    def _write(self, block: Audio | None) -> None:
        from av import AudioFrame

        frame = None
        if block is not None:
            frame = AudioFrame.from_ndarray(block.samples[None, :], format="flt", layout="mono")
            frame.sample_rate = block.rate
        for part in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(part))
