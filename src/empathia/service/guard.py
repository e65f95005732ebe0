"""What stands before all routes: who may ask, from where, and how much.

Pages of others must not reach a service on this machine: a request says which host it means and,
from a browser, which page it comes from; both must be the service itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocketDisconnect

from empathia.service import log
from empathia.service.problems import Refused, answer
from empathia.service.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

COOKIE = "empathia-token"
_OPEN = ("/health", "/ready")  # say nothing of anybody
_PAGE = "/page/"  # where the page and its parts lie, by which a token is given
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = _SAFE | {"POST", "PUT", "PATCH", "DELETE"}  # others are words of whoever asks
_BODY = 1_000_000  # bytes of a request that uploads nothing
_PATIENCE, _RATE = 60.0, 2000  # s for a body, and one more for so many bytes
_UPLOADS = ("/v1/jobs", "/v1/audio/transcriptions", "/api/diary", "/v1/diary")
_SENDS = frozenset({"POST", "PUT"})
_POLICY = (
    b"default-src 'self'; img-src 'self' data: blob:; media-src 'self' data: blob:; style-src "
    b"'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    b"frame-ancestors 'self'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Guard:
    """Refuses what is not meant for the service.

    Args:
        app: What is guarded.
        settings: Of the service.
    """

    def __init__(self, app: Callable[..., Awaitable[None]], settings: Settings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] == "http":
            await self._logged(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._talked(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _logged(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say of each request what was asked in general: no id, no query, no name."""
        began, status = time.monotonic(), 0

        async def give(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                there = {k.lower() for k, _ in message["headers"]}
                more = [h for h in _HEADERS if h[0] not in there]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        try:
            await self._guarded(scope, receive, give)
        finally:
            route = getattr(scope.get("route"), "path", None)
            spent = round(1000 * (time.monotonic() - began))
            method = scope["method"] if scope["method"] in _METHODS else "other"
            log.write("request", method=method, route=route, status=status, ms=spent)

    async def _talked(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What goes wrong in a talk is told the log, for nobody else hears of it."""
        try:
            await self._guarded(scope, receive, send)
        except WebSocketDisconnect:
            pass
        except Exception as error:
            log.fault(error, "socket")
            with contextlib.suppress(Exception):  # it may be closed already
                await send({"type": "websocket.close", "code": 1011})

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = self._settings.largest if _uploads(scope) else _BODY
        try:
            self._check(scope)
            if scope["type"] == "http":
                _check_size(_header(scope, b"content-length"), most)
        except Refused as error:
            await _refuse(error, scope, receive, send)
            return
        if scope["type"] == "http":
            receive = _bounded(receive, most)
        await self._app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        host = _header(scope, b"host")
        if _host(host) not in self._settings.hosts:
            raise Refused(
                421,
                f"this service is not called {_host(host)!a}",
                "Name it: empathia serve --name HOST",
            )
        origin, site = _header(scope, b"origin"), _header(scope, b"sec-fetch-site")
        unsafe = scope["type"] == "websocket" or scope["method"] not in _SAFE
        foreign = bool(origin) and _site(origin) != host.lower()
        if unsafe and (foreign or site == "cross-site"):
            raise Refused(
                403,
                "the request comes from the page of another site",
                "Ask from the service's own page",
            )
        path = scope["path"]
        token = self._settings.token
        if token is None or path in _OPEN or path == "/" or path.startswith(_PAGE):
            return
        if not opens(scope, token):
            raise Refused(
                401, "no token was shown, or a wrong one", "Send it: Authorization: Bearer TOKEN"
            )


def opens(scope: Scope, token: str | None) -> bool:
    """Whether a request may come in: it shows the token, or none is asked for."""
    shown = (t.encode() for t in _tokens(scope))
    return token is None or any(hmac.compare_digest(t, token.encode()) for t in shown)


def _tokens(scope: Scope) -> Iterable[str]:
    """Tokens that a request shows, in all the ways that clients have."""
    scheme, _, value = _header(scope, b"authorization").partition(" ")
    if scheme.lower() == "bearer":
        yield value.strip()
    yield _header(scope, b"x-hume-api-key")
    if scope["type"] == "websocket":
        query = parse_qs(scope["query_string"].decode("latin-1"))
        yield from (t for name in ("api_key", "access_token") for t in query.get(name, ()))
    cookies = HTTPConnection(scope).cookies  # of all programs of the host, some of them bent
    if COOKIE in cookies:
        yield cookies[COOKIE]


def _uploads(scope: Scope) -> bool:
    """Whether a request may be long: a form goes to the disk, all else into memory."""
    form = _header(scope, b"content-type").lower().startswith("multipart/form-data")
    return form and scope.get("method") in _SENDS and scope["path"].startswith(_UPLOADS)


def _header(scope: Scope, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k == name), "")


def _host(header: str) -> str:
    """Without its port."""
    name, colon, port = header.lower().rpartition(":")
    return name if colon and port.isdigit() else header.lower()


def _site(origin: str) -> str:
    """Host and port of a page; "" where there are none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _check_size(length: str, most: int) -> None:
    sound = length.isascii() and length.isdigit() and len(length) < 20
    if length and not (sound and int(length) <= most):
        raise Refused(413, f"at most {most} bytes are taken, {length[:20]!a} are sent", "Send less")


def _bounded(receive: Receive, most: int) -> Receive:
    """A body that ends with an error where it is longer, or comes more slowly, than it may."""
    came, began, whole = 0, time.monotonic(), False

    async def take() -> Message:
        nonlocal came, whole
        if whole:  # what comes now is that the client goes
            return await receive()
        left = began + _PATIENCE + came / _RATE - time.monotonic()
        try:
            async with asyncio.timeout(left):
                message = await receive()
        except TimeoutError:
            raise Refused(408, "the body comes too slowly", "Send it at a stretch") from None
        came += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if came > most:
            raise Refused(413, f"at most {most} bytes are taken, more are sent", "Send less")
        return message

    return take


async def _refuse(error: Refused, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": error.problem[:120]})
        return
    await answer(error, scope["path"])(scope, receive, send)
