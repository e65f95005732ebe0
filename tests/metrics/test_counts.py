"""Accuracy, precision, recall, F1 and what they are counted by, against plain second ways."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import UsageError
from empathia.metrics import METRICS
from empathia.metrics.confusion import confusion
from empathia.metrics.counts import COUNTED, count, counts, f1, precision, recall, tally

K = 4
sets = st.lists(
    st.tuples(st.frozensets(st.integers(0, K - 1)), st.frozensets(st.integers(0, K - 1))),
    min_size=1,
    max_size=30,
)
singles = st.lists(st.tuples(st.integers(0, K - 1), st.integers(-1, K - 1)), min_size=1)
labels = st.integers(0, 3)
pairs = st.lists(st.tuples(labels, labels), min_size=1, max_size=40)


def indicators(values) -> np.ndarray:
    return np.array([[k in v for k in range(K)] for v in values])


def one_hot(values) -> np.ndarray:
    return np.array([[k == v for k in range(K)] for v in values])


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


@pytest.mark.parametrize("name", ["macro_f1", "weighted_f1", "uar"])
def test_shapes_that_don_t_fit_are_refused(name):
    for gold, predicted in [
        (np.ones((2, 3), bool), np.ones((3, 3), bool)),
        (np.ones(3, bool), np.ones(3, bool)),
        (np.ones((0, 3), bool), np.ones((0, 3), bool)),
    ]:
        with pytest.raises(UsageError, match="found"):
            METRICS[name](gold, predicted)


@given(sets)
def test_measures_agree_with_plain_counting(items):
    gold, predicted = zip(*items, strict=True)
    measured = {
        n: METRICS[n](indicators(gold), indicators(predicted))
        for n in METRICS
        if n not in ("ece", "uar")
    }
    n = len(items)
    assert measured["accuracy"] == pytest.approx(sum(g == s for g, s in items) / n)
    overlaps = [len(g & s) / len(g | s) if g | s else 1 for g, s in items]
    assert measured["jaccard"] == pytest.approx(sum(overlaps) / n)
    p, r, w = [], [], []
    for k in range(K):
        tp = sum(k in g and k in s for g, s in items)
        p.append(tp / max(1, sum(k in s for s in predicted)))
        r.append(tp / max(1, sum(k in g for g in gold)))
        w.append(sum(k in g for g in gold))
    assert measured["macro_precision"] == pytest.approx(sum(p) / K)
    assert measured["macro_recall"] == pytest.approx(sum(r) / K)
    total = max(1, sum(w))
    assert measured["weighted_precision"] == pytest.approx(np.dot(p, w) / total)
    assert measured["weighted_recall"] == pytest.approx(np.dot(r, w) / total)
    both = sum(len(g & s) for g, s in items)
    assert measured["micro_f1"] == pytest.approx(
        2 * both / max(1, sum(len(g) + len(s) for g, s in items))
    )


def test_measures_agree_with_scikit_learn():
    sk = pytest.importorskip("sklearn.metrics", reason="scikit-learn is in extra 'train'")
    rng = np.random.default_rng(1)
    gold, predicted = rng.random((300, 5)) < 0.3, rng.random((300, 5)) < 0.4
    for name, theirs, how in (
        ("macro_precision", sk.precision_score, "macro"),
        ("weighted_precision", sk.precision_score, "weighted"),
        ("macro_recall", sk.recall_score, "macro"),
        ("weighted_recall", sk.recall_score, "weighted"),
        ("micro_f1", sk.f1_score, "micro"),
    ):
        assert METRICS[name](gold, predicted) == pytest.approx(
            theirs(gold, predicted, average=how, zero_division=0)
        )
    assert METRICS["accuracy"](gold, predicted) == pytest.approx(sk.accuracy_score(gold, predicted))
    jaccard = sk.jaccard_score(gold, predicted, average="samples", zero_division=1)
    assert METRICS["jaccard"](gold, predicted) == pytest.approx(jaccard)
    y, p = rng.integers(0, 5, 300), rng.random((300, 5))
    ours = confusion(
        np.eye(5, dtype=bool)[y], np.eye(5, dtype=bool)[p.argmax(1)], np.full(300, -1), 0
    )
    assert (ours == sk.confusion_matrix(y, p.argmax(1))).all()


@given(sets, st.integers(0, 30))
def test_counts_of_parts_add_up(items, cut):
    gold, predicted = (indicators(x) for x in zip(*items, strict=True))
    rows = tally(gold, predicted)
    parts = counts(rows[:cut].sum(0) + rows[cut:].sum(0))
    for name, measure in COUNTED.items():
        assert measure(parts) == pytest.approx(measure(count(gold, predicted)), nan_ok=True), name


def test_measures_of_nothing_are_unknown_and_classes_without_items_zero():
    nothing = counts(np.zeros(3 * K + 3))
    assert all(np.isnan(m(nothing)) for m in COUNTED.values())
    seen = count(one_hot([0, 1]), one_hot([0, 2]))
    assert precision(seen).tolist() == [1, 0, 0, 0]
    assert recall(seen).tolist() == [1, 0, 0, 0]
    assert f1(seen).tolist() == [1, 0, 0, 0]
    assert COUNTED["uar"](seen) == 0.5  # classes 2 and 3 have no gold item
    assert COUNTED["macro_recall"](seen) == 0.25


@given(singles)
def test_silence_is_an_error_with_a_column_of_its_own(items):
    gold, predicted = (np.array(x) for x in zip(*items, strict=True))
    silent = np.where(predicted < 0, 1, -1)
    measured = confusion(one_hot(gold), one_hot(predicted), silent, 2)
    for g in range(K):
        for s in range(K):
            assert measured[g, s] == sum(a == g and b == s for a, b in items)
        assert measured[g, K] == 0
        assert measured[g, K + 1] == sum(a == g and b < 0 for a, b in items)
    assert measured.sum() == len(items)
    accuracy = sum(a == b for a, b in items) / len(items)
    assert METRICS["accuracy"](one_hot(gold), one_hot(predicted)) == pytest.approx(accuracy)


@pytest.mark.parametrize("shapes", [((2, 3), (3, 3)), ((3,), (3,)), ((0, 3), (0, 3))])
def test_shapes_that_do_not_fit_are_refused(shapes):
    with pytest.raises(UsageError, match="found"):
        METRICS["accuracy"](*(np.ones(s, bool) for s in shapes))
    with pytest.raises(UsageError, match="found"):
        confusion(np.ones((2, 3), bool), np.ones((2, 3), bool), np.zeros(3), 1)
