"""The speech encoder against Whisper as transformers computes it."""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from empathia.encoders import ctranslate2_file
from empathia.encoders.speech import SpeechEncoder, log_mel, mel_filters
from empathia.errors import InputError, WeightsError
from empathia.types import Audio

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "empathia"
PULLED = Path(os.environ.get("EMPATHIA_HOME") or CACHE) / "weights"
SIZES = {"whisper-base": (7, 512), "whisper-tiny-en": (5, 384)}  # layers and width


def tone(seconds: float, seed: int = 0) -> np.ndarray:
    """A gliding, trembling voice-like tone with noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * 16000)) / 16000
    phase = 2 * np.pi * (140 * t + 30 * np.sin(3 * t))
    voice = sum(np.sin(k * phase) / k for k in range(1, 12)) * (1 + np.sin(9 * t)) / 8
    return (0.3 * voice + 0.002 * rng.standard_normal(len(t))).astype(np.float32)


@pytest.fixture(
    scope="module",
    params=["whisper-base", pytest.param("whisper-tiny-en", marks=pytest.mark.slow)],
)
def folder(request) -> Path:
    if not (PULLED / request.param / "model.bin").exists():
        pytest.skip(f"weight {request.param} is not pulled")
    return PULLED / request.param


@pytest.fixture(scope="module")
def encoder(folder) -> SpeechEncoder:
    return SpeechEncoder.load(folder, threads=1)


def test_filters_and_log_mel_are_those_of_whisper():
    extractor = pytest.importorskip("transformers").WhisperFeatureExtractor()
    samples = tone(1.234)
    theirs = extractor(samples, sampling_rate=16000, return_tensors="np")["input_features"][0]
    ours = log_mel(samples)
    assert mel_filters().shape == (201, 80)
    np.testing.assert_allclose(mel_filters(), extractor.mel_filters, atol=1e-7)
    assert ours.shape == (80, len(samples) // 160)
    np.testing.assert_allclose(ours, theirs[:, : ours.shape[1]], atol=2e-4)


def _reference(samples: np.ndarray, folder: Path) -> np.ndarray:
    """All layers by transformers, its position table cut to the clip."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    mel = torch.from_numpy(log_mel(samples))[None]
    frames = mel.shape[2] // 2
    layers, width = SIZES[folder.name]
    config = transformers.WhisperConfig(
        d_model=width,
        encoder_layers=layers - 1,
        encoder_attention_heads=width // 64,
        encoder_ffn_dim=4 * width,
        num_mel_bins=80,
        max_source_positions=frames,
        attn_implementation="eager",
    )
    model = WhisperEncoder(config).eval()
    model.load_state_dict(_state(frames, folder, layers - 1), strict=True)
    with torch.no_grad():
        blocks, hooks = [], []
        for layer in model.layers:
            keep = lambda _m, given, out: blocks.append(  # noqa: E731
                (given[0], out[0] if isinstance(out, tuple) else out)
            )
            hooks.append(layer.register_forward_hook(keep))
        last = model(mel).last_hidden_state
    outputs = [blocks[0][0], *(out for _, out in blocks[:-1]), last]
    return torch.cat(outputs).numpy()


def _state(frames: int, folder: Path, blocks: int) -> dict:
    """CTranslate2's arrays under the names of transformers: Q, K and V lie in one matrix."""
    import torch

    raw = ctranslate2_file.read(folder / "model.bin", lambda n: n.startswith("encoder/"))
    arrays = {
        k.removeprefix("encoder/"): torch.from_numpy(np.array(v, np.float32))
        for k, v in raw.items()
    }
    state = {"embed_positions.weight": arrays["position_encodings/encodings"][:frames]}
    for conv in ("conv1", "conv2"):
        state |= {f"{conv}.{p}": arrays[f"{conv}/{p}"] for p in ("weight", "bias")}
    pairs = [("layer_norm", "layer_norm")]
    for i in range(blocks):
        ours, theirs = f"layer_{i}", f"layers.{i}"
        pairs += [
            (f"{ours}/self_attention/layer_norm", f"{theirs}.self_attn_layer_norm"),
            (f"{ours}/ffn/layer_norm", f"{theirs}.final_layer_norm"),
        ]
        attention = f"{ours}/self_attention"
        for kind in ("weight", "bias"):
            q, k, v = arrays[f"{attention}/linear_0/{kind}"].chunk(3)
            state |= {
                f"{theirs}.self_attn.q_proj.{kind}": q,
                f"{theirs}.self_attn.v_proj.{kind}": v,
            }
            if kind == "weight":
                state[f"{theirs}.self_attn.k_proj.weight"] = k
            else:
                assert not k.any(), "Whisper's keys have no bias"
            rest = {
                "self_attn.out_proj": f"{attention}/linear_1",
                "fc1": f"{ours}/ffn/linear_0",
                "fc2": f"{ours}/ffn/linear_1",
            }
            for b, a in rest.items():
                state[f"{theirs}.{b}.{kind}"] = arrays[f"{a}/{kind}"]
    for ours, theirs in pairs:
        state |= {
            f"{theirs}.weight": arrays[f"{ours}/gamma"],
            f"{theirs}.bias": arrays[f"{ours}/beta"],
        }
    return state


@pytest.mark.weights
def test_layers_are_those_of_transformers(encoder, folder):
    samples = tone(1.6)
    theirs = _reference(samples, folder)
    ours = encoder.layers(Audio(samples, 16000))
    assert encoder.size == SIZES[folder.name]
    assert ours.shape == theirs.shape == (encoder.size[0], 80, encoder.size[1])
    scale = np.abs(theirs).max(axis=(1, 2), keepdims=True)
    assert (np.abs(ours - theirs) / np.maximum(scale, 1)).max() < 1e-3
    assert np.abs(ours - theirs)[:, :, :].mean() < 1e-4


