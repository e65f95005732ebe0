"""Weights under which rare labels and small groups count the same."""

from __future__ import annotations

import numpy as np
import pytest

from empathia.metrics.balance import class_weights, group_weights


def test_weighted_labels_count_the_same():
    target = np.eye(3)[[0, 0, 0, 0, 1, 1]]
    weights = class_weights(target, exclusive=True)
    assert (target.sum(0) * weights)[:2] == pytest.approx([3, 3])
    assert (target @ weights).mean() == pytest.approx(1)
    there = np.array([[1.0], [0], [0], [0]])
    assert class_weights(there, exclusive=False) == pytest.approx([3])


def test_a_label_without_targets_weighs_one() -> None:
    assert class_weights(np.eye(3)[[0, 0, 1]], exclusive=True)[2] == 1
    assert class_weights(np.zeros((2, 1)), exclusive=False) == pytest.approx([1])


def test_each_group_counts_the_same() -> None:
    groups = np.array(["a", "b", "a", "a"])
    weights = group_weights(groups)
    assert [weights[groups == g].sum() for g in "ab"] == pytest.approx([1, 1])
