"""Scores move with how often labels come up; who does not say what it assumes stays."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import empathia
from empathia import weights
from empathia.errors import UsageError
from empathia.labels import EKMAN7, SHARED4
from empathia.labels.sets import IEMOCAP6
from empathia.pipeline import Conversation, Options
from empathia.pipeline.priors import Prior, moved, shares
from empathia.training import keeping
from empathia.types import About, Emotion

some = st.lists(st.floats(0.02, 1.0), min_size=7, max_size=7).map(
    lambda x: tuple(y / sum(x) for y in x)
)


@given(some, some, some, some)
def test_priors_are_moved_as_bayes_does_and_back(likelihood, one, other, third):
    def posterior(prior):
        p = np.array(prior) * likelihood
        return Emotion("text", EKMAN7, tuple(p / p.sum()))

    there = moved(posterior(one), one, other)
    np.testing.assert_allclose(there.scores, posterior(other).scores, atol=1e-9)
    by_way = moved(moved(posterior(one), one, third), third, other)
    np.testing.assert_allclose(by_way.scores, there.scores, atol=1e-9)


@given(some, some, st.floats(0.1, 1.0))
def test_what_is_worth_less_stays_nearer_to_the_prior(scores, prior, worth):
    told = Emotion("text", EKMAN7, scores)
    kept = np.log(moved(told, prior, prior, worth).scores) - np.log(prior)
    full = np.log(scores) - np.log(prior)
    np.testing.assert_allclose(np.ptp(kept), worth * np.ptp(full), atol=1e-9)


def test_kinds_of_text_and_parts_of_their_labels():
    talk, comments = (shares(kind, EKMAN7) for kind in ("talk", "comments"))
    neutral, joy = EKMAN7.index("neutral"), EKMAN7.index("joy")
    assert talk[neutral] > comments[neutral]
    assert talk[joy] < comments[joy]
    assert sum(talk) == pytest.approx(1)
    four = shares("talk", SHARED4)
    assert four[0] / four[1] == pytest.approx(talk[neutral] / talk[joy])
    assert shares("balanced", IEMOCAP6) == (1 / 6,) * 6
    assert shares("talk", IEMOCAP6) is None


def test_a_file_of_shares(tmp_path: Path):
    file = tmp_path / "shares.json"
    file.write_text(json.dumps({"neutral": 6, "joy": 2, "anger": 1, "sadness": 1, "calm": 9}))
    assert shares(file, SHARED4) == (0.6, 0.2, 0.1, 0.1)
    with pytest.raises(UsageError, match="says nothing of fear, disgust, surprise"):
        shares(file, EKMAN7)
    file.write_text(json.dumps({"neutral": 1, "joy": 0}))
    with pytest.raises(UsageError, match="a share that is not above 0"):
        Options(prior=file)
    huge = json.dumps({"neutral": 10**400, "joy": 1}), json.dumps({"neutral": 1e308, "joy": 1e308})
    for broken in ("[1, 2]", "no JSON", json.dumps({"joy": "much"}), *huge):
        file.write_text(broken)
        with pytest.raises(UsageError, match=r"kind of text \(talk, comments, balanced\)"):
            Options(prior=file)
    with pytest.raises(UsageError, match=r"'letters' .*\(No such file or directory\)"):
        Options(prior="letters")


@pytest.mark.parametrize("risk", [0, 1, -0.1, 1.5, float("nan"), True, "low"])
def test_a_risk_is_a_share(risk):
    with pytest.raises(UsageError, match="a risk between 0 and 1"):
        Options(risk=risk)


def test_who_does_not_say_what_it_assumes_is_left_as_it_is():
    told = Emotion("text", EKMAN7, (0.4, *[0.1] * 6))
    silent = About("text", EKMAN7)
    assert Prior("balanced").applied(told, silent, shipped=True) == told
    says = dataclasses.replace(silent, prior=told.scores)
    assert Prior("balanced").applied(told, says, shipped=False).scores == pytest.approx(
        (1 / 7,) * 7
    )
    assert Prior().applied(told, says, shipped=False) == told
    assert Prior().applied(told, says, shipped=True).scores == pytest.approx(shares("talk", EKMAN7))
    unsure = dataclasses.replace(told, abstained="too unsure")
    assert Prior().applied(unsure, says, shipped=False) == unsure
    assert Prior().applied(unsure, says, shipped=True).abstained is None
    nothing = Emotion("text", EKMAN7, abstained="no words")
    assert Prior("balanced").applied(nothing, says, shipped=True) == nothing


def test_a_prior_of_other_labels_is_refused():
    with pytest.raises(UsageError, match="'talk' is one of neutral, joy"):
        Prior("talk").shares(IEMOCAP6, shipped=False)


def test_a_kept_model_says_what_it_assumes_and_an_older_one_nothing(tmp_path: Path):
    settings = keeping.read(weights.folder("text-default"))
    assert settings.about.prior == settings.prior
    assert sum(settings.prior) == pytest.approx(1, abs=1e-3)
    settings.write(tmp_path)
    assert keeping.read(tmp_path) == settings
    plain = json.loads((tmp_path / "settings.json").read_text())
    del plain["prior"], plain["worth"]
    (tmp_path / "settings.json").write_text(json.dumps(plain))
    assert (keeping.read(tmp_path).about.prior, keeping.read(tmp_path).about.worth) == ((), 1.0)


@pytest.mark.weights
def test_a_reading_is_more_neutral_as_talk_than_as_comments(tmp_path: Path):
    talk = tmp_path / "talk.txt"
    talk.write_text("Ann: I put the bags on the table.\nBen: Good, thanks.\n", encoding="utf-8")
    said = {
        kind: [t.emotion.score("neutral") for t in empathia.read(talk, prior=kind).turns]
        for kind in ("talk", "comments")
    }
    assert all(a > b for a, b in zip(said["talk"], said["comments"], strict=True))
    assert [t.emotion.scores for t in empathia.read(talk).turns] == [
        t.emotion.scores for t in empathia.read(talk, prior="talk").turns
    ]


@pytest.mark.weights
def test_less_risk_is_fewer_answers():
    with Conversation(Options(risk=0.01)) as strict, Conversation(Options(risk=0.99)) as loose:
        words = "Well, that may be so."
        assert loose.add(words).emotion.label is not None
        told = strict.add(words).emotion
    assert told.label is None
    assert "too unsure" in told.abstained


@pytest.mark.weights
@pytest.mark.parametrize("words", ["The train was late again today.", "오늘도 기차가 늦었어."])
def test_a_prior_moves_what_reads_of_itself(tmp_path, words):
    talk = tmp_path / "talk.txt"
    talk.write_text(f"Ann: {words}\n", encoding="utf-8")
    read = {kind: empathia.read(talk, prior=kind) for kind in ("talk", "comments")}
    neutral = {kind: r.turns[0].emotion.score("neutral") for kind, r in read.items()}
    assert neutral["talk"] > neutral["comments"]
    assert not any("--prior leaves its scores" in n for r in read.values() for n in r.notes)


@pytest.mark.usefixtures("third_party")
def test_a_prior_that_changes_nothing_is_told(tmp_path):
    talk = tmp_path / "talk.txt"
    talk.write_text("Ann: The train was late again today.\n", encoding="utf-8")
    notes = empathia.read(talk, prior="balanced", recognisers=("wordlist",)).notes
    assert any("--prior leaves its scores" in note for note in notes)
