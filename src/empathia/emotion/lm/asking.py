"""Asks a language model in bulk; what it answered is kept, so that asking can go on later."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from functools import cached_property
from itertools import islice, repeat
from pathlib import Path

import numpy as np

from empathia.contracts import LanguageModel, Progress, silent
from empathia.errors import ServerError, UnansweredError
from empathia.files import Plain, append_json, read_json_lines
from empathia.metrics.scores import Array
from empathia.types import Message, Request
from empathia.types.soft import Soft, digest

Chat = Sequence[Message]
Ask = Callable[[LanguageModel, Sequence[Request]], Sequence[Plain]]
TOGETHER = 24
"""Questions that a model of the transformers library is asked by one call, to share passes."""


class Asking:
    """A model, loaded once it has something to answer, and its answers so far.

    Args:
        load: Loads it.
        name: Whose answers these are: all that decides them beside what is asked.
        file: Keeps them, a line of JSON each; None keeps them in memory.
        at_once: Questions at a time; more than one only of a model behind a URL.
        progress: Told about answers.
        together: Questions by one call of the model; a kill loses no more answers.
    """

    def __init__(
        self,
        load: Callable[[], LanguageModel],
        name: str,
        file: Path | None = None,
        at_once: int = 1,
        progress: Progress | None = None,
        *,
        together: int = 1,
    ) -> None:
        self._load, self._name, self._file, self._at_once = load, name, file, at_once
        self._progress, self._together = progress or silent, together

    @cached_property
    def _model(self) -> LanguageModel:
        return self._load()

    @cached_property
    def _known(self) -> dict[str, Plain]:
        lines = read_json_lines(self._file) if self._file is not None else ()
        rows = (x for x in lines if isinstance(x, dict) and {"asked", "said"} <= x.keys())
        return {str(x["asked"]): x["said"] for x in rows}

    def scores(
        self, chats: Sequence[Chat], answers: Sequence[str], soft: Sequence[Soft] = ()
    ) -> Array:
        """(chats, answers) log likelihoods in nats.

        Args:
            chats: What is asked.
            answers: What may be answered.
            soft: The features that each chat has a place for; () where none has.

        Raises:
            ServerError: The model does not answer; what it answered before is kept.
        """

        def ask(model: LanguageModel, some: Sequence[Request]) -> Sequence[Plain]:
            table = np.asarray(model.score(some, answers), np.float64)
            if not np.isfinite(table).all():  # and none of it is kept
                raise ServerError(
                    "the language model told a log likelihood that is no number",
                    "Ask another model or server, or take answers that it writes",
                )
            return list(table.tolist())

        said = self._all(_requests(chats, soft), ["score", *answers], ask)
        return np.array(said, np.float64).reshape(len(chats), len(answers))

    def texts(
        self,
        chats: Sequence[Chat],
        choices: Sequence[str] = (),
        tokens: int = 16,
        soft: Sequence[Soft] = (),
    ) -> list[str]:
        """The likeliest answer to each chat; "" where there is none, or none that ends.

        Args:
            chats: What is asked.
            choices: That it is chosen from; () for any.
            tokens: Most of an answer.
            soft: As for :meth:`scores`.

        Raises:
            ServerError: As for :meth:`scores`.
        """

        def ask(model: LanguageModel, some: Sequence[Request]) -> Sequence[Plain]:
            try:
                return model.complete(some)
            except UnansweredError:
                return [x for r in some for x in ask(model, [r])] if len(some) > 1 else [""]

        requests = [
            dataclasses.replace(r, max_tokens=tokens, temperature=0, choices=tuple(choices))
            for r in _requests(chats, soft)
        ]
        return list(map(str, self._all(requests, ["say", str(tokens), *choices], ask)))

    def _all(self, requests: Sequence[Request], how: Sequence[str], ask: Ask) -> list[Plain]:
        keys = [self._key(r, how) for r in requests]
        new = {k: r for k, r in zip(keys, requests, strict=True) if k not in self._known}
        with closing(self._answers(new, ask)) as answers:
            for done, (key, said) in enumerate(answers, 1):
                self._keep(key, said)
                self._progress("turns asked about", done, len(new))
        return [self._known[k] for k in keys]

    def _keep(self, key: str, said: Plain) -> None:
        self._known[key] = said
        if self._file is not None:
            append_json(self._file, {"asked": key, "said": said})

    def _key(self, request: Request, how: Sequence[str]) -> str:
        chat = [[m.role, m.content] for m in request.messages]
        asked = [self._name, how, chat, *filter(None, [digest(request.soft)])]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    def _answers(
        self, new: Mapping[str, Request], ask: Ask
    ) -> Generator[tuple[str, Plain], None, None]:
        """As they come; after an error no more are asked, and it is raised once all have come."""
        keys, n = list(new), self._together
        parts = iter([keys[i : i + n] for i in range(0, len(keys), n)])
        if self._at_once == 1 or not new:
            for part in parts:
                yield from zip(part, ask(self._model, [new[k] for k in part]), strict=True)
            return
        model, error = self._model, None
        asked: dict[Future[Sequence[Plain]], list[str]] = {}
        with ThreadPoolExecutor(self._at_once) as pool:
            while True:
                for part in islice(parts, 0 if error else self._at_once - len(asked)):
                    asked[pool.submit(ask, model, [new[k] for k in part])] = part
                if not asked:
                    break
                for future in wait(asked, return_when=FIRST_COMPLETED).done:
                    part = asked.pop(future)
                    if failed := future.exception():
                        error = error or failed
                    else:
                        yield from zip(part, future.result(), strict=True)
        if error is not None:
            raise error


def _requests(chats: Sequence[Chat], soft: Sequence[Soft]) -> list[Request]:
    return [Request(c, soft=s) for c, s in zip(chats, soft or repeat({}, len(chats)), strict=True)]
