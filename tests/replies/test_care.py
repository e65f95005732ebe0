"""What suggests harm, abuse or an emergency, in English and Korean, and what it is answered with.

``safety.tsv`` (language, kind, text; CC0) was written by somebody who had not seen the phrases,
which were written by somebody who had not seen it. The odd lines have been looked at since, the
even ones have not: what is found there is what to expect of words that nobody has thought of.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.contracts import Tools
from empathia.errors import UsageError
from empathia.lm.scripted import ScriptedModel
from empathia.replies import lm, rules
from empathia.replies.rules import care, safety
from empathia.replies.rules.safety import kind_of
from empathia.types import Reply, Turn, Utterance

LINES = [
    tuple(line.split("\t"))
    for line in Path(__file__).with_name("safety.tsv").read_text(encoding="utf-8").splitlines()
]
ODD, EVEN = LINES[::2], LINES[1::2]


def talk(*said: str | None) -> list[Turn]:
    return [Turn(Utterance(f"u{i}", i, "AB"[i % 2], text)) for i, text in enumerate(said)]


class Parrot:
    """Somebody else's plug-in."""

    def propose(self, turns, wish=None, tell=None):
        return [Reply(turns[-1].utterance.id, turns[-1].utterance.text, "parrot")]


def answer(*said: str | None, **options) -> Reply:
    return care.Careful(Parrot(), **options).propose(talk(*said))[0]


def never(_messages):
    raise AssertionError("the model was asked")


def recall(lines, kind=None) -> float:
    hinting = [text for _, of, text in lines if of != "none" and kind in (None, of)]
    return sum(kind_of(text) is not None for text in hinting) / len(hinting)


def false_alarms(lines, language) -> float:
    plain = [text for of, kind, text in lines if (of, kind) == (language, "none")]
    return sum(kind_of(text) is not None for text in plain) / len(plain)


def test_the_set_holds_every_kind_in_both_languages():
    assert {line[:2] for line in ODD} == {line[:2] for line in EVEN}
    assert {line[0] for line in LINES} == set(safety.LANGUAGES)
    assert {line[1] for line in LINES} == {*safety.KINDS, "none"}


def test_what_was_looked_at_is_heard():
    assert recall(ODD) >= 0.98
    assert sum(kind_of(t) == kind for _, kind, t in ODD if kind != "none") / 125 >= 0.95


def test_what_nobody_has_looked_at_is_mostly_heard():
    assert recall(EVEN) >= 0.83  # .832; before anything was looked at .824
    assert recall(LINES, "emergency") >= 0.98


@pytest.mark.xfail(strict=True, reason="the aim; phrases find .916, and .83 of what is new to them")
def test_nineteen_in_twenty_are_heard():
    assert recall(LINES) >= 0.95


@pytest.mark.parametrize("language", safety.LANGUAGES)
def test_false_alarms_are_few_even_where_all_lines_were_written_to_mislead(language):
    assert false_alarms(LINES, language) <= 0.07  # 8 and 6 of 120, all of them in even lines


HINTS = {
    "self-harm": [
        "I want to die.",
        "i don’t want to live anymore",
        "Sometimes I think of killing myself.",
        "She tried to take her own life.",
        "I keep cutting myself",
        "They'd be better off without me.",
        "I just want to end it all",
        "I feel suicidal",
        "there is no reason to live",
        "I wish I had never been born",
        "I don't want to wake up tomorrow",
        "life is not worth living",
        "I took all my pills tonight.",
        "I can't see any reason to go on.",
        "I can't do this anymore.",
        "I cannot go on any longer.",
        "죽고싶다",
        "왜 사는지 모르겠어",
        "약을 모아두고 있어",
        unicodedata.normalize("NFD", "죽고 싶어요"),
    ],
    "harm-to-others": [
        "I swear I'm going to stab him if he talks to me again.",
        "I'm scared I'm going to hurt my baby, I shook her last night.",
        "그 새끼 진짜 죽여버릴 거야",
        "회사에 불을 질러버리고 싶어",
    ],
    "abuse": [
        "My husband hits me when he drinks.",
        "She controls all my money and won't let me see my friends",
        "남편이 술만 마시면 때려요",
        "남자친구가 헤어지면 사진을 퍼뜨리겠대요",
    ],
    "emergency": [
        "My dad just collapsed and he's not breathing!",
        "She swallowed a whole bottle of sleeping pills.",
        "가슴이 조이고 왼팔이 저려요",
        "피가 멈추지 않아요",
    ],
}


@pytest.mark.parametrize(("kind", "said"), [(k, x) for k, texts in HINTS.items() for x in texts])
def test_hints_get_the_careful_reply_whoever_would_answer(kind, said):
    language = "en" if said.isascii() or "’" in said else "ko"
    silent = lm.load({}, Tools(lambda: ScriptedModel(never)))
    for generator in (rules.load({}), silent, Parrot()):
        for turns in (talk(said), talk(said, "..."), talk("Hi.", said, None)):
            reply = care.Careful(generator).propose(turns)[0]
            assert reply.text == care.texts()[language][kind]
            assert reply.note == f"words that suggest {kind} get a fixed reply"
            assert (reply.to, reply.source) == (turns[-1].utterance.id, "care")


