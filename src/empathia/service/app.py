"""The service as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from empathia import files
from empathia.errors import EmpathiaError
from empathia.service import leaving, log, problems
from empathia.service.attempts import Attempts
from empathia.service.chats import Chats
from empathia.service.diary.store import Store
from empathia.service.forms import INCOMING
from empathia.service.guard import Guard
from empathia.service.jobs import Jobs
from empathia.service.problems import Refused, answer
from empathia.service.room import Room
from empathia.service.routes import accounts, asking, diary, evi, jobs, openai, page
from empathia.service.settings import Settings
from empathia.service.staff import Staff
from empathia.service.workers import Worker
from empathia.version import __version__

_CHATS = 32  # that are answered at a time
_SPOKEN = 8  # texts, whose sound waits for slow clients
_QUESTIONS = 4  # to a language model, which takes a while for each
_IMPORTS = 2  # each may have gigabytes
_ABOUT = """\
Reads how people feel in a conversation and answers with empathy. All of it runs on this machine.

**What it cannot know.** It estimates how words, voice and face come across to people who rated
such recordings; it does not know what somebody feels, and is no lie detector and no diagnosis.
Inferring emotions of people at work or in education is prohibited in the EU (AI Act, article 5).
"""


def create(settings: Settings, staff: Staff, opens: Callable[[str], Store] = Store) -> FastAPI:
    """The application; its workers start with it.

    Args:
        settings: How it runs.
        staff: Its workers.
        opens: Opens the diary, a file or a URL.
    """
    app = FastAPI(
        title="Empathia",
        version=__version__,
        description=_ABOUT,
        lifespan=_running,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    app.state.settings = settings
    app.state.staff = staff
    app.state.talker, app.state.reader, app.state.speaker = staff
    app.state.rooms = {
        "chats": Room(_CHATS),
        "questions": Room(_QUESTIONS),
        "speech": Room(_SPOKEN),
        "words": Room(_CHATS),
        "evi": Room(_CHATS),
        "talks": Room(_CHATS),
        "transcriptions": Room(settings.waiting),
        "recordings": Room(settings.waiting),
        "texts": Room(settings.waiting),
        "imports": Room(_IMPORTS),
    }
    app.state.opens = opens
    app.state.attempts = Attempts()
    app.state.chats = Chats(settings.folder / "chats")
    _answer(app)
    return app


def _answer(app: FastAPI) -> None:
    app.add_exception_handler(EmpathiaError, _told)
    app.add_exception_handler(HTTPException, _told)
    app.add_exception_handler(RequestValidationError, _told)
    app.add_exception_handler(ClientDisconnect, _told)
    app.add_exception_handler(Exception, _fault)
    app.add_middleware(Guard, settings=app.state.settings)
    app.include_router(jobs.router)
    app.include_router(accounts.router)
    app.include_router(diary.router)
    app.include_router(evi.router)
    app.include_router(openai.router)
    app.include_router(asking.router)
    app.include_router(page.router)
    app.mount("/page", page.files())
    app.get("/health", tags=["service"])(_health)
    app.get("/ready", tags=["service"])(_ready)


@contextlib.asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    began = time.monotonic()
    reader: Worker = app.state.reader
    workers = app.state.staff.workers
    place = settings.database or str(settings.folder / "diary.sqlite")
    try:
        app.state.store = await asyncio.to_thread(app.state.opens, place)
        await asyncio.gather(*(w.start() for w in workers))
    except EmpathiaError as error:
        app.state.failure = error
        raise
    shutil.rmtree(settings.folder / INCOMING, ignore_errors=True)  # what a kill left
    (settings.folder / INCOMING).mkdir(parents=True, mode=0o700)
    for kept in ("chats", "jobs"):
        files.sweep(settings.folder / kept)
    uploads = Jobs(settings.folder / "jobs", reader, settings.waiting, settings.longest)
    app.state.jobs = uploads
    await leaving.finish(settings.folder, uploads, app.state.chats, app.state.store)
    working = asyncio.ensure_future(uploads.work())
    voice = (settings.voice or "none").partition(":")[0]
    log.write("ready", seconds=round(time.monotonic() - began, 2), voice=voice)
    yield
    uploads.stop()
    await working
    await asyncio.gather(*(w.stop() for w in workers))
    app.state.store.close()
    log.write("stopped")


async def _health() -> dict[str, str]:
    """The service listens."""
    return {"status": "ok", "version": __version__}


async def _ready(request: Request) -> dict[str, str]:
    """Its models are loaded: what is asked now is answered in the usual time."""
    if not all(w.is_ready for w in request.app.state.staff.workers):
        raise Refused(503, "models are being loaded", "Ask again in a while", 2)
    return {"status": "ready"}


async def _told(request: Request, error: Exception) -> Response:
    """An error of ours, or of the framework, as problem details."""
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        error = problems.unfit(first["type"], first["loc"], first["msg"])
    if isinstance(error, HTTPException):
        asked, allowed = (request.method, request.url.path), (error.headers or {}).get("Allow")
        error = problems.nowhere(error.status_code, str(error.detail), asked, allowed)
    if isinstance(error, ClientDisconnect):
        error = Refused(408, "the client has gone")
    assert isinstance(error, EmpathiaError)
    return answer(error, request.url.path)


async def _fault(request: Request, error: Exception) -> Response:
    log.fault(error, "request")
    return answer(problems.unknown(type(error).__name__), request.url.path)
