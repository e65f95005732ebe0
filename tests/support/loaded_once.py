"""Pulled and shipped models do not change: the tests of one process load each of them once.

Most tests hear the same few seconds of speech and read the same few words: what a model hears in a
sound, and the vectors of texts, are computed once, too.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
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
from empathia.types import Audio

_MOST = 60  # sounds that are remembered
_TEXTS = 2000  # lists of texts that are remembered of an encoder
_HEARD: list[Any] = []
_READ: list[Any] = []


def share(patch: pytest.MonkeyPatch) -> None:
    """Keep what is loaded of the cache; what a test wrote is loaded each time."""
    nets = (SpeakerEncoder, SpeechEncoder, MultilingualEncoder, Segmentation, Transcriber)
    for place in (*nets, keeping):
        patch.setattr(place, "load", _once(place.load))
    patch.setattr(TextEncoder, "load", _once(TextEncoder.load, _own_tokenizer))
    patch.setattr(text, "_read", _once(text._read, dict))  # of minilm, below what was tuned
    patch.setattr(multilingual, "tokenizer", _once(multilingual.tokenizer))
    patch.setattr(quarter, "read", _once(quarter.read))
    for net, hears in (
        (Transcriber, "_output"),
        (Transcriber, "_languages"),
        (Transcriber, "_generated"),
        (Transcriber, "_words"),
        (SpeakerEncoder, "embed"),
        (Segmentation, "activity"),
    ):
        patch.setattr(net, hears, _remembered(getattr(net, hears)))
    patch.setattr(SpeechEncoder, "_window", _remembered(SpeechEncoder._window))
    for reader, reads in ((TextEncoder, "encode_pieces"), (MultilingualEncoder, "encode")):
        patch.setattr(reader, reads, _read_once(getattr(reader, reads)))


def forget(*, sounds: bool = True) -> None:
    """Read, and hear, anew: for a test of whether the same comes out twice."""
    for kept in (*_READ, *(_HEARD if sounds else ())):
        kept.clear()


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


def _remembered(hear: Callable[..., Any]) -> Callable[..., Any]:
    """A method of a model that gives what it gave before for the same."""
    heard = OrderedDict[object, Any]()
    _HEARD.append(heard)

    def remembered(model: object, *args: object) -> Any:
        asked = (id(model), *map(_told, args))
        if asked not in heard:
            if len(heard) >= _MOST:
                heard.popitem(last=False)
            heard[asked] = model, args, hear(model, *args)  # whose names stay theirs meanwhile
        heard.move_to_end(asked)
        return heard[asked][-1]

    return remembered


def _read_once(read: Callable[..., Any]) -> Callable[..., Any]:
    """A method of an encoder that gives the vectors that it gave before for the same texts.

    As long as its graph is there, which copies of the encoder share.
    """
    known = WeakKeyDictionary[Any, dict[object, Any]]()
    _READ.append(known)

    def once(encoder: Any, texts: Any, *more: Any) -> Any:
        mine = known.setdefault(encoder._graph, {})
        asked = tuple(map(_fixed, (texts, *more)))
        if asked not in mine:
            if len(mine) >= _TEXTS:
                mine.clear()
            mine[asked] = read(encoder, texts, *more)
        return mine[asked].copy()

    return once


def _fixed(x: Any) -> object:
    return tuple(map(_fixed, x)) if isinstance(x, list | tuple) else x


def _told(x: object) -> object:
    """What tells an argument from others."""
    if isinstance(x, np.ndarray):
        return x.shape, x.dtype.str, x.tobytes()
    if isinstance(x, Audio):
        return x.rate, _told(x.samples)
    if isinstance(x, list | tuple):
        return tuple(map(_told, x))
    return x if x is None or isinstance(x, str | int) else id(x)
