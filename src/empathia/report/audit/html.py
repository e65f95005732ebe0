"""An audit as one HTML file that needs nothing else: no network, no script, no folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from empathia.audit.finding import MEANING, SEVERITIES, Audit, Finding
from empathia.report import still
from empathia.report.escaping import escaped
from empathia.version import __version__

_HEADINGS = {
    "wrong": "What is wrong",
    "worry": "What to worry about",
    "note": "What to know",
    "fine": "What was checked and found fine",
}
QUESTIONS: Mapping[str, str] = {
    "dialogues": "Do training and test share dialogues?",
    "speakers": "Do training and test share speakers?",
    "sessions": "Do training and test share sessions?",
    "scenarios": "Do training and test share scenarios?",
    "split": "What do training and test share?",
    "sentences": "Are sentences of the test copied from training?",
    "metadata": "What do metadata alone score?",
    "inertia": "How far does copying the last label go?",
    "recordings": "Is a recording there under two names?",
    "duplicates": "Is every key its own?",
    "joins": "Do features and recordings join?",
    "constant": "Do features vary?",
    "missing": "Does what is missing tell the label?",
    "gold": "Is a gold label in an input?",
    "shortcuts": "Does a cheap column alone tell the label?",
    "names": "Do names of files tell the label?",
    "spelling": "Is one name there under several spellings?",
    "balance": "Are the labels balanced?",
    "labels": "Is every label learnt and tested?",
    "agreement": "Do raters agree?",
    "whole": "Is the run whole?",
    "selection": "Was the test touched during selection?",
    "climbing": "Do folds learn from each other?",
    "gap": "Is validation like the test?",
    "floor": "Is the run better than no input at all?",
    "silence": "Did everything get an answer?",
    "seeds": "Are there several trainings?",
    "causal": "Is only the past read?",
    "normaliser": "What is known of the test speaker?",
    "code": "Can the code be found again?",
}


def question(check: str) -> str:
    """What a check asks."""
    return QUESTIONS.get(check, f"Do training and test share {check}?")


def page(audit: Audit) -> str:
    """The whole page as text."""
    filling = {
        "title": escaped(audit.subject),
        "facts": " · ".join(escaped(f"{name}: {value}") for name, value in audit.facts.items()),
        "counts": "".join(_count(audit, s) for s in SEVERITIES),
        "findings": "\n".join(_section(audit, s) for s in SEVERITIES),
        "made": escaped(f"Made by Empathia {__version__}."),
    }
    return still.page("audit", "audit.css", filling, tab=f"Audit of {filling['title']}")


def _count(audit: Audit, severity: str) -> str:
    n = sum(f.severity == severity for f in audit.findings)
    kind = severity if n else "none"
    meaning = escaped(MEANING[severity])  # type: ignore[index]
    return f'<li class="{kind}"><b>{n}</b><span>{severity}</span><small>{meaning}</small></li>'


def _section(audit: Audit, severity: str) -> str:
    graded = [f for f in audit.findings if f.severity == severity]
    if not graded:
        return ""
    small = severity in {"note", "fine"}
    inner = "\n".join(_small(f) if small else _large(f) for f in graded)
    inner = f'<div class="compact">{inner}</div>' if small else inner
    return f"<h2>{_HEADINGS[severity]}</h2>\n{inner}"


def _large(f: Finding) -> str:
    figure = f'<p class="figure">{escaped(f.shown)}</p>' if f.shown else ""
    bars = _bars(f.bars)
    alone = "" if bars else " alone"
    return (
        f'<article class="panel finding {f.severity}{alone}"><div>{_title(f)}{figure}'
        f"<p>{escaped(f.sentence)}</p></div>{bars}</article>"
    )


def _small(f: Finding) -> str:
    bars = _bars(f.bars)
    more = f"<details><summary>figures</summary>{bars}</details>" if bars else ""
    return (
        f'<article class="panel finding {f.severity}"><div>{_title(f)}'
        f"<p>{escaped(f.sentence)}</p>{more}</div></article>"
    )


def _title(f: Finding) -> str:
    return f'<h3><span class="tag">{f.severity}</span>{escaped(question(f.check))}</h3>'


def _bars(bars: Sequence[tuple[str, float, str]]) -> str:
    items = "".join(_bar(*bar) for bar in bars)
    many = " many" if len(bars) > 5 else ""
    return f'<ul class="compared{many}">{items}</ul>' if items else ""


def _bar(name: str, value: float, unit: str) -> str:
    width = min(100.0, max(0.0, value))
    shown = "< 0.1" if 0 < value < 0.05 else f"{value:.1f}"
    return (
        f'<li><span class="what">{escaped(name)}</span><span class="much">{shown} {escaped(unit)}'
        f'</span><svg aria-hidden="true"><rect width="{width:.2f}%" height="100%"/></svg></li>'
    )
