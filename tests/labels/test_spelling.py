"""Names that differ in their spelling alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.labels.spelling import composed, folded, spellings


@pytest.mark.parametrize(
    "alike",
    [
        ("Happy", "happy", "HAPPY", " happy ", "happy.", "happy!?"),
        ("very happy", "very_happy", "Very-Happy", "veryhappy"),
        ("Dr. Green", "dr green", "DR.GREEN"),
        ("Zoë", "Zoe\u0308", "ZOË"),
        ("Speaker 1", "speaker_1", "SPEAKER1", "\ufeffSpeaker\u00a01"),
    ],
)
def test_spellings_of_one_name(alike: tuple[str, ...]) -> None:
    assert len({folded(x) for x in alike}) == 1


@pytest.mark.parametrize(
    "apart",
    [
        ("1.5", "15"),
        ("-1", "1", "+1"),
        ("A+", "A-", "A"),
        ("1_11", "11_1"),
        ("happy 😀", "happy 😢"),
        ("...", "!!!", "-"),
        ("Ann", "Anna"),
        ("Zoë", "Zoe"),
    ],
)
def test_names_that_are_not_one(apart: tuple[str, ...]) -> None:
    assert len({folded(x) for x in apart}) == len(apart)


def test_the_usual_spelling_is_the_commonest_or_in_lower_case() -> None:
    assert spellings(["Sad", "Sad", "sad", "glad", "Glad", "calm"]) == {
        "Sad": ("Sad", "sad"),
        "glad": ("Glad", "glad"),
    }
    assert spellings(["sad", "glad", "sad"]) == {}


@given(st.text(min_size=1))
def test_a_name_is_alike_itself_in_any_form_and_case(name: str) -> None:
    for form in ("NFC", "NFD"):
        assert composed(unicodedata.normalize(form, name)) == composed(name)
    assert folded(name)
