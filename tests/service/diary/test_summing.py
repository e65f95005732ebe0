"""What is said to an entry: feelings only where they are sure, care where words suggest harm."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from chat_server import send, serving

from empathia.errors import UsageError
from empathia.labels import EKMAN7
from empathia.lm.scripted import ScriptedModel
from empathia.lm.server import ServerModel
from empathia.replies.rules import care
from empathia.service.diary import summing
from empathia.service.diary.records import SUMMARY, Feeling, tones
from empathia.service.diary.summing import summary

TABLE = tomllib.loads(Path(summing.__file__).with_suffix(".toml").read_text("utf-8"))
NONE = Feeling(abstained="nothing was heard")


def felt(**shares):
    return Feeling(shares)


def said(words, feeling, language="en"):
    """Which wordings an entry gets, as the table calls them."""
    text = summary(words, feeling, language)
    say, close = TABLE[language]["say"], TABLE[language]["close"]
    found = [
        (s, c) for s in say for c in close for a in say[s] for b in close[c] if text == f"{a} {b}"
    ]
    assert len(found) == 1, text
    return found[0]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("words", "feeling", "expected"),
    [
        ("", NONE, ("unheard", "silence")),
        (" \n", NONE, ("unheard", "silence")),
        ("", felt(joy=1.0), ("wordless", "silence")),
        ("Words.", Feeling(abstained="not sure"), ("open", "any")),
        ("Words.", felt(joy=0.61, sadness=0.39), ("joy", "good")),
        ("Words.", felt(joy=0.59, sadness=0.41), ("open", "any")),
        ("Words.", felt(sadness=0.6, neutral=0.4), ("sadness", "bad")),
        ("Words.", felt(sadness=0.4, anger=0.35, neutral=0.25), ("hard", "bad")),
        ("Words.", felt(sadness=0.36, anger=0.25, joy=0.39), ("hard", "bad")),
        ("Words.", felt(sadness=0.35, anger=0.24, joy=0.41), ("open", "any")),
        ("Words.", felt(neutral=0.8, joy=0.2), ("neutral", "any")),
        ("Words.", felt(surprise=0.7, joy=0.3), ("surprise", "any")),
        ("Words.", felt(grief=0.4, disappointment=0.3, love=0.3), ("sadness", "bad")),
        ("Words.", felt(unheardof=1.0), ("open", "any")),
    ],
)
def test_a_feeling_is_named_where_it_is_sure(words, feeling, expected, language):
    assert said(words, feeling, language) == expected


def test_the_same_entry_gets_the_same_sentences_and_others_get_others():
    words = [f"Day {i} was sad." for i in range(40)]
    every = [summary(x, felt(sadness=1.0), "en") for x in words]
    assert every == [summary(x, felt(sadness=1.0), "en") for x in words]
    assert len({*every}) == 9  # three wordings with three endings


@pytest.mark.parametrize(
    ("words", "kind"),
    [("I want to kill myself.", "self-harm"), ("죽고 싶어요.", "self-harm")],
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_words_that_suggest_harm_get_care_whatever_is_felt(words, kind, language):
    assert summary(words, felt(joy=1.0), language) == care.texts()[language][kind]


def test_labels_of_other_sets_are_summed_by_tone():
    assert tones({"grief": 0.25, "sadness": 0.25, "joy": 0.5}) == {"sadness": 0.5, "joy": 0.5}
    assert tones({}) == {}


def test_the_table_is_whole_and_says_nothing_that_it_must_not():
    for language, other in (("en", "[가-힣]"), ("ko", "[A-Za-z]")):
        table = TABLE[language]
        assert {*EKMAN7} < table["say"].keys() and table["close"].keys() == {
            "any",
            "good",
            "bad",
            "silence",
        }
        assert table["say"].keys() == TABLE["en"]["say"].keys()
        for lines in [*table["say"].values(), *table["close"].values()]:
            assert len({*lines}) == len(lines) >= 2
            for line in lines:
                assert re.search(r"[.?]$", line) and not re.search(other, line)
                assert not re.search(r"depress|disorder|diagnos|should|must|우울증|장애|진단", line)
    assert max(len(x) for texts in care.texts().values() for x in texts.values()) <= SUMMARY


SAD = "You lost your keys and had to wait in the rain. That sounds tiring."
KOREAN = "열쇠를 잃어버려서 오래 기다리셨군요. 많이 지치셨겠어요."


@pytest.mark.parametrize(
    ("answers", "language", "used"),
    [
        ((SAD,), "en", SAD),
        (("Why did you lose them?", SAD), "en", SAD),  # it is not to ask
        (("You should buy a new lock.", SAD), "en", SAD),
        (("", ""), "en", None),
        ((KOREAN,), "ko", KOREAN),
        ((SAD, SAD), "ko", None),
    ],
    ids=["fine", "asks", "advises", "nothing", "korean", "english for korean"],
)
def test_a_model_that_is_named_words_it_or_the_rules_do(answers, language, used):
    entry = {"en": "I lost my keys. It rained.", "ko": "열쇠를 잃어버렸다. 비가 왔다."}[language]
    feeling = felt(sadness=0.7, joy=0.3)
    model = ScriptedModel(list(answers))
    said = summary(entry, feeling, language, model)
    assert said == (used or summary(entry, feeling, language))
    asked = model.asked[0]
    assert "comes across as sadness" in asked[0].content and asked[1].content == entry


def test_a_model_names_no_feeling_that_is_not_sure_and_hears_nothing_of_harm():
    model = ScriptedModel([SAD])
    summary("I lost my keys.", felt(sadness=0.5, joy=0.5), "en", model)
    assert "comes across" not in model.asked[0][0].content
    text = summary("I want to kill myself.", felt(joy=1.0), "en", model)
    assert text == care.texts()["en"]["self-harm"] and len(model.asked) == 1


def test_an_entry_that_is_too_long_for_a_model_leaves_it_to_the_rules():
    class Little:
        def complete(self, requests):
            raise UsageError("the prompt is longer than the context", "Shorten it")

    said = summary("I lost my keys.", felt(sadness=1.0), "en", Little())
    assert said == summary("I lost my keys.", felt(sadness=1.0), "en")


def test_a_server_that_fails_leaves_it_to_the_rules():
    with serving(send(500, b"down")) as server:
        model = ServerModel(server.url, "m", pause=0.0)
        said = summary("I lost my keys.", felt(sadness=1.0), "en", model)
    assert said == summary("I lost my keys.", felt(sadness=1.0), "en")
