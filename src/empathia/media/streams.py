"""Sound out of a stream that is heard as it comes: a pipe, a socket, a microphone's blocks.

A stream has no seek and, while it lasts, no end; what it holds is told from its first bytes.
What comes is decoded at once, a piece as short as the stream gives it.
"""

from __future__ import annotations

import re
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError, MediaError, UsageError, needs
from empathia.media.container import FORMATS, Bytes, Selection, demuxed
from empathia.media.decoding import RATES, frames, resampled
from empathia.media.mixing import Condition
from empathia.types import Audio

if TYPE_CHECKING:
    from av import AudioFrame

Block = Audio | NDArray[np.generic]
"""Samples (n,) or (n, channels), floats in [-1, 1] or whole numbers of their type's full range."""

Source = Bytes | Iterable[Block]
"""What can be listened to: a binary file object, or blocks of samples."""

_NAME = Path("the stream")
_HEAD = 512  # bytes that tell what a stream holds
_FRAMES = 4096  # bytes in which a second frame of mp3 or AAC lies
_PIECE = 16384  # bytes asked for at once
_TEXT = bytes((*b"\t\n\r\x0b\x0c\x1b", *range(32, 127), *range(128, 256)))
_FIRST = (
    *(b"RIFF", b"RIFX", b"RF64", b"BW64", b"riff", b"fLaC", b"OggS", b"\x1aE\xdf\xa3", b"ID3"),
    *(b"FORM", b"caff", b".snd", b"#!AMR", b"FLV\1", b"wvpk", b"TTA1", b"ADIF", b"0&\xb2u"),
    *(b"Creative Voice File", b"NIST_1A", b"\0\0\1\xba", b"MAC "),
)
_BOXES = (b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"wide", b"skip")
# Lengths of wav files that are written before the end is known.
_ENDLESS = 2**31 - 2**16
# A stream is not waited for longer than is needed to tell its codec.
_SOON = {"probesize": "65536", "analyzeduration": "500000"}


class Pcm(NamedTuple):
    """Samples without a header: 16 bit, little-endian, channels interleaved.

    Attributes:
        rate: Samples a second (Hz).
        channels: Number of channels.
    """

    rate: int = 16000
    channels: int = 1

    @classmethod
    def of(cls, text: str) -> Pcm:
        """Out of "RATE" or "RATE,CHANNELS".

        Raises:
            UsageError: It is neither, or out of range.
        """
        parts = re.fullmatch(r"(\d{1,7})(?:,(\d{1,2}))?", text.strip(), re.ASCII)
        if parts is None:
            raise UsageError(
                f"expected samples a second and perhaps a number of channels, found '{text}'",
                "Give --pcm 16000, or --pcm 48000,2",
            )
        return cls(int(parts[1]), int(parts[2] or 1)).checked()

    def checked(self) -> Pcm:
        """Itself.

        Raises:
            UsageError: There is no such sound.
        """
        if not (RATES[0] <= self.rate <= RATES[1] and 1 <= self.channels <= 16):
            raise UsageError(
                f"expected {RATES[0]} to {RATES[1]} samples a second of 1 to 16 channels, found "
                f"{self.rate} of {self.channels}",
                "Say what the samples are",
            )
        return self


class _Opened:
    """Bytes of a stream, with those that were looked at put back.

    Attributes:
        broken: Why it broke off, or None.
    """

    def __init__(self, stream: Bytes) -> None:
        if sys.stdin is not None and stream is getattr(sys.stdin, "buffer", None):
            # Its buffer stays locked while it is read, and Python could not end.
            stream = getattr(stream, "raw", stream)
        first: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
        self._read = first  # what is there, rather than all that is asked for
        self._head = b""
        self.broken: str | None = None

    def peek(self, size: int) -> bytes:
        """The first bytes; fewer where the stream is shorter."""
        while len(self._head) < size and (more := self._more(size - len(self._head))):
            self._head += more
        return self._head[:size]

    def read(self, size: int, /) -> bytes:
        """Up to this many bytes; none at the end, or where the stream broke off."""
        if self._head:
            part, self._head = self._head[:size], self._head[size:]
            return part
        return self._more(size)

    def _more(self, size: int) -> bytes:
        if self.broken is not None:
            return b""
        try:
            part = self._read(min(size, _PIECE))
        except (OSError, ValueError) as error:  # ValueError: somebody closed it
            self.broken = str(error) or type(error).__name__
            return b""
        if not isinstance(part, bytes | bytearray | memoryview):
            kind = "nothing, without waiting" if part is None else type(part).__name__
            raise UsageError(
                f"expected bytes from the stream, found {kind}",
                "Open it in binary mode, and so that reading waits",
            )
        return bytes(part)


