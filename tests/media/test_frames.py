"""Pictures of a video: upright, at a rate, with true times."""

from __future__ import annotations

import resource
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from face_videos import background, turn_by_metadata, write_video
from media_files import tone, write_wav

from empathia.errors import BrokenExtra, InputError, MediaError
from empathia.media.frames import look, pictures
from empathia.media.mixing import Condition
from empathia.report.raster import encoded

SPOTS = np.random.default_rng(2).integers(0, 255, (96, 128, 3)).astype(np.uint8)


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


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(
    ("degrees", "corner"), [(0, (0, 0)), (90, (0, 1)), (180, (1, 1)), (270, (1, 0))]
)
def test_a_video_that_was_turned_by_metadata_comes_upright(tmp_path, degrees, corner, mirrored):
    marked = background(64, 48).copy()
    marked[:24, 32 * mirrored : 32 * mirrored + 32] = 255  # upper left, once it is mirrored
    path = write_video(tmp_path / "v.mp4", [marked] * 2)
    path = turn_by_metadata(path, degrees, mirrored)
    first = next(pictures(path))
    wide = degrees % 180 == 0
    assert first.pixels.shape == ((48, 64, 3) if wide else (64, 48, 3))
    assert (look(path).width, look(path).height) == ((64, 48) if wide else (48, 64))
    quarters = first.pixels.mean(2).reshape(2, first.pixels.shape[0] // 2, 2, -1).mean((1, 3))
    assert np.unravel_index(quarters.argmax(), (2, 2)) == corner


def test_what_is_no_video_is_named(tmp_path, video):
    sound = write_wav(tmp_path / "a.wav", tone())
    empty, strange = tmp_path / "empty.mp4", tmp_path / "strange.mp4"
    empty.write_bytes(b"")
    strange.write_bytes(video.read_bytes().replace(b"avc1", b"zzz1"))
    for path, words in (
        (sound, "no moving picture, but sound alone"),
        (empty, "empty"),
        (strange, "of a kind that cannot be decoded"),
        (tmp_path / "gone.mp4", "there is no file"),
    ):
        with pytest.raises(MediaError, match=words):
            next(pictures(path))
        with pytest.raises(MediaError, match=words):
            look(path)
    with pytest.raises(InputError, match="positive rate"):
        next(pictures(sound, 0))


def test_cover_art_is_no_video(tmp_path):
    cover = write_video(tmp_path / "cover.mkv", counted(1), codec="mjpeg", pix_fmt="yuvj420p")
    with av.open(str(cover)) as pictured, av.open(str(tmp_path / "song.mp4"), "w") as song:
        template = pictured.streams.video[0]
        stream = song.add_stream_from_template(template)
        stream.disposition = Disposition.attached_pic
        sound = song.add_stream("aac", rate=16000, layout="mono")
        for packet in pictured.demux(template):
            if packet.dts is not None:
                packet.stream = stream
                song.mux(packet)
        frame = av.AudioFrame.from_ndarray(tone()[None], "fltp", "mono")
        frame.sample_rate, frame.pts = 16000, 0
        song.mux(sound.encode(frame))
        song.mux(sound.encode(None))
    with pytest.raises(MediaError, match="no moving picture, but sound alone"):
        next(pictures(tmp_path / "song.mp4"))


@pytest.mark.parametrize("ending", ["mkv", "ts", "flv", "mp4"])
def test_a_span_is_found_in_every_format(tmp_path, ending):
    path = write_video(tmp_path / f"v.{ending}", counted(30))
    assert numbers(pictures(path, 5, span=(0.6, 1.0))) == [15, 20]


def test_what_is_damaged_in_the_middle_is_left_out_with_a_note(tmp_path):
    path = write_video(tmp_path / "v.mp4", (np.roll(SPOTS, 3 * i, 1) for i in range(40)))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + len(content) // 8] = bytes(len(content) // 8)
    path.write_bytes(content)
    state = Condition()
    seen = list(pictures(path, condition=state))
    assert 20 < len(seen) < 40
    assert seen[-1].time == pytest.approx(39 / 25, abs=0.01)
    assert "damaged parts" in state.notes()[0]


def test_a_file_that_was_cut_short_says_so(tmp_path):
    path = write_video(tmp_path / "v.mkv", (np.roll(SPOTS, 3 * i, 1) for i in range(40)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    state = Condition()
    assert 5 < len(list(pictures(path, condition=state))) < 35
    assert "cut short" in state.notes()[0]


def test_pixels_that_are_not_square_are_made_so(tmp_path):
    path = write_video(tmp_path / "v.mkv", counted(2), aspect=Fraction(4, 3))
    assert next(pictures(path)).pixels.shape == (48, 85, 3)
    assert look(path).width == 85


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux tells a process's memory")
def test_memory_stays_flat(tmp_path):
    def held() -> float:
        """MB of this process."""
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

    path = write_video(tmp_path / "v.mp4", [background(640, 480)] * 80)
    seen = iter(pictures(path))
    for _ in range(20):
        next(seen)
    before = held()
    assert sum(1 for _ in seen) == 60  # of .9 MB each
    assert held() - before < 40


def test_a_video_of_one_picture_has_one(tmp_path):
    assert numbers(pictures(write_video(tmp_path / "v.mp4", counted(3)[2:]), 10)) == [2]


def test_a_big_picture_is_scaled_down_and_says_so(tmp_path):
    path = write_video(tmp_path / "v.mp4", [background(640, 320)])
    (small,) = pictures(path, longest=160)
    assert small.pixels.shape == (80, 160, 3)
    assert small.scale == 0.25
    assert look(path).width == 640


@pytest.mark.parametrize(
    ("package", "use"),
    [("av", look), ("PIL", lambda _: encoded(np.zeros((2, 2, 3), np.uint8), "PNG"))],
)
def test_a_package_that_lacks_a_system_library_is_not_said_to_be_missing(
    monkeypatch, video, package, use
):
    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == package:
                raise ImportError("libstrange.so.1: cannot open shared object file")

    monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(BrokenExtra, match=r"installed but does not load \(libstrange"):
        use(video)
