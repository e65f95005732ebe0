"""Turns as people take them, out of speech of known speakers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.listen.attribution import Stretch, attributed, text_of
from empathia.listen.speakers import SpeakerSpan
from empathia.listen.turns import TurnOptions, joined, turns
from empathia.listen.words import Window
from empathia.types import Word

PLAIN = TurnOptions(pad=0.0)


def spans(*given) -> list[SpeakerSpan]:
    return [SpeakerSpan(*s) for s in given]


def word(text: str, start: float, end: float | None = None) -> Word:
    return Word(text, start, start + 0.3 if end is None else end, 0.9)


def window(*words: Word, language: str | None = None) -> Window:
    return Window(words[0].start, words[-1].end, words, language)


def line(text: str, start: float, end: float) -> list[Word]:
    """Words of equal length, one behind the other."""
    parts = text.split()
    step = (end - start) / len(parts)
    return [Word(w, start + i * step, start + (i + 1) * step, 0.9) for i, w in enumerate(parts)]


def summary(speech, words=(), options=PLAIN):
    windows = [window(*words)] if words else []
    return [
        (round(t.start, 2), round(t.end, 2), t.speaker, text_of(t.words))
        for t in turns(spans(*speech), windows, options)
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
    assert len(summary(speech, [word(first, 0.5), word("so", 2.5)])) == count


def test_padding_counts_as_pause():
    speech = [(0.0, 1.0, 0), (1.9, 3.0, 0)]
    assert len(summary(speech, options=TurnOptions(pad=0.0))) == 1
    assert len(summary(speech, options=TurnOptions(pad=0.1))) == 2


def test_speech_without_any_pause_goes_on_however_short_the_pauses_may_be():
    speech = [(0.0, 1.0, 0, 0.9), (1.0, 3.0, 0, 0.5)]
    words = line("I see.", 0.2, 1.0) + line("Go on now", 1.0, 2.0)
    (whole,) = turns(spans(*speech), [window(*words)], TurnOptions(pause=0.2, sentence_pause=0.1))
    assert (whole.start, whole.end, text_of(whole.words)) == (0.0, 3.0, "I see. Go on now")


def test_a_turn_without_words_has_no_text():
    assert summary([(0.0, 1.0, 0)]) == [(0.0, 1.0, 0, None)]


def test_a_change_inside_of_a_stretch_makes_a_turn_at_a_boundary_of_words():
    # "much" straddles the change and lies mostly behind it.
    words = line("it is too much for me", 0.0, 3.0)
    heard = summary([(0.0, 1.7, 0), (1.7, 3.0, 1)], words)
    assert heard == [(0.0, 1.5, 0, "it is too"), (1.5, 3.0, 1, "much for me")]
    heard = summary([(0.0, 1.9, 0), (1.9, 3.0, 1)], words)
    assert heard == [(0.0, 2.0, 0, "it is too much"), (2.0, 3.0, 1, "for me")]


@pytest.mark.parametrize("change", [1.85, 2.0, 2.15])
def test_a_change_that_is_heard_too_soon_or_too_late_moves_behind_the_sentence(change):
    words = line("How are you?", 0.5, 2.0) + line("Fine, thank you.", 2.0, 3.5)
    heard = summary([(0.5, change, 0), (change, 3.5, 1)], words)
    assert heard == [(0.5, 2.0, 0, "How are you?"), (2.0, 3.5, 1, "Fine, thank you.")]


def test_a_word_between_two_people_who_leave_no_pause_is_cut_by_neither():
    words = [word("ready", 0.5, 1.4), word("go", 1.4, 2.0)]
    first, second = turns(spans((0.0, 1.2, 0), (1.22, 2.0, 1)), [window(*words)])
    assert first.end == second.start == pytest.approx(1.4)
    assert [*first.words, *second.words] == words


def test_a_word_in_a_gap_goes_to_the_nearest_speech():
    speech = [(0.0, 1.0, 0), (4.0, 5.0, 1)]
    words = [word("late", 1.2), word("early", 3.5), word("last", 9.0)]
    assert summary(speech, words) == [(0.0, 1.0, 0, "late"), (4.0, 5.0, 1, "early last")]


@pytest.mark.parametrize("speaker", [0, 1])
def test_the_end_of_a_sentence_stays_before_the_pause_that_it_is_put_behind(speaker):
    words = [
        Word("by", 1.0, 1.4, 1),
        Word("the", 1.4, 4.8, 1),
        Word("door.", 4.8, 4.8, 1),
        Word("Oh.", 4.8, 4.8, 1),
        Word("Yes.", 5.2, 5.6, 1),
    ]
    first, second = turns(spans((0.0, 2.0, 0), (5.0, 6.0, speaker)), [window(*words)])
    assert [(w.text, w.start, w.end) for w in first.words] == [
        ("by", 1.0, 1.4),
        ("the", 1.4, 2.0),
        ("door.", 2.0, 2.0),
    ]
    assert [(w.text, w.start, w.end) for w in second.words] == [
        ("Oh.", 5.0, 5.0),
        ("Yes.", 5.2, 5.6),
    ]


MHM = [
    pytest.param([(0, 8, 0), (4.2, 4.6, 1)], id="while the other speaks on"),
    pytest.param([(0, 4.2, 0), (4.2, 4.6, 1), (4.6, 8, 0)], id="in between"),
    pytest.param([(0, 4.1, 0), (4.0, 4.6, 1), (4.5, 8, 0)], id="over both ends"),
]


@pytest.mark.parametrize("speech", MHM)
def test_what_another_throws_in_leaves_a_turn_whole(speech):
    words = [*line("so we went down to the", 0, 4), *line("sea and it was cold", 4.7, 8)]
    heard = summary(speech, words)
    assert [(a, b, k) for a, b, k, _ in heard] == [(0, 8, 0), (speech[1][0], speech[1][1], 1)]
    assert heard[0][3] == "so we went down to the sea and it was cold"
    said = summary(speech, [*words[:6], word("mhm", 4.2, 4.5), *words[6:]])
    assert [t[2] for t in said] == [0, 1]
    if len(speech) == 3:  # both speak: it is not known whose word it is, and the first goes on
        assert said[1][3] == "mhm"


def test_two_things_thrown_in_are_two_turns():
    speech = [(0, 4, 0), (4, 4.4, 1), (4.4, 5, 0), (5, 5.4, 1), (5.4, 9, 0)]
    assert [t[:3] for t in summary(speech)] == [(0, 9, 0), (4, 4.4, 1), (5, 5.4, 1)]


def test_an_answer_ends_a_turn_as_quick_as_it_may_be():
    speech = [(0, 1.5, 0), (1.5, 1.8, 1), (1.8, 3, 0)]
    asked = [*line("you are Ann?", 0, 1.5), word("yes", 1.5, 1.8), *line("good then", 1.8, 3)]
    assert [t[3] for t in summary(speech, asked)] == ["you are Ann?", "yes", "good then"]


def test_quick_turns_about_are_no_asides():
    speech = [(0, 0.7, 0), (0.7, 1.3, 1), (1.3, 1.9, 0), (1.9, 2.6, 1)]
    assert [t[:3] for t in summary(speech)] == speech


def test_quick_turns_about_that_overlap_are_no_asides_either():
    speech = [(0, 0.9, 0), (0.7, 1.5, 1), (1.3, 2.2, 0), (2.0, 2.9, 1)]
    assert [t[:3] for t in summary(speech)] == speech


def test_who_speaks_on_while_another_does_goes_on_over_short_pauses():
    speech = [(0, 9, 0), (3, 5, 1), (5.3, 8, 1)]
    assert [t[:3] for t in summary(speech)] == [(0, 9, 0), (3, 8, 1)]


def test_a_long_answer_in_a_pause_is_no_aside():
    speech = [(0, 3, 0), (3, 5, 1), (5, 8, 0)]
    slow = TurnOptions(pause=4.0)
    assert [t[:3] for t in summary(speech, options=slow)] == speech


def test_a_word_said_while_two_speak_goes_to_who_spoke_before():
    words = line("and that is what I said", 0, 5)
    heard = summary([(0, 5, 0), (3.4, 9, 1)], [*words, *line("no you did not", 5.1, 9)])
    assert [t[3] for t in heard] == ["and that is what I said", "no you did not"]


def test_the_language_of_the_words_reaches_the_turn():
    speech = spans((0.0, 2.0, 0), (2.3, 4.0, 0), (4.2, 5.0, 0))
    said = [
        window(*line("guten Tag", 0, 2), language="de"),
        window(*line("hello there", 2.3, 4), language="en"),
    ]
    heard = turns(speech, said, PLAIN)
    assert [(t.end, t.language, text_of(t.words)) for t in heard] == [
        (2.0, "de", "guten Tag"),
        (5.0, "en", "hello there"),
    ]


def test_a_language_holds_over_speech_without_words():
    speech = spans((0, 1, 0), (1.2, 2, 0), (2.2, 3, 0))
    said = [window(word("ja", 0.2), language="de"), window(word("yes", 2.3), language="en")]
    assert [t.language for t in turns(speech, said, PLAIN)] == ["de", "en"]


def test_most_words_of_one_stretch_say_its_language():
    said = [
        window(*line("so sagt man", 0, 1.5), language="de"),
        window(word("okay", 1.6), language="en"),
    ]
    (turn,) = turns(spans((0, 2, 0)), said)
    assert turn.language == "de"
    assert text_of(turn.words) == "so sagt man okay"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([(0, 2, 0, None)], None),
        ([(0, 2, 0, 0.0)], 0.0),
        ([(0, 3, 0, 0.8), (3.1, 4.1, 0, 0.0)], 0.6),
        ([(0, 3, 0, 0.8), (3.1, 4.1, 0, None)], 0.8),
    ],
)
def test_how_sure_it_is_who_speaks_is_weighted_by_length(given, told):
    (turn,) = turns(spans(*given), [])
    assert turn.confidence == pytest.approx(told)


def test_a_long_turn_is_cut_behind_a_sentence_near_its_middle():
    speech = [(0.0, 9.0, 0), (9.2, 12.0, 0), (12.2, 22.0, 0)]
    words = [word("one", 8.5), word("two.", 11.5), word("three", 21.0)]
    assert summary(speech, words) == [(0.0, 12.0, 0, "one two."), (12.2, 22.0, 0, "three")]


def test_long_speech_without_a_pause_is_cut_between_words():
    words = [word(f"w{i}", i * 0.5, i * 0.5 + (0.3 if i == 25 else 0.5)) for i in range(50)]
    first, second = turns(spans((0.0, 25.0, 0, 0.7)), [window(*words, language="en")], PLAIN)
    assert first.end == second.start == pytest.approx(12.9)
    assert first.words[-1].text == "w25"
    assert second.words[0].text == "w26"
    assert {(t.language, t.confidence) for t in (first, second)} == {("en", 0.7)}


def test_long_speech_without_words_is_halved():
    assert summary([(2.0, 26.0, 3)]) == [(2.0, 14.0, 3, None), (14.0, 26.0, 3, None)]


def test_languages_without_spaces_are_written_without():
    words = [word("你", 0.0), word("好", 0.3)]
    assert text_of(words, "zh") == "你好"
    assert text_of(words, "en") == "你 好"
    assert text_of([]) is None
    mixed = [word(w, i) for i, w in enumerate(["学", "machine", "learning", "吧"])]
    assert text_of(mixed, "zh") == "学machine learning吧"


def test_nothing_gives_nothing():
    assert turns([], [window(word("ghost", 1.0))]) == []
    assert joined([]) == []


drawn_spans = st.lists(
    st.builds(
        lambda start, length, speaker, sure: SpeakerSpan(start, start + length, speaker, sure),
        st.floats(0, 60).map(lambda t: round(t, 2)),
        st.sampled_from([0.0, 0.1, 0.3, 0.5, 1.0, 3.0, 12.0, 28.0]),
        st.integers(0, 3),
        st.sampled_from([None, 0.0, 0.4, 0.9]),
    ),
    min_size=1,
    max_size=25,
)
back_to_back = st.lists(
    st.tuples(st.floats(0.05, 6), st.integers(0, 2)), min_size=1, max_size=25
).map(
    lambda parts: [
        SpeakerSpan(sum(p[0] for p in parts[:i]), sum(p[0] for p in parts[: i + 1]), k)
        for i, (_, k) in enumerate(parts)
    ]
)
drawn_words = st.lists(
    st.tuples(st.floats(0, 3), st.floats(0, 0.8), st.sampled_from(["", ".", "?"]), st.booleans()),
    max_size=50,
)
languages = st.sampled_from([None, "en", "de"])


def windows_of(drawn, names) -> list[Window]:
    at, parts = 0.0, [[]]
    for number, (gap, length, mark, closes) in enumerate(drawn):
        parts[-1].append(Word(f"{number}{mark}", at + gap, at + gap + length, 0.5))
        at += gap + length
        if closes:
            parts.append([])
    return [
        window(*p, language=names[i % len(names)] if names else None)
        for i, p in enumerate(parts)
        if p
    ]


@settings(deadline=None, max_examples=60)
@given(
    st.one_of(drawn_spans, back_to_back),
    drawn_words,
    st.lists(languages, max_size=4),
    st.sampled_from([0.2, 1.0, 5.0]),
)
def test_no_word_is_lost_and_no_turn_is_mixed_or_too_long(speech, spoken, names, pause):
    said = windows_of(spoken, names)
    made = turns(speech, said, TurnOptions(pause=pause, sentence_pause=pause / 2))
    words = [w.text for v in said for w in v.words]
    assert sorted(w.text for t in made for w in t.words) == sorted(words)
    assert [t.start for t in made] == sorted(t.start for t in made)
    assert all(t.end - t.start <= 20 + 1e-9 for t in made)
    for t in made:
        assert all(t.start <= w.start <= w.end <= t.end for w in t.words)
        assert t.language in {None, *(v.language for v in said)}
        assert t.language is None or t.words
    for speaker in {s.speaker for s in speech}:
        own = [t for t in made if t.speaker == speaker]
        assert own
        assert all(a.end <= b.start for a, b in pairwise(own))


@settings(deadline=None, max_examples=60)
@given(drawn_spans)
def test_every_span_is_in_turns_of_its_speaker(speech):
    for span in speech:
        mine = [t for t in turns(speech, []) if t.speaker == span.speaker]
        inside = sum(max(0, min(t.end, span.end) - max(t.start, span.start)) for t in mine)
        assert inside == pytest.approx(span.end - span.start, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(back_to_back, drawn_words)
def test_a_moved_change_loses_no_speech(speech, spoken):
    said = windows_of(spoken, [])
    covered = sum(s.end - s.start for s in attributed(speech, said))
    assert covered == pytest.approx(speech[-1].end, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_word_goes_where_a_full_search_would_put_it(data):
    starts = sorted(data.draw(st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True)))
    speech = [(s / 4, s / 4 + data.draw(st.integers(1, 3)) / 16, i) for i, s in enumerate(starts)]
    at = data.draw(st.floats(0, 110))
    lone = Word("x", at, at + 0.25, 1.0)
    overlap = [min(lone.end, e) - max(lone.start, s) for s, e, _ in speech]
    (holder,) = [s for s in attributed(spans(*speech), [window(lone)]) if s.words]
    assert overlap[holder.speaker] == pytest.approx(max(overlap))


def test_an_hour_of_turns_is_quick_enough_to_recurse():
    speech = spans(*((1.1 * i, 1.1 * i + 1.0, i // 900 % 2) for i in range(3300)))
    words = [word("so", 1.1 * i + 0.2) for i in range(3300)]
    made = turns(speech, [window(*words)])
    assert sum(len(t.words) for t in made) == 3300
    assert max(t.end - t.start for t in made) <= 20


def test_stretches_of_channels_are_joined_alike():
    one = Stretch(0, 4, 0, (word("well", 3.0),))
    other = Stretch(4.0, 4.5, 1, (word("mhm", 4.0),))
    rest = Stretch(4.4, 6, 0, (word("so", 5.0),))
    assert [(t.speaker, text_of(t.words)) for t in joined([one, rest, other])] == [
        (0, "well so"),
        (1, "mhm"),
    ]
