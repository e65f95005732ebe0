"""Who asks: the open session that a request shows, in a cookie or a header."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from empathia.errors import AccessError
from empathia.service.diary.accounts import Visit, resume
from empathia.service.diary.store import Store

SESSION = "empathia-session"
"""The cookie of a session; the header ``X-Empathia-Session`` says the same."""


def store_of(request: Request) -> Store:
    """The diary of the service."""
    store: Store = request.app.state.store
    return store


def signed_in(request: Request) -> Visit:
    """The session of a request.

    Raises:
        AccessError: It shows none, or one that has ended.
    """
    token = _shown(request)
    if token is None:
        raise AccessError("nobody is signed in", "Sign in: POST /v1/session")
    return resume(store_of(request), token)


def owner_of(connection: HTTPConnection) -> str:
    """Whose things these are: an account's id, or "" of who shows no session.

    Raises:
        AccessError: The session that is shown has ended.
    """
    token = _shown(connection)
    if token is None:
        return ""
    return resume(connection.app.state.store, token).account.id


def is_secure(request: Request) -> bool:
    """Whether the client came by https, to the service or to a proxy before it."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))


def _shown(connection: HTTPConnection) -> str | None:
    if told := connection.headers.get("x-empathia-session"):
        return told
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    door = connection.app.state.settings.token or ""
    # What opens the door of the service is nobody's session.
    other = not hmac.compare_digest(bearer.strip().encode(), door.encode())
    if scheme.lower() == "bearer" and bearer.strip() and other:
        return bearer.strip()
    return connection.cookies.get(SESSION) or None


Signed = Annotated[Visit, Depends(signed_in)]
StoreOf = Annotated[Store, Depends(store_of)]
