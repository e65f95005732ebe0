"""How far raters agree: pairwise agreement, Fleiss' kappa, Krippendorff's alpha.

All three take votes as corpora hold them: an item is a sequence of votes, a vote the labels that
one rater gave, and items may have different raters and different numbers of them. Two votes agree
by the share of labels that they have in common, ``s(a, b) = |a & b| / |a | b|`` (Jaccard), which
for one label a vote is 1 or 0, the nominal case of the papers. Empty votes don't count, nor do
items with fewer than two votes. Where nothing can be compared the answer is NaN.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import product

Vote = frozenset[str]
Votes = Iterable[Sequence[Collection[str]]]


def pairwise_agreement(votes: Votes) -> float:
    """Mean over items of the mean agreement of two of its raters, in [0, 1]; 1 is best.

    ``P = mean over items of the mean over pairs of its votes of s(a, b)`` (the observed agreement
    of Fleiss, Psychological Bulletin 1971).

    >>> pairwise_agreement([[{"joy"}, {"joy"}], [{"joy"}, {"anger"}], [{"joy"}, {"joy", "fear"}]])
    0.5
    """
    items = _rated(votes)
    return math.fsum(map(_within, items)) / len(items) if items else math.nan


def fleiss_kappa(votes: Votes) -> float:
    """Agreement beyond chance, at most 1; 0 is chance (Fleiss, Psychological Bulletin 1971).

    ``kappa = (P - E) / (1 - E)`` with P the pairwise agreement and
    ``E = sum over a, b of p_a p_b s(a, b)``, p_a the share of vote a among all votes. For the
    same number of raters everywhere and one label a vote it is Fleiss' own figure.

    Returns:
        NaN where all votes are the same: there is no chance to beat.

    >>> votes = [[{"joy"}, {"joy"}], [{"joy"}, {"anger"}], [{"anger"}, {"anger"}]]
    >>> round(fleiss_kappa(votes), 4)
    0.3333
    """
    items = _rated(votes)
    if not items:
        return math.nan
    values = Counter(v for item in items for v in item)
    n = values.total()
    by_chance = math.fsum(
        values[a] * values[b] * _alike(a, b) for a, b in product(values, repeat=2)
    ) / (n * n)
    return _beyond(pairwise_agreement(items), by_chance)


def krippendorff_alpha(votes: Votes) -> float:
    """Reliability, at most 1; 0 is chance (Krippendorff, Content Analysis, 2004, chapter 11).

    ``alpha = 1 - D_o / D_e``: the disagreement within items, each item weighted by its number of
    votes, over that of all pairs of votes whatsoever. It allows for small samples and for items
    with few raters, which Fleiss' kappa does not.

    Returns:
        NaN where all votes are the same.

    >>> votes = [[{"joy"}, {"joy"}], [{"joy"}, {"anger"}], [{"anger"}, {"anger"}]]
    >>> round(krippendorff_alpha(votes), 4)
    0.4444
    """
    items = _rated(votes)
    if not items:
        return math.nan
    values = Counter(v for item in items for v in item)
    n = values.total()
    within = math.fsum(len(item) * _within(item) for item in items) / n
    pairs = math.fsum(
        (values[a] * (values[b] - (a == b))) * _alike(a, b) for a, b in product(values, repeat=2)
    )
    return _beyond(within, pairs / (n * (n - 1)))


def _rated(votes: Votes) -> list[list[Vote]]:
    items = ([frozenset(v) for v in item if v] for item in votes)
    return [item for item in items if len(item) > 1]


def _within(item: Sequence[Vote]) -> float:
    """Mean agreement of two raters of one item."""
    counts = Counter(item)
    n = len(item)
    same = math.fsum(
        counts[a] * (counts[b] - (a == b)) * _alike(a, b) for a, b in product(counts, repeat=2)
    )
    return same / (n * (n - 1))


def _alike(a: Vote, b: Vote) -> float:
    return len(a & b) / len(a | b)


def _beyond(observed: float, by_chance: float) -> float:
    return math.nan if by_chance >= 1 else (observed - by_chance) / (1 - by_chance)
