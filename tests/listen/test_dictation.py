from __future__ import annotations

import threading

import numpy as np
import pytest
import sounds
from costs import calls
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.errors import UsageError
from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.ear import DRAFTING, LIVE, TALKING, Ear, Hearing
from empathia.listen.gate import Believed
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
        self.lasting = 0.25  # s of the first word of what is longer than 4 s

    def knows(self, language: str) -> bool:
        return language in TONES

    def encode(self, audio: Audio) -> Audio:
        return audio

    def glimpse(self, audio: Audio) -> dict[str, float]:
        return self.languages(audio)

    def languages(self, audio: Audio) -> dict[str, float]:
        counts = {x: float(np.isclose(audio.samples, v).mean()) for x, v in TONES.items()}
        return {x: (0.96 * c + 0.01) for x, c in counts.items()}

    def transcribe(
        self, audio: Audio, start: float, language: str, hints: str, *, quick: bool = False
    ) -> list[Window]:
        end = start + audio.duration
        self.heard.append((language, start, end))
        self.hints.append(hints)
        words = [
            Word("word", at, min(at + 0.25, end), 0.9)
            for at in np.arange(start, end - 0.01, 0.25).tolist()
            if at not in self.skipped
        ]
        if audio.duration > 4:
            words[0] = Word("word", start, start + self.lasting, 0.9)
        return [Window(start, end, tuple(words), language)]


def sound(*parts: tuple[str | None, float]) -> Audio:
    """Seconds of each language, or of silence."""
    pieces = [np.full(round(s * RATE), 0.0 if x is None else TONES[x]) for x, s in parts]
    return Audio(np.concatenate(pieces).astype(np.float32), RATE)


class Noted(Dictation):
    """Notes what it is given, and forgets what is retracted."""

    is_idle = is_alone = True

    def __init__(self) -> None:
        super().__init__(ListenOptions())
        self.given: list[tuple[float, float, list[tuple[float, float]]]] = []
        self.asked = 0

    def add(self, audio, start, speech=()):
        self.given.append((start, start + audio.duration, list(speech)))
        self.asked += 1

    def retract(self, start):
        while self.given and self.given[-1][0] >= start:
            self.given.pop()


def lively() -> np.ndarray:
    """Talk with pauses of all lengths, cut so that some fall where speech is hardly begun."""
    parts = [sounds.example(a, a + 1.7) for a in (0, 4, 8.3, 14, 21, 30)]
    rests = [np.zeros(round(s * RATE)) for s in (0.12, 0.16, 0.2, 0.3, 0.45, 1.2)]
    return np.concatenate([x for pair in zip(parts, rests, strict=True) for x in pair] * 2)


def test_a_window_in_one_language_is_heard_as_a_whole():
    model = Polyglot()
    dictation = Dictation(ListenOptions(), model)
    dictation.add(sound(("ko", 3), (None, 1), ("ko", 4)), 10.0, [(10, 13), (14, 18)])
    assert dictation.finish().language == "ko"
    assert model.heard == [("ko", 10.0, 18.0)]


def test_a_window_is_cut_where_its_language_changes():
    model = Polyglot()
    dictation = Dictation(ListenOptions(), model)
    window = sound(("en", 3), (None, 1), ("ko", 4), (None, 0.5), ("ko", 2))
    dictation.add(window, 0.0, [(0, 3), (4, 8), (8.5, 10.5)])
    heard = dictation.finish()
    assert model.heard == [("en", 0.0, 3.0), ("ko", 4.0, 10.5)]
    assert [w.language for w in heard.windows] == ["en", "ko"]
    assert heard.language == "ko"
    assert "2 languages: ko 68 %, en 32 %" in heard.notes_on([])


def test_a_stretch_without_a_word_is_heard_by_itself():
    model = Polyglot()
    model.skipped = [3.5, 3.75, 4.0, 4.25, 4.5, 4.75, 5.0, 7.0, 7.25]
    dictation = Dictation(ListenOptions(), model)
    speech = [(0.0, 3.0), (3.5, 5.0), (7.0, 7.5), (8.0, 9.0)]
    dictation.add(sound(("en", 9)), 0.0, speech)
    assert [w.start for w in dictation.windows] == [0.0]  # it has nothing to say there, either
    assert model.heard == [("en", 0.0, 9.0), ("en", 3.5, 5.0)]
    dictation.retract(0.0)
    model.skipped = [3.5, 3.75, 4.0, 4.25, 4.5, 4.75]
    dictation.add(sound(("en", 9)), 0.0, [(0.0, 3.4), (3.4, 5.0), (5.1, 9.0)])
    assert [(w.start, len(w.words)) for w in dictation.windows] == [(0.0, 30), (3.4, 7)]


