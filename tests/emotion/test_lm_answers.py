"""Answers of language models: one label or none, and probabilities that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.emotion.lm.answers import Calibration, parse
from empathia.labels import EKMAN7
from empathia.metrics.calibration import expected_calibration_error

LABELS = (*EKMAN7, "happy", "sad")


@pytest.mark.parametrize("text", ["joy", " Joy.", '"JOY"', "**joy**", "(joy)!", "“Joy.”", "joy\n"])
def test_one_label_whatever_stands_around_it(text):
    assert parse(text, LABELS) == "joy"


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "...", "not sad", "unhappy", "joy and anger", "joy, anger", "sad sad"),
        *("joyful", "The answer is joy.", "joy\nanger", "no joy", "jo", "happy/sad", "Freude"),
    ],
)
def test_anything_else_is_no_label(text):
    assert parse(text, LABELS) is None


def test_labels_of_several_words_and_of_other_scripts():
    labels = ("very angry", "기쁨", "don't know")
    assert parse("Very  angry.", labels) == "very angry"
    assert parse("'기쁨'", labels) == "기쁨"
    assert parse("Don't know!", labels) == "don't know"
    assert parse("angry", labels) is None
    assert [parse(x, ("+", "-", "angry", "angry!")) for x in ("-", "angry!")] == ["-", "angry!"]


@given(st.text("joyJOYsad .,!\"'né", max_size=9))
def test_what_is_parsed_was_said(text):
    found = parse(text, LABELS)
    assert found is None or found in text.casefold() or not text.isascii()


@given(st.sampled_from(LABELS), st.sampled_from(LABELS))
def test_two_labels_are_none(one, other):
    assert parse(f"{one} {other}", LABELS) is None


def drawn(n: int, scale: float, bias: list[float]):
    """Log likelihoods, and labels that come as often as these say after ``scale`` and ``bias``."""
    rng = np.random.default_rng(3)
    said = rng.normal(size=(n, 3)) * 4
    z = said * scale + bias
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    gold = np.array([rng.choice(3, p=row) for row in p])
    return said, np.eye(3)[gold]


def test_temperature_and_offsets_are_found_and_confidence_comes_true():
    said, gold = drawn(4000, 0.25, [1.0, 0.0, -1.0])
    fitted = Calibration.fit(said[:2000], gold[:2000], exclusive=True)
    assert fitted.scale == pytest.approx((0.25,) * 3, rel=0.1)
    assert np.subtract(fitted.bias, np.mean(fitted.bias)) == pytest.approx([1, 0, -1], abs=0.2)
    p = fitted(said[2000:], exclusive=True)
    right = p.argmax(1) == gold[2000:].argmax(1)
    assert p.sum(1) == pytest.approx(1)
    assert expected_calibration_error(p.max(1), right) < 0.04


def test_selecting_by_macro_f1_gives_rare_labels_a_chance():
    said, gold = drawn(800, 0.1, [3.0, 0.0, -0.5])
    likely = Calibration.fit(said, gold, exclusive=True)(said, exclusive=True)
    fair = Calibration.fit(said, gold, exclusive=True, select="macro_f1")(said, exclusive=True)
    assert (fair.argmax(1) > 0).mean() > (likely.argmax(1) > 0).mean()


def test_without_offsets_the_likeliest_stays_the_likeliest():
    said, gold = drawn(300, 0.3, [2.0, 0.0, 0.0])
    fitted = Calibration.fit(said, gold, exclusive=True, offsets=False)
    assert (fitted(said, exclusive=True).argmax(1) == said.argmax(1)).all()


def test_odds_of_labels_that_do_not_exclude_each_other():
    rng = np.random.default_rng(1)
    odds = rng.normal(size=(2000, 2)) * 3
    there = (rng.random((2000, 2)) < 1 / (1 + np.exp(-(odds * [0.5, 1.0] - 1)))).astype(float)
    there[::3, 1] = np.nan
    fitted = Calibration.fit(odds, there, exclusive=False)
    assert fitted.scale == pytest.approx((0.5, 1.0), rel=0.25)
    assert fitted.bias == pytest.approx((-1, -1), abs=0.3)
    nothing = Calibration.fit(odds, np.zeros((2000, 2)), exclusive=False)
    assert (nothing.scale, nothing.bias) == ((1.0, 1.0), (0.0, 0.0))


@pytest.mark.parametrize("change", [{"scale": [1.0]}, {"bias": []}, {"scale": [0, 1, 1]}, {"x": 1}])
def test_a_calibration_comes_back_or_is_refused(change):
    made = Calibration.fit(*drawn(50, 1.0, [0.0] * 3), exclusive=True)
    assert Calibration.restored(made.plain(), 3) == made
    with pytest.raises((TypeError, ValueError)):
        Calibration.restored(made.plain() | change, 3)


def test_of_no_turns_nothing_is_fitted():
    made = Calibration.fit(np.zeros((0, 3)), np.zeros((0, 3)), exclusive=True)
    assert made == Calibration.none(3)
