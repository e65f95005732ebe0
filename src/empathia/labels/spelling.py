"""Names that differ in their spelling alone: of labels, of speakers."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

# Between two digits a mark means something: 1.5 is not 15. So does one at a sign's place: -1.
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[^\w+]+(?=\d)|(?<=\d)_+(?=\d)")
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-‐-―](?=[^\W\d_])")


def composed(name: str) -> str:
    """The name in Unicode's composed form (NFC), without blanks around it."""
    return unicodedata.normalize("NFC", name).strip()


def folded(name: str) -> str:
    """What is left of a name without case, blanks, punctuation and forms of letters.

    Symbols (``+``, emoji), signs of numbers and marks between digits stay; a name of nothing but
    punctuation is itself.

    >>> folded("Very_happy.") == folded("very happy")
    True
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    plain = _HYPHEN.sub("", _BETWEEN_DIGITS.sub("|", plain.strip()))
    kept = "".join(c for c in plain if c in "|-" or unicodedata.category(c)[0] not in "PZC")
    return kept or name


def spellings(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Names that are spelt in several ways: the usual spelling to all of them.

    The usual one is the commonest, in lower case among equals, else the first in the alphabet.

    >>> spellings(["sad", "Glad", "glad", "glad."])
    {'glad': ('Glad', 'glad', 'glad.')}
    """
    counts = Counter(names)
    alike: dict[str, list[str]] = defaultdict(list)
    for name in sorted(counts):
        alike[folded(name)].append(name)
    return {_usual(counts, g): tuple(g) for g in alike.values() if len(g) > 1}


def _usual(counts: Mapping[str, int], alike: Iterable[str]) -> str:
    return min(alike, key=lambda x: (-counts[x], x != x.lower(), len(x), x))
