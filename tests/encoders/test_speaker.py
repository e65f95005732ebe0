"""The speaker encoder against the mathematics written out, and against torch."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.encoders.speaker import RATE, SIZE, SpeakerEncoder, filter_banks, shapes
from empathia.errors import InputError, WeightsError
from empathia.types import Audio

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "empathia"
FOLDER = Path(os.environ.get("EMPATHIA_HOME") or CACHE) / "weights" / "campplus"
needs_weights = pytest.mark.skipif(
    not (FOLDER / "speaker.npz").exists(), reason="weight campplus is not pulled"
)


def voice(seconds: float, pitch: float = 140.0, seed: int = 0) -> np.ndarray:
    """A buzzing, gliding tone with noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * (pitch * t + 3 * np.sin(4 * t))
    buzz = sum(np.sin(k * phase) / k for k in range(1, 15))
    return (0.1 * buzz + 0.003 * rng.standard_normal(len(t))).astype(np.float32)


def arrays(seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights of the right shapes, at a level that no layer loses."""
    rng = np.random.default_rng(seed)
    made = {}
    for name, shape in shapes().items():
        if name.endswith(("running_var", "batchnorm.weight")) or ".bn" in name:
            made[name] = rng.uniform(0.5, 1.5, shape)
        elif len(shape) > 1:
            made[name] = rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        else:
            made[name] = rng.normal(0, 0.1, shape)
    return {k: v.astype(np.float32) for k, v in made.items()}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    np.savez(folder / "speaker.npz", **arrays())
    return folder


@pytest.fixture(scope="module")
def encoder(drawn: Path) -> SpeakerEncoder:
    return SpeakerEncoder.load(drawn, threads=1)


def test_filter_banks_are_those_of_a_direct_fourier_sum():
    samples = voice(0.3)
    banks = filter_banks(samples)
    assert banks.shape == (1 + (len(samples) - 400) // 160, 80)
    mel = [1127 * np.log(1 + 31.25 * k / 700) for k in range(257)]
    edges = np.linspace(1127 * np.log(1 + 20 / 700), 1127 * np.log(1 + 8000 / 700), 82)
    n = np.arange(400)
    for frame in (0, 9, 26):
        cut = samples[160 * frame : 160 * frame + 400].astype(float)
        cut -= cut.mean()
        cut = np.array([c - 0.97 * cut[max(i - 1, 0)] for i, c in enumerate(cut)])
        cut *= (0.5 - 0.5 * np.cos(2 * np.pi * n / 399)) ** 0.85
        for band in (0, 11, 40, 79):
            low, middle, high = edges[band : band + 3]
            total = 0.0
            for k, at in enumerate(mel):
                weight = min((at - low) / (middle - low), (high - at) / (high - middle))
                if weight > 0:
                    total += weight * abs(np.sum(cut * np.exp(-2j * np.pi * k * n / 512))) ** 2
            assert banks[frame, band] == pytest.approx(np.log(total), abs=2e-3)


class Plain:
    """CAM++ in torch, layer by layer."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        torch = pytest.importorskip("torch", reason="extra 'train'")
        self.torch, self.f = torch, torch.nn.functional
        self.w = {k: torch.from_numpy(np.asarray(v)) for k, v in weights.items()}

    def norm(self, x, name, *, plain=False):
        mean, var = self.w[f"{name}.running_mean"], self.w[f"{name}.running_var"]
        scale, shift = (None, None) if plain else (self.w[f"{name}.weight"], self.w[f"{name}.bias"])
        return self.f.batch_norm(x, mean, var, scale, shift)

    def residual(self, x, name, stride):
        f, w = self.f, self.w
        y = f.conv2d(x, w[f"{name}.conv1.weight"], stride=(stride, 1), padding=1)
        y = f.conv2d(self.norm(y, f"{name}.bn1").relu(), w[f"{name}.conv2.weight"], padding=1)
        y = self.norm(y, f"{name}.bn2")
        if stride > 1:
            x = f.conv2d(x, w[f"{name}.shortcut.0.weight"], stride=(stride, 1))
            x = self.norm(x, f"{name}.shortcut.1")
        return (x + y).relu()

    def dense(self, x, name, dilation):
        f, w, cam = self.f, self.w, f"{name}.cam_layer"
        y = f.conv1d(
            self.norm(x, f"{name}.nonlinear1.batchnorm").relu(), w[f"{name}.linear1.weight"]
        )
        y = self.norm(y, f"{name}.nonlinear2.batchnorm").relu()
        local = f.conv1d(y, w[f"{cam}.linear_local.weight"], padding=dilation, dilation=dilation)
        hundred = self.torch.cat(
            [part.mean(-1, keepdim=True).expand_as(part) for part in y.split(100, dim=-1)], -1
        )
        c = y.mean(-1, keepdim=True) + hundred
        c = f.conv1d(c, w[f"{cam}.linear1.weight"], w[f"{cam}.linear1.bias"]).relu()
        c = f.conv1d(c, w[f"{cam}.linear2.weight"], w[f"{cam}.linear2.bias"]).sigmoid()
        return self.torch.cat([x, local * c], 1)

    def embed(self, samples: np.ndarray) -> np.ndarray:
        """The embedding of all of it."""
        f, w = self.f, self.w
        banks = filter_banks(samples)
        x = self.torch.from_numpy(banks - banks.mean(axis=0)).T[None, None]
        x = self.norm(f.conv2d(x, w["head.conv1.weight"], padding=1), "head.bn1").relu()
        for layer in ("head.layer1", "head.layer2"):
            x = self.residual(self.residual(x, f"{layer}.0", 2), f"{layer}.1", 1)
        x = f.conv2d(x, w["head.conv2.weight"], stride=(2, 1), padding=1)
        x = self.norm(x, "head.bn2").relu().flatten(1, 2)
        x = f.conv1d(x, w["xvector.tdnn.linear.weight"], stride=2, padding=2)
        x = self.norm(x, "xvector.tdnn.nonlinear.batchnorm").relu()
        for stack, (layers, dilation) in enumerate(((12, 1), (24, 2), (16, 2)), start=1):
            for layer in range(1, layers + 1):
                x = self.dense(x, f"xvector.block{stack}.tdnnd{layer}", dilation)
            name = f"xvector.transit{stack}"
            x = f.conv1d(
                self.norm(x, f"{name}.nonlinear.batchnorm").relu(), w[f"{name}.linear.weight"]
            )
        x = self.norm(x, "xvector.out_nonlinear.batchnorm").relu()
        pooled = self.torch.cat([x.mean(-1), x.std(-1)], 1)
        row = f.conv1d(pooled[..., None], w["xvector.dense.linear.weight"])[..., 0]
        row = self.norm(row, "xvector.dense.nonlinear.batchnorm", plain=True)
        return (row / row.norm()).numpy()[0]


@pytest.mark.parametrize("seconds", [0.3, 1.6, 4.3])
def test_graph_is_the_network_written_out(encoder: SpeakerEncoder, seconds: float):
    samples = voice(seconds)
    (row,) = encoder.embed(Audio(samples, RATE), [(0, len(samples))])
    assert np.allclose(row, Plain(arrays()).embed(samples), atol=1e-4)


@pytest.mark.weights
@needs_weights
def test_pulled_weights_give_what_torch_gives():
    samples = voice(2.0, 180, 2)
    with np.load(FOLDER / "speaker.npz") as file:
        expected = Plain({k: file[k] for k in shapes()}).embed(samples)
    (row,) = SpeakerEncoder.load(FOLDER, threads=1).embed(Audio(samples, RATE), [(0, len(samples))])
    assert row @ expected > 0.9999


@given(st.lists(st.floats(0.0, 0.95), min_size=1, max_size=5), st.floats(0.05, 1.6))
@settings(max_examples=3, deadline=None)
def test_a_window_does_not_depend_on_others(
    encoder: SpeakerEncoder, starts: list[float], seconds: float
):
    segment = Audio(voice(2.6), RATE)
    windows = [(int(s * RATE), int((s + seconds) * RATE)) for s in starts]
    together = encoder.embed(segment, windows)
    alone = np.concatenate([encoder.embed(segment, [w]) for w in windows])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_long_segments_go_in_equal_blocks(encoder: SpeakerEncoder):
    samples = np.concatenate([voice(8, 110), voice(8, 240, 1), voice(8, 110, 2)])
    starts = [0, 3, 6, 8, 12, 14]
    windows = [(s * RATE, (s + 2) * RATE) for s in starts]
    rows = encoder.embed(Audio(samples, RATE), windows)
    for low in (0, 8):  # 24 s are three blocks
        block = Audio(samples[low * RATE : (low + 8) * RATE], RATE)
        own = [s for s in starts if low <= s < low + 8]
        alone = encoder.embed(block, [((s - low) * RATE, (s - low + 2) * RATE) for s in own])
        assert np.allclose(rows[[starts.index(s) for s in own]], alone, atol=0.03)


@pytest.mark.parametrize("samples", [1, 150, 400, 1601])
def test_very_short_segments_have_a_voice(encoder: SpeakerEncoder, samples: int):
    (row,) = encoder.embed(Audio(voice(1)[100 : 100 + samples], RATE), [(0, samples)])
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_no_windows_and_silence_are_no_trouble(encoder: SpeakerEncoder):
    half = np.concatenate([np.zeros(RATE, np.float32), voice(1.0)])
    assert encoder.embed(Audio(half, RATE), []).shape == (0, SIZE)
    silent, heard = encoder.embed(Audio(half, RATE), [(0, RATE), (RATE, 2 * RATE)])
    assert not silent.any()
    assert np.linalg.norm(heard) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("rate", "window"),
    [(8000, (0, 100)), (RATE, (5, 5)), (RATE, (-1, 50)), (RATE, (0, 8001))],
)
def test_wrong_rate_and_windows_are_refused(
    encoder: SpeakerEncoder, rate: int, window: tuple[int, int]
):
    with pytest.raises(InputError, match=r"16000 Hz|windows inside of 8000 samples"):
        encoder.embed(Audio(voice(0.5), rate), [(0, 400), window])


def test_missing_weight_says_how_to_get_it(tmp_path: Path):
    with pytest.raises(WeightsError, match="weights pull campplus"):
        SpeakerEncoder.load(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "text", "shape", "lacking", "pickle", "array"])
def test_damaged_weight_is_refused(tmp_path: Path, damage: str):
    file, name = tmp_path / "speaker.npz", "xvector.dense.linear.weight"
    made: dict[str, np.ndarray] = arrays()
    if damage == "shape":
        made[name] = made[name][:10]
    elif damage == "lacking":
        del made["xvector.block2.tdnnd7.linear1.weight"]
    elif damage == "pickle":
        made[name] = np.array([{"a": 1}], dtype=object)
    np.savez(file, **made)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:100_000])
    elif damage == "text":
        file.write_text("not found")
    elif damage == "array":
        with file.open("wb") as out:
            np.save(out, made[name])
    with pytest.raises(WeightsError, match=r"speaker\.npz"):
        SpeakerEncoder.load(tmp_path)