def listened(
    source: Source,
    rate: int,
    condition: Condition,
    pcm: Pcm | None = None,
    track: int | None = None,
) -> Iterator[Audio]:
    """Decode a stream as it comes.

    Args:
        source: A binary file object that holds a recording in any format or samples without a
            header, or blocks of samples.
        rate: Samples a second wanted (Hz).
        condition: Filled with what had to be mended, and with remarks.
        pcm: What samples without a header are; None tells from the first bytes whether there is
            one, and takes 16-bit mono samples at 16 kHz where there is none. Blocks are at this
            rate.
        track: Which track of a recording, from 1; None the main one.

    Yields:
        Mono float32 in [-1, 1], pieces of any length.

    Raises:
        MediaError: It is no sound.
        UsageError: It is no stream, which is told at once, or has no such track.
    """
    if isinstance(source, Bytes):
        return _of_bytes(_Opened(source), rate, condition, pcm, track)
    if isinstance(source, Iterable) and not isinstance(source, str | bytes):
        blocks = (_block(b, (pcm or Pcm()).rate) for b in source)
        return _pieces(((b, 0.0) for b in blocks if b.samples), rate, condition)
    raise UsageError(
        f"expected a binary file object or blocks of samples, found {type(source).__name__} "
        f"{str(source)[:40]!r}",
        "Open it with open(path, 'rb'), or read the file",
    )


def _of_bytes(
    stream: _Opened, rate: int, condition: Condition, pcm: Pcm | None, track: int | None
) -> Iterator[Audio]:
    yield from _pieces(_decoded(stream, condition, pcm, track), rate, condition)
    if stream.broken is not None:
        condition.remarks.append(broken(condition.seconds, stream.broken))


def broken(seconds: float, why: str) -> str:
    """What to say of a stream that did not come to its end."""
    reason = " ".join(why.split())
    return f"the stream broke off at {seconds:.1f} s ({reason}): what was heard was kept"


def _pieces(
    decoded: Iterable[tuple[AudioFrame, float]], rate: int, condition: Condition
) -> Iterator[Audio]:
    for samples in resampled(decoded, rate, condition):
        condition.seconds += len(samples) / rate
        if len(samples):
            yield Audio(samples, rate)


def _decoded(
    stream: _Opened, condition: Condition, pcm: Pcm | None, track: int | None
) -> Iterator[tuple[AudioFrame, float]]:
    head = stream.peek(1)
    if not head:
        why = "is empty (0 bytes)" if stream.broken is None else f"broke off ({stream.broken})"
        raise MediaError(f"the stream {why}", "Check what writes into it")
    if pcm is None and _is_recording(stream):
        yield from _recording(stream, condition, track)
        return
    if pcm is None:
        _refuse_text(stream.peek(_HEAD))
        condition.remarks.append(
            "the stream begins with no header that is known: it was taken for 16-bit mono samples "
            "at 16000 Hz (--pcm says otherwise)"
        )
    if track is not None:
        raise UsageError("samples without a header have no tracks", "Leave --track out")
    yield from _samples(stream, (pcm or Pcm()).checked())


def _recording(
    stream: _Opened, condition: Condition, track: int | None
) -> Iterator[tuple[AudioFrame, float]]:
    if stream.peek(4) == b"RIFX":
        raise MediaError(
            "the stream is a big-endian wav (RIFX), which the decoder misreads",
            "Convert it with sox",
        )
    head = stream.peek(_HEAD)
    try:
        container = demuxed(stream, _NAME, _SOON)
    except MediaError as error:
        raise MediaError(
            "what the stream holds cannot be decoded, or is cut off in its head, or has its index "
            "at its end as many mp4 files have",
            f"Give {FORMATS}, or save it and read the file",
        ) from error
    with container:
        length = _wav_length(head)
        for frame in frames(container, _NAME, Selection(track), condition):
            condition.announced = condition.announced if length is None else length
            yield frame


