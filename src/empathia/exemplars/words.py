"""BM25 over the words of contexts (Robertson and Zaragoza 2009): an inverted index in NumPy.

Weights are computed when the index is made, so that a query adds up a few rows. What a word is
depends on the language: words in lower case; for Korean morphemes where kiwipiepy is installed
(extra ``ko``), else pairs of neighbouring syllables.
"""

from __future__ import annotations

import functools
import importlib.util
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia.errors import needs
from empathia.types import FloatArray

_K, _B = 1.2, 0.75  # how fast a word that comes again saturates; how much length counts
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_HANGUL = re.compile(r"[가-힣]")


def is_korean(text: str) -> bool:
    """Whether most letters of a text are Hangul."""
    letters = sum(c.isalpha() for c in text)
    return letters > 0 and 2 * len(_HANGUL.findall(text)) > letters


def kind_for(language: str | None) -> str:
    """What counts as a word in a language: "words", "morphemes" or "runs"."""
    if language != "ko":
        return "words"
    return "morphemes" if importlib.util.find_spec("kiwipiepy") else "runs"


def words(text: str) -> list[str]:
    """Words in lower case."""
    return [w.replace("’", "'") for w in _WORD.findall(text.lower())]


def runs(text: str) -> list[str]:
    """Pairs of neighbouring syllables of Hangul, other words whole."""
    return [
        piece
        for word in words(text)
        for piece in (
            (word[i : i + 2] for i in range(max(1, len(word) - 1)))
            if _HANGUL.search(word)
            else (word,)
        )
    ]


def morphemes(text: str) -> list[str]:
    """Morphemes of Korean that carry meaning: no particles, endings or marks.

    Raises:
        MissingExtra: kiwipiepy is not installed.
    """
    return [t.form for t in _kiwi().tokenize(text.lower()) if t.tag[0] in "NVMX"]


@functools.cache
def _kiwi() -> Any:  # noqa: ANN401 - of kiwipiepy
    with needs("ko", "an index of Korean morphemes"):
        from kiwipiepy import Kiwi
    return Kiwi()


_TOKENS: Mapping[str, Callable[[str], list[str]]] = {
    "words": words,
    "runs": runs,
    "morphemes": morphemes,
}
KINDS = tuple(_TOKENS)
"""What can count as a word."""


@dataclass(frozen=True, slots=True)
class WordIndex:
    """Which texts hold a word, and what that is worth.

    Args:
        kind: One of :data:`KINDS`.
        size: How many texts there are.
        places: Word to its row in ``starts``.
        starts: (words + 1,) where the postings of each word begin.
        texts: (postings,) numbers of texts.
        worth: (postings,) BM25 weight of the word in the text.
    """

    kind: str
    size: int
    places: Mapping[str, int]
    starts: NDArray[np.int64]
    texts: NDArray[np.int32]
    worth: FloatArray

    def scores(self, text: str) -> FloatArray:
        """BM25 of each text for the words of a query, (size,); 0 where they share none."""
        total = np.zeros(self.size, np.float32)
        for word, times in Counter(_TOKENS[self.kind](text)).items():
            if (place := self.places.get(word)) is not None:
                span = slice(self.starts[place], self.starts[place + 1])
                total[self.texts[span]] += times * self.worth[span]
        return total

    def most(self, text: str) -> float:
        """What a text that holds each word of a query once, and is of mean length, would get."""
        known = [self.places.get(word) for word in _TOKENS[self.kind](text)]
        holding = [0 if p is None else int(self.starts[p + 1] - self.starts[p]) for p in known]
        return sum(_rarity(self.size, n) for n in holding)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What :meth:`of_arrays` needs: (n,) arrays by name, no objects among them."""
        vocabulary = np.frombuffer("\n".join(self.places).encode(), np.uint8)
        return {
            "vocabulary": vocabulary,
            "starts": self.starts,
            "texts": self.texts,
            "worth": self.worth,
        }

    @classmethod
    def of_arrays(cls, kind: str, size: int, arrays: Mapping[str, NDArray[Any]]) -> WordIndex:
        """The index that :meth:`arrays` came from.

        Raises:
            ValueError: They do not fit each other.
        """
        names = arrays["vocabulary"].tobytes().decode()
        places = {w: i for i, w in enumerate(names.split("\n"))} if names else {}
        starts, texts, worth = arrays["starts"], arrays["texts"], arrays["worth"]
        whole = len(starts) == len(places) + 1 and len(texts) == len(worth) == starts[-1]
        if kind not in KINDS or not whole or (len(texts) and not 0 <= texts.max() < size):
            raise ValueError("the index of words does not fit the pairs")
        return cls(kind, size, places, starts, texts, worth)


def index(texts: Sequence[str], kind: str) -> WordIndex:
    """The index of some texts.

    Args:
        texts: In the order of their numbers.
        kind: What counts as a word, one of :data:`KINDS`.

    Raises:
        MissingExtra: Morphemes are wanted and kiwipiepy is not installed.
    """
    counts = [Counter(_TOKENS[kind](t)) for t in texts]
    lengths = [sum(c.values()) for c in counts]
    mean = sum(lengths) / max(1, len(lengths)) or 1.0
    postings: dict[str, list[tuple[int, float]]] = {}
    for number, (counted, length) in enumerate(zip(counts, lengths, strict=True)):
        damped = _K * (1 - _B + _B * length / mean)
        for word, times in counted.items():
            postings.setdefault(word, []).append((number, times * (_K + 1) / (times + damped)))
    starts = np.zeros(len(postings) + 1, np.int64)
    starts[1:] = np.cumsum([len(p) for p in postings.values()])
    numbers = [n for p in postings.values() for n, _ in p]
    worth = [_rarity(len(texts), len(p)) * w for p in postings.values() for _, w in p]
    places = {word: i for i, word in enumerate(postings)}
    return WordIndex(
        kind,
        len(texts),
        places,
        starts,
        np.array(numbers, np.int32),
        np.array(worth, np.float32),
    )


def _rarity(texts: int, holding: int) -> float:
    return math.log(1 + (texts - holding + 0.5) / (holding + 0.5))
