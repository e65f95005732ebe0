"""Thresholds against trying all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.metrics.thresholds import (
    accuracy_threshold,
    best_thresholds,
    coverage_threshold,
    fallen_short,
    rounded_up,
)


def test_thresholds_are_the_best_there_are():
    rng = np.random.default_rng(1)
    gold = rng.random((60, 3)) < [0.1, 0.4, 0.5]
    scores = np.round(np.clip(gold * 0.3 + rng.random((60, 3)) * 0.7, 0, 1), 1)
    for k, t in enumerate(best_thresholds(scores, gold)):

        def f1(cut, k=k):
            p = scores[:, k] >= cut
            return 2 * (p & gold[:, k]).sum() / (p.sum() + gold[:, k].sum())

        assert f1(t) == max(f1(c) for c in np.unique(scores[:, k]))


def test_class_without_gold_is_never_predicted():
    scores = np.array([[0.2], [0.9]])
    assert not (scores >= best_thresholds(scores, np.zeros((2, 1), bool))).any()


def test_threshold_leaves_the_wanted_share():
    confidence = np.random.default_rng(3).random(1000)
    threshold = coverage_threshold(confidence, 0.9)
    assert (confidence >= threshold).mean() == pytest.approx(0.9, abs=0.002)


def test_the_lowest_confidence_with_the_wanted_accuracy() -> None:
    rng = np.random.default_rng(4)
    confidence = rng.random(300)
    right = rng.random(300) < confidence
    groups = np.full(300, "corpus")
    threshold = accuracy_threshold(confidence, right, 0.803, groups)
    assert right[confidence >= threshold].mean() >= 0.803
    lower = [c for c in confidence if c < threshold]
    assert all(right[confidence >= c].mean() < 0.803 for c in lower)


def test_groups_count_the_same_for_the_wanted_accuracy() -> None:
    confidence = np.linspace(1, 0.5, 60)
    groups = np.array(["large"] * 3 + ["small"])[np.arange(60) % 4 // 3 * 3]
    right = groups == "large"  # three of four answers are, but only one of two groups
    assert accuracy_threshold(confidence, right, 0.7, np.full(60, "all")) < 0.6
    assert accuracy_threshold(confidence, right, 0.7, groups) > confidence.max()


def test_no_confidence_is_enough_where_not_even_the_surest_are_right() -> None:
    confidence = np.linspace(1, 0, 40)
    groups = np.full(40, "corpus")
    assert accuracy_threshold(confidence, np.zeros(40, bool), 0.5, groups) > 1
    assert accuracy_threshold(confidence[:5], np.ones(5, bool), 0.5, groups[:5]) > 1, "too few"


def shown(share: float, bound: float) -> list[int]:
    return [int(x.removesuffix(" %")) for x in (fallen_short(share, bound), rounded_up(bound))]


@given(st.tuples(st.floats(0, 1), st.floats(0, 1)).filter(lambda x: x[1] - x[0] > 1e-6))
def test_what_fell_short_is_shown_lower_than_what_was_needed(shares):
    short, needed = shown(*shares)
    assert short < needed


def test_what_is_far_from_its_bound_is_rounded_as_elsewhere():
    tenths = [n for n in range(595) if n % 10 != 5]
    assert [shown(n / 1000, 0.6)[0] for n in tenths] == [round(n / 10) for n in tenths]
    assert [shown(0, n / 100)[1] for n in range(1, 101)] == [*range(1, 101)]
