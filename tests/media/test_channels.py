"""Channels that cancel each other, channels of different people, and several sound tracks."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
import sounds
from hypothesis import given, settings
from hypothesis import strategies as st
from media_files import first_sound, heard, loudest_hz, rms, tone, write_tracks, write_wav

from empathia import media
from empathia.errors import UsageError

SPEECH = sounds.example(0, 12).astype(np.float32)


def read(path: Path, **options) -> tuple[np.ndarray, media.Condition]:
    condition = media.Condition()
    return heard(path, condition=condition, **options), condition


def plain_mix(channels: np.ndarray) -> np.ndarray:
    """The mean of (channels, n) as a 16-bit file holds them."""
    return ((channels * 32767).astype("<i2") / np.float32(32768)).mean(axis=0, dtype="f4")


def hall(seed: int) -> np.ndarray:
    """The response of a room: 60 ms of fading noise."""
    t = np.arange(960)
    return np.random.default_rng(seed).normal(0, 0.2, 960) * np.exp(-t / 200)


MIXABLE = {
    "dual mono": lambda x: [x, x],
    "one side": lambda x: [x, 0 * x],
    "other side": lambda x: [0 * x, x],
    "panned": lambda x: [0.9 * x, 0.3 * x],
    "late": lambda x: [x, np.roll(x, 40)],
    "incoherent": lambda x: [x, np.roll(x, 60000)],
    "a little against each other": lambda x: [x, -0.4 * x],
    "room": lambda x: [np.convolve(x, hall(1))[: len(x)], np.convolve(x, hall(2))[: len(x)]],
    "four": lambda x: [x, 0.5 * x, 0.1 * x, 0 * x],
}


@pytest.mark.parametrize("name", MIXABLE)
def test_channels_that_do_not_cancel_are_mixed_as_ever(tmp_path, name):
    channels = np.array(MIXABLE[name](SPEECH), np.float32)
    samples, condition = read(write_wav(tmp_path / "a.wav", channels.T))
    np.testing.assert_allclose(samples, plain_mix(channels), atol=1e-6)
    assert condition.notes() == ()
    assert not condition.apart


@pytest.mark.parametrize("scale", [1.0, 0.9, 0.75, 1.2])
@pytest.mark.parametrize("louder", [0, 1])
def test_of_channels_out_of_phase_the_louder_one_is_read(tmp_path, scale, louder):
    channels = np.array([SPEECH, -scale * SPEECH][:: 1 - 2 * louder])
    samples, condition = read(write_wav(tmp_path / "a.wav", channels.T))
    wanted = max(channels, key=lambda c: np.abs(c).max())
    np.testing.assert_allclose(samples[8000:], wanted[8000:], atol=1e-4)
    (note,) = condition.notes()
    assert "out of phase" in note


def test_phase_may_change_on_the_way_without_a_click(tmp_path):
    x = tone(9.0, hz=200.0, level=0.4)
    turned = x * np.where(np.arange(len(x)) // 48000 == 1, -1, 1)
    samples, condition = read(write_wav(tmp_path / "a.wav", np.stack([x, turned]).T))
    for low, high in ((0, 48000), (76000, 96000), (124000, 144000)):
        np.testing.assert_allclose(samples[low:high], x[low:high], atol=1e-4)
    assert np.abs(np.diff(samples)).max() < 1.05 * np.abs(np.diff(x)).max()
    assert 1.5 < condition.cancelled < 3.5


@settings(max_examples=10, deadline=None)
@given(seconds=st.floats(0.05, 3.0))
def test_blocks_change_nothing_where_channels_cancel(tmp_path_factory, seconds):
    path = tmp_path_factory.mktemp("phase") / "a.wav"
    write_wav(path, np.stack([SPEECH, -SPEECH]).T)
    np.testing.assert_array_equal(heard(path, seconds=seconds), heard(path))


def test_one_channel_alone(tmp_path):
    path = write_wav(tmp_path / "a.wav", np.stack([tone(), tone(hz=600.0), tone(hz=800.0)]).T)
    for channel, hz in enumerate((440, 600, 800)):
        samples, _ = read(path, selection=media.Selection(channel=channel))
        assert abs(loudest_hz(samples) - hz) < 2
        assert rms(samples) == pytest.approx(0.354, abs=0.01)
    assert not read(path, selection=media.Selection(channel=3))[0].any()


def call(bleed: float, noise: float = 0.0) -> np.ndarray:
    """Two people, a channel each, who take turns every two seconds; (2, n)."""
    turn = (np.arange(len(SPEECH)) // 32000) % 2
    a, b = SPEECH * (turn == 0), SPEECH * (turn == 1)
    hiss = np.random.default_rng(4).normal(0, noise, (2, len(SPEECH)))
    return np.array([a + bleed * b, b + bleed * a]) + hiss


@pytest.mark.parametrize("bleed", [0.0, 0.03, 0.1, 0.2])
@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_channels_of_different_people_are_noticed(tmp_path, bleed, noise):
    _, condition = read(write_wav(tmp_path / "a.wav", call(bleed, noise).T))
    assert condition.apart


@pytest.mark.parametrize("bleed", [0.5, 1.0])
def test_a_stereo_recording_of_a_room_is_no_call(tmp_path, bleed):
    _, condition = read(write_wav(tmp_path / "a.wav", call(bleed).T))
    assert not condition.apart


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov", "a.mka"])
def test_tracks_are_chosen_and_mixed(tmp_path, name):
    tracks = [tone(3.0), np.stack([tone(2.0, hz=700.0)] * 2)]
    path = write_tracks(tmp_path / name, tracks, ("Ann", "Ben"))
    info = media.probe(path)
    assert [(t.rate, t.channels) for t in info.tracks] == [(16000, 1), (16000, 2)]
    assert {t.language for t in info.tracks} == {"eng"}
    assert name in ("a.mp4", "a.mov") or [t.title for t in info.tracks] == ["Ann", "Ben"]
    for track, hz, seconds in ((1, 440, 3.0), (2, 700, 2.0)):
        samples, condition = read(path, selection=media.Selection(track=track))
        assert abs(loudest_hz(samples) - hz) < 3
        assert len(samples) / 16000 == pytest.approx(seconds, abs=0.15)
        assert condition.notes() == ()
    samples, condition = read(path, selection=media.Selection(track=media.ALL))
    assert len(samples) / 16000 == pytest.approx(3.0, abs=0.15)
    spectrum = np.abs(np.fft.rfft(samples[8000:24000]))
    assert spectrum[440] == pytest.approx(spectrum[700], rel=0.1)
    assert rms(samples[8000:24000]) == pytest.approx(0.354 / np.sqrt(2), rel=0.1)
    assert condition.notes() == ()


def test_a_track_that_is_not_read_is_told(tmp_path):
    path = write_tracks(tmp_path / "a.mkv", [tone(), tone(hz=700.0)], ("Ann", "Ben"))
    _, condition = read(path)
    (note,) = condition.notes()
    assert note.startswith("the file has 2 sound tracks (1 'Ann' eng, 2 'Ben' eng); track ")
    assert "--track all" in note


def test_a_track_that_starts_late_keeps_its_time(tmp_path):
    path = write_tracks(
        tmp_path / "a.mkv",
        [0 * tone(6.0), tone(1.0, hz=700.0)],
        starts=(0.0, 4.0),
        codec="pcm_s16le",
    )
    samples, condition = read(path, selection=media.Selection(track="all"))
    assert len(samples) == 6 * 16000
    assert first_sound(samples) == pytest.approx(4.0, abs=0.01)
    assert condition.filled == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("name", ["a.mkv", "a.mka", "a.nut", "a.mov"])
@pytest.mark.parametrize("start", [0.0, 12.0])
def test_a_shorter_track_was_not_cut_short(tmp_path, name, start):
    tracks, starts = [tone(40.0), tone(12.0)], (0.0, start)
    path = write_tracks(tmp_path / name, tracks, starts=starts, codec="pcm_s16le")
    samples, condition = read(path, selection=media.Selection(track=2))
    assert len(samples) / 16000 == pytest.approx(start + 12, abs=0.01)
    assert not condition.cut_short
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 4])
    if name in ("a.mkv", "a.mka"):  # the length of each track stands at the start
        for track in (1, 2):
            assert read(path, selection=media.Selection(track=track))[1].cut_short


def test_pictures_that_go_on_cut_no_sound_short(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("mpeg4", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = out.add_stream("pcm_s16le", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 32000), "<i2"), "s16", "mono")
        frame.sample_rate, frame.pts = 16000, 0
        out.mux(sound.encode(frame))
        for number in range(50):
            picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")
            picture.pts = number
            out.mux(pictures.encode(picture))
        out.mux(pictures.encode(None))
    samples, condition = read(path)
    assert (len(samples), condition.notes()) == (32000, ())
    assert media.probe(path).duration == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("track", [0, 3, -1])
def test_a_track_that_is_not_there_is_refused_by_number(tmp_path, track):
    path = write_tracks(tmp_path / "a.mkv", [tone(), tone(hz=700.0)])
    with pytest.raises(UsageError, match=rf"has 2 sound tracks, found no track {track}"):
        list(media.blocks(path, selection=media.Selection(track=track)))
    one = write_wav(tmp_path / "a.wav", tone())
    with pytest.raises(UsageError, match="has one sound track"):
        list(media.blocks(one, selection=media.Selection(track=2)))


def test_all_of_one_track_is_that_track(tmp_path):
    path = write_wav(tmp_path / "a.wav", SPEECH)
    np.testing.assert_array_equal(
        heard(path, selection=media.Selection(track=media.ALL)), heard(path)
    )


def test_mixing_tracks_takes_no_more_memory_for_longer_ones(tmp_path):
    peaks = []
    for seconds in (20, 100):
        silence = np.zeros(seconds * 8000)
        path = write_tracks(
            tmp_path / f"{seconds}.mkv", [silence, silence], codec="pcm_s16le", rate=8000
        )
        tracemalloc.start()
        for _ in media.blocks(path, seconds=5.0, selection=media.Selection(track=media.ALL)):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000
