"""Are the ready-made features whole: do they join, do they vary, does a gap tell the label?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.audit.cases import Case
from empathia.audit.finding import Finding, Severity, graded, percent, some
from empathia.types import Features

Ready = Mapping[str, Mapping[str, Features]]
Floats = NDArray[np.float64]

JOIN_WRONG = 5.0
"""Percent of rows that nobody has, of utterances that have none beside these, or of recordings.
A clip or two get lost; beyond that keys were made differently on the two sides."""
MISSING_HINTS, MISSING_TELLS = 0.1, 0.3
"""Cramer's V between "is missing" and the label: a small and a medium association (Cohen 1988).
From the second on a model may well read the gap, not the voice."""
MISSING_SURE = 1e-4
MISSING_MUCH = 50.0
"""Percent of a column."""
MEASURES = 16
"""Of so few columns each is a measure that somebody means to use. In a longer vector some dead
columns are usual (units that never fire); there half of them are wrong."""
ZEROS = 1.0
"""Percent of rows that are nothing but 0: what a failed look-up looks like."""


class Columns:
    """A feature of all utterances as a table: its mean over the frames.

    Args:
        name: Of the feature.
        rows: By utterance id.
        cases: The utterances, in the order of the table's rows.
    """

    def __init__(self, name: str, rows: Mapping[str, Features], cases: Sequence[Case]) -> None:
        dims = {f.values.shape[1] for f in rows.values()}
        self.name, self.width = name, max(dims, default=0)
        self.names = next((f.names for f in rows.values() if f.names), ()) or tuple(
            f"column {i}" for i in range(self.width)
        )
        self.there = np.array([c.said.id in rows for c in cases], bool)
        self.values: Floats = np.full((len(cases), self.width), math.nan)
        for i, c in enumerate(cases):
            f = rows.get(c.said.id)
            if f is not None and len(f.values):
                self.values[i, : f.values.shape[1]] = _mean(f.values)


def _mean(values: NDArray[np.float32]) -> Floats:
    if len(values) == 1:
        return np.asarray(values[0], np.float64)
    known = ~np.isnan(values)
    total = np.where(known, values, 0).sum(0, dtype=float)
    n = known.sum(0)
    return np.where(n > 0, total / np.maximum(n, 1), math.nan)


def joins(all_cases: Sequence[Case], ready: Ready) -> Finding:
    """Feature rows that no utterance has, utterances without a row, recordings that are gone."""
    ids = {c.said.id for c in all_cases}
    labelled = [c.said.id for c in all_cases if c.said.gold] or [c.said.id for c in all_cases]
    failed, bars, parts = 0.0, [], []
    for name, rows in ready.items():
        strange = [key for key in rows if key not in ids]
        without = [key for key in labelled if key not in rows]
        lost, alone = percent(len(strange), len(rows)), percent(len(without), len(labelled))
        bars += [(f"{name}: rows of nobody", lost, "%"), (f"{name}: without a row", alone, "%")]
        if strange:
            failed = max(failed, lost, alone)
            parts.append(f"{len(strange):,} rows of '{name}' are of no utterance ({some(strange)})")
        if without:
            parts.append(f"{len(without):,} labelled utterances have no '{name}' ({some(without)})")
    gone, named = _gone(all_cases)
    if named:
        bars.append(("recordings that are not there", percent(gone, named), "%"))
        failed = max(failed, percent(gone, named))
        parts += [f"{gone:,} of {named:,} recordings are not there"] if gone else []
    if not bars:
        return Finding("joins", "note", "No ready-made features and no recordings to join.")
    sentence = "; ".join(parts) or "Every labelled utterance has its features and recordings"
    # Where every row found its utterance, absent rows are missing data, which another check weighs.
    severity: Severity = graded(failed, 0.01, JOIN_WRONG) if failed else "note" if parts else "fine"
    return Finding("joins", severity, sentence + ".", failed, "% failed", tuple(bars))


def _gone(all_cases: Sequence[Case]) -> tuple[int, int]:
    paths = {p for c in all_cases for p in (c.said.audio, c.said.video) if p is not None}
    return sum(not p.is_file() for p in paths), len(paths)


def constant(tables: Sequence[Columns]) -> Finding:
    """Columns that are always the same, rows of nothing but zeros."""
    if not tables:
        return Finding("constant", "note", "No ready-made features to look at.")
    dead: list[str] = []
    grave, zeros, bars = False, 0.0, []
    for t in tables:
        flat, empty = _flat(t), _empty(t)
        dead += [f"{t.name}: {t.names[i]}" for i in flat]
        grave |= len(flat) > 0 and (t.width <= MEASURES or 2 * len(flat) > t.width)
        zeros = max(zeros, empty)
        bars += [
            (f"{t.name}: constant columns", percent(len(flat), t.width), "%"),
            (f"{t.name}: rows of zeros", empty, "%"),
        ]
    parts = [f"{len(dead):,} columns never change ({some(dead)})"] if dead else []
    if zeros >= ZEROS:
        parts.append(f"up to {zeros:.1f} % of the rows are nothing but zeros: absent is not zero")
    grave |= zeros >= JOIN_WRONG
    severity: Severity = "wrong" if grave else "worry" if parts else "fine"
    sentence = "; ".join(parts) or "Every column varies, no row is all zeros"
    sentence = sentence[0].upper() + sentence[1:] + "."
    details = {"columns": dead[:50], "rows of zeros": zeros}
    return Finding("constant", severity, sentence, len(dead), "columns", tuple(bars), details)


def _flat(t: Columns) -> list[int]:
    """Columns with one value in all rows that have one, of two at least."""
    known = ~np.isnan(t.values)
    if not len(known):
        return []
    high = np.where(known, t.values, -math.inf).max(0)
    low = np.where(known, t.values, math.inf).min(0)
    return [int(i) for i in np.flatnonzero((high == low) & (known.sum(0) > 1))]


def _empty(t: Columns) -> float:
    """Percent of the rows that are all zeros; a single column may well be zero."""
    if t.width < 2:
        return 0.0
    return percent(float((t.values == 0).all(1).sum()), float(t.there.sum()))


def missing(all_cases: Sequence[Case], tables: Sequence[Columns]) -> Finding:
    """How much is missing, and whether that tells the label."""
    labelled = [c for c in all_cases if c.label is not None]
    labels = np.array([c.label for c in labelled], object)
    gaps = _gaps(labelled, tables)
    if not gaps:
        sentence = "What the corpus has, it has for every labelled utterance."
        return Finding("missing", "fine", sentence)
    telling = {n: v for n, gap in gaps.items() if (v := _association(gap, labels)) is not None}
    share = {name: 100 * float(gap.mean()) for name, gap in gaps.items()}
    strongest = max(telling.values(), default=0.0)
    most = max(share, key=share.__getitem__)
    severity: Severity = "worry" if share[most] >= MISSING_MUCH else "note"
    sentence = f"Up to {share[most]:.1f} % is missing ({most})"
    if strongest >= MISSING_HINTS:
        name = max(telling, key=telling.__getitem__)
        sentence += (
            f"; whether '{name}' is missing depends on the label (Cramer's V {strongest:.2f})"
        )
        severity = "wrong" if strongest >= MISSING_TELLS else "worry"
    largest = sorted(share, key=lambda n: -share[n])[:8]
    bars = tuple((f"{n} missing", share[n], "%") for n in largest)
    details = {"share": share, "by label": telling}
    return Finding("missing", severity, sentence + ".", share[most], "% at most", bars, details)


def _gaps(cases: Sequence[Case], tables: Sequence[Columns]) -> dict[str, NDArray[np.bool_]]:
    """Where what is there for some is missing, by name."""
    rows = [c.place for c in cases]
    gaps: dict[str, NDArray[np.bool_]] = {
        "words": np.array([not c.said.text for c in cases], bool),
        "recording": np.array([c.said.audio is None for c in cases], bool),
        "gender": np.array([c.said.gender is None for c in cases], bool),
    }
    for t in tables:
        gaps[t.name] = ~t.there[rows]
        holes = np.isnan(t.values[rows]) & t.there[rows][:, None]
        gaps |= {f"{t.name}: {t.names[i]}": holes[:, i] for i in np.flatnonzero(holes.any(0))}
    return {name: gap for name, gap in gaps.items() if gap.any() and not gap.all()}


def _association(gap: NDArray[np.bool_], labels: NDArray[np.object_]) -> float | None:
    """Cramer's V (bias-corrected, Bergsma 2013) where it is certainly not chance, else None."""
    names, which = np.unique(labels.astype(str), return_inverse=True)
    if len(names) < 2:
        return None
    n = len(labels)
    table = np.stack([np.bincount(which[gap == g], minlength=len(names)) for g in (False, True)])
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / n
    chi2 = float(((table - expected) ** 2 / expected).sum())
    free = len(names) - 1
    if _tail(chi2, free) > MISSING_SURE:
        return None
    phi = max(0.0, chi2 / n - free / (n - 1))
    rest = min(2 - 1 / (n - 1), len(names) - free**2 / (n - 1)) - 1
    return math.sqrt(phi / rest) if rest > 0 else None


def _tail(chi2: float, free: int) -> float:
    """P(X >= chi2), by Wilson & Hilferty's cube root (1931); close enough to be sure by."""
    z = ((chi2 / free) ** (1 / 3) - (1 - 2 / (9 * free))) / math.sqrt(2 / (9 * free))
    return 0.5 * math.erfc(z / math.sqrt(2))
