"""Exemplars of talks: out of a bank that knows no labels, and never of the same talk."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from empathia.errors import ConfigError
from empathia.exemplars import bank as banks
from empathia.exemplars import encoding, places
from empathia.exemplars.bank import Bank, Source
from empathia.exemplars.pairs import Pair, dumps
from empathia.exemplars.search import WAYS, Query, nearness, promise, ranked, way
from empathia.files import write_json
from empathia.types import FloatArray

BANK = "bank"
_FOUND = "exemplars.json"
_LICENCE = "that of the corpora it was built from"
_BLOCK = 256  # talks whose vectors are made at a time


def bank_of(pairs: Sequence[Pair], folder: Path, by: str, language: str) -> Bank:
    """The bank of training pairs; it is built once. Emotions that they were labelled with stay out.

    Args:
        pairs: At least one.
        folder: Where it lies.
        by: One of :data:`~empathia.exemplars.search.WAYS`.
        language: ISO 639-1 code of their words.

    Raises:
        ConfigError: There is no such way, or the encoder that it needs is not here.
    """
    encoder = None if by == "words" else places.encoder_for(language)
    if by not in WAYS or (encoder is None and by != "words"):
        problem = f"exemplars cannot be looked for by '{by}'"
        raise ConfigError(
            problem + (" (the encoder is not here)" if by in WAYS else ""),
            f"Take one of {', '.join(WAYS)}; all but words need: empathia weights pull",
        )
    bare = [dataclasses.replace(p, emotion=None) for p in pairs]
    source = Source.of("training", bare, licence=_LICENCE, noncommercial=True)
    if not (folder / banks.INFO).is_file() or banks.read_info(folder) != banks.described(
        bare, [source], language, encoder
    ):
        banks.build(folder, bare, [source], language=language, encoder=encoder)
    return banks.load(folder)


def nearest(
    bank: Bank, pairs: Sequence[Pair], k: int, by: str, *, folder: Path, threads: int
) -> list[list[int]]:
    """Numbers of the exemplars of each pair, the best first; they are kept in a folder.

    Args:
        bank: Where to look.
        pairs: Their contexts are looked for, and exemplars of their talks left out.
        k: How many at most.
        by: One of :data:`~empathia.exemplars.search.WAYS`.
        folder: Where that is kept for the next try.
        threads: For the encoder.
    """
    if k == 0:
        return [[] for _ in pairs]
    told = [bank.info.pairs, bank.info.sources[0].fingerprint, k, by]
    digest = hashlib.sha256(json.dumps(told).encode() + dumps(pairs)).hexdigest()
    path = folder / f"{digest[:16]}-{_FOUND}"
    if path.is_file():
        return [list(map(int, row)) for row in json.loads(path.read_text("utf-8"))]
    rows = [
        row
        for start in range(0, len(pairs), _BLOCK)
        for row in _of_block(bank, pairs[start : start + _BLOCK], k, by, threads)
    ]
    write_json(path, rows)
    return rows


def _of_block(bank: Bank, pairs: Sequence[Pair], k: int, by: str, threads: int) -> list[list[int]]:
    how = way(bank, by)
    queries = [Query(p.context, dialogue=p.dialogue) for p in pairs]
    near: Sequence[FloatArray | None] = [None] * len(pairs)
    told: Sequence[FloatArray | None] = near
    if how != "words":
        rows = _vectors(bank, pairs, threads)
        near = list(nearness(bank, rows.T).T)
        told = list(promise(bank, rows)) if how == "reply" else told
    words = [bank.index.scores(q.context) if how in ("words", "hybrid") else None for q in queries]
    return [
        list(ranked(bank, q, k, near=n, words=w, told=t).places)
        for q, n, w, t in zip(queries, near, words, told, strict=True)
    ]


def _vectors(bank: Bank, pairs: Sequence[Pair], threads: int) -> FloatArray:
    """Vectors (pairs, width) of contexts: those of the bank where it has them."""
    assert bank.contexts is not None
    places_of = {p.id: i for i, p in enumerate(bank.pairs)}
    if all(p.id in places_of for p in pairs):
        return np.asarray(bank.contexts[[places_of[p.id] for p in pairs]])
    return encoding.load(str(bank.info.encoder), threads)([p.context for p in pairs])
