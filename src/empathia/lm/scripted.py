"""A language model that says what it is told to: for tests and examples."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Generator, Sequence

import numpy as np

from empathia.errors import UsageError
from empathia.lm import _given
from empathia.types import FloatArray, Message, Request

Answer = str | Exception
Script = Sequence[Answer] | Callable[[Sequence[Message]], str]
Scores = Callable[[Sequence[Message], str], float]


def load(spec: str, threads: int | None = None) -> ScriptedModel:
    """A model that gives the lines of a text as its answers.

    Args:
        spec: The answers, one a line; its scores are arbitrary.
        threads: Not used.
    """
    return ScriptedModel(spec.splitlines(), scores=_arbitrary)


def _arbitrary(messages: Sequence[Message], answer: str) -> float:
    """A log likelihood that means nothing and stays the same."""
    return -zlib.crc32(f"{messages[-1].content}\n{answer}".encode()) / 2**30


class ScriptedModel:
    """Answers from a list, in turn, or from a function of the messages.

    Args:
        script: Answers in the order of the questions, where an exception is raised
            instead of answered; or a function. The list must be as long as needed.
        scores: The log likelihood in nats of an answer after messages.

    Attributes:
        asked: The messages of every question so far.
        seeds: The seed of every question so far.
    """

    name = "scripted"
    is_local = True
    prefills = False

    def __init__(self, script: Script, *, scores: Scores | None = None) -> None:
        self.asked: list[tuple[Message, ...]] = []
        self.seeds: list[int] = []
        self._script = script
        self._scores = scores

    def complete(self, requests: Sequence[Request]) -> list[str]:
        """The next answers; options other than the seed are ignored.

        Raises:
            UsageError: The list has no answer left.
        """
        return [self._answer(r) for r in requests]

    def stream(self, request: Request) -> Generator[str, None, None]:
        """The next answer, word by word.

        Raises:
            UsageError: The list has no answer left.
        """
        yield from re.findall(r"\S+\s*|\s+", self._answer(request))

    def score(self, requests: Sequence[Request], answers: Sequence[str]) -> FloatArray:
        """(requests, answers) log likelihoods in nats of each answer after each request.

        Raises:
            UsageError: The script has no scores, or an answer is none.
            ServerError: A message holds what is no text.
        """
        _given.refuse(requests, self.name)
        scores = self._scores
        if scores is None:
            raise UsageError("the script has no scores", "Give it a function of them")
        _given.check(answers)
        for r in requests:
            _given.chat(r.messages)
        rows = [[scores(r.messages, a) for a in answers] for r in requests]
        return np.array(rows, dtype=np.float32).reshape(len(requests), len(answers))

    def _answer(self, request: Request) -> str:
        _given.chat(request.messages)
        _given.check_text(request.choices)
        _given.refuse([request], self.name)
        self.asked.append(tuple(request.messages))
        self.seeds.append(request.seed)
        answer = self._next(request.messages)
        if request.choices and answer not in request.choices:
            raise UsageError(
                f"the script answers '{answer}' where one of {', '.join(request.choices)} is asked",
                "Script one of these",
            )
        return answer

    def _next(self, messages: Sequence[Message]) -> str:
        if callable(self._script):
            return self._script(messages)
        if len(self.asked) > len(self._script):
            raise UsageError(
                f"the script has {len(self._script)} answers and was asked {len(self.asked)} times",
                "Give one answer a question",
            )
        answer = self._script[len(self.asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer
