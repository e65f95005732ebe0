"""The diarisation error rate against hand-made cases and plain counting."""

from __future__ import annotations

import math
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.errors import UsageError
from empathia.metrics.diarisation import diarisation_errors

TALK = [(0.0, 4.0, 0), (5.0, 9.0, 1), (10.0, 12.0, 0)]


def test_names_of_speakers_do_not_matter():
    renamed = [(a, b, 7 - 3 * s) for a, b, s in TALK]
    assert diarisation_errors(TALK, renamed).rate == 0


def test_missed_false_and_confused_seconds():
    predicted = [(0.0, 3.0, 0), (5.0, 9.5, 1), (10.0, 12.0, 1)]
    errors = diarisation_errors(TALK, predicted)
    assert errors.missed == pytest.approx(1)
    assert errors.false == pytest.approx(0.5)
    assert errors.confused == pytest.approx(2)
    assert errors.spoken == pytest.approx(10)
    assert errors.rate == pytest.approx(0.35)


def test_everything_given_to_one_speaker_confuses_the_smaller():
    assert diarisation_errors(TALK, [(0.0, 12.0, 0)]).confused == pytest.approx(4)


def test_collar_forgives_at_boundaries_only():
    shifted = [(a + 0.2, b + 0.2, s) for a, b, s in TALK]
    assert diarisation_errors(TALK, shifted, 0.25).rate == 0
    assert diarisation_errors(TALK, shifted).rate == pytest.approx(1.2 / 10)
    assert diarisation_errors(TALK, shifted, 0.25).spoken == pytest.approx(8.5)


def test_nothing_said_has_no_rate():
    assert math.isnan(diarisation_errors([], []).rate)
    assert diarisation_errors([], [(0.0, 1.0, 0)]).false == pytest.approx(1)


def test_too_many_speakers_are_refused():
    with pytest.raises(UsageError, match="at most 12"):
        diarisation_errors([(i, i + 1.0, i) for i in range(13)], [])


def plain(truth: list, predicted: list) -> tuple[int, int, int]:
    """Frame by frame, all mappings tried."""

    def who(spans: list, at: float) -> int:
        return next((s for a, b, s in reversed(spans) if a <= at < b), -1)

    frames = [(who(truth, i / 100 + 0.005), who(predicted, i / 100 + 0.005)) for i in range(500)]
    missed = sum(t >= 0 > f for t, f in frames)
    false = sum(f >= 0 > t for t, f in frames)
    both = [(t, f) for t, f in frames if t >= 0 and f >= 0]
    right = max(sum(f == m[t] for t, f in both) for m in permutations(range(4), 3))
    return missed, false, len(both) - right


@st.composite
def talks(draw: st.DrawFn, speakers: int) -> list:
    edges = sorted(draw(st.sets(st.integers(0, 499), max_size=10)))
    spans = [(a / 100, b / 100) for a, b in pairwise(edges)]
    return [(a, b, draw(st.integers(-1, speakers - 1))) for a, b in spans]


@given(talks(speakers=3), talks(speakers=4))
@settings(max_examples=60)
def test_agrees_with_plain_counting(truth: list, predicted: list):
    truth, predicted = ([x for x in spans if x[2] >= 0] for spans in (truth, predicted))
    errors = diarisation_errors(truth, predicted)
    counted = [round(100 * x) for x in errors[:3]]
    assert tuple(counted) == plain(truth, predicted)
