"""A film for the page, and faces cut out of pictures."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from face_videos import background, write_video
from hypothesis import given, settings
from hypothesis import strategies as st
from media_files import tone

from empathia.errors import MediaError
from empathia.media.film import LARGEST, affordable, film, poster
from empathia.media.stills import cut_out, jpeg
from empathia.types.seen import Picture

COLOURS = {"red": (200, 30, 30), "green": (30, 180, 30), "blue": (30, 30, 200)}


def coloured(name: str, width: int = 640, height: int = 360) -> np.ndarray:
    return np.full((height, width, 3), COLOURS[name], np.uint8)


def test_a_film_is_small_and_shows_and_sounds_what_the_video_did_at_the_same_time(tmp_path):
    colours = ["red"] * 25 + ["blue"] * 25
    path = write_video(tmp_path / "a.mp4", map(coloured, colours), sound=tone(2.0))
    whole = film(path)
    with av.open(io.BytesIO(whole)) as container:
        (seen,), (heard,) = container.streams.video, container.streams.audio
        assert (seen.width, seen.height) == (480, 270)
        assert (seen.codec_context.name, heard.codec_context.name) == ("vp8", "opus")
        assert container.duration / 1e6 == pytest.approx(2.0, abs=0.1)
        frames = [(f.time, f.to_ndarray(format="rgb24")) for f in container.decode(seen)]
    assert 28 <= len(frames) <= 31
    for time, pixels in frames:
        wanted = COLOURS["red" if time < 0.97 else "blue"]
        if not 0.9 < time < 1.1:
            np.testing.assert_allclose(pixels.mean(axis=(0, 1)), wanted, atol=25)
    with av.open(io.BytesIO(whole)) as container:
        samples = np.concatenate([f.to_ndarray().ravel() for f in container.decode(audio=0)])
    assert np.abs(samples).max() > 0.3


def test_pictures_behind_the_sound_are_kept(tmp_path):
    path = write_video(tmp_path / "a.mp4", map(coloured, ["green"] * 50), sound=tone(0.5))
    with av.open(io.BytesIO(film(path))) as container:
        *_, last = container.decode(video=0)
    assert last.time == pytest.approx(1.93, abs=0.1)


def test_how_long_a_film_may_be():
    assert affordable(3600) and not affordable(3 * 3600) and not affordable(None)
    assert LARGEST * 4 / 3 < 60e6, "bytes of text that a browser still opens"


def test_a_poster_shows_the_moment_or_else_what_is_not_black(tmp_path):
    black = np.zeros((360, 640, 3), np.uint8)
    bright = background(640, 360)
    scenes = [black] * 75 + [bright] * 50 + [coloured("red")] * 75
    whole = film(write_video(tmp_path / "a.mp4", scenes, sound=tone(8.0)))
    for moment, wanted in ((None, bright.mean()), (1.0, 0.0), (6.0, coloured("red").mean())):
        with av.open(io.BytesIO(poster(whole, moment))) as container:
            (frame,) = container.decode(video=0)
        assert (frame.width, frame.height) == (480, 270)
        assert frame.to_ndarray(format="rgb24").mean() == pytest.approx(wanted, abs=15)


@given(st.binary(max_size=60), st.none() | st.floats(0, 9))
def test_what_is_no_film_has_no_poster(content, moment):
    assert poster(content, moment) == b""
    assert poster(b"\x1aE\xdf\xa3" + content, moment) == b""


def test_sound_alone_is_no_film(tmp_path):
    path = write_video(tmp_path / "a.mp4", map(coloured, ["red"] * 5))
    with pytest.raises(MediaError, match="no sound"):
        film(path)


@settings(max_examples=25)
@given(st.floats(-200, 800), st.floats(-200, 600), st.floats(5, 700), st.sampled_from([1.0, 0.5]))
def test_a_face_is_cut_out_wherever_it_is(x, y, size, scale):
    pixels = background(640, 480)
    small = pixels[::2, ::2] if scale < 1 else pixels
    box = np.array([x, y, x + size, y + 1.2 * size], np.float32)
    square = cut_out(Picture(0.0, small, scale), box, 48)
    assert square.shape == (48, 48, 3) and square.dtype == np.uint8


def test_what_is_cut_out_is_in_the_middle_and_comes_back_from_its_jpeg():
    pixels = background(320, 240).copy()
    pixels[100:140, 200:240] = 255
    square = cut_out(Picture(0.0, pixels), np.array([200, 100, 240, 140], np.float32), 60)
    assert square[20:40, 20:40].min() > 250 and square[:6].max() < 200
    written = jpeg(square)
    assert written.startswith(b"\xff\xd8") and len(written) < 6000
    with av.open(io.BytesIO(written)) as container:
        (frame,) = container.decode(video=0)
    np.testing.assert_allclose(frame.to_ndarray(format="rgb24").astype(int), square, atol=60)
