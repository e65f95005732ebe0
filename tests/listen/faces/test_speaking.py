"""Whose face speaks: told by mouths that move with a voice, and by nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.errors import InputError
from empathia.face.points import BLENDSHAPES
from empathia.listen.faces import speakers, speaking
from empathia.types.seen import Sight

RATE = 10.0
LENGTH = 60.0
TURNS = [(2.0 + 6 * i, 6.5 + 6 * i, "Ann" if i % 2 == 0 else "Ben") for i in range(9)]
NOISE = 0.003  # of jawOpen in a face that rests, as our net tells it


def sight(
    person: str,
    talks=(),
    *,
    seed: int = 0,
    noise: float = NOISE,
    there=lambda t: t == t,
    strength: float = 0.06,
    rate: float = RATE,
) -> Sight:
    """A face whose mouth moves in the spans ``talks`` as in speech, and rests else."""
    rng = np.random.default_rng([seed, *person.encode()])
    times = np.arange(0, LENGTH, 1 / rate)
    times = times[there(times)]
    opening = 0.05 + rng.normal(0, noise, len(times))
    voiced = np.zeros(len(times), bool)
    for start, end in talks:
        voiced |= (times >= start) & (times < end)
    opening += voiced * strength * rng.gamma(1.5, 0.8, len(times))
    n = len(times)
    shapes = np.zeros((n, 52), np.float32)
    shapes[:, BLENDSHAPES.index("jawOpen")] = opening
    zeros = [np.zeros((n, k), np.float32) for k in (4, 3, 7)]
    return Sight(person, 0.0, LENGTH, rate, times, zeros[0], shapes, *zeros[1:])


def spans(who: str):
    return [(start, end) for start, end, speaker in TURNS if speaker == who]


def persons(sights, turns=TURNS):
    return {who: voice.persons for who, voice in speakers(sights, turns).items()}


def test_two_faces_two_speakers():
    sights = sight("face 1", spans("Ben")), sight("face 2", spans("Ann"))
    voices = speakers(sights, TURNS)
    assert {who: v.persons for who, v in voices.items()} == {
        "Ann": ("face 2",),
        "Ben": ("face 1",),
    }
    assert all(v.absent is None for v in voices.values())
    told = [speaker.person for speaker in speaking(sights, TURNS)]
    assert told == ["face 2" if who == "Ann" else "face 1" for _, _, who in TURNS]


def test_three_faces_one_of_which_chews_and_never_speaks():
    chewing = sight("face 2", [(0, LENGTH)])
    sights = sight("face 1", spans("Ann")), chewing, sight("face 3", spans("Ben"))
    assert persons(sights) == {"Ann": ("face 1",), "Ben": ("face 3",)}


def test_a_film_shows_who_speaks_and_now_and_then_who_listens():
    def ann_seen(t):
        return np.isin((t // 6).astype(int) % 2, [0]) | ((t > 20) & (t < 23))

    sights = (
        sight("face 1", spans("Ann"), there=ann_seen),
        sight("face 2", spans("Ben"), there=lambda t: ~ann_seen(t)),
    )
    assert persons(sights) == {"Ann": ("face 1",), "Ben": ("face 2",)}


def test_only_one_of_two_speakers_is_in_the_picture():
    """An interviewer behind the camera has no face, and does not get that of who listens."""
    sights = [sight("face 1", spans("Ann"))]
    voices = speakers(sights, TURNS)
    assert voices["Ann"].persons == ("face 1",)
    assert voices["Ben"].persons == ()
    assert voices["Ben"].absent == "1 face, and its mouth does not move with the voice"


@pytest.mark.parametrize("spoken", [1.0, 0.6])
def test_one_speaker_and_one_face_that_speaks(spoken):
    turns = [(0.0, spoken * LENGTH, "Ann")]
    assert persons([sight("face 1", [turns[0][:2]])], turns) == {"Ann": ("face 1",)}


def test_a_voice_over_belongs_to_nobody():
    turns = [(0.0, LENGTH, "Ann")]
    silent = [sight("face 1"), sight("face 2")]
    assert persons(silent[:1], turns) == {"Ann": ()}
    (voice,) = speakers(silent, turns).values()
    assert voice.absent == "2 faces, and no mouth moves with the voice"
    (voice,) = speakers([], turns).values()
    assert voice.absent == "no face was in the picture for a second while Ann spoke"


def test_both_mouths_move_with_the_voice():
    sights = sight("face 1", spans("Ann")), sight("face 2", spans("Ann"), seed=4)
    voice = speakers(sights, [t for t in TURNS if t[2] == "Ann"])["Ann"]
    assert voice.persons == ()
    assert "both move with the voice" in (voice.absent or "")


def test_one_who_got_two_numbers_is_one_speaker():
    sights = (
        sight("face 1", spans("Ann"), there=lambda t: t < 30),
        sight("face 2", spans("Ben")),
        sight("face 3", spans("Ann"), there=lambda t: t >= 31),
    )
    told = persons(sights)
    assert set(told["Ann"]) == {"face 1", "face 3"}
    by_turn = speaking(sights, TURNS)
    assert by_turn[0].person == "face 1"
    assert by_turn[8].person == "face 3"


def test_a_speaker_who_is_not_in_the_picture_in_a_turn():
    sights = sight("face 1", spans("Ann"), there=lambda t: t > 10), sight("face 2", spans("Ben"))
    first, *_ = speaking(sights, TURNS)
    assert first.person is None
    assert first.absent == "the speaker's face (face 1) is not in the picture"


def test_what_is_given_holds_and_is_not_given_twice():
    sights = sight("face 1", spans("Ann")), sight("face 2", spans("Ben"))
    voices = speakers(sights, TURNS, {"Ann": "face 2"})
    assert voices["Ann"].persons == ("face 2",)
    assert voices["Ben"].persons == ()
    with pytest.raises(InputError, match="there is face 1, face 2"):
        speaking(sights, TURNS, {"Ann": "face 9"})


def test_one_who_got_two_numbers_may_be_given_both():
    sights = [
        sight("face 1", spans("Ben")),
        sight("face 2", there=lambda t: t < 30),
        sight("face 3", there=lambda t: t >= 30),
    ]
    told = speaking(sights, TURNS, {"Ann": ("face 2", "face 3")})
    found = [who.person for who, (_, _, name) in zip(told, TURNS, strict=True) if name == "Ann"]
    assert found == ["face 2"] * 3 + ["face 3"] * 2
    with pytest.raises(InputError, match="'Ann' cannot be 'face 9'"):
        speaking(sights, TURNS, {"Ann": ("face 2", "face 9")})


def test_landmarks_that_are_kept_change_nothing():
    sights = [sight("face 1", spans("Ben")), sight("face 2", spans("Ann"))]
    still = [replace(s, landmarks=np.ones((len(s.times), 478, 3), np.float32)) for s in sights]
    assert speakers(still, TURNS) == speakers(sights, TURNS)


def test_turns_shorter_than_a_second_in_all_say_nothing():
    voice = speakers([sight("face 1", [(3.0, 3.6)])], [(3.0, 3.6, "Ann")])["Ann"]
    assert voice.persons == ()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    strength=st.floats(0.04, 0.2),
    noise=st.floats(0.001, 0.006),
    rate=st.sampled_from([5.0, 10.0, 25.0]),
    order=st.permutations(["face 1", "face 2", "face 3"]),
)
def test_faces_are_never_swapped(seed, strength, noise, rate, order):
    how = {"seed": seed, "strength": strength, "noise": noise, "rate": rate}
    ann, ben, other = order
    sights = sorted(
        (sight(ann, spans("Ann"), **how), sight(ben, spans("Ben"), **how), sight(other, **how)),
        key=lambda s: s.person,
    )
    assert persons(sights) == {"Ann": (ann,), "Ben": (ben,)}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), noise=st.floats(0.001, 0.01), faces=st.integers(1, 4))
def test_mouths_that_rest_or_move_as_they_like_speak_for_nobody(seed, noise, faces):
    rng = np.random.default_rng(seed)
    starts = rng.uniform(0, LENGTH, (faces, 8))
    sights = [
        sight(f"face {i + 1}", [(t, t + 2) for t in row[: 8 * (i % 2)]], seed=seed, noise=noise)
        for i, row in enumerate(starts)
    ]
    still = [s.person for i, s in enumerate(sights) if i % 2 == 0]
    told = persons(sights)
    assert not {p for found in told.values() for p in found} & set(still)
