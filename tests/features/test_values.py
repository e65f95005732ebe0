"""What extractors give, held against independent implementations and small models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import fft, signal
from sounds import RATE, example, noise

from empathia import features, weights
from empathia.errors import InputError, WeightsError
from empathia.features import logmel, mfcc
from empathia.types import Audio


def mel_levels(sound: np.ndarray, window: int, hop: int, bands: int) -> np.ndarray:
    """Mel spectrogram in dB by scipy's transform and filters drawn by interpolation."""
    half = window // 2
    padded = np.pad(sound.astype(np.float64), half)
    power = np.array(
        [
            np.abs(fft.rfft(padded[at : at + window] * signal.get_window("hann", window))) ** 2
            for at in range(0, len(padded) - window + 1, hop)
        ]
    )

    def hertz(mel: float) -> float:
        return mel * 200 / 3 if mel < 15 else 1000 * np.exp((mel - 15) * np.log(6.4) / 27)

    top = 15 + 27 * np.log(8) / np.log(6.4)
    edges = [hertz(top * i / (bands + 1)) for i in range(bands + 2)]
    bins = np.linspace(0, RATE / 2, half + 1)
    filters = [
        np.interp(bins, [a, b, c], [0, 2 / (c - a), 0], left=0, right=0)
        for a, b, c in zip(edges, edges[1:], edges[2:], strict=False)
    ]
    level = 10 * np.log10(np.maximum(power @ np.array(filters).T, 1e-10))
    return np.maximum(level, level.max() - 80)


SOUNDS = [example(1, 3), noise(0.3), np.full(700, 0.5), np.sin(np.arange(16_000) * 2.9) * 0.01]


@pytest.mark.parametrize("sound", SOUNDS)
def test_mfcc_agrees_with_scipy(sound):
    found = mfcc.extract(Audio(sound.astype(np.float32), RATE), "u")
    levels = mel_levels(sound.astype(np.float32), 2048, 512, 128)
    expected = fft.dct(levels, type=2, axis=1, norm="ortho")[:, :13]
    assert found.values.shape == (1 + len(sound) // 512, 13)
    assert found.values == pytest.approx(expected, abs=1e-3)
    assert (found.utterance, found.rate) == ("u", 31.25)


@pytest.mark.parametrize("sound", SOUNDS)
def test_log_mel_agrees_with_scipy_to_16_bits(sound):
    found = logmel.extract(Audio(sound.astype(np.float32), RATE))
    expected = mel_levels(sound.astype(np.float32), 400, 160, 80)
    assert found.values == pytest.approx(expected, abs=0.04)
    assert np.array_equal(found.values.astype(np.float16), found.values)


@pytest.mark.parametrize("module", [mfcc, logmel])
def test_silence_and_nothing_are_missing_not_a_number(module):
    silent = module.extract(Audio(np.zeros(RATE, np.float32), RATE))
    assert np.isnan(silent.values).all()
    assert len(silent.values) == 1 + RATE // module.HOP
    assert module.extract(Audio(np.zeros(0, np.float32), RATE)).values.shape[0] == 0
    with pytest.raises(InputError, match="found 8000 Hz"):
        module.extract(Audio(np.zeros(9, np.float32), 8000))
    with pytest.raises(InputError, match="NaN"):
        module.extract(Audio(np.array([0, np.nan], np.float32), RATE))


def pulled(name: str) -> None:
    if weights.state(name) != "ok":
        pytest.skip(f"weight {name} is not pulled")


@pytest.mark.weights
def test_default_and_tuned_text_encoders():
    pulled("minilm")
    words = ["I am so happy for you", "", "The train leaves at nine"]
    items = [(str(i), text) for i, text in enumerate(words)]
    plain, tuned = (features.load(f"text{v}", threads=1) for v in ("", ":text-default"))
    assert features.load("text:minilm", threads=1).settings == plain.settings
    assert tuned.settings != plain.settings
    together = plain(items)
    assert [f.values.shape for f in together] == [(1, 384)] * 3
    # One by one gives the same bits: what a cache holds must not depend on the order.
    assert [plain([item])[0] for item in items] == together
    assert not np.allclose(tuned(items)[0].values, together[0].values)
    from empathia.encoders.text import TextEncoder

    encoder = TextEncoder.load(weights.folder("minilm"), threads=1)
    assert together[2].values[0] == pytest.approx(encoder.encode(words)[2], abs=1e-5)


@pytest.mark.weights
@pytest.mark.parametrize(
    ("encoder", "layers", "width"), [("whisper-base", 7, 512), ("whisper-tiny-en", 5, 384)]
)
def test_frames_average_to_what_speech_pools(encoder, layers, width):
    pulled(encoder)
    variant = "" if encoder == "whisper-base" else f":{encoder}"
    audio = Audio(example(0.4, 3.7).astype(np.float32), RATE)
    pooled = features.load(f"speech{variant}", threads=1)([("u", audio)])[0]
    frames = features.load(f"frames{variant}", threads=1)([("u", audio)])[0]
    assert frames.values.shape[1] == layers * width
    assert frames.rate == 5
    assert len(frames.values) == pytest.approx(5 * 3.3, abs=2)
    means = pooled.values[0, 1:].reshape(layers, 2, width)[:, 0].ravel()
    assert frames.values[:-1].mean(0) == pytest.approx(means, abs=0.35)
    assert np.corrcoef(frames.values[:-1].mean(0), means)[0, 1] > 0.99
    silent = Audio(np.zeros(RATE, np.float32), RATE)
    for name in ("speech", "frames"):
        row = features.load(f"{name}{variant}", threads=1)([("s", silent)])[0].values
        assert np.isnan(row[:, 1:]).all()


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> Path:
    """A tiny model with random weights, as a user's own folder."""
    transformers = pytest.importorskip("transformers")
    import tokenizers
    import torch

    folder = tmp_path_factory.mktemp("bert")
    words = {
        w: i for i, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[M]", "good", "morning"])
    }
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=40,
    )
    transformers.BertModel(config).save_pretrained(folder)
    pieces = tokenizers.Tokenizer(tokenizers.models.WordPiece(words, unk_token="[UNK]"))
    pieces.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    pieces.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    transformers.PreTrainedTokenizerFast(tokenizer_object=pieces).save_pretrained(folder)
    return folder


