"""What a reader should worry about in a run: how it selected, what it read, whether it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from empathia.audit.course import climbing, floor, gap
from empathia.audit.finding import Audit, Finding, Severity, graded, in_order, percent, some
from empathia.bench.answer_files import unlike
from empathia.bench.audit_answers import Answered, Fold, read_answers
from empathia.bench.run_facts import ONLY_TRAINED_ON, heard, known_of_speaker, normalisers

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
    answered = read_answers(folder)
    found = [
        whole(answered),
        selection(answered),
        reads_gold(answered.run),
        climbing(answered),
        gap(answered),
        floor(answered),
        silence(answered),
        seeds(answered.run),
        causal(answered.run),
        normaliser(answered.run),
        heard_before(answered.run),
        state(answered.run),
    ]
    run = answered.run
    facts = {
        "recogniser": str(run.get("recogniser", "not known")),
        "protocol": str(run.get("protocol", "not known")),
        "seeds": ", ".join(str(s) for s in run["seeds"]),
        "folds": str(len({f.name for f in answered.folds})),
        "tested": f"{sum(len(f.part('test')) for f in answered.done):,} answers",
    }
    return Audit(str(run.get("name", folder.name)), facts, in_order(found))


def whole(answered: Answered) -> Finding:
    """Every seed and fold is there, with the utterances that ``run.json`` speaks of."""
    lost = [f"seed {f.seed} fold {f.name}" for f in answered.folds if f.rows is None]
    other = [f"seed {f.seed} fold {f.name}" for f in answered.done if not _as_described(f)]
    parts = (
        [f"{len(lost)} of {len(answered.folds)} trainings have no answers ({some(lost)})"]
        if lost
        else []
    )
    if other:
        parts.append(
            f"{len(other)} answer other utterances than run.json speaks of ({some(other)})"
        )
    told = "; ".join(parts) or (
        f"All {len(answered.folds)} trainings are there and answer the utterances they should"
    )
    share = percent(len(answered.folds) - len(lost), len(answered.folds))
    return Finding(
        "whole",
        "wrong" if parts else "fine",
        told + ".",
        share,
        "% there",
        (("trainings with answers", share, "%"),),
        {"lost": lost, "other": other},
    )


def _as_described(fold: Fold) -> bool:
    ids = {part: [r.utterance for r in fold.part(part)] for part in ("valid", "test")}
    return not unlike(fold.described, ids)


def selection(answered: Answered) -> Finding:
    """No utterance, and no dialogue, was selected on and tested on in one fold."""
    worst, touched, dialogues, none = 0.0, set[str](), set[str](), []
    for f in answered.done:
        valid, test = f.part("valid"), f.part("test")
        both = {r.utterance for r in valid} & {r.utterance for r in test}
        shared = {r.dialogue for r in valid} & {r.dialogue for r in test}
        touched, dialogues = touched | both, dialogues | shared
        worst = max(worst, percent(len(both), len(test)))
        if not valid:
            none.append(f.name)
    severity: Severity = "wrong" if touched or dialogues else "fine"
    told = "No test utterance was selected on."
    if touched or dialogues:
        told = (
            f"The test set was touched during selection: {len(touched):,} utterances of "
            f"{len(dialogues):,} dialogues are in validation and test of one fold."
        )
    elif none:
        severity, told = "note", f"{len(none)} trainings had no validation part: what selected?"
    return Finding(
        "selection",
        severity,
        told,
        worst,
        "% of the test",
        (("test that was selected on", worst, "%"),),
        {"utterances": sorted(touched)[:50], "dialogues": sorted(dialogues)[:50]},
    )


def reads_gold(run: Mapping[str, object]) -> Finding:
    """The recogniser is no leak detector."""
    if run.get("reads_gold"):
        return Finding(
            "gold",
            "wrong",
            f"The recogniser '{run.get('recogniser')}' reads gold labels "
            "at test: its figures measure a leak, not a recogniser.",
        )
    return Finding("gold", "fine", "The recogniser is shown no gold label at test.")


def silence(answered: Answered) -> Finding:
    """Everything that was asked got an answer."""
    test = [r for f in answered.done for r in f.part("test")]
    unparsed = sum(r.why == "unparsed" for r in test)
    silent = sum(r.said is None for r in test)
    share = percent(silent, len(test))
    told = (
        f"{silent:,} of {len(test):,} test answers are none ({unparsed:,} could not be parsed)."
        if silent
        else "Every test utterance got an answer that is a label."
    )
    bars = (("unparsed", percent(unparsed, len(test)), "%"), ("no answer", share, "%"))
    return Finding(
        "silence", graded(share, SILENT_WORRY, SILENT_WRONG), told, share, "% of the test", bars
    )


def seeds(run: Mapping[str, object]) -> Finding:
    """Several trainings."""
    given = run["seeds"]
    n = len(given) if isinstance(given, list) else 0
    few = n < SEEDS
    told = f"{n} seed(s): how far luck goes is not known." if few else f"{n} seeds."
    return Finding("seeds", "worry" if few else "fine", told, n, "seeds")


def causal(run: Mapping[str, object]) -> Finding:
    """Only the past is read."""
    if run.get("causal") is None:
        return Finding("causal", "note", "Whether the answers depend on the future is not known.")
    if run["causal"]:
        return Finding("causal", "fine", "An answer depends on nothing after the utterance.")
    return Finding(
        "causal",
        "worry",
        "Answers depend on later utterances: not to be compared with "
        "figures from the past only, and not to be had while people speak.",
    )


def normaliser(run: Mapping[str, object]) -> Finding:
    """What is known of the test speaker before the clip that is judged."""
    known = known_of_speaker(run)
    past = sorted({f for f, k in normalisers(run) if k == _PAST})
    details = {"normalise": run.get("normalise") or {}}
    if known:
        told = f"Normalised: {known}. That is worth points and a row of its own."
        return Finding("normaliser", "worry", told, details=details)
    if past:
        told = f"Relative to what the speaker said before: {some(past)}. Nothing later is known."
        return Finding("normaliser", "note", told, details=details)
    told = "Nothing is known of a test speaker but the clip itself."
    return Finding("normaliser", "fine", told, details=details)


def heard_before(run: Mapping[str, object]) -> Finding:
    """No weight that the run uses learnt from what it is tested on."""
    if "heard" not in run:
        told = "Whether its features or members learnt from the corpora before is not known."
        return Finding("heard", "note", told)
    known = heard(run)
    if not known:
        return Finding("heard", "fine", "No shipped weight that it uses learnt from its corpora.")
    told = f"Weights that it uses learnt from its corpora before ({known}): {ONLY_TRAINED_ON}."
    return Finding("heard", "note", told, details={"heard": run["heard"]})


def state(run: Mapping[str, object]) -> Finding:
    """The code that made the figures can be found again."""
    git = run.get("git")
    if not isinstance(git, Mapping) or "commit" not in git:
        return Finding("code", "note", "Which code made this is not known: it ran outside of git.")
    commit = str(git["commit"])[:12]
    if git.get("changed"):
        return Finding(
            "code",
            "worry",
            f"The code had changes that no commit holds (on {commit}): "
            "the figures cannot be repeated from it.",
        )
    return Finding("code", "fine", f"Made by commit {commit}, without changes.")
