from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.listen.turns import TurnOptions, text_of, turns
from empathia.types import Word

PLAIN = TurnOptions(pad=0.0)


def word(text: str, start: float, end: float | None = None) -> Word:
    return Word(text, start, start + 0.3 if end is None else end, 0.9)


def summary(speech, words=(), options=PLAIN):
    return [
        (round(t.start, 2), round(t.end, 2), t.speaker, text_of(t.words))
        for t in turns(speech, words, options)
    ]


def test_a_change_of_speaker_ends_a_turn():
    speech = [(0.0, 1.0, 0), (1.1, 2.0, 1), (2.1, 3.0, 1)]
    words = [word("hello", 0.2), word("hi", 1.3), word("there", 2.2)]
    assert summary(speech, words) == [(0.0, 1.0, 0, "hello"), (1.1, 3.0, 1, "hi there")]


@pytest.mark.parametrize(
    ("first", "pause", "count"),
    [("well", 0.9, 1), ("well", 1.1, 2), ("well.", 0.4, 1), ("well.", 0.6, 2), ('well?"', 0.6, 2)],
)
def test_a_pause_ends_a_turn_sooner_behind_a_sentence(first, pause, count):
    speech = [(0.0, 1.0, 0), (1.0 + pause, 3.0, 0)]
    assert len(turns(speech, [word(first, 0.5), word("so", 2.5)], PLAIN)) == count


def test_padding_counts_as_pause():
    speech = [(0.0, 1.0, 0), (1.9, 3.0, 0)]
    assert len(turns(speech, [], TurnOptions(pad=0.0))) == 1
    assert len(turns(speech, [], TurnOptions(pad=0.1))) == 2


def test_a_turn_without_words_has_no_text():
    assert summary([(0.0, 1.0, 0)]) == [(0.0, 1.0, 0, None)]


def test_a_word_in_a_gap_goes_to_the_nearest_speech():
    speech = [(0.0, 1.0, 0), (4.0, 5.0, 1)]
    words = [word("late", 1.2), word("early", 3.5), word("last", 9.0)]
    assert summary(speech, words) == [(0.0, 1.0, 0, "late"), (4.0, 5.0, 1, "early last")]


def test_the_end_of_a_sentence_stays_before_the_pause_that_it_is_put_behind():
    speech = [(0.0, 2.0, 0), (5.0, 6.0, 1)]
    words = [
        Word("by", 1.0, 1.4, 1),
        Word("the", 1.4, 4.8, 1),
        Word("door.", 4.8, 4.8, 1),
        Word("Oh.", 4.8, 4.8, 1),
        Word("Yes.", 5.2, 5.6, 1),
    ]
    assert summary(speech, words) == [(0.0, 2.0, 0, "by the door."), (5.0, 6.0, 1, "Oh. Yes.")]
    first, second = turns(speech, words)
    assert [(w.start, w.end) for w in first.words] == [(1.0, 1.4), (1.4, 2.0), (2.0, 2.0)]
    assert [(w.start, w.end) for w in second.words] == [(5.0, 5.0), (5.2, 5.6)]


def test_a_long_turn_is_cut_behind_a_sentence_near_its_middle():
    speech = [(0.0, 9.0, 0), (9.2, 12.0, 0), (12.2, 22.0, 0)]
    words = [word("one", 8.5), word("two.", 11.5), word("three", 21.0)]
    assert summary(speech, words) == [(0.0, 12.0, 0, "one two."), (12.2, 22.0, 0, "three")]


def test_long_speech_without_a_pause_is_cut_between_words():
    words = [word(f"w{i}", i * 0.5, i * 0.5 + (0.3 if i == 25 else 0.5)) for i in range(50)]
    first, second = turns([(0.0, 25.0, 0)], words, PLAIN)
    assert first.end == second.start == pytest.approx(12.9)
    assert first.words[-1].text == "w25"
    assert second.words[0].text == "w26"


def test_long_speech_without_words_is_halved():
    assert summary([(2.0, 26.0, 3)]) == [(2.0, 14.0, 3, None), (14.0, 26.0, 3, None)]


def test_languages_without_spaces_are_written_without():
    words = [word("你", 0.0), word("好", 0.3)]
    assert text_of(words, "zh") == "你好"
    assert text_of(words, "en") == "你 好"
    assert text_of([]) is None


def test_nothing_gives_nothing():
    assert turns([], [word("ghost", 1.0)]) == []


stretches = st.lists(
    st.tuples(st.floats(0, 2), st.floats(0.05, 28), st.integers(0, 2)), min_size=1, max_size=25
)
timed = st.lists(st.tuples(st.floats(0, 3), st.floats(0, 0.8), st.booleans()), max_size=60)


@settings(deadline=None, max_examples=60)
@given(stretches, timed)
def test_no_word_is_lost_and_no_turn_is_mixed_or_too_long(drawn, spoken):
    at, speech = 0.0, []
    for gap, length, speaker in drawn:
        speech.append((at + gap, at + gap + length, speaker))
        at += gap + length
    at, words = 0.0, []
    for gap, length, ends in spoken:
        words.append(Word(f"{len(words)}{'.' if ends else ''}", at + gap, at + gap + length, 0.5))
        at += gap + length
    made = turns(speech, words)
    assert [w.text for t in made for w in t.words] == [w.text for w in words]
    assert [t.start for t in made] == sorted(t.start for t in made)
    assert all(t.end - t.start <= 20 + 1e-9 for t in made)
    covered = sum(t.end - t.start for t in made)
    assert covered >= sum(end - start for start, end, _ in speech) - 1e-6
    for t in made:
        speakers = {k for start, end, k in speech if start < t.end - 1e-9 and end > t.start + 1e-9}
        assert speakers == {t.speaker}


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_word_goes_where_a_full_search_would_put_it(data):
    starts = sorted(data.draw(st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True)))
    speech = [(s / 4, s / 4 + data.draw(st.integers(1, 3)) / 16, i) for i, s in enumerate(starts)]
    at = data.draw(st.floats(0, 110))
    lone = Word("x", at, at + 0.25, 1.0)
    overlap = [min(lone.end, e) - max(lone.start, s) for s, e, _ in speech]
    (holder,) = [t for t in turns(speech, [lone], TurnOptions(pause=0, pad=0)) if t.words]
    assert overlap[holder.speaker] == max(overlap)


def test_an_hour_of_turns_is_quick_enough_to_recurse():
    speech = [(1.1 * i, 1.1 * i + 1.0, 0) for i in range(3300)]
    words = [word("so", 1.1 * i + 0.2) for i in range(3300)]
    made = turns(speech, words)
    assert sum(len(t.words) for t in made) == 3300
    assert max(t.end - t.start for t in made) <= 20
