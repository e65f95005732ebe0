"""``/v1/diary``: entries of whoever is signed in; ``/api/diary/analyze``, which keeps nothing."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from empathia.config.rules import one_of
from empathia.errors import AbsentError, UsageError
from empathia.service import streaming
from empathia.service.diary import baseline as calm
from empathia.service.diary import days, entries, looking
from empathia.service.diary.baseline import Baseline
from empathia.service.diary.exporting import export
from empathia.service.diary.importing import Brought, bring_in
from empathia.service.diary.looking import Mood
from empathia.service.diary.records import LARGEST_AUDIO, Entry, Feeling, Recording, tones
from empathia.service.forms import KIND, Came, opened, take
from empathia.service.problems import Refused
from empathia.service.routes.examples import FILE, JSON, STRICT, TEXT, content, example, takes
from empathia.service.tasks.entry import Read
from empathia.service.visiting import Signed, StoreOf
from empathia.service.writing import Desk, Given, given_of, moment

LABELS: Mapping[str, str] = {
    "ANGRY": "anger",
    "SAD": "sadness",
    "DISGUST": "disgust",
    "HAPPY": "joy",
    "FEAR": "fear",
    "SURPRISE": "surprise",
}
"""Labels of ``/api/diary/analyze`` in their order, and which tone each is."""
_GENDER = one_of("female", "male")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_ID = re.compile(r"[0-9a-f]{32}")
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_FORM = {"audio": FILE}
_TEXTS = dict.fromkeys(("when", "language", "bookmark"), TEXT)
_SPOKEN = {"audio": "today.webm"}  # of which the bytes are sent
_ANALYZED = {**_SPOKEN, "gender": "female", "language": "en"}
_WRITTEN = {"words": "A walk by the sea.", "when": "2026-11-29", "bookmark": True}
_JSON = TypeAdapter(Entry)

router = APIRouter(tags=["diary"])


@dataclass(config=STRICT)
class Changed:
    """What is to be changed of an entry; what is left out stays."""

    words: str | None = None
    bookmark: bool | None = None
    when: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Several:
    """Entries."""

    entries: list[Entry]


@dataclasses.dataclass(frozen=True, slots=True)
class Analysis:
    """An entry that is not kept, as ``/api/diary/analyze`` has always told one.

    Args:
        summary: One or two sentences.
        emotion: Shares in the order of the labels; the rest to 1 is neutral. All 0 where
            nothing is said.
        emotion_labels: The labels.
        abstained: Why nothing is said, or None.
    """

    summary: str
    emotion: list[float]
    emotion_labels: list[str]
    abstained: str | None


def desk_of(request: Request) -> Desk:
    """Where entries are written."""
    state = request.app.state
    return Desk(state.store, state.reader, state.settings.longest, state.rooms["texts"])


async def recording(request: Request, known: Collection[str]) -> Came:
    """The recording of a form, which is in memory alone, and fields that are known."""
    room = request.app.state.rooms["recordings"]
    return await take(request, room, field="audio", known=known, memory=LARGEST_AUDIO)


def period(
    visit: Signed,
    store: StoreOf,
    day: date | None = None,
    month: str | None = None,
    year: int | None = None,
) -> tuple[date, date]:
    """First and last day of what is asked for; this month where nothing is.

    Raises:
        UsageError: It cannot be, or is more than one.
    """
    if sum(x is not None for x in (day, month, year)) > 1:
        raise UsageError("more than one of day, month and year", "Name one of them")
    if day is not None:
        return day, day
    if year is not None:
        return days.span(year)
    if month is None:
        today = store.clock().astimezone(days.zone_of(visit.account.zone))
        return days.span(today.year, today.month)
    if (named := _MONTH.fullmatch(month)) is None:
        raise UsageError(f"there is no month {month[:20]!r}", "Write 2026-11")
    return days.span(int(named[1]), int(named[2]))


def entry_of(id: str) -> str:
    """The id of an entry.

    Raises:
        AbsentError: None can have it; databases would trip over some of these.
    """
    if _ID.fullmatch(id) is None:
        raise AbsentError(f"there is no entry {id[:40]!r} in this diary", "Look at its list")
    return id


Id = Annotated[str, Depends(entry_of)]
DeskOf = Annotated[Desk, Depends(desk_of)]
Period = Annotated[tuple[date, date], Depends(period)]


@router.post(
    "/v1/diary/entries",
    status_code=201,
    response_model=Entry,
    openapi_extra=takes(
        content(KIND, "a recording", {**_SPOKEN, "when": "2026-11-29"}, {**_FORM, **_TEXTS}),
        content(JSON, "words", _WRITTEN, {"words": TEXT, **_TEXTS}),
    ),
)
async def write(request: Request, visit: Signed, desk: DeskOf) -> Response:
    """Write an entry: a recording in a form, or words as JSON. It is on disk when it is answered.

    ``Accept: text/event-stream`` gets events while it is read: ``progress``, then ``entry`` or
    ``problem``. Whoever leaves while it is read has written nothing.
    """
    came = None
    with contextlib.ExitStack() as held:
        if request.headers.get("content-type", "").lower().startswith(KIND):
            came = held.enter_context(contextlib.closing(await recording(request, _TEXTS)))
        given = given_of(await request.body() if came is None else came.texts)
        await asyncio.to_thread(desk.check, visit, given, came)
        holding = held.pop_all()

    async def work(tell: streaming.Tell) -> dict[str, object]:
        with holding:
            entry = await desk.write(visit, given, came, tell)
            return cast("dict[str, object]", _JSON.dump_python(entry, mode="json"))

    if "text/event-stream" in request.headers.get("accept", ""):
        return StreamingResponse(streaming.events("entry", work), media_type="text/event-stream")
    entry = await streaming.while_there(request, work(lambda _: None))
    return JSONResponse(entry, 201, {"Location": f"/v1/diary/entries/{entry['id']}"})


@router.get("/v1/diary/entries")
def every(visit: Signed, store: StoreOf, within: Period) -> Several:
    """Entries of a day, a month or a year, the oldest first."""
    return Several([*looking.between(store, visit, *within)])


@router.get("/v1/diary/entries/{id}")
def one(id: Id, visit: Signed, store: StoreOf) -> Entry:
    """An entry."""
    return entries.get(store, visit, id)


@router.patch("/v1/diary/entries/{id}")
async def change(
    id: Id,
    given: Annotated[Changed, example("a correction", words="A walk by the lake.", bookmark=True)],
    visit: Signed,
    desk: DeskOf,
) -> Entry:
    """Change words, bookmark or time. Words that are edited are judged again, by themselves.

    The old ones are deleted, from what was heard too; a recording stays.
    """
    more: dict[str, object] = {}
    if given.words is not None:
        await asyncio.to_thread(entries.get, desk.store, visit, id)  # before any work is done
        desk.check(visit, Given(given.words, given.when), None)
        read = await desk.judged(given.words)
        feeling = Feeling(read["shares"], read["abstained"])
        said = await desk.summed(read, feeling, visit.account.language)
        more = {"words": given.words, "feeling": feeling, "summary": said}
    changes = functools.partial(entries.change, bookmark=given.bookmark, when=moment(given.when))
    return await asyncio.to_thread(changes, desk.store, visit, id, **more)


@router.delete("/v1/diary/entries/{id}", status_code=204)
def delete(id: Id, visit: Signed, store: StoreOf) -> None:
    """Delete an entry and all that was made of it, truly."""
    entries.remove(store, visit, id)


@router.get("/v1/diary/entries/{id}/timeline", response_class=JSONResponse)
def timeline(id: Id, visit: Signed, store: StoreOf) -> JSONResponse:
    """What was heard in a recording (docs/json.md)."""
    return JSONResponse(entries.timeline(store, visit, id))


@router.get("/v1/diary/entries/{id}/audio", response_class=StreamingResponse)
def audio(id: Id, request: Request, visit: Signed, store: StoreOf) -> StreamingResponse:
    """The recording, or a range of its bytes."""
    kept = entries.audio(store, visit, id)
    size = len(kept.content)
    headers = {"Accept-Ranges": "bytes", "Content-Disposition": "attachment"}
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or asked[0] == "bytes=-":
        return _sound(kept, 0, size - 1, 200, headers)
    first, last = (int(asked[1]) if asked[1] else None, int(asked[2] or size - 1))
    if first is None:
        first, last = max(0, size - last), size - 1
    last = min(last, size - 1)
    if first > last:
        raise Refused(416, f"there are {size} bytes", "Ask for some of these")
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return _sound(kept, first, last, 206, headers)


def _sound(
    kept: Recording, first: int, last: int, status: int, headers: Mapping[str, str]
) -> StreamingResponse:
    """Bytes of a recording, both ends included, in pieces: many listen slowly."""
    pieces = streaming.cut(memoryview(kept.content)[first : last + 1])
    length = {"Content-Length": str(last + 1 - first)}
    return StreamingResponse(pieces, status, {**headers, **length}, kept.type)


@router.delete("/v1/diary/entries/{id}/audio", status_code=204)
def remove_audio(id: Id, visit: Signed, store: StoreOf) -> None:
    """Delete the recording of an entry; its words stay."""
    entries.get(store, visit, id)
    entries.remove_audio(store, visit, id)


@router.delete("/v1/diary/audio")
def clear(visit: Signed, store: StoreOf) -> dict[str, int]:
    """Delete all recordings; how many there were."""
    return {"deleted": entries.remove_audio(store, visit)}


@router.get("/v1/diary/curve")
def curve(visit: Signed, store: StoreOf, within: Period) -> dict[date, Mood]:
    """The mood of each day that has an entry."""
    return looking.curve(store, visit, *within)


@router.get("/v1/diary/shares")
def shares(visit: Signed, store: StoreOf, within: Period) -> Mood:
    """The share of each emotion over all entries of a day, a month or a year."""
    return looking.mood(store, visit, *within)


@router.get("/v1/diary/search")
def search(q: str, visit: Signed, store: StoreOf) -> Several:
    """Entries that hold all of some words, the newest first."""
    return Several([*looking.search(store, visit, q)])


@router.get("/v1/diary/bookmarks")
def bookmarks(visit: Signed, store: StoreOf) -> Several:
    """Entries that are marked."""
    return Several([*looking.bookmarks(store, visit)])


@router.get("/v1/diary/export", response_class=StreamingResponse)
def exported(visit: Signed, store: StoreOf) -> StreamingResponse:
    """The whole diary as a zip file, which is not encrypted."""
    headers = {"Content-Disposition": 'attachment; filename="diary.zip"'}
    pieces = streaming.written(lambda file: export(store, visit, file))
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


@router.post(
    "/v1/diary/import",
    openapi_extra=takes(content(KIND, "a recording", {"file": "diary.zip"}, {"file": FILE})),
)
async def imported(request: Request, visit: Signed, store: StoreOf) -> Brought:
    """Add an exported diary; entries that are there stay as they are."""
    with request.app.state.rooms["imports"].place():
        async with opened(request) as form:
            return await asyncio.to_thread(bring_in, store, visit, form.file)


@router.get("/v1/diary/baseline")
def baseline(visit: Signed, store: StoreOf) -> Baseline:
    """How the account's owner speaks when calm."""
    return calm.baseline(store, visit)


