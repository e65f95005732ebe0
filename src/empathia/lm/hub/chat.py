"""A chat as the tokens that a model reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from empathia.lm import _given
from empathia.types import Message


def rendered(tokenizer: Any, messages: Sequence[Message]) -> str:  # noqa: ANN401
    """The text that the model goes on with.

    By the model's chat template; where that knows no system message, its text begins the user's.
    A model without a template gets the messages' texts, an empty line between them, and answers
    on a line of its own. A last message of the assistant is gone on with.

    Args:
        tokenizer: Of the transformers library.
        messages: The chat.
    """
    begun = bool(messages) and messages[-1].role == "assistant"
    if not getattr(tokenizer, "chat_template", None):
        text = "\n\n".join(m.content for m in messages[: len(messages) - begun])
        return f"{text}\n{messages[-1].content if begun else ''}"
    from jinja2 import TemplateError

    how = {"continue_final_message": True} if begun else {"add_generation_prompt": True}

    def by_template(some: Sequence[Message]) -> str:
        return str(tokenizer.apply_chat_template(_given.chat(some), tokenize=False, **how))

    try:
        return by_template(messages)
    except TemplateError:
        if len(messages) < 2 or messages[0].role != "system":
            raise
        first = f"{messages[0].content}\n\n{messages[1].content}"
        return by_template([dataclasses.replace(messages[1], content=first), *messages[2:]])


def tokens(tokenizer: Any, messages: Sequence[Message]) -> list[int]:  # noqa: ANN401
    """The tokens of a chat that is to be answered."""
    plain = not getattr(tokenizer, "chat_template", None)  # a template writes what comes first
    text = rendered(tokenizer, messages)
    return list(tokenizer.encode(text, add_special_tokens=plain))


def answer(tokenizer: Any, text: str) -> list[int]:  # noqa: ANN401
    """The tokens of an answer, without its end."""
    return list(tokenizer.encode(text, add_special_tokens=False))
