"""The speaker encoder against the mathematics written out, and against torch."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.encoders.speaker import RATE, SIZE, SpeakerEncoder, louder, mel_power
from empathia.errors import InputError, WeightsError
from empathia.types import Audio

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "empathia"
FOLDER = Path(os.environ.get("EMPATHIA_HOME") or CACHE) / "weights" / "resemblyzer"
needs_weights = pytest.mark.skipif(
    not (FOLDER / "speaker.npz").exists(), reason="weight resemblyzer is not pulled"
)


def voice(seconds: float, pitch: float = 140.0, seed: int = 0) -> np.ndarray:
    """A buzzing, gliding tone with noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * (pitch * t + 3 * np.sin(4 * t))
    buzz = sum(np.sin(k * phase) / k for k in range(1, 15))
    return (0.1 * buzz + 0.003 * rng.standard_normal(len(t))).astype(np.float32)


def arrays(seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights of the right shapes, large enough that gates open and close."""
    rng = np.random.default_rng(seed)
    made = {"linear.weight": rng.normal(0, 0.3, (256, 256)), "linear.bias": rng.normal(0, 0.1, 256)}
    for layer, width in enumerate((40, 256, 256)):
        made[f"lstm.weight_ih_l{layer}"] = rng.normal(0, 0.15, (1024, width))
        made[f"lstm.weight_hh_l{layer}"] = rng.normal(0, 0.08, (1024, 256))
        made[f"lstm.bias_ih_l{layer}"] = rng.normal(0, 0.3, 1024)
        made[f"lstm.bias_hh_l{layer}"] = rng.normal(0, 0.3, 1024)
    return {k: v.astype(np.float32) for k, v in made.items()}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    np.savez(folder / "speaker.npz", **arrays())
    return folder


@pytest.fixture(scope="module")
def encoder(drawn: Path) -> SpeakerEncoder:
    return SpeakerEncoder.load(drawn, threads=1)


def plain_network(mel: np.ndarray, weight: dict[str, np.ndarray]) -> np.ndarray:
    """The network step by step, in the gate order of the checkpoint (input, forget, cell, out)."""

    def squash(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    flow = mel.astype(np.float64)
    for layer in range(3):
        state, cell, out = np.zeros(256), np.zeros(256), []
        for frame in flow:
            gates = (
                weight[f"lstm.weight_ih_l{layer}"] @ frame
                + weight[f"lstm.bias_ih_l{layer}"]
                + weight[f"lstm.weight_hh_l{layer}"] @ state
                + weight[f"lstm.bias_hh_l{layer}"]
            )
            i, f, g, o = gates.reshape(4, 256)
            cell = squash(f) * cell + squash(i) * np.tanh(g)
            state = squash(o) * np.tanh(cell)
            out.append(state)
        flow = np.array(out)
    raw = np.maximum(weight["linear.weight"] @ flow[-1] + weight["linear.bias"], 0)
    return raw / np.sqrt(np.sum(raw**2))


def test_spectrogram_is_that_of_a_direct_fourier_sum():
    samples = voice(0.3)
    found = mel_power(samples)
    filters = slaney_filters()
    padded = np.concatenate([np.zeros(200), samples, np.zeros(200)])
    n = np.arange(400)
    for frame in (0, 1, 13, 30):
        cut = padded[160 * frame : 160 * frame + 400] * np.sin(np.pi * n / 400) ** 2
        for band in (0, 7, 22, 39):
            total = 0.0
            for k in np.flatnonzero(filters[band]):
                real = np.sum(cut * np.cos(2 * np.pi * k * n / 400))
                imaginary = np.sum(cut * np.sin(2 * np.pi * k * n / 400))
                total += filters[band, k] * (real**2 + imaginary**2)
            assert found[frame, band] == pytest.approx(total, rel=1e-4, abs=1e-9)
    assert found.shape == (1 + len(samples) // 160, 40)


def slaney_filters() -> np.ndarray:
    """Triangles of equal area on Slaney's scale, from its definition, (40, 201)."""

    def mel(hertz: float) -> float:
        if hertz < 1000:
            return 3 * hertz / 200
        return 15 + 27 * np.log(hertz / 1000) / np.log(6.4)

    def hertz(value: float) -> float:
        return 200 * value / 3 if value < 15 else 1000 * np.exp((value - 15) * np.log(6.4) / 27)

    points = [hertz(mel(8000) * i / 41) for i in range(42)]
    table = np.zeros((40, 201))
    for band, (low, middle, high) in enumerate(zip(points, points[1:], points[2:], strict=False)):
        for k in range(201):
            f = 40.0 * k
            if low < f <= middle:
                table[band, k] = 2 / (high - low) * (f - low) / (middle - low)
            elif middle < f < high:
                table[band, k] = 2 / (high - low) * (high - f) / (high - middle)
    return table


def test_filters_are_librosas():
    audio = pytest.importorskip("transformers.audio_utils", reason="extra 'train'")
    theirs = audio.mel_filter_bank(201, 40, 0.0, 8000.0, RATE, norm="slaney", mel_scale="slaney")
    assert np.allclose(slaney_filters().T, theirs, atol=1e-9)


def test_quiet_sound_is_raised_to_minus_30_db_and_loud_sound_is_left():
    quiet = 0.001 * voice(1.0)
    assert 10 * np.log10(np.mean(louder(quiet).astype(float) ** 2)) == pytest.approx(-30, abs=1e-3)
    loud = voice(1.0)
    assert np.array_equal(louder(loud), loud)
    assert not louder(np.zeros(100, np.float32)).any()


def test_graph_is_the_network_written_out(encoder: SpeakerEncoder):
    samples = voice(0.4)
    expected = plain_network(mel_power(louder(samples)), arrays())
    (found,) = encoder.embed([Audio(samples, RATE)])
    assert np.allclose(found, expected, atol=2e-5)


@pytest.mark.weights
@needs_weights
def test_pulled_weights_give_what_torch_gives():
    torch = pytest.importorskip("torch", reason="extra 'train'")
    with np.load(FOLDER / "speaker.npz") as file:
        weight = {k: torch.from_numpy(file[k]) for k in file.files}
    lstm = torch.nn.LSTM(40, 256, 3)
    lstm.load_state_dict({k[5:]: v for k, v in weight.items() if k.startswith("lstm.")})
    samples = [voice(1.6, 120), voice(1.6, 230, 1), voice(0.7, 180, 2)]
    found = SpeakerEncoder.load(FOLDER, threads=1).embed([Audio(s, RATE) for s in samples])
    for one, row in zip(samples, found, strict=True):
        mel = torch.from_numpy(mel_power(louder(one)))
        with torch.no_grad():
            state = lstm(mel)[1][0][-1]
            raw = torch.relu(weight["linear.weight"] @ state + weight["linear.bias"]).numpy()
        assert row @ raw / np.linalg.norm(raw) > 0.9999


@given(st.lists(st.floats(0.02, 1.0), min_size=1, max_size=6))
@settings(max_examples=10)
def test_a_window_does_not_depend_on_its_neighbours(encoder: SpeakerEncoder, seconds: list[float]):
    windows = [Audio(voice(s, 100 + 20 * i, i), RATE) for i, s in enumerate(seconds)]
    together = encoder.embed(windows)
    alone = np.concatenate([encoder.embed([w]) for w in windows])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert (together >= 0).all()


def test_many_windows_keep_their_order(encoder: SpeakerEncoder):
    rng = np.random.default_rng(3)
    windows = [Audio(voice(s, 90 + 2 * i), RATE) for i, s in enumerate(rng.uniform(0.05, 0.3, 150))]
    found = encoder.embed(windows)
    for i in (0, 63, 64, 149):
        assert np.allclose(found[i], encoder.embed([windows[i]])[0], atol=1e-5)


def test_no_windows_and_silence_are_no_trouble(encoder: SpeakerEncoder):
    assert encoder.embed([]).shape == (0, SIZE)
    silent = encoder.embed([Audio(np.zeros(RATE, np.float32), RATE)])
    assert np.isfinite(silent).all()


@pytest.mark.parametrize(
    "window", [Audio(np.zeros(8000, np.float32), 8000), Audio(np.zeros(0, np.float32), RATE)]
)
def test_wrong_rate_and_empty_window_are_refused(encoder: SpeakerEncoder, window: Audio):
    with pytest.raises(InputError, match="16000 Hz"):
        encoder.embed([Audio(voice(0.5), RATE), window])


def test_missing_weight_says_how_to_get_it(tmp_path: Path):
    with pytest.raises(WeightsError, match="weights pull resemblyzer"):
        SpeakerEncoder.load(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "text", "shape", "lacking", "pickle", "array"])
def test_damaged_weight_is_refused(tmp_path: Path, drawn: Path, damage: str):
    file = tmp_path / "speaker.npz"
    made: dict[str, np.ndarray] = arrays()
    if damage == "shape":
        made["linear.bias"] = made["linear.bias"][:10]
    elif damage == "lacking":
        del made["lstm.weight_hh_l2"]
    elif damage == "pickle":
        made["linear.bias"] = np.array([{"a": 1}], dtype=object)
    np.savez(file, **made)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:100_000])
    elif damage == "text":
        file.write_text("not found")
    elif damage == "array":
        with file.open("wb") as out:
            np.save(out, made["linear.bias"])
    with pytest.raises(WeightsError, match=r"speaker\.npz"):
        SpeakerEncoder.load(tmp_path)
