"""Speech encoders by name: all layers of a clip, whatever the model."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from empathia import weights
from empathia.encoders import local
from empathia.errors import WeightsError
from empathia.types import Audio, FloatArray

DEFAULT = "whisper-base"
PULLED = (DEFAULT, "whisper-tiny-en")
"""Encoders of the manifest."""
_LONGEST, _SHORTEST = 30 * 16_000, 1_600  # samples a model is given at a time


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """An encoder of speech at 16 kHz.

    Args:
        layers: Sound to all layers, shape (layers, frames, width).
        size: Layers and width.
        rate: Frames a second (Hz).
        identity: What names the weights, for the cache.
    """

    layers: Callable[[Audio], FloatArray]
    size: tuple[int, int]
    rate: float
    identity: Mapping[str, Any]


@functools.lru_cache(maxsize=2)
def load(variant: str | None, threads: int | None) -> SpeechModel:
    """An encoder of the manifest, or a wav2vec2, HuBERT or WavLM that lies on this machine.

    Args:
        variant: Its name, or a folder; None for the default encoder.
        threads: Threads inside an operator; None takes all cores.

    Raises:
        WeightsError: The model is missing, damaged or of another kind.
        MissingExtra: It needs torch, which is not installed.
    """
    name = variant or DEFAULT
    return _pulled(name, threads) if name in PULLED else _named(name, threads)


def encoder_of(variant: str | None) -> str | None:
    """The encoder that a feature's variant names behind a colon ("3:whisper-base"), or None."""
    return (variant or "").partition(":")[2] or None


def weights_of(variant: str | None) -> tuple[str, ...]:
    """Weights of the manifest that :func:`load` needs."""
    name = variant or DEFAULT
    return (name,) if name in PULLED else ()


def as_learnt(feature: str, used: Collection[str]) -> str:
    """A feature with the encoder by which a kept model learnt it.

    Those that were kept when another encoder was the default one name none.

    Args:
        feature: As the model names it, such as "speech".
        used: Weights that it works with.
    """
    earlier = [name for name in PULLED if name in used]
    unnamed = re.fullmatch(r"speech|frames|speeds:[\d.]+", feature)
    return f"{feature}:{earlier[0]}" if unnamed and earlier and DEFAULT not in earlier else feature


def _pulled(name: str, threads: int | None) -> SpeechModel:
    from empathia.encoders.speech import SpeechEncoder

    encoder = SpeechEncoder.load(weights.folder(name), threads)
    sums = {file.name: file.sum for file in weights.entry(name).files}
    return SpeechModel(encoder.layers, encoder.size, 50.0, {"model": name, "sums": sums})


def _named(variant: str, threads: int | None) -> SpeechModel:
    model = local.load(variant, threads)
    config = model.module.config
    if not hasattr(config, "conv_stride") or not hasattr(config, "num_hidden_layers"):
        raise WeightsError(
            f"'{variant}' is a '{config.model_type}', expected wav2vec2, HuBERT or WavLM",
            "Name another speech encoder",
        )
    size = config.num_hidden_layers + 1, config.hidden_size
    run = functools.partial(_layers, model.module, _levelled(model))
    rate = 16_000 / math.prod(config.conv_stride)
    return SpeechModel(run, size, rate, {"sum": model.sum})


def _levelled(model: local.Local) -> bool:
    """Whether a model was trained on clips of mean 0 and deviation 1."""
    try:
        stored = json.loads((model.folder / "preprocessor_config.json").read_text("utf-8"))
        return bool(stored["do_normalize"])
    except (OSError, ValueError, KeyError):
        return bool(getattr(model.module.config, "feat_extract_norm", "") == "layer")


def _layers(module: Any, levelled: bool, audio: Audio) -> FloatArray:  # noqa: ANN401 - of torch
    """All layers; long clips are cut into equal windows, as Whisper's encoder does."""
    parts = np.array_split(audio.samples, math.ceil(len(audio.samples) / _LONGEST))
    return np.concatenate([_window(module, levelled, part) for part in parts], axis=1)


def _window(module: Any, levelled: bool, samples: FloatArray) -> FloatArray:  # noqa: ANN401
    import torch

    samples = np.pad(samples, (0, max(0, _SHORTEST - len(samples))))
    if levelled:
        samples = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    with torch.inference_mode():
        given = torch.from_numpy(samples.astype(np.float32))[None]
        states = module(given, output_hidden_states=True).hidden_states
        layers: FloatArray = torch.cat(states).numpy()
    return layers
