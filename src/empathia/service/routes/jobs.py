"""``/v1/jobs``: recordings and transcripts in, timelines out."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, BinaryIO, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field
from pydantic.dataclasses import dataclass
from starlette.types import Receive, Scope, Send

from empathia.errors import UsageError
from empathia.files import Plain
from empathia.report.timeline import WRITERS
from empathia.report.words import Words, words_in
from empathia.service import streaming
from empathia.service.forms import KIND, opened
from empathia.service.jobs import Job, Jobs
from empathia.service.problems import Refused
from empathia.service.routes.examples import FILE, STRICT, TEXT, content, example, takes
from empathia.service.tasks.asking import Answer
from empathia.service.tasks.reading import OWN, PAGES, TIMELINE, own
from empathia.service.visiting import Signed, owner_of
from empathia.types.shapes import ReasonJson
from empathia.types.wire import from_json

_NAME = 200  # characters of a name
_TEXT = 5000  # characters of an option
_TYPES = {"csv": "text/csv", "srt": "application/x-subrip", "textgrid": "text/plain"}
_FILLED = {"file": "talk.wav", "names": "Ann,Ben", "speakers": "2", "language": "en"}
_FIELDS = {"file": FILE, **dict.fromkeys(OWN, TEXT)}
_FORM = takes(content(KIND, "a talk of two", _FILLED, _FIELDS, ["file"]))

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """A job; see :class:`empathia.service.jobs.Job`."""

    id: str
    name: str
    created: str
    state: str
    options: Mapping[str, object]
    about: Mapping[str, object] | None
    problem: Mapping[str, object] | None


@dataclasses.dataclass(frozen=True, slots=True)
class Every:
    """All jobs, the newest first."""

    jobs: list[Told]


@dataclass(config=STRICT, frozen=True, slots=True)
class Question:
    """A turn of a recording that is asked about, and the language of the answer's cues."""

    utterance: Annotated[str, Field(min_length=1, max_length=200)]
    language: Literal["en", "ko"] = "en"


Asked = Annotated[Question, example("the second turn", utterance="turn-0001")]


def jobs_of(request: Request) -> Jobs:
    """All uploads of the service."""
    every: Jobs = request.app.state.jobs
    return every


JobsOf = Annotated[Jobs, Depends(jobs_of)]
Owner = Annotated[str, Depends(owner_of)]
Spoken = Annotated[str, Query(json_schema_extra={"enum": list(PAGES)})]


@router.post("", status_code=202, openapi_extra=_FORM)
async def upload(request: Request, response: Response, jobs: JobsOf, owner: Owner) -> Told:
    """Give a recording or a transcript to be read, with how it is to be read."""
    with jobs.room():
        async with opened(request) as form:
            owner = await asyncio.to_thread(owner_of, request)  # the account may be gone since
            options = _options(form.texts)
            own(request.app.state.settings.options, options)  # what cannot be is told at once
            job = await jobs.add(owner, _name(form.name), form.file, options)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return told(job)


@router.get("")
async def every(jobs: JobsOf, owner: Owner) -> Every:
    """All jobs, the newest first."""
    return Every([told(j) for j in jobs.all_of(owner)])


@router.get("/{id}")
async def one(id: str, jobs: JobsOf, owner: Owner) -> Told:
    """How far a job is."""
    return told(jobs.get(owner, id))


@router.delete("/{id}", status_code=204)
async def delete(id: str, jobs: JobsOf, owner: Owner) -> None:
    """Delete the recording and all that was made of it."""
    await jobs.delete(owner, id)


@router.post("/{id}/claim")
async def claim(id: str, jobs: JobsOf, who: Signed) -> Told:
    """Take a job that was given when nobody was signed in into the account that is."""
    return told(jobs.claim(who.account.id, id))


@router.get("/{id}/events", response_class=StreamingResponse)
async def events(id: str, jobs: JobsOf, owner: Owner) -> StreamingResponse:
    """Server-sent events: ``progress`` (stage, done, total), then ``job``."""
    jobs.get(owner, id)
    return StreamingResponse(_lines(jobs, owner, id), media_type="text/event-stream")


async def _lines(jobs: Jobs, owner: str, id: str) -> AsyncIterator[str]:
    async for kind, value in jobs.follow(owner, id):
        data = dataclasses.asdict(told(jobs.get(owner, id))) if kind == "job" else value
        yield streaming.BEAT if kind == "beat" else streaming.event(data, kind)


@router.get("/{id}/timeline", response_class=StreamingResponse)
async def timeline(id: str, jobs: JobsOf, owner: Owner) -> StreamingResponse:
    """The timeline as JSON (docs/json.md)."""
    return _Sent(jobs.opened(owner, id, TIMELINE), {"content-type": "application/json"})


