"""Rows and columns of features where speakers, measures or whole turns are not known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import TrainingError
from empathia.training.columns import Columns, past_and_others
from empathia.training.rows import row
from empathia.types import Features, Sample

SOMEBODY = st.sampled_from(["a", "b", None])


def spoken(speakers, rows):
    return [
        Sample(str(i), speaker=who, features={"tone": Features(str(i), "tone", x[None])})
        for i, (who, x) in enumerate(zip(speakers, rows, strict=True))
    ]


def measured(rows):
    """Columns that learnt from rows of somebody."""
    return Columns({"voice": ("tone",)}, [spoken(["a"] * len(rows), rows)], 10)


@given(st.lists(SOMEBODY, min_size=1, max_size=8), st.integers(0, 9))
def test_a_turn_of_nobody_known_is_part_of_nobodys_past(speakers, seed):
    rows = np.random.default_rng(seed).normal(size=(len(speakers), 2)).astype(np.float32)
    known = [i for i, who in enumerate(speakers) if who is not None]
    unknown = [i for i, who in enumerate(speakers) if who is None]
    names = [speakers[i] for i in known]
    for all_turns, alone in zip(
        past_and_others(rows, speakers, 0.5), past_and_others(rows[known], names, 0.5), strict=True
    ):
        np.testing.assert_array_equal(all_turns[known], alone)
        assert np.isnan(all_turns[unknown]).all()
    columns = measured(np.float32([[1, 2], [3, 5]]))
    table = columns(spoken(speakers, rows))["voice"]
    if known:
        without = columns(spoken(names, rows[known]))["voice"]
        np.testing.assert_array_equal(table[known], without)
    np.testing.assert_array_equal(table[unknown, :2], table[unknown, 2:])


def test_each_turn_of_nobody_known_is_remembered_by_itself():
    net = pytest.importorskip("empathia.emotion.dialogue.net", exc_type=ImportError)
    speakers = ["a", None, "b", None, "a"]
    samples = [Sample(str(i), speaker=who) for i, who in enumerate(speakers)]
    talk = net.talk([SimpleNamespace(samples=samples, values={})])
    assert sorted(t.tolist() for t in talk.turns) == [[0, 4], [1], [2], [3]]
    assert talk.last_other.tolist() == [-1, -1, 0, -1, 2]


@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
def test_what_is_no_finite_number_is_missing(odd):
    np.testing.assert_array_equal(
        row(Features("a", "tone", np.float32([[1, odd, 3]]))), [1, np.nan, 3]
    )
    columns = measured(np.float32([[1, 2], [3, 5]]))
    table = columns(spoken(["a"] * 2, np.float32([[odd, 1], [2, 3]])))["voice"]
    assert np.isnan(table[0, [0, 2]]).all()
    assert np.isfinite(table[1]).all()


@pytest.mark.parametrize("width", [0, 1, 3])
def test_a_feature_of_another_width_is_named(width):
    columns = measured(np.float32([[1, 2], [3, 5]]))
    with pytest.raises(TrainingError, match=f"'tone' of utterance '0' has {width} columns"):
        columns(spoken(["a"], np.zeros((1, width), np.float32)))
