"""Answers out of those that were written: the right kind, no line twice, as many questions."""

from __future__ import annotations

import json
import re

import pytest

from empathia import weights
from empathia.contracts import Tools
from empathia.errors import ConfigError, WeightsError
from empathia.labels import EKMAN7
from empathia.replies import select
from empathia.replies.lm.polish import polish
from empathia.replies.rules.tone import NEGATIVE
from empathia.replies.select import kinds
from empathia.types import ANY, Emotion, Turn, Utterance, Wish

TOOLS = Tools(lambda: pytest.fail("no language model is needed"), 1)
needs_minilm = pytest.mark.skipif(
    weights.state("minilm") == "missing", reason="weight minilm is not pulled"
)
needs_e5 = pytest.mark.skipif(
    weights.state("e5-small") == "missing", reason="weight e5-small is not pulled"
)


def talk(*lines: str, feeling: dict[str, float] | None = None) -> list[Turn]:
    """Lines of two people in turn, the last with a feeling."""
    turns = [Turn(Utterance(f"t{i}", i, "AB"[i % 2], x)) for i, x in enumerate(lines)]
    if feeling is not None:
        scores = tuple(feeling.get(x, 0.0) for x in EKMAN7.labels)
        felt = Emotion("fusion", EKMAN7, scores)
        turns[-1] = Turn(turns[-1].utterance, emotion=felt)
    return turns


@pytest.fixture(scope="module")
def generator() -> select.Selected:
    return select.load({}, TOOLS)


@pytest.mark.parametrize("language", kinds.LANGUAGES)
def test_what_is_written_is_fit_to_be_said(language):
    texts = kinds.written(language)
    told = [x for k in texts.kinds for x in k.told]
    assert len(set(told)) == len(told)
    assert len({k.name for k in texts.kinds}) == len(texts.kinds)
    said = "저는 가요" if language == "ko" else "so it goes"
    groups = [*(k.lines for k in texts.kinds), *texts.anyway.values()]
    for line in (x for lines in groups for x in lines):
        for sentence in re.findall(r"[^.!?]+[.!?]+", line):
            assert polish(sentence, said) == sentence.strip()
        assert not any(c.isdigit() for c in line)
    for k in texts.kinds:
        assert k.tone in EKMAN7.labels
        assert k.name == "says goodbye" or any("?" in x for x in k.lines), k.name
        assert any("?" not in x for x in k.lines), k.name


TELLINGS = (
    ("the results are in, first class honours, mum screamed down the phone", "joy"),
    ("we buried grandad this morning, the church was packed", "hard"),
    ("The hamster didn't make it through the night.", "hard"),
    ("somebody keyed the side of my car while i was in the shop", "hard"),
    ("My landlord is selling and we've got two months to find somewhere.", "hard"),
    ("She said yes! We're getting married in the spring!", "joy"),
    ("i have to stand up in front of the whole year on thursday and i feel sick", "hard"),
    ("They gave the project that I built to someone else to present.", "hard"),
    ("Nobody sits with me at lunch.", "hard"),
    ("Three weeks until we fly to Greece, I keep looking at the photos.", "joy"),
)


@pytest.mark.weights
@needs_minilm
def test_tellings_that_nobody_wrote_down_are_answered_in_their_tone(generator):
    tones = {k.name: k.tone for k in kinds.written("en").kinds}
    heard = []
    for said, sounds in TELLINGS:
        (reply,) = generator.propose(talk(said))
        assert reply.source == "select"
        tone = reply.why.rpartition("sounds ")[2]
        for shown in reply.exemplars:
            assert (shown.reply, shown.id in reply.why) == (reply.text, True)
            tone = "hard" if tones[shown.id] in NEGATIVE else tones[shown.id]
        assert tone not in ("joy", "good") or sounds == "joy", said
        assert tone != "hard" or sounds == "hard", said
        heard.append(tone not in ("neutral", "open"))
    assert sum(heard) >= 0.8 * len(heard)


