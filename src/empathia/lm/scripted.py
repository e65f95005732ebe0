"""A language model that says what it is told to: for tests and examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from empathia.errors import UsageError
from empathia.lm import Message

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

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int = 60,
        temperature: float = 0.7,
        top_k: int = 40,
        seed: int = 1,
        stop: Sequence[str] = (),
    ) -> str:
        """The next answer; the options are recorded or ignored.

        Raises:
            UsageError: The list has no answer left.
        """
        self.asked.append(tuple(messages))
        self.seeds.append(seed)
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
