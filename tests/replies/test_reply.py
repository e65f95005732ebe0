"""Replies: the rules', the language model's, and what is done when the model talks nonsense."""

from __future__ import annotations

import dataclasses
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia import plugins
from empathia.contracts import Tools
from empathia.errors import ConfigError, ServerError, UsageError, WeightsError
from empathia.labels import EKMAN7, LabelSet
from empathia.labels.sets import GOEMOTIONS28, IEMOCAP6
from empathia.lm.scripted import ScriptedModel
from empathia.lm.server import ServerModel
from empathia.replies import lm, rules
from empathia.replies.lm import grounded, prompt
from empathia.replies.lm.polish import MAX_CHARS, UnfitError, polish
from empathia.replies.rules import care
from empathia.replies.rules.wording import wording
from empathia.types import Cues, Emotion, Message, Reply, Turn, Utterance, Wish

GOOD = "That sounds really hard. How are you feeling now?"


def feeling(label: str, score: float = 0.8, labels: LabelSet = EKMAN7) -> Emotion:
    rest = (1 - score) / (len(labels) - 1)
    return Emotion("fusion", labels, tuple(score if x == label else rest for x in labels))


def talk(*said: str | None, emotion: Emotion | None = None, **last) -> list[Turn]:
    turns = [
        Turn(Utterance(f"u{i}", i, ("Ann", "Ben")[i % 2], text)) for i, text in enumerate(said)
    ]
    turns[-1] = dataclasses.replace(turns[-1], emotion=emotion, **last)
    return turns


def ask(model, turns: list[Turn], **options) -> Reply:
    return lm.load(options, Tools(lambda: model)).propose(turns)[0]


def reply(answer, *said: str, emotion: Emotion | None = None, **options):
    turns = talk(*(said or ("I lost my keys again.",)), emotion=emotion or feeling("sadness"))
    model = ScriptedModel(answer if callable(answer) else [answer] * 3)
    return ask(model, turns, **options), model


def test_all_generators_are_plug_ins():
    assert {"rules", "lm", "retrieve", "select", "seq2seq"} == set(plugins.names("replies"))
    for name in ("rules", "lm", "retrieve", "select"):
        plugin = plugins.load("replies", name, needs=("OPTIONS", "load"))
        careful = care.Careful(plugin.load({}, Tools(_loud)))
        assert careful.propose(talk("I want to die."))[0].source == "care"


@pytest.mark.parametrize("labels", [EKMAN7, IEMOCAP6, GOEMOTIONS28])
@pytest.mark.parametrize("score", [0.9, 0.5, 0.3])
def test_the_rules_answer_every_label_in_one_or_two_sentences(labels, score):
    for label in labels:
        answer = rules.answer(talk("Something happened.", emotion=feeling(label, score, labels)))
        assert answer.source == "rules"
        assert answer.to == "u0"
        assert 10 < len(answer.text) <= MAX_CHARS
        assert answer.text.count("?") == 1
        # It keeps to the rules that the model's replies are held to.
        assert polish(answer.text, "Something happened.") == answer.text


def test_the_rules_commit_themselves_as_far_as_the_recogniser_does():
    def named(score):
        silent = Wish(empathy={"exploration": 0})
        turns = (talk(str(i), emotion=feeling("sadness", score)) for i in range(40))
        return {rules.answer(t, wish=silent).text for t in turns}

    sure, unsure, lost = named(0.9), named(0.45), named(0.2)
    assert len(sure) == 3
    assert not sure & unsure
    assert all("may be wrong" in x or "seems as if" in x for x in unsure)
    assert not any("sad" in x or "pain" in x for x in lost)


@pytest.mark.parametrize(
    "emotion",
    [
        None,
        Emotion("text", EKMAN7, abstained="another language"),
        dataclasses.replace(feeling("joy", 0.9), abstained="too short"),
        feeling("schadenfreude", 0.9, LabelSet("mine", ("schadenfreude", "ennui"))),
    ],
)
def test_the_rules_name_no_feeling_where_none_is_known(emotion):
    text = rules.answer(talk("Well, you know.", emotion=emotion)).text
    assert text.split(".")[0] in {x.rstrip(".") for x in wording("en").open.say}


@pytest.mark.parametrize("said", [None, "", "  \n"])
def test_the_rules_say_when_they_heard_no_words(said):
    assert "could not make out the words" in rules.answer(talk(said)).text
    heard = rules.answer(talk(said, emotion=feeling("anger"))).text
    assert "anger in your voice" in heard


def test_the_rules_vary_with_the_words():
    texts = {rules.answer(talk(f"Line {i}", emotion=feeling("joy"))).text for i in range(30)}
    assert len(texts) > 4


@given(st.text(max_size=200), st.sampled_from([*EKMAN7]), st.floats(0.15, 1))
def test_the_rules_never_fail(said, label, score):
    assert rules.answer(talk(said, emotion=feeling(label, score))).text


