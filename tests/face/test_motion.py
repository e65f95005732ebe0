"""The face of our own: what each motion moves, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.errors import InputError
from empathia.face import points as of
from empathia.face.motion import basis, mesh, mirror, neutral, posed
from empathia.face.normalise import normalised
from empathia.face.pose import rotation

AHEAD = np.zeros(3)
EYES = [*of.LEFT_EYE, *of.RIGHT_EYE, *of.LEFT_IRIS, *of.RIGHT_IRIS, of.LEFT_PUPIL, of.RIGHT_PUPIL]
BROWS, LIPS = [*of.LEFT_BROW, *of.RIGHT_BROW], [*of.OUTER_LIPS, *of.INNER_LIPS]
ANGLES = st.tuples(*[st.floats(-60, 60)] * 3)


def face(**shapes: float) -> np.ndarray:
    """The face under some blendshapes; a name without its side means both."""
    side = lambda n: n.removesuffix("Left").removesuffix("Right")  # noqa: E731
    values = [shapes.get(n, shapes.get(side(n), 0.0)) for n in of.BLENDSHAPES]
    return posed(np.array(values), AHEAD)


def way(**shapes: float) -> np.ndarray:
    return face(**shapes) - neutral()


def test_nothing_is_the_neutral_face_which_is_normalised() -> None:
    assert np.allclose(face(), neutral(), atol=1e-6)
    points, placement = normalised(neutral()[None])
    assert np.allclose(points[0], neutral(), atol=2e-3)
    assert placement.roll[0] == pytest.approx(0, abs=0.05)


def test_the_neutral_face_is_symmetric_and_closed() -> None:
    assert (mirror()[mirror()] == np.arange(478)).all()
    assert np.allclose(neutral()[mirror()] * [-1, 1, 1], neutral(), atol=2e-4)
    upper, lower = neutral()[[13, 82, 312]], neutral()[[14, 87, 317]]
    assert np.allclose(upper, lower, atol=1e-6)


def test_the_net_is_symmetric_and_of_one_piece() -> None:
    edges = set(mesh())
    assert {tuple(sorted((int(mirror()[a]), int(mirror()[b])))) for a, b in edges} == edges
    reached, known = {of.OVAL[0]}, {i for e in edges for i in e}
    for _ in range(len(known)):
        reached |= {i for e in edges if set(e) & reached for i in e}
    assert reached == known


@pytest.mark.parametrize("name", of.BLENDSHAPES[1:])
def test_every_motion_moves_something_and_not_the_whole_face(name: str) -> None:
    size = np.linalg.norm(basis()[of.BLENDSHAPES.index(name)], axis=1)
    assert 0.01 < size.max() < 0.5
    assert (size < 1e-3).mean() > 0.3


def test_the_remainder_moves_nothing() -> None:
    assert not basis()[0].any()


@pytest.mark.parametrize(
    ("start", "still"),
    [
        ("brow", [*LIPS, *of.NOSE_BASE, *EYES]),
        ("eye", [*LIPS, *of.NOSE_BASE, 152]),
        ("mouth", [*EYES, *BROWS, 10, 151]),
        ("jaw", [*EYES, *BROWS, *of.NOSE_BRIDGE]),
        ("cheek", [*EYES, *BROWS, 152]),
        ("nose", [*EYES, *BROWS, 152]),
    ],
)
def test_a_motion_leaves_other_parts_alone(start: str, still: list[int]) -> None:
    for name, moved in zip(of.BLENDSHAPES, basis(), strict=True):
        if name.startswith(start):
            assert np.abs(moved[still]).max() < 0.02, name


@pytest.mark.parametrize("name", [n for n in of.BLENDSHAPES if n.endswith("Left")])
def test_left_and_right_mirror_each_other(name: str) -> None:
    left, right = (basis()[of.BLENDSHAPES.index(n)] for n in (name, f"{name[:-4]}Right"))
    assert np.allclose(left[mirror()] * [-1, 1, 1], right, atol=1e-3)
    if name not in {"jawLeft", "mouthLeft"}:  # what is left is the person's left
        there = neutral()[:, 0] > 0.1
        assert np.abs(left[there]).max() > 3 * np.abs(right[there]).max()


def test_faces_show_what_they_are_told() -> None:
    corners, inner, outer = [61, 291], [55, 285], [46, 276]
    assert (way(mouthSmile=1)[corners, 1] < -0.05).all()  # up
    assert np.ptp(face(mouthSmile=1)[corners, 0]) > np.ptp(neutral()[corners, 0]) + 0.1
    assert (way(mouthFrown=1)[corners, 1] > 0.05).all()
    assert (way(browInnerUp=1)[inner, 1] < 3 * way(browInnerUp=1)[outer, 1] - 0.02).all()
    assert (way(browDown=1)[inner, 1] > 0.03).all()
    assert way(jawOpen=1)[152, 1] > 0.15
    assert face(jawOpen=1)[14, 1] - face(jawOpen=1)[13, 1] > 0.12
    assert np.ptp(face(mouthPucker=1)[corners, 0]) < 0.7 * np.ptp(neutral()[corners, 0])
    assert way(eyeLookOutLeft=1)[of.LEFT_PUPIL, 0] > 0.05  # to the person's left
    assert way(eyeLookInLeft=1)[of.LEFT_PUPIL, 0] < -0.05
    assert way(eyeLookUp=1)[of.RIGHT_PUPIL, 1] < -0.03


def gaps(points: np.ndarray, line: tuple[int, ...]) -> np.ndarray:
    half = len(line) // 2
    return points[list(line[1:half]), 1] - points[list(line[:half:-1]), 1]


def test_a_blink_shuts_the_eyes_and_wide_eyes_are_wider() -> None:
    assert gaps(face(), of.LEFT_EYE).max() > 0.08
    assert np.abs(gaps(face(eyeBlink=1), of.LEFT_EYE)).max() < 0.015
    assert (gaps(face(eyeWide=1), of.LEFT_EYE) > gaps(face(), of.LEFT_EYE)).all()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=52, max_size=52))
def test_lids_and_lips_never_pass_through_each_other(values: list[float]) -> None:
    points = posed(np.array(values), AHEAD)
    for line in (of.LEFT_EYE, of.RIGHT_EYE, of.INNER_LIPS):
        assert gaps(points, line).min() > -1e-6


def test_a_mouth_closes_over_an_open_jaw() -> None:
    opened = gaps(face(jawOpen=0.5), of.INNER_LIPS).max()
    assert gaps(face(jawOpen=0.5, mouthClose=0.5), of.INNER_LIPS).max() < 0.4 * opened


@settings(deadline=None, max_examples=20)
@given(ANGLES)
def test_a_pose_turns_the_face_rigidly(angles: tuple[float, float, float]) -> None:
    shapes, pose = np.full(52, 0.1), np.array(angles)
    turned, ahead = posed(shapes, pose), posed(shapes, AHEAD)
    assert np.allclose(turned, ahead @ rotation(pose).T, atol=1e-5)
    some = [10, 152, 234, 1, 61]
    apart, before = (np.linalg.norm(p[some][:, None] - p[some], axis=-1) for p in (turned, ahead))
    assert np.allclose(apart, before, atol=1e-5)


def test_a_pose_turns_to_where_it_says() -> None:
    tip = [posed(np.zeros(52), np.array(p))[1] for p in ((20.0, 0, 0), (0, 20.0, 0), (0, 0, 20.0))]
    assert tip[0][0] > 0.1  # to the picture's right
    assert tip[1][1] < neutral()[1, 1] - 0.1  # up
    assert tip[2][0] < -0.05  # clockwise: what is below goes to the left


def test_many_frames_are_what_they_are_alone() -> None:
    random = np.random.default_rng(1)
    shapes, poses = random.random((2, 3, 52)), random.normal(0, 10, (2, 3, 3))
    together = posed(shapes, poses)
    assert together.shape == (2, 3, 478, 3)
    assert together.dtype == np.float32
    assert np.allclose(together[1, 2], posed(shapes[1, 2], poses[1, 2]), atol=1e-6)


def test_wrong_shapes_are_told() -> None:
    with pytest.raises(InputError, match=r"\(51,\).*\(\.\.\., 52\)"):
        posed(np.zeros(51), AHEAD)
    with pytest.raises(InputError):
        posed(np.zeros((4, 52)), AHEAD)
