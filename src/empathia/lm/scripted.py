"""A language model that says what it is told to: for tests and examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from empathia.errors import UsageError
from empathia.types import Message, Request

Answer = str | Exception
Script = Sequence[Answer] | Callable[[Sequence[Message]], str]


class ScriptedModel:
    """Answers from a list, in turn, or from a function of the messages.

    Args:
        script: Answers in the order of the questions, where an exception is raised
            instead of answered; or a function. The list must be as long as needed.
        name: Name of the model.
        is_local: What ``is_local`` says.

    Attributes:
        asked: The messages of every question so far.
        seeds: The seed of every question so far.
    """

    prefills = False

    def __init__(self, script: Script, *, name: str = "scripted", is_local: bool = True) -> None:
        self.name = name
        self.is_local = is_local
        self.asked: list[tuple[Message, ...]] = []
        self.seeds: list[int] = []
        self._script = script

    def complete(self, requests: Sequence[Request]) -> list[str]:
        """The next answers; options other than the seed are ignored.

        Raises:
            UsageError: The list has no answer left.
        """
        return [self._answer(r) for r in requests]

    def _answer(self, request: Request) -> str:
        self.asked.append(tuple(request.messages))
        self.seeds.append(request.seed)
        if callable(self._script):
            return self._script(request.messages)
        if len(self.asked) > len(self._script):
            raise UsageError(
                f"the script has {len(self._script)} answers and was asked {len(self.asked)} times",
                "Give one answer a question",
            )
        answer = self._script[len(self.asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer
