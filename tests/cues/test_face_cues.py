"""What a face did, in words: relative to the person, never of too little, never as a fact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sights import features

from empathia.cues.face import describe_face
from empathia.cues.looks import CALM, EVERYBODY, IMPRESSIONS, LEVELS, LOOKS, USUAL
from empathia.types import Cues, Features

REST = {"pitch": -6.0}


def turn(seconds: float = 3.0, **does: float | np.ndarray) -> Features:
    return features(seconds, **(REST | does))


def cues(*before: Features, **does: float | np.ndarray) -> Cues:
    found = describe_face(turn(**does), before)
    assert found is not None
    return found


def waves(degrees: float, hertz: float, seconds: float = 3.0, middle: float = -6.0) -> np.ndarray:
    t = np.arange(round(seconds * 10)) / 10
    return middle + degrees * np.sin(2 * np.pi * hertz * t)


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ({"mouthSmile": 0.55}, "smile"),
        ({"mouthSmile": 0.3}, "slight smile"),
        ({"mouthSmile": 0.9}, "broad smile"),
        ({"browInnerUp": 0.5}, "brows raised"),
        ({"browDown": 0.45}, "brows drawn together"),
        ({"jawOpen": 0.45}, "mouth open"),
        ({"eyeWide": 0.3}, "eyes wide"),
        ({"mouthFrown": 0.2}, "mouth corners down"),
        ({"mouthPress": 0.5}, "lips pressed"),
        ({"noseSneer": 0.2}, "nose wrinkled"),
        ({"eyeLookDown": 0.6}, "looking down"),
        ({"eyeLookUp": 0.5}, "looking up"),
        ({"eyeLookOutLeft": 0.7, "eyeLookInRight": 0.7}, "looking far aside"),
        ({"pitch": -24.0}, "head bowed"),
        ({"pitch": 10.0}, "head raised"),
        ({"yaw": 26.0}, "head turned aside"),
        ({"yaw": -26.0}, "head turned aside"),
        ({"roll": 16.0}, "head tilted"),
        ({"pitch": waves(5, 1.5)}, "head nods"),
        ({"yaw": waves(6, 1.5, middle=0)}, "head shakes"),
        ({"eyeBlink": 0.9}, "eyes closed"),
        ({"eyeBlink": np.tile([0.9, 0.1, 0.1, 0.1, 0.1, 0.1], 5)}, "blinks very often"),
        ({}, CALM),
    ],
)
def test_one_thing_done_is_the_one_thing_said(does: dict[str, float], words: str) -> None:
    found = cues(**does)
    assert found.description.removesuffix(" a lot") == words
    assert found.reference == EVERYBODY


def test_several_things_are_said_in_a_fixed_order_with_a_hedged_impression() -> None:
    found = cues(jawOpen=0.45, eyeWide=0.3, browInnerUp=0.6)
    assert found.description == "brows raised, eyes wide, mouth open"
    assert found.impression == "may come across as surprised"
    assert found.levels["brows raised"] == "clear"
    assert set(found.levels.values()) <= set(LEVELS)
    assert cues().impression == ""


def test_a_mouth_that_talks_is_not_open_and_a_short_smile_is_a_slighter_one() -> None:
    assert cues(jawOpen=np.tile([0.0, 0.5, 0.1], 10)).description == CALM
    assert cues(mouthSmile=np.repeat([0.0, 0.5], [20, 10])).description == "slight smile"


def test_slow_and_small_motions_of_the_head_are_no_nods() -> None:
    for still in (waves(1.2, 1.5), waves(6, 0.2)):
        assert "nods" not in cues(pitch=still).description
    torn = waves(5, 1.5)
    torn[::4] = np.nan
    gone = turn(pitch=torn)
    gone.values[::4] = np.nan
    found = describe_face(gone)
    assert found is not None
    assert "nods" not in found.description


def test_a_bowed_head_feigns_no_brows() -> None:
    assert cues(pitch=-26.0, browDown=0.35).description == "head bowed"


def test_what_a_person_always_does_is_not_said_of_them() -> None:
    always = {"browInnerUp": 0.5, "pitch": -24.0}
    before = [turn(4.0, seed=i, **always) for i in range(3)]
    assert cues(**always).description == "brows raised, head bowed"
    known = cues(*before, **always)
    assert known.description == USUAL
    assert known.reference == "speaker so far"
    more = cues(*before, **(always | {"browInnerUp": 0.9}))
    assert more.description == "brows raised"
    up = cues(*before, **(always | {"pitch": -6.0}))
    assert "head raised" in up.description


def test_somebody_who_moves_a_lot_has_to_do_more() -> None:
    lively = [turn(4.0, mouthSmile=np.tile([0.0, 0.6], 20)) for _ in range(3)]
    assert cues(*lively, mouthSmile=0.55).description == USUAL
    assert "smile" in cues(*lively, mouthSmile=0.95).description


def test_only_the_last_minutes_of_a_person_are_its_rest() -> None:
    early = [turn(30.0, mouthSmile=0.9) for _ in range(4)]
    late = [turn(30.0) for _ in range(4)]
    assert cues(*early, *late, mouthSmile=0.8) == cues(*late, mouthSmile=0.8)


@pytest.mark.parametrize("seen", [turn(0.4), turn(3.0, there=0.1), turn(3.0, there=0.0)])
def test_of_too_few_pictures_nothing_is_said(seen: Features) -> None:
    assert describe_face(seen) is None


def test_impressions_name_looks_that_there_are() -> None:
    for condition, _ in IMPRESSIONS:
        assert set(condition) <= set(LOOKS)
        assert set(condition.values()) <= set(LEVELS[1:])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 60), turns=st.integers(0, 4))
def test_whatever_a_face_does_there_are_words_or_nothing(seed: int, count: int, turns: int) -> None:
    draw = np.random.default_rng(seed)

    def any_turn() -> Features:
        made = features(count / 10)
        made.values[:] = draw.uniform(0, 1, made.values.shape)
        made.values[:, 52:55] = draw.normal(0, 20, (len(made.values), 3))
        made.values[draw.uniform(size=len(made.values)) < 0.3] = np.nan
        return made

    found = describe_face(any_turn(), [any_turn() for _ in range(turns)])
    if found is not None:
        assert found.description
        assert found.impression == "" or found.impression.startswith("may come across as ")
