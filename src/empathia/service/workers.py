"""Processes that hold the models: asked from the event loop, started again where they die."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import multiprocessing
import threading
from collections.abc import AsyncGenerator, Callable
from multiprocessing.connection import Connection
from typing import Any

from empathia.errors import EmpathiaError
from empathia.service import log, tasks
from empathia.service.problems import Refused
from empathia.service.tasks import Failure

_BEGINS = multiprocessing.get_context("spawn")  # with nothing of who begins it
_PAUSES = (0.0, 1.0, 5.0, 30.0)  # s before it is started again, for the first time, the second ...
_WHOLE = 60.0  # s after which a process counts as well
_COMES = 60.0  # s within which it is to be there for who asks
_RETRY = 5  # s after which one who was refused may ask again
_END_S = 5.0  # until one that is to end is ended

Message = tuple[int, str, Any]


class Died(Refused):
    """A process ended in the middle of its work.

    Args:
        problem: What happened.
        remedy: What the client can do.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(503, problem, remedy, _RETRY)


class Away(Died):
    """There is none, and nothing was begun."""


class Worker:
    """One process, and what it is asked.

    Args:
        module: Does the work, such as :mod:`empathia.service.tasks.reading`.
        options: What its ``open`` is given.
    """

    def __init__(self, module: str, options: object) -> None:
        self._module, self._options = module, options
        self._numbers = itertools.count(1)
        self._asked: dict[int, tuple[asyncio.Future[Any], Callable[[Any], None] | None]] = {}
        self._ready = asyncio.Event()
        self._failure: EmpathiaError | None = None
        self._ends = False
        self._has_begun = False
        self._deaths = 0
        self._started = 0.0

    @property
    def is_ready(self) -> bool:
        """Whether its models are loaded."""
        return self._ready.is_set()

    def begin(self) -> None:
        """Begin to load where there is no loop yet; :meth:`start` goes on from there."""
        here, there = _BEGINS.Pipe()
        self._pipe = here
        self._process = _BEGINS.Process(
            target=tasks.main, args=(there, self._module, self._options), name="empathia-work"
        )
        self._process.start()
        there.close()
        self._has_begun = True

    async def start(self) -> None:
        """Start the process; it is ready when this is over.

        Raises:
            EmpathiaError: It cannot load what it needs.
        """
        loop = asyncio.get_running_loop()
        self._first: asyncio.Future[None] = loop.create_future()
        if not self._has_begun:
            await asyncio.to_thread(self.begin)
        self._has_begun = False  # the next one begins anew
        self._started = loop.time()
        listen = threading.Thread(target=self._listen, args=(self._pipe, loop), daemon=True)
        listen.start()
        await self._first

    def _listen(self, pipe: Connection, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            try:
                while True:
                    loop.call_soon_threadsafe(self._heard, pipe.recv())
            except (EOFError, OSError):
                loop.call_soon_threadsafe(self._died)

    def _heard(self, message: Message) -> None:
        number, what, value = message
        if number == 0:
            if what == "ready":
                self._ready.set()
                self._first.set_result(None)
            else:
                self._failure = value.error()  # told when it has ended, which is heard next
            return
        future, tell = self._asked.get(number, (None, None))
        if what == "tell" and tell is not None:
            tell(value)
        elif future is not None and not future.done():
            if what == "done":
                future.set_result(value)
            elif isinstance(value, Failure):
                future.set_exception(value.error())

    def _died(self) -> None:
        self._ready.clear()
        error = (
            Died("the service is stopped", "Start it again")
            if self._ends
            else Died(
                "the process that works at it has ended, as where memory is short",
                "Try a shorter recording, or give the machine more memory",
            )
        )
        if not self._first.done():
            self._first.set_exception(self._failure or error)
            self._failure = None
            return
        for future, _ in self._asked.values():
            if not future.done():
                future.set_exception(error)
        if not self._ends:
            self._again = asyncio.ensure_future(self._restart())

    async def _restart(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() - self._started > _WHOLE:
            self._deaths = 0
        while not self._ends:
            pause = _PAUSES[min(self._deaths, len(_PAUSES) - 1)]
            self._deaths += 1
            log.write("worker died", work=self._module, deaths=self._deaths, again_in=pause)
            await asyncio.sleep(pause)
            try:
                await self.start()
            except (EmpathiaError, OSError):  # as where memory is still short
                continue
            return

    async def ask(
        self, method: str, tell: Callable[[Any], None] | None = None, /, **given: object
    ) -> Any:  # noqa: ANN401 - what a method returns is its own
        """What a method of the work returns.

        Args:
            method: Its name.
            tell: Hears of its progress.
            given: Its arguments.

        Raises:
            EmpathiaError: As the method.
            Died: The process ended meanwhile; it is started again.
            Away: There is none.
        """
        await self._there()
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._asked[number] = (future, tell)
        try:
            self._send((number, method, given))
            return await future
        except asyncio.CancelledError:
            self._send((number, None, {}))
            raise
        finally:
            del self._asked[number]

    async def _there(self) -> None:
        try:
            async with asyncio.timeout(_COMES):  # wait_for can swallow that somebody gives up
                await self._ready.wait()
        except TimeoutError:
            raise Away(
                "the process that works at it cannot be started again, as where memory is short",
                "Come again later; the log of the service says more",
            ) from None

    async def stream(self, method: str, /, **given: object) -> AsyncGenerator[Any, None]:
        """What a method of the work tells, piece by piece; closing it ends the work.

        Raises:
            EmpathiaError: As the method.
            Died: The process ended meanwhile; it is started again.
        """
        told: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
        asked = asyncio.ensure_future(
            self.ask(method, lambda piece: told.put_nowait((piece,)), **given)
        )

        def over(task: asyncio.Task[Any]) -> None:
            if not task.cancelled():
                task.exception()  # it is told where somebody still listens
            told.put_nowait(())

        asked.add_done_callback(over)
        try:
            while piece := await told.get():
                yield piece[0]
            await asked
        finally:
            asked.cancel()

    def _send(self, message: tuple[int, str | None, object]) -> None:
        with contextlib.suppress(OSError):  # that it died is heard elsewhere
            self._pipe.send(message)

    async def stop(self) -> None:
        """End the process; what it works at is not finished."""
        self._ends = True
        self._send((tasks.END, None, {}))
        await asyncio.to_thread(self._process.join, _END_S)
        if self._process.is_alive():
            self._process.kill()
            await asyncio.to_thread(self._process.join)
