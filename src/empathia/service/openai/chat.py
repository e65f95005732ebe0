"""Chat completions: the last message of the user is judged and answered; nothing is kept."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from empathia.files import Plain
from empathia.pipeline.session import LISTENER, SPEAKER
from empathia.service.openai.fields import Fields, is_text
from empathia.service.problems import Unfit
from empathia.service.streaming import event

MODEL = "empathia"
_MESSAGES, _LETTERS, _TURNS = 1000, 20_000, 16
_STOPS = 4
_TOKEN = re.compile(r"\s*\S+")
_SPEAKERS = {"user": SPEAKER, "assistant": LISTENER, "system": None, "developer": None}
_UNHEEDED = "messages of the system and the developer are not heeded"
_NEUTRAL: Mapping[str, Sequence[object]] = {
    "n": (1,),
    "tools": (),
    "tool_choice": ("none", "auto"),
    "functions": (),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": (),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "modalities": (["text"],),
    "audio": (),
    "prediction": (),
    "web_search_options": (),
    "moderation": (),
    "store": (False,),
}


class Wanted(NamedTuple):
    """What a chat asks for.

    Args:
        turns: (speaker, words), the last of the user.
        stop: Where the answer ends.
        most: Words that it may have; None leaves it as it is.
        stream: Whether it comes in pieces.
        counted: Whether the last piece says how many words there were.
        notes: What was not heeded.
    """

    turns: list[tuple[str, str]]
    stop: tuple[str, ...]
    most: int | None
    stream: bool
    counted: bool
    notes: list[str]


def wanted(fields: Fields) -> Wanted:
    """What a request asks for.

    Raises:
        Unfit: It cannot be, or cannot be done.
    """
    fields.model(MODEL)
    fields.refuse(_NEUTRAL)
    fields.number("temperature", 0, 2, 1)  # written lines have none; nor the two below
    fields.number("top_p", 0, 1, 1)
    most = fields.whole("max_completion_tokens", 1_000_000)
    turns, notes = _turns(fields.get("messages"))
    options = fields.get("stream_options") or {}
    if not isinstance(options, Mapping):
        raise Unfit("stream_options", "'stream_options' is no object", "Leave it out")
    return Wanted(
        turns,
        _stops(fields.get("stop")),
        most or fields.whole("max_tokens", 1_000_000),
        fields.flag("stream"),
        Fields(options).flag("include_usage"),
        notes,
    )


def _turns(messages: object) -> tuple[list[tuple[str, str]], list[str]]:
    if not isinstance(messages, list) or not 0 < len(messages) <= _MESSAGES:
        raise Unfit("messages", f"'messages' are a list of 1 to {_MESSAGES}", "Give it")
    turns, notes = [], []
    for i, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if not isinstance(role, str) or role not in _SPEAKERS:
            raise Unfit(f"messages[{i}].role", "a message of no known role", "Use user, assistant")
        text = _content(message.get("content"), f"messages[{i}].content")
        who = _SPEAKERS[role]
        if who is None:
            notes = [_UNHEEDED]
        elif text.strip():
            turns.append((who, text))
    if not turns or turns[-1][0] != SPEAKER or message.get("role") != "user":
        raise Unfit("messages", "the last message is not of the user", "Let the user speak last")
    return turns[-_TURNS:], notes


def _content(content: object, name: str) -> str:
    """Words of a message: a text, or its parts."""
    if content is None:
        return ""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list):
        raise Unfit(name, "the content is neither a text nor parts", "Give a text")
    texts = []
    for i, part in enumerate(parts):
        if not isinstance(part, dict) or part.get("type") != "text":
            raise Unfit(f"{name}[{i}].type", "parts other than text are not supported", "Give text")
        text = part.get("text")
        if not isinstance(text, str) or not is_text(text):
            raise Unfit(name, "the content is no text", "Give a text")
        texts.append(text)
    joined = "\n".join(texts)
    if len(joined) > _LETTERS:
        raise Unfit(name, f"a message has {len(joined)} characters, {_LETTERS} are taken", "Cut it")
    return joined


def _stops(given: object) -> tuple[str, ...]:
    stops = [given] if isinstance(given, str) else given or []
    if isinstance(stops, list) and len(stops) <= _STOPS:
        texts = tuple(s for s in stops if isinstance(s, str) and s)
        if len(texts) == len(stops):
            return texts
    raise Unfit("stop", f"'stop' is a text, or up to {_STOPS} of them", "Leave it out")


class Answer:
    """An answer to a chat, as it goes out.

    Args:
        asked: What was asked for.
        turn: The user's turn with its reply, as JSON (docs/json.md).
    """

    def __init__(self, asked: Wanted, turn: Mapping[str, Plain]) -> None:
        self._asked = asked
        reply: Mapping[str, Plain] = turn["reply"]  # type: ignore[assignment]
        self._tokens, self._reason = _cut(str(reply["text"]), asked.stop, asked.most)
        told: dict[str, Plain] = {n: reply[n] for n in ("source", "note", "why", "exemplars")}
        felt: dict[str, Plain] = {n: turn[n] for n in ("language", "emotion", "emotions")}
        self._own: dict[str, Plain] = {**felt, "reply": told, "notes": list(asked.notes)}
        self._head: dict[str, Plain] = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": MODEL,
        }

    @property
    def _usage(self) -> dict[str, Plain]:
        heard = sum(len(_TOKEN.findall(words)) for _, words in self._asked.turns)
        made = len(self._tokens)
        return {"prompt_tokens": heard, "completion_tokens": made, "total_tokens": heard + made}

    def whole(self) -> dict[str, Plain]:
        """In one piece."""
        message: dict[str, Plain] = {
            "role": "assistant",
            "content": "".join(self._tokens),
            "refusal": None,
        }
        choice = self._choice("message", {**message, "empathia": self._own}, self._reason)
        head = {**self._head, "object": "chat.completion"}
        return {**head, "choices": [choice], "usage": self._usage}

    def pieces(self) -> Iterator[str]:
        """As server-sent events, a word each."""
        yield self._piece({"role": "assistant", "content": "", "empathia": self._own})
        for token in self._tokens:
            yield self._piece({"content": token})
        yield self._piece({}, self._reason)
        if self._asked.counted:
            yield self._event([], self._usage)
        yield "data: [DONE]\n\n"

    def _piece(self, delta: dict[str, Plain], reason: str | None = None) -> str:
        return self._event([self._choice("delta", delta, reason)], None)

    @staticmethod
    def _choice(name: str, what: Plain, reason: str | None) -> Plain:
        return {"index": 0, name: what, "logprobs": None, "finish_reason": reason}

    def _event(self, choices: list[Plain], usage: Plain) -> str:
        counted = {"usage": usage} if self._asked.counted else {}
        what = {"object": "chat.completion.chunk", "choices": choices, **counted}
        return event({**self._head, **what})


def _cut(text: str, stop: Sequence[str], most: int | None) -> tuple[list[str], str]:
    """Words of an answer up to where it is to end, and why it ends."""
    ends = [place for s in stop if (place := text.find(s)) >= 0]
    tokens = _TOKEN.findall(text[: min(ends, default=len(text))])
    if most is not None and len(tokens) > most:
        return tokens[:most], "length"
    return tokens, "stop"
