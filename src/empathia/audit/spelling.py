"""Is one label, or one person, there under several spellings?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from empathia.audit.cases import Case, Cut
from empathia.audit.finding import Finding, Severity, some
from empathia.labels.spelling import folded, spellings

Alike = Mapping[str, tuple[str, ...]]


def spelling(all_cases: Sequence[Case], cuts: Sequence[Cut]) -> Finding:
    """Labels, speakers and groups whose names differ in case, blanks or punctuation alone."""
    labels = spellings(x for c in all_cases for x in c.said.gold)
    names = {what: alike for what, alike in _names(all_cases) if alike}
    crossing = {what: _crossing(what, alike, cuts) for what, alike in names.items()}
    parts = []
    if labels:
        parts.append(
            f"Labels that differ in spelling alone: {_shown(labels)}. Each is a class of "
            "its own; a table's option join_alike = true makes them one."
        )
    for what, alike in names.items():
        parts.append(f"Names of a {what} that differ in spelling alone: {_shown(alike)}.")
        if crossing[what]:
            parts.append(
                f"Training and test spell {some(crossing[what])} in different ways: what is "
                "tested may be what was learnt from."
            )
    sentence = " ".join(parts) or "No two labels, speakers or groups differ in spelling alone."
    extra = sum(len(a) - 1 for alike in (labels, *names.values()) for a in alike.values())
    details = {"labels": dict(labels), "names": names, "crossing": crossing}
    severity: Severity = "worry" if parts else "fine"
    return Finding("spelling", severity, sentence, extra, "spellings too many", details=details)


def _names(all_cases: Sequence[Case]) -> Iterator[tuple[str, Alike]]:
    yield "speaker", spellings(c.said.speaker for c in all_cases)
    for group in sorted({g for c in all_cases for g in c.said.groups}):
        yield group, spellings(v for c in all_cases if (v := c.said.groups.get(group)))


def _crossing(what: str, alike: Alike, cuts: Sequence[Cut]) -> list[str]:
    """Usual spellings of names that a fold's training and its test spell differently."""
    crossed = set()
    for cut in cuts:
        known = {_name(what, c) for c in cut.known}
        asked = {_name(what, c) for c in cut.evaluated} - known
        both = {folded(x) for x in known if x} & {folded(x) for x in asked if x}
        crossed |= {usual for usual in alike if folded(usual) in both}
    return sorted(crossed)


def _name(what: str, c: Case) -> str | None:
    return c.said.speaker if what == "speaker" else c.said.groups.get(what)


def _shown(alike: Alike) -> str:
    return some([" / ".join(f"'{x}'" for x in names[:4]) for names in alike.values()], 3)
