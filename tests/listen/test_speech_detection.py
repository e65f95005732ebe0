from __future__ import annotations

import csv
import subprocess
import sys
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
import sounds
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.ear import Ear
from empathia.listen.speech import FRAME, RATE, Hysteresis, SpeechDetector, SpeechOptions, Waveform
from empathia.types import Audio


def audio(samples) -> Audio:
    return Audio(np.asarray(samples, np.float32), RATE)


def detected(samples, block: int = RATE):
    detector = SpeechDetector()
    segments = []
    for at in range(0, len(samples), block):
        segments += detector.add(audio(samples[at : at + block]))
    segments += detector.finish()
    assert detector.duration == pytest.approx(len(samples) / RATE)
    return segments


def test_speech_is_found_where_it_was_put():
    samples = sounds.example()
    heard = np.zeros(len(samples) // 160, bool)
    for s in detected(samples):
        heard[round(s.start * 100) : round(s.end * 100)] = True
    written = np.zeros_like(heard)
    with sounds.EXAMPLE.with_suffix(".csv").open(encoding="utf-8") as rows:
        spoken = list(csv.DictReader(rows))
    for row in spoken:
        written[round(float(row["start"]) * 100) : round(float(row["end"]) * 100)] = True
    assert (heard & written).sum() / written.sum() > 0.93  # the rest are pauses inside turns
    assert (heard & ~written).sum() / heard.sum() < 0.06  # padding


@settings(max_examples=8, deadline=None)
@given(st.integers(100, 40000))
def test_the_size_of_blocks_changes_nothing(block):
    samples = sounds.example(0, 8)
    assert detected(samples, block) == detected(samples, len(samples))


def frames(segments, samples) -> np.ndarray:
    """Whether each 10 ms is speech."""
    on = np.zeros(len(samples) // 160, bool)
    for s in segments:
        on[round(s.start * 100) : round(s.end * 100)] = True
    return on


def test_a_faint_recording_is_heard_like_a_loud_one():
    samples = sounds.example(0, 30)
    loud, faint = (frames(detected(x), x) for x in (samples, samples * 10 ** (-30 / 20)))
    assert (loud & faint).sum() > 0.95 * loud.sum()
    assert (faint & ~loud).sum() < 0.05 * loud.sum()


def test_a_long_pause_does_not_dull_the_ear():
    samples = sounds.example(0, 3)
    (first,) = detected(samples)
    *_, again = detected(np.concatenate([samples, sounds.noise(40, 1e-3), samples]))
    assert again.start - 43 == pytest.approx(first.start, abs=0.1)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(3 * RATE), sounds.noise(6), sounds.noise(3, 0.5), sounds.music(8), np.zeros(800)],
    ids=["silence", "noise", "loud noise", "music", "50 ms"],
)
def test_what_is_no_speech_gives_none(samples):
    assert detected(samples) == []


def test_speech_without_a_pause_is_cut_before_28_seconds():
    samples = sounds.example()
    dense = np.concatenate(
        [
            samples[round(s.start * RATE) + 1600 : round(s.end * RATE) - 1600]
            for s in detected(samples)
        ]
    )
    segments = detected(dense)
    assert len(dense) > 35 * RATE
    assert max(s.end - s.start for s in segments) <= 28.0
    assert segments[0].start < 0.3
    assert segments[-1].end > len(dense) / RATE - 0.3
    # What is cut for its length alone goes on at once: nothing is lost in between.
    assert all(b.start - a.end < 0.6 for a, b in pairwise(segments))


def switched(probabilities, **options):
    switch = Hysteresis(SpeechOptions(**options))
    return switch.add(probabilities) + switch.finish()


STEP = FRAME / RATE


def test_a_short_dip_does_not_end_speech_and_a_short_burst_is_none():
    (one,) = switched([0.0] * 10 + [0.9] * 10 + [0.1] * 5 + [0.9] * 10 + [0.0] * 20)
    assert one.start == pytest.approx(10 * STEP - 0.06)
    assert one.end == pytest.approx(35 * STEP)
    assert switched([0.0] * 10 + [0.9] * 5 + [0.0] * 20) == []


def test_between_off_and_on_speech_goes_on_but_does_not_begin():
    assert switched([0.25] * 50) == []
    (one,) = switched([0.9] + [0.25] * 50)
    assert one.end == pytest.approx(51 * STEP)


def test_the_cut_is_made_where_speech_is_least_likely():
    p = [0.95] * 600 + [0.95] * 200 + [0.25] * 5 + [0.95] * 400
    first, second = switched(p)
    assert first.end == second.start
    assert 800 * STEP <= first.end <= 805 * STEP


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 200)), max_size=40))
def test_segments_are_ordered_bounded_and_hold_all_loud_speech(drawn):
    p = [value for value, count in drawn for _ in range(count)]
    segments = switched(p, longest=5.0)
    edges = [t for s in segments for t in (s.start, s.end)]
    assert edges == sorted(edges)
    assert all(0 < s.end - s.start <= 5.0 + 1e-9 for s in segments)
    inside = np.zeros(len(p), bool)
    for s in segments:
        inside[round(s.start / STEP) : round(s.end / STEP)] = True
    run = 0
    for i, value in enumerate([*p, 0.0]):
        if value >= 0.5:
            run += 1
            continue
        if run >= 7:
            assert inside[i - run : i].all()
        run = 0


@settings(deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=30), st.sampled_from([8, 50, 4000]))
def test_the_waveform_is_the_peaks_of_equal_parts(lengths, most):
    samples = np.random.default_rng(sum(lengths)).uniform(-1, 1, sum(lengths)).astype("f4")
    waveform = Waveform(most)
    for part in np.split(samples, np.cumsum(lengths)[:-1]) if lengths else []:
        waveform.add(audio(part))
    size = 160
    while len(samples) // size >= most:
        size *= 2
    expected = [np.abs(samples[i : i + size]).max() for i in range(0, len(samples), size)]
    np.testing.assert_allclose(waveform.peaks(), expected, atol=6e-5)
    assert len(waveform.peaks()) <= most
    assert waveform.silent == (not samples.any())


def test_listening_needs_no_more_memory_for_more_sound():
    dictation = Dictation(ListenOptions(words=False))
    talk = audio(sounds.example(0, 10))
    peaks = []
    tracemalloc.start()
    ear = Ear(dictation, None)
    for _ in range(2):
        for _ in range(9):
            ear.add(talk)
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert len(ear.segments) > 20
    assert peaks[1] < peaks[0] + 100_000


@pytest.mark.slow
def test_an_hour_in_constant_memory():
    code = (
        "import resource, numpy as np\n"
        "from empathia.listen.dictation import Dictation, ListenOptions\n"
        "from empathia.listen.ear import Ear\n"
        "from empathia.types import Audio\n"
        "ear = Ear(Dictation(ListenOptions(words=False)), None)\n"
        "rng = np.random.default_rng(0)\n"
        "def rss(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for i in range(360):\n"
        "    ear.add(Audio(rng.normal(0, .05, 160000).astype('f4'), 16000))\n"
        "    if i == 12: early = rss()\n"
        "print(rss() - early)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(out.stdout) < 20_000  # kB
