from __future__ import annotations

import numpy as np
import pytest

from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.gate import CERTAIN, believed, certainty, refused
from empathia.listen.words import LanguageVote, Window
from empathia.types import Audio, Word

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
    return Window(start, start + length, tuple(words))


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
def test_invented_english_is_withheld_with_its_reason(made_up):
    heard = believed([made_up], english_only=True)
    assert heard.words == ()
    assert heard.language is None
    (note,) = heard.notes
    assert note.startswith("words not available")
    assert "--language en" in note
    assert "--asr-model" in note


def test_real_speech_may_repeat_itself():
    heard = believed([window(["kids", "are", "talking"] * 8, 0.9, length=12)], english_only=True)
    assert len(heard.words) == 24


def test_naming_the_language_switches_the_gate_off_but_not_the_loop_check():
    doubtful = believed([window(SENTENCE, 0.35)], english_only=True, language="en")
    assert len(doubtful.words) == len(SENTENCE)
    looping = believed([loop()], english_only=True, language="en")
    assert looping.words == ()
    assert "0-10 s" in looping.notes[0]


def test_one_doubtful_window_is_withheld_alone():
    good = [window(SENTENCE, 0.95, start=i * 20.0) for i in range(3)]
    other = [f"{w}x" for w in SENTENCE]
    heard = believed([*good, window(other, CERTAIN - 0.15, start=60.0)], english_only=True)
    assert len(heard.words) == 3 * len(SENTENCE)
    assert heard.language == "en"
    assert "60-70 s" in heard.notes[0]


def test_a_rate_that_nobody_speaks_is_a_loop():
    rattle = window(["you", "know"] * 30, 0.99, length=2.0)
    assert believed([rattle], english_only=False, detected="en").words == ()


def test_a_short_answer_is_judged_too():
    assert believed([window(["yes"], 0.9, length=0.4)], english_only=True).words
    assert not believed([window(["shh"], 0.2, length=0.4)], english_only=True).words


def test_a_multilingual_model_says_its_language():
    heard = believed([window(SENTENCE, 0.4)], english_only=False, detected="de")
    assert (heard.language, len(heard.words), heard.notes) == ("de", len(SENTENCE), ())


def test_where_no_words_are_recognised_that_is_said():
    heard = believed([Window(0.0, 2.0, ())], english_only=True)
    assert (heard.words, heard.language) == ((), None)
    assert heard.notes == ("words not available: the speech model recognised none",)
    assert believed([], english_only=True).notes == ()


def test_another_language_is_refused_with_the_option_that_helps():
    heard = refused("ko", "whisper-tiny-en", english_only=True)
    assert heard.words == ()
    assert heard.language == "ko"
    assert "knows English only, not 'ko'" in heard.notes[0]
    assert "--asr-model small" in heard.notes[0]


def test_the_vote_weighs_windows_by_length_and_settles():
    vote = LanguageVote(seconds=60, sure=0.95)
    assert (vote.language, vote.probability, vote.settled) == (None, 0.0, False)
    vote.add({"en": 0.7, "de": 0.3}, 5.0)
    vote.add({"en": 0.2, "de": 0.8}, 15.0)
    assert vote.language == "de"
    assert vote.probability == pytest.approx((0.3 * 5 + 0.8 * 15) / 20)
    assert not vote.settled
    vote.add({"de": 0.9}, 45.0)
    assert vote.settled
    quick = LanguageVote(seconds=60, sure=0.95)
    quick.add({"fr": 0.99}, 12.0)
    assert quick.settled


class Polyglot:
    """Stands in for a multilingual model, which no package brings: says what it was asked."""

    name = "polyglot"
    english_only = False

    def __init__(self) -> None:
        self.languages_given: list[str] = []

    def knows(self, language: str) -> bool:
        return language in ("en", "de", "ko")

    def languages(self, audio: Audio) -> dict[str, float]:
        return {"de": 0.97, "en": 0.02} if audio.samples.any() else {"de": 0.4, "en": 0.6}

    def transcribe(self, audio: Audio, start: float, language: str = "en") -> Window:
        self.languages_given.append(language)
        return window(SENTENCE, 0.4, start, audio.duration)


def dictated(model: Polyglot, *windows, language: str | None = None):
    dictation = Dictation(ListenOptions(language=language), model)
    for number, samples in enumerate(windows):
        dictation.add(Audio(np.asarray(samples, np.float32), 16000), 30.0 * number)
    return dictation.finish()


def test_a_multilingual_model_finds_out_the_language_once():
    model = Polyglot()
    quiet, loud = np.zeros(2 * 16000), np.ones(15 * 16000)
    heard = dictated(model, quiet, loud, loud, loud)
    assert model.languages_given == ["en", "de", "de", "de"]
    assert heard.language == "de"
    assert heard.words


def test_a_multilingual_model_heeds_the_users_language():
    model = Polyglot()
    assert dictated(model, np.ones(16000), language="ko").language == "ko"
    assert model.languages_given == ["ko"]
    unknown = dictated(model, np.ones(16000), language="xx")
    assert model.languages_given == ["ko"]
    assert unknown.words == ()
    assert "does not know 'xx'" in unknown.notes[0]
