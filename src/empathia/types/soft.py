"""What is no text in a question to a language model: features that stand at a marked place.

A feature is an array (frames, dim). How many tokens it becomes is known without the model; what
these are is learnt (:mod:`empathia.lm.hub.projector`).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from empathia.errors import ConfigError
from empathia.types.speech import FloatArray

MARK = "\ufffc"
"""Stands in a message where soft tokens go; nobody's words hold it."""
WAYS = ("linear", "qformer")
MOST_QUERIES = 256
"""Tokens of a feature of a Q-former at most."""
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
        queries: Tokens of a feature, 1 to 256; qformer alone.
        longest: Most tokens of a feature, at least 1: what is longer is averaged down; linear
            alone.

    Raises:
        ConfigError: One of these is something else.
    """

    kind: str = "linear"
    every: int = 1
    queries: int = 8
    longest: int = 32

    def __post_init__(self) -> None:
        if self.kind not in WAYS:
            raise ConfigError(
                f"no projector is called {self.kind!r}", f"Take one of {', '.join(WAYS)}"
            )
        most = {"every": math.inf, "queries": MOST_QUERIES, "longest": math.inf}
        for name, bound in most.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= bound:
                upper = f" to {bound}" if bound < math.inf else " or more"
                raise ConfigError(
                    f"'{name}' of a projector cannot be {value!r}, expected 1{upper}",
                    "Mend the value",
                )

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
