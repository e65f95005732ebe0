"""Faces of a video: who is seen when, and what is said of videos that show nobody, or little."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from face_videos import Shot, photograph, picture, turn_by_metadata, write_video
from media_files import tone, write_wav

from empathia.errors import InputError, MediaError
from empathia.listen.faces import Tally, sights, watch

pytestmark = pytest.mark.weights

HERE, THERE = Shot(x=170, size=90), Shot(x=480, y=220, size=100)


def test_people_are_seen_when_they_are_there(tmp_path):
    """One is there all the time, another leaves and returns."""
    scenes = [(HERE, THERE)] * 8 + [(HERE,)] * 14 + [(HERE, THERE)] * 8
    video = write_video(tmp_path / "two.mp4", map(picture, scenes), rate=10)
    tally = Tally()
    steps = []
    seen = sights(watch(video, tally=tally, progress=lambda *s: steps.append(s)))
    assert [s.person for s in seen] == ["face 1", "face 2"]
    assert seen[0].share == 1.0
    assert 11 / 30 <= seen[1].share <= 16 / 30  # newcomers are looked for twice a second
    assert seen[0].times == pytest.approx(np.arange(30) / 10)
    assert seen[1].times[:8] == pytest.approx(np.arange(8) / 10)
    assert 2.2 - 1e-6 <= seen[1].times[8] < 2.7
    assert seen[1].landmarks is None
    assert seen[1].expressions.sum(axis=1) == pytest.approx(np.ones(len(seen[1].times)), abs=1e-5)
    assert (tally.pictures, tally.fleeting, tally.cuts) == (30, 0, 0)
    assert [done for _, done, _ in steps] == sorted(done for _, done, _ in steps)
    assert steps[-1][2] == pytest.approx(3.0)


def test_a_video_of_fewer_pictures_than_asked_for_says_so(tmp_path):
    uneven = [0, 0.2, 0.5, 0.6, 1.0, 1.3, 1.5, 2.0]
    video = write_video(tmp_path / "v.mp4", [picture([HERE])] * 8, times=uneven)
    moments = list(watch(video, expressions=False))
    (seen,) = sights(moments, landmarks=True)
    assert seen.times == pytest.approx(uneven, abs=0.01)
    assert seen.rate == pytest.approx(3.5)
    assert seen.share == pytest.approx(1.0)
    assert np.isnan(seen.expressions).all()
    assert seen.landmarks is not None
    assert np.ptp(seen.landmarks[0, :, 0]) == pytest.approx(90, rel=0.05)


def test_a_telephone_held_upright_and_four_thousand_pixels(tmp_path):
    side = np.rot90(picture([HERE]), 1)
    phone = turn_by_metadata(write_video(tmp_path / "phone.mp4", [side] * 4, rate=10), 90)
    (seen,) = sights(watch(phone, expressions=False))
    assert seen.boxes[0, [0, 2]].mean() == pytest.approx(HERE.x, abs=9)
    large = np.kron(picture([HERE]), np.ones((5, 6, 1), np.uint8))
    video = write_video(tmp_path / "large.mp4", [large] * 3, rate=10)
    (seen,) = sights(watch(video, expressions=False))
    assert seen.boxes[0, [0, 2]].mean() == pytest.approx(6 * HERE.x, abs=50)


def test_one_picture_is_enough(tmp_path):
    video = write_video(tmp_path / "one.mp4", [picture([HERE])])
    (seen,) = sights(watch(video))
    assert len(seen.times) == 1
    assert seen.share == 1.0


@pytest.mark.parametrize("what", ["black", "wall", "cartoon"])
def test_nobody_is_there(tmp_path, what):
    shown = {
        "black": np.zeros((240, 320, 3), np.uint8),
        "wall": picture([], 320, 240),
        "cartoon": _smiley(),
    }[what]
    video = write_video(tmp_path / "v.mp4", [shown] * 5, rate=10)
    moments = list(watch(video))
    assert len(moments) == 5
    assert sights(moments) == ()


def _smiley() -> np.ndarray:
    y, x = np.mgrid[:240, :320]
    out = np.full((240, 320, 3), 255, np.uint8)
    out[np.hypot(x - 160, y - 120) < 80] = (250, 210, 40)
    for at in (130, 190):
        out[np.hypot(x - at, y - 100) < 9] = 0
    ring = np.hypot(x - 160, y - 125)
    out[(ring > 40) & (ring < 46) & (y > 135)] = 0
    return out


def test_sound_alone_and_a_senseless_rate(tmp_path):
    sound = write_wav(tmp_path / "talk.wav", tone(1.0))
    with pytest.raises(MediaError, match="no moving picture, but sound alone"):
        next(watch(sound))
    with pytest.raises(InputError, match="positive rate"):
        next(watch(sound, rate=0.0))


def test_memory_stays_flat(tmp_path):
    small = photograph()[20:260:2, 100:350:2][:120, :124]
    few, many = (
        write_video(tmp_path / f"{n}.mp4", (small for _ in range(n)), rate=10) for n in (8, 24)
    )
    peaks = []
    for video in (few, few, many):
        tracemalloc.start()
        for moment in watch(video, expressions=False, keep=True):
            assert moment.picture is not None
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < peaks[1] + 200_000
