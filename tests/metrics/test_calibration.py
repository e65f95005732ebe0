"""Calibration error, likelihood, Brier score and temperatures against plain second ways."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.errors import UsageError
from empathia.metrics import METRICS
from empathia.metrics.calibration import (
    as_pairs,
    brier_scores,
    expected_calibration_error,
    fit_bias_corrected,
    fit_temperature,
    log_losses,
    log_scores,
    reliability,
    tempered,
)
from empathia.metrics.scores import probabilities, softmax


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60),
    st.integers(1, 20),
)
@settings(deadline=None)
def test_calibration_error_agrees_with_a_plain_loop(items, bins):
    total = 0.0
    for b in range(bins):
        low, high = b / bins, (b + 1) / bins
        inside = [
            (c, r)
            for c, r in items
            if min(bins - 1, max(0, int(np.ceil(c * bins)) - 1)) == b and low <= high
        ]
        if inside:
            accuracy = sum(r for _, r in inside) / len(inside)
            confidence = sum(c for c, _ in inside) / len(inside)
            total += abs(accuracy - confidence) * len(inside) / len(items)
    confidence, right = (np.array(x) for x in zip(*items, strict=True))
    assert METRICS["ece"](confidence, right, bins) == pytest.approx(total, abs=1e-9)


def test_calibration_error_of_known_cases():
    assert METRICS["ece"](np.full(10, 0.7), np.arange(10) < 7) == pytest.approx(0)
    assert METRICS["ece"](np.ones(4), np.zeros(4, bool)) == pytest.approx(1)
    assert METRICS["ece"](np.array([0.0, 1.0]), np.array([False, True])) == 0


def test_confidence_outside_its_range_is_refused():
    with pytest.raises(UsageError, match=r"\[0, 1\]"):
        METRICS["ece"](np.array([1.2]), np.array([True]))


def test_reliability_holds_the_calibration_error():
    rng = np.random.default_rng(3)
    p = rng.random(500)
    right = rng.random(500) < p**2
    sums = reliability(p, right, 10)
    assert sums[:, 2].sum() == 500
    gaps = sum(n / 500 * abs(r / n - c / n) for r, c, n in sums.tolist() if n)
    assert expected_calibration_error(p, right, 10) == pytest.approx(gaps)


def test_brier_and_log_loss_of_known_cases():
    sure, even, gold = np.array([[1.0, 0]]), np.array([[0.5, 0.5]]), np.array([[0.0, 1]])
    assert brier_scores(sure, gold) == [2]
    assert brier_scores(even, gold) == [0.5]
    assert log_losses(even, gold) == pytest.approx([np.log(2)])
    assert np.isfinite(log_losses(sure, gold)).all()
    votes = np.array([[0.5, 0.5]])
    assert log_losses(even, votes) == pytest.approx([np.log(2)])


@pytest.mark.parametrize("true", [0.4, 1.0, 2.5])
def test_temperature_is_recovered_and_beats_its_neighbours(true):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(5), 20000)
    really = tempered(p, true)
    gold = np.eye(5)[(rng.random((len(p), 1)) > really.cumsum(1)).sum(1)]
    temperature = fit_temperature(log_scores(p), gold)
    assert temperature == pytest.approx(true, rel=0.08)
    loss = [
        log_losses(tempered(p, t), gold).mean()
        for t in (temperature * 0.98, temperature, temperature * 1.02)
    ]
    assert loss[1] < min(loss[0], loss[2])
    assert (tempered(p, temperature).argmax(1) == p.argmax(1)).all()


@pytest.mark.parametrize("exclusive", [True, False])
def test_temperature_of_logits_is_recovered(exclusive):
    rng = np.random.default_rng(2)
    z = rng.normal(size=(20_000, 3)) * 3
    p = probabilities(z / 2.5, exclusive=exclusive)
    gold = (
        np.array([rng.multinomial(1, row) for row in p]) if exclusive else (rng.random(p.shape) < p)
    ).astype(float)
    assert fit_temperature(z, gold, exclusive=exclusive) == pytest.approx(2.5, rel=0.05)


def test_a_few_right_answers_do_not_make_it_sure_beyond_reason():
    z = np.eye(3)[[0, 1, 2, 0]] * 2
    p = softmax(z / fit_temperature(z, np.eye(3)[[0, 1, 2, 0]], exclusive=True))
    assert 1 - 1 / 5 < p.max(1).min() < 1 - 1 / 50


def test_temperature_of_nothing_is_one():
    assert fit_temperature(np.zeros((0, 3)), np.zeros((0, 3)), exclusive=True) == 1


def test_temperature_stays_in_its_range():
    gold = np.eye(2)[[0, 1]]
    sure = log_scores(np.array([[0.9, 0.1], [0.1, 0.9]]))
    assert 1 < fit_temperature(sure, gold) < 2, "two right answers prove little"
    often = fit_temperature(np.tile(sure, (2000, 1)), np.tile(gold, (2000, 1)))
    assert np.exp(-3) <= often < 0.4
    wrong = fit_temperature(log_scores(np.array([[0.1, 0.9], [0.9, 0.1]])), gold)
    assert 19.9 < wrong <= np.exp(3)


def test_nothing_to_fit_a_temperature_on_leaves_scores_as_they_are():
    assert fit_temperature(np.zeros((3, 1)), np.ones((3, 1))) == 1
    assert fit_temperature(np.empty((0, 2)), np.empty((0, 2))) == 1


def test_a_weight_counts_as_often_as_it_says():
    rng = np.random.default_rng(1)
    logits, gold = rng.normal(0, 3, (50, 3)), np.eye(3)[rng.integers(0, 3, 50)]
    times = rng.integers(1, 4, 50)
    once = fit_temperature(logits, gold, weights=times)
    assert once == pytest.approx(
        fit_temperature(logits.repeat(times, 0), gold.repeat(times, 0)), rel=0.02
    )


@pytest.mark.long
def test_temperature_and_bias_are_recovered():
    rng = np.random.default_rng(2)
    z = rng.normal(size=(5_000, 4)) * 2
    p = softmax(z / 2.5 + np.array([0.5, -0.5, 0.25, -0.25]))
    gold = np.array([rng.multinomial(1, row) for row in p]).astype(bool)
    temperature, bias = fit_bias_corrected(z, gold)
    assert temperature == pytest.approx(2.5, rel=0.05)
    assert bias == pytest.approx([0.5, -0.5, 0.25, -0.25], abs=0.06)


def test_losses_agree_with_scikit_learn():
    sk = pytest.importorskip("sklearn.metrics", reason="scikit-learn is in extra 'train'")
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.ones(5), 300)
    y = rng.integers(0, 5, 300)
    assert log_losses(p, np.eye(5)[y]).mean() == pytest.approx(sk.log_loss(y, p))
    yes = rng.random(300) < p[:, 0]
    both = brier_scores(as_pairs(p[:, 0]), as_pairs(yes))
    assert both.mean() == pytest.approx(2 * sk.brier_score_loss(yes, p[:, 0]))


def test_a_prior_is_no_part_of_the_temperature() -> None:
    rng = np.random.default_rng(1)
    z, prior = rng.normal(size=(4000, 3)) * 5, np.log([0.7, 0.2, 0.1])
    gold = np.eye(3)[[rng.choice(3, p=row) for row in softmax(z / 2.5 + prior)]]
    assert fit_temperature(z, gold, prior=prior) == pytest.approx(2.5, rel=0.06)
    assert abs(fit_temperature(z, gold) - 2.5) > 0.2
    each = np.tile(prior, (len(z), 1))
    assert fit_temperature(z, gold, prior=each) == fit_temperature(z, gold, prior=prior)
