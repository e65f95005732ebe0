"""Measures of reactions: by hand, against plain second implementations, and what must hold."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from empathia.errors import UsageError
from empathia.metrics.reactions.appropriateness import dtw, frcorr, frdist
from empathia.metrics.reactions.concordance import concordance, concordances, moments
from empathia.metrics.reactions.distance import cosine, mean_squared_error
from empathia.metrics.reactions.diversity import frdiv, frdvs, frvar
from empathia.metrics.reactions.frames import fitted, resampled
from empathia.metrics.reactions.lag import correlations, lag
from empathia.metrics.reactions.points import (
    landmark_accuracy,
    normalised_mean_error,
    pck,
    point_errors,
)
from empathia.metrics.reactions.synchrony import frsyn

NAN = math.nan
# Whole numbers and gaps: sums are exact, and what is constant is so.
NUMBERS = st.integers(-9, 9).map(float) | st.just(NAN)
LENGTHS = st.integers(1, 9)


def course(frames: int, columns: int = 2, numbers: st.SearchStrategy[float] = NUMBERS):
    return arrays(np.float64, (frames, columns), elements=numbers)


COURSES = LENGTHS.flatmap(course)
TWO = LENGTHS.flatmap(lambda n: st.tuples(course(n), course(n)))
WHOLE = st.integers(4, 12).flatmap(
    lambda n: st.tuples(*(course(n, 2, st.integers(-9, 9).map(float)) for _ in range(2)))
)


def same(value: float, other: float) -> bool:
    return value == pytest.approx(other, abs=1e-9, nan_ok=True)


def mean(values) -> float:
    known = [v for v in values if not math.isnan(v)]
    return sum(known) / len(known) if known else NAN


def correlation(pairs) -> float:
    """Pearson's; NaN of a constant."""
    x, y = [a for a, _ in pairs], [b for _, b in pairs]
    if len(pairs) < 3 or len(set(x)) < 2 or len(set(y)) < 2:
        return NAN
    mx, my = mean(x), mean(y)
    cov = sum((a - mx) * (b - my) for a, b in pairs)
    return cov / math.sqrt(sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))


def known(x, y, column, lag=0):
    """Pairs that both know, y later by lag."""
    there = [(x[t][column], y[t + lag][column]) for t in range(len(x)) if 0 <= t + lag < len(y)]
    return [(a, b) for a, b in there if not (math.isnan(a) or math.isnan(b))]


# Landmarks

EYES = np.array([[[0.0, 0.0], [3.0, 4.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 2.0], [1.0, 0.0]]])


def test_point_errors_by_hand():
    moved = EYES + np.array([[[0, 0], [0, 0.5], [3, 4]], [[0, 0.5], [0, 0], [0, 0]]])
    errors = point_errors(EYES, moved, (0, 1))
    np.testing.assert_allclose(errors, [[0, 0.1, 1], [0.25, 0, 0]])
    assert same(normalised_mean_error(errors), 1.35 / 6)
    assert same(pck(errors, 0.1), 4 / 6)
    assert same(pck(errors, 0.05), 3 / 6)
    assert same(landmark_accuracy(errors, 0.1), 1 / 2)


@pytest.mark.parametrize("unit", [5, 5.0, np.float32(5), np.int64(5)])
def test_a_unit_is_any_number(unit):
    np.testing.assert_allclose(point_errors(EYES, EYES + np.array([0, 1]), unit), 0.2)


def test_a_face_without_eyes_is_absent_not_near():
    gone = EYES.copy()
    gone[0, 1] = NAN
    gone[1, 1] = gone[1, 0]
    errors = point_errors(gone, EYES, (0, 1))
    assert np.isnan(errors).all()
    for measure in (
        normalised_mean_error,
        lambda e: pck(e, 0.1),
        lambda e: landmark_accuracy(e, 1),
    ):
        assert math.isnan(measure(errors))


