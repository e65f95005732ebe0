"""Tools in the messages of OpenAI's chat completions: offered, called, answered."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence

from empathia.files import Plain
from empathia.types.talk import Call, Tool

_CHOSEN_IN = 512  # tokens that a call may take


def past(done: Sequence[tuple[Call, str]]) -> list[Mapping[str, Plain]]:
    """Messages behind the chat: what was called, and what came of it."""
    after: list[Mapping[str, Plain]] = []
    for call, content in done:
        function: Plain = {"name": call.name, "arguments": call.arguments}
        asked: Plain = {"id": call.id, "type": "function", "function": function}
        after.append({"role": "assistant", "content": None, "tool_calls": [asked]})
        after.append({"role": "tool", "tool_call_id": call.id, "content": content})
    return after


def offered(tools: Sequence[Tool]) -> dict[str, Plain]:
    """Fields of a request that offers tools."""
    functions: list[Plain] = [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.parameters),
            },
        }
        for tool in tools
    ]
    return {"tools": functions, "max_tokens": _CHOSEN_IN}


def called(choice: Mapping[str, Plain], tools: Sequence[Tool]) -> Call | None:
    """The first call of an answer; None where it calls nothing that was offered.

    Raises:
        ValueError: Its arguments are no JSON object.
    """
    message = choice.get("message")
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    first = calls[0] if isinstance(calls, list) and calls else None
    function = first.get("function") if isinstance(first, dict) else None
    if not isinstance(function, dict) or function.get("name") not in {t.name for t in tools}:
        return None
    given = function.get("arguments") or "{}"
    text = given if isinstance(given, str) else json.dumps(given)  # Ollama gives an object
    if not isinstance(json.loads(text), dict):
        raise ValueError("no object")
    return Call(secrets.token_urlsafe(12), str(function["name"]), text)
