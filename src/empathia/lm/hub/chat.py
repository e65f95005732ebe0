"""A chat as the tokens that a model reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from empathia.errors import ConfigError, ServerError, UsageError
from empathia.lm import _given
from empathia.types import Message
from empathia.types.soft import MARK


def rendered(tokenizer: Any, messages: Sequence[Message]) -> str:  # noqa: ANN401
    """The text that the model goes on with.

    By the model's chat template; where that knows no system message, its text begins the user's.
    A model without a template gets the messages' texts, an empty line between them, and answers
    on a line of its own. A last message of the assistant is gone on with.

    Args:
        tokenizer: Of the transformers library.
        messages: The chat.

    Raises:
        ServerError: The template does not take such a chat, or a message is no text.
    """
    chat, begun = _given.chat(messages), messages[-1].role == "assistant"
    if not getattr(tokenizer, "chat_template", None):
        text = "\n\n".join(m.content for m in messages[: len(messages) - begun])
        return f"{text}\n{messages[-1].content if begun else ''}"
    from jinja2 import TemplateError

    how = {"continue_final_message": True} if begun else {"add_generation_prompt": True}

    ways = [chat]
    if len(chat) > 1 and messages[0].role == "system":
        first = f"{messages[0].content}\n\n{messages[1].content}"
        ways.append([{**chat[1], "content": first}, *chat[2:]])
    for some in ways:
        try:
            return str(tokenizer.apply_chat_template(some, tokenize=False, **how))
        except (TemplateError, ValueError) as error:
            reason = error
    raise ServerError(
        f"the language model's chat template does not take these messages ({reason})",
        "Ask in another way, or take another model",
    ) from reason


def tokens(
    tokenizer: Any,  # noqa: ANN401
    messages: Sequence[Message],
    soft: Sequence[int] = (),
) -> list[int]:
    """The tokens of a chat that is to be answered.

    Args:
        tokenizer: Of the transformers library.
        messages: The chat.
        soft: What stands at the mark of soft tokens; it is there once where there are any.

    Raises:
        UsageError: There is no mark for them, or more than one.
    """
    plain = not getattr(tokenizer, "chat_template", None)  # a template writes what comes first
    text = rendered(tokenizer, messages)
    first, *rest = text.split(MARK) if soft else [text]
    if soft and len(rest) != 1:
        raise UsageError(
            f"soft tokens are given and the text has {len(rest)} places for them",
            "Give it one place: {soft} of the template",
        )
    ids = list(tokenizer.encode(first, add_special_tokens=plain))
    for text in rest:
        ids += [*soft, *tokenizer.encode(text, add_special_tokens=False)]
    return ids


def check_whole(tokenizer: Any, texts: Sequence[str]) -> None:  # noqa: ANN401
    """Refuse answers of which a token is a part of a character: llama.cpp scores none of these.

    Raises:
        ConfigError: One has such a token.
    """
    for text in texts:
        if "\ufffd" in "".join(tokenizer.decode([t]) for t in answer(tokenizer, text)):
            raise ConfigError(
                f"'{text}' has a character that the model writes in several tokens, and what is "
                "tuned with backend = 'local' could not be asked about it",
                "Give it other letters in [labels], or take backend = 'hub'",
            )


def answer(tokenizer: Any, text: str) -> list[int]:  # noqa: ANN401
    """The tokens of an answer, without its end.

    Raises:
        UsageError: It is no text.
    """
    _given.check_text([text])
    return list(tokenizer.encode(text, add_special_tokens=False))
