from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.listen import gate
from empathia.listen.gate import CERTAIN, Evidence, believed, certainty, refused
from empathia.listen.words import Window
from empathia.types import Utterance, Word

SENTENCE = ["we", "went", "down", "to", "the", "river", "and", "watched", "boats", "come", "home"]
LOOP = ["i", "am", "not", "sure", "if", "i", "can", "see", "it"]


def window(texts, probabilities, start: float = 0.0, length: float = 10.0) -> Window:
    step = length / len(texts)
    if isinstance(probabilities, float):
        probabilities = [probabilities] * len(texts)
    words = [
        Word(text, start + i * step, start + (i + 1) * step, p)
        for i, (text, p) in enumerate(zip(texts, probabilities, strict=True))
    ]
    return Window(start, start + length, tuple(words), "en")


def wordless(*spans: tuple[float, float]) -> list[Utterance]:
    return [Utterance(f"{i}", i, "Ann", None, *span) for i, span in enumerate(spans)]


def loop(times: int = 6, start: float = 0.0) -> Window:
    """What an English model makes of German: doubtful at first, then ever more certain."""
    doubtful = [0.3] * len(LOOP)
    return window(LOOP * times, doubtful + [0.97] * len(LOOP) * (times - 1), start)


def test_certainty_is_the_mean_over_new_pairs():
    words = window(["a", "b", "a", "b"], [0.2, 0.4, 0.9, 1.0]).words
    # (start, a) (a, b) (b, a) are new; the second (a, b) is not
    assert certainty(words) == pytest.approx((0.2 + 0.4 + 0.9) / 3)
    assert certainty(()) is None


def test_case_and_punctuation_hide_no_repetition():
    words = window(["So", "what?", "so", "what!"], [0.2, 0.4, 0.9, 1.0]).words
    assert certainty(words) == pytest.approx((0.2 + 0.4 + 0.9) / 3)


def test_english_is_kept():
    heard = believed([window(SENTENCE, 0.9)], english_only=True)
    assert [w.text for w in heard.words] == SENTENCE
    assert (heard.language, heard.notes) == ("en", ())


@pytest.mark.parametrize("made_up", [window(SENTENCE, 0.35), loop()], ids=["doubtful", "loop"])
def test_english_that_a_model_of_english_makes_up_is_withheld_with_the_true_reason(made_up):
    heard = believed([made_up], english_only=True)
    assert (heard.words, heard.language) == ((), None)
    (note,) = heard.notes_on(wordless((0.0, 10.0)))
    assert note.startswith("words not available: the speech model knows English only and is too")
    assert "another language, or hard to hear" in note
    assert "--language en" in note
    assert "--asr-model" in note


@pytest.mark.parametrize("english_only", [True, False])
def test_real_speech_may_repeat_itself(english_only):
    refrain = replace(window(["kids", "are", "talking"] * 8, 0.9, length=12), compression=7.0)
    assert len(believed([refrain], english_only=english_only).words) == 24


def test_naming_the_language_switches_its_test_off():
    doubtful = believed([window(SENTENCE, 0.35)], english_only=True, language="en")
    assert len(doubtful.words) == len(SENTENCE)


def test_one_doubtful_window_is_withheld_alone():
    good = [window(SENTENCE, 0.95, start=i * 20.0) for i in range(3)]
    other = [f"{w}x" for w in SENTENCE]
    heard = believed([*good, window(other, CERTAIN - 0.15, start=60.0)], english_only=True)
    assert len(heard.words) == 3 * len(SENTENCE)
    assert heard.language == "en"
    assert [(w.start, w.end) for w in heard.withheld] == [(60.0, 70.0)]
    assert heard.notes_on([])[0].startswith("words not available at 60-70 s: ")


@given(
    st.lists(st.tuples(st.sampled_from([0.3, 0.5, 0.75, 0.95]), st.booleans()), max_size=8),
    st.integers(0, 8),
    st.sampled_from([None, "en"]),
)
def test_what_was_counted_tells_as_much_of_later_windows_as_if_it_were_judged(said, cut, language):
    texts = [SENTENCE, LOOP * 2]
    windows = [
        replace(window(texts[odd], sure, start=20.0 * i), language=("en", "ko")[odd])
        for i, (sure, odd) in enumerate(said)
    ]
    for english_only in (False, True):
        evidence = Evidence(given=language is not None)
        for counted in windows[:cut]:
            evidence.count(counted)
        whole = believed(windows, english_only=english_only, language=language)
        late = believed(
            windows[cut:], english_only=english_only, language=language, before=evidence
        )
        behind = 20.0 * cut
        assert late.windows == tuple(w for w in whole.windows if w.start >= behind)
        assert late.withheld == tuple(w for w in whole.withheld if w.start >= behind)
        if not english_only:
            assert (late.language, late.notes) == (whole.language, whole.notes)


def test_a_short_answer_is_judged_too():
    assert believed([window(["yes"], 0.9, length=0.4)], english_only=True).words
    assert not believed([window(["shh"], 0.2, length=0.4)], english_only=True).words


SAID = replace(window(SENTENCE, 0.6), language="de", language_probability=0.97)


