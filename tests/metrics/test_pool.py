"""Opinions of several sources made one."""

from __future__ import annotations

import numpy as np
import pytest

from empathia.metrics.pool import log_pool, mean_pool

A, B = np.array([[0.7, 0.2, 0.1]]), np.array([[0.1, 0.6, 0.3]])


def test_a_log_pool_multiplies() -> None:
    product = A**0.5 * B**2
    assert log_pool([A, B], [0.5, 2]) == pytest.approx(product / product.sum())


@pytest.mark.parametrize("pool", [log_pool, mean_pool])
def test_the_order_of_sources_does_not_matter(pool) -> None:
    assert pool([A, B], [1, 2]) == pytest.approx(pool([B, A], [2, 1]))
    assert pool([A, B], [1, 2]).sum(-1) == pytest.approx(1)


@pytest.mark.parametrize("pool", [log_pool, mean_pool])
def test_a_source_of_weight_zero_changes_nothing(pool) -> None:
    assert pool([A, B], [1, 0]) == pytest.approx(A)


def test_a_source_that_does_not_know_changes_nothing_in_a_log_pool() -> None:
    assert log_pool([A, np.full((1, 3), 1 / 3)], [1, 1]) == pytest.approx(A)


def test_no_source_alone_rules_a_label_out() -> None:
    pooled = log_pool([np.array([1.0, 0.0]), np.array([0.0, 1.0])], [1, 1])
    assert pooled == pytest.approx([0.5, 0.5])


def test_a_mean_pool_is_the_weighted_mean() -> None:
    assert mean_pool([A, B], [1, 3]) == pytest.approx((A + 3 * B) / 4)
