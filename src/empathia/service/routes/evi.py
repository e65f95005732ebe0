"""``/v0/evi/chat``: the empathic voice interface."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from empathia.errors import EmpathiaError
from empathia.service.evi.chat import Chat
from empathia.service.lines import Words, reason
from empathia.service.visiting import owner_of

_MOST = 32  # chats at a time
_BUSY, _WRONG = 1013, 1008  # why a socket is closed

router = APIRouter()


@router.websocket("/v0/evi/chat")
async def chat(socket: WebSocket) -> None:
    """Talk until either side ends it."""
    state = socket.app.state
    await socket.accept()
    if len(state.chats) >= _MOST:
        await socket.close(_BUSY, "too many chats at a time: come again later")
        return
    try:
        group = socket.query_params.get("resumed_chat_group_id") or None
        folder = state.settings.folder / "chats" / await asyncio.to_thread(owner_of, socket)
        verbose = socket.query_params.get("verbose_transcription") in ("true", "1")
        one = Chat(Words(socket), state.talker, folder, group, state.speaker, verbose=verbose)
    except EmpathiaError as error:
        await socket.close(_WRONG, reason(error))
        return
    task = asyncio.current_task()
    state.chats.add(task)
    try:
        await one.run()
    except WebSocketDisconnect:
        pass
    finally:
        state.chats.discard(task)
