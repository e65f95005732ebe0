"""Metrics against a plain second implementation and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.errors import UsageError
from empathia.metrics import METRICS

labels = st.integers(0, 3)
pairs = st.lists(st.tuples(labels, labels), min_size=1, max_size=40)


def one_hot(values) -> np.ndarray:
    return np.eye(4, dtype=bool)[list(values)]


def plain_f1(gold, predicted, k) -> float:
    tp = sum(g == k and p == k for g, p in zip(gold, predicted, strict=True))
    fp = sum(g != k and p == k for g, p in zip(gold, predicted, strict=True))
    fn = sum(g == k and p != k for g, p in zip(gold, predicted, strict=True))
    if tp == 0:
        return 0.0
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    return 2 * precision * recall / (precision + recall)


@given(pairs)
def test_f1_and_recall_agree_with_plain_counting(items):
    gold, predicted = zip(*items, strict=True)
    g, p = one_hot(gold), one_hot(predicted)
    each = [plain_f1(gold, predicted, k) for k in range(4)]
    assert METRICS["macro_f1"](g, p) == pytest.approx(sum(each) / 4)
    weighted = sum(f * gold.count(k) for k, f in enumerate(each)) / len(gold)
    assert METRICS["weighted_f1"](g, p) == pytest.approx(weighted)
    recalls = [sum(a == b == k for a, b in items) / gold.count(k) for k in range(4) if k in gold]
    assert METRICS["uar"](g, p) == pytest.approx(sum(recalls) / len(recalls))


def test_they_agree_with_scikit_learn_on_several_labels_an_item():
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is in extra 'train'")
    rng = np.random.default_rng(0)
    gold, predicted = rng.random((200, 5)) < 0.3, rng.random((200, 5)) < 0.4
    for name in ("macro", "weighted"):
        theirs = sklearn.f1_score(gold, predicted, average=name, zero_division=0)
        assert METRICS[f"{name}_f1"](gold, predicted) == pytest.approx(theirs)
    recall = sklearn.recall_score(gold, predicted, average="macro")
    assert METRICS["uar"](gold, predicted) == pytest.approx(recall)


def test_class_that_never_occurs_scores_zero_not_nan():
    gold = one_hot([0, 1])
    assert METRICS["macro_f1"](gold, gold) == 2 / 4


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


@pytest.mark.parametrize("name", ["macro_f1", "weighted_f1", "uar"])
def test_shapes_that_don_t_fit_are_refused(name):
    for gold, predicted in [
        (np.ones((2, 3), bool), np.ones((3, 3), bool)),
        (np.ones(3, bool), np.ones(3, bool)),
        (np.ones((0, 3), bool), np.ones((0, 3), bool)),
    ]:
        with pytest.raises(UsageError, match="found"):
            METRICS[name](gold, predicted)


def test_confidence_outside_its_range_is_refused():
    with pytest.raises(UsageError, match=r"\[0, 1\]"):
        METRICS["ece"](np.array([1.2]), np.array([True]))
