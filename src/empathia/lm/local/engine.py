"""llama.cpp's engine, started quietly and asked in a thread.

The engine comes with a small HTTP server. Nothing here uses it and nobody else may: it
listens on a socket file in a private folder that is deleted as soon as the engine has
started (where sockets have no files, on loopback behind a key that nobody knows), and
shows no slots and no page.
"""

from __future__ import annotations

import atexit
import contextlib
import secrets
import socket
import tempfile
import threading
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from empathia.errors import ServerError, WeightsError
from empathia.files import Plain
from empathia.lm.local import unpacked
from empathia.lm.local.adapter import Adapter

Body = Mapping[str, Plain]


class _Server(Protocol):
    """What is used of ``xllamacpp.Server``."""

    def handle_chat_completions(
        self, request: Body, take: Callable[[Body], bool] | None = None, /
    ) -> Body: ...


class Engine:
    """A GGUF file that llama.cpp has loaded.

    Args:
        path: The file.
        name: Name of the model, for errors.
        threads: Threads to compute with.
        context: Tokens that messages and answer may have together.
        unpack: Compute with the weights as 16-bit floats.
        adapter: Is added to the weights, which are unpacked for it.
        exact: Compute a token alone as in a batch, which flash attention does not.

    Raises:
        WeightsError: llama.cpp cannot load it.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        threads: int,
        context: int,
        *,
        unpack: bool = False,
        adapter: Adapter | None = None,
        exact: bool = False,
    ) -> None:
        self._name = name
        unpack = unpack or adapter is not None
        with tempfile.TemporaryDirectory(prefix="empathia-", ignore_cleanup_errors=True) as folder:
            file = Path(folder) / "model.gguf" if unpack else path
            if unpack:
                unpacked.write(path, file, adapter)
            try:
                self._server = _start(file, threads, context, Path(folder), exact=exact)
            except RuntimeError as error:
                raise WeightsError(
                    f"llama.cpp cannot load '{path}'",
                    "The file may be cut off or too new: pull it again or name another GGUF file",
                ) from error

    def ask(self, body: Body) -> Body:
        """The whole answer to a chat completion.

        Raises:
            ServerError: The engine answered with an error.
        """
        with contextlib.closing(self.stream({**body, "stream": False})) as answer:
            return next(answer)

    def stream(self, body: Body) -> Generator[Body, None, None]:
        """The answer to a chat completion, chunk by chunk; closing it stops the engine.

        The engine works in a thread, so that Ctrl-C is heard.

        Raises:
            ServerError: The engine answered with an error.
        """
        chunks: SimpleQueue[Body | Exception | None] = SimpleQueue()
        stop = threading.Event()

        def take(chunk: Body) -> bool:
            chunks.put(chunk)
            return stop.is_set()

        def run() -> None:
            try:
                if body.get("stream", True):
                    self._server.handle_chat_completions({**body, "stream": True}, take)
                else:
                    take(self._server.handle_chat_completions(dict(body)))
            except Exception as error:
                # Whatever it is belongs to who waits, not to this thread.
                chunks.put(error)
            finally:
                chunks.put(None)

        thread = threading.Thread(target=run, name="empathia-lm", daemon=True)

        def cancel() -> None:
            # The engine stops at its next token; leaving before would free what it uses.
            stop.set()
            thread.join()

        thread.start()
        # A stream that nobody closed must not be at work when the interpreter ends.
        atexit.register(cancel)
        try:
            while (chunk := chunks.get()) is not None:
                yield self._sound(chunk)
        finally:
            atexit.unregister(cancel)
            cancel()

    def _sound(self, chunk: Body | Exception) -> Body:
        error = chunk if isinstance(chunk, Exception) else chunk.get("error")
        if isinstance(chunk, Exception) or error is not None:
            message = error.get("message", error) if isinstance(error, Mapping) else error
            raise ServerError(
                f"the language model '{self._name}' did not answer: "
                f"{message or type(error).__name__}",
                "Shorten what is asked or raise the context",
            )
        return chunk


def _start(path: Path, threads: int, context: int, folder: Path, *, exact: bool) -> _Server:
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
    if exact:
        disabled = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        settings.flash_attn_type = disabled
    listen = f"{folder}/lm.sock"
    # The system holds such a path in 104 to 108 bytes.
    if hasattr(socket, "AF_UNIX") and len(listen.encode()) < 104:
        settings.hostnames = [listen]
    server: _Server = xllamacpp.Server(settings)
    return server