def test_own_text_model_is_mean_pooled(bert):
    import torch
    import transformers

    found = features.load(f"text:{bert}", threads=1)([("u", "good morning")])[0]
    model = transformers.AutoModel.from_pretrained(bert).eval()
    with torch.no_grad():
        states = model(torch.tensor([[2, 5, 6, 3]])).last_hidden_state[0]
    assert found.values[0] == pytest.approx(states.mean(0).numpy(), abs=1e-6)
    long = features.load(f"text:{bert}", threads=1)([("u", "good " * 500)])[0]
    assert np.isfinite(long.values).all()


def test_other_weights_in_the_same_folder_are_other_settings(bert):
    from empathia.encoders import local

    before = local.load(str(bert), 1).sum
    config = json.loads((bert / "config.json").read_text())
    (bert / "config.json").write_text(json.dumps({**config, "layer_norm_eps": 1e-3}))
    assert local.load(str(bert), 1).sum != before


def test_models_that_are_not_here_or_not_safe_are_refused(bert, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    for name in ("text:nobody/has-this", "speech:nobody/has-this", "frames:no such thing"):
        with pytest.raises(WeightsError, match="nothing is downloaded unasked"):
            features.load(name)
    (tmp_path / "config.json").write_text((bert / "config.json").read_text())
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(WeightsError, match="has no safetensors"):
        features.load(f"text:{tmp_path}")
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(WeightsError, match="cannot be read"):
        features.load(f"text:{tmp_path}")
    with pytest.raises(WeightsError, match="is a 'bert', expected wav2vec2"):
        features.load(f"speech:{bert}")


def test_model_that_lacks_weights_is_refused(bert, tmp_path):
    from safetensors.numpy import load_file, save_file

    arrays = load_file(bert / "model.safetensors")
    name = next(n for n in arrays if "layer.1.output.dense.weight" in n)
    arrays.pop(name)
    save_file(arrays, tmp_path / "model.safetensors", {"format": "pt"})
    (tmp_path / "config.json").write_text((bert / "config.json").read_text())
    with pytest.raises(WeightsError, match="lacks 1 arrays"):
        features.load(f"text:{tmp_path}")


@pytest.mark.parametrize("kind", ["Wav2Vec2", "Hubert", "WavLM"])
def test_own_speech_model_gives_all_layers(kind, tmp_path):
    transformers = pytest.importorskip("transformers")
    import torch

    torch.manual_seed(2)
    config = getattr(transformers, f"{kind}Config")(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(8, 8),
        conv_stride=(16, 20),
        conv_kernel=(20, 20),
        vocab_size=5,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    )
    model = getattr(transformers, f"{kind}Model")(config).eval()
    model.save_pretrained(tmp_path)
    audio = Audio(noise(1).astype(np.float32), RATE)
    pooled, frames = (
        features.load(f"{n}:{tmp_path}", threads=1)([("u", audio)])[0] for n in ("speech", "frames")
    )
    assert pooled.values.shape == (1, 1 + 3 * 2 * 16)
    assert np.isfinite(pooled.values).all()
    assert frames.values.shape[1] == 3 * 16
    level = 10 ** (-23 / 20)
    given = torch.from_numpy(audio.samples * level / 0.1)[None]
    with torch.no_grad():
        last = model(given).last_hidden_state[0]
    means = pooled.values[0, 1:].reshape(3, 2, 16)[2]
    expected = torch.stack([last.mean(0), last.std(0, correction=0)]).numpy()
    assert means == pytest.approx(expected, abs=0.02)
