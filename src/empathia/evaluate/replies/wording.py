"""Measures of replies by their words alone: likeness to a reference, copies, length, variety."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia.errors import needs
from empathia.evaluate.replies.sums import Column, Floats, mean
from empathia.exemplars.ranking import copied
from empathia.judges.given import Given
from empathia.types import Score

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def by_words(replies: Sequence[Given]) -> dict[str, Column]:
    """Likeness to references, length, and shares of copied words.

    Raises:
        MissingExtra: sacrebleu is not installed, and references are known.
    """
    texts = [g.reply for g in replies]
    figures = _against_references(replies)
    figures["length"] = mean([float(len(_words(t))) for t in texts])
    said = [g.context.rpartition("\n")[2] for g in replies]
    figures["copied"] = mean(
        [copied(t, s) if s else np.nan for t, s in zip(texts, said, strict=True)]
    )
    if any(g.exemplars for g in replies):
        taken = [copied(g.reply, g.exemplars) if g.exemplars else np.nan for g in replies]
        figures["from exemplars"] = mean(taken)
    return figures


def _against_references(replies: Sequence[Given]) -> dict[str, Column]:
    """BLEU-1 to 4, chrF and ROUGE-L; {} where no reference is known."""
    known = np.array([bool(g.reference) for g in replies])
    if not known.any():
        return {}
    told = [g.reply for g in replies]
    true = [g.reference for g in replies]
    figures = {f"BLEU-{n}": _of_sacrebleu(_bleu(n), told, true, known) for n in (1, 2, 3, 4)}
    figures["chrF"] = _of_sacrebleu(_chrf(), told, true, known)
    longest = [rouge_l(a, b) if b else np.nan for a, b in zip(told, true, strict=True)]
    figures["ROUGE-L"] = mean(longest)
    return figures


def _bleu(order: int) -> Any:  # noqa: ANN401 - a metric of sacrebleu
    return _sacrebleu().BLEU(max_ngram_order=order, lowercase=True, force=True)


def _chrf() -> Any:  # noqa: ANN401
    return _sacrebleu().CHRF()


def _sacrebleu() -> Any:  # noqa: ANN401
    with needs("train", "BLEU and chrF"):
        from sacrebleu import metrics
    return metrics


def _of_sacrebleu(
    metric: Any,  # noqa: ANN401
    told: Sequence[str],
    true: Sequence[str],
    known: NDArray[np.bool_],
) -> Column:
    """A corpus metric by the counts that sacrebleu sums up for its own tests of significance."""
    counts = np.array(metric._extract_corpus_statistics(told, [true]), np.float64)
    counts[~known] = 0

    def value(sums: Floats) -> float:
        whole = [round(x) for x in sums]
        return float(metric._compute_score_from_stats(whole).score)

    return Column(counts, value)


def rouge_l(reply: str, reference: str) -> float:
    """F1 of the longest common subsequence of words, in [0, 1].

    >>> rouge_l("I am so sorry", "so very sorry")
    0.5714285714285714
    """
    a, b = _words(reply), _words(reference)
    if not a or not b:
        return 0.0
    row = [0] * (len(b) + 1)
    for x in a:
        before = 0
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], before + 1 if x == y else max(row[j], row[j - 1])
    return 2 * row[-1] / (len(a) + len(b))


def distinct(replies: Sequence[Given]) -> dict[str, Score]:
    """Different n-grams among all; {} of replies without words."""
    figures = {}
    spoken = [_words(g.reply) for g in replies]
    for name, grams in (
        ("distinct-1", Counter(w for s in spoken for w in s)),
        ("distinct-2", Counter(p for s in spoken for p in pairwise(s))),
    ):
        if all_of := grams.total():
            figures[name] = Score(name, len(grams) / all_of, n=len(spoken))
    return figures


def _words(text: str) -> list[str]:
    return [w.lower() for w in _WORD.findall(text)]
