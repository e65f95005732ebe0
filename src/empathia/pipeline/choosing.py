"""Which of several replies to give, and why.

A reply counts by where an answer to this is foretold to lie (what people mostly answer), and loses
by words that were just said to it and by what it said before in this talk. Judges have one vote:
it grows with the elements of empathy up to what people's replies have, and not beyond, as a judge
is easily pleased. Where levels are asked for, their distance counts instead.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from empathia.exemplars import foretold
from empathia.exemplars.encoding import Encode
from empathia.exemplars.pairs import TURNS
from empathia.exemplars.ranking import copied
from empathia.types import LEVELS, Empathy, FloatArray, Reply, Turn, Wish

# By hand; no data chose them.
_COPIED, _REPEATED, _VOTE, _ASKED = 0.1, 0.5, 0.05, 0.5
_SAME = 0.9  # cosine from which a reply is what was said before
_PEOPLE = 1.8  # about the sum of the levels that people's replies have; not measured here

Judging = Callable[[Sequence[tuple[str, str]]], Sequence[Empathy]]


@dataclass(frozen=True, slots=True)
class Measure:
    """What tells where answers lie.

    Args:
        encode: Sentence vectors.
        answers: The map of a bank (:mod:`empathia.exemplars.foretold`) over the same vectors.
    """

    encode: Encode
    answers: FloatArray


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A candidate and what speaks for it."""

    reply: Reply
    fits: float | None = None  # cosine to where an answer lies
    copied: float = 0.0
    repeated: bool = False
    missed: float = 0.0  # mean distance to the levels that were asked for, in [0, 1]
    vote: float = 0.0

    @property
    def worth(self) -> float:
        lost = _COPIED * self.copied + _REPEATED * self.repeated + _ASKED * self.missed
        return (self.fits or 0.0) + self.vote - lost


def choose(
    turns: Sequence[Turn],
    replies: Sequence[Reply],
    wish: Wish,
    judging: Judging | None,
    measure: Measure | None,
) -> Reply:
    """The best of several replies to the last turn, judged, with why it is this one.

    Args:
        turns: The talk up to the turn that is answered.
        replies: At least one; the first of equals is taken.
        wish: What is wanted.
        judging: Judges replies; None where there is no judge for this language.
        measure: Says what fits; None where that cannot be told.
    """
    said = [t.utterance.text or "" for t in turns[-TURNS:]]
    if judging is not None:
        judged = judging([("\n".join(said), r.text) for r in replies])
        replies = [dataclasses.replace(r, empathy=e) for r, e in zip(replies, judged, strict=True)]
    if len(replies) == 1:
        return replies[0]
    fits, repeated = _measured(turns, replies, said, measure)
    weighed = [
        _Weighed(r, f, copied(r.text, said[-1]), again, _missed(r.empathy, wish), _vote(r, wish))
        for r, f, again in zip(replies, fits, repeated, strict=True)
    ]
    best = max(weighed, key=lambda w: w.worth)
    reasons = [*filter(None, [best.reply.why]), _reason(best, weighed, wish)]
    return dataclasses.replace(best.reply, why="; ".join(reasons))


def _measured(
    turns: Sequence[Turn], replies: Sequence[Reply], said: Sequence[str], measure: Measure | None
) -> tuple[Sequence[float | None], Sequence[bool]]:
    """How each reply fits, and whether it was given before in this talk."""
    before = [t.reply.text for t in turns[:-1] if t.reply is not None]
    before += [t.utterance.text or "" for t in turns[:-1]]
    told = set(before)
    if measure is None:
        return [None] * len(replies), [r.text in told for r in replies]
    earlier = [text for text in before if text.strip()][-10:]
    rows = measure.encode(["\n".join(said), *(r.text for r in replies), *earlier])
    mine, past = rows[1 : len(replies) + 1], rows[len(replies) + 1 :]
    fits = (mine @ foretold.foretell(measure.answers, rows[0])).tolist()
    again = (mine @ past.T).max(1) >= _SAME if len(past) else np.zeros(len(mine), bool)
    return fits, again.tolist()


def _missed(empathy: Empathy | None, wish: Wish) -> float:
    """How far a reply is from what was asked for, in [0, 1]."""
    if empathy is None:
        return 0.0
    far = [
        abs(empathy.elements[e].expected - level) / (len(LEVELS) - 1)
        for e, level in wish.empathy.items()
        if e in empathy.elements
    ]
    if wish.sentiment is not None and empathy.sentiment is not None:
        far.append(abs(empathy.sentiment - wish.sentiment) / 2)
    return sum(far) / len(far) if far else 0.0


def _vote(reply: Reply, wish: Wish) -> float:
    expected = None if reply.empathy is None or wish.empathy else reply.empathy.expected
    return 0.0 if expected is None else _VOTE * min(1.0, expected / _PEOPLE)


def _reason(best: _Weighed, weighed: Sequence[_Weighed], wish: Wish) -> str:
    """Why the best won, in words."""
    parts = []
    if best.fits is not None:
        others = ", ".join(f"{w.fits:.2f}" for w in weighed if w is not best and w.fits is not None)
        parts.append(f"like what people answer {best.fits:.2f} (others {others})")
    if best.copied:
        parts.append(f"{best.copied:.0%} of its content words were just said")
    if dropped := sum(w.repeated for w in weighed) - best.repeated:
        parts.append(f"{dropped} said it again")
    if best.reply.empathy is not None:
        found = best.reply.empathy.elements
        asked = [
            f"{e} {found[e].level} (asked {level})"
            for e, level in wish.empathy.items()
            if e in found
        ]
        parts += asked
    return f"best of {len(weighed)}" + (f": {', '.join(parts)}" if parts else "")
