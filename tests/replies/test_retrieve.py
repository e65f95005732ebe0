"""Replies out of a bank: what may be said here, what is told with it, and what cannot reach it."""

from __future__ import annotations

import dataclasses

import little_bank
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.contracts import Tools
from empathia.errors import ConfigError, UsageError
from empathia.exemplars import bank
from empathia.exemplars.bank import Source
from empathia.exemplars.pairs import Pair
from empathia.labels import EKMAN7
from empathia.labels.sets import ED32
from empathia.replies import retrieve
from empathia.replies.lm.polish import UnfitError
from empathia.replies.retrieve.fitting import fitted, heads
from empathia.types import Emotion, Turn, Utterance

SAD, GLAD = "That sounds really hard. How are you now?", "How wonderful, you must be so happy!"
PAIRS = (
    Pair("a", "I failed my exam today", SAD, "devastated", "d1", "made"),
    Pair("b", "I passed my exam today", GLAD, "joyful", "d2", "made"),
    Pair("c", "I sold my boat", "Sal told me in 2009. What about the boat?", None, "d3", "made"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return little_bank.build(tmp_path_factory.mktemp("banks") / "little", PAIRS).folder


def feeling(label: str) -> Emotion:
    return Emotion("fusion", EKMAN7, tuple(0.7 if x == label else 0.05 for x in EKMAN7))


def talk(*said: str, gold: str | None = None, emotion=None, language=None) -> list[Turn]:
    return [
        Turn(
            Utterance(
                f"u{i}", i, "AB"[i % 2], text, gold=(gold,) if gold else (), language=language
            ),
            emotion=emotion,
        )
        for i, text in enumerate(said)
    ]


def load(folder, **options):
    tools = Tools(lambda: pytest.fail("no language model is needed"), 1)
    return retrieve.load({"bank": str(folder), "by": "words", **options}, tools)


def test_the_reply_is_an_exemplars_and_says_so(folder):
    reply = load(folder).propose(talk("I failed an exam"))[0]
    assert reply.text == SAD
    assert reply.source == "retrieve:little"
    assert reply.exemplars[0].id == "a"
    assert reply.exemplars[0].context == "I failed my exam today"
    assert "I failed my exam today" in reply.why
    assert "CC0-1.0" in reply.why


def test_the_emotion_that_was_recognised_filters(folder):
    generator = load(folder, same_emotion=True)
    assert generator.propose(talk("my exam today", emotion=feeling("joy")))[0].text == GLAD
    assert generator.propose(talk("my exam today", emotion=feeling("sadness")))[0].text == SAD


@given(gold=st.none() | st.sampled_from(ED32.labels), same=st.booleans())
def test_no_gold_label_can_change_a_reply(folder, gold, same):
    generator = load(folder, same_emotion=same)
    for emotion in (None, feeling("joy"), feeling("sadness")):
        turns = talk("Hello", "my exam today", emotion=emotion)
        told = [
            dataclasses.replace(t, utterance=dataclasses.replace(t.utterance, gold=(gold,)))
            for t in turns
            if gold
        ]
        assert generator.propose(told or turns)[0] == generator.propose(turns)[0]


def test_where_nothing_fits_the_rules_answer_and_say_why(folder):
    reply = load(folder).propose(talk("The weather"))[0]
    assert reply.source == "rules"
    assert "nothing in the bank" in reply.note
    assert "it named" in load(folder).propose(talk("I sold a boat"))[0].note
    assert (
        "no bank of exemplars in 'de'" in load(folder).propose(talk("Hallo", language="de"))[0].note
    )
    assert "no words" in load(folder).propose(talk(" "))[0].note


def test_korean_is_answered_out_of_a_korean_bank(tmp_path, folder):
    pairs = (Pair("k", "시험에 또 떨어졌어요", "시험에 떨어지셨군요, 많이 속상하시겠어요."),)
    korean = little_bank.build(tmp_path / "ko", pairs, language="ko").folder
    reply = load(korean).propose(talk("시험에 떨어졌어요"))[0]
    assert (reply.source, reply.note is not None) == ("rules", True)  # a word that nobody said
    said = ("시험에 떨어졌어요", "비가 와요", "고양이가 아파", "버스를 놓쳤다")
    many = tuple(Pair(str(i), x, "많이 속상하시겠어요.") for i, x in enumerate(said))
    common = little_bank.build(tmp_path / "common", many, language="ko").folder
    assert load(common).propose(talk("시험에 떨어졌어요"))[0].text == "많이 속상하시겠어요."
    assert "no bank of exemplars in 'ko'" in load(folder).propose(talk("시험에 떨어졌어요"))[0].note


def test_what_is_not_for_commerce_is_refused_where_that_is_asked(tmp_path):
    source = Source.of("x", PAIRS, licence="CC-BY-NC-4.0", noncommercial=True)
    bank.build(tmp_path / "nc", PAIRS, [source], encoder=None)
    with pytest.raises(UsageError, match="CC-BY-NC"):
        retrieve.load({"bank": str(tmp_path / "nc")}, Tools(lambda: None, 1, permissive=True))


@pytest.mark.parametrize("options", [{"by": "taste"}, {"exemplars": 0}])
def test_options_that_cannot_be_are_told(folder, options):
    with pytest.raises(ConfigError, match="replies are found with"):
        load(folder, **options)


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        ("That sounds so hard. How are you now?", "That sounds so hard. How are you now?"),
        ("That sounds so hard. Did Peter call?", "That sounds so hard."),
        ("That sounds so hard. Was it 1999?", "That sounds so hard."),
        ("That sounds so hard. I moved two years ago.", "That sounds so hard."),
        ("That sounds so hard. What did she say?", "That sounds so hard."),
        ("I hope your exam goes well next time.", "I hope your exam goes well next time."),
    ],
)
def test_sentences_of_another_talk_are_left_out(reply, kept):
    assert fitted(reply, ["I failed my exam"]) == kept


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("Did Peter call you about it?", "named Peter"),
        ("What did he say about it?", "nobody"),
        ("Me too, that is so hard.", "another story"),
        ("The submarine carries grandiose elephants.", "brought up"),
        ("Oh no.", "too little"),
        ("You should see a doctor about it.", "advice"),
    ],
)
def test_what_does_not_fit_is_refused(reply, why):
    with pytest.raises(UnfitError, match=why):
        fitted(reply, ["I failed my exam"])


def test_she_may_come_up_where_somebody_can_be_meant():
    assert fitted("What did she say about it?", ["My sister is angry"])


def test_a_listeners_words_are_those_of_many_replies():
    assert heads(["마음이 아파요", "마음이 무거워요", "목요일까지"]) == {"마음"}
