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
from empathia.pipeline import Options
from empathia.service import log, problems

Told = Callable[[object], None]


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


def main(pipe: Connection, module: str, options: Options) -> None:
    """Load what a kind of work needs, then work until the pipe is closed.

    Args:
        pipe: To the service.
        module: Has ``open(options)``, whose result has the methods.
        options: How to read.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked decides when to end
    try:
        room = importlib.import_module(module).open(options)
    except EmpathiaError as error:
        pipe.send((0, "failed", Failure.of(error)))
        return
    _Desk(pipe, room).work()


class _Desk:
    """Takes requests while another is worked at."""

    def __init__(self, pipe: Connection, room: object) -> None:
        self._pipe, self._room = pipe, room
        self._waiting: queue.SimpleQueue[tuple[int, str, Mapping[str, object]]] = (
            queue.SimpleQueue()
        )
        self._gone: set[int] = set()

    def work(self) -> None:
        """Answer one request after another."""
        threading.Thread(target=self._listen, daemon=True).start()
        self._pipe.send((0, "ready", None))
        while True:
            number, method, given = self._waiting.get()
            if number not in self._gone:
                with contextlib.suppress(NobodyWaits):
                    self._answer(number, method, given)
            self._gone.discard(number)

    def _listen(self) -> None:
        while True:
            try:
                number, method, given = self._pipe.recv()
            except (EOFError, OSError):  # the service has ended, in whatever way
                os._exit(0)
            if method is None:
                self._gone.add(number)
            else:
                self._waiting.put((number, method, given))

    def _answer(self, number: int, method: str, given: Mapping[str, object]) -> None:
        def tell(what: object) -> None:
            if number in self._gone:
                raise NobodyWaits("nobody waits")
            self._pipe.send((number, "tell", what))

        try:
            self._pipe.send((number, "done", getattr(self._room, method)(tell, **given)))
        except NobodyWaits:
            raise
        except EmpathiaError as error:
            self._pipe.send((number, "failed", Failure.of(error)))
        except Exception as error:
            log.fault(error, method)
            unknown = problems.unknown(type(error).__name__)
            self._pipe.send((number, "failed", Failure.of(unknown)))