@pytest.mark.parametrize(
    ("lasting", "again"), [(1.4, []), (2.0, [(0.0, 3.0), (3.5, 5.5), (7.0, 9.0)])]
)
def test_where_a_word_lasts_too_long_each_stretch_is_heard_by_itself(lasting, again):
    """What says the same twice was written once, across both."""
    model = Polyglot()
    model.lasting = lasting
    dictation = Dictation(ListenOptions(), model)
    speech = [(0.0, 3.0), (3.5, 4.0), (4.2, 5.5), (7.0, 9.0)]  # shorter ones go together
    dictation.add(sound(("en", 9)), 0.0, speech)
    starts = [w.start for w in dictation.windows]
    assert model.heard == [("en", 0.0, 9.0), *(("en", *stretch) for stretch in again)]
    assert starts == ([first for first, _ in again] or [0.0])
    alone = Dictation(ListenOptions(), model)
    alone.add(sound(("en", 9)), 0.0, [(0.0, 9.0)])
    assert [w.end for w in alone.windows] == [9.0]  # one stretch has nothing else to be heard as


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
    assert [w.language for w in dictation.windows] == ["de", "de"]


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


def test_a_window_is_heard_while_others_wait_and_what_is_retracted_meanwhile_never_is():
    model, begun, go = Polyglot(), threading.Event(), threading.Event()
    encode = model.encode

    def held(audio: Audio) -> Audio:
        begun.set()
        assert go.wait(60)
        return encode(audio)

    model.encode = held
    dictation = Dictation(ListenOptions(language="en"), model)
    dictation.add(sound(("en", 2)), 0.0, [(0, 2)])
    assert begun.wait(60)  # whoever adds does not wait for the words
    for seconds in (1.0, 1.5, 2.0):
        dictation.add(sound(("en", seconds)), 5.0, [(5, 5 + seconds)])
        dictation.retract(5.0)
    dictation.add(sound(("en", 3)), 5.0, [(5, 8)])
    go.set()
    assert [(w.start, w.end) for w in dictation.windows] == [(0.0, 2.0), (5.0, 8.0)]
    assert model.heard == [("en", 0.0, 2.0), ("en", 5.0, 8.0)]


def test_a_fault_in_the_thread_reaches_who_asks_for_words():
    dictation = Dictation(ListenOptions(model="no-such-model"))
    dictation.add(sound(("en", 2)), 0.0, [(0, 2)])
    for _ in range(2):  # not once: nobody may take the rest for all
        with pytest.raises(UsageError, match="no-such-model"):
            dictation.finish()
    with pytest.raises(UsageError, match="no-such-model"):
        dictation.add(sound(("en", 2)), 5.0, [(5, 7)])


def test_what_waits_when_the_listening_is_given_up_is_never_heard():
    model, begun, go = Polyglot(), threading.Event(), threading.Event()

    def held(audio: Audio) -> Audio:
        begun.set()
        assert go.wait(60)
        return audio

    model.encode = held
    dictation = Dictation(ListenOptions(language="en"), model)
    for start in (0.0, 5.0):
        dictation.add(sound(("en", 2)), start, [(start, start + 2)])
    assert begun.wait(60)
    dictation.close()
    go.set()
    dictation._thread.shutdown(wait=True)
    assert model.heard == [("en", 0.0, 2.0)]


def test_asking_for_late_words_costs_no_more_the_longer_the_talk():
    dictation = Dictation(ListenOptions(), Polyglot())
    cost: list[int] = []
    for number in range(60):
        at = 10.0 * number
        dictation.add(sound(("en", 4)), at, [(at, at + 4)])
        dictation.so_far(at - 5.0)
        heard: list[Believed] = []
        cost.append(calls(lambda at=at, heard=heard: heard.append(dictation.so_far(at + 1.0))))
        assert [w.start for w in heard[0].windows] == [at]
        assert heard[0].language == "en"
    assert len(set(cost[5:])) == 1
    assert len(dictation.finish().windows) == 60


def test_words_that_are_retracted_after_they_were_counted_count_no_more():
    dictation = Dictation(ListenOptions(), Polyglot())
    dictation.add(sound(("de", 4)), 0.0, [(0, 4)])
    dictation.add(sound(("ko", 9)), 10.0, [(10, 19)])
    assert dictation.so_far(30.0).language == "ko"
    dictation.retract(10.0)
    dictation.add(sound(("ko", 2)), 10.0, [(10, 12)])
    assert dictation.so_far(30.0).language == "de"


def test_a_language_that_is_given_is_written_without_asking():
    model = Polyglot()
    dictation = Dictation(ListenOptions(language="ko", hints="Ann, Bratislava"), model)
    dictation.add(sound(("en", 5)), 0.0, [(0, 5)])
    assert dictation.finish().language == "ko"
    assert [language for language, _, _ in model.heard] == ["ko"]
    assert model.hints == ["Ann, Bratislava"]


