"""Agreement between raters, against published examples and a plain second implementation."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.metrics.agreement import fleiss_kappa, krippendorff_alpha, pairwise_agreement

# Ten subjects, fourteen raters, five categories; the worked example of many textbooks.
FLEISS = (
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
)
# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C: four observers,
# twelve units, gaps; the nominal figure there is 0.743.
KRIPPENDORFF = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


def test_the_published_example_of_kappa() -> None:
    votes = [[(str(k),) for k, n in enumerate(row) for _ in range(n)] for row in FLEISS]
    assert pairwise_agreement(votes) == pytest.approx(0.378, abs=5e-4)
    assert fleiss_kappa(votes) == pytest.approx(0.210, abs=5e-4)


def test_the_published_example_of_alpha() -> None:
    units = [[(v,) if v != "." else () for v in unit] for unit in zip(*KRIPPENDORFF, strict=True)]
    assert len(units) == 12
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)


@given(
    st.lists(
        st.lists(st.sets(st.sampled_from("abc"), max_size=2).map(sorted), max_size=5), max_size=8
    )
)
def test_a_plain_second_implementation_agrees(votes) -> None:
    items = [[set(v) for v in item if v] for item in votes]
    items = [item for item in items if len(item) > 1]

    def mean(values):
        return sum(values) / len(values) if values else math.nan

    def likeness(a, b):
        return len(a & b) / len(a | b)

    flat = [v for item in items for v in item]
    each = [mean([likeness(a, b) for a, b in combinations(item, 2)]) for item in items]
    observed = mean(each)
    weighted = mean([e for e, item in zip(each, items, strict=True) for _ in item])
    with_itself = mean([likeness(a, b) for a in flat for b in flat])
    without = mean([likeness(a, b) for a, b in combinations(flat, 2)])
    assert pairwise_agreement(votes) == pytest.approx(observed, nan_ok=True)
    for value, p, e in (
        (fleiss_kappa(votes), observed, with_itself),
        (krippendorff_alpha(votes), weighted, without),
    ):
        if not items or e == 1:
            assert math.isnan(value)
        else:
            assert value == pytest.approx((p - e) / (1 - e))


def test_nothing_to_compare_is_nan() -> None:
    for votes in ([], [[("a",)]], [[("a",), ()]], [[("a",), ("a",)], [("a",), ("a",)]]):
        assert math.isnan(fleiss_kappa(votes))
        assert math.isnan(krippendorff_alpha(votes))
    assert math.isnan(pairwise_agreement([[("a",)]]))
    assert pairwise_agreement([[("a",), ("a",)]]) == 1
