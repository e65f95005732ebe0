"""What a file is: a recording, a transcript, or neither."""

from __future__ import annotations

import codecs
from pathlib import Path

from empathia import media
from empathia.errors import InputError, UsageError
from empathia.listen.transcript import SUFFIXES, read_transcript

RECORDINGS = media.SUFFIXES
TRANSCRIPTS = SUFFIXES

NAMED_ONLY = (".json", ".html", ".htm", ".md")
"""Endings that a folder is not searched for: most such files are no transcripts, or our reports.

A JSON file in which somebody talks is read all the same (:func:`talks`)."""

_HEAD = 2**14  # bytes that tell a text
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\r\f\x0b\x1b") + b"\x7f"


def kind(path: Path) -> str:
    """Say "recording" or "transcript", by suffix, else by what the file holds.

    Raises:
        UsageError: It is neither.
    """
    if (named := by_name(path)) is not None:
        return named
    if _is_text(path):
        return "transcript"
    if plays(path):
        return "recording"
    raise UsageError(
        f"'{media.shown(path)}' is neither a recording ({media.FORMATS}) nor a transcript "
        f"({' '.join(TRANSCRIPTS)})",
        "Give one of these, or a folder of them",
    )


def by_name(path: Path) -> str | None:
    """What the suffix of a file says, or None where it says nothing."""
    suffix = path.suffix.lower()
    if suffix in RECORDINGS:
        return "recording"
    return "transcript" if suffix in TRANSCRIPTS else None


def plays(path: Path) -> bool:
    """Whether the decoder opens a file and a first second of its sound is whole.

    FFmpeg takes a few other files for recordings until they are decoded.
    """
    condition = media.Condition()
    try:
        if not media.probe(path).has_audio:
            return False
        sound = media.blocks(path, seconds=1.0, condition=condition)
        return next(sound, None) is not None and not condition.damaged
    except InputError:
        return False


def talks(path: Path) -> bool:
    """Whether a JSON file holds several turns with times or names, and is none that we wrote."""
    if path.suffix.lower() != ".json":
        return False
    try:
        read = read_transcript(path)
    except InputError:
        return False
    said = read.dialogue.utterances
    known = any(u.start is not None for u in said) or len({u.speaker for u in said}) > 1
    return read.format == "json" and len(said) > 1 and known


def _is_text(path: Path) -> bool:
    if not path.is_file():  # a pipe would be waited for
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    if head.startswith(_MARKS):
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        plain = sum(c < 0x80 for c in head) > 0.7 * len(head)  # an old encoding, if any
    else:
        plain = True
    return plain and len(head.translate(None, _CONTROLS)) == len(head)
