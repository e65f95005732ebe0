"""Who of up to three people speaks when, and when two do at once (Plaquet and Bredin 2023).

The weights are pyannote's segmentation 3.0 (MIT), read from plain arrays; the network runs in
onnxruntime. It was trained on stretches of 10 s, and knows its three speakers within one
stretch alone: the first speaker of the next stretch may be somebody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from empathia.encoders import graph
from empathia.errors import InputError
from empathia.types import Audio, FloatArray

if TYPE_CHECKING:
    import onnxruntime

RATE = 16_000
LEAST = 991  # samples: what one frame sees
SPEAKERS = 3

_STEP = 270  # samples
_SETS = ((), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2))  # who speaks, class by class
_FILTERS, _KERNEL, _LOWEST = 40, 251, 50.0  # the least frequency and the least band in Hz
_CHANNELS, _HIDDEN, _LAYERS = 60, 128, 4
_BATCH = 8


class Activity(NamedTuple):
    """Who speaks in a stretch, frame by frame.

    Frame i lasts from ``start + i * step`` to ``start + (i + 1) * step``. The first begins and
    the last ends some 23 ms inside of the stretch (the last up to 39 ms).

    Args:
        start: Where the first frame begins in the stretch, in s.
        step: Length of a frame, in s.
        speakers: Probability that each of three speaks, (frames, 3); who never speaks is near 0.
        several: Probability that two speak at once, (frames,).
        speech: Probability that anybody speaks, (frames,).
    """

    start: float
    step: float
    speakers: FloatArray
    several: FloatArray
    speech: FloatArray


def _activity(chances: FloatArray) -> Activity:
    """Sums of the classes, (frames, 7), that say so."""
    belongs = np.array([[who in members for who in range(SPEAKERS)] for members in _SETS])
    several = [len(members) > 1 for members in _SETS]
    return Activity(
        start=(LEAST - _STEP) / 2 / RATE,
        step=_STEP / RATE,
        speakers=np.stack([chances[:, own].sum(axis=1) for own in belongs.T], axis=1),
        several=chances[:, several].sum(axis=1),
        speech=chances[:, 1:].sum(axis=1),
    )


def sinc_filters(low: FloatArray, band: FloatArray) -> FloatArray:
    """Band-pass filters, even ones and then odd ones (Ravanelli and Bengio 2018).

    Args:
        low: What was learnt of the lower edges, in Hz above 50, (n, 1); its sign does not count.
        band: What was learnt of the widths, likewise.

    Returns:
        Shape (2 n, 1, 251): the mean wave of all frequencies of the band, in a Hamming window.
    """
    bottom = _LOWEST + np.abs(low.astype(np.float64))
    top = np.clip(bottom + _LOWEST + np.abs(band.astype(np.float64)), _LOWEST, RATE / 2)
    time = (np.arange(_KERNEL) - _KERNEL // 2) / RATE
    envelope = np.hamming(_KERNEL) * np.sinc((top - bottom) * time)
    phase = np.pi * (top + bottom) * time
    both = np.concatenate([envelope * np.cos(phase), envelope * np.sin(phase)])
    return both.astype(np.float32)[:, None]


def _gates(array: FloatArray) -> FloatArray:
    """Rows from the order of the file (i, f, g, o) to the order of ONNX (i, o, f, c)."""
    i, f, g, o = np.split(array, 4)
    return np.concatenate([i, o, f, g])


def _initialisers(arrays: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    bank = "sincnet.conv1d.0.filterbank"
    ready = {
        "conv0.weight": sinc_filters(arrays[f"{bank}.low_hz_"], arrays[f"{bank}.band_hz_"]),
        "classifier.weight": arrays["classifier.weight"].T,
        "classifier.bias": arrays["classifier.bias"],
    }
    for part in ("weight", "bias"):
        ready[f"norm.{part}"] = arrays[f"sincnet.wav_norm1d.{part}"]
        ready |= {f"norm{k}.{part}": arrays[f"sincnet.norm1d.{k}.{part}"] for k in range(3)}
        ready |= {f"conv{k}.{part}": arrays[f"sincnet.conv1d.{k}.{part}"] for k in (1, 2)}
        ready |= {f"linear{k}.{part}": arrays[f"linear.{k}.{part}"].T for k in (0, 1)}
    for k in range(_LAYERS):
        ways = (f"l{k}", f"l{k}_reverse")
        for name, part in (("w", "weight_ih"), ("r", "weight_hh")):
            ready[f"{name}{k}"] = np.stack([_gates(arrays[f"lstm.{part}_{w}"]) for w in ways])
        biases = [[_gates(arrays[f"lstm.bias_{p}_{w}"]) for p in ("ih", "hh")] for w in ways]
        ready[f"b{k}"] = np.stack([np.concatenate(pair) for pair in biases])
    return ready


def _shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "sincnet.conv1d.0.filterbank.low_hz_": (_FILTERS, 1),
        "sincnet.conv1d.0.filterbank.band_hz_": (_FILTERS, 1),
        "sincnet.conv1d.1.weight": (_CHANNELS, 2 * _FILTERS, 5),
        "sincnet.conv1d.2.weight": (_CHANNELS, _CHANNELS, 5),
        "linear.0.weight": (_HIDDEN, 2 * _HIDDEN),
        "linear.1.weight": (_HIDDEN, _HIDDEN),
        "classifier.weight": (len(_SETS), _HIDDEN),
        "classifier.bias": (len(_SETS),),
    }
    shapes |= {f"sincnet.conv1d.{k}.bias": (_CHANNELS,) for k in (1, 2)}
    shapes |= {f"linear.{k}.bias": (_HIDDEN,) for k in (0, 1)}
    norms = {"wav_norm1d": 1, "norm1d.0": 2 * _FILTERS}
    norms |= {"norm1d.1": _CHANNELS, "norm1d.2": _CHANNELS}
    shapes |= {f"sincnet.{n}.{part}": (s,) for n, s in norms.items() for part in ("weight", "bias")}
    for k in range(_LAYERS):
        for way in (f"l{k}", f"l{k}_reverse"):
            shapes[f"lstm.weight_ih_{way}"] = (4 * _HIDDEN, _CHANNELS if k == 0 else 2 * _HIDDEN)
            shapes[f"lstm.weight_hh_{way}"] = (4 * _HIDDEN, _HIDDEN)
            shapes[f"lstm.bias_ih_{way}"] = shapes[f"lstm.bias_hh_{way}"] = (4 * _HIDDEN,)
    return shapes


class Segmentation:
    """Tells who speaks when within stretches of sound. Make it with :meth:`load`."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> Segmentation:
        """The network from ``folder/segmentation.npz``.

        Args:
            folder: Folder of the weight ``segmentation``.
            threads: Threads inside an operator; None takes all cores.

        Raises:
            WeightsError: The file is missing, damaged or holds other arrays.
        """
        arrays = _initialisers(
            graph.arrays_of(folder / "segmentation.npz", _shapes(), "segmentation")
        )
        return cls(graph.session("segmentation", arrays, threads))

    def activity(self, stretches: Sequence[Audio]) -> list[Activity]:
        """Who speaks in each stretch, each by itself.

        Args:
            stretches: Mono at 16 kHz, at least 991 samples (62 ms) each; best at 10 s, and fast
                where several are of one length. Level hardly matters down to -45 dB of full scale.

        Raises:
            InputError: A stretch is shorter or at another rate.
        """
        alike: dict[int, list[int]] = defaultdict(list)
        for i, stretch in enumerate(stretches):
            size = len(stretch.samples)
            if stretch.rate != RATE or size < LEAST:
                raise InputError(
                    f"expected stretches of at least {LEAST} samples at {RATE} Hz, "
                    f"found {size} samples at {stretch.rate} Hz",
                    "Resample first and leave shorter stretches out",
                )
            alike[size].append(i)
        out: dict[int, Activity] = {}
        # Of one length, because the net norms over all of a stretch: padding would be heard.
        for same in alike.values():
            for low in range(0, len(same), _BATCH):
                chosen = same[low : low + _BATCH]
                waves = np.stack([stretches[i].samples for i in chosen])[:, None]
                (chances,) = self._session.run(None, {"wave": waves.astype(np.float32)})
                out |= {i: _activity(chances[:, k]) for k, i in enumerate(chosen)}
        return [out[i] for i in range(len(stretches))]
