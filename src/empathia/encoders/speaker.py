"""Who is speaking: a voice as a point on the unit sphere (Wan et al. 2018, GE2E).

The weights are Resemblyzer's (Apache-2.0), read from plain arrays; the network
runs in onnxruntime and the mel spectrogram in numpy, so neither torch nor
librosa is needed. Two windows of one voice have a cosine of about .9, of two
voices .4 to .8; strong emotion lowers the first, similar voices raise the second.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from empathia.encoders import graph
from empathia.errors import InputError, WeightsError
from empathia.types import Audio, FloatArray

if TYPE_CHECKING:
    import onnxruntime

RATE = 16_000
SIZE = 256

_BANDS, _N_FFT, _HOP = 40, 400, 160
_ROWS = 32  # so few frames at once that BLAS needs no threads, which cost more than the product
_LEVEL = -30.0  # dB of full scale
_LAYERS, _HIDDEN = 3, 256
_BATCH = 64
_DAMAGED = (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile, zlib.error)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's scale: linear to 1 kHz (15 mel), then 27 mel for a factor of 6.4."""
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))


@lru_cache(maxsize=1)
def _filters() -> FloatArray:
    """Triangular filters of equal area, shape (201, 40), 0 to 8 kHz."""
    top = 15 + 27 * np.log(RATE / 2 / 1000) / np.log(6.4)
    edges = _mel_to_hz(np.linspace(0, top, _BANDS + 2))
    bins = np.linspace(0, RATE / 2, _N_FFT // 2 + 1)[:, None]
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    area = 2 / (edges[2:] - edges[:-2])
    return (np.maximum(0, np.minimum(rise, fall)) * area).astype(np.float32)


def louder(samples: FloatArray) -> FloatArray:
    """The samples at a level of at least -30 dB of full scale; silence stays silence."""
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    if power <= 0:
        return samples
    gain = 10 ** (_LEVEL / 20) / np.sqrt(power)
    return samples * np.float32(gain) if gain > 1 else samples


def mel_power(samples: FloatArray) -> FloatArray:
    """Mel power spectrogram: 40 bands, Hann windows of 25 ms every 10 ms, no logarithm.

    Args:
        samples: Mono at 16 kHz, shape (n,), n >= 1.

    Returns:
        Shape (1 + n // 160, 40); frames are centred, the ends padded with zeros.
    """
    padded = np.pad(samples.astype(np.float32), _N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _N_FFT)[::_HOP]
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_N_FFT) / _N_FFT)).astype(np.float32)
    spectrum = np.fft.rfft(frames * hann, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    rows = np.pad(power, ((0, -len(power) % _ROWS), (0, 0))).reshape(-1, _ROWS, power.shape[1])
    mel: FloatArray = (rows @ _filters()).reshape(-1, _BANDS)[: len(power)]
    return mel


def _gates(array: FloatArray) -> FloatArray:
    """Rows from the order of the file (i, f, g, o) to the order of ONNX (i, o, f, c)."""
    i, f, g, o = np.split(array, 4)
    return np.concatenate([i, o, f, g])


def _initialisers(arrays: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    ready = {name: arrays[name] for name in ("linear.weight", "linear.bias")}
    for k in range(_LAYERS):
        ready[f"w{k}"] = _gates(arrays[f"lstm.weight_ih_l{k}"])[None]
        ready[f"r{k}"] = _gates(arrays[f"lstm.weight_hh_l{k}"])[None]
        biases = [_gates(arrays[f"lstm.bias_{part}_l{k}"]) for part in ("ih", "hh")]
        ready[f"b{k}"] = np.concatenate(biases)[None]
    return ready


def _shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "linear.weight": (SIZE, _HIDDEN),
        "linear.bias": (SIZE,),
    }
    for k in range(_LAYERS):
        shapes[f"lstm.weight_ih_l{k}"] = (4 * _HIDDEN, _BANDS if k == 0 else _HIDDEN)
        shapes[f"lstm.weight_hh_l{k}"] = (4 * _HIDDEN, _HIDDEN)
        shapes[f"lstm.bias_ih_l{k}"] = shapes[f"lstm.bias_hh_l{k}"] = (4 * _HIDDEN,)
    return shapes


def _read(path: Path) -> dict[str, FloatArray]:
    remedy = "Run: empathia weights pull resemblyzer"
    try:
        # Opened here: of a damaged archive numpy would leave the file open.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {k: file[k].astype(np.float32) for k in _shapes() if k in file.files}
    except _DAMAGED as error:
        raise WeightsError(f"cannot read the speaker encoder '{path}' ({error})", remedy) from error
    for name, shape in _shapes().items():
        actual = arrays[name].shape if name in arrays else "nothing"
        if actual != shape:
            raise WeightsError(f"'{path}' holds {actual} for '{name}', expected {shape}", remedy)
    return arrays


class SpeakerEncoder:
    """Turns windows of speech into voice embeddings. Make it with :meth:`load`."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> SpeakerEncoder:
        """The encoder from ``folder/speaker.npz``.

        Args:
            folder: Folder of the weight ``resemblyzer``.
            threads: Threads inside an operator; None takes all cores.

        Raises:
            WeightsError: The file is missing, damaged or holds other arrays.
        """
        arrays = _initialisers(_read(folder / "speaker.npz"))
        return cls(graph.session("speaker", arrays, threads))

    def embed(self, windows: Sequence[Audio]) -> FloatArray:
        """Embed windows of speech, each by itself.

        Args:
            windows: Mono at 16 kHz, none empty; best at 1.6 s, poor under .5 s.

        Returns:
            Shape (n, 256), each row of unit length with no negative entry; a row
            of zeros where the network saw nothing at all.

        Raises:
            InputError: A window is empty or at another rate.
        """
        for window in windows:
            if window.rate != RATE or len(window.samples) == 0:
                raise InputError(
                    f"expected windows of speech at {RATE} Hz, "
                    f"found {len(window.samples)} samples at {window.rate} Hz",
                    "Resample first and leave empty windows out",
                )
        out = np.zeros((len(windows), SIZE), np.float32)
        # neighbours in length share a batch, so that little padding is computed
        order = np.argsort([len(w.samples) for w in windows], kind="stable")
        for low in range(0, len(order), _BATCH):
            chosen = order[low : low + _BATCH]
            out[chosen] = self._run([mel_power(louder(windows[i].samples)) for i in chosen])
        return out

    def _run(self, mels: Sequence[FloatArray]) -> FloatArray:
        lengths = np.array([len(m) for m in mels], np.int32)
        batch = np.zeros((int(lengths.max()), len(mels), _BANDS), np.float32)
        for k, mel in enumerate(mels):
            batch[: len(mel), k] = mel
        result: list[FloatArray] = self._session.run(None, {"mel": batch, "lengths": lengths})
        return result[0]
