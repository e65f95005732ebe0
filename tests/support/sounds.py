"""Recordings that the tests make: tones, noise, music, and damaged or odd files."""

from __future__ import annotations

import csv
import struct
import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia import weights

RATE = 16_000
EXAMPLE = Path(__file__).parents[2] / "examples" / "conversation.wav"

Samples = NDArray[np.float64]


def example(start: float = 0.0, end: float | None = None) -> Samples:
    """A stretch of the committed conversation, as float samples at 16 kHz."""
    with wave.open(str(EXAMPLE)) as sound:
        raw = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    return raw[round(start * RATE) : None if end is None else round(end * RATE)] / 32768.0


def small_model() -> str | None:
    """A speech model for tests of all but its words: the smallest, where it is pulled."""
    return None if weights.state("whisper-tiny-en") == "missing" else "tiny.en"


def script() -> list[tuple[float, float, int]]:
    """Start and end in s, and the number of the speaker, of each turn of the conversation."""
    rows = list(csv.DictReader(EXAMPLE.with_suffix(".csv").read_text("utf-8").splitlines()))
    first = rows[0]["speaker"]
    return [(float(r["start"]), float(r["end"]), int(r["speaker"] != first)) for r in rows]


def apart(end: float) -> Samples:
    """The committed conversation up to a time in s, each speaker in a channel; (2, n)."""
    whole = example(0, end)
    channels = np.zeros((2, len(whole)))
    for start, stop, speaker in script():
        low, high = round((start - 0.1) * RATE), round((stop + 0.1) * RATE)
        channels[speaker, low:high] = whole[low:high]
    return channels


def write_wav(path: Path, samples: Samples, rate: int = RATE) -> Path:
    """16-bit wav; samples of shape (n,) or (n, channels)."""
    data = samples[:, None] if samples.ndim == 1 else samples
    with wave.open(str(path), "wb") as out:
        out.setnchannels(data.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.clip(data, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def write_float_wav(path: Path, samples: Samples, rate: int = RATE) -> Path:
    """32-bit float wav, which can hold NaN; written by hand since ``wave`` cannot."""
    data = samples.astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 1, rate, rate * 4, 4, 32)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return path


def noise(seconds: float, level: float = 0.1) -> Samples:
    return np.random.default_rng(7).normal(0, level, round(seconds * RATE))


def music(seconds: float) -> Samples:
    """A slow run of three-note chords."""
    t = np.arange(round(seconds * RATE)) / RATE
    chords = np.array([[262, 330, 392], [220, 262, 330], [175, 220, 262], [196, 247, 294]])
    now = chords[(t // 0.5).astype(int) % 4]
    fade = np.exp(-3 * (t % 0.5))
    return 0.1 * fade * np.sin(2 * np.pi * now * t[:, None]).sum(axis=1)


def tune(seed: int, partials: tuple[float, ...], seconds: float = 15.0) -> Samples:
    """Sustained notes of a random tune, as a wind instrument plays them."""
    draw, t = np.random.default_rng(seed), np.arange(round(seconds * RATE)) / RATE
    step = draw.choice([0.4, 0.6, 1.0])
    notes = draw.choice([0, 2, 3, 5, 7, 9, 10, 12], len(t))[(t // step).astype(int)]
    phase = 2 * np.pi * np.cumsum(110 * 2 ** (draw.uniform(0, 2.2) + notes / 12)) / RATE
    swell = np.minimum(np.minimum(t % step / 0.05, (step - t % step) / 0.02), 1)
    return 0.2 * swell * sum(a * np.sin((h + 1) * phase) for h, a in enumerate(partials))


def hum(seed: int, seconds: float = 15.0) -> Samples:
    """A gliding hum with two resonances, as a mouth or a machine makes it."""
    draw, t = np.random.default_rng(seed), np.arange(round(seconds * RATE)) / RATE
    pitch = draw.uniform(110, 300) * (1 + 0.3 * np.sin(2 * np.pi * draw.uniform(0.2, 0.6) * t))
    phase, (low, high) = 2 * np.pi * np.cumsum(pitch) / RATE, draw.uniform((300, 900), (700, 2200))
    partials = [
        np.sin(h * phase)
        * (
            np.exp(-(((h * pitch - low) / 200) ** 2))
            + np.exp(-(((h * pitch - high) / 250) ** 2)) / 2
        )
        for h in range(1, 20)
    ]
    return 0.2 * np.sum(partials, axis=0) * (np.sin(2 * np.pi * draw.uniform(0.2, 0.5) * t) > -0.6)


def stretched(samples: Samples, factor: float) -> Samples:
    """The same sound at another sampling rate (linear interpolation)."""
    x = np.arange(round(len(samples) * factor)) / factor
    return np.interp(x, np.arange(len(samples)), samples)


def write_av(path: Path, samples: Samples | None, *, picture: bool = False) -> Path:
    """A container written by PyAV: AAC sound, or MPEG-4 picture, or both."""
    import av

    with av.open(str(path), "w") as out:
        sound = out.add_stream("aac", rate=RATE) if samples is not None else None
        if sound is not None:
            sound.layout = "mono"
        video = out.add_stream("mpeg4", rate=10) if picture else None
        if video is not None:
            video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
            for _ in range(20):
                frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
                out.mux(video.encode(frame))
            out.mux(video.encode(None))
        if sound is not None and samples is not None:
            for at in range(0, len(samples), 1024):
                block = samples[at : at + 1024].astype(np.float32)[None, :]
                frame = av.AudioFrame.from_ndarray(block, "fltp", "mono")
                frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
                out.mux(sound.encode(frame))
            out.mux(sound.encode(None))
    return path
