"""``/v1/account``, ``/v1/session``: who keeps a diary, and who is signed in."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic.dataclasses import dataclass

from empathia.errors import AccessError
from empathia.service.attempts import Attempts
from empathia.service.diary import accounts
from empathia.service.diary.accounts import STAYS, Account, Visit
from empathia.service.leaving import leave
from empathia.service.routes.examples import STRICT, example
from empathia.service.routes.jobs import JobsOf
from empathia.service.visiting import SESSION, Signed, StoreOf, is_secure, signed_in

router = APIRouter(prefix="/v1", tags=["accounts"])
_PHRASE = "several words of hers"
_ANN = {"name": "ann", "passphrase": _PHRASE, "token": True}


@dataclass(config=STRICT)
class Credentials:
    """A name and its passphrase; ``token`` asks for the session as a token, not as a cookie."""

    name: str
    passphrase: str
    token: bool = False


@dataclass(config=STRICT)
class Newcomer(Credentials):
    """A new account."""

    zone: str = "UTC"
    language: str = "en"
    keeps_audio: bool = False
    encrypted: bool = False


@dataclass(config=STRICT)
class Wanted:
    """What is to be changed of an account; what is left out stays."""

    zone: str | None = None
    language: str | None = None
    keeps_audio: bool | None = None


@dataclass(config=STRICT)
class Passphrases:
    """The old and the new one."""

    old: str
    new: str


@dataclass(config=STRICT)
class Passphrase:
    """Of the account, once more: what follows cannot be taken back."""

    passphrase: str


@dataclasses.dataclass(frozen=True, slots=True)
class Session:
    """An open session; its token where it was asked for, else it is in a cookie."""

    account: Account
    token: str | None


def trying(request: Request) -> Callable[[str], AbstractContextManager[None]]:
    """What something that needs the passphrase of a name is done within."""
    tried: Attempts = request.app.state.attempts
    return partial(tried.one, address=request.client.host if request.client else "")


Trying = Annotated[Callable[[str], AbstractContextManager[None]], Depends(trying)]


@router.post("/account", status_code=201)
def register(
    request: Request,
    response: Response,
    given: Annotated[Newcomer, example("an account", **_ANN, zone="Asia/Seoul", language="ko")],
    store: StoreOf,
    tried: Trying,
) -> Session:
    """Make an account, and sign in."""
    with tried(accounts.known_as(given.name)):
        visit = accounts.register(store, **{n: v for n, v in asdict(given).items() if n != "token"})
    return _session(request, response, visit, token=given.token)


@router.get("/account")
def account(visit: Signed) -> Account:
    """Who is signed in."""
    return visit.account


@router.patch("/account")
def change(
    given: Annotated[Wanted, example("she has moved", zone="Europe/Paris")],
    visit: Signed,
    store: StoreOf,
) -> Account:
    """Change the time zone, the language, or whether recordings are kept."""
    return accounts.change(store, visit, **asdict(given)).account


@router.put("/account/passphrase")
def change_passphrase(
    given: Annotated[Passphrases, example("another one", old=_PHRASE, new="others of hers")],
    *,
    request: Request,
    response: Response,
    visit: Signed,
    store: StoreOf,
    tried: Trying,
) -> Session:
    """Change the passphrase: all sessions end, and one begins."""
    with tried(visit.account.name):
        new = accounts.change_passphrase(store, visit, given.old, given.new)
    return _session(request, response, new, token=SESSION not in request.cookies)


@router.post("/account/delete", status_code=204)
async def close(
    given: Annotated[Passphrase, example("for good", passphrase=_PHRASE)],
    *,
    request: Request,
    visit: Signed,
    store: StoreOf,
    jobs: JobsOf,
    tried: Trying,
) -> None:
    """Delete the account with all that it has, uploads and talks among it."""

    def closed() -> None:
        with tried(visit.account.name):
            accounts.close(store, visit, given.passphrase)

    state, id = request.app.state, visit.account.id
    await leave(state.settings.folder, jobs, state.chats, store, account=id, close=closed)


@router.post("/session", status_code=201)
def sign_in(
    request: Request,
    response: Response,
    given: Annotated[Credentials, example("for a program", **_ANN)],
    store: StoreOf,
    tried: Trying,
) -> Session:
    """Sign in."""
    with tried(accounts.known_as(given.name)):
        visit = accounts.sign_in(store, given.name, given.passphrase)
    return _session(request, response, visit, token=given.token)


@router.delete("/session", status_code=204)
def sign_out(request: Request, response: Response, store: StoreOf) -> None:
    """Sign out: the session ends, here and wherever else its token is."""
    with contextlib.suppress(AccessError):  # it has ended already
        accounts.sign_out(store, signed_in(request))
    response.delete_cookie(SESSION, httponly=True, samesite="strict")


def _session(request: Request, response: Response, visit: Visit, *, token: bool) -> Session:
    if not token:
        response.set_cookie(
            SESSION,
            visit.token,
            max_age=int(STAYS.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=is_secure(request),
        )
    return Session(visit.account, visit.token if token else None)
