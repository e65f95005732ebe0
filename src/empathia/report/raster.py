"""Pictures of polygons, lines and words, smooth at their edges; Pillow does the work."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from empathia.errors import needs

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

Pixels = NDArray[np.uint8]
Points = NDArray[np.floating]

_FINER, _FINE = 3, 2  # pixels drawn a pixel shown, each way, of small and of large pictures
_LARGE = 260_000  # pixels
WIDER = ("NotoSansCJK-Regular.ttc", "NanumGothic.ttf", "malgun.ttf", "AppleSDGothicNeo.ttc")
"""Fonts with the scripts that Pillow's own lacks, by the names that they have on systems."""
_LATIN = 0x250  # code points from here on are not Latin letters


class Canvas:
    """A picture to draw on; places are in pixels from the left upper corner, colours "#rrggbb".

    Args:
        width, height: Of the picture.
        ground: Its colour.
        over: (height, width, 3) a picture to draw over, in place of the ground.

    Raises:
        MissingExtra: The extra ``face`` is not installed.
    """

    def __init__(
        self, width: int, height: int, ground: str = "#ffffff", over: Pixels | None = None
    ) -> None:
        with needs("face", "drawing pictures"):
            from PIL import Image
        self._finer = _FINER if width * height < _LARGE else _FINE
        size = (width * self._finer, height * self._finer)
        if over is None:
            self._image = Image.new("RGB", size, ground)
        else:
            self._image = Image.fromarray(over).resize(size, Image.Resampling.NEAREST)
        self._pen = _pen(self._image)

    def polygon(
        self, points: Points, fill: str, opacity: float = 1.0, within: Points | None = None
    ) -> None:
        """Fill a polygon.

        Args:
            points: (n, 2), n >= 3.
            fill: Its colour.
            opacity: From 0 to 1.
            within: (m, 2) another polygon, beyond which nothing is drawn.
        """
        if within is None:
            self._pen.polygon(self._flat(points), fill=_rgba(fill, opacity))
            return
        from PIL import Image

        left, top = (int(x) for x in np.floor(within.min(0)))
        right, bottom = (int(x) + 1 for x in np.ceil(within.max(0)))
        k = self._finer
        part = self._image.crop((left * k, top * k, right * k, bottom * k))
        mask = Image.new("L", part.size)
        _pen(mask).polygon(self._flat(within - (left, top)), fill=255)
        _pen(part).polygon(self._flat(points - (left, top)), fill=_rgba(fill, opacity))
        self._image.paste(part, (left * k, top * k), mask)

    def line(self, points: Points, colour: str, width: float, opacity: float = 1.0) -> None:
        """Draw a line through (n, 2) points; the width is in pixels."""
        wide = max(1, round(width * self._finer))
        self._pen.line(self._flat(points), _rgba(colour, opacity), wide)

    def text(
        self, at: tuple[float, float], words: str, size: float, colour: str, *, bold: bool = False
    ) -> None:
        """Write words; ``at`` is the left end of their base line, ``size`` in pixels."""
        thick = size * self._finer / 40 if bold else 0.0
        where = (at[0] * self._finer, at[1] * self._finer)
        kind = font(round(size * self._finer), _wide(words))
        self._pen.text(where, words, colour, kind, "ls", stroke_width=thick)

    def _flat(self, points: Points) -> list[float]:
        flat: list[float] = (np.asarray(points, np.float64) * self._finer).ravel().tolist()
        return flat

    def pixels(self) -> Pixels:
        """(height, width, 3) of the picture."""
        return np.array(self._image.reduce(self._finer))


def width_of(words: str, size: float) -> float:
    """How many pixels words take.

    Raises:
        MissingExtra: The extra ``face`` is not installed.
    """
    return font(round(size * _FINER), _wide(words)).getlength(words) / _FINER


def can_write(words: str) -> bool:
    """Whether there is a font for words: other scripts than Latin need one of the system's."""
    return not _wide(words) or isinstance(font(12, True).path, str)  # its own has no file


def encoded(pixels: Pixels, kind: str) -> bytes:
    """A picture as a "PNG" or "JPEG".

    Raises:
        MissingExtra: The extra ``face`` is not installed.
    """
    with needs("face", "drawing pictures"):
        from PIL import Image
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


def _pen(image: Image) -> ImageDraw:
    from PIL import ImageDraw

    return ImageDraw.Draw(image, "RGBA" if image.mode == "RGB" else None)


def _rgba(colour: str, opacity: float) -> tuple[int, int, int, int]:
    r, g, b = bytes.fromhex(colour.removeprefix("#"))
    return r, g, b, round(255 * opacity)


def _wide(words: str) -> bool:
    return any(ord(c) >= _LATIN and c.isalpha() for c in words)


@cache
def font(size: int, wide: bool) -> FreeTypeFont:
    """Pillow's own font; for other scripts than Latin the system's, where it has one."""
    with needs("face", "drawing pictures"):
        from PIL import ImageFont
    for name in WIDER if wide else ():
        try:
            return ImageFont.truetype(name, size)
        except OSError:  # not on this system
            continue
    own = ImageFont.load_default(size)
    assert isinstance(own, ImageFont.FreeTypeFont)
    return own
