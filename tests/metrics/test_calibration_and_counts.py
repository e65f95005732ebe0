"""Counts, confusion, calibration, abstention and the bootstrap against plain second ways."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import UsageError
from empathia.metrics import METRICS
from empathia.metrics.abstention import risk_coverage
from empathia.metrics.bootstrap import Block, interval, resampled, two_sided_p
from empathia.metrics.calibration import (
    as_pairs,
    brier_scores,
    expected_calibration_error,
    fit_temperature,
    log_losses,
    log_scores,
    reliability,
    tempered,
)
from empathia.metrics.confusion import confusion
from empathia.metrics.counts import COUNTED, count, counts, f1, precision, recall, tally

K = 4
sets = st.lists(
    st.tuples(st.frozensets(st.integers(0, K - 1)), st.frozensets(st.integers(0, K - 1))),
    min_size=1,
    max_size=30,
)
singles = st.lists(st.tuples(st.integers(0, K - 1), st.integers(-1, K - 1)), min_size=1)


def indicators(values) -> np.ndarray:
    return np.array([[k in v for k in range(K)] for v in values])


def one(values) -> np.ndarray:
    return np.array([[k == v for k in range(K)] for v in values])


@given(sets)
def test_measures_agree_with_plain_counting(items):
    gold, said = zip(*items, strict=True)
    found = {
        n: METRICS[n](indicators(gold), indicators(said))
        for n in METRICS
        if n not in ("ece", "uar")
    }
    n = len(items)
    assert found["accuracy"] == pytest.approx(sum(g == s for g, s in items) / n)
    overlaps = [len(g & s) / len(g | s) if g | s else 1 for g, s in items]
    assert found["jaccard"] == pytest.approx(sum(overlaps) / n)
    p, r, w = [], [], []
    for k in range(K):
        tp = sum(k in g and k in s for g, s in items)
        p.append(tp / max(1, sum(k in s for s in said)))
        r.append(tp / max(1, sum(k in g for g in gold)))
        w.append(sum(k in g for g in gold))
    assert found["macro_precision"] == pytest.approx(sum(p) / K)
    assert found["macro_recall"] == pytest.approx(sum(r) / K)
    total = max(1, sum(w))
    assert found["weighted_precision"] == pytest.approx(np.dot(p, w) / total)
    assert found["weighted_recall"] == pytest.approx(np.dot(r, w) / total)
    both = sum(len(g & s) for g, s in items)
    assert found["micro_f1"] == pytest.approx(
        2 * both / max(1, sum(len(g) + len(s) for g, s in items))
    )


def test_measures_agree_with_scikit_learn():
    sk = pytest.importorskip("sklearn.metrics", reason="scikit-learn is in extra 'train'")
    rng = np.random.default_rng(1)
    gold, said = rng.random((300, 5)) < 0.3, rng.random((300, 5)) < 0.4
    for name, theirs, how in (
        ("macro_precision", sk.precision_score, "macro"),
        ("weighted_precision", sk.precision_score, "weighted"),
        ("macro_recall", sk.recall_score, "macro"),
        ("weighted_recall", sk.recall_score, "weighted"),
        ("micro_f1", sk.f1_score, "micro"),
    ):
        assert METRICS[name](gold, said) == pytest.approx(
            theirs(gold, said, average=how, zero_division=0)
        )
    assert METRICS["accuracy"](gold, said) == pytest.approx(sk.accuracy_score(gold, said))
    jaccard = sk.jaccard_score(gold, said, average="samples", zero_division=1)
    assert METRICS["jaccard"](gold, said) == pytest.approx(jaccard)
    p = rng.dirichlet(np.ones(5), 300)
    y = rng.integers(0, 5, 300)
    assert log_losses(p, np.eye(5)[y]).mean() == pytest.approx(sk.log_loss(y, p))
    yes = rng.random(300) < p[:, 0]
    both = brier_scores(as_pairs(p[:, 0]), as_pairs(yes))
    assert both.mean() == pytest.approx(2 * sk.brier_score_loss(yes, p[:, 0]))
    ours = confusion(
        np.eye(5, dtype=bool)[y], np.eye(5, dtype=bool)[p.argmax(1)], np.full(300, -1), 0
    )
    assert (ours == sk.confusion_matrix(y, p.argmax(1))).all()


@given(singles)
def test_silence_is_an_error_with_a_column_of_its_own(items):
    gold, said = (np.array(x) for x in zip(*items, strict=True))
    silent = np.where(said < 0, 1, -1)
    found = confusion(one(gold), one(said), silent, 2)
    for g in range(K):
        for s in range(K):
            assert found[g, s] == sum(a == g and b == s for a, b in items)
        assert found[g, K] == 0
        assert found[g, K + 1] == sum(a == g and b < 0 for a, b in items)
    assert found.sum() == len(items)
    accuracy = sum(a == b for a, b in items) / len(items)
    assert METRICS["accuracy"](one(gold), one(said)) == pytest.approx(accuracy)


@given(sets, st.integers(0, 30))
def test_counts_of_parts_add_up(items, cut):
    gold, said = (indicators(x) for x in zip(*items, strict=True))
    rows = tally(gold, said)
    parts = counts(rows[:cut].sum(0) + rows[cut:].sum(0))
    for name, measure in COUNTED.items():
        assert measure(parts) == pytest.approx(measure(count(gold, said)), nan_ok=True), name


def test_measures_of_nothing_are_unknown_and_classes_without_items_zero():
    nothing = counts(np.zeros(3 * K + 3))
    assert all(np.isnan(m(nothing)) for m in COUNTED.values())
    seen = count(one([0, 1]), one([0, 2]))
    assert precision(seen).tolist() == [1, 0, 0, 0]
    assert recall(seen).tolist() == [1, 0, 0, 0]
    assert f1(seen).tolist() == [1, 0, 0, 0]
    assert COUNTED["uar"](seen) == 0.5  # classes 2 and 3 have no gold item
    assert COUNTED["macro_recall"](seen) == 0.25


@pytest.mark.parametrize("shapes", [((2, 3), (3, 3)), ((3,), (3,)), ((0, 3), (0, 3))])
def test_shapes_that_do_not_fit_are_refused(shapes):
    with pytest.raises(UsageError, match="found"):
        METRICS["accuracy"](*(np.ones(s, bool) for s in shapes))
    with pytest.raises(UsageError, match="found"):
        confusion(np.ones((2, 3), bool), np.ones((2, 3), bool), np.zeros(3), 1)


def test_risk_of_the_surest_first():
    confidence, loss = np.array([0.9, 0.1, 0.8, -np.inf]), np.array([0, 0, 1, 1])
    assert risk_coverage(confidence, loss).tolist() == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])


@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.booleans()), min_size=1), st.randoms()
)
def test_risk_does_not_hang_on_the_order_of_rows(items, random):
    mixed = random.sample(items, len(items))
    curves = [
        risk_coverage(*(np.array(x, float) for x in zip(*i, strict=True))) for i in (items, mixed)
    ]
    assert curves[0] == pytest.approx(curves[1])
    assert curves[0][-1] == pytest.approx(sum(loss for _, loss in items) / len(items))


def test_risk_refuses_what_has_no_order():
    for confidence in (np.array([np.nan]), np.array([]), np.zeros(2)):
        with pytest.raises(UsageError, match="risk"):
            risk_coverage(confidence, np.ones(len(confidence) % 2))


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
def test_temperature_is_found_again_and_beats_its_neighbours(true):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(5), 20000)
    really = tempered(p, true)
    gold = np.eye(5)[(rng.random((len(p), 1)) > really.cumsum(1)).sum(1)]
    found = fit_temperature(log_scores(p), gold)
    assert found == pytest.approx(true, rel=0.08)
    loss = [log_losses(tempered(p, t), gold).mean() for t in (found * 0.98, found, found * 1.02)]
    assert loss[1] < min(loss[0], loss[2])
    assert (tempered(p, found).argmax(1) == p.argmax(1)).all()


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


def test_bootstrap_resamples_whole_dialogues():
    # Two dialogues, all right and all wrong: only shares of 0, 1/2 and 1 can come.
    (drawn,) = resampled([Block(np.arange(2), np.array([[10.0, 10], [0, 10]]))], 2, 400)
    shares, often = np.unique(drawn[:, 0] / drawn[:, 1], return_counts=True)
    assert shares.tolist() == [0, 0.5, 1]
    assert often / 400 == pytest.approx([0.25, 0.5, 0.25], abs=0.08)
    assert interval(drawn[:, 0] / drawn[:, 1]) == (0, 1)


def test_bootstrap_agrees_with_drawing_items_one_by_one():
    rng = np.random.default_rng(5)
    sums = np.column_stack([rng.integers(0, 8, 40), np.full(40, 8)]).astype(float)
    (drawn,) = resampled([Block(np.arange(40), sums)], 40, 2000)
    ours = interval(drawn[:, 0] / drawn[:, 1])
    plain = []
    for _ in range(2000):
        picked = sums[rng.integers(0, 40, 40)]
        plain.append(picked[:, 0].sum() / picked[:, 1].sum())
    assert ours == pytest.approx(np.quantile(plain, [0.025, 0.975]), abs=0.02)


def test_blocks_see_the_same_draws_and_a_seed_repeats_them():
    sums = np.arange(6, dtype=float)[:, None]
    parts = [Block(np.arange(a, b), sums[a:b]) for a, b in ((0, 6), (0, 3), (3, 6))]
    whole, low, high = resampled(parts, 6, 50, seed=4)
    assert (whole == low + high).all()
    again = resampled([Block(np.arange(6), sums)], 6, 50, seed=4)[0]
    other = resampled([Block(np.arange(6), sums)], 6, 50, seed=5)[0]
    assert (whole == again).all()
    assert (whole != other).any()
    with pytest.raises(UsageError, match="draw"):
        resampled([], 0)


def test_p_of_differences():
    assert two_sided_p(np.zeros(99)) == 1
    assert two_sided_p(np.ones(99)) == pytest.approx(2 / 100)
    assert two_sided_p(np.array([-1.0] * 10 + [1.0] * 89)) == pytest.approx(2 * 11 / 100)
    assert two_sided_p(np.array([np.nan, 1.0])) == 1
    assert np.isnan(two_sided_p(np.array([np.nan])))
    assert interval(np.array([np.nan])) is None


def test_thousand_resamples_of_ten_thousand_rows_are_quick():
    rng = np.random.default_rng(0)
    gold, said = (np.eye(7, dtype=bool)[rng.integers(0, 7, 10_000)] for _ in range(2))
    rows, unit = tally(gold, said), np.repeat(np.arange(1000), 10)
    begin = time.process_time()
    sums = np.add.reduceat(rows, np.flatnonzero(np.diff(unit, prepend=-1)))
    (drawn,) = resampled([Block(np.arange(1000), sums)], 1000, 1000)
    assert interval(COUNTED["macro_f1"](counts(drawn))) is not None
    assert time.process_time() - begin < 2
