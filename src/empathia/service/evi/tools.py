"""Tools that a client offers: called before an answer is made, which may then say what they told.

session_settings.tools -> tool_call -> tool_response | tool_error | nothing in time -> answer
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from empathia.errors import UsageError
from empathia.service.openai.fields import is_text
from empathia.service.talk import LETTERS, Json
from empathia.types.talk import Call, Tool

_ROUNDS = 4  # calls before an answer
_WAITS = 20.0  # s for what a tool tells
_MOST = 16  # tools of a talk
_NAME = re.compile(r"[\w-]{1,64}", re.ASCII)


class Tools:
    """Those of one talk.

    Args:
        send: Sends a message of a type with its fields.
    """

    def __init__(self, send: Callable[..., Awaitable[None]]) -> None:
        self._send = send
        self._offered: dict[str, tuple[Tool, str]] = {}  # with what it tells where it fails
        self._waiting: dict[str, asyncio.Future[str]] = {}

    def offer(self, given: object) -> None:
        """Take the place of those before; none where one of them cannot be.

        Raises:
            UsageError: One cannot be.
        """
        self._offered = {}
        if not isinstance(given, list) or len(given) > _MOST:
            raise UsageError(f"'tools' is no list of up to {_MOST}", "Give one")
        offered = [_read(one) for one in given]
        self._offered = {tool.name: (tool, fallback) for tool, fallback in offered}

    async def found_out(self, ask: Callable[..., Awaitable[Any]]) -> list[str]:
        """Call what helps to answer what was said last.

        Args:
            ask: Of the talk.

        Returns:
            What each told.

        Raises:
            EmpathiaError: The model cannot call any, or does not answer.
        """
        done: list[tuple[Call, str]] = []
        while self._offered and len(done) < _ROUNDS:
            tools = [tool for tool, _ in self._offered.values()]
            try:
                call = await ask("call", tools=tools, done=done)
            except UsageError:
                self._offered = {}  # it is told once
                raise
            if call is None or call.name not in self._offered:  # it may be offered no more
                break
            done.append((call, await self._told(call)))
        return [f"{call.name} {call.arguments}: {told}" for call, told in done if told]

    async def _told(self, call: Call) -> str:
        waiting = self._waiting[call.id] = asyncio.get_running_loop().create_future()
        _, fallback = self._offered[call.name]  # others may be offered meanwhile
        try:
            await self._send(
                "tool_call",
                name=call.name,
                parameters=call.arguments,
                response_required=True,
                tool_call_id=call.id,
                tool_type="function",
            )
            async with asyncio.timeout(_WAITS):
                return await waiting or fallback
        except TimeoutError:
            return fallback
        finally:
            del self._waiting[call.id]

    async def answered(self, message: Json) -> None:
        """What a tool told, or that it failed; the client hears it back.

        Raises:
            UsageError: Nobody waits for it, or it has no text.
        """
        kind, id = message["type"], message.get("tool_call_id")
        content, error = message.get("content"), message.get("error")
        waiting = self._waiting.get(id) if isinstance(id, str) else None
        if waiting is None or waiting.done():
            raise UsageError(f"no call waits for this '{kind}'", "Answer a 'tool_call' by its id")
        needed, told = content if kind == "tool_response" else error, content or ""
        if not all(isinstance(x, str) and is_text(x) for x in (needed, told)):
            raise UsageError(f"'{kind}' has no text", "Give it")
        waiting.set_result(told[:LETTERS])
        fields = ("tool_call_id", "content", "error", "code", "level", "tool_name", "tool_type")
        await self._send(kind, **{f: message[f] for f in fields if message.get(f) is not None})


def _read(given: object) -> tuple[Tool, str]:
    """A tool, and what it tells where it fails."""
    if not isinstance(given, Mapping) or given.get("type") != "function":
        raise UsageError("a tool is of no type that is known", "Give one of type 'function'")
    name, schema = given.get("name"), given.get("parameters")
    texts = [given.get(field) or "" for field in ("description", "fallback_content")]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UsageError("a tool has no name", "Letters, digits, '_' and '-', 64 at most")
    try:
        parameters = json.loads(schema) if isinstance(schema, str) else None
    except (ValueError, RecursionError):
        parameters = None
    if not isinstance(parameters, dict) or not is_text(str(schema)):
        raise UsageError(
            f"the 'parameters' of the tool '{name}' are no JSON schema", "Give it as a text"
        )
    if not all(isinstance(x, str) and len(x) <= LETTERS and is_text(x) for x in texts):
        raise UsageError(f"the tool '{name}' is described by no text", f"{LETTERS} characters")
    description, fallback = texts
    return Tool(name, description, parameters), fallback
