from __future__ import annotations

import sys
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from media_files import (
    first_sound,
    heard,
    loudest_hz,
    rms,
    tone,
    write_float_wav,
    write_media,
    write_wav,
)

from empathia import media
from empathia.errors import InputError, MediaError
from empathia.media import decoding

SLOW_DISK = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


KINDS = [
    ("a.wav", "pcm_s16le", None, 16000),
    ("a.wav", "pcm_u8", None, 8000),
    ("a.wav", "pcm_s24le", None, 96000),
    ("a.wav", "pcm_f64le", None, 44100),
    ("a.flac", "flac", None, 44100),
    ("a.mp3", "libmp3lame", None, 44100),
    ("a.m4a", "aac", None, 48000),
    ("a.ogg", "libopus", None, 48000),
    ("a.opus", "libopus", None, 48000),
    ("a.webm", "libopus", "libvpx", 48000),
    ("a.mp4", "aac", "mpeg4", 44100),
    ("a.mkv", "flac", "mpeg4", 44100),
    ("a.avi", "pcm_s16le", "mpeg4", 22050),
]


@pytest.mark.parametrize(("name", "codec", "video", "rate"), KINDS)
def test_every_format_keeps_pitch_level_and_length(tmp_path, name, codec, video, rate):
    path = write_media(tmp_path / name, codec, tone(2.0, rate)[None, :], rate, video=video)
    condition = media.Condition()
    samples = heard(path, condition=condition)
    assert abs(len(samples) / 16000 - 2.0) < 0.1
    assert abs(loudest_hz(samples) - 440) < 2
    assert rms(samples) == pytest.approx(0.5 / np.sqrt(2), rel=0.06)
    assert condition.notes() == ()
    info = media.probe(path)
    assert (info.has_audio, info.has_video, info.channels) == (True, video is not None, 1)
    assert info.rate == rate
    assert info.duration == pytest.approx(2.0, abs=0.1)


def test_pcm_values_are_exact(tmp_path):
    ramp = np.linspace(-1, 1, 1600)
    samples = heard(write_wav(tmp_path / "ramp.wav", ramp))
    np.testing.assert_array_equal(samples, (ramp * 32767).astype("<i2").astype("f4") / 32768)


def test_every_channel_layout_is_mixed_without_clipping(tmp_path):
    for channels in (1, 2, 3, 6, 8, 12):
        same = np.repeat(tone(0.5, level=0.9)[:, None], channels, axis=1)
        samples = heard(write_wav(tmp_path / f"{channels}.wav", same))
        np.testing.assert_allclose(samples, tone(0.5, level=0.9), atol=2e-4)


def test_surround_hears_the_centre_and_not_the_bass_effect(tmp_path):
    loud = np.zeros((6, 16000), np.float32)
    loud[2] = tone(1.0, hz=600.0)  # FL FR FC LFE BL BR
    loud[3] = tone(1.0, hz=90.0, level=0.9)
    path = write_media(tmp_path / "s.flac", "flac", loud, 16000, layout="5.1", sample_format="s16")
    samples = heard(path)
    assert abs(loudest_hz(samples) - 600) < 2
    spectrum = np.abs(np.fft.rfft(samples))
    assert spectrum[90] < 0.01 * spectrum[600]
    assert media.probe(path).channels == 6


def test_times_survive_resampling(tmp_path):
    burst = np.zeros(96000, np.float32)
    burst[48000:52800] = tone(0.05, 96000, 1000.0)
    samples = heard(write_wav(tmp_path / "b.wav", burst, 96000))
    assert len(samples) == 16000
    first = int(np.argmax(np.abs(samples) > 0.05))
    assert abs(first / 16000 - 0.5) < 0.002


@SLOW_DISK
@given(seconds=st.floats(0.011, 3.0), length=st.integers(1, 40000))
def test_block_length_changes_nothing(tmp_path, seconds, length):
    path = write_wav(tmp_path / "n.wav", np.random.default_rng(1).uniform(-0.5, 0.5, length))
    cut = list(media.blocks(path, seconds=seconds))
    np.testing.assert_array_equal(np.concatenate([b.samples for b in cut]), heard(path))
    assert {len(b.samples) for b in cut[:-1]} <= {round(16000 * seconds)}
    assert all(len(b.samples) for b in cut)


@SLOW_DISK
@given(st.lists(st.tuples(st.floats(0, 14), st.floats(0, 6)), max_size=6))
def test_spans_are_slices(tmp_path, wanted):
    path = tmp_path / "spans.wav"
    if not path.exists():
        write_wav(path, np.random.default_rng(2).uniform(-0.5, 0.5, 12 * 16000))
    whole = heard(path)
    wanted = sorted((start, start + length) for start, length in wanted)
    got = list(media.spans(path, wanted))
    assert len(got) == len(wanted)
    for (start, end), audio in zip(wanted, got, strict=True):
        np.testing.assert_array_equal(
            audio.samples, whole[round(start * 16000) : round(end * 16000)]
        )


