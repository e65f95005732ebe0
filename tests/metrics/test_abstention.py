"""Risk against coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import UsageError
from empathia.metrics.abstention import risk_coverage


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
