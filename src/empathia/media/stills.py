"""A face cut out of a picture, as a JPEG."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from empathia.errors import needs
from empathia.media.frames import resized
from empathia.types import FloatArray
from empathia.types.seen import Picture

if TYPE_CHECKING:
    from av import VideoCodecContext

_ROOM = 1.5  # sides of the square in those of the face
_QUALITY = "4"  # of MJPEG: 2 is the best, 31 the worst


def cut_out(picture: Picture, box: FloatArray, side: int = 160) -> NDArray[np.uint8]:
    """A square around a face, (side, side, 3).

    Args:
        picture: Where it is in; what lies beyond its edge repeats that.
        box: (4,) left, top, right, bottom in pixels of the video.
        side: In pixels.
    """
    left, top, right, bottom = (float(x) * picture.scale for x in box)
    reach = max(1, round(_ROOM * max(right - left, bottom - top) / 2))
    x, y = round((left + right) / 2), round((top + bottom) / 2)
    height, width = picture.pixels.shape[:2]
    rows = np.clip(np.arange(y - reach, y + reach), 0, height - 1)
    columns = np.clip(np.arange(x - reach, x + reach), 0, width - 1)
    return resized(picture.pixels[np.ix_(rows, columns)], side, side)


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """A picture (height, width, 3), compressed.

    Raises:
        MissingExtra: PyAV is not installed.
    """
    with needs("face", "Writing pictures"):
        from av import CodecContext, VideoFrame
    encoder: VideoCodecContext = CodecContext.create("mjpeg", "w")
    encoder.height, encoder.width = pixels.shape[:2]
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 25)
    encoder.options = {"qmin": _QUALITY, "qmax": _QUALITY}
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    frame.pts = 0
    return b"".join(bytes(p) for p in (*encoder.encode(frame), *encoder.encode(None)))
