"""A GGUF model in this process, run by llama.cpp through the package xllamacpp."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

from empathia.errors import MissingExtra, UsageError, WeightsError
from empathia.files import Plain
from empathia.lm import _given, written
from empathia.lm.local import adapter as adapters
from empathia.lm.local import gguf
from empathia.lm.local.engine import Engine
from empathia.types import FloatArray, Request

# llama.cpp maps the file and reports every failure with the same sentence, so the
# two things that go wrong most are looked at first.
_MAGIC = b"GGUF"

# Below this size one thread is fast enough, and two wait for each other actively: on
# a busy machine that makes an answer five to ten times slower.
_SMALL_MODEL_BYTES = 400_000_000


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
        adapter: Folder with what fine-tuning adds to it (see ``adapter``).

    Attributes:
        small: Whether its answers need a closer look: the file is under 400 MB.

    The file is loaded with the first question, and once more with the first that is scored: a
    small one then with its weights unpacked to 16-bit floats (see ``unpacked``), as one with an
    adapter always is.

    Raises:
        MissingExtra: xllamacpp is not installed.
        WeightsError: There is no such file or adapter, or it is no GGUF that llama.cpp can load
            or another model's adapter (these two show with the first question).
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
        adapter: Path | None = None,
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
        self._adapter = None if adapter is None else adapters.load(adapter)
        self._threads = threads or (1 if self.small else 2)
        self._writer: Engine | None = None
        self._reader: Engine | None = None
        self._scorer = _given.Scorer(self._ask)
        self._closed = False

    def adapted(self, adapter: Path) -> LocalModel:
        """The same model with an adapter; to be closed by itself.

        Args:
            adapter: Its folder.

        Raises:
            WeightsError: There is no adapter.
        """
        return LocalModel(
            self._path,
            name=self.name,
            threads=self._threads,
            context=self._context,
            adapter=adapter,
        )

    def complete(self, requests: Sequence[Request]) -> list[str]:
        """The assistant's answer to each request.

        Raises:
            UsageError: The model was closed.
            ServerError: The messages do not fit into the context, or the engine failed.
        """
        return written(self.stream, requests)

    def stream(self, request: Request) -> Generator[str, None, None]:
        """The assistant's answer, piece by piece; closing the iterator stops the engine.

        Raises:
            UsageError: The model was closed.
            ServerError: The messages do not fit into the context, or the engine failed.
        """
        self._check_open()
        _given.refuse([request], self.name)
        if self._writer is None:
            # Not before there is a question: an engine that is freed right after its start can
            # wait for its own loop forever.
            self._writer = Engine(
                self._path, self.name, self._threads, self._context, adapter=self._adapter
            )
        messages = request.messages
        # The template hands back the start of the answer that was given to it.
        begun = messages[-1].content if messages and messages[-1].role == "assistant" else ""
        with closing(self._writer.stream(_body(request))) as chunks:
            yield from _after(begun, (_piece(c) for c in chunks))

    def score(self, requests: Sequence[Request], answers: Sequence[str]) -> FloatArray:
        """(requests, answers) log likelihoods in nats of each answer after each request.

        The end of the answer is not counted: "joy" is never less likely than "joyful".
        A request's messages are computed once for all answers.

        Raises:
            UsageError: The model was closed, or an answer is empty.
            ServerError: The messages do not fit into the context, or an answer has a character
                that the model writes in several tokens.
        """
        self._check_open()
        _given.check(answers)
        _given.refuse(requests, self.name)
        return self._scorer.score(requests, answers)

    def _ask(self, body: Mapping[str, Plain]) -> Mapping[str, Plain]:
        if self._reader is None:
            self._reader = Engine(
                self._path,
                self.name,
                self._threads,
                self._context,
                unpack=self.small,
                adapter=self._adapter,
                exact=True,
            )
        return self._reader.ask(body)

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError(f"the language model '{self.name}' was closed", "Load it again")

    def close(self) -> None:
        """Free the model; closing twice is fine."""
        self._writer, self._reader, self._closed = None, None, True

    def __enter__(self) -> LocalModel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def load(spec: str = "smollm2", threads: int | None = None) -> LocalModel:
    """The model of a pulled weight, or of a GGUF file.

    Args:
        spec: Name of the weight, or path of a file whose name ends in ``.gguf``.
        threads: Threads to compute with; None chooses by the size of the file.

    Raises:
        MissingExtra: xllamacpp is not installed.
        WeightsError: The weight is not pulled, or there is no such file.
    """
    name = None if spec.endswith(".gguf") else spec
    return LocalModel(gguf.path(spec), name=name, threads=threads)


def _body(request: Request) -> Mapping[str, Plain]:
    limits = {"grammar": _given.grammar(request.choices)} if request.choices else {}
    return {
        **limits,
        "messages": _given.chat(request.messages),
        "max_tokens": max(1, request.max_tokens),
        "temperature": request.temperature,
        "top_k": request.top_k,
        "top_p": request.top_p,
        "seed": request.seed,
        "stop": list(request.stop),
        # A reused prompt is rounded differently, and the answer would then depend
        # on what was asked before.
        "cache_prompt": False,
    }


def _piece(chunk: Mapping[str, Plain]) -> str:
    choices = chunk.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else {}
    delta = first.get("delta") if isinstance(first, Mapping) else None
    content = delta.get("content") if isinstance(delta, Mapping) else None
    return content if isinstance(content, str) else ""


def _after(begun: str, pieces: Iterator[str]) -> Iterator[str]:
    """Pieces of a text without the beginning that is known, where it is there."""
    text = ""
    for piece in pieces:
        text += piece
        if len(text) >= len(begun):
            break
    if rest := text.removeprefix(begun):
        yield rest
    yield from filter(None, pieces)


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except (OSError, ValueError) as error:  # ValueError: no file can be called so
        raise WeightsError(
            f"cannot read the language model {str(path)!r} "
            f"({getattr(error, 'strerror', None) or error})",
            "Name a GGUF file, or run: empathia weights pull smollm2",
        ) from error
    if start != _MAGIC:
        raise WeightsError(
            f"expected a GGUF file, found something else in '{path}'",
            "Name a GGUF file, or pull the weight again",
        )
