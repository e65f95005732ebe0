"""What people said of a table's rows: gold labels, votes, and the set that they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from empathia.corpora.table import cells
from empathia.corpora.table.rows import Row
from empathia.labels import LabelSet, label_set
from empathia.labels.spelling import composed, folded, spellings

Wanted = str | Sequence[str] | LabelSet | None
_Labels = tuple[str, ...]


class Said(NamedTuple):
    """Gold labels and votes by utterance id, and the set of the labels."""

    gold: Mapping[str, _Labels]
    votes: Mapping[str, tuple[_Labels, ...]]
    known: LabelSet | None


def said(
    keys: Mapping[str, Row],
    wanted: Wanted,
    name: str,
    *,
    join_alike: bool,
    rename: Mapping[str, str],
) -> Said:
    """Labels and votes of all rows.

    Args:
        keys: Rows by utterance id.
        wanted: The labels in their order, or the name of a known set; None takes those that
            occur, sorted.
        name: Of the corpus.
        join_alike: Whether labels that differ in their spelling alone are one.
        rename: What a cell says to the label that it means; "" for none.

    Raises:
        CorpusError: A cell does not parse, or has a label that is not wanted.
        LabelError: There is no such set.
    """
    known = _known(wanted, name)
    names = (*(known or ()), *rename)
    gold = {key: _respelt(cells.labels(row, names), rename) for key, row in keys.items()}
    votes = {
        key: tuple(_respelt(x, rename) for x in cells.votes(row, names))
        for key, row in keys.items()
    }
    if join_alike:
        usual = _usual(gold, votes, known)
        gold = {key: _respelt(x, usual) for key, x in gold.items()}
        votes = {key: tuple(_respelt(x, usual) for x in v) for key, v in votes.items()}
    for key, row in keys.items():
        strange = [x for x in gold[key] if known is not None and x not in known]
        if strange and known is not None:
            raise row.wrong(
                f"label '{strange[0]}' is not in '{known.name}'{_nearly(strange[0], known)}"
            )
    occurring = sorted({x for g in gold.values() for x in g})
    return Said(gold, votes, known or (LabelSet(name, tuple(occurring)) if occurring else None))


def _nearly(label: str, known: LabelSet) -> str:
    """What to do about a label that the set spells otherwise."""
    own = next((x for x in known if folded(x) == folded(label)), None)
    return "" if own is None else f"; with join_alike = true it is its '{own}'"


def _known(wanted: Wanted, name: str) -> LabelSet | None:
    if wanted is None or isinstance(wanted, LabelSet):
        return wanted
    if isinstance(wanted, str):
        return label_set(wanted)
    return LabelSet(name, tuple(map(composed, wanted)))


def _usual(
    gold: Mapping[str, _Labels], votes: Mapping[str, Sequence[_Labels]], known: LabelSet | None
) -> dict[str, str]:
    """The spelling of each label that is spelt in several ways: that of the set, or the usual."""
    every = [x for g in gold.values() for x in g] + [
        x for v in votes.values() for r in v for x in r
    ]
    usual = {x: u for u, alike in spellings(every).items() for x in alike}
    own = {folded(x): x for x in known or ()}
    return usual | {x: own[folded(x)] for x in every if folded(x) in own}


def _respelt(labels: _Labels, usual: Mapping[str, str]) -> _Labels:
    return tuple(dict.fromkeys(y for x in labels if (y := usual.get(x, x))))
