"""The segmentation against the mathematics written out, and against torch."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from empathia.encoders.segmentation import LEAST, RATE, Activity, Segmentation, sinc_filters
from empathia.errors import InputError, WeightsError
from empathia.types import Audio

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "empathia"
FOLDER = Path(os.environ.get("EMPATHIA_HOME") or CACHE) / "weights" / "segmentation"
needs_weights = pytest.mark.skipif(
    not (FOLDER / "segmentation.npz").exists(), reason="weight segmentation is not pulled"
)
BANK = "sincnet.conv1d.0.filterbank"


def voice(seconds: float, pitch: float = 140.0, seed: int = 0) -> np.ndarray:
    """A buzzing, gliding tone with noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * (pitch * t + 3 * np.sin(4 * t))
    buzz = sum(np.sin(k * phase) / k for k in range(1, 15))
    return (0.1 * buzz + 0.003 * rng.standard_normal(len(t))).astype(np.float32)


def arrays() -> dict[str, np.ndarray]:
    """Random weights of the right shapes, large enough that gates open and close."""
    rng = np.random.default_rng(0)
    made = {f"{BANK}.low_hz_": rng.uniform(-3000, 3000, (40, 1))}
    made[f"{BANK}.band_hz_"] = rng.uniform(-5000, 900, (40, 1))
    for name, size in (("wav_norm1d", 1), ("norm1d.0", 80), ("norm1d.1", 60), ("norm1d.2", 60)):
        made[f"sincnet.{name}.weight"] = rng.normal(1, 0.3, size)
        made[f"sincnet.{name}.bias"] = rng.normal(0, 0.3, size)
    for k, width in ((1, 80), (2, 60)):
        made[f"sincnet.conv1d.{k}.weight"] = rng.normal(0, 0.1, (60, width, 5))
        made[f"sincnet.conv1d.{k}.bias"] = rng.normal(0, 0.3, 60)
    for layer, width in enumerate((60, 256, 256, 256)):
        for way in (f"l{layer}", f"l{layer}_reverse"):
            made[f"lstm.weight_ih_{way}"] = rng.normal(0, 0.15, (512, width))
            made[f"lstm.weight_hh_{way}"] = rng.normal(0, 0.1, (512, 128))
            made[f"lstm.bias_ih_{way}"] = rng.normal(0, 0.3, 512)
            made[f"lstm.bias_hh_{way}"] = rng.normal(0, 0.3, 512)
    for name, after, before in (("linear.0", 128, 256), ("linear.1", 128, 128)):
        made[f"{name}.weight"] = rng.normal(0, 0.2, (after, before))
        made[f"{name}.bias"] = rng.normal(0, 0.2, after)
    made["classifier.weight"] = rng.normal(0, 0.1, (7, 128))
    made["classifier.bias"] = rng.normal(0, 0.3, 7)
    return {k: v.astype(np.float32) for k, v in made.items()}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    np.savez(folder / "segmentation.npz", **arrays())
    return folder


@pytest.fixture(scope="module")
def net(drawn: Path) -> Segmentation:
    return Segmentation.load(drawn, threads=1)


def mean_waves(weight: dict[str, np.ndarray]) -> np.ndarray:
    """The filters as an average over 4000 frequencies of each band, (80, 1, 251)."""
    time, rows = np.arange(126) / RATE, []
    for wave, mirrored in ((np.cos, 1), (np.sin, -1)):
        pairs = zip(weight[f"{BANK}.low_hz_"], weight[f"{BANK}.band_hz_"], strict=True)
        for low, band in pairs:
            bottom = 50 + abs(float(low[0]))
            top = min(bottom + 50 + abs(float(band[0])), 8000.0)
            hertz = bottom + (np.arange(4000) + 0.5) / 4000 * (top - bottom)
            later = wave(2 * np.pi * hertz[:, None] * time).mean(axis=0)
            mean = np.concatenate([mirrored * later[:0:-1], later])
            rows.append(mean * (0.54 + 0.46 * np.cos(2 * np.pi * np.arange(-125, 126) / 250)))
    return np.array(rows)[:, None]


