"""The page: its files, what it is told of the service, and how it gets in."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from importlib.resources import files as resources
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from pydantic.dataclasses import dataclass

from empathia.errors import AccessError
from empathia.labels.sets import EKMAN7
from empathia.report.marks import Mark, marks
from empathia.service.diary.accounts import Account
from empathia.service.guard import COOKIE, opens
from empathia.service.routes.accounts import trying
from empathia.service.routes.examples import STRICT
from empathia.service.visiting import SESSION, is_secure, signed_in
from empathia.version import __version__

_STAYS = 365 * 86400  # s that a browser keeps the token

router = APIRouter(include_in_schema=False)


@dataclasses.dataclass(frozen=True, slots=True)
class About:
    """What the page is told.

    Args:
        version: Of Empathia.
        open: Whether this browser may come in.
        account: Who is signed in.
        voice: Whose voice answers have; None where they stay in words.
        marks: How labels look.
    """

    version: str
    open: bool
    account: Account | None
    voice: str | None
    marks: Mapping[str, Mapping[str, str]]


@dataclass(config=STRICT)
class Key:
    """The token of the service."""

    token: str


def files() -> StaticFiles:
    """The files of the page."""
    return StaticFiles(packages=[("empathia.service", "page")])


@router.get("/")
def index() -> FileResponse:
    """The page."""
    return FileResponse(str(resources("empathia.service") / "page" / "index.html"))


@router.get("/page/base.css")
def base() -> FileResponse:
    """How reports look: the page looks the same."""
    return FileResponse(str(resources("empathia.report") / "assets" / "page.css"))


def door(request: Request) -> bool:
    """Whether a request shows the token of the service, where it has one."""
    return opens(request.scope, request.app.state.settings.token)


@router.get("/page/about.json")
def about(
    request: Request, response: Response, *, is_open: Annotated[bool, Depends(door)]
) -> About:
    """What the page is told of the service, and who is signed in."""
    account = None
    if is_open and SESSION in request.cookies:
        try:
            account = signed_in(request).account
        except AccessError:  # it has ended: the page begins without it
            response.delete_cookie(SESSION, httponly=True, samesite="strict")
    voice = request.app.state.settings.voice
    name = voice and voice.partition(":")[0]
    looks = {label: _look(mark) for label, mark in marks(EKMAN7.labels).items()}
    return About(__version__, is_open, account, name, looks)


@router.post("/page/token", status_code=204)
def enter(request: Request, given: Key) -> Response:
    """Keep the token of the service in a cookie that scripts cannot read."""
    token = request.app.state.settings.token
    key = f"Bearer {given.token}".encode("utf-8", "replace")
    shown = {**request.scope, "headers": [(b"authorization", key)]}
    with trying(request)(""):  # guesses are slowed as those at passphrases
        if not opens(shown, token):
            raise AccessError("this is not the token of the service", "Ask whoever runs it")
    answer = Response(status_code=204)
    if token is not None:
        secure = is_secure(request)
        answer.set_cookie(
            COOKIE, token, max_age=_STAYS, httponly=True, samesite="strict", secure=secure
        )
    return answer


def _look(mark: Mark) -> Mapping[str, str]:
    return {"letter": mark.letter, "light": mark.light, "dark": mark.dark}
