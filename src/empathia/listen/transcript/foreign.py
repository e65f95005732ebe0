"""Files whose markup would be read as words: refused with what to do instead."""

from __future__ import annotations

import re
from pathlib import Path

from empathia.tables import fault

_SRT = "Convert it to srt (ffmpeg, Aegisub or Subtitle Edit do)"
_KINDS = (
    (re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:\w+:)?tt\b", re.S), "TTML", _SRT),
    (re.compile(r"\s*<SAMI\b", re.IGNORECASE), "SAMI captions", _SRT),
    (re.compile(r"\s*\{\d+\}\{\d*\}", re.ASCII), "MicroDVD subtitles, timed in frames", _SRT),
    (re.compile(r"\s*<\?xml\b"), "XML of an unknown kind", "Save what was said as text, or as srt"),
)
_HEADER = re.compile(r"([A-Z][A-Za-z-]+): ?\S.*")
_MAIL = {"From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Received", "Return-Path"}


def check(head: str, path: Path) -> None:
    """Let pass what may be a transcript.

    Args:
        head: How the file begins.
        path: The file, for the message.

    Raises:
        TextError: It is in a notation that is known and not read.
    """
    for pattern, kind, remedy in _KINDS:
        if pattern.match(head) is not None:
            raise fault(path, None, f"this is {kind}, expected a transcript", remedy)
    block = re.split(r"\r?\n\r?\n", head.lstrip(), maxsplit=1)[0].splitlines()
    fields = [m[1] for line in block if (m := _HEADER.fullmatch(line)) is not None]
    if len(_MAIL.intersection(fields)) >= 3 and fields.count("From") == 1 and "Subject" in fields:
        raise fault(
            path, None, "this is an e-mail, expected a transcript", "Save its words as text"
        )
