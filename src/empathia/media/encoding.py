"""Compress sound: for the report as a whole, for a listener as it comes."""

from __future__ import annotations

import io
from collections.abc import Iterable
from itertools import chain

from empathia.errors import MediaError, UsageError, needs
from empathia.types import Audio

# Codec, container, bit rate in kbit/s and the sample rates that it takes; () takes any.
_KINDS: dict[str, tuple[str, str, int, tuple[int, ...]]] = {
    "opus": ("libopus", "ogg", 32, (8000, 12000, 16000, 24000, 48000)),
    "mp3": ("libmp3lame", "mp3", 64, (16000, 22050, 24000, 32000, 44100, 48000)),
    "aac": ("aac", "adts", 64, (16000, 22050, 24000, 32000, 44100, 48000)),
    "flac": ("flac", "flac", 0, ()),
}
_SMALL = ("opus", "mp3")  # the first that can be written is used
_OPTIONS = {"ogg": {"page_duration": "100000"}, "mp3": {"write_xing": "0"}}  # nothing waits long


class _Sink:
    """A file that cannot be sought in, emptied as it is written."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        data = bytes(self._written)
        self._written.clear()
        return data


class Encoder:
    """Sound in, a compressed stream out, as it comes.

    Args:
        kind: "opus" (in Ogg), "mp3", "aac" (in ADTS) or "flac".
        rate: Of the sound that is given, in Hz.
        kbit: Bit rate in kbit/s; None takes the kind's own.

    Raises:
        UsageError: There is no such kind.
        MediaError: This FFmpeg cannot write it.
    """

    def __init__(self, kind: str, rate: int, kbit: int | None = None) -> None:
        with needs("asr", "Writing sound"):
            import av
        if kind not in _KINDS:
            raise UsageError(f"sound is not written as '{kind}'", f"Choose {', '.join(_KINDS)}")
        if not _can(kind):
            raise MediaError(f"this FFmpeg cannot write {kind}", "Choose another format")
        codec, container, own, rates = _KINDS[kind]
        best = next((r for r in rates if r >= rate), rates[-1]) if rates else rate
        self._sink, self._rate = _Sink(), rate
        options = _OPTIONS.get(container, {})
        self._out = av.open(self._sink, "w", format=container, options=options)
        stream = self._out.add_stream(codec, rate=best, layout="mono")
        assert isinstance(stream, av.AudioStream)
        if kbit or own:
            stream.codec_context.bit_rate = (kbit or own) * 1000
        self._stream = stream
        self._resampler = av.AudioResampler(
            format=stream.codec_context.format.name, layout="mono", rate=best
        )

    def add(self, audio: Audio) -> bytes:
        """What there is of the stream by now; it may be none.

        Args:
            audio: Mono samples of the rate that was told.
        """
        import av

        if len(audio.samples):
            samples = audio.samples[None, :]
            frame = av.AudioFrame.from_ndarray(samples, format="flt", layout="mono")
            frame.sample_rate = self._rate
            self._write(frame)
        return self._sink.taken()

    def _write(self, frame: object) -> None:
        for resampled in self._resampler.resample(frame):  # type: ignore[arg-type]
            self._out.mux(self._stream.encode(resampled))

    def close(self) -> bytes:
        """The rest of the stream."""
        self._write(None)
        self._out.mux(self._stream.encode(None))
        self._out.close()
        return self._sink.taken()


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
    source = (b for b in blocks if len(b.samples))
    first = next(source, None)
    if first is None:
        return b""
    with needs("asr", "Writing sound"):
        kind = next(filter(_can, _SMALL), None)
    if kind is None:
        raise MediaError("this FFmpeg can write neither Opus nor mp3", "Leave the sound out")
    encoder = Encoder(kind, first.rate, kbit)
    out = io.BytesIO()
    for audio in chain([first], source):
        out.write(encoder.add(audio))
    out.write(encoder.close())
    return out.getvalue()


def media_type(encoded: bytes) -> str:
    """MIME type of what ``encode`` made."""
    return "audio/ogg" if encoded.startswith(b"OggS") else "audio/mpeg"


def _can(kind: str) -> bool:
    """Whether this FFmpeg writes it."""
    import av.codec

    try:
        av.codec.Codec(_KINDS[kind][0], "w")
    except ValueError:  # PyAV's UnknownCodecError is one
        return False
    return True
