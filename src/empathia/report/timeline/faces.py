"""What was seen of a turn's speaker, for the page: the picture that shows it best, or a drawing.

The drawing is made of the normalised landmarks alone; nobody can be told from it.
"""

from __future__ import annotations

import base64

from empathia.face.points import CONTOURS, OPEN
from empathia.report.escaping import escaped
from empathia.report.wording import looked
from empathia.report.words import ENGLISH, Words
from empathia.types import FloatArray, Seen

_MARGIN = 0.12  # distances of the eyes
_SIDE = 320  # units of the drawing; a face is about 2.6 distances of the eyes high


def shown(seen: Seen | None, speaker: str, words: Words = ENGLISH) -> str:
    """The picture that shows a turn best, or a drawing of it; nothing where no face was seen.

    Args:
        seen: What was seen; None where there was no picture to look at.
        speaker: Who speaks.
        words: Those of the page.
    """
    if seen is None or seen.person is None:
        return ""
    name = f"{speaker}: {looked(seen, words)}"
    if seen.picture:
        address = f"data:image/jpeg;base64,{base64.b64encode(seen.picture).decode('ascii')}"
        drawing = f'<img src="{address}" alt="{escaped(name)}">'
    else:
        drawing = "" if seen.landmarks is None else drawn(seen.landmarks, name)
    return f'<div class="look">{drawing}</div>' if drawing else ""


def drawn(landmarks: FloatArray, name: str) -> str:
    """A face in lines, as SVG.

    Args:
        landmarks: (478, 3) normalised (:mod:`empathia.face.normalise`).
        name: What it shows, for those who do not see it.
    """
    points = landmarks[:, :2]
    low, high = points.min(axis=0) - _MARGIN, points.max(axis=0) + _MARGIN
    size = float((high - low).max())
    corner = (low + high - size) / 2
    placed = ((points - corner) * (_SIDE / size)).round().astype(int)
    lines = "".join(
        f'<path class="{part.split()[-1]}" d="M'
        + "L".join(f"{x} {y}" for x, y in placed[list(indices)])
        + ('"/>' if part in OPEN else 'Z"/>')
        for part, indices in CONTOURS.items()
    )
    return (
        f'<svg class="face" viewBox="0 0 {_SIDE} {_SIDE}" role="img" '
        f'aria-label="{escaped(name)}">{lines}</svg>'
    )
