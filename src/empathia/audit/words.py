"""Words of a sentence, and sentences that are nearly the same."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

MIN_WORDS = 5
"""Shorter sentences ("I don't know.") are language, not copies."""
SAME = 0.8
"""Share of the words (of both together) that near copies have in common: one word in nine may
be another one, or one in five may be missing."""
_EPS = 1e-9
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

Words = tuple[str, ...]


def words(text: str | None) -> Words:
    """Words in order, without case, accents of form and punctuation."""
    plain = unicodedata.normalize("NFKC", text or "").casefold().replace("’", "'")
    return tuple(_WORD.findall(plain))


def near_copies(known: Sequence[Words], evaluated: Sequence[Words]) -> dict[int, int]:
    """Position of each evaluated sentence that has a near copy, with that copy's position.

    Two sentences are near copies where the bags of their words have a Jaccard similarity of at
    least :data:`SAME`. Exact, not sampled: sentences that alike must share one of the rarest
    words of both (prefix filtering; Chaudhuri, Ganti & Kaushik, ICDE 2006).
    """
    counts = Counter(w for sentence in (*known, *evaluated) for w in sentence)
    first: dict[Words, int] = {}  # the known sentences once each, as sorted bags
    for i, sentence in enumerate(known):
        first.setdefault(_bag(sentence, counts), i)
    index: dict[tuple[str, int], list[Words]] = defaultdict(list)
    for bag in first:
        for word in _prefix(bag):
            index[word].append(bag)
    copies = {}
    for i, sentence in enumerate(evaluated):
        bag = _bag(sentence, counts)
        match = bag if bag in first else _match(bag, index)
        if match is not None:
            copies[i] = first[match]
    return copies


def _bag(sentence: Words, counts: Counter[str]) -> Words:
    return tuple(sorted(sentence, key=lambda w: (counts[w], w)))


def _prefix(bag: Words) -> Iterator[tuple[str, int]]:
    """The rarest words, each with its how-manieth, of which near copies must share one."""
    seen: Counter[str] = Counter()
    for word in bag[: len(bag) - math.ceil(SAME * len(bag) - _EPS) + 1]:
        seen[word] += 1
        yield word, seen[word]


def _match(bag: Words, index: dict[tuple[str, int], list[Words]]) -> Words | None:
    low, high = SAME * len(bag) - _EPS, len(bag) / SAME + _EPS
    mine = Counter(bag)
    tried: set[Words] = set()
    for word in _prefix(bag):
        for other in index.get(word, ()):
            if other in tried or not low <= len(other) <= high:
                continue
            tried.add(other)
            both = (mine & Counter(other)).total()
            if both >= SAME * (len(bag) + len(other) - both) - _EPS:
                return other
    return None