@pytest.mark.weights
@pytest.mark.parametrize(("samples", "frames"), [(1, 5), (1600, 5), (16000, 50), (16159, 50)])
def test_only_the_frames_of_the_clip_come_back(encoder, samples, frames):
    layers = encoder.layers(Audio(tone(2)[:samples], 16000))
    assert layers.shape == (encoder.size[0], frames, encoder.size[1])
    assert np.isfinite(layers).all()


@pytest.mark.weights
def test_long_clips_are_cut_into_windows_that_do_not_see_each_other(encoder):
    samples = tone(31)
    whole = encoder.layers(Audio(samples, 16000))
    first = encoder.layers(Audio(samples[: len(samples) // 2], 16000))
    assert whole.shape[1] == 2 * first.shape[1] == 1550
    np.testing.assert_allclose(whole[:, : first.shape[1]], first, atol=1e-4)


@pytest.mark.weights
def test_wrong_sound_is_refused(encoder):
    with pytest.raises(InputError, match="8000 Hz"):
        encoder.layers(Audio(tone(0.5), 8000))
    with pytest.raises(InputError, match="no samples"):
        encoder.layers(Audio(np.zeros(0, np.float32), 16000))


def _name(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"


def _model_file(version: int = 6, kind: int = 4, cut: int | None = None) -> bytes:
    data = np.arange(6, dtype="<f2").tobytes()
    body = struct.pack("<I", version) + _name("WhisperSpec") + struct.pack("<II", 3, 2)
    body += _name("skipped") + struct.pack("<BBI", 0, 1, 1) + b"\x01"
    body += _name("encoder/w") + struct.pack("<BIIBI", 2, 2, 3, kind, len(data)) + data
    return (body + struct.pack("<I", 0))[:cut]


def test_model_file_is_parsed(tmp_path):
    file = tmp_path / "model.bin"
    file.write_bytes(_model_file())
    arrays = ctranslate2_file.read(file, lambda name: name != "skipped")
    assert list(arrays) == ["encoder/w"]
    assert arrays["encoder/w"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (_model_file(version=5), "format version 5, expected 6"),
        (_model_file(kind=9), "unknown type 9"),
        (_model_file(cut=60), "cut off"),
        (b"", "cut off"),
        (b"\x06\0\0\0\xff\xff", "cut off"),
    ],
)
def test_damaged_model_file_is_named(tmp_path, content, message):
    file = tmp_path / "model.bin"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        ctranslate2_file.read(file)


def test_missing_and_foreign_model_files(tmp_path):
    with pytest.raises(WeightsError, match="cannot be read"):
        SpeechEncoder.load(tmp_path)
    (tmp_path / "model.bin").write_bytes(_model_file())
    with pytest.raises(WeightsError, match="expected the encoder of Whisper tiny or base"):
        SpeechEncoder.load(tmp_path)


def _encoder_file(blocks: int, width: int, bands: int) -> bytes:
    """An encoder of zeros that has all arrays of Whisper's, at some size."""
    shapes = {"position_encodings/encodings": (1500, width)}
    norms = ["layer_norm"]
    for conv, given in (("conv1", bands), ("conv2", width)):
        shapes |= {f"{conv}/weight": (width, given, 3), f"{conv}/bias": (width,)}
    for i in range(blocks):
        for name, out, given in (
            ("self_attention/linear_0", 3 * width, width),
            ("self_attention/linear_1", width, width),
            ("ffn/linear_0", 4 * width, width),
            ("ffn/linear_1", width, 4 * width),
        ):
            shapes |= {
                f"layer_{i}/{name}/weight": (out, given),
                f"layer_{i}/{name}/bias": (out,),
            }
        norms += [f"layer_{i}/self_attention/layer_norm", f"layer_{i}/ffn/layer_norm"]
    shapes |= {f"{norm}/{x}": (width,) for norm in norms for x in ("gamma", "beta")}
    body = [struct.pack("<I", 6), _name("WhisperSpec"), struct.pack("<II", 3, len(shapes))]
    for name, shape in shapes.items():
        size = 2 * math.prod(shape)  # bytes
        body += [_name(f"encoder/{name}"), struct.pack(f"<B{len(shape)}I", len(shape), *shape)]
        body += [struct.pack("<BI", 4, size), bytes(size)]
    return b"".join([*body, struct.pack("<I", 0)])


@pytest.mark.parametrize(
    ("size", "told"),
    [
        ((4, 384, 80), ""),
        ((6, 512, 80), ""),
        ((5, 384, 80), "5 blocks of 384 units, 80 mel bands"),
        ((4, 64, 80), "4 blocks of 64 units, 80 mel bands"),
        ((4, 384, 128), "4 blocks of 384 units, 128 mel bands"),
    ],
)
def test_the_size_is_read_from_the_file(tmp_path, size, told):
    (tmp_path / "model.bin").write_bytes(_encoder_file(*size))
    if told:
        with pytest.raises(WeightsError, match=told):
            SpeechEncoder.load(tmp_path)
        return
    encoder = SpeechEncoder.load(tmp_path, threads=1)
    assert encoder.size == (size[0] + 1, size[1])
    assert encoder.layers(Audio(tone(0.2), 16000)).shape == (size[0] + 1, 10, size[1])
