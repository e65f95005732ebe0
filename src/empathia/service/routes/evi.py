"""``/v0/evi/chat``: the empathic voice interface."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from empathia.errors import EmpathiaError
from empathia.service.evi.chat import Chat
from empathia.service.forms import INCOMING
from empathia.service.lines import Words, reason
from empathia.service.problems import Refused
from empathia.service.room import BUSY, WRONG
from empathia.service.visiting import owner_of

router = APIRouter()


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
        with state.rooms["evi"].place():
            talk = Words(socket), state.talker, folder, group, state.speaker
            one = Chat(*talk, verbose=verbose)
            try:
                await one.run()
            finally:
                if passes:
                    one.forget()
    except EmpathiaError as error:
        await socket.close(BUSY if isinstance(error, Refused) else WRONG, reason(error))
    except WebSocketDisconnect:
        pass
