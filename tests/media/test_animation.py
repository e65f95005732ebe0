"""Drawn pictures in mp4 and gif: what comes out is what went in."""

from __future__ import annotations

import io
from collections.abc import Callable

import av
import numpy as np
import pytest

from empathia.media import animation
from empathia.types import Audio


def pictures(n: int = 12) -> list[np.ndarray]:
    """A red square that goes to the right."""
    made = []
    for i in range(n):
        picture = np.full((48, 64, 3), 240, np.uint8)
        picture[16:32, 4 * i : 4 * i + 12] = (200, 30, 30)
        made.append(picture)
    return made


def made_by(write: Callable[..., None], *args: object) -> bytes:
    file = io.BytesIO()
    write(file, *args)
    return file.getvalue()


def decoded(content: bytes) -> tuple[list[np.ndarray], list[str], float]:
    with av.open(io.BytesIO(content)) as container:
        kinds = [s.type for s in container.streams]
        rate = float(container.streams.video[0].average_rate or 0)
        frames = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
    return frames, kinds, rate


def middle(picture: np.ndarray) -> float:
    red = picture.astype(int)
    return float(np.nonzero(red[..., 0] - red[..., 1] > 90)[1].mean())


@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_all_pictures_are_there_in_their_order(kind: str) -> None:
    made = pictures()
    content = (
        made_by(animation.mp4, made, 25)
        if kind == "mp4"
        else made_by(animation.gif, made, 10, made[::4])
    )
    frames, kinds, rate = decoded(content)
    assert (len(frames), kinds) == (12, ["video"])
    assert rate == pytest.approx(25 if kind == "mp4" else 10, rel=0.01)
    for shown, given in zip(frames, made, strict=True):
        assert shown.shape == given.shape
        assert middle(shown) == pytest.approx(middle(given), abs=1.5)


def test_sound_lies_beside_the_pictures() -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000).astype(np.float32)
    content = made_by(
        animation.mp4, pictures(25), 25, [Audio(tone[:8000], 16000), Audio(tone[8000:], 16000)]
    )
    assert decoded(content)[1] == ["video", "audio"]
    with av.open(io.BytesIO(content)) as container:
        heard = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
        rate = container.streams.audio[0].rate
    assert len(heard) / rate == pytest.approx(1.0, abs=0.1)
    assert np.abs(heard).max() > 0.2


def test_picture_and_sound_are_interleaved() -> None:
    second = Audio(np.zeros(16000, np.float32), 16000)
    content = made_by(animation.mp4, pictures(12) * 8, 24, [second] * 4)
    with av.open(io.BytesIO(content)) as container:
        kinds = [p.stream.type for p in container.demux() if p.size]
    first, last = kinds.index("audio"), len(kinds) - kinds[::-1].index("audio")
    assert "video" in kinds[first:last]


def test_few_colours_of_a_gif_stay_what_they_are() -> None:
    made = pictures()
    frames, _, _ = decoded(made_by(animation.gif, made, 10, made))
    assert np.abs(frames[5].astype(int) - made[5]).max() <= 2
