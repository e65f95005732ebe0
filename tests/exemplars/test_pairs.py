"""Exemplars out of corpora and tables."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import InputError
from empathia.exemplars.pairs import Pair, dumps, loads, of_dialogues, of_table
from empathia.types import Dialogue, Utterance

WORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20).filter(
    lambda t: bool(t.split())
)


def talk(*said: tuple[str, str, str], split="train", corpus="made", key="t") -> Dialogue:
    utterances = tuple(
        Utterance(f"{key}/{i}", i, who, text, gold=(gold,) if gold else ())
        for i, (who, text, gold) in enumerate(said)
    )
    return Dialogue(key, utterances, corpus, split)


def test_every_answer_is_taken_with_what_came_before_it():
    said = [("A", "one", "sad"), ("B", "two", ""), ("A", "three", "glad"), ("B", "four", "angry")]
    first, second, third = of_dialogues([talk(*said)], turns=2)
    assert (first.context, first.reply, first.emotion) == ("one", "two", "sad")
    assert (second.context, second.reply, second.emotion) == ("one\ntwo", "three", "sad")
    assert (third.context, third.reply, third.emotion) == ("two\nthree", "four", "glad")
    assert {p.dialogue for p in (first, second, third)} == {"t"}


def test_an_answers_own_label_is_not_taken():
    (pair,) = of_dialogues([talk(("A", "one", ""), ("B", "two", "sad"))])
    assert pair.emotion is None


def test_who_has_the_role_of_a_listener_is_one():
    utterances = tuple(
        Utterance(f"u{i}", i, "AB"[i % 2], f"turn {i}", groups={"role": role})
        for i, role in enumerate(["speaker", "listener", "speaker", "listener"])
    )
    pairs = of_dialogues([Dialogue("d", utterances, "made")])
    assert [p.reply for p in pairs] == ["turn 1", "turn 3"]


def test_who_goes_on_speaking_does_not_answer():
    (pair,) = of_dialogues([talk(("A", "one", ""), ("A", "two", ""), ("B", "three", ""))])
    assert (pair.context, pair.reply) == ("one\ntwo", "three")


def test_the_training_part_is_taken_unless_another_is_named():
    said = [("A", "one", ""), ("B", "two", "")]
    every = [talk(*said, split=part, key=str(part)) for part in ("train", "valid", "test", None)]
    assert [p.dialogue for p in of_dialogues(every)] == ["train", "None"]
    assert [p.dialogue for p in of_dialogues(every, part="test")] == ["test", "None"]
    assert len(of_dialogues(every, part=None)) == 4


def test_a_table_gives_pairs(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text('Context;Reply;emotion\n"Hi\n\n there ";  Hello  you ;\nBye;See you;sad\n')
    first, second = of_table(table)
    assert first == Pair("mine:2", "Hi\nthere", "Hello you", corpus="mine")
    assert first.last == "there"
    assert second.emotion == "sad"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"context": "a"}], "no column 'reply'"),
        ([{"context": "a", "reply": " "}], "mine.jsonl:1 has no reply"),
        ([{"context": "", "reply": "b"}], "mine.jsonl:1 has no context"),
        ([{"context": "a", "reply": "b", "id": 1}] * 2, "mine.jsonl:2 has the id '1' again"),
    ],
)
def test_a_table_that_lacks_something_is_told(tmp_path, rows, told):
    table = tmp_path / "mine.jsonl"
    table.write_text("".join(json.dumps(r) + "\n" for r in rows))
    with pytest.raises(InputError, match=told):
        of_table(table)


@given(st.lists(st.builds(Pair, WORDS, WORDS, WORDS, st.none() | WORDS, st.none() | WORDS, WORDS)))
def test_pairs_come_back_as_they_were_written(pairs):
    assert loads(dumps(pairs)) == tuple(pairs)