@pytest.mark.parametrize("answer", [rules.answer, lambda turns: ask(_loud(), turns)])
def test_no_turn_is_refused(answer):
    with pytest.raises(UsageError, match="no turn"):
        answer([])


def test_options_are_known_and_typed():
    with pytest.raises(ConfigError, match=r"'lm' has no option 'warmth' \(known: adapter, "):
        ask(_loud(), talk("Hello."), warmth=1)
    with pytest.raises(ConfigError, match="seed"):
        ask(_loud(), talk("Hello."), seed="one")
    with pytest.raises(ConfigError, match=r"'rules' has no option 'seed' \(known: none\)"):
        rules.load({"seed": 1})


def _loud() -> ScriptedModel:
    def never(messages):
        raise AssertionError("the model was asked")

    return ScriptedModel(never)


def test_a_good_answer_is_the_reply():
    answer, model = reply(GOOD)
    assert (answer.text, answer.source, answer.note) == (GOOD, "lm:scripted", None)
    assert len(model.asked) == 1


def test_the_prompt_says_what_was_recognised_and_how_it_sounded():
    scores = (0.05, 0.0, 0.6, 0.3, 0.05, 0.0, 0.0)
    cues = Cues({}, "low volume, slow", "It may come across as tired.", "speaker so far")
    turns = talk("Hi.", "Bad day.", emotion=Emotion("fusion", EKMAN7, scores), cues=cues)
    messages = prompt.messages(turns)
    system = messages[0].content
    assert "sadness (60%), perhaps anger (30%)" in system
    assert "low volume, slow" in system
    assert "tired" in system
    assert messages[-1] == Message("user", "Ann: Hi.\nBen: Bad day.")
    assert "seems" not in prompt.messages(talk("Hi.", "Bad day."))[0].content


@given(st.integers(0, 11), st.integers(0, 6), st.integers(0, 400))
def test_the_prompt_holds_the_whole_target_and_nothing_after_it(index, history, budget):
    turns = [
        dataclasses.replace(
            talk(f"line{i:02} " + "so on " * (i * 3))[0],
            emotion=feeling("joy" if i > index else "sadness"),
        )
        for i in range(12)
    ]
    turns = [
        dataclasses.replace(t, utterance=dataclasses.replace(t.utterance, gold=("goldlabel",)))
        for t in turns
    ]
    asked = prompt.messages(turns[: index + 1], history=history, budget=budget)
    text = "\n".join(m.content for m in asked)
    assert (turns[index].utterance.text or "").strip() in text
    assert not any(f"line{i:02}" in text for i in range(index + 1, 12))
    assert "goldlabel" not in text
    shown = [i for i in range(index) if f"line{i:02}" in text]
    assert len(shown) <= history
    assert shown == list(range(index - len(shown), index))  # the oldest go first
    assert sum(len(turns[i].utterance.text or "") for i in shown) <= budget


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (f"Listener: {GOOD}", GOOD),
        (f'"{GOOD}"', GOOD),
        (f"**Reply:** {GOOD}", GOOD),
        (f"Sure, here is a reply:\n\n{GOOD}", GOOD),
        (f"{GOOD}\nAnn: And then?\nListener: Yes.", GOOD),
        (f"{GOOD} Third one here. Fourth", GOOD),
        (f"*sighs* (softly) {GOOD}", f"sighs {GOOD}"),
        ("That sounds hard. That sounds hard. What happened?", "That sounds hard. What happened?"),
        ("I lost my keys again. That sounds annoying.", "That sounds annoying."),
        ("That sounds hard. And what is mor", "That sounds hard."),
        ("1. That sounds hard.", "That sounds hard."),
    ],
)
def test_what_is_stripped(raw, text):
    assert reply(raw)[0].text == text


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("", "empty"),
        ("?!", "empty"),
        ("and so on and", "did not finish"),
        ("I lost my keys again.", "repeated what was said"),
        ("Это звучит очень тяжело.", "another script"),
        ("真的很难过。", "another script"),
        ("As an AI language model, I cannot feel.", "spoke of itself"),
        ("I'm a therapist and I hear you.", "spoke of itself"),
        ("That sounds hard. You should see a doctor.", "gave advice"),
        ("It sounds like you have an anxiety disorder.", "gave advice"),
        ("How wonderful, congratulations on that!", "tone"),
        ("Maybe you would be better off dead.", "self-harm"),
        ("It is sad, it is sad, it is sad, it is sad.", "circles"),
        ("I would say how it may feel for them, then ask one gentle question.", "instructions"),
        ("a" * 60 + ".", "circles"),
        ("word and other " * 40 + ".", "too long"),
    ],
)
def test_nonsense_falls_back_to_the_rules_and_says_why(raw, why):
    answer, model = reply(raw)
    assert answer.source == "rules"
    assert answer.note is not None
    assert answer.note.startswith("the answer of scripted was not used: ")
    assert why in answer.note
    assert (
        answer.text == rules.answer(talk("I lost my keys again.", emotion=feeling("sadness"))).text
    )
    assert model.seeds == [1, 2, 3]