FACES = st.integers(1, 4).flatmap(
    lambda n: st.tuples(*(arrays(np.float64, (n, 4, 3), elements=NUMBERS) for _ in range(2)))
)


@given(FACES, st.sampled_from([0.05, 0.1, 1.0]))
def test_points_agree_with_a_plain_second_implementation(faces, within):
    real, predicted = faces
    plain, frames = [], []
    for p, q in zip(real.tolist(), predicted.tolist(), strict=True):
        unit = math.dist(p[0], p[1])
        row = [math.dist(a, b) / unit if unit else NAN for a, b in zip(p, q, strict=True)]
        plain += row
        frames.append(mean(row))
    errors = point_errors(real, predicted, (0, 1))
    assert same(normalised_mean_error(errors), mean(plain))
    counted = [NAN if math.isnan(e) else float(e <= within) for e in plain]
    assert same(pck(errors, within), mean(counted))
    assert same(
        landmark_accuracy(errors, within),
        mean([NAN if math.isnan(m) else float(m <= within) for m in frames]),
    )


@given(FACES, st.floats(0.1, 9), st.floats(-9, 9))
def test_point_errors_know_neither_scale_nor_place(faces, scale, shift):
    real, predicted = faces
    errors = point_errors(real, predicted, (0, 1))
    moved = point_errors(real * scale + shift, predicted * scale + shift, (0, 1))
    np.testing.assert_allclose(moved, errors, rtol=1e-9, atol=1e-9)


def test_what_ends_in_nothing_is_held_from_the_last_known_row():
    held = fitted(np.array([[1.0, 2.0], [3.0, NAN], [NAN, NAN]]), 4)
    np.testing.assert_array_equal(held, [[1, 2], [3, NAN], [3, NAN], [3, NAN]])
    np.testing.assert_array_equal(fitted(np.array([[NAN], [2.0], [NAN]]), 2), [[NAN], [2.0]])
    assert np.isnan(fitted(np.full((2, 3), NAN), 4)).all()


# Distance


def test_distance_by_hand():
    real, said = np.array([[1.0, 2.0], [0.0, NAN]]), np.array([[1.0, 4.0], [3.0, 7.0]])
    assert mean_squared_error(real, said) == (0 + 4 + 9) / 3
    assert same(cosine(np.array([[3.0, 4.0], [0, 0]]), np.array([[4.0, 3.0], [1, 1]])), 24 / 25)


@given(TWO)
def test_distance_agrees_with_a_plain_second_implementation(two):
    a, b = (x.tolist() for x in two)
    assert same(
        mean_squared_error(*two),
        mean([(x - y) ** 2 for p, q in zip(a, b, strict=True) for x, y in zip(p, q, strict=True)]),
    )
    rows = []
    for p, q in zip(a, b, strict=True):
        there = [(x, y) for x, y in zip(p, q, strict=True) if not math.isnan(x + y)]
        lengths = math.hypot(*(x for x, _ in there)) * math.hypot(*(y for _, y in there))
        rows.append(sum(x * y for x, y in there) / lengths if lengths else NAN)
    assert same(cosine(*two), mean(rows))


@given(TWO, st.floats(0.1, 9), st.floats(-9, 9))
def test_squared_error_grows_with_the_square_of_the_unit(two, scale, shift):
    a, b = two
    moved = mean_squared_error(a * scale + shift, b * scale + shift)
    assert same(moved, scale**2 * mean_squared_error(a, b))
    assert same(cosine(a * scale, b), cosine(a, b))


# Concordance


def test_concordance_by_hand():
    real = np.array([[1.0], [2.0], [3.0]])
    # Means 2 and 3, variances 2/3 each, covariance 2/3: 2 (2/3) / (4/3 + 1).
    assert same(concordance(real, real + 1), 4 / 7)
    # Twice as large around the same mean: variances 2/3 and 8/3, covariance 4/3.
    assert same(concordance(real, 2 * real - 2), 0.8)
    assert same(concordance(real, 4 - real), -1)


