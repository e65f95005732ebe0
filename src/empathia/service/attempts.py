"""Guesses at passphrases are slowed: of a name, of an address, and at a time.

Nobody can keep others out: what somebody tries counts for the address that it comes from.
"""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator

from empathia.errors import AccessError
from empathia.service.problems import Refused

_FREE = 5  # wrong passphrases of a name before each further one has to wait
_LONGEST = 300.0  # s that a name waits
_FORGOTTEN = 3600.0  # s without a guess after which a name begins anew
_KNOWN = 4096  # names, and addresses, that are remembered
_MOST, _WINDOW = 30, 60.0  # tries of an address within so many s
_AT_ONCE = 4  # hashes take 64 MB each


class Attempts:
    """What was tried lately, in bounded memory.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._names: OrderedDict[str, tuple[int, float]] = OrderedDict()  # wrong ones; until when
        self._lately: OrderedDict[str, deque[float]] = OrderedDict()  # of an address
        self._going = 0

    @contextlib.contextmanager
    def one(self, name: str, address: str) -> Iterator[None]:
        """Something that needs a passphrase; it is wrong where the block ends with AccessError.

        Args:
            name: Whose.
            address: Where it comes from; of IPv6 its first half counts.

        Raises:
            Refused: Too many were tried lately, or too many are tried at the moment.
        """
        place = _network(address)
        key = hashlib.sha256(f"{place} {name}".encode("utf-8", "replace")).hexdigest()
        with self._lock:
            lately = self._lately.pop(place, deque(maxlen=_MOST))
            self._lately[place] = lately
            if len(self._lately) > _KNOWN:
                self._lately.popitem(last=False)
            self._check(key, lately)
            self._going += 1
            lately.append(self._clock())
        try:
            yield
        except AccessError:
            self._was_wrong(key)
            raise
        else:
            with self._lock:
                self._names.pop(key, None)
        finally:
            with self._lock:
                self._going -= 1

    def _check(self, key: str, lately: deque[float]) -> None:
        now = self._clock()
        wait = self._names.get(key, (0, now))[1] - now
        if len(lately) == _MOST:
            wait = max(wait, lately[0] + _WINDOW - now)
        if self._going >= _AT_ONCE:
            wait = max(wait, 1.0)
        if wait > 0:
            raise Refused(
                429,
                "too many passphrases were tried",
                f"Try again in {wait + 0.5:.0f} s or later",
                max(1, round(wait + 0.5)),
            )

    def _was_wrong(self, key: str) -> None:
        with self._lock:
            now = self._clock()
            number, until = self._names.pop(key, (0, now))
            number = 1 if now - until > _FORGOTTEN else number + 1
            pause = min(_LONGEST, 2.0 ** (number - _FREE)) if number >= _FREE else 0.0
            self._names[key] = number, now + pause
            if len(self._names) > _KNOWN:
                self._names.popitem(last=False)


def _network(address: str) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, ipaddress.IPv6Address):
        return address
    if known.ipv4_mapped is not None:  # a socket of both kinds
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, 64), strict=False))
