"""``/v1/chat``, ``/v1/audio`` and ``/v1/models``, as OpenAI's clients speak."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from fastapi import APIRouter, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, StreamingResponse

from empathia.service.forms import INCOMING, KIND, take
from empathia.service.lines import Words, reason
from empathia.service.openai import chat, transcripts
from empathia.service.openai.fields import Fields
from empathia.service.openai.realtime import Realtime
from empathia.service.problems import Refused, Unfit
from empathia.service.room import BUSY, WRONG, Room
from empathia.service.routes.examples import JSON, content, takes
from empathia.service.streaming import while_there
from empathia.service.tasks.speaking import FORMS
from empathia.service.workers import Worker
from empathia.types.manner import FASTEST, SLOWEST, TONES
from empathia.types.wire import from_json

SPEECH = "empathia-speech"
_EVENTS = "text/event-stream"
_FAVOURITES = ("alloy", "default")  # what clients say that want any voice
_LETTERS = 4096  # characters that are spoken at a time
_LISTS = ("timestamp_granularities", "keywords")
_BEGAN = int(time.time())

router = APIRouter(prefix="/v1", tags=["openai"])


_CHAT = {"model": chat.MODEL, "messages": [{"role": "user", "content": "I lost my keys again."}]}
_SPEECH = {"model": SPEECH, "voice": "alloy", "input": "I am with you."}
_FORM = {"model": transcripts.MODEL, "file": "talk.wav"}


@router.get("/models")
async def models(request: Request) -> dict[str, object]:
    """Models there are: one for each kind of request."""
    return {"object": "list", "data": _models(request)}


@router.get("/models/{id}")
async def model(id: str, request: Request) -> dict[str, object]:
    """One of them."""
    for one in _models(request):
        if one["id"] == id:
            return one
    known = ", ".join(str(one["id"]) for one in _models(request))
    raise Unfit("model", "there is no such model", f"There are {known}", 404, "model_not_found")


def _models(request: Request) -> list[dict[str, object]]:
    names = [chat.MODEL, transcripts.MODEL]
    if request.app.state.speaker is not None:
        names.append(SPEECH)
    rest = {"object": "model", "created": _BEGAN, "owned_by": "empathia"}
    return [{"id": name, **rest} for name in names]


@router.post("/chat/completions", openapi_extra=takes(content(JSON, "the least", _CHAT)))
async def completions(request: Request) -> Response:
    """Answer the last message of the user, with the emotion that was recognised in it."""
    asked = chat.wanted(Fields.of_json(await request.body()))
    state = request.app.state
    with state.rooms["chats"].place():
        turn = await while_there(request, state.talker.ask("chat", turns=asked.turns))
    answer = chat.Answer(asked, turn)
    if asked.stream:
        return StreamingResponse(_each(answer.pieces()), media_type=_EVENTS)
    return JSONResponse(answer.whole())


async def _each(pieces: Iterator[str]) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece


@router.post("/audio/transcriptions", openapi_extra=takes(content(KIND, "the least", _FORM)))
async def transcriptions(request: Request) -> Response:
    """Words of a recording, with who speaks and how it sounds where the form has room for it."""
    state = request.app.state
    folder = state.settings.folder / INCOMING
    room = state.rooms["transcriptions"]
    named = partial(Unfit, "file")
    with contextlib.closing(await take(request, room, named, folder=folder)) as came:
        asked = transcripts.wanted(_fields(came.texts))
        given = {"file": str(came.path), "given": asked.given, "longest": state.settings.longest}
        work = state.reader.ask("transcribe", **given)
        timeline = from_json(await came.read(while_there(request, work)))
    if asked.stream:
        pieces = _each(transcripts.events(timeline, asked))
        return StreamingResponse(pieces, media_type=_EVENTS)
    told = transcripts.written(timeline, asked)
    if isinstance(told, str):
        return Response(told.encode("utf-8", "backslashreplace"), media_type="text/plain")
    return JSONResponse(told)


def _fields(texts: Mapping[str, Sequence[str]]) -> Fields:
    """Texts of a form; brackets of their names tell that they come often, or have parts."""
    named = {key.partition("[")[0]: [*values] for key, values in texts.items()}
    return Fields({n: values if n in _LISTS else values[-1] for n, values in named.items()})


@router.post("/audio/speech", openapi_extra=takes(content(JSON, "the least", _SPEECH)))
async def speech(request: Request) -> Response:
    """Speak a text; sound goes out as it is made."""
    fields = Fields.of_json(await request.body())
    state = request.app.state
    speaker: Worker | None = state.speaker
    if speaker is None:
        remedy = "Start the service with one: empathia serve --voice kokoro"
        raise Unfit("model", "this service has no voice", remedy, 404, "model_not_found")
    asked = _spoken(fields, await speaker.ask("about"))
    pieces = _sound(state.rooms["speech"], speaker, asked)
    first = await anext(pieces, b"")  # what is refused is told by the status
    if not first:
        raise Unfit("input", "there is nothing in it that can be spoken", "Give words")
    return StreamingResponse(_from(first, pieces), media_type=FORMS[str(asked["form"])])


def _spoken(fields: Fields, voices: list[str]) -> dict[str, object]:
    """What is to be spoken, and how."""
    fields.model(SPEECH)
    fields.refuse({"stream_format": ("audio",)})
    text, voice = fields.text("input", _LETTERS), fields.get("voice")
    if isinstance(voice, Mapping):
        voice = voice.get("id")
    if not isinstance(voice, str) or (voices and voice not in (*_FAVOURITES, *voices)):
        known = ", ".join((*_FAVOURITES, *voices))
        raise Unfit("voice", "there is no such voice", f"Name one of {known}")
    return {
        "text": text,
        "voice": None if voice in _FAVOURITES else voice,
        "speed": fields.number("speed", SLOWEST, FASTEST, 1),
        "tone": fields.choice("instructions", TONES, "plain"),
        "form": fields.choice("response_format", tuple(FORMS), "mp3"),
    }


@router.websocket("/realtime")
async def realtime(socket: WebSocket) -> None:
    """Talk by OpenAI's Realtime events until either side ends it."""
    state = socket.app.state
    protocols = socket.scope.get("subprotocols", ())
    await socket.accept("realtime" if "realtime" in protocols else None)
    if socket.query_params.get("model", chat.MODEL) != chat.MODEL:
        await socket.close(WRONG, f"there is no such model: name '{chat.MODEL}'")
        return
    folder = state.settings.folder / INCOMING
    try:
        with state.rooms["talks"].place(), tempfile.TemporaryDirectory(dir=folder) as place:
            file = Path(place) / "talk.json"
            await Realtime(Words(socket), state.talker, state.speaker, file).run()
    except Refused as error:
        await socket.close(BUSY, reason(error))
    except WebSocketDisconnect:
        pass


async def _sound(
    room: Room, speaker: Worker, asked: Mapping[str, object]
) -> AsyncGenerator[bytes, None]:
    with room.place():
        async for data, _ in speaker.stream("speak", **asked):
            if data:
                yield data


async def _from(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with contextlib.aclosing(rest):
        yield first
        async for piece in rest:
            yield piece
