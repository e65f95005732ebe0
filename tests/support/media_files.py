"""Media files that the tests write, and what is heard in them."""

from __future__ import annotations

import struct
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from empathia import media


def tone(seconds: float = 2.0, rate: int = 16000, hz: float = 440.0, level: float = 0.5):
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype("f4")


def write_wav(path: Path, samples: np.ndarray, rate: int = 16000) -> Path:
    """16 bit; samples of shape (n,) or (n, channels)."""
    data = (np.atleast_2d(samples.T).T * 32767).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(data.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(data.tobytes())
    return path


def write_float_wav(path: Path, samples: np.ndarray, rate: int = 16000) -> Path:
    raw = samples.astype("<f4").tobytes()
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + len(raw), b"WAVE", b"fmt ", 16, 3, 1, rate, 4 * rate, 4, 32
    )
    path.write_bytes(head + struct.pack("<4sI", b"data", len(raw)) + raw)
    return path


def write_media(
    path: Path,
    codec: str | None,
    samples: np.ndarray,
    rate: int,
    *,
    video: str | None = None,
    layout: str = "mono",
    sample_format: str | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """With PyAV; samples of shape (channels, n)."""
    with av.open(str(path), "w", options=options or {}) as out:
        pictures = out.add_stream(video, rate=10) if video else None
        if pictures is not None:
            pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = out.add_stream(codec, rate=rate, layout=layout) if codec else None
        if sound is not None and sample_format:
            sound.codec_context.format = sample_format
        if pictures is not None:
            for i in range(int(10 * samples.shape[1] / rate)):
                picture = av.VideoFrame.from_ndarray(
                    np.full((48, 64, 3), 8 * i % 255, np.uint8), format="rgb24"
                )
                picture.pts = i
                out.mux(pictures.encode(picture))
            out.mux(pictures.encode(None))
        if sound is not None:
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(samples, np.float32), format="fltp", layout=layout
            )
            frame.sample_rate, frame.pts = rate, 0
            out.mux(sound.encode(frame))
            out.mux(sound.encode(None))
    return path


def write_tracks(
    path: Path,
    tracks: list[np.ndarray],
    titles: tuple[str, ...] = (),
    starts: tuple[float, ...] = (0.0, 0.0, 0.0),
    codec: str = "aac",
    rate: int = 16000,
) -> Path:
    with av.open(str(path), "w") as out:
        streams = []
        for track, title in zip(tracks, [*titles, *[""] * len(tracks)], strict=False):
            layout = "mono" if track.ndim == 1 else "stereo"
            stream = out.add_stream(codec, rate=rate, layout=layout)
            if title:
                stream.metadata.update(title=title, language="eng")
            streams.append((stream, layout))
        packets = []
        for (stream, layout), track, start in zip(streams, tracks, starts, strict=False):
            fmt = stream.codec_context.format.name
            values = np.ascontiguousarray(np.atleast_2d(track), np.float32)
            frame = av.AudioFrame.from_ndarray(values, "fltp", layout)
            frame.sample_rate, frame.pts = rate, round(start * rate)
            frame.time_base = Fraction(1, rate)
            even = av.AudioResampler(fmt, layout, rate, frame_size=1024)
            for part in [*even.resample(frame), *even.resample(None)]:
                packets += stream.encode(part)
            packets += stream.encode(None)
        timed = [p for p in packets if p.dts is not None]
        for packet in sorted(timed, key=lambda p: p.dts * p.time_base):
            out.mux(packet)
    return path


def heard(path: Path, **options) -> np.ndarray:
    return np.concatenate([b.samples for b in media.blocks(path, **options)])


def loudest_hz(samples: np.ndarray, rate: int = 16000) -> float:
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    return float(np.argmax(spectrum)) * rate / len(middle)


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples[len(samples) // 4 : 3 * len(samples) // 4] ** 2)))


def first_sound(samples: np.ndarray) -> float:
    return int(np.argmax(np.abs(samples) > 0.2)) / 16000
