"""Markers on faces: counted where they are, and not made of glints, teeth, brows or noise."""

from __future__ import annotations

import numpy as np
import pytest
from face_videos import Shot, landmarks, picture
from split_screens import with_dots

from empathia.face.dots import dots

pytestmark = pytest.mark.weights


@pytest.mark.parametrize("size", [60, 90, 120])
@pytest.mark.parametrize("yaw", [0, 20])
def test_a_face_with_markers_has_many_dots_and_one_without_has_few(size: int, yaw: int) -> None:
    shot = Shot(x=120, y=120, size=size, yaw=yaw)
    plain, points = picture([shot], 240, 260), landmarks(shot)
    noise = np.random.default_rng(0).normal(0, 5, plain.shape)
    without = max(dots(p, points) for p in (plain, np.clip(plain + noise, 0, 255).astype("u1")))
    marked = dots(with_dots(plain, points), points)
    assert marked >= 10
    assert 1 + marked >= 2.5 * (1 + without)


def test_a_face_that_is_small_or_cut_off_tells_nothing() -> None:
    small = Shot(x=60, y=60, size=24)
    assert dots(picture([small], 120, 120), landmarks(small)) is None
    cut = Shot(x=10, y=60, size=80)
    assert dots(picture([cut], 120, 120), landmarks(cut)) is None


def test_a_flat_face_has_no_dots() -> None:
    shot = Shot(x=120, y=120, size=90)
    assert dots(np.full((260, 240, 3), 128, np.uint8), landmarks(shot)) == 0