@router.get("/{id}/page", response_class=StreamingResponse)
async def page(id: str, jobs: JobsOf, owner: Owner, language: Spoken = "en") -> StreamingResponse:
    """The timeline as a page that plays the recording, in a language."""
    if language not in PAGES:
        known = ", ".join(PAGES)
        raise UsageError(f"there is no page in {language[:20]!a}", f"Ask for one of {known}")
    # It may have been read before there were others.
    file = jobs.opened(owner, id, PAGES[language], PAGES["en"])
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    policy += "img-src data:; media-src data: blob:; sandbox allow-scripts"
    headers = {"content-security-policy": policy, "content-type": "text/html; charset=utf-8"}
    return _Sent(file, headers)


class _Sent(StreamingResponse):
    """A file that is open, and closed however it ends."""

    def __init__(self, file: BinaryIO, headers: Mapping[str, str]) -> None:
        length = {"content-length": f"{os.fstat(file.fileno()).st_size}"}
        super().__init__(streaming.read(file), headers={**headers, **length})
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await super().__call__(scope, receive, send)


@router.post("/{id}/ask")
async def ask(id: str, given: Asked, request: Request, jobs: JobsOf, owner: Owner) -> Response:
    """What a language model says of a turn, and why (docs/json.md); it is loaded when first asked.

    ``Accept: text/event-stream`` gets events: ``progress``, then ``answer`` or ``problem``.
    """
    state, file = request.app.state, str(jobs.result(owner, id, TIMELINE))
    words = words_in(given.language)

    async def work(tell: streaming.Tell) -> dict[str, object]:
        with state.rooms["questions"].place():
            told: Answer = await state.reader.ask("ask", tell, file=file, utterance=given.utterance)
        return {**told, "why": _worded(told["why"], words)}

    if "text/event-stream" in request.headers.get("accept", ""):
        return StreamingResponse(streaming.events("answer", work), media_type="text/event-stream")
    return JSONResponse(await work(lambda _: None))


def _worded(why: ReasonJson, words: Words) -> dict[str, object]:
    """What a label hangs on, with all that is told in English, and no quotation, in a language."""
    parts = [
        part if part["kind"] in ("words", "past") else {**part, "text": words.shown(part["text"])}
        for part in why["parts"]
    ]
    cues = {kind: words.shown(told) for kind, told in why["cues"].items()}
    return {**why, "parts": parts, "cues": cues, "note": words.shown(why["note"] or "") or None}


@router.get("/{id}/timeline.{kind}", response_class=Response)
async def written(id: str, kind: str, jobs: JobsOf, owner: Owner) -> Response:
    """The timeline as csv, srt or TextGrid."""
    kind = kind.lower()
    if kind not in _TYPES:
        raise Refused(404, f"timelines are not written as {kind!a}", f"Ask for {', '.join(_TYPES)}")
    file = jobs.result(owner, id, TIMELINE)
    text = WRITERS[f".{kind}"](from_json(json.loads(file.read_text("utf-8"))))
    return Response(text.encode("utf-8", "backslashreplace"), media_type=_TYPES[kind])


def told(job: Job) -> Told:
    """A job as clients see it."""
    return Told(*(getattr(job, f.name) for f in dataclasses.fields(Told)))


def _name(given: str) -> str:
    """What the client calls a file, in one line and without folders; it is never a path."""
    last = given.replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in last if c.isprintable()).strip()
    return shown[-_NAME:] or "recording"


def _options(texts: Mapping[str, Sequence[str]]) -> Mapping[str, Plain]:
    """How a file is to be read, out of the fields of a form."""
    for name in texts:
        if name not in OWN:
            raise UsageError(f"there is no option '{name[:40]}'", f"Known are {', '.join(OWN)}")
        if len(texts[name][-1]) > _TEXT:
            raise UsageError(f"'{name}' has more than {_TEXT} characters", "Shorten it")
    return {name: _value(name, values[-1]) for name, values in texts.items()}


def _value(name: str, text: str) -> Plain:
    if name in {"names", "words"}:
        return tuple(x.strip() for x in text.split(",") if x.strip())
    try:
        if name == "speakers" and "-" in text:
            least, most = text.split("-")
            return (int(least), int(most))
        if name == "speakers" or (name == "track" and text != "all"):
            return int(text)
        return _finite(text) if name == "pause" else text
    except ValueError:
        raise UsageError(f"'{name}' cannot be '{text[:40]}'", "Give a number") from None


def _finite(text: str) -> float:
    """A number that JSON has, too."""
    if not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number
