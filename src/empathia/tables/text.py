"""From the bytes of a file to its text: encodings, and what is no text at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from empathia.errors import TextError, UsageError
from empathia.files import shown

LIMIT = 64 * 2**20
"""Largest text that is read, in bytes (about a thousand hours of talk)."""

_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_DOCUMENTS = (
    (b"PK\x03\x04", "a Word, Excel or other packed document"),
    (b"%PDF", "a PDF"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0", "an old Word or Excel document"),
    (b"ooBinaryFile", "a binary file of Praat"),
)
_CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\r\f\x0b\x1b\x15") + b"\x7f"  # CLAN: 15
_SAVE = "Save it as UTF-8 text"
_WITHIN = re.compile(r"(?<=[A-Za-zÀ-ž])[¡¢£¥¦¬¯±²³¶¹¼¾¿\ufffd](?=[A-Za-zÀ-ž¡-¿])")
"""Signs that stand in no word."""
_PLAIN = re.compile(r"[\x00-\x7f\xa0\xad§°«»·À-ž–—‘’‚“”„…€]*")
"""What Latin letters and punctuation are."""


def fault(path: Path, line: int | None, problem: str, remedy: str) -> TextError:
    """An error that names the file and, where there is one, the line (from 1)."""
    where = shown(path) if line is None else f"{shown(path)}, line {line}"
    return TextError(f"{where}: {problem}", remedy)


def lines_of(text: str) -> list[str]:
    """The lines of a file, whatever ends them, without a byte order mark."""
    return re.split(r"\r\n|\r|\n", text.lstrip("\ufeff"))


class Decoded(NamedTuple):
    """A file's text, a note where its encoding was a guess, and what the encoding is."""

    text: str
    note: str | None
    encoding: str = "utf-8"


def read_text(path: Path, *, large: bool = False) -> Decoded:
    """Read and decode a text file.

    A byte order mark decides; else strict UTF-8; else UTF-16 without a mark,
    lines that mix UTF-8 and cp1252, cp1250 where cp1252 puts signs
    into words, cp1252, and last a statistical guess.

    Args:
        path: The file.
        large: Whether it may be larger than :data:`LIMIT`.

    Raises:
        UsageError: There is no such file, or it is a folder.
        TextError: The file is empty, too large, unreadable or no text.
    """
    if path.is_dir():
        raise UsageError(f"{shown(path)} is a folder, expected a file", "Name a file in it")
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise fault(path, None, "this is a pipe or a device, expected a file", "Name a file")
        if size > LIMIT and not large:
            raise fault(
                path,
                None,
                f"{size / 2**20:.0f} MB is more than a text holds (at most {LIMIT // 2**20} MB)",
                "Split the file",
            )
        raw = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"there is no file {shown(path)}", "Check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise fault(
            path, None, f"cannot be read ({reason})", "Check the path and its permissions"
        ) from None
    decoded = _decode(raw, path)
    if not decoded.text.strip("\ufeff\x00 \t\r\n"):
        raise fault(path, None, "the file is empty, expected text", "Give a file with words")
    return decoded


def _decode(raw: bytes, path: Path) -> Decoded:
    for start, document in _DOCUMENTS:
        if raw.startswith(start):
            raise fault(path, None, f"this is {document}", "Save it as plain text or csv")
    for mark, codec in _BOMS:
        if raw.startswith(mark):
            return Decoded(_strict(raw, codec, path), None, codec)
    head = raw[: 2**16]
    if b"\x00" in raw:
        return _decode_with_nulls(raw, head, path)
    _refuse_binary(head, path)
    try:
        return Decoded(raw.decode("utf-8"), None)
    except UnicodeDecodeError:
        return _mixed(raw) or _central(raw) or _western(raw) or _guessed(raw, path)


def _refuse_binary(head: bytes, path: Path) -> None:
    if len(head.translate(None, _CONTROLS)) < 0.98 * len(head):
        raise fault(path, None, "this is binary data, expected text", _SAVE)