def squash(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def leaky(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, 0.01 * x)


def convolved(x: np.ndarray, filters: np.ndarray, step: int = 1) -> np.ndarray:
    """(channels, n) by (out, channels, k) to (out, 1 + (n - k) // step)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, filters.shape[2], axis=1)[:, ::step]
    return np.einsum("cnk,ock->on", windows, filters)


def one_way(flow: np.ndarray, weight: dict[str, np.ndarray], way: str) -> np.ndarray:
    """An LSTM step by step, in the gate order of the checkpoint (input, forget, cell, out)."""
    state, cell, out = np.zeros(128), np.zeros(128), []
    for frame in flow:
        gates = weight[f"lstm.weight_ih_{way}"] @ frame + weight[f"lstm.bias_ih_{way}"]
        gates = gates + weight[f"lstm.weight_hh_{way}"] @ state + weight[f"lstm.bias_hh_{way}"]
        i, f, g, o = gates.reshape(4, 128)
        cell = squash(f) * cell + squash(i) * np.tanh(g)
        state = squash(o) * np.tanh(cell)
        out.append(state)
    return np.array(out)


def plain_network(samples: np.ndarray, weight: dict[str, np.ndarray]) -> np.ndarray:
    """Probability of the seven classes, (frames, 7)."""

    def normed(x: np.ndarray, name: str) -> np.ndarray:
        x = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
        gain, bias = (weight[f"sincnet.{name}.{part}"] for part in ("weight", "bias"))
        return gain[:, None] * x + bias[:, None]

    def pooled(x: np.ndarray) -> np.ndarray:
        return x[:, : x.shape[1] // 3 * 3].reshape(len(x), -1, 3).max(axis=2)

    x = normed(samples.astype(np.float64)[None], "wav_norm1d")
    x = leaky(normed(pooled(abs(convolved(x, mean_waves(weight), 10))), "norm1d.0"))
    for k in (1, 2):
        raw = convolved(x, weight[f"sincnet.conv1d.{k}.weight"])
        raw = raw + weight[f"sincnet.conv1d.{k}.bias"][:, None]
        x = leaky(normed(pooled(raw), f"norm1d.{k}"))
    flow = x.T
    for k in range(4):
        back = one_way(flow[::-1], weight, f"l{k}_reverse")[::-1]
        flow = np.concatenate([one_way(flow, weight, f"l{k}"), back], axis=1)
    for k in (0, 1):
        flow = leaky(flow @ weight[f"linear.{k}.weight"].T + weight[f"linear.{k}.bias"])
    raw = np.exp(flow @ weight["classifier.weight"].T + weight["classifier.bias"])
    return raw / raw.sum(axis=1, keepdims=True)


def close(one: Activity, other: Activity, error: float = 1e-5) -> bool:
    """Whether two say the same."""
    return one[:2] == other[:2] and all(
        a.shape == b.shape and np.allclose(a, b, atol=error)
        for a, b in zip(one[2:], other[2:], strict=True)
    )


def test_filters_are_the_mean_wave_of_their_band():
    made = arrays()
    actual = sinc_filters(made[f"{BANK}.low_hz_"], made[f"{BANK}.band_hz_"])
    assert np.allclose(actual, mean_waves(made), atol=1e-5)


def test_graph_is_the_network_written_out(net: Segmentation):
    samples = voice(0.6)
    chances = plain_network(samples, arrays())
    nobody, a, b, c, ab, ac, bc = chances.T
    (actual,) = net.activity([Audio(samples, RATE)])
    expected = np.stack([a + ab + ac, b + ab + bc, c + ac + bc], axis=1)
    assert np.allclose(actual.speakers, expected, atol=1e-4)
    assert np.allclose(actual.several, ab + ac + bc, atol=1e-4)
    assert np.allclose(actual.speech, 1 - nobody, atol=1e-4)
    assert chances.std(axis=0).min() > 1e-3  # else a net that hears nothing would pass


def test_frames_are_270_samples_and_see_991(net: Segmentation):
    for size in (LEAST, LEAST + 269, LEAST + 270, 16_000, 160_000):
        (one,) = net.activity([Audio(voice(size / RATE), RATE)])
        assert len(one.speech) == 1 + (size - 991) // 270
        end = one.start + one.step * len(one.speech)
        # the middle of what the frames see is the middle of what they stand for
        assert one.start == pytest.approx(360.5 / RATE)
        assert 0.022 < size / RATE - end < 0.0395


def test_a_stretch_does_not_depend_on_its_neighbours(net: Segmentation):
    lengths = [0.3, 0.7, 0.3, 0.1, 0.7] + 9 * [0.3]
    stretches = [Audio(voice(s, 90 + 20 * i, i), RATE) for i, s in enumerate(lengths)]
    together = net.activity(stretches)
    for stretch, one in zip(stretches, together, strict=True):
        assert close(one, net.activity([stretch])[0])


@pytest.mark.weights
@needs_weights
def test_pulled_weights_give_what_torch_gives():
    torch = pytest.importorskip("torch", reason="extra 'train'")
    with np.load(FOLDER / "segmentation.npz") as file:
        made = {k: file[k] for k in file.files}
    weight = {k: torch.from_numpy(v) for k, v in made.items()}
    do = torch.nn.functional

    def pooled(x: object, name: str) -> object:
        pair = {p: weight[f"sincnet.{name}.{p}"] for p in ("weight", "bias")}
        return do.leaky_relu(do.instance_norm(do.max_pool1d(x, 3), **pair))

    lstm = torch.nn.LSTM(60, 128, 4, bidirectional=True, batch_first=True)
    lstm.load_state_dict({k[5:]: v for k, v in weight.items() if k.startswith("lstm.")})
    samples = np.concatenate([voice(1.5, 110), np.zeros(8000, np.float32), voice(2, 230, 1)])
    with torch.no_grad():
        gain, bias = (weight[f"sincnet.wav_norm1d.{p}"] for p in ("weight", "bias"))
        x = do.instance_norm(torch.from_numpy(samples)[None, None], weight=gain, bias=bias)
        filters = torch.from_numpy(mean_waves(made).astype(np.float32))
        x = pooled(do.conv1d(x, filters, stride=10).abs(), "norm1d.0")
        for k in (1, 2):
            pair = (weight[f"sincnet.conv1d.{k}.{p}"] for p in ("weight", "bias"))
            x = pooled(do.conv1d(x, *pair), f"norm1d.{k}")
        x = lstm(x.transpose(1, 2))[0]
        for k in (0, 1):
            x = do.linear(x, weight[f"linear.{k}.weight"], weight[f"linear.{k}.bias"])
            x = do.leaky_relu(x)
        x = do.linear(x, weight["classifier.weight"], weight["classifier.bias"])
        chances = x.softmax(dim=2)[0].numpy()
    (actual,) = Segmentation.load(FOLDER, threads=1).activity([Audio(samples, RATE)])
    assert np.allclose(actual.speech, 1 - chances[:, 0], atol=1e-3)
    assert np.allclose(actual.speakers[:, 1], chances[:, (2, 4, 6)].sum(axis=1), atol=1e-3)
    assert np.allclose(actual.several, chances[:, 4:].sum(axis=1), atol=1e-3)


@pytest.mark.weights
@needs_weights
def test_level_hardly_matters_and_silence_is_no_speech():
    segmentation = Segmentation.load(FOLDER, threads=1)
    loud, quiet = segmentation.activity([Audio(g * voice(2.0), RATE) for g in (1.0, 0.1)])
    assert close(loud, quiet, 0.02)
    hiss = (1e-3 * np.random.default_rng(0).standard_normal(5 * RATE)).astype(np.float32)
    for silent in segmentation.activity([Audio(hiss, RATE), Audio(0 * hiss, RATE)]):
        assert silent.speech.max() < 0.5


def test_no_stretches_and_silence_are_no_trouble(net: Segmentation):
    assert net.activity([]) == []
    (silent,) = net.activity([Audio(np.zeros(RATE, np.float32), RATE)])
    assert np.isfinite(silent.speakers).all()


@pytest.mark.parametrize(("size", "rate"), [(8000, 8000), (0, RATE), (LEAST - 1, RATE)])
def test_wrong_rate_and_short_stretch_are_refused(net: Segmentation, size: int, rate: int):
    stretch = Audio(np.zeros(size, np.float32), rate)
    with pytest.raises(InputError, match=f"991 samples at 16000 Hz, found {size} samples"):
        net.activity([Audio(voice(0.5), RATE), stretch])


def test_missing_weight_says_how_to_get_it(tmp_path: Path):
    with pytest.raises(WeightsError, match="weights pull segmentation"):
        Segmentation.load(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "text", "shape", "lacking", "pickle", "array"])
def test_damaged_weight_is_refused(tmp_path: Path, damage: str):
    file = tmp_path / "segmentation.npz"
    made = arrays()
    if damage == "shape":
        made["linear.0.bias"] = made["linear.0.bias"][:10]
    elif damage == "lacking":
        del made["lstm.weight_hh_l2_reverse"]
    elif damage == "pickle":
        made["linear.0.bias"] = np.array([{"a": 1}], dtype=object)
    np.savez(file, **made)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:100_000])
    elif damage == "text":
        file.write_text("no archive")
    elif damage == "array":
        with file.open("wb") as out:
            np.save(out, made["linear.0.bias"])
    with pytest.raises(WeightsError, match=r"segmentation\.npz"):
        Segmentation.load(tmp_path)