def test_a_language_that_the_model_does_not_know_is_refused():
    model = Polyglot()
    dictation = Dictation(ListenOptions(language="xx"), model)
    dictation.add(sound(("en", 5)), 0.0)
    heard = dictation.finish()
    assert (heard.words, dictation.windows, model.heard) == ((), [], [])
    (note,) = heard.notes_on([Utterance("a", 0, "Ann", None, 0.0, 5.0)])
    assert "does not know 'xx'" in note


def test_each_window_comes_with_the_speech_in_it_and_no_other():
    noted = Noted()
    ear = Ear(noted, None)
    talk = np.concatenate([sounds.example(0, 40), np.zeros(5 * RATE), sounds.example(0, 10)])
    for at in range(0, len(talk), 10 * RATE):
        ear.add(Audio(talk[at : at + 10 * RATE].astype(np.float32), RATE))
    ear.finish()
    assert len(noted.given) > 2
    assert [span for _, _, spans in noted.given for span in spans] == [
        (s.start, s.end) for s in ear.segments
    ]
    for start, end, spans in noted.given:
        assert start == spans[0][0]
        assert end == pytest.approx(spans[-1][1], abs=1e-3)


@settings(max_examples=8)
@given(cuts=st.lists(st.integers(10, 250), max_size=4), window=st.sampled_from([3.0, 8.0]))
def test_what_is_heard_ahead_is_heard_once_in_the_end(cuts: list[int], window: float):
    """Windows are closed at any tenth, as turns that go out do it."""
    noted = Noted()
    ear = Ear(noted, None, Hearing(window=window, gap=1.0, live=True))
    talk = lively().astype(np.float32)
    for number, at in enumerate(range(0, len(talk), RATE // 10)):
        ear.add(Audio(talk[at : at + RATE // 10], RATE))
        if number in cuts:
            ear.close_window()
    ear.finish()
    spans = [span for _, _, spans in noted.given for span in spans]
    assert spans == [(s.start, s.end) for s in ear.segments]
    assert noted.asked > len(noted.given)


def test_speech_is_heard_before_its_pause_is_long_enough():
    """A pause is one from .25 s on; words are asked for sooner."""
    noted = Noted()
    ear = Ear(noted, None, LIVE)
    talk = np.r_[sounds.example(0, 2.9), np.zeros(RATE)].astype(np.float32)
    when = []
    for at in range(0, len(talk), RATE // 100):
        ear.add(Audio(talk[at : at + RATE // 100], RATE))
        when += [ear.duration] * (noted.asked - len(when))
    (segment,) = ear.segments[-1:]
    assert noted.given[-1][1] == pytest.approx(segment.end, abs=1e-3)
    assert when[-1] - segment.end < 0.2


def asked_at(hearing: Hearing, dictation: Noted) -> list[float]:
    """When the words of speech that goes on for 2.9 s were asked for (s)."""
    ear, when = Ear(dictation, None, hearing), []
    talk = np.r_[sounds.example(0, 2.9), np.zeros(RATE // 2)].astype(np.float32)
    for at in range(0, len(talk), hearing.step):
        ear.add(Audio(talk[at : at + hearing.step], RATE))
        when += [ear.duration] * (dictation.asked - len(when))
    return when


def test_speech_that_goes_on_is_heard_where_drafts_are_wanted_and_nobody_else_is_heard():
    whole, drafted, busy = Noted(), Noted(), Noted()
    busy.is_idle = False
    pauses = asked_at(TALKING, whole)
    assert set(asked_at(DRAFTING, drafted)) > set(pauses)
    assert asked_at(DRAFTING, busy) == pauses
    assert whole.given == drafted.given == busy.given


def test_while_others_are_heard_nothing_is_heard_that_may_be_for_nothing():
    alone, others = Noted(), Noted()
    others.is_alone = False
    soon, late = asked_at(TALKING, alone), asked_at(TALKING, others)
    assert len(late) <= len(soon) and late[-1] > soon[-1]
    assert alone.given == others.given


def test_what_is_known_by_now_is_told_without_waiting():
    model, go = Polyglot(), threading.Event()
    encode = model.encode
    model.encode = lambda audio: encode(audio) if go.wait(60) else audio
    dictation, other = (Dictation(ListenOptions(language="en"), model) for _ in range(2))
    dictation.add(sound(("en", 2)), 0.0, [(0, 2)])
    assert dictation.at_hand(0.0) is None
    assert not dictation.is_idle
    go.set()
    assert len(dictation.windows) == 1
    assert [w.start for w in dictation.at_hand(0.0).windows] == [0.0]
    assert dictation.is_idle and other.is_idle


@pytest.mark.parametrize("options", [ListenOptions(words=False), ListenOptions()])
def test_nothing_is_said_of_words_that_were_not_wanted_or_never_came(options):
    dictation = Dictation(options)
    if not options.words:
        dictation.add(sound(("en", 5)), 0.0)
    assert dictation.finish().notes_on([Utterance("a", 0, "Ann", None, 0.0, 5.0)]) == ()
