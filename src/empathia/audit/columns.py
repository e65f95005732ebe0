"""Cheap columns of a corpus: what can be had of an utterance without hearing what it says."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.audit.cases import Case
from empathia.audit.inputs import Columns
from empathia.audit.words import words

Floats = NDArray[np.float64]
_WORD = re.compile(r"[^\W_]{2,}")  # "I" alone is no matter of case
_LAST = re.compile(r"(\.{2,}|…|[^\w\s])\W*$")


class Column(NamedTuple):
    """One cheap column.

    Args:
        name: What it is.
        values: A number for each case, shape (cases,); NaN where there is none.
        ordered: Whether near numbers are alike; else each stands for a name.
        measured: Whether the voice was measured, as a recogniser would do.
    """

    name: str
    values: Floats
    ordered: bool = True
    measured: bool = False


def columns(all_cases: Sequence[Case], tables: Sequence[Columns]) -> Iterator[Column]:
    """Every column that is not the same throughout.

    Args:
        all_cases: The corpus.
        tables: Ready-made numbers.
    """
    lengths = Counter(c.dialogue for c in all_cases)
    every = [_read(c, lengths[c.dialogue]) for c in all_cases]
    for name in every[0] if every else ():
        values = _numbers(row[name] for row in every)
        if _vary(values):
            yield Column(name, values, measured=name == _LENGTH)
    for name, read in _names(all_cases):
        values = _coded([read(c) for c in all_cases])
        if _vary(values):
            yield Column(name, values, ordered=False)
    for t in tables:
        for i, name in enumerate(t.names):
            if _vary(t.values[:, i]):
                yield Column(f"{t.name}: {name}", t.values[:, i], measured=True)


_LENGTH = "length in seconds"


def _read(c: Case, length: int) -> Mapping[str, float | None]:
    """What can be counted of an utterance; its place is known to the corpus alone."""
    text = c.said.text or ""
    spelt = _WORD.findall(text)
    return {
        "number of characters": len(text),
        "number of words": len(words(text)),
        _LENGTH: c.said.duration,
        "start in seconds": c.said.start,
        "place in the dialogue": c.said.index,
        "share of the dialogue before it": c.said.index / length,
        "number of words in capitals": sum(x.isupper() for x in spelt),
        "number of words with a capital": sum(x[0].isupper() for x in spelt),
        "number of digits": sum(x.isdigit() for x in text),
        "number of exclamation marks": text.count("!"),
        "number of question marks": text.count("?"),
        "number of full stops": text.count("."),
        "number of other signs": sum(not (x.isalnum() or x.isspace() or x in "!?.") for x in text),
    }


def _names(all_cases: Sequence[Case]) -> Iterator[tuple[str, Callable[[Case], str | None]]]:
    yield "last sign", lambda c: m[1] if (m := _LAST.search(c.said.text or "")) else ""
    yield "first letter's case", lambda c: str((c.said.text or "").lstrip()[:1].isupper())
    yield "missing words", lambda c: str(c.said.text is None)
    yield "missing times", lambda c: str(c.said.start is None)
    yield "speaker", lambda c: c.said.speaker
    yield "gender", lambda c: c.said.gender
    for group in sorted({g for c in all_cases for g in c.said.groups}):
        yield f"grouping '{group}'", _grouping(group)


def _grouping(name: str) -> Callable[[Case], str | None]:
    return lambda c: c.said.groups.get(name)


def _numbers(values: Iterable[float | None]) -> Floats:
    return np.array([math.nan if v is None else v for v in values], np.float64)


def _coded(names: Sequence[str | None]) -> Floats:
    """Names as numbers, in the order of the alphabet; (names,)."""
    where = {x: i for i, x in enumerate(sorted({n for n in names if n is not None}))}
    return _numbers(None if n is None else where[n] for n in names)


def _vary(values: Floats) -> bool:
    there = values[~np.isnan(values)]
    return len(there) > 1 and bool((there != there[0]).any())
