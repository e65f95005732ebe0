"""Any server that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, a cloud.

Words go to the server and nowhere else, see ``is_local``. Thinking models are
allowed to think; what they thought is cut off.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus

import numpy as np

from empathia.errors import ServerError, UnansweredError, UsageError
from empathia.files import Plain
from empathia.lm import _given
from empathia.lm.server import calling, http, said
from empathia.types import FloatArray, Message, Request
from empathia.types.talk import Call, Tool

_THINKING_TOKENS = 1024
_LONGEST_WAIT_S = 5.0
_CONNECT_S = 5.0  # until the connection stands
_CHARACTERS_A_TOKEN = 40
_TOP = 20  # first tokens that are asked for: the most of the protocol


class _UnknownFieldError(ServerError):
    """The server does not know a field."""


def load(spec: str, threads: int | None = None) -> ServerModel:
    """The model of a server; threads are the server's own matter.

    Args:
        spec: The URL, "#", and the name of the model, like "http://localhost:8000/v1#llama3".
        threads: Not used.

    Raises:
        UsageError: The URL, the model or the key cannot be meant.
    """
    url, _, model = spec.partition("#")
    return ServerModel(url, model)


class ServerModel:
    """A model behind a URL.

    Args:
        url: The server, with or without ``/v1``.
        model: Name of the model as the server knows it.
        timeout: Seconds for one question, retry included in the counting anew.
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
        pause: float = 0.5,
    ) -> None:
        if not model.strip():
            raise UsageError("no model is named for the language model server", "Name one")
        if not (timeout > 0 and pause >= 0):
            raise UsageError(f"expected times over 0 s, found {timeout}, {pause}", "Raise them")
        self.name = model
        self._address = _endpoint(http.parse(url))
        self._timeout = timeout
        self._pause = pause
        self._key = http.key(self._address)
        self._thinking = 0
        self._whole: bool | None = None  # scores whole answers; None until that has shown
        self._scorer = _given.Scorer(self._asked)

    def __repr__(self) -> str:
        return f"ServerModel('{self._address}', '{self.name}')"

    @property
    def host(self) -> str:
        """Where the words go."""
        return self._address.host

    @property
    def is_local(self) -> bool:
        """Whether the server runs on this machine, so that words do not leave it."""
        return self._address.is_local

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
            raise self._error("answered with no words", "Try another model", UnansweredError)
        self._check_length(len(text), request.max_tokens)
        return text

    def stream(self, request: Request) -> Generator[str, None, None]:
        """The answer, piece by piece; closing the iterator closes the connection.

        A thought is left out where it is marked at both ends. ``timeout`` is the wait for the
        next piece. Nothing is asked twice.

        Raises:
            ServerError: The server is down or slow, or its answer is none.
        """
        body = {**self._body(request), "stream": True}
        headers = {**self._headers(), "Accept": "text/event-stream"}
        sent = json.dumps({**body, "max_tokens": max(1, request.max_tokens) + self._thinking})
        with http.opened(
            self._address, sent.encode(), headers, connect=_CONNECT_S, wait=self._timeout
        ) as answer:
            if answer.status != HTTPStatus.OK:
                raise self._refused(answer.status, answer.read(http.MAX_BYTES))
            if "text/event-stream" in answer.headers.get("content-type", ""):
                pieces = said.spoken(self._pieces(answer))
            else:  # a server that does not stream
                pieces = iter([self._read(answer.read(http.MAX_BYTES))[0]])
            length = 0
            for piece in pieces:
                length += len(piece)
                self._check_length(length, request.max_tokens)
                yield piece
            if not length:
                raise self._error("answered with no words", "Try another model", UnansweredError)

    def call(
        self, messages: Sequence[Message], tools: Sequence[Tool], done: Sequence[tuple[Call, str]]
    ) -> Call | None:
        """The tool that it wants to use, if any.

        Args:
            messages: The chat that asks for it.
            tools: What it may use.
            done: What it has used, with what came of it.

        Raises:
            ServerError: The server is down or slow, knows no tools, or its answer is none.
        """
        chat = [*_given.chat(messages), *calling.past(done)]
        how = {"temperature": 0, "stream": False, **calling.offered(tools)}
        response = self._post(json.dumps({"model": self.name, "messages": chat, **how}).encode())
        if response.status != HTTPStatus.OK:
            raise self._refused(response.status, response.body)
        try:
            return calling.called(self._choice(self._json(response.body)), tools)
        except (ValueError, RecursionError) as error:
            raise self._error("called a tool with no JSON object", "Try another model") from error

    def score(self, requests: Sequence[Request], answers: Sequence[str]) -> FloatArray:
        """(requests, answers) log likelihoods in nats of each answer after each request.

        vLLM gives those of a prompt, llama.cpp's server those of what it is made to say. Others
        mostly give those of the likeliest first tokens: an answer then gets that of the tokens that
        it alone begins with, and where there is none the least of them. The end of an answer is not
        counted.

        Raises:
            UsageError: An answer is empty.
            ServerError: The server is down or slow, or gives no log probabilities.
        """
        _given.check(answers)
        _given.refuse(requests, self.name)
        rows = [self._score(r, answers) for r in requests if answers]
        return np.array(rows, dtype=np.float32).reshape(len(requests), len(answers))

    def _score(self, request: Request, answers: Sequence[str]) -> list[float]:
        messages = _given.chat(request.messages)
        begun = bool(messages) and messages[-1]["role"] == "assistant"
        probe = {} if self._whole is False else self._probed(messages, begun=begun)
        known = probe.get("prompt_logprobs")
        if isinstance(known, list):
            row = [self._after(messages, len(known), a, begun=begun) for a in answers]
        elif "timings" in probe:  # llama.cpp
            row = [self._scorer.after(messages, a) for a in answers]
        elif begun or self._whole:  # figures of the two kinds are not to be mixed
            raise self._no_scores()
        else:
            row = self._by_first_token(messages, answers)
        self._whole = bool(probe.keys() & {"prompt_logprobs", "timings"})
        return row

    def _probed(self, messages: _given.Messages, *, begun: bool) -> Mapping[str, Plain]:
        """What is known of the prompt; nothing where the server does not say such things."""
        try:
            return self._prompt_scores(messages, begun=begun)
        except _UnknownFieldError:
            if self._whole:  # it knows the field: what is asked is too long, or wrong otherwise
                raise
            return {}

    def _by_first_token(self, messages: _given.Messages, answers: Sequence[str]) -> list[float]:
        reply = self._asked(
            {"messages": messages, "max_tokens": 1, "logprobs": True, "top_logprobs": _TOP}
        )
        tokens = said.first_tokens(self._choice(reply))
        if not tokens:
            raise self._no_scores()
        begins = {t: [a for a in answers if a.casefold().startswith(t.casefold())] for t in tokens}
        alone = {t: theirs[0] for t, theirs in begins.items() if len(theirs) == 1}
        least = min(tokens.values())
        each = [[tokens[t] for t, whose in alone.items() if whose == a] for a in answers]
        return [float(np.logaddexp.reduce(x)) if x else least for x in each]

    def _prompt_scores(self, messages: _given.Messages, *, begun: bool) -> Mapping[str, Plain]:
        body: dict[str, Plain] = {"messages": messages, "prompt_logprobs": 0, "max_tokens": 1}
        if begun:
            body |= {"add_generation_prompt": False, "continue_final_message": True}
        return self._asked(body)

    def _after(self, messages: _given.Messages, known: int, answer: str, *, begun: bool) -> float:
        """The sum over what vLLM says of the tokens after the ``known`` ones of the prompt."""
        start = str(messages[-1]["content"]) if begun else ""
        whole: Mapping[str, Plain] = {"role": "assistant", "content": start + answer}
        reply = self._prompt_scores([*(messages[:-1] if begun else messages), whole], begun=True)
        tokens = reply.get("prompt_logprobs")
        values = [said.logprob(t) for t in tokens[known:]] if isinstance(tokens, list) else []
        if not values or None in values:
            raise self._no_scores()
        return float(sum(v for v in values if v is not None))

    def _asked(self, body: Mapping[str, Plain]) -> Mapping[str, Plain]:
        """The answer to a request for log probabilities."""
        sent = {"model": self.name, "stream": False, "temperature": 0, **body}
        response = self._post(json.dumps(sent).encode())
        if response.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY):
            refused = self._refused(response.status, response.body)
            error = self._no_scores(f": it {refused.problem.partition(f'{self._address} ')[2]}")
            raise _UnknownFieldError(error.problem, error.remedy)
        if response.status != HTTPStatus.OK:
            raise self._refused(response.status, response.body)
        return self._json(response.body)

    def _no_scores(self, detail: str = "") -> ServerError:
        return self._error(
            f"gives no log probabilities of given answers{detail}",
            "Use the local model, vLLM or llama.cpp's server, or take answers that it writes",
        )

    def _body(self, request: Request) -> dict[str, Plain]:
        _given.refuse([request], self.name)
        body: dict[str, Plain] = {
            "model": self.name,
            "messages": _given.chat(request.messages),
            "temperature": request.temperature,
            "seed": request.seed,
            "stream": False,
        }
        if request.stop:
            body["stop"] = list(request.stop)
        return body | _limits(request.choices)

    def _ask(self, body: Mapping[str, Plain], max_tokens: int) -> tuple[str, bool]:
        sent = {**body, "max_tokens": max(1, max_tokens) + self._thinking}
        response = self._post(json.dumps(sent).encode())
        if response.status != HTTPStatus.OK:
            raise self._refused(response.status, response.body)
        return self._read(response.body)

    def _check_length(self, length: int, max_tokens: int) -> None:
        if length > max_tokens * _CHARACTERS_A_TOKEN:
            raise self._error(
                f"answered {length} characters where {max_tokens} tokens were asked for",
                "Check that it heeds max_tokens",
                UnansweredError,
            )

    def _post(self, body: bytes) -> http.Response:
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

    def _send(self, body: bytes) -> http.Response:
        headers = self._headers()
        return http.post(self._address, body, headers, connect=_CONNECT_S, total=self._timeout)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return {**headers, "Authorization": f"Bearer {self._key}"} if self._key else headers

    def _read(self, body: bytes) -> tuple[str, bool]:
        choice = self._choice(self._json(body))
        message = choice.get("message")
        content = message.get("content") if isinstance(message, dict) else None
        return said.without_thoughts(said.text_of(content)), choice.get("finish_reason") == "length"

    def _pieces(self, lines: Iterable[bytes]) -> Iterator[str]:
        """The text of server-sent events, as it comes."""
        for line in lines:
            event = line.removeprefix(b"data:").strip()
            if not line.startswith(b"data:") or not event:
                continue
            if event == b"[DONE]":
                return
            chunk = self._json(event)
            if "error" in chunk:
                raise self._error(f"broke off: {self._censored(event)}", "Look into its log")
            if chunk.get("choices"):  # the last one may hold nothing but counts
                delta = self._choice(chunk).get("delta")
                yield said.text_of(delta.get("content")) if isinstance(delta, dict) else ""

    def _json(self, body: bytes) -> Mapping[str, Plain]:
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise self._error(
                "answered something that is not JSON", "Check that the URL is its API"
            ) from error
        return answer if isinstance(answer, dict) else {}

    def _choice(self, answer: Mapping[str, Plain]) -> Mapping[str, Plain]:
        choices = answer.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(first, dict):
            raise self._error("answered without choices", "Check that the URL is its chat API")
        return first

    def _refused(self, status: int, body: bytes) -> ServerError:
        complaint = self._censored(body)
        remedies = {
            401: "Set EMPATHIA_LLM_KEY to its key",
            403: "Set EMPATHIA_LLM_KEY to a key that may use the model",
            404: f"Check the URL and that it serves the model '{self.name}'",
            429: "Ask again later",
        }
        what = f"answered with HTTP status {status}" + (f": {complaint}" if complaint else "")
        return self._error(what, remedies.get(status, "Look into its log"))

    def _censored(self, body: bytes) -> str:
        """What the server complains of, on a line and without the key."""
        complaint = said.shorten(said.complaint(body))
        return complaint.replace(self._key, "***") if self._key else complaint

    def _error(self, what: str, remedy: str, kind: type[ServerError] = ServerError) -> ServerError:
        return kind(f"the language model server {self._address} {what}", remedy)


def _limits(choices: Sequence[str]) -> dict[str, Plain]:
    """Fields by which an answer is one of these; who does not know one passes it over."""
    if not choices:
        return {}
    return {
        "structured_outputs": {"choice": list(choices)},  # vLLM
        "guided_choice": list(choices),  # vLLM before 0.12
        "grammar": _given.grammar(choices),  # llama.cpp
    }


def _endpoint(address: http.Address) -> http.Address:
    path = address.path.removesuffix("/chat/completions")
    return replace(address, path=(path or "/v1") + "/chat/completions")


def _retry_after(response: http.Response) -> float | None:
    value = response.headers.get("retry-after", "").strip()
    # Servers may send a date too; that is never a short wait worth parsing.
    return float(value) if re.fullmatch(r"\d{1,6}(\.\d+)?", value) else None
