"""What an audit says: one finding a question, fine ones included, each with its figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["wrong", "worry", "note", "fine"]
SEVERITIES: tuple[Severity, ...] = ("wrong", "worry", "note", "fine")
MEANING: Mapping[Severity, str] = {
    "wrong": "a claim that rests on this data or run does not hold",
    "worry": "has to be said beside every number",
    "note": "good to know",
    "fine": "looked for and not found",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question about a corpus or a run.

    Args:
        check: Short name ("scenarios", "inertia").
        severity: See :data:`MEANING`.
        sentence: What was found, for people.
        figure: The number behind it, or None where there is none.
        unit: Of the figure: "%", "weighted F1", "utterances".
        bars: (name, number, unit) to draw and compare; percentages and scores in [0, 100].
        details: What else is worth keeping, as plain values for JSON; never words of the corpus.
    """

    check: str
    severity: Severity
    sentence: str
    figure: float | None = None
    unit: str = ""
    bars: tuple[tuple[str, float, str], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The figure with its unit, or ""."""
        if self.figure is None:
            return ""
        number = f"{self.figure:,.0f}" if self.figure == int(self.figure) else f"{self.figure:.1f}"
        if 0 < abs(self.figure) < 0.05:
            number = "< 0.1"
        return f"{number} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Audit:
    """All findings about one corpus or run.

    Args:
        subject: What was audited.
        facts: What it is made of, in order ("utterances": "10,039").
        findings: Gravest first.
    """

    subject: str
    facts: Mapping[str, str]
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> bool:
        """Whether anything is wrong."""
        return any(f.severity == "wrong" for f in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        counts = {s: sum(f.severity == s for f in self.findings) for s in SEVERITIES}
        return {
            "format": 1,
            "subject": self.subject,
            "facts": dict(self.facts),
            "counts": counts,
            "findings": [asdict(f) for f in self.findings],
        }


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Gravest first, else in the order of the checks."""
    return tuple(sorted(findings, key=lambda f: SEVERITIES.index(f.severity)))


def graded(value: float, worry: float, wrong: float) -> Severity:
    """The severity of a number of which more is worse; "note" above 0, "fine" at 0."""
    if value >= wrong:
        return "wrong"
    if value >= worry:
        return "worry"
    return "note" if value > 0 else "fine"


def percent(part: float, whole: float) -> float:
    """``part`` in percent of ``whole``; 0 of nothing is 0."""
    return 100 * part / whole if whole else 0.0


def some(names: Sequence[str], most: int = 4) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more:,} more" if more > 0 else "")
