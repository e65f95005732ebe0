"""Made conversations are what they claim to be."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import conversations
import little_corpus
import numpy as np
import places
import pytest
from conversations import Case, Conversation, converse
from hypothesis import given, settings
from hypothesis import strategies as st

RATE = places.RATE
TWO = Case("tune", "calm", 2, "clean", 0)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return little_corpus.write_emodb(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def said(data: Path) -> Callable[[Case], Conversation]:
    """The conversation of a case, made once for the tests that look at it."""
    return cache(partial(converse, data))


def active(spans: tuple, speakers: int, frames: int) -> np.ndarray:
    """Who speaks in each 10 ms, (speakers, frames)."""
    on = np.zeros((speakers, frames), int)
    for start, end, speaker in spans:
        on[speaker, round(start * 100) : round(end * 100)] += 1
    return on


def levels(talk: Conversation) -> np.ndarray:
    samples = talk.sound.samples
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    return 10 * np.log10(np.square(frames, dtype=float).mean(axis=1) + 1e-12)


def test_a_case_is_one_conversation(data):
    first, again = converse(data, TWO), converse(data, TWO)
    np.testing.assert_array_equal(first.sound.samples, again.sound.samples)
    assert first[1:] == again[1:]
    assert converse(data, Case("tune", "calm", 2, "clean", 1)).spans != first.spans


@pytest.mark.slow
def test_a_place_changes_the_sound_and_not_the_talk(said):
    talks = [said(Case("tune", "calm", 2, place, 0)) for place in conversations.PLACES]
    assert len({(t.spans, t.turns) for t in talks}) == 1
    assert len({t.sound.samples.tobytes() for t in talks}) == len(talks)


def test_no_speaker_is_in_both_halves(data):
    tune, report = (conversations.speakers_of(data, "emodb", h) for h in conversations.HALVES)
    assert not set(tune) & set(report)
    assert sorted(tune + report) == sorted(little_corpus.SPEAKERS)


@pytest.mark.slow
@settings(max_examples=3, deadline=None)
@given(st.integers(1, 4), st.integers(0, 50), st.sampled_from(conversations.HALVES))
def test_everybody_speaks_and_two_at_once_seldom(data, speakers, number, half):
    talk = converse(data, Case(half, "acted", speakers, "clean", number))
    on = active(talk.spans, speakers, round(talk.sound.duration * 100))
    assert on.max() == 1  # nobody speaks over himself
    assert (on.sum(axis=1) > 0).all()
    assert (on.sum(axis=0) > 1).sum() <= 0.16 * (on.sum(axis=0) > 0).sum()
    assert 60 <= talk.sound.duration <= 140
    assert all(0 <= a < b <= talk.sound.duration for a, b, _ in (*talk.spans, *talk.turns))
    inside = active(talk.turns, speakers, on.shape[1] + 5)[:, : on.shape[1]]
    assert (inside[:, 1:-1] >= on[:, 1:-1]).mean() > 0.999  # to a frame at the edges


@pytest.mark.slow
def test_gaps_are_those_of_people(said):
    gaps = []
    for number in range(10):
        turns = said(Case("tune", "acted", 2, "clean", number)).turns
        whole = [
            t for t in turns if not any(o != t and o[0] <= t[0] and t[1] <= o[1] for o in turns)
        ]
        gaps += [b[0] - a[1] for a, b in pairwise(whole)]
    counts, edges = np.histogram(gaps, np.arange(-1.1, 1.6, 0.2))
    assert -1.01 <= min(gaps) < -0.3
    assert 1.0 < max(gaps) < 1.51 + 0.7  # one who has just thrown something in waits
    assert edges[counts.argmax()] == pytest.approx(0.1)  # most are .1 to .3 s


def test_the_truth_is_where_the_sound_is(said):
    talk = said(TWO)
    level = levels(talk)
    on = active(talk.spans, 2, len(level)).sum(axis=0) > 0
    assert np.percentile(level[on], 5) > np.percentile(level[~on], 90) + 10


def test_calm_people_are_never_angry(said):
    def tone(manner: str) -> float:
        samples = said(Case("tune", manner, 2, "clean", 0)).sound.samples
        power = np.square(np.abs(np.fft.rfft(samples)))
        hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
        near = np.abs(hertz - little_corpus.ANGRY) < 100
        return float(power[near].sum() / power.sum())

    assert tone("acted") > 100 * tone("calm")


@pytest.mark.slow
def test_a_talk_at_any_pace_is_short_or_tight_at_times_and_all_speak(data):
    talks = [converse(data, Case("tune", "acted", 3, "clean", n, usual=False)) for n in range(10)]
    seconds = [t.sound.duration for t in talks]
    assert min(seconds) < 45
    assert max(seconds) < 140
    assert all({s for _, _, s in t.spans} == {0, 1, 2} for t in talks)
    gaps = [
        np.median([b[0] - max(x[1] for x in t.turns[: i + 1]) for i, b in enumerate(t.turns[1:])])
        for t in talks
    ]
    assert min(gaps) <= 0 < max(gaps)


def test_one_person_alone_takes_a_minute(said):
    talk = said(Case("report", "calm", 1, "clean", 3))
    assert 60 <= talk.sound.duration < 70
    assert {s for _, _, s in talk.spans} == {0}


@pytest.mark.slow
@pytest.mark.parametrize("place", conversations.PLACES)
def test_noise_is_as_loud_as_the_place_says(said, place):
    low, high = {"clean": (30, 60), "room": (10, 50), "phone": (10, 45)}.get(place, (2, 30))
    kinds = 3 if place in {"noise", "far"} else 1  # of noise, one after the other
    for number in range(0, 3 * kinds, 3):
        talk = said(Case("tune", "calm", 2, place, number))
        level = levels(talk)
        on = active(talk.spans, 2, len(level)).sum(axis=0) > 0
        assert low < np.percentile(level[on], 75) - np.percentile(level[~on], 10) < high


@pytest.mark.parametrize("seed", range(6))
def test_a_room_fades_in_its_time(seed):
    draw = np.random.default_rng(seed)
    room = places.room(draw, large=seed % 2 == 1)
    response = room.response(room.place(1, 3, draw), draw).astype(float)
    assert np.square(response).sum() == pytest.approx(1, abs=1e-3)
    left = 10 * np.log10(np.cumsum(np.square(response)[::-1])[::-1] + 1e-15)
    ten, thirty = (int(np.argmax(left < d)) / RATE for d in (-10, -30))
    assert 3 * (thirty - ten) == pytest.approx(room.decay, rel=0.35)


def test_who_sits_far_away_is_less_direct():
    draw = np.random.default_rng(2)
    room = places.room(draw, large=True)
    mouths = [room.place(d, d, draw) for d in (0.6, 1.5, 4.0)]
    direct = [room.response(m, draw)[0] ** 2 for m in mouths]
    assert direct[0] > 2 * direct[1] > 4 * direct[2] > 0


def test_a_telephone_keeps_its_band():
    sound = 0.1 * places.hiss(4 * RATE, np.random.default_rng(0))
    heard = places.phone(sound)
    assert len(heard) == len(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    before, after = (np.square(np.abs(np.fft.rfft(x))) for x in (sound, heard))
    kept = after / before.mean()
    inside = (hertz > 500) & (hertz < 3200)
    assert np.median(after[inside] / before[inside]) == pytest.approx(1, abs=0.2)
    assert kept[hertz > 4100].mean() < 1e-3
    assert kept[(hertz > 10) & (hertz < 80)].mean() < 0.05 * kept[inside].mean()


@given(st.integers(1, 40_000), st.integers(0, 9))
@settings(max_examples=20, deadline=None)
def test_lengths_stay(samples, seed):
    draw = np.random.default_rng(seed)
    for noise in (places.hiss, places.hum):
        assert np.square(noise(samples, draw)).mean() == pytest.approx(1, rel=1e-3)
    sound = draw.normal(0, 0.1, samples).astype(np.float32)
    click = np.zeros(5, np.float32)
    click[0] = 1
    np.testing.assert_allclose(places.convolved(sound, click), sound, atol=1e-5)
    assert places.phone(sound).shape == (samples,)
