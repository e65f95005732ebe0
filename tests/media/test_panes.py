"""Panes of a split screen, wherever bars and seam are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.media.panes import panes


def view(seed: int, height: int, width: int, level: float) -> np.ndarray:
    """A soft picture of a room, (height, width, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = rng.uniform(0.01, 0.05, (4, 2))
    soft = sum(np.sin(a * x + b * y + i) for i, (a, b) in enumerate(waves))
    return np.repeat((level + 8 * soft)[..., None], 3, axis=2)


def shots(left: int, right: int, *, strip: int = 0, bars=(20, 20, 0, 0), n: int = 4, step=40.0):
    """Pictures of a screen whose panes are so wide; bars: above, below, left, right."""
    above, below, before, after = bars
    taken = []
    for i in range(n):
        noise = np.random.default_rng(i).normal(0, 3, (100, left + strip + right, 3))
        parts = view(1, 100, left, 110), np.zeros((100, strip, 3)), view(2, 100, right, 110 + step)
        inner = np.concatenate(parts, axis=1) + noise
        whole = np.pad(inner, ((above, below), (before, after), (0, 0)))
        taken.append(np.clip(whole, 0, 255).astype(np.uint8))
    return taken


@given(
    left=st.integers(85, 110),
    strip=st.sampled_from([0, 3, 10]),
    bars=st.tuples(*(st.integers(0, 40) for _ in range(4))),
)
def test_panes_are_between_bars_and_seam(left: int, strip: int, bars: tuple[int, ...]) -> None:
    found = panes(shots(left, 200 - left, strip=strip, bars=bars))
    assert found is not None
    assert found.seen
    above, _, before, _ = bars
    first = (before, above, before + left, above + 100)
    second = (before + left + strip, above, before + strip + 200, above + 100)
    assert np.abs(np.subtract(found.left, first)).max() <= 1
    assert np.abs(np.subtract(found.right, second)).max() <= 1


def test_without_a_seam_it_is_taken_to_be_in_the_middle() -> None:
    room = np.clip(view(1, 100, 200, 110), 0, 255).astype(np.uint8)
    found = panes([room, room])
    assert found is not None
    assert not found.seen
    assert (found.left, found.right) == ((0, 0, 100, 100), (100, 0, 200, 100))


@pytest.mark.parametrize("level", [0, 10])
def test_black_has_no_panes(level: int) -> None:
    assert panes([np.full((120, 200, 3), level, np.uint8)]) is None


def test_a_door_in_a_view_is_no_seam() -> None:
    taken = shots(100, 100, step=60)
    for picture in taken:
        picture[70:120, 80:100] = 30  # over half of the height
    found = panes(taken)
    assert found is not None
    assert abs(found.left[2] - 100) <= 1