def _wav_length(head: bytes) -> float | None:
    """Seconds that the head of a wav announces; None where it knows of no end."""
    form, data = head.find(b"fmt "), head.find(b"data")
    if head[:4] != b"RIFF" or form < 0 or not form + 24 <= data <= len(head) - 8:
        return None
    (a_second,) = struct.unpack_from("<I", head, form + 16)
    (size,) = struct.unpack_from("<I", head, data + 4)
    return size / a_second if a_second and 0 < size < _ENDLESS else None


def _is_recording(stream: _Opened) -> bool:
    """Whether the first bytes are those of a format that has a header or frames."""
    head = stream.peek(20)
    if head.startswith(_FIRST) or head[4:8] in _BOXES:
        return True
    if head[:1] == b"G":  # packets of an MPEG transport stream
        return stream.peek(377)[188::188] == b"GG"
    if len(head) > 6 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        length = _frame_length(head)
        after = stream.peek(_FRAMES)[length : length + 2] if length else b""
        return len(after) == 2 and after[0] == 0xFF and after[1] & 0xFE == head[1] & 0xFE
    return False


def _frame_length(head: bytes) -> int:
    """Bytes of a frame of mp3 or AAC that begins here; 0 where none does."""
    if head[1] & 0xF6 == 0xF0:  # AAC (ADTS)
        return (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bits, speed = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer not in (1, 2) or bits in (0, 15) or speed == 3:
        return 0
    first = version == 3
    kbits = {
        (True, 1): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
        (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    }.get((first, layer), (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160))
    rate = (44100, 48000, 32000)[speed] >> {3: 0, 2: 1, 0: 2}[version]
    samples = 1152 if first or layer == 2 else 576
    return samples // 8 * kbits[bits] * 1000 // rate + (head[2] >> 1 & 1)


def _refuse_text(head: bytes) -> None:
    if head.strip(b"\xef\xbb\xbf") and not head.translate(None, _TEXT):
        try:
            head[:-3].decode("utf-8") if len(head) > 3 else head.decode("utf-8")
        except UnicodeDecodeError:
            return
        raise MediaError(
            "the stream holds text, no sound",
            "Give a transcript as a file: empathia read talk.txt",
        )


def _samples(stream: _Opened, pcm: Pcm) -> Iterator[tuple[AudioFrame, float]]:
    rest, size = b"", 2 * pcm.channels
    while part := stream.read(_PIECE):
        rest += part
        whole = len(rest) // size * size
        if whole:
            values = np.frombuffer(rest[:whole], "<i2").reshape(-1, pcm.channels)
            yield _frame(values, pcm.rate), 0.0
        rest = rest[whole:]


def _block(block: Block, rate: int) -> AudioFrame:
    if isinstance(block, Audio):
        rate = block.rate
    values = block.samples if isinstance(block, Audio) else np.asarray(block)
    if values.ndim not in (1, 2) or values.dtype.kind not in "fiu" or values.dtype.itemsize > 8:
        raise InputError(
            "expected blocks of samples, (n,) or (n, channels), found "
            f"{values.dtype} of shape {values.shape}",
            "Give numpy arrays of floats in [-1, 1] or of 16-bit whole numbers, or a binary file",
        )
    values = values if values.ndim == 2 else values[:, None]
    Pcm(rate, values.shape[1]).checked()
    return _frame(values, rate)


def _frame(values: NDArray[np.generic], rate: int) -> AudioFrame:
    """Samples (n, channels) as the decoder gives them."""
    with needs("asr", "Reading sound"):
        from av import AudioFrame
    channels = values.shape[1]
    formats = {"int16": "s16", "int32": "s32", "uint8": "u8"}
    name = formats.get(values.dtype.name, "flt")
    if name == "flt":
        if values.dtype.kind != "f":
            raise InputError(
                f"expected samples as floats, int16, int32 or uint8, found {values.dtype}",
                "Convert them",
            )
        values = values.astype(np.float32)
    layout = {1: "mono", 2: "stereo"}.get(channels, f"{channels}c")
    packed = np.ascontiguousarray(values).reshape(1, -1)
    frame = AudioFrame.from_ndarray(packed, format=name, layout=layout)
    frame.sample_rate = rate
    return frame
