"""Headers that FFmpeg would take at their word although the file itself says otherwise.

Two kinds of wrong numbers are overruled. A sample's valid bits may be fewer than the bytes that
hold it: the block align says how many those are. A length of 32 bits wraps in a long recording,
and one that is never brought up to date is too small: sound goes on behind the end that it names.
Nothing is copied; a file object shows the bytes as they should be.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from empathia.errors import MediaError

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_MOST_CHUNKS = 4096
_LEAST = 2048  # bytes behind the announced end that are worth a doubt
# What may stand behind the sound, even where it is cut off or is no chunk at all.
_AFTER = (
    *(b"LIST", b"list", b"id3 ", b"ID3", b"TAG", b"APETAGEX", b"LYRICS", b"JUNK", b"junk"),
    *(b"PAD ", b"FLLR", b"bext", b"iXML", b"cue ", b"smpl", b"inst", b"fact", b"PEAK", b"DISP"),
    *(b"afsp", b"acid", b"strc", b"cart", b"_PMX", b"axml", b"chna", b"levl", b"note", b"labl"),
    *(b"ltxt", b"plst", b"umid", b"minf", b"elm1", b"regn", b"data", b"NAME", b"AUTH", b"ANNO"),
    *(b"(c) ", b"MARK", b"COMT", b"INST", b"APPL", b"CHAN", b"COMM", b"FVER", b"info", b"free"),
)


_TEXT = bytes((*b"\t\n\r", *range(32, 127)))


class _Form(NamedTuple):
    head: str  # a chunk's name and length, as in struct
    first: int  # position of the first chunk
    sound: bytes  # name of the chunk of sound
    most: int  # that its length can say
    skip: int = 0  # bytes of that chunk before the sound
    align: int = 2
    counts_head: bool = False  # a length counts the name and itself
    endless: tuple[int, ...] = ()  # lengths that FFmpeg takes for "up to the end of the file"


class _Chunk(NamedTuple):
    name: bytes
    at: int  # position of its body
    size: int


_WAV = _Form("<4sI", 12, b"data", 2**32 - 1, endless=(0, 2**32 - 1))
_AIFF = _Form(">4sI", 12, b"SSND", 2**31 - 1, skip=8)
_FORMS = {
    (b"RIFF", b"WAVE"): _WAV,
    (b"RIFX", b"WAVE"): _WAV._replace(head=">4sI"),
    (b"RF64", b"WAVE"): _WAV._replace(endless=()),
    (b"BW64", b"WAVE"): _WAV._replace(endless=()),
    (b"FORM", b"AIFF"): _AIFF,
    (b"FORM", b"AIFC"): _AIFF,
    (b"riff", b"wave"): _Form("<16sQ", 40, b"data", 2**63 - 1, align=8, counts_head=True),
    (b"caff", b"desc"): _Form(
        ">4sQ", 8, b"data", 2**63 - 1, skip=4, align=1, endless=(0, 2**64 - 1)
    ),
}


class Patched:
    """A binary file, read-only, in which some bytes read otherwise.

    Args:
        file: Open for reading; it is not closed here.
        patches: Bytes by position.
        end: Where the file seems to end (bytes); None is its own end.
    """

    def __init__(
        self, file: BinaryIO, patches: dict[int, bytes] | None = None, end: int | None = None
    ) -> None:
        self.name = file.name
        self._file = file
        self._patches = patches or {}
        self._end = os.fstat(file.fileno()).st_size if end is None else end

    def read(self, size: int = -1) -> bytes:
        """Up to this many bytes from here; all of them where it is negative."""
        at = self._file.tell()
        left = max(0, self._end - at)
        got = self._file.read(left if size < 0 else min(size, left))
        for start, patch in self._patches.items():
            low, high = max(start, at), min(start + len(patch), at + len(got))
            if low < high:
                got = got[: low - at] + patch[low - start : high - start] + got[high - at :]
        return got

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As in ``io``, but -1 for a place that no file has: damaged headers ask for those."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._file.tell(), os.SEEK_END: self._end}[whence]
        try:
            return self._file.seek(base + offset) if 0 <= base + offset < 2**63 else -1
        except OSError:  # farther than this file system can count
            return -1

    def tell(self) -> int:
        """As in ``io``."""
        return self._file.tell()


def mended(file: BinaryIO) -> tuple[Patched, str | None]:
    """The file as its header should have been written, and a remark where sound would be lost.

    Args:
        file: Any file, open for reading at its start; what is of no kind that is known here, or
            right, comes back unchanged.

    Raises:
        MediaError: The samples are of a kind that FFmpeg would misread.
    """
    size = os.fstat(file.fileno()).st_size
    head = file.read(28)
    if head[:4] == b".snd" and len(head) == 28:
        patches, remark, end = _au(head, size), None, None
    else:
        form = _FORMS.get((head[:4], head[24:28] if head[:4] == b"riff" else head[8:12]))
        patches, remark, end = ({}, None, None) if form is None else _mended(file, form, size)
    file.seek(0)
    return Patched(file, patches, end), remark


def _au(head: bytes, size: int) -> dict[int, bytes]:
    """A length that is too small; FFmpeg reads on behind it, but refuses 0."""
    start, length = struct.unpack(">II", head[4:12])
    return {8: b"\xff" * 4} if start + length < size else {}


def _mended(
    file: BinaryIO, form: _Form, size: int
) -> tuple[dict[int, bytes], str | None, int | None]:
    """Patches, a remark, and where the file is to end."""
    chunks: dict[bytes, _Chunk] = {}
    for chunk in _walk(file, form, form.first, size):
        chunks.setdefault(chunk.name, chunk)
        if chunk.name == form.sound:
            break
    if form.sound not in chunks:
        return {}, None, None
    patches = _container(file, form, chunks.get(b"fmt "))
    sound, wide = chunks[form.sound], chunks.get(b"ds64")
    if wide is not None and wide.size >= 16:  # RF64: the length of the sound stands there
        file.seek(wide.at + 8)
        sound = sound._replace(size=int.from_bytes(file.read(8), "little"))
        field, at = struct.Struct("<Q"), wide.at + 8
    else:
        wide = None
        field = struct.Struct(form.head[0] + form.head[-1])
        at = sound.at - field.size
    if sound.size + form.counts_head * 24 in form.endless:
        return patches, None, None
    end = _sound_end(file, form, size, sound)
    if end is None:
        return patches, _cut(form, size, sound), None
    length = end - sound.at + form.counts_head * 24
    patches[at] = field.pack(length if wide is not None else min(length, form.most))
    lost = f"{max(0, sound.size - form.skip)} bytes of sound where {end - sound.at - form.skip}"
    remark = f"the header of the file announces {lost} lie: all were read"
    return patches, (None if sound.size >= 2**62 else remark), end


def _cut(form: _Form, size: int, sound: _Chunk) -> str | None:
    """A remark where much of the sound lies behind the end of the file.

    Programs that do not know the length write one near the most that can be said.
    """
    there, said = max(0, size - sound.at), sound.size
    unknown = 2**62 if form.head[-1] == "Q" else 2**31 - 2**16
    if said >= unknown or there >= 0.98 * said:
        return None
    return (
        f"the header of the file announces {said} bytes of sound where {there} lie: it may have "
        "been cut short"
    )


def _walk(file: BinaryIO, form: _Form, at: int, end: int) -> Iterator[_Chunk]:
    head = struct.Struct(form.head)
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        raw = file.read(head.size)
        if len(raw) < head.size:
            return
        name, size = head.unpack(raw)
        size = max(0, size - head.size) if form.counts_head else size
        yield _Chunk(name[:4], at + head.size, size)
        at += head.size + size
        at += -at % form.align
        if at >= end:
            return


def _container(file: BinaryIO, form: _Form, described: _Chunk | None) -> dict[int, bytes]:
    """Patches that make FFmpeg read samples as wide as the block align says."""
    if described is None or described.size < 16:
        return {}
    file.seek(described.at)
    body = file.read(min(described.size, 40))
    if len(body) < 16:
        return {}
    order = form.head[0]
    tag, channels, rate, a_second, block, bits = struct.unpack(f"{order}HHIIHH", body[:16])
    if form is _FORMS[b"RIFX", b"WAVE"] and tag in (_PCM, _FLOAT, _EXTENSIBLE) and bits > 8:
        raise MediaError(
            f"{Path(file.name).name!r} is a big-endian wav (RIFX), which the decoder misreads",
            "Convert it with sox",
        )
    valid = 0
    if tag == _EXTENSIBLE and len(body) == 40:
        valid, _mask, tag = struct.unpack(f"{order}HIH", body[18:26])
    wide = 8 * block // channels if channels and block % channels == 0 else 0
    sure = bits == wide or a_second == rate * block  # two of three numbers agree
    if tag not in (_PCM, _FLOAT) or wide not in (8, 16, 24, 32, 64) or not sure:
        return {}
    stated = {14: bits, 18: valid} if valid else {14: bits}
    number = struct.pack(f"{order}H", wide)
    return {described.at + at: number for at, n in stated.items() if -(-n // 8) * 8 != wide}


def _sound_end(file: BinaryIO, form: _Form, size: int, sound: _Chunk) -> int | None:
    """Where the sound truly ends, if that is behind the end that was announced."""
    announced = sound.at + sound.size
    if sound.size >= 2**62:  # unknown when the header was written; FFmpeg refuses it
        return size
    if announced > size - _LEAST or _ends_here(file, form, size, announced):
        return None
    wraps = range(announced + 2**32, size + 1, 2**32) if form.head[-1] == "I" else ()
    for wrapped in wraps:
        if _ends_here(file, form, size, wrapped):
            return wrapped
    return size if _sounds(file, announced) and not _written(file, announced) else None


def _written(file: BinaryIO, at: int) -> bool:
    """Whether text stands there, or zeros and then what a file may hold behind its sound."""
    file.seek(at)
    head = file.read(_LEAST).lstrip(b"\0")
    return head.startswith(_AFTER) or (bool(head) and not head.translate(None, _TEXT))


def _ends_here(file: BinaryIO, form: _Form, size: int, at: int) -> bool:
    """Whether the file ends here, or what a file may hold behind its sound begins."""
    return at == size or any(_chained(file, form, size, s) for s in {at + -at % form.align, at})


def _chained(file: BinaryIO, form: _Form, size: int, start: int) -> bool:
    file.seek(start)
    if file.read(8).startswith(_AFTER):
        return True
    at = start
    for chunk in _walk(file, form, start, size):
        if not all(0x20 <= c < 0x7F for c in chunk.name):
            return False
        at = chunk.at + chunk.size
    return start < at and size - 8 <= at <= size


def _sounds(file: BinaryIO, at: int) -> bool:
    """Whether there is anything but zeros from here on."""
    file.seek(at)
    while part := file.read(1 << 20):
        if any(part):
            return True
    return False
