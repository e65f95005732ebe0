"""Faces in pictures: landmarks, pose, several faces, none."""

from __future__ import annotations

import numpy as np
import pytest
from face_videos import Shot, landmarks, seen

from empathia.encoders.face import Eyes

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def eyes():
    held = Eyes(threads=1)
    yield held
    held.close()


def test_faces_are_told_where_they_are_from_left_to_right(eyes):
    shots = Shot(x=140, size=90), Shot(x=330, y=200, size=60), Shot(x=520, size=110)
    faces = eyes.find(seen(*shots))
    assert len(faces) == 3
    for shot, face in zip(shots, faces, strict=True):
        true = landmarks(shot)
        assert np.abs(face.landmarks.mean(0)[:2] - true.mean(0)[:2]).max() < 0.02 * shot.size
        assert face.presence > 0.9
        assert face.blendshapes.shape == (52,)
        assert face.box[2] - face.box[0] == pytest.approx(np.ptp(true[:, 0]), rel=0.05)


def test_a_wall_has_no_face(eyes):
    assert eyes.find(seen()) == []
