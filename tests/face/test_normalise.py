"""Landmarks out of the way of the camera."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import InputError
from empathia.face import points
from empathia.face.normalise import normalised
from empathia.types.seen import BLENDSHAPES, LANDMARKS


def face(seed: int) -> np.ndarray:
    """Points at random, but that those which mirror each other do, (478, 3)."""
    held = np.random.default_rng(seed).normal(0, 30, (LANDMARKS, 3))
    for right, left in points.PAIRS:
        held[right, 0] = -abs(held[right, 0]) - 10
        held[left] = held[right] * [-1, 1, 1]
    return held


@given(
    seed=st.integers(0, 99),
    roll=st.floats(-90, 90),
    scale=st.floats(0.1, 10),
    x=st.floats(-1000, 1000),
    y=st.floats(-1000, 1000),
)
def test_the_same_face_rotated_scaled_and_shifted_is_the_same(seed, roll, scale, x, y):
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    plain, moved = face(seed), scale * face(seed) @ turn.T + [x, y, 0]
    kept, placement = normalised(np.stack([plain, moved]).astype(np.float32))
    np.testing.assert_allclose(kept[1], kept[0], atol=0.01)
    np.testing.assert_allclose(placement.roll, [0, roll], atol=0.1)
    np.testing.assert_allclose(placement.scale[1], scale * placement.scale[0], rtol=1e-3)
    np.testing.assert_allclose(placement.undo(kept)[1], moved, atol=0.01 * scale)


def test_the_unit_is_the_distance_of_the_eyes_and_the_origin_lies_between_them():
    kept, placement = normalised(face(3)[None])
    apart = kept[0, points.LEFT_OUTER] - kept[0, points.RIGHT_OUTER]
    np.testing.assert_allclose(apart, [1, 0, 0], atol=1e-5)
    np.testing.assert_allclose(
        kept[0, list(points.PAIRS[0] + points.PAIRS[1])].mean(0), 0, atol=1e-5
    )
    assert placement.scale.shape == (1,)
    assert placement.origin.shape == (1, 3)


def test_landmarks_that_are_none_are_refused():
    broken = face(1)
    broken[7, 1] = np.nan
    with pytest.raises(InputError, match="no finite numbers"):
        normalised(broken)
    with pytest.raises(InputError, match=r"expected \(\.\.\., 478, 3\)"):
        normalised(np.zeros((468, 3)))
    with pytest.raises(InputError, match="one point"):
        normalised(np.zeros((2, LANDMARKS, 3)))


def test_names_cover_what_they_name():
    assert len(set(points.BLENDSHAPES)) == BLENDSHAPES
    for name, line in points.CONTOURS.items():
        assert len(set(line)) == len(line), name
        assert max(line) < LANDMARKS
    assert set(points.CONTOURS) > points.OPEN
    assert len(points.EXPRESSIONS) == 7
