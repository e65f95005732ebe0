"""Compress sound for the report."""

from __future__ import annotations

import io
from collections.abc import Iterable
from itertools import chain

from empathia.errors import MediaError, needs
from empathia.types import Audio

# Codec, container and the sample rates that it takes; the first that can be written is used.
_ENCODERS = (
    ("libopus", "ogg", (8000, 12000, 16000, 24000, 48000)),
    ("libmp3lame", "mp3", (16000, 22050, 24000, 32000, 44100, 48000)),
)


def encode(blocks: Iterable[Audio], kbit: int = 32) -> bytes:
    """Compress sound: mono Opus in Ogg, or mp3 where this FFmpeg cannot write Opus.

    Args:
        blocks: Consecutive mono blocks of one rate.
        kbit: Bit rate in kbit/s.

    Returns:
        The file; ``media_type`` says which of the two it is. b"" if there are no samples.

    Raises:
        MediaError: This FFmpeg can write neither.
    """
    with needs("asr", "Writing sound"):
        import av
    source = (b for b in blocks if len(b.samples))
    first = next(source, None)
    if first is None:
        return b""
    codec, kind, rates = _encoder()
    rate = next((r for r in rates if r >= first.rate), rates[-1])
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.bit_rate = kbit * 1000
        resampler = av.AudioResampler(
            format=stream.codec_context.format.name, layout="mono", rate=rate
        )
        for audio in chain([first], source):
            frame = av.AudioFrame.from_ndarray(audio.samples[None, :], format="flt", layout="mono")
            frame.sample_rate = audio.rate
            for resampled in resampler.resample(frame):
                container.mux(stream.encode(resampled))
        for resampled in resampler.resample(None):
            container.mux(stream.encode(resampled))
        container.mux(stream.encode(None))
    return out.getvalue()


def media_type(encoded: bytes) -> str:
    """MIME type of what ``encode`` made."""
    return "audio/ogg" if encoded.startswith(b"OggS") else "audio/mpeg"


def _encoder() -> tuple[str, str, tuple[int, ...]]:
    """Codec, container and sample rates of the best encoder there is."""
    import av.codec

    for codec, kind, rates in _ENCODERS:
        try:
            av.codec.Codec(codec, "w")
        except ValueError:  # PyAV's UnknownCodecError is one
            continue
        return codec, kind, rates
    raise MediaError("this FFmpeg can write neither Opus nor mp3", "Leave the sound out")
