"""Which language is spoken, stretch by stretch, from a speech model's opinion of each.

A stretch of a second is often taken for a language that nobody speaks there, so
each is weighed against its neighbours: a talk goes on in its language, and
where it changes, it sooner changes to one that was heard than to a new one. No
stretch depends on a later window. The forward-backward algorithm does this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_CODES = {"jw": "jv", "yue": "zh"}  # Whisper's names; Hawaiian ("haw") has none of two letters
# How likely a stretch is in another language than the one before, against the same.
_NEW = 0.2
_KNOWN = 0.1  # more, by the share of the language in what was heard
_WEIGHT = 1.5  # s from which an opinion counts in full
_HIDDEN = 0.3  # probability of a language in a window that says little of its parts
_LEAST = 1e-4  # no opinion rules a language out

Belief = NDArray[np.float64]


def code_of(name: str) -> str:
    """ISO 639-1 code of a language as Whisper calls it; ISO 639-2 where there is none."""
    return _CODES.get(name, name)


def names_of(code: str) -> tuple[str, ...]:
    """What Whisper may call a language (ISO 639-1), the likeliest first."""
    return (*(n for n, c in _CODES.items() if c == code and n != "yue"), code)


def agreed(whole: Mapping[str, float], stretch: Mapping[str, float]) -> dict[str, float]:
    """The opinion of one stretch in the light of that of its window, which is the surer one.

    Where two languages are spoken the window may hardly show the one: it rules none out.
    """
    product = {name: max(whole[name], _HIDDEN) * p for name, p in stretch.items()}
    total = sum(product.values())
    return {name: p / total for name, p in product.items()}


class LanguagesSoFar:
    """Which language is spoken so far; bounded in memory."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._belief: Belief = np.zeros(0)  # of the last stretch
        self._heard: Belief = np.zeros(0)  # s of each language

    def add(self, opinions: Sequence[tuple[Mapping[str, float], float]]) -> list[tuple[str, float]]:
        """The languages of the stretches of one window.

        Args:
            opinions: Probability of each language, and length in s, of each stretch in order;
                always the same languages.

        Returns:
            The likeliest language of each and its probability, in [0, 1], given this window
            and what came before.
        """
        if not opinions:
            return []
        if not self._names:
            self._names = list(opinions[0][0])
            self._belief = np.full(len(self._names), 1 / len(self._names))
            self._heard = np.zeros(len(self._names))
        said = [_weighed([o[n] for n in self._names], seconds) for o, seconds in opinions]
        forward = []
        for one in said:
            self._belief = _normal(self._next(self._belief) * one)
            forward.append(self._belief)
        later = np.ones(len(self._names))
        told = []
        for belief, one in zip(forward[::-1], said[::-1], strict=True):
            both = _normal(belief * later)
            told.append((self._names[int(both.argmax())], float(both.max())))
            later = _normal(self._before(later * one))
        told.reverse()
        for (language, _), (_, seconds) in zip(told, opinions, strict=True):
            self._heard[self._names.index(language)] += seconds
        return told

    @property
    def _change(self) -> Belief:
        """Weight of a change to each language; that of no change is 1."""
        return _NEW + _KNOWN * self._heard / max(1.0, float(self._heard.sum()))

    def _next(self, belief: Belief) -> Belief:
        return belief + self._change * float(belief.sum())

    def _before(self, later: Belief) -> Belief:
        return later + float(self._change @ later)


def _weighed(opinion: Sequence[float], seconds: float) -> Belief:
    said: Belief = np.power(np.maximum(opinion, _LEAST), min(1.0, seconds / _WEIGHT))
    return said


def _normal(belief: Belief) -> Belief:
    normal: Belief = belief / belief.sum()
    return normal
