"""Damage: what lies on a disk that broke, comes out of a bad program, or wants to do harm."""

from __future__ import annotations

import math
import os
import re
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random

from hostile.case import Case, Place
from hostile.packing import packed, parts

_HUGE = ("9" * 400, "1e308", "-1", "nan", "inf", "1e-320", str(2**63), "99:99:99.999", "0x7f", "--")
_CONTROLS = "\x00\x01\x07\x08\x0b\x0c\x1b[31m\x7f\x85\u2028\u200e\u202e\ufeff\ufffd\ud800"
_SUFFIXES = (
    *(".wav", ".mp3", ".mp4", ".ogg", ".flac", ".csv", ".tsv", ".jsonl", ".txt", ".srt", ".vtt"),
    *(".xlsx", ".parquet", ".json", ".TextGrid", ".xml", ".html", ".eaf", "", ".exe", ".aiff"),
)


def damaged(rng: Random, case: Case, other: Case) -> Case:
    """A case with one to three kinds of damage; what it means is no longer known."""
    case = case._replace(truth=None)
    if rng.random() < 0.08:
        return _bomb(rng, case)
    how, data = [case.how], case.content
    for _ in range(rng.choice((1, 1, 2, 3))):
        name = rng.choice(list(_DAMAGES))
        data = _DAMAGES[name](rng, data, other)[: 1 << 22]
        how.append(name)
    name, place = case.name, Place.FILE
    if rng.random() < 0.15:
        name = Path(name).stem + rng.choice(_SUFFIXES)
        how.append("wrong suffix")
    if rng.random() < 0.1:
        name = _odd_name(rng, Path(name).suffix)
        how.append("odd name")
    if rng.random() < 0.02:
        place = rng.choice([p for p in Place if p is not Place.FILE])
        how.append(place.value)
    return case._replace(how="; ".join(how), content=data, name=name, place=place)


def _span(rng: Random, data: bytes, most: float = 1.0) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.randrange(1 + int(most * len(data))))


def _flip(rng: Random, data: bytes, _other: Case) -> bytes:
    raw = bytearray(data)
    for _ in range(rng.choice((1, 3, 30, 300)) if raw else 0):
        raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(raw)


def _flip_head(rng: Random, data: bytes, _other: Case) -> bytes:
    raw = bytearray(data)
    for _ in range(rng.choice((1, 4)) if raw else 0):
        raw[rng.randrange(min(len(raw), 64))] = rng.choice(
            (0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256))
        )
    return bytes(raw)


def _insert(rng: Random, data: bytes, _other: Case) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.choice((1, 2, 3, 100))) + data[at:]


def _delete(rng: Random, data: bytes, _other: Case) -> bytes:
    start, end = _span(rng, data, 0.2)
    return data[:start] + data[end:]


def _swap(rng: Random, data: bytes, _other: Case) -> bytes:
    a, b = sorted(_span(rng, data))
    return data[:a] + data[b:] + data[a:b]


def _repeat(rng: Random, data: bytes, _other: Case) -> bytes:
    start, end = _span(rng, data, 0.3)
    return data[:end] + data[start:end] * rng.choice((1, 2, 50)) + data[end:]


def _numbers(rng: Random, data: bytes, _other: Case) -> bytes:
    places = [m.span() for m in re.finditer(rb"[\d.:]*\d", data[:65536])]
    for start, end in sorted(
        rng.sample(places, min(len(places), rng.choice((1, 3)))), reverse=True
    ):
        data = data[:start] + rng.choice(_HUGE).encode() + data[end:]
    return data


def _fields(rng: Random, data: bytes, _other: Case) -> bytes:
    """Numbers of a binary header."""
    if len(data) < 48:
        return data
    at = rng.randrange(44)
    value = rng.choice((0, 1, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, rng.randrange(2**32)))
    return data[:at] + struct.pack(rng.choice("<>") + "I", value) + data[at + 4 :]


