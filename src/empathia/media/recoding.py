"""Sound as it comes out of a lossy codec: encoded and decoded again, in memory."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np

from empathia.errors import MediaError, needs
from empathia.types import Audio, FloatArray


class Codec(NamedTuple):
    """A codec, the container that holds it, and the sample rate (Hz) that it is given.

    Args:
        name: As FFmpeg names the encoder.
        container: As FFmpeg names the format.
        rate: In Hz.
    """

    name: str
    container: str
    rate: int


OPUS = Codec("libopus", "ogg", 16_000)
MP3 = Codec("libmp3lame", "mp3", 16_000)
MU_LAW = Codec("pcm_mulaw", "wav", 8_000)

_LEAST = 0.25  # s; decoders don't take a single frame of mp3 for one


def available(codec: Codec) -> bool:
    """Whether this FFmpeg can write a codec."""
    with needs("asr", "Writing sound"):
        import av.codec
    try:
        av.codec.Codec(codec.name, "w")
    except ValueError:  # PyAV's UnknownCodecError is one
        return False
    return True


def recoded(audio: Audio, codec: Codec, kbit: float) -> Audio:
    """Sound after a codec.

    Args:
        audio: Mono.
        codec: What it goes through.
        kbit: Bit rate in kbit/s; codecs of one rate keep their own.

    Returns:
        As long and at the same rate: what the codec adds before and after is cut off, or filled
        with silence, and its delay stays.

    Raises:
        MediaError: This FFmpeg cannot write it.
    """
    if not available(codec):
        raise MediaError(f"this FFmpeg cannot write '{codec.name}'", "Name another codec")
    if not len(audio.samples):
        return audio
    rest = max(0, round(_LEAST * audio.rate) - len(audio.samples))
    whole = Audio(np.pad(audio.samples, (0, rest)), audio.rate)
    samples = _decoded(_encoded(whole, codec, kbit), audio.rate)
    missing = max(0, len(audio.samples) - len(samples))
    return Audio(np.pad(samples, (0, missing))[: len(audio.samples)], audio.rate)


def _encoded(audio: Audio, codec: Codec, kbit: float) -> io.BytesIO:
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=codec.container) as container:
        stream = container.add_stream(codec.name, rate=codec.rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.bit_rate = round(kbit * 1000)
        form = stream.codec_context.format.name
        resampler = av.AudioResampler(format=form, layout="mono", rate=codec.rate)
        frame = av.AudioFrame.from_ndarray(audio.samples[None, :], format="flt", layout="mono")
        frame.sample_rate = audio.rate
        for resampled in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(resampled))
        container.mux(stream.encode(None))
    out.seek(0)
    return out


def _decoded(file: io.BytesIO, rate: int) -> FloatArray:
    import av

    with av.open(file, "r") as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        parts = [
            resampled.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for resampled in resampler.resample(frame)
        ]
        parts += [resampled.to_ndarray()[0] for resampled in resampler.resample(None)]
    return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)
