"""``empathia faces``: what is written of whom, pictures to look at, files that are no videos."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from face_videos import Shot, landmarks, picture, strange, write_video
from media_files import tone, write_wav

from empathia.cli import main
from empathia.face.normalise import Placement
from empathia.face.points import BLENDSHAPES
from empathia.report.faces.sheet import SIDE

pytestmark = pytest.mark.weights

HERE, THERE = Shot(x=170, size=90, roll=12), Shot(x=480, y=220, size=100)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One is there all the time, another in the first half; with sound."""
    scenes = [(HERE, THERE)] * 8 + [(HERE,)] * 8
    path = tmp_path_factory.mktemp("faces") / "talk.mp4"
    return write_video(path, map(picture, scenes), rate=10, sound=tone(1.6))


@pytest.fixture(scope="module")
def written(video: Path) -> Path:
    out = video.parent / "out"
    overlay = video.parent / "drawn.mp4"
    assert faces(video, "--out", out, "--overlay", overlay) == 0
    return out / "talk"


def faces(*args: object) -> int:
    return main(["faces", "--threads", "1", *map(str, args)])


def test_arrays_of_each_person(written: Path):
    assert sorted(p.name for p in written.iterdir()) == [
        "face-1.npz",
        "face-2.npz",
        "faces.json",
        "sheet.png",
    ]
    with np.load(written / "face-1.npz", allow_pickle=False) as arrays:
        held = dict(arrays)
    assert held["times"] == pytest.approx(np.arange(16) / 10)
    assert held["landmarks"].shape == held["normalised"].shape == (16, 478, 3)
    assert tuple(held["blendshape_names"]) == BLENDSHAPES
    assert held["blendshapes"].shape == (16, 52)
    assert held["expressions"].sum(axis=1) == pytest.approx(np.ones(16), abs=1e-4)
    off = held["landmarks"][..., :2].mean(axis=1) - landmarks(HERE)[:, :2].mean(axis=0)
    assert np.abs(off).max() < 0.02 * HERE.size
    placed = Placement(held["origins"], held["scales"], held["rolls"])
    assert placed.undo(held["normalised"]) == pytest.approx(held["landmarks"], abs=0.01)
    with np.load(written / "face-2.npz", allow_pickle=False) as arrays:
        assert len(arrays["times"]) == 8
        tilted = held["poses"][:8] - arrays["poses"]
    assert tilted[:, 2] == pytest.approx(np.full(8, HERE.roll), abs=3)


def test_who_when_and_how_often(written: Path):
    told = json.loads((written / "faces.json").read_text())
    first, second = told["persons"]
    assert (first["person"], first["file"], first["share"]) == ("face 1", "face-1.npz", 1.0)
    assert second["share"] == 0.5
    assert second["spans"] == [[0.0, 0.7]]
    assert told["absent"] is None
    assert set(told["weights"]) == {"face-detector", "face-landmarks", "face-expression"}
    assert (told["pictures"], told["rate"], told["format"]) == (16, 10.0, 1)


def test_the_overlay_has_the_faces_drawn_and_the_sound(written: Path, video: Path):
    with av.open(str(video.parent / "drawn.mp4")) as film, av.open(str(video)) as plain:
        assert [s.type for s in film.streams] == ["video", "audio"]
        drawn = [f.to_ndarray(format="rgb24") for f in film.decode(video=0)]
        before = [f.to_ndarray(format="rgb24") for f in plain.decode(video=0)]
    assert len(drawn) == 16
    changed = np.abs(drawn[3].astype(int) - before[3]).max(axis=2) > 60
    there = np.zeros_like(changed)
    for shot in (HERE, THERE):
        x, y = landmarks(shot)[:, 0], landmarks(shot)[:, 1]
        part = changed[int(y.min()) : int(y.max()), int(x.min()) : int(x.max())]
        assert part.mean() > 0.01
        reach = int(shot.size)
        there[int(shot.y) - reach : int(shot.y) + reach, int(shot.x) - reach :][:, : 2 * reach] = 1
    assert not changed[~there].any()


def test_the_sheet_has_a_row_for_each(written: Path):
    from PIL import Image

    sheet = np.array(Image.open(written / "sheet.png"))
    assert 2 * SIDE < len(sheet) < 3 * SIDE
    drawn = np.abs(sheet.astype(int) - sheet[0, 0]).max(axis=2) > 30
    for row in np.array_split(drawn, 2):
        assert row[40:-20, 10 : 6 * SIDE].mean() > 0.7


