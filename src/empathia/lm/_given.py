"""Log likelihoods of given answers, from llama.cpp, which only generates.

A grammar leaves the answer as the only text that can come, and a bias on its tokens
has it written in these. So the answer is what is "generated"; the log probabilities
that llama.cpp shows are those before the grammar and the bias. The prompt is computed
once and kept for all answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from empathia.errors import ServerError, UsageError
from empathia.files import Plain
from empathia.types import FloatArray, Message, Request

Ask = Callable[[Mapping[str, Plain]], Mapping[str, Plain]]
Messages = list[Mapping[str, Plain]]

_BIAS = 100.0  # more than any difference of two logits


def chat(messages: Sequence[Message]) -> Messages:
    """Messages as the chat completions of OpenAI take them.

    Raises:
        ServerError: A message holds what is no text.
    """
    if not all(_is_text(m.content) for m in messages):
        raise ServerError(
            "the language model was not asked: a message holds bytes that are no text",
            "Give it as UTF-8",
        )
    return [{"role": m.role, "content": m.content} for m in messages]


def check(answers: Sequence[str]) -> None:
    """Refuse answers without a token.

    Raises:
        UsageError: An answer is empty, or no text.
    """
    if not all(answers):
        raise UsageError("an empty answer cannot be scored", "Give it words")
    check_text(answers)


def check_text(answers: Sequence[str]) -> None:
    """Refuse answers that hold what is no text.

    Raises:
        UsageError: One does.
    """
    for answer in (a for a in answers if not _is_text(a)):
        raise UsageError(
            f"{answer!a} cannot be answered: it holds bytes that are no text",
            "Give it as UTF-8",
        )


def _is_text(words: str) -> bool:
    """Whether it has no half of a character, such as stands for bytes that could not be read."""
    return not any("\ud800" <= c <= "\udfff" for c in words)


def refuse(requests: Sequence[Request], name: str) -> None:
    """Refuse questions with features, for a model that reads words alone.

    Args:
        requests: What is asked.
        name: Of the model.

    Raises:
        UsageError: One has features.
    """
    for names in (list(r.soft) for r in requests if r.soft):
        raise UsageError(
            f"the language model '{name}' reads words alone, and is asked with {', '.join(names)}",
            "Ask a model of the transformers library that was tuned with 'soft' (docs/"
            "language-models.md)",
        )


def grammar(answers: Sequence[str]) -> str:
    """The grammar (GBNF) of llama.cpp under which one of these is the only text that can come.

    Raises:
        UsageError: One is no text.
    """
    check_text(answers)
    literals = ("".join(f"\\U{ord(c):08X}" for c in answer) for answer in answers)
    return "root ::= " + " | ".join(f'"{x}"' for x in literals)


class Scorer:
    """Scores given answers with a llama.cpp engine.

    Args:
        ask: Sends the body of a chat completion and returns llama.cpp's answer to it.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._lengths: dict[str, int] = {}  # tokens of an answer: its end need not be computed

    def score(self, requests: Sequence[Request], answers: Sequence[str]) -> FloatArray:
        """(requests, answers) log likelihoods in nats of each answer after each request.

        Raises:
            ServerError: An answer cannot be scored by this engine.
        """
        table = np.zeros((len(requests), len(answers)), dtype=np.float32)
        for row, request in zip(table, requests if answers else (), strict=False):
            messages = chat(request.messages)
            # What it shares with the last one is not computed again: to the bit the same.
            self._ask({"messages": messages, "max_tokens": 1, "cache_prompt": True})
            row[:] = [self.after(messages, answer) for answer in answers]
        return table

    def after(self, messages: Messages, answer: str) -> float:
        """The log likelihood in nats of one answer; the messages are those asked last.

        Raises:
            ServerError: The engine did not write the answer or shows too few log probabilities.
        """
        body: dict[str, Plain] = {
            "messages": messages,
            "max_tokens": self._lengths.get(answer, len(answer.encode()) + 1),
            "temperature": 0,
            "logprobs": True,
            "top_logprobs": 1,
            "cache_prompt": True,
            "grammar": grammar([answer]),
            "logit_bias": [[answer, _BIAS]],
        }
        reply = self._ask(body)
        choice = _first(reply.get("choices"))
        tokens = [_mapping(t) for t in _list(_mapping(choice.get("logprobs")).get("content"))]
        if _mapping(reply.get("usage")).get("completion_tokens") != len(tokens):
            raise ServerError(
                f"'{answer}' has a character that the language model writes in several tokens, "
                "and llama.cpp shows no log probability of parts",
                "Give it other words or another model",
            )
        # The one that ends the answer has no text.
        written = tokens[:-1] if choice.get("finish_reason") == "stop" else tokens
        if "".join(str(t.get("token")) for t in written) != answer:
            raise ServerError(
                f"the language model cannot be made to answer '{answer}'", "Use another model"
            )
        self._lengths[answer] = len(written)
        values = [v for t in written if isinstance(v := t.get("logprob"), int | float)]
        if len(values) < len(written):
            raise ServerError(
                f"the language model does not tell how likely '{answer}' is", "Use another model"
            )
        return float(sum(values))


def _first(items: Plain) -> Mapping[str, Plain]:
    return _mapping(_list(items)[0]) if _list(items) else {}


def _list(value: Plain) -> Sequence[Plain]:
    return value if isinstance(value, list) else []


def _mapping(value: Plain) -> Mapping[str, Plain]:
    return value if isinstance(value, Mapping) else {}