def _no_numbers(rng: Random, data: bytes, _other: Case) -> bytes:
    raw = bytearray(data)
    for _ in range(20 if len(raw) > 200 else 0):
        at = 44 + 4 * rng.randrange((len(raw) - 48) // 4)
        raw[at : at + 4] = struct.pack("<f", rng.choice((math.nan, math.inf, -math.inf, 1e38)))
    return bytes(raw)


def _written(text: Callable[[Random], str]) -> Callable[[Random, bytes, Case], bytes]:
    """Puts a text somewhere into a file."""

    def put(rng: Random, data: bytes, _other: Case) -> bytes:
        at = rng.randrange(len(data) + 1)
        return data[:at] + text(rng).encode("utf-8", "surrogatepass") + data[at:]

    return put


_DAMAGES: dict[str, Callable[[Random, bytes, Case], bytes]] = {
    "cut off": lambda r, d, o: d[: r.randrange(len(d) + 1)],
    "beginning cut off": lambda r, d, o: d[r.randrange(len(d) + 1) :],
    "bits flipped": _flip,
    "header flipped": _flip_head,
    "bytes put in": _insert,
    "bytes taken out": _delete,
    "parts swapped": _swap,
    "parts repeated": _repeat,
    "numbers replaced": _numbers,
    "fields replaced": _fields,
    "floats that are none": _no_numbers,
    "random header": lambda r, d, o: r.randbytes(r.choice((4, 12, 44))) + d[44:],
    "another's header": lambda r, d, o: o.content[: r.choice((4, 12, 44, 400))] + d[44:],
    "another behind it": lambda r, d, o: d + o.content,
    "control characters": _written(lambda r: "".join(r.choices(_CONTROLS, k=r.choice((1, 5, 50))))),
    "quotes": _written(lambda r: r.choice("\"'“`") * r.choice((1, 2, 3))),
    "brackets": _written(lambda r: r.choice("[]{}<>()") * r.choice((1, 2, 2000))),
    "a long word": _written(lambda r: "a" * r.choice((300, 140_000, 1_000_000))),
    "many marks": _written(lambda r: r.choice(",;\t|:\n\r ") * r.choice((10, 5000, 100_000))),
    "a long name": _written(lambda r: "\n" + "Ann " * r.choice((10, 3000)) + ": words\n"),
    "deep JSON": lambda r, d, o: r.choice((b"[", b'{"a":', b"[{")) * r.choice((900, 100_000)) + d,
    "empty": lambda r, d, o: b"",
    "one byte": lambda r, d, o: r.randbytes(1),
    "noise": lambda r, d, o: r.randbytes(r.choice((2, 16, 1000, 100_000))),
    "nothing but zeros": lambda r, d, o: bytes(r.choice((4, 1000, 1_000_000))),
    "numbers alone": lambda r, d, o: "\n".join(str(r.randrange(999)) for _ in range(99)).encode(),
}


def _bomb(rng: Random, case: Case) -> Case:
    name, suffix, content = rng.choice(_BOMBS)
    return case._replace(how=f"bomb: {name}", name=f"bomb{suffix}", content=content())


def _sheet_bomb() -> bytes:
    """A workbook with a sheet of 20 MB in a few kB."""
    from spreadsheets import xlsx

    inside = parts(xlsx({"a": [["speaker", "text"], ["Ann", "words"]]}))
    name = "xl/worksheets/sheet1.xml"
    row = b"<row><c t='inlineStr'><is><t>" + b"a" * 2500 + b"</t></is></c></row>"
    inside[name] = inside[name].replace(b"</sheetData>", row * 8_000 + b"</sheetData>")
    return packed(inside)


def _laughs(root: str) -> bytes:
    names = [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10)]
    return (
        f'<?xml version="1.0"?><!DOCTYPE {root} [<!ENTITY a0 "ha">{"".join(names)}'
        f'<!ENTITY file SYSTEM "file:///etc/passwd">]><{root}>&a9;&file;</{root}>'
    ).encode()


_BOMBS: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
    ("a workbook of zeros", ".xlsx", lambda: packed({"xl/workbook.xml": bytes(1 << 24)})),
    ("a long sheet", ".xlsx", _sheet_bomb),
    ("a packed text", ".docx", lambda: packed({"word/document.xml": bytes(1 << 24)})),
    ("laughs", ".eaf", lambda: _laughs("ANNOTATION_DOCUMENT")),
    ("laughs", ".xml", lambda: _laughs("timedtext")),
    ("laughs", ".ttml", lambda: _laughs("tt")),
    ("laughs", ".html", lambda: _laughs("html")),
    ("a playlist", ".m3u8", lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
    ("a playlist", ".wav", lambda: b"ffconcat version 1.0\nfile /etc/passwd\n"),
    ("a playlist", ".mp4", lambda: b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"),
)


def _odd_name(rng: Random, suffix: str) -> str:
    stem = rng.choice(
        (
            *(
                "a\nb",
                "-rf",
                "a:b",
                "%s%n",
                "x'y\"z",
                " ",
                ".hidden",
                "a\\b",
                "\u202egnp",
                "emoji 😀",
            ),
            *("..", "CON", "~", "$(id)", "con\x1b[31m", "file:", "http:", "a" * 200),
            os.fsdecode(b"\xff\xfe\x80"),
        )
    )
    return f"{stem}{suffix or '.wav'}"


def odd_place(place: Place, path: Path) -> None:
    """Something that is no file under the name of one."""
    if place is Place.FOLDER:
        path.mkdir()
    elif place is Place.PIPE:
        os.mkfifo(path)
    elif place is Place.LOOP:
        path.symlink_to(path)
