"""How the labels lie: unbalanced, absent from a part, agreed upon or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from empathia.audit.cases import Case, Cut
from empathia.audit.finding import Finding, Severity, percent, some
from empathia.labels import LabelSet
from empathia.metrics.agreement import krippendorff_alpha, pairwise_agreement

MAJORITY_WORRY = 60.0
"""Percent: from here on accuracy and weighted F1 mostly measure one class."""
AGREEMENT_WORRY = 0.2
"""Krippendorff's alpha: below, raters agree little more than by chance ("slight", Landis & Koch
1977)."""


def balance(all_cases: Sequence[Case]) -> Finding:
    """How unequal the classes are."""
    counts = Counter(x for c in all_cases for x in c.said.gold)
    if not counts:
        return Finding(
            "balance", "note", "The corpus has no gold labels: only its form was looked at."
        )
    n = sum(counts.values())
    (commonest, high), (rarest, low) = counts.most_common()[0], counts.most_common()[-1]
    share = percent(high, n)
    sentence = (
        f"The commonest of {len(counts)} labels is '{commonest}' with {share:.1f} %; the rarest, "
        f"'{rarest}', occurs {low:,} times of {n:,}."
    )
    bars = tuple((label, percent(k, n), "%") for label, k in counts.most_common())
    severity: Severity = "worry" if share >= MAJORITY_WORRY else "note"
    if share < 1.5 * 100 / len(counts):
        severity = "fine"
    return Finding(
        "balance", severity, sentence, share, "% commonest", bars, {"counts": dict(counts)}
    )


def coverage(labels: LabelSet | None, all_cases: Sequence[Case], cuts: Sequence[Cut]) -> Finding:
    """Labels that a part of a fold has not."""
    occurring = {x for c in all_cases for x in c.said.gold}
    unused = [x for x in labels or () if x not in occurring]
    unlearnt: dict[str, list[str]] = {}
    untested: dict[str, list[str]] = {}
    for cut in cuts:
        train = {x for c in cut.train for x in c.said.gold}
        test = {x for c in cut.evaluated for x in c.said.gold}
        for label in sorted(test - train):
            unlearnt.setdefault(label, []).append(cut.name)
        for label in sorted(train - test):
            untested.setdefault(label, []).append(cut.name)
    parts = [
        *(f"'{x}' is tested and never learnt ({_where(f, cuts)})" for x, f in unlearnt.items()),
        *(f"'{x}' is learnt and never tested ({_where(f, cuts)})" for x, f in untested.items()),
        *([f"the corpus has no {some(unused)}"] if unused else []),
    ]
    severity: Severity = (
        "wrong" if unlearnt else "worry" if untested else "note" if unused else "fine"
    )
    sentence = (
        "; ".join(parts) if parts else "Every label occurs" + " in training and test" * bool(cuts)
    )
    details = {"not in train": unlearnt, "not in test": untested, "unused": unused}
    return Finding(
        "labels",
        severity,
        sentence[0].upper() + sentence[1:] + ".",
        len({*unlearnt, *untested, *unused}),
        "labels",
        details=details,
    )


def _where(folds: Sequence[str], cuts: Sequence[Cut]) -> str:
    return "the split" if len(cuts) == 1 else f"fold {some(folds)}"


def agreement(all_cases: Sequence[Case]) -> Finding:
    """How far the raters of an utterance agree, and how many utterances they could not settle."""
    votes = [c.said.votes for c in all_cases if len(c.said.votes) > 1]
    if not votes:
        return Finding(
            "agreement", "note", "No votes of several raters: how far people agree is not known."
        )
    alpha, pairs = krippendorff_alpha(votes), 100 * pairwise_agreement(votes)
    unsettled = percent(
        sum(len(c.said.votes) > 1 and not c.said.gold for c in all_cases), len(votes)
    )
    sentence = (
        f"Two raters of the same utterance agree in {pairs:.1f} % of cases (Krippendorff's alpha "
        f"{alpha:.2f}); {unsettled:.1f} % of what was rated has no gold label here."
    )
    bars = (("raters agree", pairs, "%"), ("rated, no gold label", unsettled, "%"))
    return Finding(
        "agreement",
        "worry" if alpha < AGREEMENT_WORRY else "note",
        sentence,
        pairs,
        "% of pairs",
        bars,
        {"alpha": alpha, "utterances": len(votes)},
    )
