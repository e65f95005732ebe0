"""Sound that comes block by block: turns go out as they end, and nothing else is kept."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
import sounds
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.listen.attribution import Stretch
from empathia.listen.dictation import ListenOptions
from empathia.listen.ear import TALKING
from empathia.listen.live import Listener, listener
from empathia.listen.recording import hear
from empathia.listen.speakers import Diarisation, SpeakerSpan
from empathia.listen.speech import RATE
from empathia.types import Audio, SpeakerNumber

WORDLESS = ListenOptions(words=False)


class Voices:
    """A diariser that knows who speaks after how many segments: one list of speakers a call."""

    def __init__(self, *known: Sequence[int]) -> None:
        self._known = known

    def add(self, audio: Audio, start: float) -> None:
        assert len(audio.samples), start

    def foresee(self, audio: Audio, start: float) -> None:
        assert len(audio.samples), start

    def finish(self, segments, bounds, ongoing=None):
        if ongoing is not None:
            sound, start = ongoing
            segments = [*segments, (start, start + sound.duration)]
        who = self._known[min(len(segments), len(self._known)) - 1]
        spans = [SpeakerSpan(a, b, who[i % len(who)]) for i, (a, b) in enumerate(segments)]
        return Diarisation(tuple(spans), SpeakerNumber(len(set(who)), "estimated"))

    def so_far(self, segments, bounds, ongoing):
        return self.finish(segments, bounds, ongoing)


def blocks(samples: np.ndarray, sizes: Sequence[int] = (1600,)) -> Iterator[Audio]:
    """The samples in blocks of these sizes, over and over."""
    at = turn = 0
    while at < len(samples):
        size = sizes[turn % len(sizes)]
        yield Audio(samples[at : at + size].astype(np.float32), RATE)
        at, turn = at + size, turn + 1


def went_out(listening: Listener, samples: np.ndarray, sizes: Sequence[int]) -> list[Stretch]:
    gone: list[Stretch] = []
    for block in blocks(samples, sizes):
        for turns in listening.heard(block):
            gone += turns
    return gone + listening.close()


def out(listening: Listener, block: Audio) -> list[Stretch]:
    """Turns that went out with a block."""
    return [turn for turns in listening.heard(block) for turn in turns]


def who(listening: Listener) -> list[int]:
    return [span.speaker for span in listening.speakers()]


def times(turns: Sequence[Stretch]) -> list[tuple[float, float, int]]:
    return [(round(t.start, 3), round(t.end, 3), t.speaker) for t in turns]


@pytest.fixture(scope="module")
def talk() -> np.ndarray:
    return sounds.example(0, 26)


@pytest.fixture(scope="module")
def by_tenths(talk: np.ndarray) -> list[tuple[float, float, int]]:
    return times(went_out(listener(WORDLESS, Voices([0, 1])), talk, [1600]))


@settings(max_examples=6)
@given(sizes=st.lists(st.integers(1, 5 * RATE), min_size=1, max_size=4))
def test_turns_do_not_depend_on_the_blocks_that_come(talk, by_tenths, sizes):
    sizes = [max(160, s) for s in sizes]  # a sample at a time would take minutes
    assert len(by_tenths) > 3
    assert times(went_out(listener(WORDLESS, Voices([0, 1])), talk, sizes)) == by_tenths


def test_a_recording_is_heard_by_the_same_listener(tmp_path, talk):
    path = sounds.write_wav(tmp_path / "a.wav", talk)
    listening = Listener(WORDLESS, Voices([0, 1]))
    for block in blocks(np.round(talk * 32767) / 32768, [777]):
        listening.add(block)
    heard = hear(path, WORDLESS, diariser=Voices([0, 1]))
    turns = [(round(u.start, 3), round(u.end, 3)) for u in heard.dialogue.utterances]
    assert [t[:2] for t in times(listening.close())] == turns


def test_a_turn_goes_out_half_a_second_after_it_has_ended(talk):
    listening = listener(WORDLESS)
    gone: list[tuple[float, Stretch]] = []
    for block in blocks(np.concatenate([talk[: 3 * RATE], np.zeros(3 * RATE), talk])):
        gone += [(listening.ear.duration, turn) for turn in out(listening, block)]
    when, turn = gone[0]
    voiced = turn.end - 0.1  # turns reach that far into the pause
    assert 0.5 < when - voiced < 0.75
    assert listening.ear.cut(turn.start, turn.end).samples.size == 0  # it is let go


def test_the_sound_of_a_turn_that_has_just_ended_is_still_there(talk):
    listening = listener(WORDLESS, Voices([0, 1]))
    for block in blocks(talk):
        for turn in out(listening, block):
            sound = listening.ear.cut(turn.start, turn.end).samples
            low = round(turn.start * RATE)
            np.testing.assert_array_equal(sound, talk[low : low + len(sound)].astype(np.float32))
            assert len(sound) == pytest.approx((turn.end - turn.start) * RATE, abs=2)


def test_later_speech_may_change_who_it_was(talk):
    voices = Voices([0], [0], [0, 1])  # two people are told apart from the third segment on
    listening = listener(WORDLESS, voices)
    told: list[list[int]] = []
    for block in blocks(talk):
        if out(listening, block):
            told.append(who(listening))
    listening.close()
    final = who(listening)
    assert told[0] == [0]
    assert set(final) == {0, 1}
    assert told[1] != final[: len(told[1])]
    assert listening.speech.number.number == 2


def first_out(voices: Voices, samples: np.ndarray) -> tuple[float, Stretch, Listener]:
    """When the first turn went out."""
    listening = listener(WORDLESS, voices)
    for block in blocks(samples):
        if turns := out(listening, block):
            return listening.ear.duration, turns[0], listening
    raise AssertionError("no turn went out")


def test_a_turn_goes_out_when_somebody_else_has_begun_to_speak(talk):
    first, second = talk[: round(2.95 * RATE)], talk[round(7.1 * RATE) : round(10.4 * RATE)]
    pause = np.zeros(round(0.15 * RATE))  # .45 s in all, and then three seconds without one
    close = np.concatenate([first, pause, second])
    when, turn, listening = first_out(Voices([0, 1]), close)
    begun = listening.ear.segments[-1].end
    assert turn.end == begun
    assert 1.2 < when - turn.end < 2.2
    same, whole, _ = first_out(Voices([0]), np.concatenate([close, np.zeros(RATE)]))
    assert same > when + 1
    assert whole.end > when


def test_who_has_not_spoken_yet_is_not_heard_in_others(talk):
    asked: list[tuple[int, int] | None] = []

    class Asked(Voices):
        def finish(self, segments, bounds, ongoing=None):
            asked.append(bounds)
            return super().finish(segments, bounds, ongoing)

    went_out(listener(ListenOptions(words=False, speakers=8), Asked([0])), talk, [1600])
    assert len(asked) > 3
    assert set(asked[:-1]) == {(1, 8)}
    assert asked[-1] == (8, 8)


class Handover(Voices):
    """Two people without a pause between them: the second speaks from a moment on."""

    def __init__(self, moment: float) -> None:
        self._moment = moment

    def finish(self, segments, bounds, ongoing=None):
        if ongoing is not None:
            segments = [*segments, (ongoing[1], ongoing[1] + ongoing[0].duration)]
        spans = []
        for start, end in segments:
            middle = min(max(self._moment, start), end)
            spans += [SpeakerSpan(start, middle, 0), SpeakerSpan(middle, end, 1)]
        spans = [s for s in spans if s.end > s.start]
        return Diarisation(tuple(spans), SpeakerNumber(2, "estimated"))


def test_a_turn_that_ends_in_the_midst_of_a_segment_goes_out_before_the_segment_ends(talk):
    whole = talk[round(13.9 * RATE) : round(20.3 * RATE)]  # one person, hardly a pause
    gone, at, sound = [], [], []
    listening = listener(WORDLESS, Handover(2.0))
    for block in blocks(whole):
        for turn in out(listening, block):
            gone.append(turn)
            at.append(listening.ear.duration)
            sound.append(listening.ear.cut(turn.start, turn.end))
    gone += listening.close()
    first = next(i for i, t in enumerate(gone) if t.end == 2.0)
    assert at[first] < 5.0
    assert sound[first].duration == pytest.approx(2.0 - gone[first].start, abs=0.01)
    assert gone[first + 1].start == 2.0
    assert who(listening)[: first + 2] == [0] * (first + 1) + [1]
    covered = sum(t.end - t.start for t in gone)
    speech = sum(s.end - s.start for s in listening.ear.segments)
    assert covered == pytest.approx(speech, abs=0.35)


def test_a_turn_of_two_people_goes_to_who_has_more_of_it(talk):
    listening = listener(WORDLESS, Voices([0], [0, 0], [0, 1, 1]))
    gone = went_out(listening, talk, [1600])
    segments = listening.ear.segments
    for turn, speaker in zip(gone, who(listening), strict=True):
        inside = [i for i, s in enumerate(segments) if s.start < turn.end and s.end > turn.start]
        length = {0: 0.0, 1: 0.0}
        for i in inside:
            length[(0, 1, 1)[i % 3]] += segments[i].end - segments[i].start
        assert length[speaker] == max(length.values())


def test_no_sound_is_kept_for_silence_at_the_end_of_a_segment(talk):
    class Shorter(Voices):
        def finish(self, segments, bounds, ongoing=None):
            told = super().finish(segments, bounds, ongoing)
            return told._replace(spans=tuple(s._replace(end=s.end - 0.2) for s in told.spans))

    listening = listener(WORDLESS, Shorter([0]))
    gone = []
    for block in blocks(np.concatenate([talk[: 3 * RATE], np.zeros(5 * RATE)])):
        gone += out(listening, block)
    (turn,) = gone
    assert listening.ear.segments[-1].end == pytest.approx(turn.end + 0.2)
    assert listening.ear.cut(turn.start, 7.0).samples.size == 0
    assert listening.close() == []


def test_where_no_sound_comes_the_open_turn_goes_out(talk):
    listening = listener(WORDLESS)
    for block in blocks(talk[: 2 * RATE]):  # in the middle of a sentence
        assert out(listening, block) == []
    (turn,) = listening.pause()
    assert 1.9 < turn.end <= 2.0
    assert listening.pause() == []
    later = went_out(listening, talk[2 * RATE : 6 * RATE], [1600])
    assert later[0].start >= turn.end - 0.2
    assert later[-1].end > 5.5


def test_all_speech_is_in_one_turn_or_another(talk):
    listening = listener(WORDLESS, Voices([0, 1]))
    gone = went_out(listening, talk, [1600])
    covered = sum(t.end - t.start for t in gone)
    speech = sum(s.end - s.start for s in listening.ear.segments)
    assert covered >= speech - 0.01
    assert [t.start for t in gone] == sorted(t.start for t in gone)


def test_a_long_stream_is_not_kept(talk):
    minute = np.concatenate([talk, np.zeros(4 * RATE), talk])
    listening = listener(WORDLESS, Voices([0, 1]))
    for block in blocks(minute):  # models and caches are loaded
        out(listening, block)
    tracemalloc.start()
    for block in blocks(minute):
        out(listening, block)
    _, first = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    for block in blocks(minute):
        out(listening, block)
    _, later = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert first < minute[: 40 * RATE].astype(np.float32).nbytes
    assert later < first + 300_000


def test_the_sound_of_a_turn_is_foreseen_before_it_is_told() -> None:
    foreseen: list[tuple[float, np.ndarray]] = []
    heard = listener(
        WORDLESS,
        hearing=TALKING,
        foreseen=lambda sound: foreseen.append((heard.ear.duration, sound.samples)),
    )
    talk = np.r_[sounds.example(0, 2.9), np.zeros(2 * RATE)].astype(np.float32)
    for ended in heard.heard(Audio(talk, RATE)):
        for turn in ended:
            when, samples = foreseen[-1]
            assert np.array_equal(samples, heard.ear.cut(turn.start, turn.end).samples)
            assert turn.end < when < heard.ear.duration - 0.2
            return
    pytest.fail("no turn has ended")
