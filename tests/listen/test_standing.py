"""What a detector takes for speech now and then although nobody speaks."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sounds
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.ear import Ear
from empathia.listen.recording import hear
from empathia.listen.speech import RATE, Segment
from empathia.listen.standing import Standing
from empathia.types import Audio

DOUBT = 0.7


def ear(samples: np.ndarray, block: int = 10 * RATE) -> Ear:
    listening = Ear(Dictation(ListenOptions(words=False)), None)
    for at in range(0, len(samples), block):
        listening.add(Audio(samples[at : at + block].astype(np.float32), RATE))
    listening.finish()
    return listening


def sifted(levels: list[tuple[float, float]], segments: list[Segment]) -> list[Segment]:
    """Noise of (seconds, amplitude) one behind the other, and what is speech of the segments."""
    draw = np.random.default_rng(1)
    sound = np.concatenate([draw.normal(0, level, round(s * RATE)) for s, level in levels])
    standing = Standing()
    standing.add(Audio(sound.astype(np.float32), RATE))
    return standing.sift(segments, math.inf)


FLAT = [(20.0, 0.1)]
LOUDER = [(10.0, 0.1), (0.6, 0.2), (10.0, 0.1)]  # by 6 dB
SHORT = Segment(9.95, 10.65, DOUBT)


def test_a_short_doubtful_segment_has_to_stand_out():
    assert sifted(FLAT, [SHORT]) == []
    assert sifted(LOUDER, [SHORT]) == [SHORT]


def test_what_is_sure_or_long_stands_anyway():
    sure, long = Segment(9.9, 10.6, 0.985), Segment(9.0, 10.5, 0.85)
    assert sifted(FLAT, [sure]) == [sure]
    assert sifted(FLAT, [long]) == [long]
    assert sifted(FLAT, [Segment(9.0, 10.5, DOUBT)]) == []


def test_speech_is_certain_before_it_has_ended_only_where_nothing_can_take_that_back():
    standing = Standing()
    assert standing.certain(Segment(9.9, 10.6, 0.985))
    assert not standing.certain(SHORT)
    assert standing.sift([SHORT], 10.7) == []  # waits for what follows
    assert not standing.certain(Segment(16.0, 17.0, 0.99))


@pytest.mark.parametrize("other", [Segment(4.5, 5.1, 0.99), Segment(15.0, 15.4, 0.99)])
def test_near_sure_speech_it_is_enough_to_stand_out_a_little(other):
    little = [(10.0, 0.1), (0.6, 0.125), (10.0, 0.1)]  # by 2 dB
    both = sorted([SHORT, other], key=lambda s: s.start)
    assert sifted(little, both) == both
    assert sifted(FLAT, both) == [other]  # a note beside a voice
    far = Segment(other.start + (4 if other.start > 10 else -4), other.end, 0.99)
    far = Segment(far.start, far.start + 0.4, 0.99)
    assert sifted(little, sorted([SHORT, far], key=lambda s: s.start)) == [far]


def test_near_sure_speech_one_second_is_waited_for():
    standing = Standing()
    standing.add(Audio(np.full(round(11.7 * RATE), 0.1, np.float32), RATE))
    assert standing.sift([Segment(5.0, 8.0, 0.99), SHORT], 11.6) == [Segment(5.0, 8.0, 0.99)]
    assert standing.dropped == []
    assert standing.settled(11.6) == SHORT.start
    assert standing.sift([], 11.7) == []
    assert standing.dropped == [SHORT]


def test_other_speech_does_not_count_as_surroundings():
    """In a pause of a hard cut between two loud words each stands out of what is left."""
    loud = [(5.0, 0.01), (0.8, 0.2), (0.2, 0.01), (0.8, 0.2), (5.0, 0.01)]
    words = [Segment(4.95, 5.85, DOUBT), Segment(5.95, 6.85, DOUBT)]
    assert sifted(loud, words) == words


def test_without_surroundings_nothing_is_dropped():
    assert sifted([(0.7, 0.1)], [Segment(0.0, 0.7, DOUBT)]) == [Segment(0.0, 0.7, DOUBT)]


MUSIC = {
    "recorder": lambda seed: sounds.tune(seed, (1, 0.1, 0.15, 0.02)),
    "trumpet": lambda seed: sounds.tune(seed, (0.7, 1, 1, 0.8, 0.6, 0.5, 0.3)),
    "hum": sounds.hum,
}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * (n != "hum")) for n in MUSIC]
)
def test_music_is_nobody(name):
    heard = [ear(MUSIC[name](seed)) for seed in range(8)]
    assert sum(bool(e.dropped) for e in heard) > 0  # the detector alone takes it for somebody
    assert not any(e.segments for e in heard)


@pytest.mark.parametrize("seed", [4, 8, 11])
def test_music_in_a_talk_is_nobody(seed):
    pause = np.zeros(RATE // 2)
    before, after = sounds.example(0, 6.6), sounds.example(7.4, 12)
    music = sounds.tune(seed, (1, 0.1, 0.15, 0.02))[: 3 * RATE]
    music *= 0.4 / np.abs(music).max()
    heard = ear(np.concatenate([before, pause, music, pause, after]))
    start = (len(before) + len(pause)) / RATE
    assert any(start - 0.3 < s.start < start + 3 for s in heard.dropped)  # by the detector alone
    assert not any(s.start < start + 2.7 and s.end > start + 0.3 for s in heard.segments)
    assert any(s.end < start for s in heard.segments)
    assert any(s.start > start + 2.7 for s in heard.segments)


@pytest.mark.parametrize("decibel", [None, -20, -10, -5])
@pytest.mark.parametrize("start", [0.55, 3.4, 7.4, 10.9])
def test_a_lone_word_is_somebody(start, decibel):
    word = sounds.example(start, start + 0.6)
    sound = np.zeros(12 * RATE) if decibel is None else sounds.noise(12, 10 ** (decibel / 20))
    sound *= np.sqrt(np.square(word).mean())
    sound[6 * RATE : 6 * RATE + len(word)] += word
    (segment,) = ear(sound).segments
    assert 5.7 < segment.start < 6.5


def test_nothing_of_a_conversation_is_dropped():
    heard = ear(sounds.example())
    assert heard.dropped == []
    assert len(heard.segments) > 13


@pytest.fixture(scope="module")
def between_hums():
    """Speech between music, and what is heard of it as a whole."""
    sound = np.concatenate([sounds.hum(1), sounds.example(0, 9), sounds.hum(3)])
    return sound, ear(sound)


@settings(max_examples=3, deadline=None)
@given(block=st.integers(3000, 200_000))
def test_blocks_change_nothing(between_hums, block):
    sound, whole = between_hums
    cut = ear(sound, block)
    assert cut.segments == whole.segments
    assert cut.dropped == whole.dropped


def test_what_was_dropped_beside_speech_is_told(tmp_path):
    doubtful = next(hum for seed in range(12) if ear(hum := sounds.hum(seed)).dropped)
    sound = np.concatenate([doubtful, np.zeros(8 * RATE), sounds.example(0, 9)])
    heard = hear(sounds.write_wav(tmp_path / "a.wav", sound), ListenOptions(words=False))
    assert all(u.start > 20 for u in heard.dialogue.utterances)
    (note,) = heard.notes
    assert note.startswith("short sounds were taken for music or noise, not for speech (at ")


def test_music_alone_has_one_note(tmp_path):
    doubtful = next(hum for seed in range(12) if ear(hum := sounds.hum(seed)).dropped)
    heard = hear(sounds.write_wav(tmp_path / "a.wav", doubtful), ListenOptions(words=False))
    assert heard.dialogue.utterances == ()
    assert heard.notes == ("nobody speaks here",)
