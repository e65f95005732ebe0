"""Any server that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, a cloud.

Words go to the server and nowhere else, see ``is_local``. Thinking models are
allowed to think; what they thought is cut off.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from empathia.errors import ServerError, UsageError
from empathia.lm import _http
from empathia.types import Request

_THOUGHT = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_UNFINISHED = re.compile(r"<think(?:ing)?>.*\Z", re.DOTALL | re.IGNORECASE)
_HEADLESS = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_THINKING_TOKENS = 1024
_LONGEST_WAIT_S = 5.0
_CHARACTERS_A_TOKEN = 40


class ServerModel:
    """A model behind a URL.

    Args:
        url: The server, with or without ``/v1``.
        model: Name of the model as the server knows it.
        timeout: Seconds for one question, retry included in the counting anew.
        connect_timeout: Seconds until the connection stands.
        pause: Seconds before the one retry, where the server does not say.

    The key is read from the environment: EMPATHIA_LLM_KEY, else OPENAI_API_KEY, the
    latter only for openai.com and this machine, so that it never goes to a stranger.

    Raises:
        UsageError: The URL, the model, a time or the key cannot be meant.
    """

    prefills = False

    def __init__(
        self,
        url: str,
        model: str,
        *,
        timeout: float = 60.0,
        connect_timeout: float = 5.0,
        pause: float = 0.5,
    ) -> None:
        if not model.strip():
            raise UsageError("no model is named for the language model server", "Name one")
        if not (timeout > 0 and connect_timeout > 0 and pause >= 0):
            raise UsageError(
                f"expected times over 0 s, found {timeout}, {connect_timeout}, {pause}",
                "Raise them",
            )
        self.name = model
        self._address = _endpoint(_http.parse(url))
        self._timeout = timeout
        self._connect = connect_timeout
        self._pause = pause
        self._key = _key(self.host, self.is_local)
        self._thinking = 0

    def __repr__(self) -> str:
        return f"ServerModel('{self._address}', '{self.name}')"

    @property
    def host(self) -> str:
        """Where the words go."""
        return self._address.host

    @property
    def is_local(self) -> bool:
        """Whether the server runs on this machine, so that words do not leave it."""
        return _is_local(self.host)

    def complete(self, requests: Sequence[Request]) -> list[str]:
        """The answer to each request, asked for one after the other.

        ``top_k`` stays here: it is no part of the protocol and some servers refuse it.

        Raises:
            ServerError: The server is down or slow, or its answer is none.
        """
        return [self._complete(r) for r in requests]

    def _complete(self, request: Request) -> str:
        body = self._body(request)
        text, cut = self._ask(body, request.max_tokens)
        if not text and cut and not self._thinking:
            # A thinking model spent all tokens before its first word.
            self._thinking = _THINKING_TOKENS
            text, cut = self._ask(body, request.max_tokens)
        if not text:
            raise self._error("answered with no words", "Try another model")
        if len(text) > request.max_tokens * _CHARACTERS_A_TOKEN:
            raise self._error(
                f"answered {len(text)} characters where {request.max_tokens} tokens were asked for",
                "Check that it heeds max_tokens",
            )
        return text

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.name,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "temperature": request.temperature,
            "seed": request.seed,
            "stream": False,
        }
        return {**body, "stop": list(request.stop)} if request.stop else body

    def _ask(self, request: dict[str, Any], max_tokens: int) -> tuple[str, bool]:
        request = {**request, "max_tokens": max(1, max_tokens) + self._thinking}
        response = self._post(json.dumps(request).encode())
        if response.status != 200:
            raise self._refused(response)
        return self._read(response.body)

    def _post(self, body: bytes) -> _http.Response:
        wait = self._pause
        try:
            response = self._send(body)
            if response.status != 429 and response.status < 500:
                return response
            asked = _retry_after(response)
            wait = self._pause if asked is None else asked
            if wait > _LONGEST_WAIT_S:
                return response
        except ConnectionError:
            pass
        time.sleep(wait)
        try:
            return self._send(body)
        except ConnectionError as error:
            raise self._error("hung up twice", "Look into its log") from error

    def _send(self, body: bytes) -> _http.Response:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return _http.post(self._address, body, headers, connect=self._connect, total=self._timeout)

    def _read(self, body: bytes) -> tuple[str, bool]:
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._error(
                "answered something that is not JSON", "Check that the URL is its API"
            ) from error
        choices = answer.get("choices") if isinstance(answer, dict) else None
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise self._error("answered without choices", "Check that the URL is its chat API")
        message = choices[0].get("message")
        content = message.get("content") if isinstance(message, dict) else None
        return _without_thoughts(_text(content)), choices[0].get("finish_reason") == "length"

    def _refused(self, response: _http.Response) -> ServerError:
        said = _shorten(_message(response.body))
        if self._key:
            said = said.replace(self._key, "***")
        remedies = {
            401: "Set EMPATHIA_LLM_KEY to its key",
            403: "Set EMPATHIA_LLM_KEY to a key that may use the model",
            404: f"Check the URL and that it serves the model '{self.name}'",
            429: "Ask again later",
        }
        what = f"answered with HTTP status {response.status}" + (f": {said}" if said else "")
        return self._error(what, remedies.get(response.status, "Look into its log"))

    def _error(self, what: str, remedy: str) -> ServerError:
        return ServerError(f"the language model server {self._address} {what}", remedy)


def _endpoint(address: _http.Address) -> _http.Address:
    path = address.path.removesuffix("/chat/completions")
    return replace(address, path=(path or "/v1") + "/chat/completions")


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _key(host: str, local: bool) -> str:
    key = os.environ.get("EMPATHIA_LLM_KEY", "").strip()
    if not key and (local or host == "openai.com" or host.endswith(".openai.com")):
        key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not key.isascii() or any(c.isspace() or not c.isprintable() for c in key):
        raise UsageError(
            "the key of the language model server holds characters that no key has",
            "Mend EMPATHIA_LLM_KEY or OPENAI_API_KEY",
        )
    return key


def _retry_after(response: _http.Response) -> float | None:
    value = response.headers.get("retry-after", "").strip()
    # Servers may send a date too; that is never a short wait worth parsing.
    return float(value) if re.fullmatch(r"\d{1,6}(\.\d+)?", value) else None


def _text(content: object) -> str:
    """Content is a string, or a list of parts of which some are text."""
    if isinstance(content, list):
        parts = [p.get("text") for p in content if isinstance(p, dict)]
        return "".join(p for p in parts if isinstance(p, str))
    return content if isinstance(content, str) else ""


def _without_thoughts(text: str) -> str:
    # Some chat templates open the thought themselves, so only its end is seen.
    text = _HEADLESS.sub("", _THOUGHT.sub("", text))
    return _UNFINISHED.sub("", text).strip()


def _message(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return body[:2000].decode("utf-8", "replace")
    error = answer.get("error", answer) if isinstance(answer, dict) else answer
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or ""
    return str(error)


def _shorten(text: str, most: int = 200) -> str:
    """One printable line without markup."""
    plain = re.sub(r"<[^>]*>", " ", text)
    line = " ".join("".join(c if c.isprintable() else " " for c in plain).split())
    return line if len(line) <= most else line[: most - 1] + "…"
