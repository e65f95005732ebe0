"""What is said to the user of who speaks."""

from __future__ import annotations

import pytest

from empathia.listen.remarks import on_speakers
from empathia.types import SpeakerNumber, Utterance


def turns(*who: str, sure: tuple[float | None, ...] = ()) -> list[Utterance]:
    known = sure or (None,) * len(who)
    return [
        Utterance(str(i), i, w, start=2.0 * i, end=2.0 * i + 1, speaker_confidence=c)
        for i, (w, c) in enumerate(zip(who, known, strict=True))
    ]


GIVEN = SpeakerNumber(1, "given")


@pytest.mark.parametrize(
    ("bounds", "note"),
    [
        (None, ()),
        ((1, 1), ()),
        ((1, 4), ()),
        ((5, 5), ("5 speakers were given, and 1 voice was told apart",)),
        ((2, 4), ("2 to 4 speakers were given, and 1 voice was told apart",)),
    ],
)
def test_fewer_speakers_than_were_given_are_admitted(bounds, note):
    assert on_speakers(turns("Ann", "Ann"), GIVEN, bounds) == note


SOUND_LIKE = (
    "3 speakers were given, and the voices sound like 1: one person may have been taken for several"
)


@pytest.mark.parametrize(
    ("likely", "note"),
    [
        ({}, ()),
        ({1: 0.7, 2: 0.29, 3: 0.01}, (SOUND_LIKE,)),
        ({1: 0.7, 2: 0.2, 3: 0.04, 4: 0.06}, ()),
        ({1: 0.99, 2: 0.01}, (SOUND_LIKE,)),
        ({1: 0.9, 2: 0.1}, ()),
    ],
)
def test_a_number_that_the_voices_hardly_bear_out_is_doubted(likely, note):
    number = SpeakerNumber(3, "given", likely)
    assert on_speakers(turns("Ann", "Ben", "Cid"), number, (3, 3)) == note
    assert on_speakers(turns("Ann", "Ben", "Cid"), number, (2, 4)) == ()


def test_nobody_is_not_too_few():
    assert on_speakers([], None, (5, 5)) == ()


def test_turns_that_are_too_short_to_tell_are_named_by_their_times():
    said = turns("Ann", "Ben", "Ann", sure=(0.0, 0.4, 0.0))
    (note,) = on_speakers(said, GIVEN, (2, 2))
    assert note == "too short to tell who speaks: the turns at 0, 4 s"
    many = turns(*["Ann", "Ben", "Ann", "Ben", "Ann", "Ben", "Ann"], sure=(0.0,) * 7)
    assert on_speakers(many, GIVEN, None)[0].endswith("the turns at 0, 2, 4, 6, 8 and 2 more s")