def test_a_second_attempt_can_mend_the_first():
    answers = iter(["", GOOD])
    answer, model = reply(lambda _: next(answers), seed=5)
    assert answer.text == GOOD
    assert model.seeds == [5, 6]


def test_tone_binds_only_where_the_recogniser_is_sure():
    cheer = "How wonderful! What was it like?"
    assert reply(cheer, "We are here.", emotion=feeling("sadness", 0.4))[0].text == cheer
    mourn = reply("I'm so sorry, that is awful.", "We won!", emotion=feeling("joy"))[0]
    assert "tone" in (mourn.note or "")


def test_a_reply_in_the_script_of_the_speaker_is_fine():
    assert (
        reply("정말 힘들었겠어요. 지금은 어때요?", "열쇠를 잃어버렸어요.")[0].source
        == "lm:scripted"
    )


def test_no_words_are_not_put_to_a_model():
    answer = ask(_loud(), talk("  ", emotion=feeling("anger")))
    assert (answer.source, answer.note) == ("rules", "no words to answer")


def test_a_server_that_is_down_leaves_the_rules_with_a_note():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        model = ServerModel(f"http://127.0.0.1:{taken.getsockname()[1]}", "m")
        answer = ask(model, talk("Hello there.", emotion=feeling("joy")))
    assert answer.source == "rules"
    assert answer.note is not None
    assert answer.note.startswith("language model server did not answer: ")
    assert "cannot be reached" in answer.note
    assert reply(ServerError("it broke", "Mend it"))[0].note is not None


class _Continues(ScriptedModel):
    prefills = True
    small = True


def test_a_small_model_is_given_first_words_and_kept_to_the_subject():
    turns = talk("I lost my keys again.", emotion=feeling("sadness"))
    model = _Continues([" hard. How is the baby?", " be hard. Where were the keys?"])
    answer = ask(model, turns)
    assert model.asked[0][-1] == Message("assistant", "That sounds")
    assert answer.text == "I'm sorry, that must be hard. Where were the keys?"
    strange = ask(_Continues([" hard. How is the baby?"] * 3), turns)
    assert "'baby', which nobody had mentioned" in (strange.note or "")


def test_a_small_model_may_use_the_speakers_words_in_other_forms():
    said = ["I am losing my key"]
    assert grounded.strays("What was it like to lose your keys?", said) == []
    assert grounded.strays("Tell me about the lawyer.", said) == ["lawyer"]
    assert grounded.confused("I was there too. How about you?")


@settings(max_examples=60)
@given(st.text(max_size=400), st.text(max_size=60), st.sampled_from([None, *EKMAN7]))
def test_polishing_never_crashes_and_keeps_the_length(raw, said, tone):
    try:
        text = polish(raw, said, ["Be kind."], tone)
    except UnfitError as error:
        assert str(error)
    else:
        assert 1 <= len(text) <= MAX_CHARS
        assert "\n" not in text
        assert any(c.isalnum() for c in text)


@pytest.mark.parametrize(
    "answer",
    [
        "Congratulations, congratulations! How was it?",
        "That is Congratulations! CONGRATULATIONS. What a day, how was it?",
        "So happy, so happy for you. How was it?",
        "Congratulations on it, congratulations to all, and congratulations again.",
        "How lovely it was, how lovely it was. What happened?",
    ],
)
def test_what_repeats_itself_is_not_shown(answer):
    with pytest.raises(UnfitError, match=r"repeated itself|in circles"):
        polish(answer, "I got the job.")


@pytest.mark.parametrize(
    "answer",
    [
        "Oh no, no. That sounds hard. What happened?",
        "That is very, very good to hear. How was the job interview?",
        "Congratulations! What does the new job mean to you, and who got to hear it?",
    ],
)
def test_small_words_may_come_again(answer):
    assert polish(answer, "I got it.") in answer


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(["today", "bright", "morning", "garden"]), min_size=1, max_size=4),
    st.sampled_from([" ", ", ", "; ", " - "]),
)
def test_any_run_of_words_said_twice_at_once_is_refused(run, between):
    once = " ".join(run)
    with pytest.raises(UnfitError):
        polish(f"Well {once}{between}{once.upper()} it was.", "I got the job.")


@pytest.mark.slow
@pytest.mark.weights
def test_the_small_model_replies_with_sense():
    pytest.importorskip("xllamacpp")
    from empathia.lm import local

    try:
        model = local.load("smollm2")
    except WeightsError as error:
        pytest.skip(str(error))
    turns = talk("My grandmother died on Sunday.", emotion=feeling("sadness", 0.85))
    with model:
        answer = ask(model, turns, max_tokens=40)
        assert answer == ask(model, turns, max_tokens=40)
    assert answer.source == "lm:smollm2"
    assert 2 <= len(answer.text.split()) <= 40
    assert "my grandmother died" not in answer.text.lower()
    assert answer.text.startswith(("That sounds", "I'm sorry, that must", "It sounds like"))
