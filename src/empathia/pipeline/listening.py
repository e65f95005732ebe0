"""A stream that is pulled: read in a thread of its own, told as events.

Reading must not wait for judging, nor judging for reading: where no sound comes for a while, what
was said so far is given all the same.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

from empathia import media
from empathia.errors import MediaError
from empathia.listen.speech import RATE
from empathia.pipeline.live import Live, check
from empathia.pipeline.models import Models
from empathia.pipeline.options import Options
from empathia.types import Audio
from empathia.types.events import Event

_WAITING = 64  # pieces of sound, of half a second at most as a rule, that wait to be heard
_STALL = 1.0  # s of the wall clock without sound after which open turns are given


class Listening:
    """Events of one stream as they become known: an iterator that can be stopped.

    Args:
        stream: A binary file object, or blocks of samples (:func:`empathia.media.listened`).
        options: How to read.
        pcm: What samples without a header are; None tells from the first bytes.
        models: Those of a reader, which are then shared.
        source: What the timeline calls the stream.

    Raises:
        UsageError: An option needs the whole recording.
        WeightsError: A weight that is needed is missing or damaged.
    """

    def __init__(
        self,
        stream: media.Source,
        options: Options | None = None,
        pcm: media.Pcm | None = None,
        models: Models | None = None,
        source: str = "-",
    ) -> None:
        chosen = Options() if options is None else options
        check(chosen)
        track = chosen.track if isinstance(chosen.track, int) else None
        self._condition = media.Condition()
        self._pieces = media.listened(stream, RATE, self._condition, pcm, track)
        self._live = Live(chosen, models, source)
        self._room = threading.Semaphore(_WAITING)
        # Unlike Queue, it may be put into by a signal's handler while it is waited on.
        self._queue: queue.SimpleQueue[Audio | BaseException | None] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._events = self._told()

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        return next(self._events)

    def stop(self) -> None:
        """Hear no more: what was heard is kept, and the events end as if the stream had.

        It may be called from another thread or from a signal's handler.
        """
        self._stopped.set()
        self._queue.put(None)
        self._room.release()

    def _told(self) -> Iterator[Event]:
        threading.Thread(target=self._read, name="empathia-stream", daemon=True).start()
        try:
            with self._live:
                yield from self._heard()
                yield from self._live.close(self._notes())
        finally:
            self.stop()

    def _heard(self) -> Iterator[Event]:
        quiet = False
        while not self._stopped.is_set():
            try:
                piece = self._queue.get(timeout=None if quiet else _STALL)
            except queue.Empty:
                quiet = True
                yield from self._live.pause()
                continue
            self._room.release()
            if isinstance(piece, Audio):
                quiet = False
                yield from self._live.add(piece)
                continue
            if piece is not None:
                self._broken(piece)
            return

    def _read(self) -> None:
        """Runs in the thread."""
        end: BaseException | None = None
        try:
            for piece in self._pieces:
                self._room.acquire()
                if self._stopped.is_set():
                    return
                self._queue.put(piece)
        except BaseException as error:
            end = error
        self._queue.put(end)

    def _broken(self, error: BaseException) -> None:
        """Keep what was heard before a stream broke off; what is no sound at all is an error."""
        if self._live.duration == 0 or not isinstance(error, MediaError | OSError):
            raise error
        self._condition.remarks.append(media.broken(self._live.duration, str(error)))

    def _notes(self) -> tuple[str, ...]:
        at, stopped = self._live.duration, self._stopped.is_set()
        if at == 0 and not stopped:
            raise MediaError(
                "nothing of the sound in the stream could be decoded: there is none, it is "
                "damaged, or its index is at its end as in many mp4 files",
                "Check what writes into it, or save it and read the file",
            )
        self._condition.seconds = at
        if stopped:
            self._condition.announced = None
            return (*self._condition.notes(), f"the listening was stopped at {at:.1f} s")
        return self._condition.notes()


def listen(
    stream: media.Source,
    options: Options | None = None,
    pcm: media.Pcm | tuple[int, int] | int | None = None,
) -> Listening:
    """See :func:`empathia.listen`."""
    kind = (pcm,) if isinstance(pcm, int) else pcm
    return Listening(stream, options, None if kind is None else media.Pcm(*kind).checked())
