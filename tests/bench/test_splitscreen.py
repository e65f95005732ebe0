"""Who is on which side: markers and voices, together or alone, and nobody where they disagree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from split_screens import split_video, spoken

from empathia.bench.splitscreen import (
    Evidence,
    Placed,
    Turn,
    agreed,
    by_markers,
    by_voices,
    persons,
    place,
    within,
)
from empathia.encoders.face import Eyes
from empathia.types import Dialogue
from empathia.types.seen import Sight

pytestmark = pytest.mark.weights
TURNS = ("F", "M", "F", "M", "F", "M")
OTHER = {"left": "right", "right": "left", None: None}


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    return Eyes(1)


@pytest.mark.parametrize(
    ("left", "dotted", "kinds"),
    [
        ("F", "F", {"markers", "voices"}),
        pytest.param("M", "F", {"markers", "voices"}, marks=pytest.mark.slow),
        ("M", "", {"voices"}),
    ],
)
def test_each_is_placed_wherever_they_sit(
    tmp_path: Path, eyes: Eyes, left: str, dotted: str, kinds: set[str]
) -> None:
    video = split_video(tmp_path / "v.mp4", TURNS, left=left, dotted=dotted, seam=4)
    placed = place(spoken(video, TURNS), "Ses01F", eyes)
    assert placed.reason is None
    assert {k for k, e in placed.evidence.items() if e.side is not None} == kinds
    sides = sorted(placed.regions, key=lambda speaker: placed.regions[speaker][0])
    assert sides == [f"Ses01{left}", f"Ses01{'M' if left == 'F' else 'F'}"]
    first, second = (placed.regions[s] for s in sides)
    assert np.allclose(first, (0, 30, 180, 230), atol=2)
    assert np.allclose(second, (184, 30, 364, 230), atol=2)


def test_markers_alone_do_where_no_times_are_known(tmp_path: Path, eyes: Eyes) -> None:
    video = split_video(tmp_path / "v.mp4", ("", "", ""), left="M", dotted="F")
    talk = spoken(video, ())
    timeless = spoken(video, ("F", "M")).utterances
    bare = tuple(type(u)(u.id, u.index, u.speaker, video=video) for u in timeless)
    placed = place(Dialogue(talk.id, bare), "Ses01F", eyes)
    assert placed.evidence["voices"].side is None
    assert placed.regions["Ses01F"][0] > placed.regions["Ses01M"][0]


def test_nobody_is_placed_without_evidence(tmp_path: Path, eyes: Eyes) -> None:
    quiet = ("", "", "")
    video = split_video(tmp_path / "v.mp4", quiet, left="F")
    placed = place(spoken(video, ("F", "M", "F")), "Ses01F", eyes)
    assert placed.regions == {}
    assert placed.reason.startswith("markers: ")
    assert "voices: too few turns" in placed.reason
    assert "2 speakers and 0 videos" in place(spoken(None, TURNS), "Ses01F", eyes).reason


DOTS = st.lists(st.integers(0, 30), max_size=6)
MOTION = st.floats(0, 0.3)
TALK = st.lists(st.builds(Turn, st.booleans(), MOTION, MOTION), max_size=16)


@given(DOTS, DOTS)
def test_markers_know_no_side(left: list[int], right: list[int]) -> None:
    told = by_markers({"left": left, "right": right})
    mirrored = by_markers({"left": right, "right": left})
    assert mirrored.side == OTHER[told.side]
    assert mirrored.margin == pytest.approx(told.margin)


@given(TALK)
def test_voices_know_no_side_and_no_name(turns: list[Turn]) -> None:
    told = by_voices(turns)
    mirrored = by_voices([t._replace(left=t.right, right=t.left) for t in turns])
    renamed = by_voices([t._replace(marked=not t.marked) for t in turns])
    assert mirrored.side == renamed.side == OTHER[told.side]


@given(st.integers(0, 10**6))
def test_mouths_that_move_at_random_seldom_tell(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sided = sum(
        by_voices([Turn(bool(i % 2), *rng.gamma(2, 0.02, 2)) for i in range(16)]).side is not None
        for _ in range(50)
    )
    assert sided <= 5


def test_a_livelier_face_is_not_taken_for_the_speaker() -> None:
    rng = np.random.default_rng(0)
    turns = [Turn(bool(i % 2), 0.2, 0.01 + 0.01 * rng.random()) for i in range(16)]
    assert by_voices(turns).side is None


@given(*(st.sampled_from(["left", "right", None]) for _ in range(2)))
def test_kinds_of_evidence_agree_or_nobody_is_placed(markers: str | None, voices: str | None):
    kinds = {"markers": Evidence(markers, 3, "few"), "voices": Evidence(voices, 3, "quiet")}
    side, reason = agreed(kinds)
    assert (side is None) == (reason is not None)
    assert side in (markers, voices, None)
    if {markers, voices} == {"left", "right"}:
        assert side is None
    if side is None and markers is None:
        assert reason == "markers: few; voices: quiet"


def sight(person: str, x: float, n: int) -> Sight:
    """A face that was seen n times around one place."""
    box = np.array([x - 10, 40, x + 10, 70], np.float32)
    return Sight(
        person,
        0.0,
        10.0,
        1.0,
        np.arange(n, dtype=np.float64),
        np.tile(box, (n, 1)),
        np.zeros((n, 52), np.float32),
        np.zeros((n, 3), np.float32),
        np.zeros((n, 7), np.float32),
    )


def test_a_speaker_s_face_is_the_usual_one_of_their_region() -> None:
    placed = Placed({"Ses01F": (100, 0, 200, 100), "Ses01M": (0, 0, 100, 100)})
    seen = [sight("face 1", 50, 9), sight("face 2", 150, 7), sight("face 3", 160, 2)]
    assert persons(placed, seen) == {"Ses01F": ("face 2",), "Ses01M": ("face 1",)}
    assert persons(placed, seen[:1]) == {"Ses01M": ("face 1",)}
    assert persons(Placed(reason="black"), seen) == {}


def test_a_speaker_may_have_two_numbers_one_after_the_other() -> None:
    placed = Placed({"Ses01F": (100, 0, 200, 100), "Ses01M": (0, 0, 100, 100)})
    later = sight("face 3", 160, 5)
    later = replace(later, times=later.times + 9)
    seen = [sight("face 1", 50, 9), sight("face 2", 150, 7), later]
    assert persons(placed, seen)["Ses01F"] == ("face 2", "face 3")


def test_a_face_belongs_to_the_region_that_holds_its_middle() -> None:
    region = (100.0, 0.0, 200.0, 100.0)
    assert within(np.array([90.0, 10, 130, 50]), region)
    assert not within(np.array([60.0, 10, 130, 50]), region)
