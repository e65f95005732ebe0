"""Which of the exemplars that were found is an answer to this.

An exemplar counts by where an answer is foretold to lie, by how like its situation is, by how
central its reply is among the candidates (what many people answer fits more often), and loses by
words that the speaker just said. Weights were chosen on the validation part of EmpatheticDialogues
(docs/experiments.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError
from empathia.exemplars import foretold
from empathia.exemplars.bank import Bank
from empathia.exemplars.search import Found, Query, largest, search, vector, way
from empathia.exemplars.words import words
from empathia.types import FloatArray

CANDIDATES = 50
_SITUATION, _CENTRAL, _COPIED = 0.5, 0.5, 0.1
_FEW, _FEWER = 5, 20
# Words that say nothing of what is talked about.
_EMPTY = frozenset(
    """
    a about after again all also always am an and any anything are as at be because been before
    being but by can can't could d did didn't do does doesn't doing don't down even ever every for
    from get go going got had has have having he her here him his how i i'd i'll i'm i've if in
    into is isn't it it's its just know let like me more most much my no not now o of off oh ok
    okay on one only or other our out over really say see she should so some something such than
    that that's the their them then there they thing things think this those to too up us very was
    wasn't we well were what what's when where which while who why will with would yeah yes you
    you're your am
    """.split()  # noqa: SIM905 - a list of 150 strings reads worse
)


def rank(
    bank: Bank,
    query: Query,
    k: int = 1,
    by: str = "dense",
    *,
    candidates: int = CANDIDATES,
    row: FloatArray | None = None,
    threads: int | None = None,
) -> Found:
    """The exemplars whose replies are most likely an answer, the best first.

    Args:
        bank: Where to look.
        query: What to look for.
        k: How many; fewer come where fewer were found.
        by: How they are found, one of :data:`~empathia.exemplars.search.WAYS`. By words no vectors
            are needed, and nothing is foretold.
        candidates: How many are found, to be weighed against each other; a small bank gives a
            twentieth of its exemplars at most, but five.
        row: Vector (width,) of the query's context, where it is known already.
        threads: For the encoder; None takes all cores.

    Raises:
        UsageError: ``k`` is below 1, ``by`` is no way, or another encoder made the bank.
        WeightsError: The encoder is not here.
    """
    if k < 1 or candidates < 1:
        raise UsageError(f"{min(k, candidates)} exemplars are asked for", "Ask for at least 1")
    most = min(candidates, max(_FEW, len(bank.pairs) // _FEWER), len(bank.pairs))
    how = way(bank, by)
    if row is None and how != "words":
        row = vector(bank, query.context, threads)
    found = search(bank, query, most, how, row=row)
    places, similar = np.array(found.places, np.int64), np.array(found.similarity, np.float32)
    score = similar - _COPIED * np.array(
        [copied(bank.pairs[i].reply, query.last) for i in places], np.float32
    )
    if how != "words" and len(places):
        score += _foretold(bank, places, row) - (1 - _SITUATION) * similar
    order = largest(score, k)
    return Found(
        tuple(int(p) for p in places[order]),
        tuple(float(s) for s in score[order]),
        tuple(float(s) for s in similar[order]),
    )


def _foretold(bank: Bank, places: NDArray[np.int64], row: FloatArray | None) -> FloatArray:
    """How near each reply is to where an answer lies, and to the other candidates' replies."""
    assert bank.replies is not None  # a bank that is searched by meaning has all three
    assert bank.answers is not None
    assert row is not None
    replies = np.asarray(bank.replies[places])
    worth: FloatArray = replies @ (
        foretold.foretell(bank.answers, row) + _CENTRAL * replies.mean(0)
    )
    return worth


def copied(reply: str, said: str) -> float:
    """Share of a reply's content words that were just said, in [0, 1]."""
    told = [w for w in words(reply) if w not in _EMPTY]
    heard = set(words(said)) - _EMPTY
    return sum(w in heard for w in told) / len(told) if told else 0.0