def test_spans_must_be_ordered(tmp_path):
    path = write_wav(tmp_path / "a.wav", tone())
    with pytest.raises(InputError, match=r"ordered by their start.*Sort"):
        list(media.spans(path, [(1.0, 1.5), (0.2, 0.4)]))


@pytest.mark.parametrize("name", ["two words.wav", "한국어 녹음.wav", "line\nbreak.wav", "a:b.wav"])
def test_any_name_will_do(tmp_path, name):
    path = write_wav(tmp_path / name, tone(0.3))
    assert len(heard(path)) == 4800
    assert "\n" not in media.shown(path)


def no_sound(path: Path) -> Path:
    return write_media(path, None, np.zeros((1, 16000)), 16000, video="mpeg4")


def cut_off(path: Path) -> Path:
    write_media(path, "aac", tone(5.0)[None, :], 16000)  # its index stands at the end
    path.write_bytes(path.read_bytes()[:-2000])
    return path


def written(content: bytes):
    def write(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return write


HOPELESS = {
    "missing.wav": (lambda path: path, r"there is no file .*missing\.wav.*Check the path"),
    "folder.wav": (lambda path: path.mkdir() or path, "is a folder"),
    "empty.wav": (written(b""), r"is empty \(0 bytes\).*again"),
    "text.wav": (written(b"Dear diary, today was fine.\n" * 40), r"no recording.*wav, flac, mp3"),
    "list.wav": (
        written(b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://localhost:9/x.ts\n"),
        "no recording",
    ),
    "titles.wav": (written(b"1\n00:00:01,000 --> 00:00:02,000\nhi\n\n" * 9), "no recording"),
    "zero.wav": (lambda path: write_wav(path, np.zeros(0)), "holds no samples"),
    "mute.mp4": (no_sound, r"has no sound track.*recording with sound"),
    "cut.m4a": (cut_off, "cut off before its index"),
    "broken\nname.wav": (written(b"x"), "no recording"),
}


@pytest.mark.parametrize("name", HOPELESS)
def test_what_cannot_be_read_says_so_in_one_line(tmp_path, name):
    make, message = HOPELESS[name]
    path = make(tmp_path / name)
    with pytest.raises(MediaError, match=message) as caught:
        list(media.blocks(path))
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


def test_video_without_sound_is_no_error_to_probe(tmp_path):
    info = media.probe(no_sound(tmp_path / "mute.mp4"))
    assert (info.has_audio, info.has_video, info.rate, info.channels) == (False, True, None, None)


def test_a_picture_on_the_cover_is_no_video(tmp_path):
    disposition = pytest.importorskip("av.stream").Disposition
    path = tmp_path / "cover.m4a"
    with av.open(str(path), "w", format="mp4") as out:
        sound = out.add_stream("aac", rate=16000, layout="mono")
        cover = out.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 16, 16, "rgb24"
        cover.disposition = disposition.attached_pic
        black = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        for packet in [*cover.encode(black), *cover.encode(None)]:
            out.mux(packet)
        frame = av.AudioFrame.from_ndarray(tone()[None, :], format="fltp", layout="mono")
        frame.sample_rate = 16000
        out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    assert not media.probe(path).has_video
    assert abs(len(heard(path)) / 16000 - 2.0) < 0.15


def test_sound_without_a_decoder_is_refused(tmp_path):
    data = bytearray(write_wav(tmp_path / "a.wav", tone(1.0)).read_bytes())
    data[20:22] = b"\x34\x12"  # what the samples are
    (tmp_path / "a.wav").write_bytes(data)
    info = media.probe(tmp_path / "a.wav")
    assert (info.has_audio, info.tracks, info.main) == (False, (), None)
    with pytest.raises(MediaError, match="cannot be decoded"):
        heard(tmp_path / "a.wav")


def test_a_truncated_video_is_read_as_far_as_it_goes(tmp_path):
    path = write_media(
        tmp_path / "v.mp4",
        "aac",
        tone(10.0)[None, :],
        16000,
        video="mpeg4",
        options={"movflags": "+faststart"},
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    condition = media.Condition()
    samples = heard(path, condition=condition)
    assert 2.0 < len(samples) / 16000 < 9.0
    assert abs(loudest_hz(samples[8000:]) - 440) < 2
    assert any("announces 10." in note and "cut short" in note for note in condition.notes())


def test_damaged_parts_are_counted_and_times_stay_true(tmp_path):
    burst = np.zeros(6 * 48000, np.float32)
    burst[5 * 48000 :] = tone(1.0, 48000)
    burst[: 4 * 48000] = np.random.default_rng(3).uniform(-0.3, 0.3, 4 * 48000)
    path = write_media(tmp_path / "a.m4a", "aac", burst[None, :], 48000)
    raw = bytearray(path.read_bytes())
    noise = np.random.default_rng(5).integers(0, 256, 15000, np.uint8).tobytes()
    raw[12000 : 12000 + len(noise)] = noise
    path.write_bytes(raw)
    condition = media.Condition()
    samples = heard(path, condition=condition)
    assert condition.damaged > 3
    assert condition.filled > 0.15
    assert any("could not be decoded" in note for note in condition.notes())
    loud = np.abs(samples[int(4.5 * 16000) :]) > 0.4
    assert abs(4.5 + int(np.argmax(loud)) / 16000 - 5.0) < 0.2


def test_a_hole_in_the_time_stamps_becomes_silence(tmp_path):
    path = tmp_path / "hole.mkv"
    with av.open(str(path), "w") as out:
        sound = out.add_stream("pcm_s16le", rate=16000, layout="mono")
        for start in (0.0, 3.0):
            frame = av.AudioFrame.from_ndarray(tone(1.0)[None, :], format="flt", layout="mono")
            frame.sample_rate, frame.pts = 16000, round(start * 16000)
            frame.time_base = sound.codec_context.time_base or Fraction(1, 16000)
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    condition = media.Condition()
    samples = heard(path, condition=condition)
    assert len(samples) == 4 * 16000
    assert not samples[17000:47000].any()
    assert rms(samples[48000:]) == pytest.approx(0.354, abs=0.01)
    assert condition.notes() == ("2.0 s of sound were missing and were taken as silence",)


def write_late(
    path: Path,
    codec: str,
    rate: int,
    start: float,
    video: str | None = "mpeg4",
    pictures: float = 0,
) -> Path:
    """A second of tone from start, in s, and pictures from another time up to its end."""
    with av.open(str(path), "w") as out:
        seen = out.add_stream(video, rate=10) if video else None
        sound = out.add_stream(codec, rate=rate, layout="mono")
        packets = []
        if seen is not None:
            seen.width, seen.height, seen.pix_fmt = 64, 48, "yuv420p"
            for i in sorted({round(10 * pictures), round(10 * start), round(10 * start) + 9}):
                picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24")
                picture.pts, picture.time_base = i, Fraction(1, 10)
                packets += seen.encode(picture)
            packets += seen.encode(None)
        frame = av.AudioFrame.from_ndarray(tone(1.0, rate)[None, :], "fltp", "mono")
        frame.sample_rate, frame.pts = rate, round(start * rate)
        frame.time_base = Fraction(1, rate)
        packets += [*sound.encode(frame), *sound.encode(None)]
        timed = [packet for packet in packets if packet.dts is not None]
        for packet in sorted(timed, key=lambda packet: packet.dts * packet.time_base):
            out.mux(packet)
    return path


LATE = [
    ("late.mkv", "pcm_s16le", 16000),
    ("late.mkv", "aac", 48000),
    ("late.webm", "libopus", 48000),
    ("late.mp4", "aac", 48000),
    ("late.mov", "pcm_s16le", 44100),
]


@pytest.mark.parametrize(("name", "codec", "rate"), LATE)
def test_sound_that_starts_later_than_the_picture_keeps_its_time(tmp_path, name, codec, rate):
    video = "libvpx" if name.endswith("webm") else "mpeg4"
    path = write_late(tmp_path / name, codec, rate, 5.0, video)
    condition = media.Condition()
    samples = heard(path, condition=condition)
    assert first_sound(samples) == pytest.approx(5.0, abs=0.03)
    assert len(samples) / 16000 == pytest.approx(6.0, abs=0.06)
    assert not samples[: round(4.9 * 16000)].any()
    assert condition.notes() == ("5.0 s of sound were missing and were taken as silence",)
    assert media.probe(path).duration == pytest.approx(6.0, abs=0.06)
    (cut,) = media.spans(path, [(5.2, 5.8)])
    assert rms(cut.samples) == pytest.approx(0.354, abs=0.02)


@pytest.mark.parametrize(("name", "codec", "rate"), [*LATE, ("late.ogg", "libopus", 48000)])
def test_time_0_is_where_the_recording_starts(tmp_path, name, codec, rate):
    video = {"webm": "libvpx", "ogg": None}.get(name.split(".")[1], "mpeg4")
    path = write_late(tmp_path / name, codec, rate, 5.0, video, pictures=5.0)
    condition = media.Condition()
    samples = heard(path, condition=condition)
    assert first_sound(samples) == pytest.approx(0.0, abs=0.03)
    assert len(samples) / 16000 == pytest.approx(1.0, abs=0.06)
    assert condition.notes() == ()
    assert media.probe(path).duration == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize("late", [0.0, 0.1])
@pytest.mark.parametrize(
    ("name", "codec", "video"),
    [
        ("a.mp4", "aac", "mpeg4"),
        ("a.mkv", "aac", "mpeg4"),
        ("a.m4a", "aac", None),
        ("a.ogg", "libopus", None),
        ("a.mp3", "libmp3lame", None),
    ],
)
def test_priming_of_a_codec_is_no_hole(tmp_path, name, codec, video, late):
    path = write_late(tmp_path / name, codec, 48000, late, video)
    condition = media.Condition()
    samples = heard(path, condition=condition)
    assert first_sound(samples) < 0.03
    assert len(samples) / 16000 == pytest.approx(1.0, abs=0.06)
    assert condition.filled == 0.0
    assert condition.notes() == ()


def test_a_first_time_stamp_after_the_end_is_not_believed():
    for start, latest, time, hole in [
        (0.0, 4000.0, 3600.0, 3600.0),
        (5.0, 20.0, 12.0, 7.0),
        (0.0, 10.0, 3600.0, 0.0),
        (0.0, 10.0, 0.1, 0.0),
        (0.0, 10.0, -3.0, 0.0),
    ]:
        clock = decoding._Clock(start, latest)
        assert [clock.missing(time, 1.0), clock.missing(time + 1.0, 1.0)] == [hole, 0.0]
        assert clock.missing(time + 2.5, 1.0) == pytest.approx(0.5)
        assert clock.missing(time + 9000.0, 1.0) == 0.0


def test_fifty_milliseconds_are_enough(tmp_path):
    assert len(heard(write_wav(tmp_path / "s.wav", tone(0.05)))) == 800


def test_values_that_are_no_numbers_become_silence(tmp_path):
    samples = tone(1.0)
    samples[100:200] = np.nan
    samples[300] = np.inf
    samples[400] = -np.inf
    condition = media.Condition()
    got = heard(write_float_wav(tmp_path / "nan.wav", samples), condition=condition)
    expected = np.where(np.isfinite(samples), samples, 0)
    np.testing.assert_array_equal(got, expected)
    assert condition.not_finite == 102
    assert condition.notes() == ("102 samples were no numbers and were taken as silence",)


def test_clipping_is_told(tmp_path):
    condition = media.Condition()
    got = heard(write_float_wav(tmp_path / "c.wav", tone(level=3.0)), condition=condition)
    assert np.abs(got).max() <= 1.0
    assert any("are clipped" in note for note in condition.notes())


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), max_size=12), st.integers(0, 200), st.integers(0, 200))
def test_a_tape_is_an_array(lengths, start, end):
    tape, whole = media.Tape(16000), np.arange(sum(lengths), dtype=np.float32)
    for at, length in zip(np.cumsum([0, *lengths]), lengths, strict=False):
        tape.add(whole[at : at + length])
    tape.forget(start)
    np.testing.assert_array_equal(tape.cut(start, max(start, end)).samples, whole[start:end])
    assert tape.end == len(whole)