def _strict(raw: bytes, codec: str, path: Path) -> str:
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError as error:
        line = raw[: error.start].decode(codec, "replace").count("\n") + 1
        raise fault(path, line, f"starts as {codec} but is not ({error.reason})", _SAVE) from None
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise fault(path, line, "null bytes, expected text", _SAVE)
    return text


def _decode_with_nulls(raw: bytes, head: bytes, path: Path) -> Decoded:
    """Null bytes at every other place are UTF-16 without its mark; elsewhere they are no text."""
    for offset, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        here, beside = head[offset::2].count(0), head[1 - offset :: 2].count(0)
        if here > 0.3 * len(head) / 2 and beside == 0:
            note = f"read as {codec}: it has no byte order mark"
            return Decoded(_strict(raw, codec, path), note, codec)
    _refuse_binary(head, path)
    line = raw[: raw.index(b"\x00")].count(b"\n") + 1
    raise fault(path, line, "null bytes, expected text", _SAVE)


def _is_western(text: str) -> bool:
    """Whether single letters are accented, as in cp1252, and not whole words, as in cp949."""
    high = sum(c > "\x7f" for c in text)
    # Two beside an ASCII letter are western too: "Grüß".
    pattern = r"(?<![A-Za-z])[^\x00-\x7f]{2}(?![A-Za-z\x80-\U0010ffff])|[^\x00-\x7f]{3,}"
    in_runs = sum(len(run) for run in re.findall(pattern, text))
    return in_runs <= 0.5 * high


def _mixed(raw: bytes) -> Decoded | None:
    """Lines in UTF-8 among lines in cp1252, as copies of MELD have them."""
    lines = raw.split(b"\n")
    texts: list[str] = []
    foreign: list[str] = []
    utf8 = False
    for line in lines:
        try:
            texts.append(line.decode("utf-8"))
            utf8 = utf8 or not line.isascii()
        except UnicodeDecodeError:
            texts.append(line.decode("cp1252", "replace"))
            foreign.append(texts[-1])
    if not utf8 or not _is_western("\n".join(foreign)) or "\ufffd" in "".join(foreign):
        return None
    count = f"{len(foreign)} line{'s' if len(foreign) > 1 else ''}"
    note = f"{count} read as cp1252, the others as utf-8"
    return Decoded("\n".join(texts), note, "utf-8 and cp1252")


def _central(raw: bytes) -> Decoded | None:
    """Polish and its neighbours, of which cp1252 makes signs within words: "Za¿ó³æ"."""
    signs = set(_WITHIN.findall(raw.decode("cp1252", "replace")))
    for codec in ("cp1250", "iso8859_2") if len(signs) > 1 else ():
        text = raw.decode(codec, "replace")
        if _PLAIN.fullmatch(text) is not None and _is_western(text):
            return Decoded(text, f"read as {codec}: a guess, as it is not utf-8", codec)
    return None


def _western(raw: bytes) -> Decoded | None:
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        return None
    note = "read as cp1252: it is not utf-8"
    return Decoded(text, note, "cp1252") if _is_western(text) else None


def _guessed(raw: bytes, path: Path) -> Decoded:
    from charset_normalizer import from_bytes

    best = from_bytes(raw[: 2**18]).best()
    try:
        if best is None:
            raise UnicodeError
        note = f"read as {best.encoding}: a guess, as it is not utf-8"
        return Decoded(raw.decode(best.encoding), note, best.encoding)
    except UnicodeError:
        raise fault(path, None, "its encoding cannot be told", _SAVE) from None


def at_lines(lines: Iterable[int]) -> str:
    """``line 3`` or ``lines 3, 9 and 12 more`` for a note."""
    numbers = list(lines)
    head = ", ".join(str(n) for n in numbers[:5])
    rest = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return f"line{'s' if len(numbers) > 1 else ''} {head}{rest}"
