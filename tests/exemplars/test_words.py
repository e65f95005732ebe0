"""BM25, against the formula written down plainly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.exemplars.words import (
    KINDS,
    WordIndex,
    index,
    is_korean,
    kind_for,
    morphemes,
    runs,
    words,
)

TEXT = st.lists(st.sampled_from(["key", "dog", "I", "the", "Fridge", "died"]), max_size=8).map(
    " ".join
)


def plain(query: str, texts: list[str]) -> list[float]:
    bags = [words(t) for t in texts]
    mean = sum(map(len, bags)) / len(bags) or 1
    scores = []
    for bag in bags:
        total = 0.0
        for word in words(query):
            holding = sum(word in b for b in bags)
            idf = math.log(1 + (len(bags) - holding + 0.5) / (holding + 0.5))
            times = bag.count(word)
            total += idf * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * len(bag) / mean))
        scores.append(total)
    return scores


@given(TEXT, st.lists(TEXT, min_size=1, max_size=6))
def test_scores_are_those_of_the_formula(query, texts):
    np.testing.assert_allclose(index(texts, "words").scores(query), plain(query, texts), rtol=1e-4)


@given(st.lists(TEXT, min_size=1, max_size=6), TEXT)
def test_an_index_comes_back_from_its_arrays(texts, query):
    made = index(texts, "words")
    again = WordIndex.of_arrays("words", len(texts), made.arrays())
    np.testing.assert_array_equal(again.scores(query), made.scores(query))


def test_arrays_that_do_not_fit_are_refused():
    arrays = index(["a b", "b c"], "words").arrays()
    with pytest.raises(ValueError, match="does not fit"):
        WordIndex.of_arrays("words", 1, arrays)
    with pytest.raises(ValueError, match="does not fit"):
        WordIndex.of_arrays("words", 2, arrays | {"worth": arrays["worth"][:-1]})


def test_korean_is_read_by_neighbouring_syllables_or_morphemes():
    assert runs("시험에 또 fail") == ["시험", "험에", "또", "fail"]
    assert is_korean("시험 F")
    assert not is_korean("I like 김치")
    assert not is_korean("...")
    assert kind_for("en") == "words"
    assert kind_for("ko") in KINDS[1:]


def test_morphemes_leave_particles_out():
    pytest.importorskip("kiwipiepy")
    assert morphemes("시험에 떨어졌어요") == ["시험", "떨어지"]
