"""What a face did, in rows that tell the time; where its points were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sights import made

from empathia import features
from empathia.errors import InputError, UsageError
from empathia.face.normalise import normalised
from empathia.features import face, landmarks


def test_rows_hold_what_was_seen_by_name() -> None:
    sight = made(1.0, jawOpen=0.4, yaw=12.0, happy=3.0, neutral=1.0)
    taken = face.extract(sight, "u")
    assert taken.values.shape == (10, 62)
    assert taken.rate == sight.rate
    column = {n: taken.values[:, i] for i, n in enumerate(taken.names)}
    assert column["jawOpen"] == pytest.approx(0.4)
    assert column["yaw"] == pytest.approx(12)
    assert column["happy"] == pytest.approx(0.75)
    assert dict(zip(taken.names, taken.units, strict=True))["yaw"] == "deg"


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 999),
    there=st.floats(0.1, 1.0),
    rate=st.sampled_from([5.0, 10.0, 12.5, 25.0]),
    start=st.floats(0, 1000),
    late=st.floats(0.0, 0.8),  # from .9 on a picture may be an early one of the next step
    unsteady=st.floats(0, 0.08),
)
def test_a_moment_without_the_face_is_a_row_of_nan_at_its_time(
    seed: int, there: float, rate: float, start: float, late: float, unsteady: float
) -> None:
    sight = made(4.0, seed=seed, there=there, rate=rate, start=start, landmarks=False)
    steps = np.round((sight.times - start) * rate).astype(int)
    draw = np.random.default_rng(seed)
    moved = (steps + late + unsteady * draw.uniform(0, 1, len(steps))) / rate + start
    object.__setattr__(sight, "times", moved)
    values = face.extract(sight, "u").values
    whole = round(4.0 * rate)
    assert len(values) in {whole, whole - 1}
    np.testing.assert_array_equal(np.flatnonzero(np.isfinite(values[:, 0])), steps)
    np.testing.assert_array_equal(values[steps, :52], sight.blendshapes)


def test_landmarks_come_without_place_size_and_roll_a_row_a_picture_or_as_their_mean() -> None:
    sight = made(1.0, there=0.5)
    rows = features.load("landmarks")([("u", sight)])[0]
    (mean,) = features.load("landmarks:mean")([("u", sight)])
    assert rows.values.shape == (10, 1434)
    assert mean.values.shape == (1, 1434)
    assert mean.rate is None
    there = np.isfinite(rows.values[:, 0])
    assert there.sum() == 5
    np.testing.assert_allclose(mean.values[0], rows.values[there].mean(axis=0), atol=1e-5)
    assert sight.landmarks is not None
    expected = normalised(sight.landmarks)[0][0, 61, 1]
    first = rows.values[there][0]
    assert first[landmarks.NAMES.index("61.y")] == pytest.approx(expected, abs=1e-6)


def test_landmarks_that_were_not_kept_and_variants_that_there_are_not_are_refused() -> None:
    with pytest.raises(InputError, match="the landmarks of 'u' were not kept"):
        landmarks.extract(made(1.0, landmarks=False), "u")
    with pytest.raises(UsageError, match="no variant 'median'"):
        features.load("landmarks:median")
