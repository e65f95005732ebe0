from __future__ import annotations

import numpy as np
import pytest
import sounds

from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.ear import Ear
from empathia.listen.words import Window
from empathia.types import Audio, Utterance, Word

RATE = 16000
TONES = {"en": 0.1, "de": 0.2, "ko": 0.3, "cy": 0.4}  # what a sample of each language is


class Polyglot:
    """A model that reads languages off the level of the sound, and notes what it is asked."""

    name = "polyglot"
    english_only = False

    def __init__(self) -> None:
        self.heard: list[tuple[str, float, float]] = []
        self.hints: list[str] = []
        self.skipped: list[float] = []

    def knows(self, language: str) -> bool:
        return language in TONES

    def encode(self, audio: Audio) -> Audio:
        return audio

    def glimpse(self, audio: Audio) -> dict[str, float]:
        return self.languages(audio)

    def languages(self, audio: Audio) -> dict[str, float]:
        counts = {x: float(np.isclose(audio.samples, v).mean()) for x, v in TONES.items()}
        return {x: (0.96 * c + 0.01) for x, c in counts.items()}

    def transcribe(self, audio: Audio, start: float, language: str, hints: str) -> list[Window]:
        end = start + audio.duration
        self.heard.append((language, start, end))
        self.hints.append(hints)
        words = tuple(
            Word("word", at, min(at + 0.25, end), 0.9)
            for at in np.arange(start, end - 0.01, 0.25).tolist()
            if at not in self.skipped
        )
        return [Window(start, end, words, language)]


def sound(*parts: tuple[str | None, float]) -> Audio:
    """Seconds of each language, or of silence."""
    pieces = [np.full(round(s * RATE), 0.0 if x is None else TONES[x]) for x, s in parts]
    return Audio(np.concatenate(pieces).astype(np.float32), RATE)


def test_a_window_in_one_language_is_heard_as_a_whole():
    model = Polyglot()
    dictation = Dictation(ListenOptions(), model)
    dictation.add(sound(("ko", 3), (None, 1), ("ko", 4)), 10.0, [(10, 13), (14, 18)])
    assert model.heard == [("ko", 10.0, 18.0)]
    assert dictation.finish().language == "ko"


def test_a_window_is_cut_where_its_language_changes():
    model = Polyglot()
    dictation = Dictation(ListenOptions(), model)
    window = sound(("en", 3), (None, 1), ("ko", 4), (None, 0.5), ("ko", 2))
    dictation.add(window, 0.0, [(0, 3), (4, 8), (8.5, 10.5)])
    assert model.heard == [("en", 0.0, 3.0), ("ko", 4.0, 10.5)]
    heard = dictation.finish()
    assert [w.language for w in heard.windows] == ["en", "ko"]
    assert heard.language == "ko"
    assert "2 languages: ko 68 %, en 32 %" in heard.notes_on([])


def test_a_stretch_without_a_word_is_heard_by_itself():
    model = Polyglot()
    model.skipped = [3.5, 3.75, 4.0, 4.25, 4.5, 4.75, 5.0, 7.0, 7.25]
    dictation = Dictation(ListenOptions(), model)
    speech = [(0.0, 3.0), (3.5, 5.0), (7.0, 7.5), (8.0, 9.0)]
    dictation.add(sound(("en", 9)), 0.0, speech)
    assert model.heard == [("en", 0.0, 9.0), ("en", 3.5, 5.0)]
    assert [w.start for w in dictation.windows] == [0.0]  # it has nothing to say there, either
    dictation.retract(0.0)
    model.skipped = [3.5, 3.75, 4.0, 4.25, 4.5, 4.75]
    dictation.add(sound(("en", 9)), 0.0, [(0.0, 3.4), (3.4, 5.0), (5.1, 9.0)])
    assert [(w.start, len(w.words)) for w in dictation.windows] == [(0.0, 30), (3.4, 7)]


@pytest.mark.weights
def test_a_sentence_that_is_said_three_times_is_written_three_times():
    """Whisper writes what repeats itself once; nothing of the kind is learnt from silence."""
    sentence = np.r_[sounds.example(7, 10), np.zeros(RATE)].astype(np.float32)
    dictation = Dictation(ListenOptions())
    ear = Ear(dictation, None)
    ear.add(Audio(np.tile(sentence, 3), RATE))
    ear.finish()
    words = [w.text.strip(".,").lower() for v in dictation.finish().windows for w in v.words]
    assert words.count("morning") == 3


def test_a_short_answer_is_written_in_the_language_of_the_talk():
    model = Polyglot()
    dictation = Dictation(ListenOptions(), model)
    dictation.add(sound(("de", 9)), 0.0, [(0, 9)])
    dictation.add(sound(("cy", 0.5)), 20.0, [(20, 20.5)])
    assert [language for language, _, _ in model.heard] == ["de", "de"]


def test_what_is_heard_again_counts_once():
    model = Polyglot()
    again, once = (Dictation(ListenOptions(), model) for _ in range(2))
    for dictation in (again, once):
        dictation.add(sound(("de", 4)), 0.0, [(0, 4)])
    for seconds in (1.0, 2.0, 3.0):
        again.add(sound(("ko", seconds)), 10.0, [(10, 10 + seconds)])
        again.retract(10.0)
    for dictation in (again, once):
        dictation.add(sound(("ko", 3.5)), 10.0, [(10, 13.5)])
    assert again.windows == once.windows


def test_a_language_that_is_given_is_written_without_asking():
    model = Polyglot()
    dictation = Dictation(ListenOptions(language="ko", hints="Ann, Bratislava"), model)
    dictation.add(sound(("en", 5)), 0.0, [(0, 5)])
    assert [language for language, _, _ in model.heard] == ["ko"]
    assert model.hints == ["Ann, Bratislava"]
    assert dictation.finish().language == "ko"


def test_a_language_that_the_model_does_not_know_is_refused():
    model = Polyglot()
    dictation = Dictation(ListenOptions(language="xx"), model)
    assert dictation.add(sound(("en", 5)), 0.0) == []
    heard = dictation.finish()
    assert (heard.words, model.heard) == ((), [])
    (note,) = heard.notes_on([Utterance("a", 0, "Ann", None, 0.0, 5.0)])
    assert "does not know 'xx'" in note


def test_each_window_comes_with_the_speech_in_it_and_no_other():
    class Noted(Dictation):
        def add(self, audio, start, speech=()):
            given.append((start, start + audio.duration, list(speech)))
            return []

    given: list[tuple[float, float, list[tuple[float, float]]]] = []
    ear = Ear(Noted(ListenOptions()), None)
    talk = np.concatenate([sounds.example(0, 40), np.zeros(5 * RATE), sounds.example(0, 10)])
    for at in range(0, len(talk), 10 * RATE):
        ear.add(Audio(talk[at : at + 10 * RATE].astype(np.float32), RATE))
    ear.finish()
    assert len(given) > 2
    assert [span for _, _, spans in given for span in spans] == [
        (s.start, s.end) for s in ear.segments
    ]
    for start, end, spans in given:
        assert start == spans[0][0]
        assert end == pytest.approx(spans[-1][1], abs=1e-3)


@pytest.mark.parametrize("options", [ListenOptions(words=False), ListenOptions()])
def test_nothing_is_said_of_words_that_were_not_wanted_or_never_came(options):
    dictation = Dictation(options)
    if not options.words:
        dictation.add(sound(("en", 5)), 0.0)
    assert dictation.finish().notes_on([Utterance("a", 0, "Ann", None, 0.0, 5.0)]) == ()