@given(TWO)
def test_concordance_agrees_with_a_plain_second_implementation(two):
    a, b = two

    def one(column):
        there = known(a, b, column)
        if len(there) < 2 or len({x for x, _ in there}) < 2:
            return NAN
        mx, my = mean([x for x, _ in there]), mean([y for _, y in there])
        n = len(there)
        cov = sum((x - mx) * (y - my) for x, y in there) / n
        vx = sum((x - mx) ** 2 for x, _ in there) / n
        vy = sum((y - my) ** 2 for _, y in there) / n
        return 2 * cov / (vx + vy + (mx - my) ** 2)

    assert same(concordance(a, b), mean([one(0), one(1)]))


@given(TWO, st.floats(0.1, 9), st.integers(-99, 99))
def test_concordance_knows_no_unit_and_sums_add_up(two, scale, shift):
    a, b = two
    value = concordance(a, b)
    assert same(concordance(a * scale + shift, b * scale + shift), value)
    assert same(concordance(a[:, ::-1], b[:, ::-1]), value)
    half = len(a) // 2
    parts = moments(a[:half], b[:half]) + moments(a[half:], b[half:])
    np.testing.assert_allclose(concordances(parts), concordances(moments(a, b)), atol=1e-9)


# Lag


def test_lag_says_who_comes_later():
    rng = np.random.default_rng(1)
    first = rng.normal(size=(60, 3))
    for shift in (-7, 0, 12):
        found = lag(first[20:50], first[20 - shift : 50 - shift], rate=10)
        assert found.seconds == shift / 10
        assert same(found.correlation, 1)
    gaps = first.copy()
    gaps[30:33] = NAN
    assert lag(gaps[20:50], first[15:45], rate=10).seconds == 0.5


@given(TWO, st.integers(1, 6))
def test_lags_agree_with_a_plain_second_implementation(two, most):
    a, b = two
    plain = []
    for k in range(-most, most + 1):
        columns = [known(a, b, c, k) for c in (0, 1)]
        plain.append(mean([correlation(p) if 2 * len(p) >= len(a) else NAN for p in columns]))
    np.testing.assert_allclose(correlations(a, b, most), plain, atol=1e-7)


@given(WHOLE, st.floats(0.1, 9), st.floats(-9, 9))
def test_lag_is_blind_to_size_and_place_and_turns_with_the_order(two, scale, shift):
    a, b = two
    there, back = lag(a, b, 5, 1), lag(b, a, 5, 1)
    np.testing.assert_allclose(
        correlations(a, b * scale + shift, 3), correlations(a, b, 3), atol=1e-7
    )
    assert same(there.correlation, back.correlation)
    assert same(abs(there.seconds), abs(back.seconds))
    if not math.isnan(there.seconds):
        assert abs(there.seconds) <= 1


# Appropriateness


def test_appropriateness_by_hand():
    real = np.array([[0.0], [0.0], [2.0]])
    # (0, 0), (1, 0), (2, 1) cost 1, 1, 1: the root of 3; over the root of 3 frames 1.
    assert same(dtw(real, np.array([[1.0], [1.0]])), math.sqrt(3))
    assert same(frdist([real], [np.array([[1.0], [1.0]])]), 1)
    assert dtw(real, np.array([[0.0], [2.0], [2.0]])) == 0, "warping hides that it comes early"
    assert frcorr([real], [np.array([[0.0], [2.0], [2.0]])]) < 0.5
    assert same(frdist([real, real + 1], [real + 1, real + 2]), 0.5)


