"""One small interface to a language model.

A model answers a list of messages with a string. ``local`` runs a GGUF file in
this process, ``server`` asks an OpenAI-compatible server, ``scripted`` answers
what a test tells it to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from empathia.types import Message

__all__ = ["LanguageModel", "Message"]


@runtime_checkable
class LanguageModel(Protocol):
    """Whatever answers messages."""

    @property
    def name(self) -> str:
        """Short name, as reports show it."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether the words stay on this machine."""
        ...

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
        """The answer of the assistant.

        Args:
            messages: The chat so far. A model whose ``prefills`` attribute is
                true goes on with a last message of the assistant and answers
                with what follows it.
            max_tokens: Most tokens to answer with, at least 1.
            temperature: 0 takes the likeliest token each time; larger is freer.
            top_k: How many tokens each step may choose from.
            seed: Same seed and messages, same answer (a server may not hold to it).
            stop: Texts at which the answer ends, themselves left out.

        Raises:
            ServerError: The model did not answer with words.
        """
        ...
