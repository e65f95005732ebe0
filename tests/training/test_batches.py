"""How often items are drawn."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from empathia.training.batches import balanced
from empathia.training.problem import Exchange, emotion_array
from empathia.types import Sample

LABELS = ("glad", "cross", "calm")


def exchanges(counts: dict[str | None, int]) -> list[Exchange]:
    """As many exchanges as are asked for of each emotion of the reaction."""
    every = [label for label, n in counts.items() for _ in range(n)]
    return [
        Exchange(
            (Sample(f"s{i}"),),
            Sample(f"r{i}"),
            None if label is None else tuple(float(label == x) for x in LABELS),
        )
        for i, label in enumerate(every)
    ]


def test_emotions_of_reactions_are_drawn_alike_and_those_without_as_often_as_they_are() -> None:
    some = exchanges({"glad": 900, "cross": 60, "calm": 40, None: 1000})
    target = emotion_array(some, len(LABELS))
    drawn = np.concatenate(
        [balanced(target, np.random.default_rng(s), exclusive=True) for s in range(10)]
    )
    shares = np.nan_to_num(target[drawn]).sum(0) / len(drawn)
    assert np.allclose(shares, 1 / 6, atol=0.01)
    assert abs(np.isnan(target[drawn]).any(1).mean() - 0.5) < 0.02


@given(
    st.lists(st.sampled_from([*LABELS, None]), min_size=1, max_size=30),
    st.integers(0, 99),
)
def test_any_mix_can_be_drawn_from(labels: list[str | None], seed: int) -> None:
    some = [exchanges({label: 1})[0] for label in labels]
    target = emotion_array(some, len(LABELS))
    drawn = balanced(target, np.random.default_rng(seed), exclusive=True)
    assert drawn.shape == (len(some),)
    assert drawn.min() >= 0 and drawn.max() < len(some)
    assert (drawn == balanced(target, np.random.default_rng(seed), exclusive=True)).all()


def test_where_nothing_has_several_labels_items_of_none_stay_in() -> None:
    target = np.array([[1.0, 0.0]] * 5 + [[0.0, 0.0]] * 5)
    drawn = balanced(target, np.random.default_rng(0), exclusive=False)
    assert (drawn >= 5).any()
