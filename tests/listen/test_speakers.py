"""Who speaks when: the clusters, the diariser, and both on real and synthetic voices."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import tracemalloc
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from costs import calls
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from empathia.encoders.speaker import RATE, SpeakerEncoder
from empathia.errors import InputError, UsageError
from empathia.listen.clusters import Groups, in_order, settle, ward
from empathia.listen.number import MOST, probabilities
from empathia.listen.speakers import Diariser, SpeakerSpan, followed, parted
from empathia.listen.voices import CELL, LONG, SHORT, Cells, cells, window
from empathia.metrics.diarisation import diarisation_errors
from empathia.types import Audio

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "empathia"
FOLDER = Path(os.environ.get("EMPATHIA_HOME") or CACHE) / "weights" / "campplus"
EXAMPLE = Path(__file__).parents[2] / "examples" / "conversation.wav"
DATA = Path(os.environ.get("EMPATHIA_DATA") or Path(__file__).parents[3] / "shared" / "data")
needs_weights = pytest.mark.skipif(
    not (FOLDER / "speaker.npz").exists(), reason="weight campplus is not pulled"
)
PITCHES = (150, 900, 3200)


class Pitches:
    """Hears pitch only: windows are alike where their spectra are."""

    def embed(self, segment: Audio, windows: list[tuple[int, int]]) -> np.ndarray:
        rows = []
        for low, high in windows:
            power = np.abs(np.fft.rfft(segment.samples[low:high], 25600)) ** 2
            rows.append(np.add.reduceat(power, np.arange(0, len(power), 320)))
        return np.array(rows) / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def tone(seconds: float, who: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    wave_ = 0.2 * np.sin(2 * np.pi * PITCHES[who] * t) + 0.002 * rng.standard_normal(len(t))
    return wave_.astype(np.float32)


def breath(seconds: float) -> np.ndarray:
    return (1e-4 * np.random.default_rng(1).standard_normal(round(seconds * RATE))).astype("f4")


def people(n: int, count: int, spread: float = 0.05, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Points about ``count`` far centres, all non-negative, and whose they are."""
    rng = np.random.default_rng(seed)
    centres = np.eye(count, 16) + 0.2
    whose = np.r_[np.arange(count), rng.integers(0, count, n - count)]
    points = np.abs(centres[whose] + rng.normal(0, spread, (n, 16)))
    return points / np.linalg.norm(points, axis=1, keepdims=True), whose


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two labellings are the same grouping."""
    return np.array_equal(in_order(a), in_order(b))


def plain_ward(points: np.ndarray, weights: np.ndarray, k: int) -> np.ndarray:
    """Join the cheapest pair until ``k`` groups are left, from the definition of the cost."""
    groups = [[i] for i in range(len(points))]

    def scatter(members: list[int]) -> float:
        p, w = points[members], weights[members]
        mean = (p * w[:, None]).sum(axis=0) / w.sum()
        return float((w * ((p - mean) ** 2).sum(axis=1)).sum())

    while len(groups) > k:
        pairs = [(a, b) for a in range(len(groups)) for b in range(a)]
        a, b = min(
            pairs,
            key=lambda p: (
                scatter(groups[p[0]] + groups[p[1]]) - scatter(groups[p[0]]) - scatter(groups[p[1]])
            ),
        )
        groups[b] += groups.pop(a)
    labels = np.zeros(len(points), int)
    for number, members in enumerate(groups):
        labels[members] = number
    return labels


@given(st.integers(2, 14), st.integers(1, 5), st.integers(0, 10_000))
@settings(max_examples=40)
def test_chain_finds_the_joins_of_the_plain_algorithm(n: int, k: int, seed: int):
    rng = np.random.default_rng(seed)
    points, weights = rng.normal(size=(n, 3)), rng.uniform(0.3, 3, n)
    assert same(ward(points, weights).cut(k), plain_ward(points, weights, min(k, n)))


@given(st.integers(3, 40), st.integers(2, 4), st.integers(0, 10_000))
@settings(max_examples=25)
def test_order_of_points_does_not_matter(n: int, k: int, seed: int):
    assume(n > k)
    rng = np.random.default_rng(seed)
    points, weights = np.abs(rng.normal(size=(n, 6))), rng.uniform(0.3, 3, n)
    order = rng.permutation(n)
    there = Groups(points, weights).cut(k)
    assert same(Groups(points[order], weights[order]).cut(k), there[order])


def test_few_distinct_points_many_times_end_and_group():
    points, whose = people(3, 3, 0)
    many = np.tile(points, (30, 1))
    assert same(Groups(many, np.ones(90)).cut(3), np.tile(whose, 30))


@given(st.integers(1, 30), st.integers(1, 12), st.integers(0, 10_000))
@settings(max_examples=40)
def test_there_are_as_many_groups_as_wanted(n: int, k: int, seed: int):
    rng = np.random.default_rng(seed)
    points = np.abs(rng.normal(size=(n, 8)))
    labels = Groups(points, rng.uniform(0.3, 2.4, n)).cut(k)
    assert sorted(set(labels.tolist())) == list(range(min(n, k)))


@pytest.mark.long
def test_long_recordings_are_condensed_to_the_same_groups():
    points, whose = people(6000, 3, 0.1)
    assert same(Groups(0.95 * points, np.ones(6000)).cut(3), whose)


def test_settling_moves_strays_and_keeps_every_group():
    points, whose = people(30, 2)
    wrong = whose.copy()
    wrong[5] = 1 - wrong[5]
    assert same(settle(points, np.ones(30), wrong), whose)
    equal = np.ones((4, 3))
    assert set(settle(equal, np.ones(4), np.array([0, 1, 2, 2])).tolist()) == {0, 1, 2}


@given(st.integers(0, 200_000))
def test_cells_are_laid_out_evenly_and_windows_stay_inside(samples: int):
    middles = cells(samples, RATE)
    assert bool(middles) == bool(samples)
    steps = np.diff([-middles[0], *middles, 2 * samples - middles[-1]]) if middles else []
    assert np.allclose(steps, samples / max(1, len(middles)))
    assert len(middles) < 2 or 0.13 < steps[0] / RATE < 0.31
    for middle in middles:
        for length in (round(SHORT * RATE), round(LONG * RATE)):
            low, high = window(middle, samples, length)
            assert 0 <= low <= middle <= high <= samples
            assert high - low == min(length, samples)


def talk_of(order: list[int], count: int, spread: float = 0.05, segment: int = 10) -> Cells:
    """Cells of people who speak in this order, all cells voiced."""
    points, whose = people(60 * count, count, spread)
    pools = [iter(np.tile(points[whose == k], (60, 1))) for k in range(count)]
    voices = np.array([next(pools[k]) for k in order])
    return Cells(voices, voices, np.arange(len(order)) // segment, np.full(len(order), CELL))


def test_a_path_takes_single_doubtful_cells_and_leaves_clear_ones():
    points, _ = people(9, 2, 0.0)
    first, second = points[0], points[1]
    doubtful = 0.49 * first + 0.51 * second
    doubtful /= np.linalg.norm(doubtful)
    voices = np.array([first] * 4 + [doubtful] + [first] * 4 + [second] * 3)
    whose = np.array([0] * 4 + [1] + [0] * 4 + [1] * 3)
    one = Cells(voices, voices, np.zeros(12, np.int64), np.full(12, CELL))
    assert followed(one, whose).tolist() == [0] * 9 + [1] * 3
    voices[4] = second
    assert followed(one, whose).tolist() == whose.tolist()


def test_a_path_loses_nobody():
    voices = np.tile(np.array([[1.0, 0.0]]), (5, 1))
    one = Cells(voices, voices, np.zeros(5, np.int64), np.full(5, CELL))
    whose = np.array([0, 0, 1, 0, 0])
    assert followed(one, whose).tolist() == whose.tolist()


@given(st.dictionaries(st.just(2), st.floats(0, 1)), st.lists(st.floats(0, 1), max_size=MOST - 2))
def test_probabilities_of_numbers_sum_to_one(first: dict, rest: list[float]):
    likely = first | ({3 + i: p for i, p in enumerate(rest)} if first else {})
    chances = probabilities(likely)
    assert sum(chances.values()) == pytest.approx(1)
    assert all(p >= 0 for p in chances.values())
    assert sorted(chances) == list(range(1, len(likely) + 2))


def test_what_each_step_says_adds_up():
    half, twice = np.log(0.5), np.log(2)
    chances = probabilities({2: half, 3: twice, 4: twice, 5: 3 * half})
    # 1 : 1/2 : 1 : 2 : 1/4; a doubtful second step does not stop the fourth
    assert chances == pytest.approx({1: 4 / 19, 2: 2 / 19, 3: 4 / 19, 4: 8 / 19, 5: 1 / 19})
    assert probabilities({}) == {1: 1.0}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_distant_voices_are_counted_and_one_stays_one(count: int):
    rng = np.random.default_rng(count)
    order = np.repeat(rng.permutation(np.arange(60) % count), 10).tolist()
    labels, likely = parted(talk_of(order, count, 0.03))
    assert same(labels, np.array(order))
    assert max(likely, key=likely.__getitem__) == count


def heard(segments: list[tuple[float, np.ndarray]]) -> Diariser:
    diariser = Diariser(Pitches())
    for start, samples in segments:
        diariser.add(Audio(samples, RATE), start)
    return diariser


def talk(turns: list[tuple[int, float]], gap: float = 0.5) -> list[tuple[float, np.ndarray]]:
    at, segments = 0.3, []
    for i, (who, seconds) in enumerate(turns):
        segments.append((at, tone(seconds, who, i)))
        at += seconds + gap
    return segments


def test_speakers_are_told_apart_and_numbered_by_first_appearance():
    turns = [(2, 2.0), (0, 3.1), (2, 0.4), (1, 1.2), (0, 6.0), (1, 2.0)]
    spans = heard(talk(turns)).finish().spans
    assert [s.speaker for s in spans] == [0, 1, 0, 2, 1, 2]
    assert all(isinstance(s, SpeakerSpan) for s in spans)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(0.3, 4)), min_size=1, max_size=7),
    st.one_of(st.none(), st.integers(1, 5)),
)
@settings(max_examples=10)
def test_spans_cover_all_speech_in_order(turns: list, speakers: int | None):
    segments = talk(turns)
    spans = heard(segments).finish(bounds=speakers and (speakers, speakers)).spans
    assert all(a.end <= b.start for a, b in pairwise(spans))
    for start, samples in segments:
        inside = [s for s in spans if start <= s.start < start + len(samples) / RATE]
        assert inside[0].start == pytest.approx(start)
        assert inside[-1].end == pytest.approx(start + len(samples) / RATE)
        assert all(a.end == b.start and a.speaker != b.speaker for a, b in pairwise(inside))
    order = list(dict.fromkeys(s.speaker for s in spans))
    assert order == list(range(len(order)))
    assert speakers is None or len(order) <= speakers


def test_a_change_of_speaker_inside_a_segment_is_found_at_the_breath():
    joint = np.concatenate([tone(2, 0), breath(0.2), tone(2.5, 1)])
    segments = [(1.0, joint), *((10 + s, x) for s, x in talk([(0, 2), (1, 2)]))]
    spans = heard(segments).finish(bounds=(2, 2)).spans
    assert [s.speaker for s in spans] == [0, 1, 0, 1]
    assert spans[0].end == pytest.approx(3.1, abs=0.1)


def test_a_change_of_speaker_without_a_pause_is_found():
    joint = np.concatenate([tone(2, 0), tone(2.5, 1), tone(1.2, 0)])
    spans = heard([(1.0, joint)]).finish(bounds=(2, 2)).spans
    assert [s.speaker for s in spans] == [0, 1, 0]
    assert [s.end for s in spans] == pytest.approx([3.0, 5.5, 6.7], abs=0.15)


def test_long_pauses_silent_ends_and_silence_between_two_are_nobodys_speech():
    sound = [breath(0.1), tone(1.5, 0), breath(0.2), tone(1, 0), breath(0.4), tone(1.5, 0)]
    sound += [breath(0.15), tone(1.5, 1), breath(0.3)]
    segments = [(2.0, np.concatenate(sound)), (10.0, tone(2, 1))]
    diariser = heard(segments)
    spans = diariser.finish(bounds=(2, 2)).spans
    assert [s.speaker for s in spans] == [0, 0, 1, 1]
    assert [s.start for s in spans] == pytest.approx([2.1, 5.2, 6.85, 10.0], abs=0.03)
    assert [s.end for s in spans] == pytest.approx([4.8, 6.7, 8.35, 12.0], abs=0.03)
    assert diariser.so_far(bounds=(2, 2)).spans == spans


def test_exact_times_of_segments_are_kept():
    diariser = heard([(0.1, tone(1, 0)), (2.0, tone(1, 0))])
    spans = diariser.finish([(0.1, 1.1000049), (2.0, 3.0000049)]).spans
    assert [s[:3] for s in spans] == [(0.1, 1.1000049, 0), (2.0, 3.0000049, 0)]


def test_finishing_twice_gives_the_same_and_another_number_another():
    diariser = heard(talk([(0, 2.0), (1, 2.0), (0, 1.0), (2, 1.5)]))
    assert diariser.finish().spans == diariser.finish().spans
    assert len({s.speaker for s in diariser.finish(bounds=(2, 2)).spans}) == 2
    assert len({s.speaker for s in diariser.finish(bounds=(1, 1)).spans}) == 1


def test_asking_in_between_changes_nothing():
    segments = talk([(0, 2.0), (1, 0.5), (0, 1.0), (2, 1.5), (1, 3.0)])
    asked = Diariser(Pitches())
    for start, samples in segments:
        asked.add(Audio(samples, RATE), start)
        asked.finish()
    assert asked.finish() == heard(segments).finish()


def test_speakers_so_far_are_those_of_all_in_the_first_minute():
    diariser = Diariser(Pitches())
    for start, samples in talk([(0, 2.0), (1, 2.5), (0, 1.0), (1, 3.0)]):
        diariser.add(Audio(samples, RATE), start)
        assert diariser.so_far() == diariser.finish()


def test_speakers_so_far_stay_and_take_what_is_new_and_the_last_word_is_as_if_never_asked():
    segments = talk([(i % 2, 4.0) for i in range(17)] + [(1, 2.0), (0, 2.0)])
    asked = Diariser(Pitches())
    for start, samples in segments[:17]:
        asked.add(Audio(samples, RATE), start)
    before = asked.so_far(bounds=(2, 2)).spans
    for start, samples in segments[17:]:
        asked.add(Audio(samples, RATE), start)
    after = asked.so_far(bounds=(2, 2)).spans
    assert [s[:3] for s in after[: len(before)]] == [s[:3] for s in before]
    assert [s.speaker for s in after[len(before) :]] == [1, 0]
    assert len({s.speaker for s in asked.so_far(bounds=(3, 3)).spans}) == 3
    assert asked.finish() == heard(segments).finish()


@pytest.mark.slow
def test_a_look_costs_no_more_the_longer_the_stream():
    """But for those that look for speakers anew, which are ever rarer."""

    class Tones:
        def embed(self, segment: Audio, windows: list[tuple[int, int]]) -> np.ndarray:
            first = [segment.samples[low] for low, _ in windows]
            return np.array([[one, 1 - one] for one in first], np.float32)

    diariser, cost = Diariser(Tones()), list[int]()
    speakers = [number // 2 % 2 for number in range(150)]
    for number, who in enumerate(speakers):
        at = 3.0 * number
        diariser.add(Audio(np.full(2 * RATE, who, np.float32), RATE), at)
        ongoing = (Audio(np.full(RATE, 1 - who, np.float32), RATE), at + 2.5)
        asked = calls(lambda ongoing=ongoing: diariser.so_far(None, (2, 2), ongoing))
        spans: list[SpeakerSpan] = []
        looked = calls(lambda spans=spans: spans.extend(diariser.so_far(None, (2, 2)).spans))
        if number > 2:
            assert [s.speaker for s in spans] == speakers[: number + 1]
        cost.append(asked + looked)
    early, late = sorted(cost[40:60]), sorted(cost[-40:])
    assert late[len(late) // 2] == early[len(early) // 2]
    assert sum(c > 2 * late[0] for c in cost[60:]) < 12


def test_speech_that_goes_on_is_asked_about_and_not_kept():
    *segments, (start, sound) = talk([(0, 2.0), (1, 2.0), (0, 2.0), (1, 2.0)])
    asked, ongoing = heard(segments), (Audio(sound.astype(np.float32), RATE), start)
    assert asked.so_far(ongoing=ongoing).spans == heard([*segments, (start, sound)]).finish().spans
    assert asked.finish() == heard(segments).finish()
    assert heard([]).so_far(ongoing=ongoing).spans == heard([(start, sound)]).finish().spans


def test_a_stream_may_be_asked_again_when_nothing_has_come():
    diariser = heard(talk([(i % 2, 3.0) for i in range(30)]))
    told = diariser.so_far()
    assert diariser.so_far() == told
    assert (
        diariser.so_far(ongoing=(Audio(np.zeros(0, np.float32), RATE), 500.0)).spans == told.spans
    )


def test_a_segment_that_was_foreseen_costs_nothing_more_and_changes_nothing():
    class Counted(Pitches):
        count = 0

        def embed(self, segment: Audio, windows: list[tuple[int, int]]) -> np.ndarray:
            self.count += len(windows)
            return super().embed(segment, windows)

    segments = [(tone(2, 0), 0.0), (tone(1.5, 1), 3.0), (tone(2.5, 0), 5.0)]
    plain, ahead = Diariser(Counted()), Diariser(Counted())
    for samples, start in segments:
        plain.add(Audio(samples, RATE), start)
    ahead.add(Audio(segments[0][0], RATE), 0.0)
    ahead.foresee(Audio(segments[1][0][: RATE // 2], RATE), 3.0)  # it went on
    ahead.foresee(Audio(segments[1][0], RATE), 3.0)
    before = ahead.voices._encoder.count
    ahead.foresee(Audio(segments[1][0], RATE), 3.0)
    assert ahead.voices._encoder.count == before
    ahead.add(Audio(segments[1][0], RATE), 3.0)
    ahead.foresee(Audio(segments[2][0][:RATE], RATE), 5.0)
    ahead.add(Audio(segments[2][0], RATE), 5.0)
    assert ahead.finish() == plain.finish()
    for one, other in zip(ahead.voices.cells(), plain.voices.cells(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_range_of_numbers_bounds_the_estimate_and_its_probabilities():
    diariser = heard(talk([(0, 2.0), (1, 2.0), (0, 1.0), (2, 1.5)]))
    for least, most in ((1, 1), (2, 3), (4, 5), (9, 12)):
        spans, number = diariser.finish(bounds=(least, most))
        assert min(least, 6) <= number.number <= most
        assert number.number == len({s.speaker for s in spans})
        if least == most:
            assert number.probabilities == pytest.approx(diariser.finish().number.probabilities)
        else:
            assert set(number.probabilities) <= set(range(least, most + 1))
        assert number.how == ("given" if least == most else "estimated")
    chances = diariser.finish().number.probabilities
    assert sum(chances.values()) == pytest.approx(1)
    assert max(chances, key=chances.__getitem__) == diariser.finish().number.number


def test_confidence_is_none_alone_nothing_in_a_moment_and_high_in_a_clear_turn():
    turns = [(0, 3.0), (1, 3.0), (0, 0.5), (1, 2.0)]
    assert {s.confidence for s in heard(talk(turns)).finish(bounds=(1, 1)).spans} == {None}
    spans = heard(talk(turns)).finish(bounds=(2, 2)).spans
    assert spans[2].confidence == 0
    assert all(s.confidence > 0.8 for s in (spans[0], spans[1], spans[3]))


def test_nothing_and_empty_segments_are_no_speech():
    assert heard([]).finish().spans == ()
    empty = np.zeros(0, np.float32)
    assert heard([(0.0, empty), (1.0, tone(1, 0)), (3.0, empty)]).finish().spans == (
        (1.0, 2.0, 0, None),
    )


def test_silence_that_was_taken_for_speech_joins_its_neighbour():
    silence = np.zeros(RATE, np.float32)
    turns = [(0.0, silence), (2.0, tone(2, 0)), (5.0, tone(2, 1)), (8.0, silence)]
    spans = heard(turns).finish().spans
    assert [s.speaker for s in spans] == [0, 0, 1, 1]
    assert {s.speaker for s in heard([(0.0, silence)]).finish(bounds=(3, 3)).spans} == {0}


def test_more_speakers_than_speech_finds_fewer():
    spans = heard([(0.0, tone(1, 0))]).finish(bounds=(4, 4)).spans
    assert [s.speaker for s in spans] == [0]


def test_wrong_use_is_told():
    diariser = heard([(0.0, tone(1, 0))])
    with pytest.raises(UsageError, match="at least one speaker, found 0"):
        diariser.finish(bounds=(0, 0))
    with pytest.raises(InputError, match="1 segments were heard, found 2"):
        diariser.finish([(0, 1), (2, 3)])


@pytest.mark.long
def test_sound_is_not_kept():
    """Four minutes are 15 MB; what stays is some windows that wait, and voices."""
    part = tone(10, 0)
    diariser = Diariser(Pitches())
    tracemalloc.start()
    for i in range(24):
        diariser.add(Audio(part.copy(), RATE), 10.0 * i)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 8e6


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    return SpeakerEncoder.load(FOLDER, threads=1)


def read_wav(path: Path) -> np.ndarray:
    with wave.open(str(path)) as sound:
        assert sound.getframerate() == RATE
        raw = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    return (raw / 32768.0).astype(np.float32)


def diarised(
    encoder: SpeakerEncoder, samples: np.ndarray, truth: list, speakers: int | None = None
) -> tuple[SpeakerSpan, ...]:
    """Who speaks when, with the segments given: without the speech detector."""
    diariser = Diariser(encoder)
    for start, end, _ in truth:
        diariser.add(Audio(samples[round(start * RATE) : round(end * RATE)], RATE), start)
    return diariser.finish(bounds=speakers and (speakers, speakers)).spans


@pytest.mark.weights
@needs_weights
def test_the_example_has_two_speakers_and_every_turn_is_right(encoder: SpeakerEncoder):
    with EXAMPLE.with_suffix(".csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = list(dict.fromkeys(r["speaker"] for r in rows))
    truth = [(float(r["start"]), float(r["end"]), names.index(r["speaker"])) for r in rows]
    spans = diarised(encoder, read_wav(EXAMPLE), truth)
    assert [s.speaker for s in spans] == [who for _, _, who in truth]
    errors = diarisation_errors(truth, [s[:3] for s in spans])
    assert errors.false == errors.confused == 0
    assert errors.missed < 0.25  # s; sounds that fade away


SENTENCES = (
    "I was thinking that we could go out to the lake this weekend.",
    "It was a lovely day when we went there last year.",
    "Maybe you could call them and ask for the price of two nights?",
    "We laughed about it for weeks, and then we lost the keys.",
)


def flite(folder: Path, voice: str, sentence: str) -> np.ndarray:
    out = folder / "out.wav"
    subprocess.run(["flite", "-voice", voice, "-t", sentence, "-o", str(out)], check=True)
    samples = read_wav(out)
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    return samples[loud[0] : loud[-1]]


@pytest.mark.weights
@needs_weights
@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
@pytest.mark.parametrize("voices", [("slt", "rms"), ("awb", "slt"), ("rms",), ("slt",)])
def test_synthetic_voices_are_counted(
    encoder: SpeakerEncoder, tmp_path: Path, voices: tuple[str, ...]
):
    truth, sound, at = [], [], 0.0
    for i, sentence in enumerate(SENTENCES * 2):
        who = i % len(voices)
        part = flite(tmp_path, voices[who], sentence)
        truth.append((at, at + len(part) / RATE, who))
        sound += [part, np.zeros(RATE // 2, np.float32)]
        at += len(part) / RATE + 0.5
    spans = diarised(encoder, np.concatenate(sound), truth)
    assert len({s.speaker for s in spans}) == len(voices)
    assert diarisation_errors(truth, [s[:3] for s in spans]).rate < 0.05


@pytest.mark.corpus
@pytest.mark.weights
@needs_weights
@pytest.mark.skipif(not (DATA / "ravdess").is_dir(), reason="no RAVDESS (EMPATHIA_DATA)")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("07", "11"),
        *(pytest.param(*p, marks=pytest.mark.slow) for p in (("03", "04"), ("08", "12"))),
    ],
)
def test_calm_actors_are_told_apart(encoder: SpeakerEncoder, first: str, second: str):
    media = pytest.importorskip("empathia.media", reason="extra 'asr'")
    files = [sorted((DATA / "ravdess").rglob(f"03-01-0[12]-01-*-{a}.*")) for a in (first, second)]
    truth, sound, at = [], [], 0.0
    for i, path in enumerate(p for pair in zip(*files, strict=True) for p in pair):
        samples = np.concatenate([b.samples for b in media.blocks(path, RATE)])
        loud = np.flatnonzero(np.abs(samples) > 0.05 * np.abs(samples).max())
        part = samples[loud[0] : loud[-1]]
        truth.append((at, at + len(part) / RATE, i % 2))
        sound += [part, np.zeros(RATE // 2, np.float32)]
        at += len(part) / RATE + 0.5
    spans = diarised(encoder, np.concatenate(sound), truth, speakers=2)
    assert diarisation_errors(truth, [s[:3] for s in spans]).rate <= 0.15