@given(LENGTHS.flatmap(course), COURSES)
def test_warping_agrees_with_a_plain_second_implementation(a, b):
    kept = [c for c in (0, 1) if not (np.isnan(a[:, c]).all() or np.isnan(b[:, c]).all())]
    x, y = (
        [[r[c] for c in kept] for r in z.tolist() if not any(math.isnan(r[c]) for c in kept)]
        for z in (a, b)
    )
    if not (kept and x and y):
        assert math.isnan(dtw(a, b))
        return
    best = {(-1, -1): 0.0}
    for i, p in enumerate(x):
        for j, q in enumerate(y):
            cost = sum((u - v) ** 2 for u, v in zip(p, q, strict=True)) / len(kept)
            before = [best.get(k, math.inf) for k in ((i - 1, j), (i, j - 1), (i - 1, j - 1))]
            best[i, j] = cost + min(before)
    value = math.sqrt(best[len(x) - 1, len(y) - 1])
    assert same(dtw(a, b), value)
    assert same(frdist([a], [b]), value / math.sqrt(len(x)))


@given(
    st.lists(WHOLE.map(lambda two: two[0]), min_size=1, max_size=3),
    st.lists(COURSES, min_size=1, max_size=3),
)
def test_appropriateness_is_that_of_the_nearest_real_one(real, said):
    corr, dist = [], []
    for p in said:
        c = [concordance(q, fitted(p, len(q))) for q in real]
        d = [frdist([q], [p]) for q in real]
        corr.append(max((v for v in c if not math.isnan(v)), default=NAN))
        dist.append(min((v for v in d if not math.isnan(v)), default=NAN))
    assert same(frcorr(real, said), mean(corr))
    assert same(frdist(real, said), mean(dist))
    assert same(frcorr(real[::-1], said[::-1]), mean(corr))
    assert same(frdist(real + said, said), 0) or np.isnan(np.concatenate(said)).any()


# Diversity


def test_diversity_by_hand():
    still, moving = np.zeros((3, 1)), np.array([[0.0], [3.0], [3.0]])
    assert frvar(moving) == 3
    assert frdiv([still, moving]) == frdvs([still, moving]) == 6
    assert math.isnan(frdiv([moving]))
    assert math.isnan(frdvs([moving]))
    assert math.isnan(frvar(moving[:1]))
    assert frdvs([np.full((3, 2), 0.1)] * 7) == 0, "no rounding either"


@given(st.lists(COURSES, min_size=1, max_size=4))
def test_diversity_agrees_with_a_plain_second_implementation(reactions):
    every = [r.tolist() for r in reactions]

    def apart(a, b):
        rows = zip(a, b, strict=False)
        return [(x - y) ** 2 for p, q in rows for x, y in zip(p, q, strict=True)]

    def variance(values):
        there = [v for v in values if not math.isnan(v)]
        m = mean(there)
        return sum((v - m) ** 2 for v in there) / (len(there) - 1) if len(there) > 1 else NAN

    both = list(combinations(every, 2))
    assert same(frdiv(reactions), mean([mean(apart(a, b)) for a, b in both]))
    assert same(frdvs(reactions), mean([v for a, b in both for v in apart(a, b)]))
    assert same(frvar(reactions[0]), mean([variance(c) for c in zip(*every[0], strict=True)]))


@given(st.lists(COURSES, min_size=2, max_size=4), st.floats(0.1, 9), st.floats(-9, 9))
def test_diversity_knows_no_place_no_order_and_grows_with_the_square(reactions, scale, shift):
    moved = [r * scale + shift for r in reactions[::-1]]
    for measure in (frdiv, frdvs):
        assert same(
            measure(moved),
            pytest.approx(scale**2 * measure(reactions), rel=1e-6, abs=1e-6, nan_ok=True),
        )
    assert same(frvar(moved[-1][::-1]), scale**2 * frvar(reactions[0]))


# Synchrony


def test_who_copies_is_in_step_and_who_stands_still_is_not():
    speaker = np.random.default_rng(2).normal(size=(40, 2))
    assert frsyn(speaker, [speaker], rate=10) == 0
    assert frsyn(speaker[5:], [speaker[:-5]], rate=10) == 0.5
    assert frsyn(speaker[:-5], [speaker[5:]], rate=10) == 0.5
    assert math.isnan(frsyn(speaker, [np.ones((40, 2))], rate=10))
    assert frsyn(speaker, [np.ones((40, 2)), speaker], rate=10) == 0


