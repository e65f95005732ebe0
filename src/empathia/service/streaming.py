"""Answers that come in pieces: events of work that goes on, files that are written meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, BinaryIO, cast

from starlette.requests import Request

from empathia.errors import EmpathiaError
from empathia.service import log, problems
from empathia.service.problems import Refused

_BEAT = 15.0  # s without an event after which a client hears that the service is there
_AHEAD = 8  # pieces that wait for a slow client
_PIECE = 1 << 20  # bytes, at most
_LOOKS = 1.0  # s between looks whether it is still there

Tell = Callable[[object], None]
Work = Callable[[Tell], Coroutine[Any, Any, object]]
BEAT = ": still there\n\n"
"""What a client hears that would else hear nothing for long."""


def events(name: str, work: Work) -> AsyncIterator[str]:
    """Server-sent events of work: ``progress``, then its result or ``problem``.

    It begins at once, and is given up with the client.

    Args:
        name: Of the event that tells the result.
        work: Is given what hears of its progress: (stage, done, of how much). What comes of it
            is JSON.
    """
    heard: asyncio.Queue[object] = asyncio.Queue()
    task = asyncio.ensure_future(work(heard.put_nowait))

    def over(task: asyncio.Task[object]) -> None:
        if not task.cancelled():
            task.exception()  # it is told where somebody still listens
        heard.put_nowait(None)

    task.add_done_callback(over)
    return _told(name, task, heard)


async def _told(
    name: str, task: asyncio.Task[object], heard: asyncio.Queue[object]
) -> AsyncIterator[str]:
    try:
        while True:
            try:
                told = await asyncio.wait_for(heard.get(), _BEAT)
            except TimeoutError:
                yield BEAT
                continue
            if told is None:
                break
            stage, so_far, total = cast("tuple[str, float, float | None]", told)
            yield event({"stage": stage, "done": so_far, "total": total}, "progress")
        yield event(*_end(name, task))
    finally:
        task.cancel()


def _end(name: str, task: asyncio.Task[object]) -> tuple[object, str]:
    error = task.exception()
    if error is None:
        return task.result(), name
    if not isinstance(error, EmpathiaError):
        log.fault(error, name)
        error = problems.unknown(type(error).__name__)
    return problems.told(error), "problem"


def event(value: object, name: str | None = None) -> str:
    """A server-sent event of JSON."""
    head = "" if name is None else f"event: {name}\n"
    return f"{head}data: {json.dumps(value, ensure_ascii=False)}\n\n"


async def while_there(request: Request, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401
    """What comes of work; it is given up with the client.

    Args:
        request: Whose; all of its body has come.
        work: What it waits for.

    Raises:
        Refused: The client has gone.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Refused(408, "the client has gone")
        return task.result()
    finally:
        task.cancel()
        gone.cancel()


def cut(data: bytes | memoryview) -> Iterator[bytes]:
    """Bytes in pieces, of which none takes much memory on its way."""
    for start in range(0, len(data), _PIECE):
        yield bytes(data[start : start + _PIECE])


def read(file: BinaryIO) -> Iterator[bytes]:
    """A file in such pieces."""
    while piece := file.read(_PIECE):
        yield piece


async def written(write: Callable[[BinaryIO], object]) -> AsyncGenerator[bytes]:
    """What something writes, piece by piece, while it writes it in a thread of its own.

    It is not written on where nobody takes it any more.

    Args:
        write: Writes into a file that can only be written to, from its start to its end.
    """
    pieces: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
    room, gone = threading.Semaphore(_AHEAD), threading.Event()
    loop = asyncio.get_running_loop()

    def put(piece: bytes | Exception | None) -> None:
        while not room.acquire(timeout=_LOOKS):
            if gone.is_set():
                raise ConnectionError("nobody takes it")
        loop.call_soon_threadsafe(pieces.put_nowait, piece)

    class _Pipe:
        def write(self, data: Any) -> int:  # noqa: ANN401 - whatever holds bytes
            for piece in cut(data):
                put(piece)
            return len(data)

        def flush(self) -> None:
            """All is given away at once."""

    def run() -> None:
        last: Exception | None = None
        try:
            write(cast(BinaryIO, _Pipe()))
        except Exception as error:
            last = error
        with contextlib.suppress(ConnectionError, RuntimeError):  # or there is no loop any more
            put(last)

    threading.Thread(target=run, daemon=True).start()
    try:
        while (piece := await pieces.get()) is not None:
            room.release()
            if isinstance(piece, Exception):
                raise piece
            yield piece
    finally:
        gone.set()
