"""Forms with a file: taken in one way, and the file kept where a worker finds it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, TypeVar

from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from empathia.errors import EmpathiaError, UsageError
from empathia.service.jobs import ending
from empathia.service.problems import Refused
from empathia.service.room import Room

T = TypeVar("T")
Refusal = Callable[[str, str], EmpathiaError]
INCOMING = "incoming"
"""Folder of files while they are read, and of talks that are not kept."""
KIND = "multipart/form-data"
_CHARSETS = ("utf-8", "utf8", "us-ascii")
_FIELDS = 60
_SPOOLED = 1 << 20  # bytes of a file from which on it goes to the disk


class Form(NamedTuple):
    """A form that is open.

    Args:
        file: Its file.
        size: Bytes of it.
        name: What the client calls it.
        texts: What the other fields say, but those that say nothing.
    """

    file: BinaryIO
    size: int
    name: str
    texts: Mapping[str, Sequence[str]]


class Came(NamedTuple):
    """A file that a form brought, and that another process can read.

    Args:
        path: Where it is, until it is closed.
        name: What the client calls it, or ``upload``.
        texts: As of :class:`Form`.
        close: Lets go of it; nothing is left of it then.
    """

    path: Path
    name: str
    texts: Mapping[str, Sequence[str]]
    close: Callable[[], None]

    async def read(self, work: Awaitable[T]) -> T:
        """What comes of reading it; errors call it as the client does."""
        try:
            return await work
        except EmpathiaError as error:
            error.call(str(self.path), self.name)
            raise


@contextlib.asynccontextmanager
async def opened(
    request: Request, refusal: Refusal = UsageError, field: str = "file", spooled: int = _SPOOLED
) -> AsyncIterator[Form]:
    """The form of a request, while the block goes on.

    Args:
        request: Whose.
        refusal: Makes what is raised where it brings no file, or one that is empty.
        field: Where the file is.
        spooled: Bytes of it that stay in memory.

    Raises:
        UsageError: It is no form, or not in UTF-8.
    """
    missing = refusal("there is no file in the form", f"Send it as the field '{field}'")
    if not request.headers.get("content-type", "").lower().startswith(KIND):
        raise missing
    _check_letters(request)
    parser = MultiPartParser(request.headers, request.stream(), max_files=1, max_fields=_FIELDS)
    parser.spool_max_size = spooled
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise UsageError(f"this is no form ({error.message})", "See /v1/openapi.json") from None
    try:
        upload = form.get(field)
        if not isinstance(upload, UploadFile) or not (upload.size or upload.filename):
            raise missing
        if not upload.size:
            raise refusal("the file is empty", "Send one that has something in it")
        texts: dict[str, list[str]] = {}
        for name, value in form.multi_items():
            if isinstance(value, str) and value.strip():
                texts.setdefault(name, []).append(value.strip())
        yield Form(upload.file, upload.size, upload.filename or "", texts)
    finally:
        await form.close()


def _check_letters(request: Request) -> None:
    """Refuse letters that are not ours: some make halves of characters, or are slow to read."""
    _, options = parse_options_header(request.headers["content-type"])
    charset = options.get(b"charset", b"utf-8").decode("latin-1").strip().lower()
    if charset not in _CHARSETS:
        raise UsageError(f"forms are UTF-8, this one is {charset[:40]!a}", "Send it as UTF-8")


async def take(
    request: Request,
    room: Room,
    refusal: Refusal = UsageError,
    *,
    field: str = "file",
    known: Collection[str] | None = None,
    memory: int = 0,
    folder: Path | None = None,
) -> Came:
    """Take the file of a form, to be closed when it is read.

    Args:
        request: Whose.
        room: Where it has a place as long as it is there.
        refusal: As of :func:`opened`.
        field: Where it is.
        known: Other fields that the form may have; None for any.
        memory: Bytes that it may have: it does not touch the disk, where the system can do that.
        folder: Else, where it lies.

    Raises:
        Refused: There is no place, or it is too large.
        UsageError: It is no form, or has a field that is not known.
    """
    with contextlib.ExitStack() as held:
        held.enter_context(room.place())
        async with opened(request, refusal, field, memory or _SPOOLED) as form:
            if memory and form.size > memory:
                raise Refused(413, f"at most {memory:,} bytes are taken, more are sent", "Cut it")
            if known is not None and (strange := sorted(set(form.texts) - set(known))):
                told = f"there is no field {strange[0][:40]!r}"
                raise UsageError(told, f"Known are {', '.join(known)}")
            file, path = _made(form.name, folder)
            held.enter_context(file)
            await asyncio.to_thread(_copied, form.file, file)
        return Came(path, form.name or "upload", form.texts, held.pop_all().close)


def _made(name: str, folder: Path | None) -> tuple[IO[bytes], Path]:
    """A file that is gone once it is closed."""
    if folder is None and sys.platform == "linux":
        memory = os.fdopen(os.memfd_create("form"), "wb")
        return memory, Path(f"/proc/{os.getpid()}/fd/{memory.fileno()}")
    file = tempfile.NamedTemporaryFile(dir=folder, suffix=ending(name))  # noqa: SIM115 - it lasts
    return file, Path(file.name)


def _copied(source: BinaryIO, file: IO[bytes]) -> None:
    shutil.copyfileobj(source, file, 1 << 20)
    file.flush()
