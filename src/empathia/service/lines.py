"""Connections, of which none is held for ever by a client that says nothing or does not listen."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import h11
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from empathia.errors import EmpathiaError

_ASKS = 20.0  # s in which the head of a request has to come, the next one, too
_LISTENS = 60.0  # s in which some of what is sent has to be taken


class _Listened(asyncio.Protocol):
    """A connection that is given up where its client takes nothing of what is sent."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _listens: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The client takes less than is sent."""
        super().pause_writing()
        self._watch()

    def _watch(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._listens = self.loop.call_later(_LISTENS, self._look, left)

    def _look(self, left: int) -> None:
        """Give it up where none of what was left has been taken."""
        if self.transport.get_write_buffer_size() < left:
            self._watch()
        else:
            self.transport.abort()

    def resume_writing(self) -> None:
        """It has taken nearly all of it."""
        _cancel(self._listens)
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        _cancel(self._listens)
        super().connection_lost(exc)


class Line(_Listened, H11Protocol):
    """A connection of HTTP."""

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - as uvicorn makes it
        super().__init__(*args, **more)
        # Clients let go of a line that idles after 5 s, or come again after "Retry-After: 5": one
        # that was closed in that very moment would cost them a request. _ASKS is the bound here.
        self.timeout_keep_alive = round(2 * _ASKS)
        self._asks: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        """It may ask once more."""
        super().on_response_complete()
        self._wait()

    def _wait(self) -> None:
        _cancel(self._asks)
        self._asks = self.loop.call_later(_ASKS, self._late)

    def _late(self) -> None:
        if self.flow.write_paused:  # it takes the last answer first
            self._wait()
        elif self.cycle is None or self.cycle.response_complete:  # else it is its body that comes
            self.transport.abort()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """From here on it is a :class:`Talk`."""
        _cancel(self._asks)
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP, be it before an answer or behind it."""
        if self.cycle is not None:  # its answer is nobody's any more
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            super().send_400_response(msg)
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        _cancel(self._asks)
        super().connection_lost(exc)


class Talk(_Listened, WebSocketsSansIOProtocol):
    """A connection of a WebSocket; who answers no ping is let go by uvicorn."""


class Words:
    """A socket that carries messages of words.

    Args:
        socket: To a client; it is accepted.
    """

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def receive_text(self) -> str:
        """The next message; "", which means nothing to anybody, where it is one of bytes.

        Raises:
            WebSocketDisconnect: The client has gone.
        """
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])
        return message.get("text") or ""

    async def send_text(self, data: str) -> None:
        """Send one; it is lost where the client has gone, as who receives hears."""
        if self._socket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # uvicorn closes it
                await self._socket.send_text(data)


def reason(error: EmpathiaError) -> str:
    """Why a socket is closed, in the 123 bytes that there are for it."""
    return error.problem.encode("utf-8", "replace")[:120].decode("utf-8", "ignore")


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
