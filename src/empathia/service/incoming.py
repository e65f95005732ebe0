"""Recordings that are read for a diary: none outlives the request that brought it."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO, NamedTuple

from fastapi import Request
from starlette.datastructures import UploadFile

from empathia import files
from empathia.errors import UsageError
from empathia.service.diary.records import LARGEST_AUDIO, TYPES
from empathia.service.problems import Refused

FIELD = "audio"
"""The field of a form that holds the recording."""
_FIELDS = 10
_HEAD = 64  # bytes that tell a type
_RETRY = 10  # s


class Came(NamedTuple):
    """What a form brought.

    Args:
        path: Of the recording; to be dropped.
        type: Of :data:`empathia.service.diary.records.TYPES`, by its bytes; None is another one.
        fields: The others, which are not empty.
    """

    path: Path
    type: str | None
    fields: dict[str, str]


class Incoming:
    """Where recordings are while they are read.

    Args:
        folder: Emptied: what a kill left is of no use to anybody.
        most: How many at a time.
    """

    def __init__(self, folder: Path, most: int) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        self._folder, self._most = folder, most
        self._here: set[Path] = set()

    async def take(self, request: Request, known: Collection[str]) -> Came:
        """Take the recording of a form.

        Args:
            request: Whose form.
            known: Other fields that it may have.

        Raises:
            Refused: As many as may be are here already, or it is too large.
            UsageError: There is none, or a field that is not known.
        """
        if len(self._here) >= self._most:
            raise Refused(429, f"{self._most} recordings are being read", "Come again", _RETRY)
        path = self._folder / secrets.token_hex(16)
        self._here.add(path)
        try:
            async with request.form(max_files=1, max_fields=_FIELDS) as form:
                upload = form.get(FIELD)
                if not isinstance(upload, UploadFile) or not upload.size:
                    raise UsageError(f"there is no recording in '{FIELD}'", "Send one as a form")
                if upload.size > LARGEST_AUDIO:
                    raise Refused(
                        413, f"at most {LARGEST_AUDIO:,} bytes are taken, more are sent", "Cut it"
                    )
                others = [(k, v) for k, v in form.multi_items() if k != FIELD]
                fields = {k: v.strip() for k, v in others if isinstance(v, str) and v.strip()}
                check_fields([k for k, _ in others], known)
                head = await upload.read(_HEAD)
                await asyncio.to_thread(_store, upload.file, path)
        except BaseException:
            self.drop(path)
            raise
        return Came(path, _type(head), fields)

    def drop(self, path: Path) -> None:
        """Delete a recording that was read."""
        path.unlink(missing_ok=True)
        self._here.discard(path)


def check_fields(names: Collection[str], known: Collection[str]) -> None:
    """Refuse what is given and not known.

    Raises:
        UsageError: There is some of it.
    """
    if strange := sorted(set(names) - set(known)):
        raise UsageError(f"there is no field {strange[0][:40]!r}", f"Known are {', '.join(known)}")


def _store(source: BinaryIO, path: Path) -> None:
    source.seek(0)
    with files.writing(path, 0o600) as file:
        shutil.copyfileobj(source, file, 1 << 20)


def _type(head: bytes) -> str | None:
    """What a recording is, by its first bytes."""
    signs = {
        "wav": head[:4] == b"RIFF" and head[8:12] == b"WAVE",
        "webm": head[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in head,
        "ogg": head[:4] == b"OggS",
        "mp3": head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0"),
        "m4a": head[4:8] == b"ftyp",
        "flac": head[:4] == b"fLaC",
    }
    return next((kind for kind, suffix in TYPES.items() if signs[suffix]), None)
