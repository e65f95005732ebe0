"""The drawn face and the pixels it is made of: what is where, not which bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.face import points as of
from empathia.face.motion import neutral, posed
from empathia.report.face.picture import VIEW, carried, paint, strokes
from empathia.report.face.sketch import BEYOND, DARK, LIGHT, SHAPES, STILL, weights
from empathia.report.raster import Canvas, encoded, width_of

SIDE = 240
AHEAD = np.zeros(3)


def drawn(pose: np.ndarray = AHEAD, **shapes: float) -> np.ndarray:
    side = lambda n: n.removesuffix("Left").removesuffix("Right")  # noqa: E731
    values = [shapes.get(n, shapes.get(side(n), 0.0)) for n in of.BLENDSHAPES]
    canvas = Canvas(SIDE, round(SIDE * VIEW[3] / VIEW[2]))
    paint(canvas, carried(posed(np.array(values), pose), pose), (0, 0, SIDE))
    return canvas.pixels().astype(int)


def like(pixels: np.ndarray, colour: str, least: int = 40) -> np.ndarray:
    """Where the picture has about this colour."""
    return np.abs(pixels - list(bytes.fromhex(colour[1:]))).sum(-1) < least


def test_all_paints_and_places_exist() -> None:
    known = len(neutral()) + len(BEYOND) + len(STILL)
    for shape in SHAPES:
        assert {shape.paint} <= set(LIGHT) & set(DARK)
        assert all(0 <= i < known for i in (*shape.points, *shape.within))


def test_a_face_looks_out_of_the_middle_with_two_blue_eyes() -> None:
    pixels = drawn()
    iris = like(pixels, LIGHT["iris"])
    assert iris[:, : SIDE // 2].sum() == pytest.approx(iris[:, SIDE // 2 :].sum(), rel=0.25)
    assert iris.sum() > 40
    assert like(pixels, LIGHT["skin"]).mean() > 0.15


def test_closed_eyes_show_no_iris_and_an_open_mouth_its_inside() -> None:
    assert not like(drawn(eyeBlink=1), LIGHT["iris"]).any()
    assert not like(drawn(), LIGHT["mouth"], 20).sum() > 4
    assert like(drawn(jawOpen=0.6), LIGHT["mouth"], 20).sum() > 80


def test_a_turned_head_turns_with_its_crown_and_leaves_the_body() -> None:
    ahead, left = drawn(), drawn(np.array([-15.0, 0, 0]))
    middle = lambda pixels: np.nonzero(like(pixels, LIGHT["iris"]))[1].mean()  # noqa: E731
    assert middle(left) < middle(ahead) - 5
    assert np.array_equal(ahead[-10:], left[-10:])


@settings(deadline=None, max_examples=20)
@given(st.tuples(*[st.floats(-40, 40)] * 3))
def test_what_goes_with_the_head_is_rigid(angles: tuple[float, float, float]) -> None:
    ahead, turned = (weights() @ posed(np.zeros(52), np.array(p)) for p in ((0, 0, 0), angles))
    assert np.allclose(ahead, BEYOND, atol=0.02)
    apart, before = (np.linalg.norm(p[:, None] - p, axis=-1) for p in (turned, ahead))
    assert np.allclose(apart, before, atol=1e-3)


def test_a_face_turned_far_stays_inside_of_its_outline() -> None:
    shapes = {s.shape.kind: s for s in strokes(posed(np.zeros(52), np.array([35.0, 0, 0])))}
    outline = shapes["hull"].lines[0]
    for edge in shapes["net"].lines:
        for x, y in edge:
            assert inside(outline, x, y)


def inside(outline: np.ndarray, x: float, y: float) -> bool:
    a, b = outline, np.roll(outline, -1, axis=0)
    cross = (b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0])
    return bool((cross > -1e-6).all() or (cross < 1e-6).all())


def test_polygons_are_smooth_at_their_edges_and_keep_within_others() -> None:
    canvas = Canvas(20, 10)
    square = np.array([[2.5, 2.0], [12.5, 2.0], [12.5, 8.0], [2.5, 8.0]])
    canvas.polygon(square, "#000000")
    pixels = canvas.pixels()
    assert not pixels[4, 4:12].any()
    assert (pixels[4, 14:] == 255).all()
    assert 0 < pixels[4, 2, 0] < 255
    canvas.polygon(square + 3.0, "#ff0000", within=square)
    red = (canvas.pixels() == [255, 0, 0]).all(-1)
    assert red[6, 6:12].all()
    assert not red[9:].any()
    assert not red[:, 13:].any()


def test_words_take_the_room_that_they_say_and_scripts_do_not_break_them() -> None:
    canvas = Canvas(200, 40)
    canvas.text((10, 30), "Hello there", 20, "#000000")
    dark = np.nonzero((canvas.pixels() < 128).any((0, 2)))[0]
    assert dark.min() >= 9
    assert dark.max() <= 11 + width_of("Hello there", 20)
    assert width_of("Hello", 20) < width_of("Hello there", 20)
    canvas.text((10, 30), "안녕하세요", 20, "#000000")
    assert width_of("안녕하세요", 20) > 0


def test_a_picture_can_be_drawn_over_and_kept() -> None:
    over = np.full((8, 8, 3), 90, np.uint8)
    canvas = Canvas(8, 8, over=over)
    assert np.array_equal(canvas.pixels(), over)
    assert encoded(canvas.pixels(), "PNG").startswith(b"\x89PNG")
    assert encoded(canvas.pixels(), "JPEG").startswith(b"\xff\xd8")
