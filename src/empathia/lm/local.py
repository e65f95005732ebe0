"""A GGUF model in this process, run by llama.cpp through the package xllamacpp.

llama.cpp's engine comes with a small HTTP server. Nothing here uses it and
nobody else may: it listens on a socket file in a private folder that is deleted
as soon as the engine has started (where sockets have no files, on loopback
behind a key that nobody knows), and shows no slots and no page.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from empathia.errors import MissingExtra, ServerError, UsageError, WeightsError
from empathia.types import Request

# llama.cpp maps the file and reports every failure with the same sentence, so the
# two things that go wrong most are looked at first.
_MAGIC = b"GGUF"

# Below this size one thread is fast enough, and two wait for each other actively: on
# a busy machine that makes an answer five to ten times slower.
_SMALL_MODEL_BYTES = 400_000_000


class _Engine(Protocol):
    """What is used of ``xllamacpp.Server``."""

    def handle_chat_completions(
        self, request: dict[str, Any], take: Callable[[object], bool]
    ) -> object:
        """Answer, piece by piece; ``take`` returning true stops it."""


class LocalModel:
    """A chat model from a GGUF file, with the chat template that the file carries.

    The same file, messages, options and number of threads give the same answer:
    nothing is kept from one question to the next.

    Args:
        path: The GGUF file.
        name: Name of the model; the file's name, or its folder's where the file is
            called ``model.gguf``, if None.
        threads: Threads to compute with; None takes one for a file under 400 MB, else two.
        context: Tokens that messages and answer may have together.

    Attributes:
        small: Whether its answers need a closer look: the file is under 400 MB.

    The file is loaded with the first question.

    Raises:
        MissingExtra: xllamacpp is not installed.
        WeightsError: There is no such file, or it is no GGUF that llama.cpp can load (the
            latter shows with the first question).
    """

    is_local = True
    prefills = True
    small: bool

    def __init__(
        self,
        path: Path,
        *,
        name: str | None = None,
        threads: int | None = None,
        context: int = 2048,
    ) -> None:
        if (threads is not None and threads < 1) or context < 1:
            raise UsageError(
                f"expected at least one thread and one token of context, found {threads} and "
                f"{context}",
                "Raise them",
            )
        if find_spec("xllamacpp") is None:
            raise MissingExtra("lm", "a language model in this process")
        _check_file(path)
        self.small = path.stat().st_size < _SMALL_MODEL_BYTES
        self.name = name or (path.parent.name if path.stem == "model" else path.stem)
        self._path, self._context = path, context
        self._threads = threads or (1 if self.small else 2)
        self._engine: _Engine | None = None
        self._closed = False

    def complete(self, requests: Sequence[Request]) -> list[str]:
        """The assistant's answer to each request.

        Raises:
            UsageError: The model was closed.
            ServerError: The messages do not fit into the context, or the engine failed.
        """
        return [self._complete(r) for r in requests]

    def _complete(self, asked: Request) -> str:
        if self._closed:
            raise UsageError(f"the language model '{self.name}' was closed", "Load it again")
        if self._engine is None:
            # Not before there is a question: an engine that is freed right after its start can
            # wait for its own loop forever.
            self._engine = _start(self._path, self._threads, self._context)
        messages = asked.messages
        request = {
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            "max_tokens": max(1, asked.max_tokens),
            "temperature": asked.temperature,
            "top_k": asked.top_k,
            "seed": asked.seed,
            "stop": list(asked.stop),
            "stream": True,
            # A reused prompt is rounded differently, and the answer would then depend
            # on what was asked before.
            "cache_prompt": False,
        }
        text = _Answer(self._engine, request, self.name).wait()
        # The template hands back the start of the answer that was given to it.
        begun = messages[-1].content if messages and messages[-1].role == "assistant" else ""
        return text.removeprefix(begun)

    def close(self) -> None:
        """Free the model; closing twice is fine."""
        self._engine, self._closed = None, True

    def __enter__(self) -> LocalModel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def load(name: str = "smollm2", *, threads: int | None = None, context: int = 2048) -> LocalModel:
    """The model of a pulled weight.

    Raises:
        MissingExtra: xllamacpp is not installed.
        WeightsError: The weight is not pulled.
    """
    from empathia import weights

    path = weights.folder(name) / "model.gguf"
    return LocalModel(path, name=name, threads=threads, context=context)


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise WeightsError(
            f"cannot read the language model '{path}' ({error.strerror})",
            "Name a GGUF file, or run: empathia weights pull smollm2",
        ) from error
    if start != _MAGIC:
        raise WeightsError(
            f"expected a GGUF file, found something else in '{path}'",
            "Name a GGUF file, or pull the weight again",
        )


def _start(path: Path, threads: int, context: int) -> _Engine:
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = str(path)
    settings.n_ctx = context
    settings.n_batch = min(512, context)
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads
    # Waiting threads sleep: other work on the machine goes on.
    settings.cpuparams.poll = settings.cpuparams_batch.poll = 0
    settings.cache_ram_mib = 0
    settings.verbosity = -1
    settings.ui = settings.endpoint_slots = False
    settings.cors_origins = ""
    settings.api_keys = [secrets.token_urlsafe(32)]
    with contextlib.ExitStack() as stack:
        if hasattr(socket, "AF_UNIX"):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="empathia-"))
            listen = f"{folder}/lm.sock"
            # The system holds such a path in 104 to 108 bytes.
            if len(listen.encode()) < 104:
                settings.hostnames = [listen]
        try:
            engine: _Engine = xllamacpp.Server(settings)
        except RuntimeError as error:
            raise WeightsError(
                f"llama.cpp cannot load '{path}'",
                "The file may be cut off or too new: pull it again or name another GGUF file",
            ) from error
    return engine


class _Answer:
    """One answer, made in a thread so that Ctrl-C is heard while llama.cpp works."""

    def __init__(self, engine: _Engine, request: Mapping[str, Any], name: str) -> None:
        self._engine = engine
        self._request = request
        self._name = name
        self._parts: list[str] = []
        self._error: str | None = None
        self._stop = threading.Event()
        self._done = threading.Event()

    def wait(self) -> str:
        """The whole answer.

        Raises:
            ServerError: The engine answered with an error.
        """
        threading.Thread(target=self._run, name="empathia-lm", daemon=True).start()
        try:
            self._done.wait()
        except BaseException:
            # The engine stops at its next token; leaving before would free what it uses.
            self._stop.set()
            self._done.wait()
            raise
        if self._error is not None:
            raise ServerError(
                f"the language model '{self._name}' did not answer: {self._error}",
                "Shorten what is asked or raise the context",
            )
        return "".join(self._parts)

    def _run(self) -> None:
        try:
            self._engine.handle_chat_completions(dict(self._request), self._take)
        except Exception as error:
            # Whatever it is belongs to who waits, not to this thread.
            self._error = str(error) or type(error).__name__
        finally:
            self._done.set()

    def _take(self, chunk: object) -> bool:
        """Take one piece; true asks the engine to stop."""
        if isinstance(chunk, Mapping):
            if "error" in chunk:
                error = chunk["error"]
                self._error = str(error.get("message", error) if isinstance(error, dict) else error)
            for choice in chunk.get("choices", ()):
                self._parts.append(choice.get("delta", {}).get("content") or "")
        return self._stop.is_set()
