"""How many requests of a kind are served at a time; more are refused for a while."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from empathia.service.problems import Refused

BUSY, WRONG, LOCKED, TAKEN = 1013, 1008, 3000, 4000
"""Why a socket is closed."""
_RETRY = 5  # s after which one that was refused may come again


class Room:
    """Places for requests.

    Args:
        most: How many there are.
    """

    def __init__(self, most: int) -> None:
        self._most, self._taken = most, 0

    @contextlib.contextmanager
    def place(self, besides: int = 0) -> Iterator[None]:
        """One of them.

        Args:
            besides: How many are taken by what is no request any more.

        Raises:
            Refused: All are taken.
        """
        if (taken := self._taken + besides) >= self._most:
            raise Refused(429, f"{taken} requests of this kind wait", "Come again", _RETRY)
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1
