"""A few seconds of the committed conversation, stored losslessly in every usual way."""

from __future__ import annotations

import io
import struct
from random import Random

import numpy as np
import sounds
from numpy.typing import NDArray

from hostile.case import Case, Truth

RATE = 16000
_STRETCHES = 12  # different ones, so that what is heard in each has to be told once alone
Samples = NDArray[np.int16]

# Suffix, FFmpeg's name of the container, codec, format of its samples.
_CONTAINERS = (
    *((".wav", "wav", f"pcm_{x}", None) for x in ("s16le", "s24le", "s32le", "f32le", "f64le")),
    (".w64", "w64", "pcm_s16le", None),
    (".aiff", "aiff", "pcm_s16be", None),
    (".aif", "aiff", "pcm_s24be", None),
    (".au", "au", "pcm_s16be", None),
    (".caf", "caf", "pcm_s16le", None),
    (".flac", "flac", "flac", "s16"),
    (".mov", "mov", "pcm_s16le", None),
    (".mov", "mov", "alac", "s16p"),
    (".m4a", "ipod", "alac", "s16p"),
    (".mp4", "mp4", "alac", "s16p"),
    (".mp4", "mp4", "flac", "s16"),
    (".mkv", "matroska", "pcm_s16le", None),
    (".mka", "matroska", "flac", "s16"),
    (".avi", "avi", "pcm_s16le", None),
    (".ogg", "ogg", "flac", "s16"),
    (".oga", "ogg", "flac", "s16"),
    (".wv", "wv", "wavpack", "s16p"),
    (".tta", "tta", "tta", "s16"),
    (".voc", "voc", "pcm_s16le", None),
)


def kept(rng: Random) -> Case:
    """A recording in some container, or a wav with some header."""
    start = 5.0 * rng.randrange(_STRETCHES)
    end = start + 2.5
    samples = np.round(sounds.example(start, end) * 32768).astype("<i2")
    how: list[str] = []
    if rng.random() < 0.5:
        suffix, content = ".wav", wav(rng, samples, how)
    else:
        suffix, container, codec, form = rng.choice(_CONTAINERS)
        how.append(f"{container} with {codec}")
        content = encoded(samples, container, codec, form, doubled=rng.random() < 0.3)
    if rng.random() < 0.1:
        how.append("suffix of another container")
        suffix = rng.choice((".wav", ".mp3", ".flac", ".mp4", ".ogg"))
    if rng.random() < 0.1:
        suffix = suffix.upper()
    truth = Truth(samples=samples, stretch=(start, end))
    return Case("recording", "; ".join(how), f"sound{suffix}", content, truth)


def encoded(
    samples: Samples, container: str, codec: str, form: str | None, *, doubled: bool = False
) -> bytes:
    """With PyAV; ``doubled`` stores two channels that are alike."""
    import av

    layout = "stereo" if doubled else "mono"
    file = io.BytesIO()
    with av.open(file, "w", format=container, options={"fflags": "bitexact"}) as out:
        stream = out.add_stream(codec, rate=RATE, layout=layout)
        if form is not None:
            stream.codec_context.format = form
        stream.codec_context.open()
        each = np.stack([samples, samples], axis=1).reshape(1, -1) if doubled else samples[None]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(each), format="s16", layout=layout)
        frame.sample_rate, frame.pts = RATE, 0
        resampler = av.AudioResampler(
            format=stream.codec_context.format,
            layout=layout,
            rate=RATE,
            frame_size=stream.codec_context.frame_size or 1024,
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return file.getvalue()


def wav(rng: Random, samples: Samples, how: list[str]) -> bytes:
    """A wav by hand: kinds of samples, headers, lengths, other chunks."""
    kind = rng.choice(list(_SAMPLES))
    raw, tag, bits, block = _SAMPLES[kind](samples)
    channels = 1
    if rng.random() < 0.3:
        raw = np.frombuffer(raw, np.uint8).reshape(-1, block)
        raw, channels = np.hstack([raw, raw]).tobytes(), 2
    form = _form(tag, bits, block * channels, channels, extended=rng.random() < 0.3)
    before = b"".join(_chunk(rng) for _ in range(rng.choice((0, 0, 1, 3))))
    after = b"".join(_chunk(rng) for _ in range(rng.choice((0, 0, 1, 2))))
    lengths = {"": len(raw)}
    if not after:
        lengths |= {"length unknown": 0xFFFFFFFF, "length 0": 0}
    said = rng.choice(list(lengths)) if rng.random() < 0.3 else ""
    pad = b"\0" * (len(raw) % 2)
    body = before + b"fmt " + struct.pack("<I", len(form)) + form
    if rng.random() < 0.2:
        body += b"fact" + struct.pack("<II", 4, len(samples))
    body += b"data" + struct.pack("<I", lengths[said]) + raw + pad + after
    size = rng.choice((4 + len(body), 4 + len(body), 0, 0xFFFFFFFF))
    how += [kind, f"{channels} channels", *([said] if said else [])]
    how += ["extensible"] if len(form) > 18 else []
    how += [f"{len(before)} bytes of other chunks before, {len(after)} behind"]
    return b"RIFF" + struct.pack("<I", size) + b"WAVE" + body


def _int24(x: Samples) -> bytes:
    wide = (x.astype("<i4") << 16).view(np.uint8).reshape(-1, 4)
    return wide[:, 1:].tobytes()


_SAMPLES = {
    "16 bit": lambda x: (x.tobytes(), 1, 16, 2),
    "24 bit": lambda x: (_int24(x), 1, 24, 3),
    "32 bit": lambda x: ((x.astype("<i4") << 16).tobytes(), 1, 32, 4),
    "float": lambda x: ((x / 32768).astype("<f4").tobytes(), 3, 32, 4),
    "double": lambda x: ((x / 32768).astype("<f8").tobytes(), 3, 64, 8),
    "24 in 32 bit": lambda x: ((x.astype("<i4") << 16).tobytes(), 1, 24, 4),
}


def _form(tag: int, bits: int, block: int, channels: int, *, extended: bool) -> bytes:
    if not extended:
        return struct.pack("<HHIIHH", tag, channels, RATE, RATE * block, block, bits)
    wide = 8 * block // channels
    head = struct.pack("<HHIIHHH", 0xFFFE, channels, RATE, RATE * block, block, wide, 22)
    guid = struct.pack("<HHI", tag, 0, 0x100000) + bytes.fromhex("800000aa00389b71")
    return head + struct.pack("<HI", bits, 4 if channels == 1 else 3) + guid


def _chunk(rng: Random) -> bytes:
    name = rng.choice((b"LIST", b"JUNK", b"bext", b"cue ", b"id3 ", b"iXML", b"PAD "))
    body = (
        b"INFOISFT" + struct.pack("<I", 4) + b"test"
        if name == b"LIST"
        else rng.randbytes(602 if name == b"bext" else rng.choice((0, 3, 4, 10, 602)))
    )
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
