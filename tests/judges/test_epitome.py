"""The judge of the elements: with models taught here, and with those that ship."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from little_problem import learn, problem

from empathia import weights
from empathia.errors import UsageError
from empathia.judges.epitome import EpitomeJudge, cut, load
from empathia.labels import LabelSet
from empathia.training.keeping import Settings
from empathia.training.problem import Part
from empathia.types import LEVELS, Sample

pytest.importorskip("sklearn", reason="training needs the extra 'train'")
OPTIONS = {"columns": 10, "penalties": [1.0], "balance": [0.5]}
SAID = {
    "none": "I painted the fence in the sun.",
    "weak": "Maybe tell us more about it.",
    "strong": "How did your brother take it?",
}
NOISE = ("well", "so", "oh", "now", "yes", "then")


def asking(folder):
    """A recogniser of how much an answer asks."""
    draw, dialogues, targets = np.random.default_rng(1), [], {}
    for i in range(60):
        level = LEVELS[i % 3]
        before = SAID["none"] if i % 2 else ""
        words = " ".join(draw.choice(NOISE, 2))
        texts = "my brother is trouble", f"{words} {before} {SAID[level]}"
        dialogues.append(
            tuple(Sample(f"{i}-{k}", t, groups={"post": str(i)}) for k, t in enumerate(texts))
        )
        targets[f"{i}-1"] = tuple(float(level == x) for x in LEVELS)
    part = Part(tuple(dialogues), targets)
    more = {"labels": LabelSet("exploration3", LEVELS), "options": OPTIONS}
    training = {"select": "macro_f1"}
    return learn("pair", folder, train=part, valid=Part((), {}), training=training, **more)


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    return EpitomeJudge({"exploration": asking(tmp_path_factory.mktemp("asking"))}, {})


def test_levels_and_the_sentence_that_carries_them(judge):
    reply = "I painted the fence in the sun. How did your brother take it?"
    asked, plain, nothing = judge.judge(
        [("my brother left", reply), ("my brother left", SAID["none"]), ("my brother left", " ")]
    )
    element = asked.elements["exploration"]
    assert element.level > 0
    assert [reply[a:b] for a, b in element.evidence] == ["How did your brother take it?"]
    assert plain.elements["exploration"].level == 0
    assert plain.elements["exploration"].evidence == ()
    assert nothing.elements == {}


def test_a_reply_is_judged_alike_in_any_company_and_without_context(judge):
    pairs = [("my brother left", text) for text in SAID.values()] + [("", SAID["strong"])]
    together = judge.judge(pairs)
    assert together == [judge.judge([pair])[0] for pair in pairs]
    assert together[-1].elements["exploration"].level > 0
    assert judge.judge([]) == []


@given(st.text(alphabet="ab ,.!?\n;iyou", max_size=80))
def test_parts_are_in_order_apart_and_hold_all_words(text):
    parts = cut(text)
    assert all(a < b for a, b in parts)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(parts))
    assert "".join(text[a:b] for a, b in parts).split() or not text.split()
    assert sum(len(text[a:b].split()) for a, b in parts) == len(text.split())


def test_a_model_of_something_else_is_refused(tmp_path):
    p = problem("pair", tmp_path, options=OPTIONS)
    mood = LabelSet("mood2", ("up", "down"))
    settings = Settings("m", "pair", mood, True, True, {"text": ()}, p.options.values, "", False)
    settings.write(tmp_path)
    with pytest.raises(UsageError, match=r"model of 'mood2' \(up, down\), expected one of react"):
        load([tmp_path])
    dataclasses.replace(settings, labels=LabelSet("mood3", LEVELS)).write(tmp_path)
    with pytest.raises(UsageError, match="mood3"):
        load([tmp_path])


@pytest.mark.weights
@pytest.mark.skipif(weights.state("minilm") == "missing", reason="weight minilm is not pulled")
def test_what_ships_tells_warm_words_and_questions():
    warm, asks, plain = load(threads=1).judge(
        [
            ("My dog died yesterday.", "I'm so sorry for your loss, my heart breaks for you."),
            ("My dog died yesterday.", "Do you want to talk about it? How long did you have him?"),
            ("My dog died yesterday.", "The shop opens at nine."),
        ]
    )
    assert warm.elements["reaction"].level > 0
    assert asks.elements["exploration"].level > 0
    assert all(e.level == 0 for e in plain.elements.values())
