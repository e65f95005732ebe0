"""How figures of a run are said, in the card, on the page and on the terminal alike."""

from __future__ import annotations

from empathia.evaluate import Evaluation
from empathia.types import Score

_NAMES = {
    "accuracy": "accuracy",
    "aurc": "area under risk-coverage",
    "brier": "Brier score",
    "brier_scaled": "Brier score, scaled",
    "ece": "calibration error (ECE)",
    "ece_scaled": "calibration error, scaled",
    "jaccard": "overlap (Jaccard)",
    "nll": "log loss, nats",
    "nll_scaled": "log loss, scaled, nats",
    "uar": "UAR",
}
_AS_IS = ("nll", "brier")


def measure_name(metric: str) -> str:
    """A measure's name for people."""
    return _NAMES.get(metric, metric.replace("_", " ").replace("f1", "F1"))


def figure(s: Score) -> str:
    """As 67.5 [63.8, 71.0] in percent; log loss and Brier score as they are."""
    return f"{value(s.metric, s.value)}{span(s)}"


def span(s: Score) -> str:
    """The interval, with a blank before it; "" where there is none."""
    if s.low is None or s.high is None:
        return ""
    return f" [{value(s.metric, s.low)}, {value(s.metric, s.high)}]"


def value(metric: str, number: float) -> str:
    """One number in percent with one digit; log loss and Brier score with three."""
    return f"{number:.3f}" if metric.startswith(_AS_IS) else f"{100 * number:.1f}"


def protocol(e: Evaluation) -> str:
    """Who was tested, how often, and how intervals were made."""
    n = len(e.folds)
    how = (
        f"95 % intervals from {e.resamples:,} resamples of the dialogues"
        if e.resamples
        else "no intervals"
    )
    return (
        f"Protocol {e.run.protocol or '?'}, {_many(n, 'fold')}; "
        f"{_many(len(e.seeds), 'seed')} ({', '.join(map(str, e.seeds))}); "
        f"{_many(e.utterances, 'test utterance')} in {_many(e.dialogues, 'dialogue')}; {how}."
    )


def selection(e: Evaluation) -> str:
    """By what the run was selected, and what it may know."""
    run = e.run
    training = run.settings.get("training", {})
    rule = training.get("select", "nothing")
    context = {
        True: "past context only",
        False: "past and future context",
        None: "context not known",
    }[run.causal]
    normal = ", ".join(f"{k}: {v}" for k, v in run.normalise.items()) or "none"
    modalities = ", ".join(run.modalities) or "none"
    return (
        f"Selected by validation {measure_name(str(rule))}; {context}; modalities: {modalities}; "
        f"normalisation: {normal}."
    )


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
