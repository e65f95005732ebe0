"""What runs in a process of its own: it loads models once and answers one request after another.

Requests are (number, method, arguments), and (number, None, {}) where nobody waits any more.
Answers are (number, what, value): "ready", "tell" (progress), "done", "failed".
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import signal
import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import NamedTuple

from empathia import errors
from empathia.errors import EmpathiaError
from empathia.service import log, problems

END = 0  # of a request: there is nothing more to do
_LINGERS = 10.0  # s that a lane stays where nothing comes
Told = Callable[[object], None]
_Request = tuple[int, str, Mapping[str, object]]


class Failure(NamedTuple):
    """An error on its way to another process."""

    kind: str
    problem: str
    remedy: str

    @classmethod
    def of(cls, error: EmpathiaError) -> Failure:
        """From what was raised."""
        return cls(type(error).__name__, error.problem, error.remedy)

    def error(self) -> EmpathiaError:
        """What is to be raised."""
        kind = getattr(errors, self.kind, EmpathiaError)
        made: EmpathiaError = kind.__new__(kind)
        EmpathiaError.__init__(made, self.problem, self.remedy)
        return made


class NobodyWaits(EmpathiaError):
    """Who asked has gone."""


def main(pipe: Connection, module: str, options: object) -> None:
    """Load what a kind of work needs, then work until the pipe is closed.

    Args:
        pipe: To the service.
        module: Has ``open(options)``, whose result has the methods, and ``NICE`` where it gives
            way to others: how much, as of the command ``nice``.
        options: What it is given.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked decides when to end
    log.hear_others()
    try:
        work = importlib.import_module(module)
        if hasattr(os, "nice"):
            os.nice(getattr(work, "NICE", 0))
        room = work.open(options)
    except EmpathiaError as error:
        pipe.send((0, "failed", Failure.of(error)))
        return
    _Desk(pipe, room).work()


class _Desk:
    """Takes requests while others are worked at.

    Those of a lane are answered one after another, and each lane has a thread of its own while it
    is used. ``room.lanes`` has the lane of a method, "" where it has none; "hear {talk}" is a lane
    for each value of that argument.
    """

    def __init__(self, pipe: Connection, room: object) -> None:
        self._pipe, self._room = pipe, room
        self._lock = threading.Lock()
        self._lanes: Mapping[str, str] = getattr(room, "lanes", {})
        self._waiting: dict[str, queue.SimpleQueue[_Request]] = {}
        self._putting = threading.Lock()  # what is put into a lane that is given up would be lost
        self._wanted: set[int] = set()  # that somebody waits for

    def work(self) -> None:
        """Answer requests until the service ends."""
        self._send(0, "ready", None)
        while True:
            try:
                number, method, given = self._pipe.recv()
            except (EOFError, OSError):  # the service has ended, in whatever way
                os._exit(0)
            if number == END:
                os._exit(0)
            if method is None:
                self._wanted.discard(number)
            else:
                self._put(self._lanes.get(method, "").format(**given), (number, method, given))

    def _put(self, lane: str, request: _Request) -> None:
        self._wanted.add(request[0])
        with self._putting:
            if lane not in self._waiting:
                self._waiting[lane] = queue.SimpleQueue()
                name = f"empathia-lane {lane}"
                threading.Thread(target=self._do, args=(lane,), name=name, daemon=True).start()
            self._waiting[lane].put(request)

    def _next(self, lane: str) -> _Request | None:
        """What waits in a lane; None where nothing came for long, and the lane is gone."""
        waiting = self._waiting[lane]
        with contextlib.suppress(queue.Empty):
            return waiting.get(timeout=_LINGERS)
        with self._putting:
            if waiting.empty():
                del self._waiting[lane]
                return None
        return waiting.get()

    def _do(self, lane: str) -> None:
        while (request := self._next(lane)) is not None:
            number, method, given = request
            if number in self._wanted:
                with contextlib.suppress(NobodyWaits):
                    self._answer(number, method, given)
            self._wanted.discard(number)

    def _answer(self, number: int, method: str, given: Mapping[str, object]) -> None:
        def tell(what: object) -> None:
            if number not in self._wanted:
                raise NobodyWaits("nobody waits")
            self._send(number, "tell", what)

        try:
            self._send(number, "done", getattr(self._room, method)(tell, **given))
        except NobodyWaits:
            raise
        except EmpathiaError as error:
            self._send(number, "failed", Failure.of(error))
        except Exception as error:
            log.fault(error, method)
            unknown = problems.unknown(type(error).__name__)
            self._send(number, "failed", Failure.of(unknown))

    def _send(self, *message: object) -> None:
        with self._lock:
            try:
                self._pipe.send(message)
            except OSError:  # the service has ended, in whatever way
                os._exit(0)
