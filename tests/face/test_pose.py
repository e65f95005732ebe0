"""Yaw, pitch and roll of a head."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import InputError
from empathia.face.pose import Model, pose, rotation

_MADE = np.random.default_rng(1)
HEAD = Model(
    _MADE.normal(0, 5, (40, 3)).astype(np.float32), (_MADE.random(40) > 0.3).astype(np.float32)
)
ANGLES = st.tuples(st.floats(-80, 80), st.floats(-80, 80), st.floats(-170, 170))


@given(st.lists(ANGLES, min_size=1, max_size=4), st.floats(0.1, 50))
def test_a_known_pose_is_told_whatever_the_size_and_the_place(angles, scale):
    turned = HEAD.points @ np.swapaxes(rotation(np.array(angles)), -1, -2)
    told = pose(scale * turned + [300, 200, 5], HEAD)
    assert told.shape == (len(angles), 3)
    np.testing.assert_allclose(told, angles, atol=0.05)


def test_signs_are_those_of_who_looks_at_the_picture():
    nose = np.array([0.0, 0.0, -1.0])  # towards the camera
    assert (rotation(np.array([30, 0, 0])) @ nose)[0] > 0  # to the picture's right
    assert (rotation(np.array([0, 30, 0])) @ nose)[1] < 0  # up
    assert (rotation(np.array([0, 0, 30])) @ np.array([1.0, 0, 0]))[1] > 0  # clockwise


def test_landmarks_that_are_none_are_refused():
    with pytest.raises(InputError, match="no finite numbers"):
        pose(np.full((40, 3), np.nan), HEAD)
