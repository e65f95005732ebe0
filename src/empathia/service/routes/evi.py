"""``/v0/evi/chat``: the empathic voice interface; ``/v1/chats``: talks that were kept."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Annotated

from fastapi import APIRouter, Depends, Request, WebSocket, WebSocketDisconnect

from empathia.errors import AccessError, EmpathiaError
from empathia.report.words import words_in
from empathia.service.chats import Chats, Kept
from empathia.service.evi.chat import Chat
from empathia.service.forms import INCOMING
from empathia.service.lines import Words, reason
from empathia.service.problems import Refused
from empathia.service.room import BUSY, LOCKED, TAKEN, WRONG
from empathia.service.routes.jobs import Owner
from empathia.service.visiting import owner_of

router = APIRouter(tags=["chats"])


@dataclasses.dataclass(frozen=True, slots=True)
class Talks:
    """Talks, the one that was last spoken in first."""

    chats: list[Kept]


def chats_of(request: Request) -> Chats:
    """All talks that the service keeps."""
    every: Chats = request.app.state.chats
    return every


ChatsOf = Annotated[Chats, Depends(chats_of)]


@router.get("/v1/chats")
def every(chats: ChatsOf, owner: Owner) -> Talks:
    """Talks that are kept; ``id`` is their ``chat_group_id``."""
    return Talks(chats.all_of(owner))


@router.delete("/v1/chats/{id}", status_code=204)
async def delete(id: str, chats: ChatsOf, owner: Owner) -> None:
    """Delete what was said in a talk; one that is open is refused."""
    await chats.delete(owner, id)


@router.websocket("/v0/evi/chat")
async def chat(socket: WebSocket) -> None:
    """Talk until either side ends it; ``?kept=no`` is forgotten then."""
    state = socket.app.state
    await socket.accept()
    try:
        group = socket.query_params.get("resumed_chat_group_id") or None
        passes = socket.query_params.get("kept") == "no"
        folder = state.settings.folder / (INCOMING if passes else "chats")
        folder /= await asyncio.to_thread(owner_of, socket)
        verbose = socket.query_params.get("verbose_transcription") in ("true", "1")
        told = words_in(socket.query_params.get("language") or "en")
        with state.rooms["evi"].place():
            talk = Words(socket), state.talker, folder, group, state.speaker
            one = Chat(*talk, verbose=verbose, words=told)
            async with state.chats.held(one.file, one.end):
                try:
                    await one.run()
                finally:
                    if passes:
                        one.forget()
        await socket.close(TAKEN, "the talk goes on elsewhere, or its account is gone")
    except AccessError as error:
        await socket.close(LOCKED, reason(error))
    except EmpathiaError as error:
        await socket.close(BUSY if isinstance(error, Refused) else WRONG, reason(error))
    except WebSocketDisconnect:
        pass
