"""Sound that comes in pieces over a wire, as a stream that is decoded while it comes."""

from __future__ import annotations

import queue
import threading

import numpy as np

from empathia import media
from empathia.errors import EmpathiaError
from empathia.listen.speech import RATE
from empathia.types import Audio

_SOON = 5.0  # s that decoding of a piece is waited for


class Inlet:
    """Bytes in, sound out, as far as it can be decoded by now.

    Args:
        pcm: What samples without a header are; None takes a recording in any format.
    """

    def __init__(self, pcm: media.Pcm | None) -> None:
        self._given: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._rest = b""
        self._idle = threading.Event()  # all that was given is decoded
        self._decoded: queue.SimpleQueue[Audio] = queue.SimpleQueue()
        self._broken: Exception | None = None
        condition = media.Condition()
        self._pieces = media.listened(self, RATE, condition, pcm)
        threading.Thread(target=self._decode, daemon=True).start()

    def read(self, size: int, /) -> bytes:
        """Up to this many bytes, for who decodes; b"" at the end."""
        if not self._rest:
            if self._given.empty():
                self._idle.set()
            self._rest = self._given.get()
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def _decode(self) -> None:
        try:
            for piece in self._pieces:
                self._decoded.put(piece)
        except Exception as error:  # it is told where more is given
            self._broken = error
        self._idle.set()

    def add(self, data: bytes) -> Audio:
        """The sound of what was given up to here, mono at 16 kHz; it may be none.

        Raises:
            EmpathiaError: It is no sound.
        """
        if data:
            self._idle.clear()
            self._given.put(data)
            self._idle.wait(_SOON)
        if isinstance(self._broken, EmpathiaError):
            raise self._broken
        pieces = [np.zeros(0, np.float32)]
        while not self._decoded.empty():
            pieces.append(self._decoded.get().samples)
        return Audio(np.concatenate(pieces), RATE)

    def close(self) -> None:
        """No more comes."""
        self._given.put(b"")
