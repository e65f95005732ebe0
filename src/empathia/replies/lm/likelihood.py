"""How likely a language model, as it is or with an adapter, finds what was answered.

It is asked as a tuned model is taught (:mod:`empathia.replies.lm.compact`), told nothing but the
last turns. Losses are of its own pieces of text: those of models with other tokenizers, or
another number of pieces, are no larger or smaller than these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from empathia import weights
from empathia.contracts import Progress, silent
from empathia.exemplars.pairs import Pair
from empathia.lm import hub
from empathia.replies.lm import fitting
from empathia.replies.lm.compact import Hints
from empathia.replies.lm.tuned import ships
from empathia.types import FloatArray

_LONGEST = 512  # tokens of turns and reply
_AT_ONCE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """A language model that reads replies; make it with :func:`load`.

    Args:
        model: Of the transformers library.
        tokenizer: Its own.
        name: Of the model, and of its adapter.
    """

    model: Any
    tokenizer: Any
    name: str

    @property
    def about(self) -> str:
        """The model and its tokenizer in words."""
        kind, pieces = type(self.tokenizer).__name__, len(self.tokenizer)
        return f"{self.name}; tokens of its own tokenizer ({kind}, {pieces:,} pieces)"

    def losses(
        self,
        pairs: Sequence[tuple[str, str]],
        progress: Progress = silent,
        hints: Sequence[Hints] = (),
    ) -> list[FloatArray]:
        """Nats of each token of each reply, (tokens,); the token that ends it is the last.

        Args:
            pairs: (context, a line a turn; reply).
            progress: Told about replies that are done.
            hints: What is told beside the turns, one a pair; () for nothing.
        """
        told = hints or [Hints()] * len(pairs)
        items = [
            fitting.encoded(self.tokenizer, Pair("", context, reply), h, _LONGEST)
            for (context, reply), h in zip(pairs, told, strict=True)
        ]
        order = sorted(range(len(items)), key=lambda i: len(items[i].ids))
        each_reply: list[FloatArray] = [np.empty(0, np.float32)] * len(items)
        for start in range(0, len(order), _AT_ONCE):
            progress("reading replies", start, len(order))
            some = order[start : start + _AT_ONCE]
            with torch.no_grad():
                each, counts = fitting.losses(self.model, [items[i] for i in some])
            ends = np.cumsum(counts.cpu().numpy())[:-1]
            for i, nats in zip(some, np.split(each.cpu().numpy(), ends), strict=True):
                each_reply[i] = nats
        progress("reading replies", len(order), len(order))
        return each_reply


def load(name: str, threads: int | None = None) -> Reader:
    """The model of a name, with what tuning learnt where it is that.

    Args:
        name: As in :func:`empathia.lm.hub.load`, or a shipped adapter.
        threads: To compute with; None leaves it to torch.

    Raises:
        WeightsError: It is not there, or damaged.
    """
    made = hub.load(str(weights.folder(name)) if ships(name) else name, threads, exact=False)
    return Reader(made.model, made.tokenizer, made.name)