def test_the_table(video: Path, capsys):
    assert faces(video, "--rate", 5) == 0
    out = capsys.readouterr().out
    assert "8 pictures looked at" in out
    assert "spans" in out and "100 %" in out
    assert "face 2" in out
    assert [p.name for p in video.parent.iterdir() if p.name.startswith(".")] == []


def test_without_a_folder_nothing_is_written(video: Path, tmp_path: Path, monkeypatch, capsys):
    readonly = tmp_path / "temporary"
    monkeypatch.setattr("tempfile.tempdir", str(readonly))  # no such folder
    monkeypatch.chdir(tmp_path)
    assert faces(video, "--json", "--rate", 5) == 0
    (told,) = json.loads(capsys.readouterr().out)["videos"]
    assert [p["file"] for p in told["persons"]] == [None, None]
    assert told["persons"][0]["pictures"] == 8
    assert list(tmp_path.iterdir()) == []


def test_an_overlay_that_cannot_be_written(video: Path, tmp_path: Path, capsys):
    (tmp_path / "file").write_text("no folder")
    assert faces(video, "--overlay", tmp_path / "file" / "o.mp4") == 1
    err = capsys.readouterr().err
    assert "o.mp4' cannot be written (" in err
    assert "Errno" not in err


def test_pictures_of_an_unknown_kind(video: Path, tmp_path: Path, capsys):
    unknown = strange(video, tmp_path / "strange.mp4")
    assert faces(unknown) == 1
    assert "of a kind that cannot be decoded. Convert it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("shown", "why"),
    [(np.zeros((240, 320, 3), np.uint8), "black"), (picture([], 320, 240), "none of 3 pictures")],
)
def test_nobody_is_seen(tmp_path: Path, capsys, shown, why):
    video = write_video(tmp_path / "v.mp4", [shown] * 3, rate=10)
    assert faces(video, "--out", tmp_path / "out", "--overlay", tmp_path / "o.mp4") == 0
    out, err = capsys.readouterr()
    assert "no face seen" in out
    assert why in out
    assert sorted(p.name for p in (tmp_path / "out" / "v").iterdir()) == ["faces.json"]
    assert why in json.loads((tmp_path / "out" / "v" / "faces.json").read_text())["absent"]
    assert (tmp_path / "o.mp4").exists()
    assert "Traceback" not in err


def test_one_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path, capsys):
    good = write_video(tmp_path / "a.mp4", [picture([HERE])] * 3, rate=10)
    sound = write_wav(tmp_path / "b.wav", tone(0.5))
    broken = tmp_path / "c.mp4"
    broken.write_bytes(good.read_bytes()[:300])
    assert faces(good, sound, broken, "--json", "--out", tmp_path / "out") == 1
    out, err = capsys.readouterr()
    (told,) = json.loads(out)["videos"]
    assert [p["person"] for p in told["persons"]] == ["face 1"]
    assert "no moving picture, but sound alone" in err
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["a"]
    assert faces(sound) == 1


def test_wrong_use(tmp_path: Path, capsys, video: Path):
    other = write_video(tmp_path / "other.mp4", [picture([HERE])], rate=10)
    mine = tmp_path / "mine" / "talk"
    mine.mkdir(parents=True)
    (mine / "diary.txt").write_text("dear diary")
    folder = tmp_path / "folder.mp4"
    folder.mkdir()
    before = other.read_bytes()
    for args in (
        (video, "--rate", 0),
        (video, "--overlay", tmp_path / "o.avi"),
        (video, "--overlay", video),
        (video, other, "--overlay", tmp_path / "o.mp4"),
        (video, "--overlay", tmp_path / "o.mp4", "--out", tmp_path / "o.mp4"),
        (video, "--overlay", tmp_path / "out" / "talk" / "o.mp4", "--out", tmp_path / "out"),
        (video, "--overlay", folder),
        (video, "--threads", -1),
        (video, "--out", other),
        (video, "--out", mine.parent),
        (tmp_path / "nothing.mp4",),
        (video, "--overlay", other),
    ):
        assert faces(*args) == 2
    assert (mine / "diary.txt").exists()
    assert other.read_bytes() == before
    assert "Traceback" not in capsys.readouterr().err


def test_what_is_no_video_is_told_what_to_give(tmp_path: Path, capsys):
    (tmp_path / "empty").mkdir()
    assert faces(tmp_path / "empty") == 2
    assert "holds no video" in capsys.readouterr().err
    (tmp_path / "text.mp4").write_text("hello")
    assert faces(tmp_path / "text.mp4") == 1
    err = capsys.readouterr().err
    assert "Give mp4, mkv" in err and "wav" not in err
