"""The tokenizer and the chat template that a GGUF file carries, without the model's engine.

Only tokenizers that cut text as GPT-2 does, digits one by one ("smollm"), are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.errors import WeightsError, needs
from empathia.files import Plain
from empathia.lm import _given
from empathia.lm.local import gguf
from empathia.types import Message

if TYPE_CHECKING:
    from jinja2 import Template
    from tokenizers import Tokenizer

_CONTROL = 3  # type of a token that is no text
_PREFIX = "tokenizer.ggml."


@dataclass(frozen=True, slots=True)
class Tokens:
    """Renders chats and counts their tokens.

    Args:
        tokenizer: Of the model.
        template: Its chat template (Jinja).
    """

    tokenizer: Tokenizer
    template: str

    def render(self, messages: Sequence[Message]) -> str:
        """The text that the model goes on with.

        Raises:
            MissingExtra: Jinja is not installed.
        """
        asked = _given.chat(messages)
        return _compiled(self.template).render(messages=asked, add_generation_prompt=True)

    def count(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has."""
        return [len(e) for e in self.tokenizer.encode_batch(texts, add_special_tokens=False)]


@lru_cache
def _compiled(template: str) -> Template:
    with needs("train", "rendering chat templates"):
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    return ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(template)


def of(spec: str) -> Tokens:
    """The tokenizer of a model on this machine, as :func:`empathia.lm.local.gguf.path` names it.

    Raises:
        UsageError: There is no weight of that name.
        WeightsError: The weight is not pulled, or as for :func:`load`.
    """
    return load(gguf.path(spec))


def load(path: Path) -> Tokens:
    """Read a GGUF file's tokenizer.

    Raises:
        WeightsError: The file is missing or cut off, or has another kind of tokenizer.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    try:
        with path.open("rb") as file:
            _, told = gguf.head(file)
        words, kinds = _array(told[f"{_PREFIX}tokens"]), _array(told[f"{_PREFIX}token_type"])
        merges = [str(m).partition(" ")[::2] for m in _array(told[f"{_PREFIX}merges"])]
        template, cut = str(told["tokenizer.chat_template"]), told.get(f"{_PREFIX}pre")
        if cut != "smollm":
            raise ValueError(f"cut as '{cut}'")
        bpe = models.BPE({str(w): i for i, w in enumerate(words)}, merges)
    except gguf.DAMAGED as error:
        raise WeightsError(
            f"no tokenizer that is known here in '{path}' ({error})",
            "Pull the weight again, or use smollm2",
        ) from error
    made = Tokenizer(bpe)
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
    )
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([str(w) for w, k in zip(words, kinds, strict=True) if k == _CONTROL])
    return Tokens(made, template)


def _array(value: Plain) -> Sequence[Plain]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"expected an array, found {value!r}")
    return value
