from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.listen.spoken import LanguagesSoFar, code_of, names_of

LANGUAGES = ("en", "de", "ko", "cy", "jw", "yue", *(f"x{i}" for i in range(94)))


def opinion(**said: float) -> dict[str, float]:
    """What a model says of one stretch; what is left is shared by the others."""
    rest = (1 - sum(said.values())) / (len(LANGUAGES) - len(said))
    return {name: said.get(name, rest) for name in LANGUAGES}


def told(*opinions: tuple[dict[str, float], float]) -> list[str]:
    return [language for language, _ in LanguagesSoFar().add(opinions)]


def test_one_stretch_is_in_the_language_it_is_taken_for():
    ((language, sure),) = LanguagesSoFar().add([(opinion(ko=0.9), 4.0)])
    assert language == "ko"
    assert sure == pytest.approx(0.9, abs=0.01)


def test_a_short_answer_stays_in_the_language_of_the_talk():
    talk = LanguagesSoFar()
    talk.add([(opinion(de=0.95), 8.0)])
    assert talk.add([(opinion(cy=0.6, de=0.2), 0.8)])[0][0] == "de"
    assert told((opinion(cy=0.6, de=0.2), 0.8)) == ["cy"]  # by itself it would not


def test_later_speech_of_a_window_tells_the_language_of_its_first_word():
    assert told((opinion(cy=0.5, de=0.3), 0.8), (opinion(de=0.97), 6.0)) == ["de", "de"]


def test_two_languages_in_one_window_are_two():
    said = [(opinion(en=0.97), 3.0), (opinion(ko=0.96), 3.0), (opinion(en=0.95), 3.0)]
    assert told(*said) == ["en", "ko", "en"]


def test_a_talk_that_changes_its_language_is_followed():
    talk = LanguagesSoFar()
    for _ in range(20):
        talk.add([(opinion(en=0.98), 10.0)])
    assert talk.add([(opinion(ko=0.9), 4.0)])[0][0] == "ko"


def test_a_language_that_was_heard_is_likelier_than_a_new_one():
    talk = LanguagesSoFar()
    talk.add([(opinion(en=0.97), 8.0), (opinion(ko=0.97), 8.0), (opinion(en=0.97), 8.0)])
    assert talk.add([(opinion(ko=0.45, cy=0.45), 3.0)])[0][0] == "ko"


@given(
    st.lists(
        st.tuples(
            st.lists(st.floats(0, 1), min_size=100, max_size=100).filter(any), st.floats(0.2, 28)
        ),
        min_size=2,
        max_size=6,
    ),
    st.data(),
)
def test_windows_by_themselves_do_not_know_what_comes(stretches, data):
    opinions = [
        (dict(zip(LANGUAGES, np.array(p) / sum(p), strict=True)), seconds)
        for p, seconds in stretches
    ]
    cut = data.draw(st.integers(1, len(opinions) - 1))
    whole, start = LanguagesSoFar(), LanguagesSoFar()
    first = [whole.add([o])[0] for o in opinions]
    assert [start.add([o])[0] for o in opinions[:cut]] == first[:cut]
    assert all(0 < sure <= 1 + 1e-9 for _, sure in first)


def test_codes_are_those_that_others_know():
    assert (code_of("jw"), code_of("yue"), code_of("de")) == ("jv", "zh", "de")
    assert names_of("jv")[0] == "jw"
    assert names_of("zh") == ("zh",)
    assert names_of("ko") == ("ko",)
