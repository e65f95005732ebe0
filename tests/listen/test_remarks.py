"""What is said to the user of who speaks."""

from __future__ import annotations

import pytest

from empathia.listen.remarks import on_speakers
from empathia.types import Utterance


def turns(*who: str, sure: tuple[float | None, ...] = ()) -> list[Utterance]:
    known = sure or (None,) * len(who)
    return [
        Utterance(str(i), i, w, start=2.0 * i, end=2.0 * i + 1, speaker_confidence=c)
        for i, (w, c) in enumerate(zip(who, known, strict=True))
    ]


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
    assert on_speakers(turns("Ann", "Ann"), bounds) == note


def test_nobody_is_not_too_few():
    assert on_speakers([], (5, 5)) == ()


def test_turns_that_are_too_short_to_tell_are_named_by_their_times():
    said = turns("Ann", "Ben", "Ann", sure=(0.0, 0.4, 0.0))
    (note,) = on_speakers(said, (2, 2))
    assert note == "too short to tell who speaks: the turns at 0, 4 s"
    many = turns(*["Ann", "Ben", "Ann", "Ben", "Ann", "Ben", "Ann"], sure=(0.0,) * 7)
    assert on_speakers(many, None)[0].endswith("the turns at 0, 2, 4, 6, 8 and 2 more s")
