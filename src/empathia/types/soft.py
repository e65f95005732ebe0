"""What is no text in a question to a language model: features that stand at a marked place.

A feature is an array (frames, dim). How many tokens it becomes is known without the model; what
these are is learnt (:mod:`empathia.lm.hub.projector`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from empathia.types.speech import FloatArray

MARK = "\ufffc"
"""Stands in a message where soft tokens go; nobody's words hold it."""
WAYS = ("linear", "qformer")
FILE = "soft.safetensors"
"""Holds what makes tokens of features."""

Soft = Mapping[str, FloatArray]
"""Name of a feature to its values, (frames, dim)."""


@dataclass(frozen=True, slots=True)
class Way:
    """How features become tokens.

    Args:
        kind: "linear", a token of each few frames, or "qformer", as many tokens as queries.
        every: Frames of one token, at least 1; linear alone.
        queries: Tokens of a feature, at least 1; qformer alone.
        longest: Most tokens of a feature, at least 1: what is longer is averaged down; linear
            alone.
    """

    kind: str = "linear"
    every: int = 1
    queries: int = 8
    longest: int = 32

    def tokens(self, soft: Soft) -> int:
        """How many tokens these features become."""
        return sum(self.tokens_of(len(values)) for values in soft.values())

    def tokens_of(self, frames: int) -> int:
        """How many tokens a feature of so many frames becomes."""
        if self.kind == "qformer":
            return self.queries
        return min(self.longest, -(-frames // self.every))


def digest(soft: Soft) -> str:
    """A text that is another one for other features; "" for none."""
    if not soft:
        return ""
    made = hashlib.sha256()
    for name, values in sorted(soft.items()):
        array = np.ascontiguousarray(values, np.float32)
        made.update(f"{name} {array.shape} ".encode() + array.tobytes())
    return made.hexdigest()