@pytest.mark.parametrize(
    "said",
    [
        "I'm dying to see the film.",
        "My phone died.",
        "This traffic is killing me.",
        "I cut myself a slice of cake.",
        "I want to live by the sea.",
        "We ended the meeting.",
        "I would die for a coffee.",
        "He killed it on stage!",
        "",
        "I hurt my knee.",
        "I'm dying of laughter",
        "My grandmother died last spring and I miss her every day.",
        "We watched a film about a man who kills his wife.",
        "I beat him at chess three times in a row",
        "배고파 죽겠다",
        "웃겨서 죽는 줄 알았어",
        "오늘 점심에 호박죽 먹었어",
        "독감 주사 맞았어",
        "할머니가 작년에 돌아가셨어요. 너무 그리워요",
        "Ich möchte sterben.",
    ],
)
def test_figures_of_speech_mourning_and_films_do_not(said):
    assert answer(said).source == "parrot"


@pytest.mark.parametrize("kind", safety.KINDS)
def test_after_such_words_nobody_improvises_for_a_while(kind):
    turns = [HINTS[kind][0], *["I hear you."] * 12]
    lasts = safety.LASTS[kind]
    assert answer(*turns[: lasts + 1]).source == "care"
    assert answer(*turns[: lasts + 2]).source == "parrot"


@pytest.mark.parametrize("language", safety.LANGUAGES)
@pytest.mark.parametrize("kind", safety.KINDS)
def test_a_careful_reply_in_the_talk_does_not_call_for_the_next(language, kind):
    """As in ``empathia talk``, where replies are turns: the kind lasts as long as without them."""
    careful, turns = care.Careful(Parrot()), []
    (said, *_) = [t for of, k, t in ODD if (of, k) == (language, kind) and kind_of(t) == kind]
    sources = []
    for text in (said, *["음." if language == "ko" else "Hm."] * 8):
        turns.append(Turn(Utterance(f"u{len(turns)}", len(turns), "A", text)))
        reply = careful.propose(turns)[0]
        turns[-1] = dataclasses.replace(turns[-1], reply=reply)
        turns.append(Turn(Utterance(f"u{len(turns)}", len(turns), "B", reply.text)))
        sources.append(reply.source)
    lasting = 1 + safety.LASTS[kind] // 2
    assert sources == ["care"] * lasting + ["parrot"] * (9 - lasting)
    assert turns[2].reply.text == care.texts()[language][kind]


def test_the_latest_words_decide():
    turns = ["I want to die.", "My dad just collapsed and he's not breathing!", "Oh no."]
    assert answer(*turns).text == care.texts()["en"]["emergency"]
    assert answer(*turns, "Okay.", "Hm.").text == care.texts()["en"]["self-harm"]


@pytest.mark.parametrize(
    ("said", "language"),
    [
        (("죽고 싶어", "What do you mean?"), "en"),
        (("I want to die", "무슨 말이야?"), "ko"),
        (("suicide 생각만 나", "..."), "ko"),
        (("I want to die", None), "en"),
    ],
)
def test_the_answer_is_in_the_language_that_is_answered(said, language):
    assert answer(*said).text == care.texts()[language]["self-harm"]


def test_the_texts_point_to_help_and_english_to_no_country():
    shipped = care.texts()
    for kind in safety.KINDS:
        assert "local emergency" in shipped["en"][kind]
        assert not any(c.isdigit() for c in shipped["en"][kind])
        assert not any(w in shipped["en"][kind].lower() for w in ("secret", "confiden", "disorder"))
    numbers = {"self-harm": "109", "harm-to-others": "112", "abuse": "1366", "emergency": "119"}
    assert all(number in shipped["ko"][kind] for kind, number in numbers.items())


@given(st.text(max_size=300), st.text(alphabet="나는 죽고싶다.hurt kill me\n'", max_size=200))
def test_any_words_can_be_asked_about(anything, close):
    for text in (anything, close):
        assert kind_of(text) in (None, *safety.KINDS)


def test_a_hint_is_heard_wherever_it_stands_in_a_long_speech():
    for before in (0, 55, 75, 130, 300):
        said = "and so on " * before + "I want to kill myself " + "and so on " * 60
        assert kind_of(said) == "self-harm"


def test_own_texts_stand_in_for_the_shipped_ones(tmp_path):
    file = tmp_path / "care.toml"
    file.write_text('[en]\nself-harm = "Call 988."\n', encoding="utf-8")
    assert answer("I want to die.", care=file).text == "Call 988."
    assert answer("죽고 싶어", care=str(file)).text == care.texts()["ko"]["self-harm"]
    assert answer("he is not breathing", care=file).text == care.texts()["en"]["emergency"]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (b"[en", "is no TOML"),
        (b"\xff\xfe", "is no TOML in UTF-8"),
        (b"[de]\nabuse = 'x'", "no language 'de'"),
        (b"en = 'x'", r"expected a table \[en\]"),
        (b"[en]\nsuicide = 'x'", "no kind 'suicide'"),
        (b"[ko]\nabuse = ' '", "expected a text for ko.abuse, found ' '"),
        (b"[ko]\nabuse = 1", "expected a text for ko.abuse, found 1"),
        (None, "there is no file of careful replies"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, written, found):
    file = tmp_path / "care.toml"
    if written is not None:
        file.write_bytes(written)
    with pytest.raises(UsageError, match=found):
        care.texts(file)