def test_words_in_a_language_that_is_believed_are_kept():
    heard = believed([SAID], english_only=False)
    assert (heard.language, heard.windows, heard.notes_on([])) == ("de", (SAID,), ())


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"compression": 3.1, "words": window(SENTENCE, 0.5).words}, gate.REPEATS),
        ({"no_speech": 0.7, "words": window(SENTENCE, 0.5).words}, gate.SPEECHLESS),
        ({"compression": 18.0, "words": window(["A" + 40 * "h"], 0.8).words}, gate.REPEATS),
        ({"language_probability": 0.2, "words": window(SENTENCE, 0.3).words}, gate.STRANGE),
        ({"words": window(SENTENCE, 0.1).words}, gate.UNCERTAIN),
        ({"words": window(["you", "know"] * 50, 0.99).words}, gate.REPEATS),
    ],
    ids=["loop", "music", "endless word", "no language", "guesses", "rattle"],
)
def test_words_are_withheld_one_window_alone_for_the_reason_that_is_true(changed, reason):
    other = replace(SAID, start=40.0, end=50.0, **changed)
    heard = believed([SAID, other], english_only=False)
    assert heard.windows == (SAID,)
    assert [(w.start, w.end, w.reason) for w in heard.withheld] == [(40.0, 50.0, reason)]
    assert heard.notes_on(wordless((40.0, 50.0))) == (f"words not available at 40-50 s: {reason}",)


@pytest.mark.parametrize("language", [None, "de"])
def test_a_loop_is_one_in_any_language(language):
    looping = replace(SAID, compression=5.0, words=loop().words)
    assert believed([looping], english_only=False, language=language).words == ()


def test_a_language_that_is_given_is_not_doubted():
    strange = replace(SAID, language_probability=0.1, words=window(SENTENCE, 0.3).words)
    assert believed([strange], english_only=False).words == ()
    assert believed([strange], english_only=False, language="de").words == strange.words


@pytest.mark.parametrize(
    ("sure", "nobody", "told", "kept"),
    [
        (0.42, 0.3, 0.99, False),  # a language that the model does not know, taken for Latin
        (0.55, 0.4, 0.6, False),
        (0.52, 0.1, 0.9, True),  # German across a room
        (0.65, 0.3, 0.5, True),
    ],
)
def test_certainty_language_and_speech_count_together(sure, nobody, told, kept):
    words = window(SENTENCE, sure).words
    doubtful = replace(SAID, words=words, no_speech=nobody, language_probability=told)
    assert (believed([doubtful], english_only=False).words == words) == kept


@given(
    sure=st.floats(0.05, 0.95),
    nobody=st.floats(0, 1),
    told=st.floats(0, 1),
    better=st.floats(0, 1),
)
def test_better_evidence_is_never_believed_less(sure, nobody, told, better):
    def belief(sure: float, nobody: float, told: float) -> float:
        words = window(SENTENCE, sure).words
        heard = replace(SAID, words=words, no_speech=nobody, language_probability=told)
        return gate.belief(heard, given=False)

    least = belief(sure, nobody, told) - 1e-9
    assert belief(max(sure, better), nobody, told) >= least
    assert belief(sure, min(nobody, better), told) >= least
    assert belief(sure, nobody, max(told, better)) >= least


def test_one_word_is_not_withheld_for_being_short():
    for english_only in (False, True):
        yes = replace(window(["Yes."], 0.75, length=0.4), language="en")
        assert believed([yes], english_only=english_only).words == yes.words


def test_two_languages_are_two_and_the_recording_is_in_the_one_with_most_speech():
    english = replace(window(SENTENCE, 0.9, length=30.0), language="en")
    korean = replace(window(SENTENCE, 0.9, start=40.0, length=10.0), language="ko")
    heard = believed([korean, english], english_only=False)
    assert heard.language == "en"
    assert heard.notes_on([]) == ("2 languages: en 75 %, ko 25 %",)
    assert believed([english], english_only=False).notes_on([]) == ()


def test_every_turn_without_words_is_covered_by_a_note():
    looping = replace(SAID, start=40.0, end=50.0, compression=9.0, words=loop().words)
    heard = believed([SAID, looping], english_only=False)
    turns = wordless((42.0, 45.0), (60.0, 61.0), (70.0, 72.0))
    assert heard.notes_on(turns) == (
        f"words not available at 40-50 s: {gate.REPEATS}",
        f"words not available at 60-61 s, 70-72 s: {gate.SILENT}",
    )
    many = wordless(*((100.0 * i, 100.0 * i + 9) for i in range(1, 41)))
    (note,) = believed([SAID], english_only=False).notes_on(many)
    assert "100-109 s, " in note
    assert " and 35 more: " in note


def test_where_no_words_are_recognised_at_all_that_is_said_once():
    heard = believed([Window(0.0, 2.0, ())], english_only=False)
    assert (heard.words, heard.language) == ((), None)
    assert heard.notes_on(wordless((0.0, 2.0))) == (f"words not available: {gate.SILENT}",)


def test_another_language_is_refused_with_the_option_that_helps():
    heard = refused("ko", "whisper-tiny-en", english_only=True)
    assert heard.words == ()
    assert heard.language == "ko"
    assert "knows English only, not 'ko'" in heard.notes[0]
    (note,) = heard.notes_on(wordless((0.0, 1.0)))
    assert "--asr-model base" in note