@router.put("/v1/diary/baseline", openapi_extra=takes(content(KIND, "a recording", _SPOKEN, _FORM)))
async def set_baseline(request: Request, visit: Signed, desk: DeskOf) -> Baseline:
    """Measure a calm recording, which is not kept."""
    with contextlib.closing(await recording(request, ())) as came:
        means, deviations, seconds = await desk.ask("calm", came)
    measured = Baseline(means, deviations, seconds, desk.store.clock())
    await asyncio.to_thread(calm.set_baseline, desk.store, visit, measured)
    return measured


@router.delete("/v1/diary/baseline", status_code=204)
def drop(visit: Signed, store: StoreOf) -> None:
    """Delete the baseline."""
    calm.set_baseline(store, visit, None)


@router.post(
    "/api/diary/analyze",
    openapi_extra=takes(
        content(KIND, "a recording", _ANALYZED, {**_FORM, "gender": TEXT, "language": TEXT})
    ),
)
async def analyze(request: Request, desk: DeskOf) -> Analysis:
    """Read a recording and keep nothing.

    ``gender`` may be given and changes nothing; ``language`` is what is spoken.
    """
    with contextlib.closing(await recording(request, ("gender", "language"))) as came:
        for gender in came.texts.get("gender", ()):
            _GENDER.check("gender", gender.lower())
        language = came.texts.get("language", [None])[-1]
        read: Read = await desk.ask("hear", came, language=language, calm=None)
    feeling = Feeling(read["shares"], read["abstained"])
    felt = tones(feeling.shares)
    said = await desk.summed(read, feeling, "en")
    told = [felt.get(tone, 0.0) for tone in LABELS.values()]
    return Analysis(said, told, [*LABELS], feeling.abstained)
