"""Rates with intervals, and the targets beside them: a module for other benchmarks."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_NUMBERS = {"2": "two", "7": "sieben"}


class Spoken(NamedTuple):
    """What a clip says, and what was understood."""

    speaker: str
    truth: str
    text: str


def rate(
    what: str, cases: Sequence[bool], target: float | None = None, *, least: bool = False
) -> None:
    """Print the share of cases with Wilson's interval; nothing where there are none."""
    if cases:
        count, n = sum(cases), len(cases)
        line(f"{what} ({count} of {n})", count / n, wilson(count, n), target, least=least)


def error(what: str, spoken: Sequence[Spoken]) -> float:
    """Print the word error rate; returns it."""
    whole, interval = word_error(spoken)
    line(what, whole, interval, None)
    return whole


def word_error(spoken: Sequence[Spoken]) -> tuple[float, tuple[float, float]]:
    """Word error rate, and its interval of 95 % over speakers."""
    of: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for one in spoken:
        truth = plain(one.truth)
        of[one.speaker].append((distance(truth, plain(one.text)), len(truth)))
    sums = np.array([np.sum(pairs, axis=0) for pairs in of.values()])
    draws = np.random.default_rng(0).integers(len(sums), size=(1000, len(sums)))
    wrong, words = sums[draws].sum(axis=1).T
    low, high = np.percentile(wrong / words, (2.5, 97.5))
    return float(sums[:, 0].sum() / sums[:, 1].sum()), (float(low), float(high))


def plain(text: str) -> list[str]:
    """Words in lower case without punctuation, numbers written out."""
    text = unicodedata.normalize("NFC", text).lower()
    return [_NUMBERS.get(w, w) for w in re.sub(r"[^\w\s']", " ", text).split()]


def distance(said: Sequence[str], heard: Sequence[str]) -> int:
    """Words to insert, leave out or replace."""
    row = list(range(len(heard) + 1))
    for i, a in enumerate(said, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


def wilson(count: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Interval of 95 % of a share."""
    middle = (count + z * z / 2) / (n + z * z)
    reach = z / (n + z * z) * float(np.sqrt(count * (n - count) / n + z * z / 4))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def line(
    what: str,
    figure: float,
    interval: tuple[float, float] | None,
    target: float | None,
    *,
    least: bool = False,
) -> None:
    """Print a figure, its interval, and whether it reaches its target."""
    within = "" if interval is None else f"[{interval[0]:.3f}, {interval[1]:.3f}]"
    goal = ""
    if target is not None:
        met = figure >= target if least else figure <= target
        goal = f"target {'>=' if least else '<='} {target:g} {'ok' if met else 'MISSED'}"
    print(f"{what:<64} {figure:6.3f} {within:<16} {goal}", flush=True)