# What holds of several


@given(WHOLE, st.integers(-9, 9))
def test_a_constant_predictor_never_looks_good(two, value):
    real, speaker = two
    assume(all(len(set(c)) > 1 for c in real.T.tolist()))
    constant = np.full_like(real, value)
    assert concordance(real, constant) == 0
    assert frcorr([real], [constant]) == 0
    assert frcorr([constant + 0.1], [real]) != 1
    assert frvar(constant) == frdiv([constant, constant]) == frdvs([constant, constant]) == 0
    assert math.isnan(lag(real, constant, 5).seconds)
    assert math.isnan(frsyn(speaker, [constant], 5))
    # The least error that a constant can have is that of the mean: what the real course varies.
    assert mean_squared_error(real, constant) >= real.var(axis=0).mean() - 1e-9


def test_a_constant_target_has_no_concordance_however_near():
    assert math.isnan(concordance(np.full((5, 1), 0.1), np.full((5, 1), 0.1)))
    assert math.isnan(frcorr([np.full((5, 1), 0.1)], [np.linspace(0, 0.2, 5)[:, None]]))


@given(TWO, st.integers(0, 4))
def test_frames_without_a_face_add_nothing(two, gap):
    a, b = two
    gone = np.full((gap, 2), NAN)
    longer, other = np.concatenate([a, gone]), np.concatenate([b, gone + 1])
    for measure in (mean_squared_error, cosine, concordance, dtw):
        assert same(measure(longer, other), measure(a, b))
    assert same(frvar(longer), frvar(a))
    assert same(frdvs([longer, other]), frdvs([a, b]))


@pytest.mark.parametrize("measure", [mean_squared_error, cosine, concordance, dtw])
def test_other_shapes_are_refused(measure):
    with pytest.raises(UsageError, match=r"\(5, 2\)"):
        measure(np.zeros((5, 2)), np.zeros((5, 3)))
    with pytest.raises(UsageError):
        lag(np.zeros((5, 2)), np.zeros((4, 2)), 5)
    with pytest.raises(UsageError, match="positive"):
        lag(np.zeros((5, 2)), np.zeros((5, 2)), 0)


# Rates and lengths


def test_resampling_keeps_a_line_and_draws_none_over_a_gap():
    line = np.arange(11.0)[:, None]
    np.testing.assert_allclose(resampled(line, 10, 25)[:, 0], np.arange(26) / 2.5)
    np.testing.assert_allclose(resampled(line, 10, 5)[:, 0], np.arange(0, 11, 2))
    line[5] = NAN
    assert np.flatnonzero(np.isnan(resampled(line, 10, 20)[:, 0])).tolist() == [9, 10, 11]
    assert len(resampled(line[:0], 10, 20)) == 0
    with pytest.raises(UsageError, match="cannot go from 0 to 5 Hz"):
        resampled(line, 0, 5)


@given(COURSES, st.sampled_from([1.0, 5.0, 7.5, 10.0]), st.sampled_from([1.0, 2.0, 3.0]))
def test_resampling_up_and_down_again_changes_nothing(values, rate, times):
    back = resampled(resampled(values, rate, times * rate), times * rate, rate)
    np.testing.assert_allclose(back, values, atol=1e-9)


@given(COURSES, st.integers(0, 12))
def test_what_ends_early_is_held_and_what_ends_late_is_cut(values, frames):
    fit = fitted(values, frames)
    assert fit.shape == (frames, 2)
    known = np.flatnonzero(~np.isnan(values).all(1))
    end = known[-1] + 1 if len(known) else 0
    np.testing.assert_array_equal(fit[:end], values[:end][:frames])
    held = values[end - 1] if end else np.full(2, NAN)
    assert all(np.array_equal(row, held, equal_nan=True) for row in fit[end:])
    assert np.isnan(fitted(values[:0], frames)).all()