def peak_bytes(path: Path) -> int:
    tracemalloc.start()
    for _ in media.blocks(path, seconds=5.0):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_length(tmp_path):
    short = write_wav(tmp_path / "short.wav", np.zeros(15 * 8000), 8000)
    long = write_wav(tmp_path / "long.wav", np.zeros(100 * 8000), 8000)
    assert peak_bytes(long) < peak_bytes(short) + 200_000


def test_an_hour_before_the_sound_takes_no_more_memory(tmp_path):
    short = write_late(tmp_path / "short.mkv", "pcm_s16le", 8000, 20.0)
    long = write_late(tmp_path / "long.mkv", "pcm_s16le", 8000, 3600.0)
    assert peak_bytes(long) < peak_bytes(short) + 200_000
    condition = media.Condition()
    for _ in media.blocks(long, condition=condition):
        pass
    assert condition.seconds == pytest.approx(3601.0, abs=0.01)
    assert condition.notes() == ("3600.0 s of sound were missing and were taken as silence",)


def test_an_abandoned_stream_closes_its_file(tmp_path):
    path = write_wav(tmp_path / "a.wav", tone(30.0))
    stream = media.blocks(path, seconds=1.0)
    next(stream)
    stream.close()
    renamed = path.rename(tmp_path / "b.wav")
    assert media.probe(renamed).duration == pytest.approx(30.0)


def test_nothing_is_said_on_the_terminal(tmp_path, capfd):
    path = tmp_path / "v.mp4"
    write_media(path, "aac", tone(5.0)[None, :], 16000, options={"movflags": "+faststart"})
    path.write_bytes(path.read_bytes()[:-3000])
    capfd.readouterr()
    list(media.blocks(path))
    print("done", file=sys.stderr)
    assert capfd.readouterr() == ("", "done\n")
