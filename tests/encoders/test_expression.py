"""The expression net against torch, and the square that it is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load_file

from empathia import weights
from empathia.encoders.face.expression import FEATURES, SIDE, Expressions, square
from empathia.errors import WeightsError
from empathia.face.points import EXPRESSIONS
from empathia.types import FloatArray
from empathia.types.seen import BLENDSHAPES, LANDMARKS, Face, Picture

MEAN = (122.782, 117.001, 104.298)


@pytest.fixture(scope="module")
def net() -> Expressions:
    return Expressions(threads=1)


def squares(count: int, seed: int = 0) -> NDArray[np.uint8]:
    draw = np.random.default_rng(seed)
    coarse = draw.integers(0, 256, (count, 14, 14, 3), dtype=np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)


def by_torch(pictures: NDArray[np.uint8]) -> tuple[FloatArray, FloatArray]:
    """The net written out a second time, from the bytes that ship."""
    torch = pytest.importorskip("torch", reason="extra 'train' is not installed")
    held = load_file(weights.folder("face-expression") / "model.safetensors")

    def weight(name: str):
        value = held[name].astype(np.float64)
        if name + ".scale" in held:
            step, lowest = held[name + ".scale"].astype(np.float64)
            value = value * step + lowest
        return torch.tensor(value)

    def convolve(x, name: str, halve: bool):
        after = torch.nn.functional.pad(x, (0, 1, 0, 1) if halve else (1, 1, 1, 1))
        stride, conv = 2 if halve else 1, torch.nn.functional.conv2d
        if name == "0.0":
            return conv(after, weight("0.0.filter"), weight("0.0.bias"), stride)
        deep = conv(after, weight(f"{name}.depth"), None, stride, groups=x.shape[1])
        return conv(deep, weight(f"{name}.point"), weight(f"{name}.bias"))

    x = (torch.tensor(pictures, dtype=torch.float64) - torch.tensor(MEAN)) / 255
    x = x.permute(0, 3, 1, 2)
    for block in range(4):
        one = torch.relu(convolve(x, f"{block}.0", True))
        two = convolve(one, f"{block}.1", False)
        three = convolve(torch.relu(one + two), f"{block}.2", False)
        four = convolve(torch.relu(one + two + three), f"{block}.3", False)
        x = torch.relu(one + two + three + four)
    features = x.mean((2, 3))
    return features.numpy(), (features @ weight("fc.weight") + weight("fc.bias")).numpy()


def test_it_says_what_torch_says(net: Expressions) -> None:
    shown = squares(3)
    features, logits = net.judge(shown)
    there, back = by_torch(shown), by_torch(np.ascontiguousarray(shown[:, :, ::-1]))
    np.testing.assert_allclose(features, (there[0] + back[0]) / 2, atol=1e-4)
    np.testing.assert_allclose(logits, (there[1] + back[1]) / 2, atol=1e-4)


def test_a_face_and_its_mirror_image_express_the_same(net: Expressions) -> None:
    shown = squares(2)
    for one, other in zip(net.judge(shown), net.judge(shown[:, :, ::-1]), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_each_face_is_judged_by_itself_and_no_face_gives_nothing(net: Expressions) -> None:
    shown = squares(3)
    features, logits = net.judge(shown)
    assert features.dtype == logits.dtype == np.float32
    np.testing.assert_array_equal(net.judge(shown[1:2])[1][0], logits[1])
    assert [a.shape for a in net.judge(shown[:0])] == [(0, FEATURES), (0, len(EXPRESSIONS))]


def face(at: tuple[float, float], apart: float, roll: float = 0.0) -> Face:
    """Eyes, mouth and nothing else: all other points lie between the eyes."""
    points = np.zeros((LANDMARKS, 3), np.float32)
    for where, place in {
        (33, 133): (-0.5, 0),
        (263, 362): (0.5, 0),
        (0, 17, 61, 291): (0, 1.1),
    }.items():
        points[list(where), :2] = place
    angle = np.radians(roll)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points[:, :2] = points[:, :2] @ turn * apart + at
    box = np.array([*points[:, :2].min(0), *points[:, :2].max(0)], np.float32)
    return Face(box, points, np.zeros(BLENDSHAPES, np.float32), np.zeros(3, np.float32), 1.0)


def scene(middle: tuple[float, float], apart: float, roll: float, size: int = 320) -> Picture:
    """A smooth pattern that goes with the face that :func:`face` gives."""
    angle = np.radians(roll)
    y, x = np.mgrid[:size, :size] + 0.5
    x, y = (x - middle[0]) / apart, (y - middle[1]) / apart
    u, v = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    waves = np.stack([np.sin(2 * u), np.cos(2 * v), np.sin(u + 2 * v)], axis=-1)
    return Picture(0.0, np.round(127 + 100 * waves).astype(np.uint8))


@settings(max_examples=25, deadline=None)
@given(
    x=st.floats(140, 180),
    y=st.floats(120, 150),
    apart=st.floats(40, 75),
    roll=st.floats(-40, 40),
)
def test_the_square_goes_with_the_face(x: float, y: float, apart: float, roll: float) -> None:
    plain = square(scene((160, 130), 60, 0), face((160, 130), 60))
    moved = square(scene((x, y), apart, roll), face((x, y), apart, roll))
    assert plain.shape == (SIDE, SIDE, 3)
    inner = slice(8, -8)
    apart_by = np.abs(plain[inner, inner].astype(int) - moved[inner, inner])
    assert np.quantile(apart_by, 0.95) <= 12


def test_a_smaller_picture_of_a_video_shows_the_same() -> None:
    large, small = scene((160, 130), 60, 0), scene((80, 65), 30, 0, 160)
    where = face((160, 130), 60)
    halved = Picture(0.0, small.pixels, scale=0.5)
    apart_by = np.abs(square(large, where).astype(int) - square(halved, where))
    assert np.quantile(apart_by, 0.95) <= 8


def test_a_face_at_the_edge_and_one_of_no_size_are_cut_all_the_same(net: Expressions) -> None:
    picture = scene((160, 130), 60, 0)
    for where in (face((0, 0), 60), face((320, 320), 200), face((5, 5), 0.0)):
        scores = net.read(picture, where)
        assert scores.shape == (len(EXPRESSIONS),)
        assert abs(float(scores.sum()) - 1) < 1e-5
        assert (scores >= 0).all()


def test_a_damaged_weight_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    monkeypatch.setattr(weights, "folder", lambda _: tmp_path)
    with pytest.raises(WeightsError, match=r"model\.safetensors"):
        Expressions(threads=1)
