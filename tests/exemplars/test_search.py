"""What a search finds, and what can never reach it."""

from __future__ import annotations

import little_bank
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import UsageError
from empathia.exemplars.places import open_bank, places
from empathia.exemplars.search import Query, ranked, search

SCORES = st.lists(st.floats(0, 1, width=32), min_size=4, max_size=4).map(
    lambda x: np.array(x, np.float32)
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return little_bank.build(tmp_path_factory.mktemp("banks") / "made")


def ids(bank, found) -> list[str]:
    return [bank.pairs[i].id for i in found.places]


def test_words_are_found(made):
    assert ids(made, search(made, Query.of(["My keys are lost"]), 4, "words"))[0] == "a"
    assert search(made, Query.of(["zebra"]), 4, "words").places == ()


def test_the_own_dialogue_is_left_out(made):
    query = Query.of(["My dog died last night"], dialogue="d2")
    assert not {"b", "c"} & set(ids(made, search(made, query, 4)))


@given(SCORES, SCORES, st.sampled_from(["d1", "d2", "d3", None, "other"]), st.integers(1, 4))
def test_no_score_brings_the_own_dialogue_back(made, near, words, dialogue, k):
    query = Query.of(["keys"], dialogue=dialogue)
    for given_ in ((near, None), (None, words), (near, words)):
        found = ranked(made, query, k, near=given_[0], words=given_[1])
        talks = [made.pairs[i].dialogue for i in found.places]
        assert dialogue is None or dialogue not in talks
        assert len(set(found.places)) == len(found.places) <= k
        assert list(found.scores) == sorted(found.scores, reverse=True)


def test_the_filter_takes_the_emotion_and_what_has_none(made):
    query = Query.of(["I lost my keys in the night"], emotions={"joyful"})
    assert ids(made, search(made, query, 4)) == ["d", "c"]


def test_by_words_what_says_all_of_it_is_most_alike(made):
    found = search(made, Query.of(["my dog died"]), 4, "words")
    assert ids(made, found)[0] == "b"
    assert 0.5 < found.similarity[0] <= 1
    assert list(found.similarity) == sorted(found.similarity, reverse=True)
    assert search(made, Query.of(["my zebra ate seven balloons"]), 1, "words").similarity[0] < 0.2


def test_both_ways_agree_on_what_both_find(made):
    near = np.array([0.9, 0.1, 0.2, 0.8], np.float32)
    words = np.array([2.0, 0.0, 0.0, 3.0], np.float32)
    found = ranked(made, Query.of(["keys"]), 2, near=near, words=words)
    assert set(ids(made, found)) == {"a", "d"}
    assert found.similarity == pytest.approx([0.9, 0.8])


@pytest.mark.parametrize(("k", "told"), [(5, "has 4"), (0, "at least 1")])
def test_more_than_there_are_cannot_be_asked_for(made, k, told):
    with pytest.raises(UsageError, match=told):
        search(made, Query.of(["keys"]), k)


@pytest.mark.parametrize(("by", "told"), [("dense", "no vectors"), ("taste", "not 'taste'")])
def test_ways_that_cannot_be_are_told(made, by, told):
    with pytest.raises(UsageError, match=told):
        search(made, Query.of(["keys"]), 1, by)


def test_a_query_needs_words():
    with pytest.raises(UsageError, match="no words"):
        Query.of([" ", ""])


def test_a_query_holds_as_many_turns_as_a_bank():
    assert Query.of(["one", "two", "", "three ", "four\nmore"]).context == "two\nthree\nfour more"


@pytest.mark.weights
def test_meaning_is_found_where_no_word_is_shared(tmp_path):
    dense = little_bank.build(tmp_path / "b", encoder="minilm", threads=1)
    found = search(dense, Query.of(["Our puppy passed away"]), 4, "dense", threads=1)
    assert ids(dense, found)[0] == "b"
    assert ids(dense, search(dense, Query.of(["Our puppy passed away"]), 4, threads=1))[0] == "b"


def test_banks_are_listed_and_found_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path))
    little_bank.build(tmp_path / "exemplars" / "mine")
    listed = {p.name: p for p in places()}
    assert set(listed) == {"starter-en", "starter-ko", "mine"}
    assert listed["mine"].kind == "own"
    assert listed["starter-en"].pairs > 300
    assert listed["starter-ko"].encoder is None  # e5-small is not here
    assert open_bank("mine").name == "mine"
    assert open_bank(str(tmp_path / "exemplars" / "mine")).pairs == little_bank.PAIRS
    with pytest.raises(UsageError, match=r"no bank of exemplars 'yours'.*starter-ko, mine"):
        open_bank("yours")


def test_the_korean_starter_is_built_once_and_found_by_words(tmp_path, monkeypatch):
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path))
    bank = open_bank("starter-ko")
    written = (bank.folder / "bank.json").stat().st_mtime_ns
    assert (open_bank("starter-ko").folder / "bank.json").stat().st_mtime_ns == written
    (bank.folder / "pairs.jsonl").write_text("")
    found = search(open_bank("starter-ko"), Query.of(["공무원 시험"]), 3)
    assert any("시험" in bank.pairs[i].context for i in found.places)
