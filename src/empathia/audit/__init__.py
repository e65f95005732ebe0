"""What a reader of a paper should worry about: all checks of a corpus and its protocol.

Each check answers one question with a figure, and says so as well where there
is nothing to worry about. A corpus without a split and without folds is looked
at as far as that goes. Runs are audited by :mod:`empathia.audit.run`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from empathia.audit import baselines, copies, inputs
from empathia.audit import gold as audit_gold
from empathia.audit import labels as audit_labels
from empathia.audit.cases import Case, Cut, cases, cuts
from empathia.audit.finding import Audit, Finding, in_order
from empathia.audit.shared import shared
from empathia.audit.shortcuts import shortcuts
from empathia.audit.spelling import spelling
from empathia.bench.protocols import Fold
from empathia.types import Dialogue, Features


def audit_corpus(
    dialogues: Sequence[Dialogue],
    *,
    subject: str = "corpus",
    features: Mapping[str, Mapping[str, Features]] | None = None,
    folds: Sequence[Fold] | None = None,
) -> Audit:
    """Look for leaks, gaps and shortcuts.

    Args:
        dialogues: The corpus.
        subject: Its name.
        features: Ready-made features by name, then by utterance id.
        folds: Who is tested by whom; None takes the corpus's own split.
    """
    every = cases(dialogues)
    parts = cuts(dialogues, every, folds)
    tables = [inputs.Columns(n, rows, every) for n, rows in (features or {}).items()]
    labels = next((d.labels for d in dialogues if d.labels is not None), None)
    again = copies.repeats(every)
    once = [c for c in every if c.place not in again]
    parts_once = [p.without(again) for p in parts]
    split = _of_split(once, parts_once) if parts else [_NO_SPLIT]
    leaks = audit_gold.gold(parts, every, tables)
    findings = [
        *split,
        baselines.inertia(every, parts),
        copies.sound(once, parts_once),
        copies.duplicates(every, parts),
        inputs.joins(every, features or {}),
        inputs.constant(tables),
        inputs.missing(every, tables),
        leaks,
        shortcuts(every, parts_once, tables, [x["name"] for x in leaks.details.get("leaks", ())]),
        audit_gold.names(parts, every),
        spelling(every, parts),
        audit_labels.balance(every),
        audit_labels.coverage(labels, every, parts),
        audit_labels.agreement(every),
    ]
    return Audit(subject, _facts(dialogues, every, parts, tables), in_order(findings))


_NO_SPLIT = Finding(
    "split",
    "note",
    "The corpus has no training and test part: what they share depends on the protocol. "
    "Audit it again with one, such as --protocol leave-speaker-out.",
)


def _of_split(every: Sequence[Case], parts: Sequence[Cut]) -> list[Finding]:
    return [*shared(every, parts), copies.sentences(parts), baselines.metadata(parts)]


def _facts(
    dialogues: Sequence[Dialogue],
    every: Sequence[Case],
    parts: Sequence[Cut],
    tables: Sequence[inputs.Columns],
) -> dict[str, str]:
    facts = {
        "dialogues": f"{len(dialogues):,}",
        "utterances": f"{len(every):,}",
        "labelled": f"{sum(bool(c.said.gold) for c in every):,}",
        "speakers": f"{len({c.said.speaker for c in every}):,}",
    }
    if len(parts) == 1:
        p = parts[0]
        sizes = (len([c for c in part if c.said.gold]) for part in (p.train, p.valid, p.evaluated))
        facts["labelled in train / valid / test"] = " / ".join(f"{n:,}" for n in sizes)
    elif parts:
        facts["folds"] = str(len(parts))
    if tables:
        facts["features"] = ", ".join(f"{t.name} ({t.width})" for t in tables)
    return facts
