"""Measures of replies by what models say of them: judges, and how likely a language model is to.

Whether a reply has the emotion that people's has is told by one judge, which reads both and knows
nothing of what they answer. It was made for situations, and a reply seldom shows a feeling of its
own: what people's own replies reach, and those of other talks, is the scale.
"""

from __future__ import annotations

import math

import numpy as np

from empathia.evaluate.replies.sums import Column, Floats, mean, ratio
from empathia.evaluate.replies.systems import System
from empathia.labels.sets import ED32
from empathia.types import ELEMENTS


def by_judges(system: System) -> dict[str, Column]:
    """Mean levels of the elements and mean sentiment; {} where no judge was asked."""
    judged = system.judged
    if not judged:
        return {}
    figures = {
        name: mean(
            [e.elements[name].expected if name in e.elements else np.nan for e in judged],
        )
        for name in ELEMENTS
    }
    sentiments = [np.nan if e.sentiment is None else e.sentiment for e in judged]
    return {**figures, "sentiment": mean(sentiments)}


def by_emotion(system: System) -> dict[str, Column]:
    """How often the emotion that is read in a reply is that of people's reply, and of the label.

    Counted are replies in which one is read, and where what it is compared with is known: in the
    reference too, or a label that is one of the judge's 32. {} where nothing is known.
    """
    told = system.emotions
    peoples, labelled = [], []
    for g in system.replies:
        own, true, label = told.get(g.reply), told.get(g.reference), g.emotion.lower()
        peoples.append(_same(own, true))
        labelled.append(_same(own, label if label in ED32 else None))
    shares = {"emotion as people's": peoples, "emotion as labelled": labelled}
    return {name: mean(each) for name, each in shares.items() if not np.isnan(each).all()}


def _same(one: str | None, other: str | None) -> float:
    """1 or 0; NaN where one is not known."""
    return float("nan") if one is None or other is None else float(one == other)


def by_likelihood(system: System) -> dict[str, Column]:
    """Perplexity: e to the mean loss over all tokens of all replies; {} where no model was asked.

    The token that ends a reply counts as one in the first and is left out of the second.
    """
    if not system.losses:
        return {}
    whole = np.array([(x.sum(dtype=np.float64), len(x)) for x in system.losses])
    words = np.array([(x[:-1].sum(dtype=np.float64), len(x) - 1) for x in system.losses])
    return {
        "perplexity": Column(whole, _perplexity),
        "perplexity without ends": Column(words, _perplexity),
    }


def _perplexity(sums: Floats) -> float:
    return math.exp(ratio(sums))
