"""Faces in pictures: where they are, how they are turned, several, none, and in a video."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from itertools import product

import numpy as np
import pytest
from damage import damaged
from face_videos import Shot, landmarks, picture, seen, write_video

from empathia.encoders import face as eyes_module
from empathia.encoders.face import Eyes
from empathia.encoders.face.canonical import canonical
from empathia.encoders.face.region import Region, crop
from empathia.encoders.face.runtime import Net
from empathia.errors import BrokenExtra, MissingExtra, WeightsError
from empathia.face.normalise import normalised
from empathia.face.points import BLENDSHAPES
from empathia.face.pose import pose
from empathia.media.frames import pictures

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def eyes():
    held = Eyes(threads=1)
    yield held
    held.close()


def off(face, shot: Shot) -> float:
    """How far a face is from where it should be, in its widths."""
    apart = (face.landmarks - landmarks(shot))[:, :2].mean(axis=0)
    return float(np.linalg.norm(apart)) / shot.size


def test_faces_are_told_where_they_are_from_left_to_right(eyes):
    shots = Shot(x=140, size=90), Shot(x=330, y=200, size=60), Shot(x=520, size=110)
    faces = eyes.find(seen(*shots))
    assert len(faces) == 3
    for shot, face in zip(shots, faces, strict=True):
        assert off(face, shot) < 0.02
        assert face.presence > 0.9
        assert face.box[2] - face.box[0] == pytest.approx(np.ptp(landmarks(shot)[:, 0]), rel=0.05)


def test_faces_of_40_to_200_pixels_are_found_however_they_turn(eyes):
    tries = list(product((40, 70, 120, 200), (-30, -15, 0, 15, 30)))
    shots = [Shot(250 + 5 * i, 200 + 3 * i, size, yaw=yaw) for i, (size, yaw) in enumerate(tries)]
    faces = [eyes.find(seen(shot)) for shot in shots]
    hits = [(f[0], shot) for f, shot in zip(faces, shots, strict=True) if len(f) == 1]
    assert len(hits) >= 0.95 * len(shots)
    assert np.mean([off(face, shot) for face, shot in hits]) < 0.01
    assert max(off(face, shot) for face, shot in hits) < 0.04
    assert np.mean([off(face, shot) < 0.02 for face, shot in hits]) >= 0.95


@pytest.mark.parametrize("name", ["yaw", "pitch", "roll"])
def test_the_pose_is_told_within_three_degrees(eyes, name):
    for degrees in (-20, -10, 0, 10, 20):
        shot = Shot(size=150, **{name: degrees})
        (face,) = eyes.find(seen(shot))
        true = pose(landmarks(shot), eyes.model)
        np.testing.assert_allclose(face.pose, true, atol=3)
        assert face.pose[2] == pytest.approx(true[2], abs=1 if name == "roll" else 2)


def test_the_same_face_elsewhere_tilted_and_of_another_size_is_the_same(eyes):
    shots = (
        Shot(size=150),
        Shot(size=80),
        Shot(x=200.3, y=170.7, size=110, roll=-30),
        Shot(x=400, y=280, size=200, roll=15),
        Shot(x=333, y=222, size=130, roll=45),
    )
    faces = [eyes.find(seen(shot))[0] for shot in shots]
    kept = [normalised(face.landmarks)[0] for face in faces]
    for other, face in zip(kept[1:], faces[1:], strict=True):
        assert np.linalg.norm((other - kept[0])[:, :2], axis=1).mean() < 0.01
        np.testing.assert_allclose(face.blendshapes, faces[0].blendshapes, atol=0.15)


def test_a_smile_is_a_smile(eyes):
    (face,) = eyes.find(seen(Shot(size=150)))
    told = dict(zip(BLENDSHAPES, face.blendshapes, strict=True))
    assert told["mouthSmileLeft"] > 0.7
    assert told["mouthSmileRight"] > 0.7
    assert max(told["mouthFrownLeft"], told["eyeBlinkLeft"], told["mouthPucker"]) < 0.2


def test_where_there_is_no_face_none_is_found(eyes):
    assert eyes.find(seen()) == []
    for pixels in (np.zeros((480, 640, 3)), np.full((3, 5, 3), 200), np.zeros((1, 1, 3))):
        held = seen()
        assert eyes.find(type(held)(0.0, pixels.astype(np.uint8))) == []
    for shape in ((16, 640), (300, 17), (20, 20), (480, 640)):
        noise = np.random.default_rng(1).integers(0, 255, (*shape, 3)).astype(np.uint8)
        assert eyes.find(type(held)(0.0, noise)) == []


def test_pixels_of_a_smaller_picture_are_those_of_the_video(eyes):
    shot = Shot(size=160)
    whole = seen(shot)
    small = type(whole)(0.0, np.ascontiguousarray(whole.pixels[::2, ::2]), 0.5)
    (face,) = eyes.find(small)
    assert off(face, shot) < 0.02


def test_a_face_that_moves_leaves_and_returns_in_a_video(eyes, tmp_path):
    def shot(i: int) -> Shot:
        return Shot(220 + 10 * i, 240 + 3 * i, 100 + i, roll=2 * i)

    gone = range(7, 12)
    path = write_video(
        tmp_path / "v.mp4",
        (picture([] if i in gone else [shot(i)]) for i in range(16)),
        rate=10,
    )
    near, found = [], []
    for held in pictures(path):
        faces = eyes.find(held, near)
        near = [face.box for face in faces]
        found.append(faces)
    assert [len(faces) for faces in found] == [int(i not in gone) for i in range(16)]
    assert max(off(f[0], shot(i)) for i, f in enumerate(found) if f) < 0.02


def test_a_newcomer_is_seen_within_half_a_second(eyes):
    faces = eyes.find(seen(Shot(x=200), time=0.0))
    counts = []
    for i in range(1, 7):
        both = seen(Shot(x=200), Shot(x=470), time=i / 10)
        faces = eyes.find(both, [face.box for face in faces])
        counts.append(len(faces))
    assert counts == [1, 1, 1, 1, 2, 2]


def test_a_region_shows_what_it_covers():
    ramp = np.arange(64, dtype=np.uint8)[:, None, None] + np.arange(100, dtype=np.uint8)[:, None]
    ramp = np.repeat(ramp, 3, axis=2)
    plain = crop(ramp, Region(40, 30, 16), 16) * 255
    np.testing.assert_allclose(plain[..., 1], ramp[22:38, 32:48, 1], atol=1)
    turned = crop(ramp, Region(40, 30, 16, np.pi / 2), 16) * 255
    np.testing.assert_allclose(turned[..., 0], np.rot90(ramp[22:38, 32:48, 0]), atol=1)
    assert crop(ramp, Region(-50, -50, 16), 4).max() == 0


def test_what_is_missing_or_damaged_is_named(monkeypatch, tmp_path):
    with pytest.raises(WeightsError, match="no network"):
        Net(b"nothing", "x.tflite", ())
    with pytest.raises(WeightsError, match="does not parse"):
        canonical(b"\xff" * 9)
    with pytest.raises(WeightsError, match="face_landmarker"):
        eyes_module.Mesher.load(tmp_path)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(MissingExtra, match=r"empathia\[face\]"):
        Eyes()


def test_a_task_with_a_byte_that_is_wrong_is_told(tmp_path):
    path = tmp_path / "face_landmarker.task"
    with zipfile.ZipFile(path, "w") as task:
        task.writestr("face_landmarks_detector.tflite", "no network")
    for _ in damaged(path):
        with pytest.raises(WeightsError, match=r"face_landmarker\.task' is not what was expected"):
            eyes_module.Mesher.load(tmp_path)


def test_a_system_library_that_is_missing_is_no_missing_extra(monkeypatch):
    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "ai_edge_litert.interpreter":
                raise ImportError("libstrange.so.1: cannot open shared object file")

    monkeypatch.delitem(sys.modules, "ai_edge_litert.interpreter", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(BrokenExtra, match=r"does not load \(libstrange") as caught:
        Eyes()
    assert not isinstance(caught.value, MissingExtra)
    assert "apt-get install libstdc++6 libgcc-s1 zlib1g" in str(caught.value)


def test_the_runtime_says_nothing():
    code = "from empathia.encoders.face import Eyes; Eyes(1).close()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
