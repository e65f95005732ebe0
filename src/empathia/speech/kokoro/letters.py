"""How words sound that are in no lexicon: by their letters, with rules learnt from one.

``letters.tsv`` is made by ``scripts/letters.py``. A rule is a letter, some of its neighbours, and
what it says there; of those that fit, the one with the most neighbours counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("letters.tsv")
STRESSES = "ˈˌ"
UNSTRESSED = str.maketrans("", "", STRESSES)
VOWELS = "AIOQWYaiuæɐɑɒɔəɛɜɪʊʌᵻ"
_SEEN = (1, -1, 2, -2, 3, -3, 4, -4)  # neighbours in the order in which rules ask for them
_PADDING = "#" * max(_SEEN)


def keys(word: str, place: int) -> Iterator[str]:
    """A letter with no neighbour, one, two ... of them, beyond the word "#".

    Args:
        word: In lower case.
        place: Of the letter, from 0.
    """
    padded = f"{_PADDING}{word}{_PADDING}"
    key = word[place]
    yield key
    for offset in _SEEN:
        key += padded[place + len(_PADDING) + offset]
        yield key


def by_rules(word: str, rules: Mapping[str, str]) -> str:
    """Phonemes of a word, one of its vowels stressed.

    Args:
        word: Letters a to z; others are silent.
        rules: Keys (:func:`keys`) to phonemes.
    """
    fitting = [[rules[k] for k in keys(word, i) if k in rules] or [""] for i in range(len(word))]
    if not any(map(_full, (of[-1] for of in fitting))):  # somewhere a word needs a full vowel
        for i, of in enumerate(fitting):
            if fuller := [p for p in of if _full(p)]:
                fitting[i] = fuller
                break
    return _stressed("".join(of[-1] for of in fitting))


def sounded(word: str) -> str:
    """Phonemes of a word that is in no lexicon.

    Args:
        word: Letters a to z in lower case; others are silent.
    """
    return by_rules(word, _rules())


def _full(said: str) -> bool:
    """Whether there is a vowel that may bear a stress."""
    return any(s in VOWELS and s not in "əᵻ" for s in said)


def _stressed(said: str) -> str:
    """One primary stress: the first that the rules gave, else on the first vowel."""
    head, mark, rest = said.partition("ˈ")
    if mark:
        return f"{head}{mark}{rest.replace('ˈ', 'ˌ')}"
    if "ˌ" in said:
        return said.replace("ˌ", "ˈ", 1)
    full = [i for i, s in enumerate(said) if s in VOWELS and s not in "əᵻ"]
    if not full:
        full = [i for i, s in enumerate(said) if s in VOWELS]
    return f"{said[: full[0]]}ˈ{said[full[0] :]}" if full else said


@lru_cache(maxsize=1)
def _rules() -> Mapping[str, str]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)
