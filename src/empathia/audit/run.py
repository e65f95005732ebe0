"""What a reader should worry about in a run: how it selected, what it read, whether it is whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from empathia.audit.course import above_baselines, climbing, gap
from empathia.audit.finding import Audit, Finding, Severity, graded, in_order, percent, some
from empathia.bench.record import RunRecord
from empathia.bench.results import Training, Unfinished, read_unfinished, selected_on_test

SEEDS = 3
"""Fewer trainings do not show how far luck goes."""
SILENT_WORRY, SILENT_WRONG = 1.0, 20.0
"""Percent of the test without an answer: counted as wrong, so they say more about the form of the
answers than about feeling."""
_PAST = "running"


def audit_run(folder: Path) -> Audit:
    """Look for what makes a run's figures not mean what they seem to.

    Args:
        folder: ``out/<run>/``; may be unfinished.

    Raises:
        InputError: A file of it is damaged.
        MissingExtra: The extra ``train`` is not installed.
    """
    answered = read_unfinished(folder)
    run = answered.run
    findings = [
        whole(answered),
        selection(answered),
        climbing(answered),
        gap(answered),
        above_baselines(answered),
        silence(answered),
        seeds(run),
        causal(run),
        normaliser(run),
        heard_before(run),
        state(run),
    ]
    facts = {
        "recogniser": run.recogniser or "not known",
        "protocol": run.protocol or "not known",
        "seeds": ", ".join(map(str, run.seeds)),
        "folds": str(len({f.name for f in run.folds})),
        "tested": f"{sum(len(t.part('test')) for t in answered.done):,} answers",
    }
    return Audit(run.name, facts, in_order(findings))


def whole(answered: Unfinished) -> Finding:
    """Every seed and fold is there, with the utterances that ``run.json`` speaks of."""
    planned = len(answered.trainings)
    lost = [t.place for t in answered.trainings if t.answers is None]
    other = [t.place for t in answered.done if not _as_planned(t)]
    parts = [f"{len(lost)} of {planned} trainings have no answers ({some(lost)})"] if lost else []
    if other:
        parts.append(
            f"{len(other)} answer other utterances than run.json speaks of ({some(other)})"
        )
    sentence = "; ".join(parts) or (
        f"All {planned} trainings are there and answer the utterances they should"
    )
    share = percent(planned - len(lost), planned)
    return Finding(
        "whole",
        "wrong" if parts else "fine",
        sentence + ".",
        share,
        "% there",
        (("trainings with answers", share, "%"),),
        {"lost": lost, "other": other},
    )


def _as_planned(training: Training) -> bool:
    ids = {part: [a.utterance for a in training.part(part)] for part in ("valid", "test")}
    return not training.planned.differing(ids)


def selection(answered: Unfinished) -> Finding:
    """No utterance, and no dialogue, was selected on and tested on in one fold."""
    worst, touched, dialogues, none = 0.0, set[str](), set[str](), []
    for t in answered.done:
        answers = t.answers or ()
        test = np.array([a.part == "test" for a in answers], bool)
        both = selected_on_test(test, np.array([a.utterance for a in answers], np.str_))
        touched |= set(both.tolist())
        around = np.array([a.dialogue for a in answers], np.str_)
        dialogues |= set(selected_on_test(test, around).tolist())
        worst = max(worst, percent(len(both), int(test.sum())))
        if test.all():
            none.append(t.planned.name)
    severity: Severity = "wrong" if touched or dialogues else "fine"
    sentence = "No test utterance was selected on."
    if touched or dialogues:
        sentence = (
            f"The test set was touched during selection: {len(touched):,} utterances of "
            f"{len(dialogues):,} dialogues are in validation and test of one fold."
        )
    elif none:
        severity, sentence = "note", f"{len(none)} trainings had no validation part: what selected?"
    return Finding(
        "selection",
        severity,
        sentence,
        worst,
        "% of the test",
        (("test that was selected on", worst, "%"),),
        {"utterances": sorted(touched)[:50], "dialogues": sorted(dialogues)[:50]},
    )


def silence(answered: Unfinished) -> Finding:
    """Every test utterance got an answer."""
    test = [a for t in answered.done for a in t.part("test")]
    unparsed = sum(a.reason == "unparsed" for a in test)
    silent = sum(a.predicted is None for a in test)
    share = percent(silent, len(test))
    sentence = (
        f"{silent:,} of {len(test):,} test answers are none ({unparsed:,} could not be parsed)."
        if silent
        else "Every test utterance got an answer that is a label."
    )
    bars = (("unparsed", percent(unparsed, len(test)), "%"), ("no answer", share, "%"))
    return Finding(
        "silence", graded(share, SILENT_WORRY, SILENT_WRONG), sentence, share, "% of the test", bars
    )


def seeds(run: RunRecord) -> Finding:
    """Several trainings."""
    n = len(run.seeds)
    enough = n >= SEEDS
    sentence = f"{n} seeds." if enough else f"{n} seed(s): how far luck goes is not known."
    return Finding("seeds", "fine" if enough else "worry", sentence, n, "seeds")


def causal(run: RunRecord) -> Finding:
    """Only the past is read."""
    if run.causal is None:
        return Finding("causal", "note", "Whether the answers depend on the future is not known.")
    if run.causal:
        return Finding("causal", "fine", "An answer depends on nothing after the utterance.")
    return Finding(
        "causal",
        "worry",
        "Answers depend on later utterances: not to be compared with "
        "figures from the past only, and not to be had while people speak.",
    )


def normaliser(run: RunRecord) -> Finding:
    """What is known of the test speaker before the clip that is judged."""
    known = run.known_of_speaker
    past = sorted({f for f, k in run.normalisers if k == _PAST})
    details = {"normalise": dict(run.normalise)}
    if known:
        sentence = f"Normalised: {known}. That is worth points and a row of its own."
        return Finding("normaliser", "worry", sentence, details=details)
    if past:
        sentence = (
            f"Relative to what the speaker said before: {some(past)}. Nothing later is known."
        )
        return Finding("normaliser", "note", sentence, details=details)
    sentence = "Nothing is known of a test speaker but the clip itself."
    return Finding("normaliser", "fine", sentence, details=details)


def heard_before(run: RunRecord) -> Finding:
    """No weight that the run uses learnt from what it is tested on."""
    if run.heard is None:
        sentence = "Whether its features or members learnt from the corpora before is not known."
        return Finding("heard", "note", sentence)
    if not run.heard_before:
        return Finding("heard", "fine", "No shipped weight that it uses learnt from its corpora.")
    return Finding("heard", "note", run.heard_before, details={"heard": run.heard})


def state(run: RunRecord) -> Finding:
    """The code that made the figures can be read again."""
    if "commit" not in run.git:
        return Finding("code", "note", "Which code made this is not known: it ran outside of git.")
    commit = str(run.git["commit"])[:12]
    if run.git.get("changed"):
        return Finding(
            "code",
            "worry",
            f"The code had changes that no commit holds (on {commit}): "
            "the figures cannot be repeated from it.",
        )
    return Finding("code", "fine", f"Made by commit {commit}, without changes.")