@pytest.mark.weights
@needs_minilm
def test_ten_turns_of_the_same_are_not_answered_twice_the_same(generator):
    turns: list[Turn] = []
    given = []
    for _ in range(6):
        turns += talk("My dog died and the house is so quiet.")
        (reply,) = generator.propose(turns)
        given.append(reply.text)
        turns += talk(reply.text)
    assert len(set(given)) == len(given)


@pytest.mark.weights
@needs_minilm
def test_the_feeling_speaks_against_kinds_of_another_tone(generator):
    said = "I just heard back from the university."
    good = generator.propose(talk(said, feeling={"joy": 1.0}), Wish(candidates=3))
    hard = generator.propose(talk(said, feeling={"sadness": 1.0}), Wish(candidates=3))
    assert not {r.text for r in good} & {r.text for r in hard}
    tones = {k.name: k.tone for k in kinds.written("en").kinds}
    assert all(tones[e.id] not in NEGATIVE for r in good for e in r.exemplars)
    assert all(tones[e.id] != "joy" for r in hard for e in r.exemplars)


@pytest.mark.weights
@needs_minilm
@pytest.mark.parametrize("said", ["I failed my exam.", "zxcv qwerty blorp", "😀😀"])
def test_questions_come_as_asked(generator, said):
    asked = generator.propose(talk(said), Wish({"exploration": 2}, candidates=4))
    still = generator.propose(talk(said), Wish({"exploration": 0}, candidates=4))
    assert all("?" in r.text for r in asked)
    assert not any("?" in r.text or "tell me" in r.text.lower() for r in still)
    for found in (asked, still):
        assert len({r.text for r in found}) == len(found) <= 4


@pytest.mark.weights
@needs_minilm
def test_what_is_of_no_kind_gets_an_answer_that_fits_anything(generator):
    (reply,) = generator.propose(talk("zxcv qwerty blorp"))
    assert not reply.exemplars
    assert "no kind" in reply.why
    assert reply == generator.propose(talk("zxcv qwerty blorp"))[0]


@pytest.mark.weights
@needs_e5
def test_korean_is_answered_in_korean(generator):
    (reply,) = generator.propose(talk("우리 강아지가 어젯밤에 무지개다리를 건넜어요."))
    assert "가" <= reply.text[0] <= "힣"


def test_without_its_weights_rules_answer_and_say_why(generator, monkeypatch):
    def gone(*_: object) -> None:
        raise WeightsError("minilm is not here", "Pull it")

    monkeypatch.setattr(kinds, "load", gone)
    (reply,) = select.load({}, TOOLS).propose(talk("I lost my keys."))
    assert (reply.source, "minilm" in reply.note) == ("rules", True)
    (reply,) = generator.propose(talk("  "))
    assert (reply.source, reply.note) == ("rules", "no words to answer")


@pytest.mark.weights
@needs_minilm
def test_lines_of_a_turn_are_one_and_other_languages_are_left_to_rules(generator):
    one, broken = talk("My dog died last night."), talk("My dog died\nlast night.\n")
    (first,), (second,) = generator.propose(one), generator.propose(broken)
    assert first.exemplars[0].id == second.exemplars[0].id == "a pet died"
    french = [Turn(Utterance("t0", 0, "A", "Mon chien est mort.", language="fr"))]
    (reply,) = generator.propose(french)
    assert (reply.source, "'fr'" in reply.note) == ("rules", True)
    assert generator.propose(talk("so \ud83d it goes"))


def test_options_are_checked():
    with pytest.raises(ConfigError, match="mood"):
        select.load({"mood": 1}, TOOLS)


@pytest.mark.weights
@needs_minilm
def test_the_weight_is_what_the_script_learns_of_the_texts():
    names = json.loads((weights.folder(kinds.WEIGHT) / "model.json").read_text("utf-8"))
    assert names == {x: [k.name for k in kinds.written(x).kinds] for x in kinds.LANGUAGES}
    known = kinds.load("en", 1)
    told = [(i, x) for i, k in enumerate(known.written.kinds) for x in k.told[:1]]
    right = [int(known.likely(x.split("\n")).argmax()) == i for i, x in told]
    assert sum(right) >= 0.9 * len(right)
    assert float(known.likely(["hello"]).sum()) == pytest.approx(1.0, abs=1e-5)
    assert ANY.candidates == 1
