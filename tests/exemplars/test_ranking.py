"""Which exemplar answers: what is foretold, the middle of the candidates, and no echo."""

from __future__ import annotations

import little_bank
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import UsageError, WeightsError
from empathia.exemplars import foretold
from empathia.exemplars.encoding import unit
from empathia.exemplars.pairs import Pair
from empathia.exemplars.ranking import copied, rank
from empathia.exemplars.search import Query, search


@pytest.mark.parametrize(
    ("reply", "said", "share"),
    [
        ("Did you find your keys?", "I lost my KEYS", 0.5),
        ("That is so sad", "I lost my keys", 0.0),
        ("You did", "You did", 0.0),  # nothing but empty words
        ("Keys, keys!", "keys", 1.0),
    ],
)
def test_copied_words_are_counted_among_those_that_say_something(reply, said, share):
    assert copied(reply, said) == share


def test_a_map_finds_what_answers_are_a_turn_of_their_contexts():
    rng = np.random.default_rng(1)
    contexts = unit(rng.normal(size=(3000, 8)).astype(np.float32))
    turned = np.linalg.qr(rng.normal(size=(8, 8)))[0].astype(np.float32)
    learnt = foretold.learn(contexts[:2900], contexts[:2900] @ turned)
    for row in contexts[2900:]:
        assert foretold.foretell(learnt, row) @ (row @ turned) > 0.999


def test_a_bank_of_words_alone_leaves_out_the_echo(tmp_path):
    pairs = (
        Pair("a", "I lost my keys", "You lost keys"),
        Pair("b", "I lost my keys", "What a day"),
    )
    made = little_bank.build(tmp_path / "b", pairs)
    found = rank(made, Query.of(["I lost my keys"]), 2, "words")
    assert [made.pairs[i].id for i in found.places] == ["b", "a"]


def retriever(folder, width=384, encoder="minilm"):
    """A retriever that takes replies to lie where the context does, kept."""
    folder.mkdir()
    foretold.Retriever(np.eye(width + 1, width, dtype=np.float32), encoder).save(folder)
    return folder


def test_a_retriever_is_as_it_was_kept(tmp_path):
    loaded = foretold.Retriever.load(retriever(tmp_path / "r"), "minilm")
    np.testing.assert_array_equal(loaded.map, np.eye(385, 384))
    assert loaded.name == "r"


@pytest.mark.parametrize("encoder", ["e5-small", None])
def test_a_retriever_of_another_encoder_is_refused(tmp_path, encoder):
    with pytest.raises(UsageError, match="maps vectors of 'minilm'"):
        foretold.Retriever.load(retriever(tmp_path / "r"), encoder)


def test_what_is_no_retriever_is_told(tmp_path):
    with pytest.raises(UsageError, match="no retriever"):
        foretold.Retriever.load(tmp_path, "minilm")
    folder = retriever(tmp_path / "r")
    (folder / foretold.RETRIEVER).write_bytes(b"nonsense")
    with pytest.raises(WeightsError, match="damaged"):
        foretold.Retriever.load(folder, "minilm")


@pytest.mark.weights
def test_a_reply_is_found_by_itself_where_it_lies_as_foretold(tmp_path):
    pairs = (
        Pair("a", "I lost my keys", "My dog died last night", dialogue="d1"),
        Pair("b", "My dog died last night", "Did you look in the fridge?", dialogue="d2"),
    )
    given = retriever(tmp_path / "r")
    made = little_bank.build(tmp_path / "b", pairs, encoder="minilm", retriever=given, threads=1)
    found = search(made, Query.of(["My dog died last night"]), 1, "reply", threads=1)
    assert found.places == (0,)
    assert found.scores[0] == pytest.approx(1, abs=1e-4)
    assert found.similarity[0] < 0.9  # of what was said
    own = Query.of(["My dog died last night"], dialogue="d1")
    assert search(made, own, 1, "reply", threads=1).places == (1,)


@given(st.sampled_from(["d1", "d2", "d3", None]), st.sampled_from(["keys", "dog cup", "zebra"]))
def test_the_own_dialogue_never_answers(tmp_path_factory, dialogue, said):
    made = little_bank.build(tmp_path_factory.mktemp("b") / "b")
    found = rank(made, Query.of([said], dialogue=dialogue), 4, "words")
    assert dialogue is None or dialogue not in {made.pairs[i].dialogue for i in found.places}


@pytest.mark.parametrize("wrong", [{"k": 0}, {"candidates": 0}])
def test_none_cannot_be_asked_for(tmp_path, wrong):
    with pytest.raises(UsageError, match="at least 1"):
        rank(little_bank.build(tmp_path / "b"), Query.of(["keys"]), **wrong)


@pytest.mark.weights
def test_what_most_people_answer_wins_over_an_odd_one(tmp_path):
    kind = ["I am so sorry for your loss", "So sorry to hear that", "I am sorry, that is sad"]
    pairs = [Pair(f"k{i}", f"My dog died, I cried {i}", r) for i, r in enumerate(kind)]
    pairs += [Pair("odd", "My dog died, I cried", "The stock market opens at nine")]
    pairs += [Pair(f"o{i}", f"We play football number {i}", f"Goal {i}") for i in range(3)]
    made = little_bank.build(tmp_path / "b", tuple(pairs), encoder="minilm", threads=1)
    for by in ("dense", "hybrid"):
        found = rank(made, Query.of(["My dog died, I cried"]), 1, by, threads=1)
        assert made.pairs[found.places[0]].id.startswith("k")
        assert found.similarity[0] > 0.9
