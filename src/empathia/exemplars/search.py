"""Which exemplars of a bank fit what was said: by meaning, by words, by both, or by their reply.

A query holds words and, if wanted, emotions that a recogniser told; nothing else can reach a bank.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError, UsageError
from empathia.exemplars import encoding, foretold
from empathia.exemplars.bank import Bank, check_encoder
from empathia.exemplars.pairs import TURNS, turns_of
from empathia.types import FloatArray

WAYS = ("dense", "words", "hybrid", "reply")
"""Cosine of contexts, BM25 of contexts, both, or how near a reply is to where the answer lies."""
_DAMPING = 60  # of reciprocal ranks (Cormack, Clarke and Büttcher 2009)
_RANKED = 500  # places of either list that count


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    Args:
        context: What was said so far, a line a turn; the last line is answered.
        emotions: Exemplars of these emotions alone, and those that have none; None takes all.
            They are what a recogniser told, never a gold label.
        dialogue: Exemplars of this talk are left out.
    """

    context: str
    emotions: Collection[str] | None = None
    dialogue: str | None = None

    @classmethod
    def of(
        cls,
        turns: Sequence[str],
        *,
        emotions: Collection[str] | None = None,
        dialogue: str | None = None,
    ) -> Query:
        """The query for the last of these turns, which holds as many as a bank keeps.

        Raises:
            UsageError: There are no words in them.
        """
        spoken = [t for t in (" ".join(t.split()) for t in turns) if t]
        if not spoken:
            raise UsageError("there are no words to look for", "Give what was said")
        return cls(turns_of("\n".join(spoken[-TURNS:])), emotions, dialogue)

    @property
    def last(self) -> str:
        """What is answered."""
        return self.context.rpartition("\n")[2]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gives, the best first.

    Args:
        places: (k,) numbers of exemplars.
        scores: (k,) what they were ranked by.
        similarity: (k,) cosine of their context to the query's; where nothing was encoded, how
            much of the query's words they hold, the rare ones counting most, in [0, 1].
    """

    places: tuple[int, ...]
    scores: tuple[float, ...]
    similarity: tuple[float, ...]


def search(
    bank: Bank,
    query: Query,
    k: int,
    by: str = "hybrid",
    *,
    row: FloatArray | None = None,
    threads: int | None = None,
) -> Found:
    """The best exemplars for a query; fewer than ``k`` where the filter leaves fewer.

    Args:
        bank: Where to look.
        query: What to look for.
        k: How many, from 1 to as many as the bank has.
        by: One of :data:`WAYS`; a bank of words alone takes "hybrid" as "words".
        row: Vector (width,) of the query's context, where it is known already.
        threads: For the encoder; None takes all cores.

    Raises:
        UsageError: ``k`` or ``by`` cannot be, or another encoder made the bank.
        WeightsError: The encoder is not here.
    """
    if not 1 <= k <= len(bank.pairs):
        raise UsageError(
            f"{k} exemplars are asked of the bank '{bank.name}', which has {len(bank.pairs)}",
            "Ask for fewer" if k > 1 else "Ask for at least 1",
        )
    wanted = way(bank, by)
    words = bank.index.scores(query.context) if wanted in ("words", "hybrid") else None
    near = told = None
    if wanted != "words":
        row = vector(bank, query.context, threads) if row is None else row
        near = nearness(bank, row)
        told = promise(bank, row) if wanted == "reply" else None
    return ranked(bank, query, k, near=near, words=words, told=told)


def vector(bank: Bank, text: str, threads: int | None = None) -> FloatArray:
    """The vector (width,) of a text as the bank's encoder reads it.

    Raises:
        UsageError: Another encoder made the bank, or it has words alone.
        WeightsError: The encoder is not here.
    """
    check_encoder(bank)
    row: FloatArray = encoding.load(str(bank.info.encoder), threads)([text])[0]
    return row


def nearness(bank: Bank, row: FloatArray) -> FloatArray:
    """Cosine (n,) of each context to a vector (width,).

    Raises:
        InputError: The bank's vectors have another width.
    """
    contexts = bank.contexts
    if contexts is None or contexts.shape[1] != len(row):
        found = "none" if contexts is None else f"of {contexts.shape[1]}"
        raise InputError(
            f"expected vectors of {len(row)} in the bank '{bank.folder}', found {found}",
            "Build it again",
        )
    near: FloatArray = contexts @ row
    return near


def promise(bank: Bank, rows: FloatArray) -> FloatArray:
    """Inner products (..., n) of where answers to contexts (..., width) lie and each reply."""
    assert bank.answers is not None  # a bank that is searched by meaning has all three
    assert bank.replies is not None
    told: FloatArray = foretold.foretell(bank.answers, rows) @ bank.replies.T
    return told


def ranked(
    bank: Bank,
    query: Query,
    k: int,
    *,
    near: FloatArray | None,
    words: FloatArray | None,
    told: FloatArray | None = None,
) -> Found:
    """The best by what was measured, (n,) each; by both, their reciprocal ranks are added.

    Args:
        bank: Where to look.
        query: Says what is left out.
        k: How many.
        near: Of each context.
        words: BM25 of each context.
        told: What each reply promises; alone decisive where it is given.
    """
    allowed = bank.allowed(query.emotions, query.dialogue)
    if not len(allowed):
        return Found((), (), ())
    measured = [m[allowed] for m in ((near, words) if told is None else (told,)) if m is not None]
    if words is not None and near is None:
        shares_a_word = words[allowed] > 0
        allowed, measured = allowed[shares_a_word], [m[shares_a_word] for m in measured]
    total = measured[0] if len(measured) == 1 else _fused(measured)
    best = largest(total, k)
    if near is not None:
        similar = near[allowed[best]]
    else:
        similar = np.minimum(1, total[best] / max(bank.index.most(query.context), 1e-12))
    return Found(
        tuple(int(i) for i in allowed[best]),
        tuple(float(s) for s in total[best]),
        tuple(float(s) for s in similar),
    )


def way(bank: Bank, by: str) -> str:
    """How a bank is searched that is asked to be searched so.

    Raises:
        UsageError: There is no such way, or the bank has no vectors for it.
    """
    if by not in WAYS:
        raise UsageError(f"exemplars are found by {', '.join(WAYS)}, not '{by}'", "Choose one")
    if bank.contexts is None and by in ("dense", "reply"):
        raise UsageError(f"the bank '{bank.name}' has no vectors", "Search it by words")
    return "words" if bank.contexts is None else by


def _fused(measured: Sequence[FloatArray]) -> FloatArray:
    """Reciprocal ranks (n,), added; whoever is far behind in one has none there."""
    total = np.zeros(len(measured[0]), np.float32)
    for values in measured:
        best = largest(values, _RANKED)
        best = best[values[best] > 0]  # what shares no word has no rank by words
        total[best] += 1 / (_DAMPING + 1 + np.arange(len(best), dtype=np.float32))
    return total


def largest(values: FloatArray, k: int) -> NDArray[np.int64]:
    """Numbers (k,) of the largest of (n,) values, the largest first; of equal ones the first."""
    some = np.argpartition(-values, k - 1)[:k] if k < len(values) else np.arange(len(values))
    order: NDArray[np.int64] = some[np.lexsort((some, -values[some]))]
    return order
