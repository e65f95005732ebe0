"""What a reader should know before believing a figure."""

from __future__ import annotations

import numpy as np

from empathia.bench.results import Results, selected_on_test
from empathia.evaluate.judged import SILENCES, Judged
from empathia.metrics.bootstrap import FEW

NOT_CAUSAL = "not causal: an answer may depend on what is said later"
TOUCHED = "selected on test utterances"


def marks(results: Results) -> list[str]:
    """What sets a run apart from an honest, causal one; [] for that."""
    apart = [NOT_CAUSAL] if results.run.causal is False else []
    shared = _touched(results)
    if shared:
        apart.append(f"{TOUCHED}: {shared}")
    known = results.run.known_of_speaker
    return [*apart, f"normalised: {known}"] if known else apart


def _touched(results: Results) -> str:
    """Where validation and test share utterances, in words; "" where they do not."""
    keys = results.keys().codes
    for seed in results.seeds:
        for number, name in enumerate(results.folds):
            here = (results.seed == seed) & (results.fold == number)
            both = selected_on_test(results.test[here], keys[here])
            if len(both):
                return f"{len(both)} of seed {seed}, fold '{name}'"
    return ""


def notes_on(results: Results, judged: Judged) -> list[str]:
    """Notes on a run's figures."""
    notes = [f"{m[0].upper()}{m[1:]}." for m in marks(results)]
    if heard := results.run.heard_before:
        notes.append(heard)
    if results.refit:
        notes.append("After the choice it also learnt from the validation part.")
    answers, seeds = len(judged.seed), len(results.seeds)
    for place, reason in enumerate(SILENCES):
        n = int((judged.silent == place).sum())
        if n:
            notes.append(f"{n} of {answers} answers say nothing ({reason}); they count as errors.")
    unscored = int((np.isnan(judged.raw[:, 0]) & (judged.silent < 0)).sum())
    if unscored:
        notes.append(
            f"{unscored} of {answers} answers have no scores; calibration leaves them out."
        )
    if results.exclusive:
        notes += _votes(judged, seeds)
    if judged.units == 1:
        notes.append("There is one test dialogue: no interval can be given.")
    elif judged.units < FEW:
        notes.append(f"Only {judged.units} test dialogues: intervals and p say little.")
    if seeds == 1:
        notes.append("One seed: how far another one would differ is not known.")
    if not judged.temperatures and not np.isnan(judged.raw[:, 0]).all():
        notes.append("No validation rows have scores: no temperature was fitted.")
    return [*notes, *_absent(results, judged)]


def _votes(judged: Judged, seeds: int) -> list[str]:
    n = int((~judged.gold.any(1)).sum()) // seeds
    if not n:
        return []
    return [
        f"{n} test utterances have no majority among their votes: they count in the "
        "likelihood and the Brier score alone."
    ]


def _absent(results: Results, judged: Judged) -> list[str]:
    """Labels without any gold item: macro figures count them as 0, in folds too."""
    there = np.any(judged.gold, axis=0).tolist()
    everywhere = [x for x, t in zip(results.labels, there, strict=True) if not t]
    notes = []
    if everywhere:
        notes.append(
            f"No test utterance is {', '.join(everywhere)}: precision, recall and F1 of "
            "these count as 0 in macro means; UAR leaves them out."
        )
    lacking = [
        name
        for number, name in enumerate(results.folds)
        if (rows := judged.fold == number).any()
        and (judged.gold[rows].any(0) < judged.gold.any(0)).any()
    ]
    if lacking and len(results.folds) > 1:
        shown = ", ".join(lacking[:5]) + (" ..." if len(lacking) > 5 else "")
        notes.append(
            f"{len(lacking)} of {len(results.folds)} folds lack a label that others have "
            f"({shown}): macro F1 as a mean over folds is too low there."
        )
    return notes
