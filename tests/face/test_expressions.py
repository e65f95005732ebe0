"""Our motions on a photograph: the encoder of real faces reads them as what they are called."""

from __future__ import annotations

import numpy as np
import pytest
from expressions import moved, warped

from empathia.encoders.face import Eyes
from empathia.face.points import BLENDSHAPES
from empathia.types.seen import Face, Picture

pytestmark = pytest.mark.weights

SERIOUS = {"mouthSmile": -0.9, "mouthUpperUp": -0.5}
"""Takes away the smile of the photograph."""


@pytest.fixture(scope="module")
def eyes():
    held = Eyes(threads=1)
    yield held
    held.close()


@pytest.fixture(scope="module")
def photograph():
    from skimage.data import astronaut

    return np.ascontiguousarray(astronaut())


@pytest.fixture(scope="module")
def face(eyes, photograph) -> Face:
    return eyes.find(Picture(0.0, photograph))[0]


def read(eyes: Eyes, photograph: np.ndarray, face: Face, **shapes: float) -> dict[str, float]:
    pixels = warped(photograph, face.landmarks, **shapes)
    (found,) = eyes.find(Picture(0.0, pixels))
    return dict(zip(BLENDSHAPES, found.blendshapes.tolist(), strict=True))


def test_no_motion_changes_nothing(photograph, face) -> None:
    assert np.allclose(moved(face.landmarks), face.landmarks, atol=0.01)
    assert np.array_equal(warped(photograph, face.landmarks), photograph)


def test_a_warped_face_is_read_as_what_it_was_warped_to(eyes, photograph, face) -> None:
    smiling = read(eyes, photograph, face)
    serious = read(eyes, photograph, face, **SERIOUS)
    assert smiling["mouthSmileLeft"] > 0.8
    assert serious["mouthSmileLeft"] < 0.4
    raised = read(eyes, photograph, face, **SERIOUS, browInnerUp=1.0)
    assert raised["browInnerUp"] > serious["browInnerUp"] + 0.2
    gaping = read(eyes, photograph, face, **SERIOUS, jawOpen=0.7)
    assert gaping["jawOpen"] > serious["jawOpen"] + 0.2
    assert gaping["mouthSmileLeft"] < 0.5


def test_one_side_alone_can_move(eyes, photograph, face) -> None:
    lopsided = read(eyes, photograph, face, browOuterUpLeft=1.0)
    assert lopsided["browOuterUpLeft"] > lopsided["browOuterUpRight"] + 0.3
