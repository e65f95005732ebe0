"""Whisper's encoder as a feature extractor: every layer, only the clip's own frames.

Whisper (Radford et al. 2023, "Robust Speech Recognition via Large-Scale Weak
Supervision") pads each clip to 30 s. Emotion needs the clip alone, so the
position table is cut to the clip's length; this is also what makes it quick.
"""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from empathia.encoders import ctranslate2_file
from empathia.encoders.graph import session
from empathia.errors import InputError, WeightsError
from empathia.types import Audio, FloatArray

if TYPE_CHECKING:
    import onnxruntime

RATE = 16_000
"""Sampling rate that the encoder was trained at (Hz)."""

_WINDOW, _HOP, _BANDS = 400, 160, 80
_GRAPHS = {(4, 384): "whisper-tiny", (6, 512): "whisper-base"}  # blocks, width
_LONGEST = 30 * RATE
_SHORTEST = RATE // 10
_LINEAR = {
    "in": "self_attention/linear_0",
    "out": "self_attention/linear_1",
    "up": "ffn/linear_0",
    "down": "ffn/linear_1",
}
_NORM = {"norm1": "self_attention/layer_norm", "norm2": "ffn/layer_norm"}


@functools.cache
def mel_filters() -> FloatArray:
    """Slaney's mel filters, area-normalised, 0 to 8 kHz, shape (201, 80)."""
    edges = _mel_to_hz(np.linspace(0, _hz_to_mel(RATE / 2), _BANDS + 2))
    bins = np.linspace(0, RATE / 2, _WINDOW // 2 + 1)
    rise = (bins[:, None] - edges[None, :-2]) / np.diff(edges)[:-1]
    fall = (edges[None, 2:] - bins[:, None]) / np.diff(edges)[1:]
    triangles = np.maximum(0, np.minimum(rise, fall))
    return np.asarray(triangles * 2 / (edges[2:] - edges[:-2]), np.float32)


def _hz_to_mel(hz: float) -> float:
    # Slaney's Auditory Toolbox: linear to 1 kHz, then 27 steps for each factor 6.4.
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * math.log(hz / 1000) / math.log(6.4)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))


def log_mel(samples: FloatArray) -> FloatArray:
    """Whisper's log-mel spectrogram of a clip at 16 kHz.

    The clip is mirrored before its start and followed by silence, as Whisper's
    own padding to 30 s makes it.

    Args:
        samples: Shape (n,), float32.

    Returns:
        Shape (80, n // 160), at 100 Hz; dynamic range of 8 (base 10), scaled by 1/4.
    """
    half = _WINDOW // 2
    padded = np.concatenate([samples[half:0:-1], samples, np.zeros(half, np.float32)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    hann = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    spectrum = np.fft.rfft(frames[: len(samples) // _HOP] * hann, axis=1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    levels = np.log10(np.maximum(power.astype(np.float32) @ mel_filters(), 1e-10))
    clamped = np.maximum(levels, levels.max() - 8)
    return np.ascontiguousarray(((clamped + 4) / 4).T, np.float32)


class SpeechEncoder:
    """The encoder of Whisper tiny or base in onnxruntime.

    Args:
        running: A session of its graph with its arrays.
        size: Layers and width.
    """

    def __init__(self, running: onnxruntime.InferenceSession, size: tuple[int, int]) -> None:
        self._session = running
        self.size = size

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> SpeechEncoder:
        """Read the encoder out of a CTranslate2 folder of Whisper tiny or base.

        Args:
            folder: Holds ``model.bin``.
            threads: Threads inside an operator; None takes all cores.

        Raises:
            WeightsError: The file is missing, damaged, or another model's.
        """
        size, arrays = _arrays(folder / "model.bin")
        return cls(session(_GRAPHS[size], arrays, threads), (size[0] + 1, size[1]))

    def layers(self, audio: Audio) -> FloatArray:
        """All layers of a clip.

        Args:
            audio: At 16 kHz; under .1 s it is filled up with silence, over 30 s it is
                cut into equal windows that do not see each other.

        Returns:
            Shape (layers, frames, width) at 50 Hz: after the convolutions and positions
            (0) and after each block (from 1); the last has passed the encoder's final layer norm.

        Raises:
            InputError: Another rate, or no samples.
        """
        if audio.rate != RATE:
            raise InputError(
                f"speech encoder expects {RATE} Hz, found {audio.rate} Hz",
                "Decode the recording at 16000 Hz",
            )
        if not len(audio.samples):
            raise InputError("speech encoder expects sound, found no samples", "Leave it out")
        windows = np.array_split(audio.samples, math.ceil(len(audio.samples) / _LONGEST))
        return np.concatenate([self._window(w) for w in windows], axis=1)

    def _window(self, samples: FloatArray) -> FloatArray:
        missing = max(0, _SHORTEST - len(samples))
        mel = log_mel(np.pad(np.asarray(samples, np.float32), (0, missing)))
        result: FloatArray = self._session.run(None, {"mel": mel[None]})[0]
        return result


def _arrays(path: Path) -> tuple[tuple[int, int], dict[str, FloatArray]]:
    """Blocks and width, and the graph's external initialisers; matrices are turned to (in, out)."""
    stored = ctranslate2_file.read(path, lambda name: name.startswith("encoder/"))

    def get(name: str) -> FloatArray:
        if f"encoder/{name}" not in stored:
            raise _foreign(path, f"no 'encoder/{name}'")
        return stored[f"encoder/{name}"].astype(np.float32)

    def linear(graph: str, name: str) -> dict[str, FloatArray]:
        weight = np.ascontiguousarray(get(f"{name}/weight").T)
        return {f"{graph}.weight": weight, f"{graph}.bias": get(f"{name}/bias")}

    def norm(graph: str, name: str) -> dict[str, FloatArray]:
        return {f"{graph}.scale": get(f"{name}/gamma"), f"{graph}.shift": get(f"{name}/beta")}

    blocks = len(
        {n.split("/")[1] for n in stored if n.startswith("encoder/layer_") and "self" in n}
    )
    arrays = {"positions": get("position_encodings/encodings"), **norm("final", "layer_norm")}
    for conv in ("conv1", "conv2"):
        arrays |= {f"{conv}.{part}": get(f"{conv}/{part}") for part in ("weight", "bias")}
    for i in range(blocks):
        for ours, theirs in _LINEAR.items():
            arrays |= linear(f"block{i}.{ours}", f"layer_{i}/{theirs}")
        for ours, theirs in _NORM.items():
            arrays |= norm(f"block{i}.{ours}", f"layer_{i}/{theirs}")
    width, bands = arrays["conv1.weight"].shape[:2]
    if (blocks, width) not in _GRAPHS or bands != _BANDS:
        raise _foreign(path, f"{blocks} blocks of {width} units, {bands} mel bands")
    return (blocks, width), arrays


def _foreign(path: Path, what: str) -> WeightsError:
    return WeightsError(
        f"{path} has {what}, expected the encoder of Whisper tiny or base",
        "Run: empathia weights pull whisper-base",
    )
