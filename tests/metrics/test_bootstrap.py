"""Resampling whole dialogues against drawing one by one."""

from __future__ import annotations

import time

import numpy as np
import pytest

from empathia.errors import UsageError
from empathia.metrics.bootstrap import Block, interval, resampled, two_sided_p
from empathia.metrics.counts import COUNTED, counts, tally


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
    gold, predicted = (np.eye(7, dtype=bool)[rng.integers(0, 7, 10_000)] for _ in range(2))
    rows, unit = tally(gold, predicted), np.repeat(np.arange(1000), 10)
    begin = time.process_time()
    sums = np.add.reduceat(rows, np.flatnonzero(np.diff(unit, prepend=-1)))
    (drawn,) = resampled([Block(np.arange(1000), sums)], 1000, 1000)
    assert interval(COUNTED["macro_f1"](counts(drawn))) is not None
    assert time.process_time() - begin < 2
