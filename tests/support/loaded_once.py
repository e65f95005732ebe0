"""Pulled and shipped models do not change: the tests of one process load each of them once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from empathia import weights
from empathia.encoders import multilingual, quarter, text
from empathia.encoders.multilingual import MultilingualEncoder
from empathia.encoders.segmentation import Segmentation
from empathia.encoders.speaker import SpeakerEncoder
from empathia.encoders.speech import SpeechEncoder
from empathia.encoders.text import TextEncoder
from empathia.listen.words import Transcriber
from empathia.training import keeping


def share(patch: pytest.MonkeyPatch) -> None:
    """Keep what is loaded of the cache; what a test wrote is loaded each time."""
    nets = (SpeakerEncoder, SpeechEncoder, MultilingualEncoder, Segmentation, Transcriber)
    for place in (*nets, keeping):
        patch.setattr(place, "load", _once(place.load))
    patch.setattr(TextEncoder, "load", _once(TextEncoder.load, _own_tokenizer))
    patch.setattr(text, "_read", _once(text._read, dict))  # of minilm, below what was tuned
    patch.setattr(multilingual, "tokenizer", _once(multilingual.tokenizer))
    patch.setattr(quarter, "read", _once(quarter.read))


def _own_tokenizer(kept: TextEncoder) -> TextEncoder:
    """With a tokenizer whose bounds may be changed."""
    own = copy.copy(kept)
    own.tokenizer = _Bounded(kept.tokenizer)
    return own


class _Bounded:
    """A tokenizer that may be told to cut nothing off: all that were share one copy."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("enable_", "no_", "add_", "_")):
            raise AttributeError(f"a tokenizer that tests share has no {name}")
        return getattr(self._tokenizer, name)

    def no_truncation(self) -> None:
        self._tokenizer = _whole(self._tokenizer)


@cache
def _whole(tokenizer: Any) -> Any:
    own = copy.deepcopy(tokenizer)
    own.no_truncation()
    return own


def _once(
    load: Callable[..., Any], given: Callable[[Any], Any] = lambda kept: kept
) -> Callable[..., Any]:
    cache, kept = weights.root(), dict[object, Any]()
    lasting = {cache / "weights", weights.place(weights.entry("text-default")).parent}

    def loaded(*args: Any, **more: Any) -> Any:
        values = (*args, *more.values())
        paths = [a for a in values if isinstance(a, Path)]
        if weights.root() != cache or not all(lasting & set(p.parents) for p in paths):
            return load(*args, **more)
        if not all(isinstance(a, Hashable) for a in values):  # arrays, which may be a test's own
            return load(*args, **more)
        asked = (args, tuple(sorted(more.items())))
        if asked not in kept:
            kept[asked] = load(*args, **more)
        return given(kept[asked])

    return loaded
