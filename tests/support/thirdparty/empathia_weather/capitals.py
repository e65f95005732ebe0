"""How loud words look: the share of their letters that are capitals, one number an utterance."""

from __future__ import annotations

import numpy as np

from empathia.errors import UsageError
from empathia.features import Each
from empathia.types import Features

SOURCE = "words"


def load(variant: str | None = None, threads: int | None = None) -> Each:
    if variant is not None:
        raise UsageError(f"'capitals' has no variant '{variant}'", "Write 'capitals'")
    return Each({"version": 1}, extract)


def extract(words: str, utterance: str) -> Features:
    letters = [x for x in words if x.isalpha()]
    share = np.mean([x.isupper() for x in letters]) if letters else np.nan
    return Features(utterance, "capitals", np.float32([[share]]), ("capitals",), ("share",))
