"""Do training and test share what a claim about new people or situations says they do not?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from empathia.audit.cases import Case, Cut
from empathia.audit.finding import Finding, Severity, graded, percent, some

SHARED_WRONG = 5.0
"""Percent of the test utterances. A few strays shift a score by less than the sampling error of
usual test sets (2 to 4 points); above, numbers say nothing about new people or situations."""
FEW_VALUES = 4
"""A grouping with so few values (scripted or not, two statements) no split can keep apart."""
_GRAVE = {
    "speaker": "unseen speakers",
    "session": "unseen sessions",
    "scenario": "unseen scenarios",
    "dialogue": "unseen dialogues",
}

_Key = Callable[[Case], str | None]


def shared(all_cases: Sequence[Case], cuts: Sequence[Cut]) -> list[Finding]:
    """A finding for dialogues, speakers and every grouping of the corpus."""
    names = sorted({name for c in all_cases for name in c.said.groups})
    findings = [_grouping("dialogue", lambda c: c.dialogue, all_cases, cuts)]
    if roles(all_cases):
        findings.append(_roles(all_cases))
    else:
        findings.append(_grouping("speaker", lambda c: c.said.speaker, all_cases, cuts))
    for name in names:
        findings.append(_grouping(name, _reader(name), all_cases, cuts))
    return findings


def roles(all_cases: Sequence[Case]) -> bool:
    """Whether speakers' names are roles in a dialogue (F and M, 1 and 2), not people.

    They are taken to be where a corpus of several dialogues has no more names than one of its
    dialogues: also where nothing is known of who speaks.
    """
    members: dict[str, set[str]] = {}
    for c in all_cases:
        members.setdefault(c.dialogue, set()).add(c.said.speaker)
    names = set().union(*members.values()) if members else set()
    return len(members) > 1 and len(names) <= max(map(len, members.values()))


def _reader(name: str) -> _Key:
    return lambda c: c.said.groups.get(name)


def _roles(all_cases: Sequence[Case]) -> Finding:
    names = sorted({c.said.speaker for c in all_cases})
    return Finding(
        "speakers",
        "note",
        f"Who speaks is not known: the same {len(names)} name(s) ({some(names)}) stand in every "
        "dialogue. Whether training and test share people cannot be told; map a column that "
        "names them.",
    )


def _grouping(name: str, key: _Key, all_cases: Sequence[Case], cuts: Sequence[Cut]) -> Finding:
    values = {v for c in all_cases if (v := key(c)) is not None}
    hit, evaluated = 0, 0
    common: set[str] = set()
    per_fold = []
    for cut in cuts:
        seen = {key(c) for c in cut.known} - {None}
        touched = [c for c in cut.evaluated if key(c) in seen]
        common |= {v for c in touched if (v := key(c)) is not None}
        hit, evaluated = hit + len(touched), evaluated + len(cut.evaluated)
        per_fold.append((f"fold {cut.name}", percent(len(touched), len(cut.evaluated)), "%"))
    share = percent(hit, evaluated)
    return Finding(
        _plural(name),
        _severity(name, share, len(values)),
        _sentence(name, share, common, values, cuts),
        share,
        "% of the test",
        tuple(per_fold[:12]) if len(per_fold) > 1 else ((f"shared {_plural(name)}", share, "%"),),
        {"shared": sorted(common)[:50], "values": len(values), "folds": per_fold},
    )


def _severity(name: str, share: float, values: int) -> Severity:
    if name in _GRAVE:
        return graded(share, 0.01, SHARED_WRONG)
    # What another grouping stands for is not known here: never a verdict.
    return "fine" if share == 0 else "note" if values <= FEW_VALUES else "worry"


def _sentence(
    name: str, share: float, common: set[str], values: set[str], cuts: Sequence[Cut]
) -> str:
    folds = f" over {len(cuts)} folds" if len(cuts) > 1 else ""
    if share == 0:
        return f"Training and test share none of the {len(values):,} {_plural(name)}{folds}."
    sentence = (
        f"Training and test share {len(common):,} of the {len(values):,} {_plural(name)} "
        f"({some(sorted(common))}){folds}: {share:.1f} % of the test utterances"
    )
    if name in _GRAVE:
        return f"{sentence}. Numbers on this split say nothing about {_GRAVE[name]}."
    return f"{sentence}."


def _plural(name: str) -> str:
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return name if name.endswith("s") else f"{name}s"
