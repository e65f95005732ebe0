"""Pictures of a video: upright, at a rate, with true times."""

from __future__ import annotations

import numpy as np
import pytest
from face_videos import background, turn_by_metadata, write_video
from media_files import tone, write_wav

from empathia.errors import InputError, MediaError
from empathia.media.frames import look, pictures


def counted(n: int, width: int = 64, height: int = 48) -> list[np.ndarray]:
    """Pictures that grow brighter by 8 each."""
    return [np.full((height, width, 3), 8 * i, np.uint8) for i in range(n)]


def numbers(found) -> list[int]:
    return [round(float(p.pixels.mean()) / 8) for p in found]


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("video") / "v.mp4", counted(30), sound=tone(1.2))


def test_all_pictures_come_with_their_times(video):
    seen = list(pictures(video))
    assert numbers(seen) == list(range(30))
    np.testing.assert_allclose([p.time for p in seen], np.arange(30) / 25, atol=0.03)
    assert seen[0].pixels.shape == (48, 64, 3)
    assert seen[0].scale == 1
    info = look(video)
    assert (info.width, info.height, round(info.rate)) == (64, 48, 25)
    assert info.duration == pytest.approx(1.2, abs=0.1)


def test_a_rate_and_a_span_take_some(video):
    assert numbers(pictures(video, 5)) == [0, 5, 10, 15, 20, 25]
    assert numbers(pictures(video, 100)) == list(range(30))
    assert numbers(pictures(video, 5, span=(0.4, 0.9))) == [10, 15, 20]
    assert numbers(pictures(video, span=(5, 6))) == []


def test_a_varying_rate_goes_by_the_time_stamps(tmp_path):
    times = [0, 0.04, 0.5, 0.54, 0.58, 1.5]
    path = write_video(tmp_path / "v.mkv", counted(6), times=times)
    assert [p.time for p in pictures(path)] == pytest.approx(times, abs=2e-3)
    assert numbers(pictures(path, 2)) == [0, 2, 5]


@pytest.mark.parametrize(
    ("degrees", "corner"), [(0, (0, 0)), (90, (0, 1)), (180, (1, 1)), (270, (1, 0))]
)
def test_a_video_that_was_turned_by_metadata_comes_upright(tmp_path, degrees, corner):
    marked = background(64, 48).copy()
    marked[:24, :32] = 255  # upper left
    path = turn_by_metadata(write_video(tmp_path / "v.mp4", [marked] * 2), degrees)
    first = next(pictures(path))
    wide = degrees % 180 == 0
    assert first.pixels.shape == ((48, 64, 3) if wide else (64, 48, 3))
    assert (look(path).width, look(path).height) == ((64, 48) if wide else (48, 64))
    quarters = first.pixels.mean(2).reshape(2, first.pixels.shape[0] // 2, 2, -1).mean((1, 3))
    assert np.unravel_index(quarters.argmax(), (2, 2)) == corner


def test_what_is_no_video_is_named(tmp_path):
    for path, words in (
        (write_wav(tmp_path / "a.wav", tone()), "no moving picture, but sound alone"),
        (tmp_path / "gone.mp4", "there is no file"),
    ):
        with pytest.raises(MediaError, match=words):
            next(pictures(path))
        with pytest.raises(MediaError, match=words):
            look(path)
    (tmp_path / "empty.mp4").write_bytes(b"")
    with pytest.raises(MediaError, match="empty"):
        next(pictures(tmp_path / "empty.mp4"))
    with pytest.raises(InputError, match="positive rate"):
        next(pictures(tmp_path / "a.wav", 0))


def test_a_video_of_one_picture_has_one(tmp_path):
    assert numbers(pictures(write_video(tmp_path / "v.mp4", counted(3)[2:]), 10)) == [2]


def test_a_big_picture_is_scaled_down_and_says_so(tmp_path):
    path = write_video(tmp_path / "v.mp4", [background(640, 320)])
    (small,) = pictures(path, longest=160)
    assert small.pixels.shape == (80, 160, 3)
    assert small.scale == 0.25
