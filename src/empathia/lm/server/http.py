"""A POST of JSON with a deadline, or its answer as it comes: all HTTP that a model needs.

http.client and not urllib.request: nothing is followed, no proxy of the
environment is used, and the time for connecting and for the whole can differ.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from empathia.errors import ServerError, UsageError

KEY = "EMPATHIA_LLM_KEY"
MAX_BYTES = 2_000_000
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is: scheme "http" or "https", host, port and path."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What must stay the same for words to go on to it."""
        return self.scheme, self.host, self.port

    @property
    def is_local(self) -> bool:
        """Whether it is this machine, so that words do not leave it."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        port = "" if self.port == usual else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers in lower case, and body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def parse(url: str, key_name: str = KEY) -> Address:
    """The parts of a URL.

    Args:
        url: Of a server.
        key_name: Of the variable that its key belongs into.

    Raises:
        UsageError: It is no http or https URL of a host, or it carries a password.
    """
    remedy = "Give it like http://localhost:8000/v1"
    if not url.isprintable() or not url.isascii() or " " in url:
        raise UsageError("the URL of the language model holds characters that no URL has", remedy)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"'{url}' is no URL ({error})", remedy) from error
    # Before anything that shows the URL: what it carries may be secret.
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "the URL of the language model holds a user name or password",
            f"Leave it out and set {key_name}",
        )
    if parts.query or parts.fragment:
        raise UsageError("the URL of the server has a part after ? or #", remedy)
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise UsageError(f"expected an http or https URL of a server, found '{url}'", remedy)
    path = parts.path.rstrip("/")
    return Address(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def key(to: Address, name: str = KEY) -> str:
    """The key for a server out of the environment; "" where there is none for it.

    Args:
        to: OPENAI_API_KEY is for openai.com and this machine alone, never for a stranger.
        name: Of the variable that is for any server.

    Raises:
        UsageError: It holds what no key has.
    """
    held = os.environ.get(name, "").strip()
    if not held and (to.is_local or f".{to.host}".endswith(".openai.com")):
        held = os.environ.get("OPENAI_API_KEY", "").strip()
    if not held.isascii() or any(c.isspace() or not c.isprintable() for c in held):
        raise UsageError(
            "the key of the server holds characters that no key has",
            f"Mend {name} or OPENAI_API_KEY",
        )
    return held


def post(
    to: Address, body: bytes, headers: Mapping[str, str], *, connect: float, total: float
) -> Response:
    """Send and return what comes back, redirects within the same server followed.

    Args:
        to: Where to.
        body: JSON.
        headers: Sent as they are.
        connect: Seconds until the connection stands.
        total: Seconds until the last byte is there.

    Raises:
        ServerError: It cannot be reached, is too slow, answers too much or something
            that is not HTTP, or sends the words on to another server.
        ConnectionResetError: It hung up; asking again may help.
    """
    deadline = time.monotonic() + total
    for _ in range(3):
        response = _once(to, body, headers, connect=connect, deadline=deadline, total=total)
        if response.status not in _REDIRECTS:
            return response
        to = _redirected(to, response.headers.get("location", ""))
    raise _circles(to)


@contextlib.contextmanager
def opened(
    to: Address, body: bytes, headers: Mapping[str, str], *, connect: float, wait: float
) -> Iterator[http.client.HTTPResponse]:
    """Send, and hand over the answer while it arrives; leaving closes the connection.

    Args:
        to: Where to.
        body: JSON.
        headers: Sent as they are.
        connect: Seconds until the connection stands.
        wait: Seconds until the next bytes are there.

    Raises:
        ServerError: As for :func:`post`, or it hung up.
    """
    for _ in range(3):
        connection = _connection(to, connect)
        try:
            _open(connection, to)
            connection.sock.settimeout(wait)
            connection.request("POST", to.path or "/", body=body, headers=dict(headers))
            with contextlib.closing(connection.getresponse()) as response:
                if response.status not in _REDIRECTS:
                    yield response
                    return
                to = _redirected(to, response.getheader("location", ""))
        except (http.client.HTTPException, OSError) as error:
            if isinstance(error, TimeoutError):
                raise _late(to, wait) from error
            _explain(to, error)
            raise ServerError(f"the language model server {to} hung up", "Ask again") from error
        finally:
            connection.close()
    raise _circles(to)


def _late(to: Address, seconds: float) -> ServerError:
    return ServerError(
        f"the language model server {to} did not answer within {seconds:g} s",
        "Wait until it is less busy, or allow it more time",
    )


def _circles(to: Address) -> ServerError:
    return ServerError(f"the language model server {to} redirects in circles", "Give the final URL")


def _redirected(source: Address, location: str) -> Address:
    try:
        target = parse(urljoin(str(source), location))
    except UsageError:
        target = None
    if target is None or target.origin != source.origin:
        where = f"'{target.scheme}://{target.host}:{target.port}'" if target else "nowhere"
        raise ServerError(
            f"the language model server {source} redirects to {where}, and words are not "
            "sent on to another server",
            "Give that server's URL if you trust it",
        )
    return target


def _connection(to: Address, timeout: float) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if to.scheme == "https" else http.client.HTTPConnection
    return kind(to.host, to.port, timeout=timeout)


def _once(
    to: Address,
    body: bytes,
    headers: Mapping[str, str],
    *,
    connect: float,
    deadline: float,
    total: float,
) -> Response:
    connection = _connection(to, min(connect, max(0.01, deadline - time.monotonic())))
    try:
        _open(connection, to)
        try:
            return _exchange(connection, to, body, headers, deadline)
        except (ConnectionError, http.client.HTTPException, OSError) as error:
            if isinstance(error, TimeoutError) or time.monotonic() >= deadline:
                raise _late(to, total) from error
            _explain(to, error)
            raise ConnectionResetError(str(error)) from error
    finally:
        connection.close()


def _open(connection: http.client.HTTPConnection, to: Address) -> None:
    try:
        connection.connect()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ServerError(
            f"the language model server {to} cannot be reached ({reason})",
            "Start it, or check the URL",
        ) from error


def _explain(to: Address, error: Exception) -> None:
    """Raise what asking again would not mend."""
    hung_up = isinstance(error, http.client.RemoteDisconnected | http.client.IncompleteRead)
    if isinstance(error, http.client.HTTPException) and not hung_up:
        raise ServerError(
            f"the language model server {to} answered something that is not HTTP",
            "Check the host and the port",
        ) from error


def _exchange(
    connection: http.client.HTTPConnection,
    to: Address,
    body: bytes,
    headers: Mapping[str, str],
    deadline: float,
) -> Response:
    # A socket's timeout starts anew with every byte; a server that drips would never
    # meet it, so the connection is shut when the time is up.
    left = max(0.01, deadline - time.monotonic())
    sock = connection.sock
    sock.settimeout(left)
    watch = threading.Timer(left, _shut, (sock,))
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", to.path or "/", body=body, headers=dict(headers))
        # Closed by hand: one that was not read to its end keeps the socket open.
        with contextlib.closing(connection.getresponse()) as response:
            data = response.read(MAX_BYTES + 1)
    finally:
        watch.cancel()
    if time.monotonic() >= deadline:
        raise TimeoutError
    if len(data) > MAX_BYTES:
        raise ServerError(
            f"the language model server {to} answered more than {MAX_BYTES // 1_000_000} MB",
            "Check that it is a language model server",
        )
    return Response(response.status, {k.lower(): v for k, v in response.getheaders()}, data)


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already closed, which is what was wanted
