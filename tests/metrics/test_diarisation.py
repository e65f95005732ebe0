"""Who spoke when: hand-made cases, plain counting, and what must hold for any recording."""

from __future__ import annotations

import math
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.errors import UsageError
from empathia.metrics.diarisation import boundary_matches, diarisation_errors

TALK = [(0.0, 4.0, 0), (5.0, 9.0, 1), (10.0, 12.0, 0)]


def test_names_of_speakers_do_not_matter():
    renamed = [(a, b, 7 - 3 * s) for a, b, s in TALK]
    assert diarisation_errors(TALK, renamed).rate == 0


def test_missed_false_and_confused_seconds():
    predicted = [(0.0, 3.0, 0), (5.0, 9.5, 1), (10.0, 12.0, 1)]
    errors = diarisation_errors(TALK, predicted)
    assert errors == pytest.approx((1, 0.5, 2, 10))
    assert errors.rate == pytest.approx(0.35)


def test_everything_given_to_one_speaker_confuses_the_smaller():
    assert diarisation_errors(TALK, [(0.0, 12.0, 0)]).confused == pytest.approx(4)


BOTH = [(0.0, 6.0, 0), (4.0, 10.0, 1)]  # 4 to 6 s: two at once


@pytest.mark.parametrize(
    ("predicted", "errors"),
    [
        (BOTH, (0, 0, 0, 12)),
        ([(0.0, 5.0, 0), (5.0, 10.0, 1)], (2, 0, 0, 12)),  # one at a time
        ([(0.0, 10.0, 0)], (2, 0, 4, 12)),
        ([(0.0, 10.0, 0), (0.0, 10.0, 1)], (0, 8, 0, 12)),  # everybody all the time
        ([(0.0, 6.0, 0), (4.0, 10.0, 1), (4.0, 6.0, 2)], (0, 2, 0, 12)),  # a third who is not there
        ([(0.0, 6.0, 0), (4.0, 6.0, 2), (6.0, 10.0, 1)], (0, 0, 2, 12)),
        ([], (12, 0, 0, 12)),
    ],
)
def test_speech_of_two_at_once_counts_twice(predicted, errors):
    assert diarisation_errors(BOTH, predicted) == pytest.approx(errors)


def test_a_span_over_another_of_its_speaker_counts_once():
    assert diarisation_errors([(0, 4, 0), (2, 5, 0)], [(0, 5, 0)]) == pytest.approx((0, 0, 0, 5))


def test_what_comes_behind_the_speaker_is_not_looked_at():
    assert diarisation_errors(TALK, [(*t, 0.25) for t in TALK]).rate == 0


def test_nothing_said_has_no_rate():
    assert math.isnan(diarisation_errors([], []).rate)
    assert diarisation_errors([], [(0.0, 1.0, 0)]).false == pytest.approx(1)


def test_too_many_speakers_are_refused():
    with pytest.raises(UsageError, match="at most 12 speakers in the truth, found 13"):
        diarisation_errors([(i, i + 1.0, i) for i in range(13)], [])


def plain(truth: list, predicted: list) -> tuple[int, int, int]:
    """Frame by frame, all mappings tried."""

    def who(spans: list, at: float) -> set:
        return {s for a, b, s in spans if a <= at < b}

    frames = [(who(truth, i / 100 + 0.005), who(predicted, i / 100 + 0.005)) for i in range(200)]
    missed = sum(max(0, len(t) - len(f)) for t, f in frames)
    false = sum(max(0, len(f) - len(t)) for t, f in frames)
    confused = min(
        sum(min(len(t), len(f)) - len({mapping[s] for s in t} & f) for t, f in frames)
        for mapping in permutations(range(4), 3)
    )
    return missed, false, confused


@st.composite
def talks(draw: st.DrawFn, speakers: int) -> list:
    times = st.tuples(st.integers(0, 199), st.integers(1, 80), st.integers(0, speakers - 1))
    drawn = draw(st.lists(times, max_size=7))
    return [(a / 100, min(a + n, 200) / 100, s) for a, n, s in drawn]


@given(talks(speakers=3), talks(speakers=4))
@settings(max_examples=40, deadline=None)
def test_agrees_with_plain_counting(truth: list, predicted: list):
    errors = diarisation_errors(truth, predicted)
    assert tuple(round(100 * x) for x in errors[:3]) == plain(truth, predicted)


@given(talks(speakers=3), talks(speakers=4))
@settings(max_examples=40, deadline=None)
def test_the_sum_of_errors_holds_whatever_is_predicted(truth: list, predicted: list):
    errors = diarisation_errors(truth, predicted)
    turned = diarisation_errors(predicted, truth)
    assert min(errors) >= 0
    assert (turned.missed, turned.false) == pytest.approx((errors.false, errors.missed))
    assert turned.confused == pytest.approx(errors.confused)
    assert errors.spoken - errors.missed == pytest.approx(turned.spoken - errors.false)
    assert diarisation_errors(truth, truth)[:3] == (0, 0, 0)


@pytest.mark.parametrize(
    ("predicted", "right"),
    [
        (TALK, 6),
        ([(a + 0.5, b - 0.5, s) for a, b, s in TALK], 6),
        ([(a + 0.51, b - 0.51, s) for a, b, s in TALK], 0),
        ([(0.0, 12.0, 0)], 2),
        ([(4.0, 5.0, 0)], 0),  # an end is no beginning
        ([(0.0, 4.0, 0), (0.2, 4.2, 1)], 2),  # one to one
    ],
)
def test_boundaries_within_half_a_second(predicted, right):
    assert boundary_matches(TALK, predicted) == (right, 6, 2 * len(predicted))


def test_as_many_boundaries_are_matched_as_can_be():
    truth, predicted = [(1.0, 20.0, 0), (1.4, 21.0, 0)], [(0.6, 20.0, 0), (1.2, 21.0, 0)]
    assert boundary_matches(truth, predicted).f1 == 1


def test_no_turns_have_no_f1():
    assert math.isnan(boundary_matches([], []).f1)
    assert boundary_matches(TALK, []).f1 == 0


@given(talks(speakers=1), talks(speakers=1))
@settings(max_examples=40, deadline=None)
def test_boundaries_agree_with_trying_every_match(truth: list, predicted: list):
    few, many = sorted((truth[:4], predicted[:4]), key=len)
    best = sum(
        max(
            sum(abs(a[side] - b[side]) <= 0.5 for a, b in zip(few, order, strict=False))
            for order in permutations(many, len(few))
        )
        for side in (0, 1)
    )
    assert boundary_matches(few, many).right == best


def test_more_turns_do_not_shift_the_others():
    cut = [(a, (a + b) / 2, 0) for a, b, _ in TALK] + [((a + b) / 2, b, 0) for a, b, _ in TALK]
    assert boundary_matches(TALK, cut) == (6, 6, 12)
