"""What finished runs are worth together: their answers pooled, the weights chosen on validation.

    python benchmarks/pooled.py out/both out/lm-iemocap6-description out/iemocap6-votes
    empathia evaluate out/both
    empathia compare out/both out/lm-iemocap6-description out/iemocap6-votes

Seed by seed and fold by fold the scores are pooled as those of `late`'s members are
(`src/empathia/emotion/late.py`), so that nothing is trained again. What comes out is the folder of
a run, with the labels, gold labels and utterances of the first; a seed or a fold that one of the
runs lacks is left out. Scores of several labels, or of votes, are made to sum to 1. An utterance
that a run does not answer has the others' scores. Printed are the weights.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np

from empathia.bench.answers import Cells, answer_file, read_table, write_rows
from empathia.bench.record import FoldRecord, RunRecord, read_record, sum_of, training_folder
from empathia.emotion.late import Mix
from empathia.training.problem import Scores

Array = np.ndarray


def pooled(folder: Path, runs: list[Path]) -> dict[str, Array]:
    """Write the answers of runs that are pooled; place to the (runs,) weights that it has."""
    records = [read_record(r) for r in runs]
    first = records[0]
    strange = [r.name for r in records if set(r.labels) != set(first.labels)]
    if strange or not first.exclusive:
        sys.exit(f"'{(strange or [first.name])[0]}' tells other labels apart, or several at once")
    there = [{(f.seed, f.name) for f in r.folds} for r in records]
    folds = [f for f in first.folds if all((f.seed, f.name) in t for t in there)]
    weights = {f"seed {f.seed}, {f.name}": _fold(folder, first, f, runs) for f in folds}
    dataclasses.replace(
        first,
        name=folder.name,
        recogniser="late",
        seeds=tuple(dict.fromkeys(f.seed for f in folds)),
        folds=tuple(folds),
        causal=all(r.causal for r in records),
        modalities={k: v for r in records for k, v in r.modalities.items()},
        heard={k: v for r in records for k, v in (r.heard or {}).items()},
        fingerprint=sum_of([r.fingerprint for r in records]),
    ).write(folder)
    return weights


def _fold(folder: Path, first: RunRecord, fold: FoldRecord, runs: list[Path]) -> Array:
    """Pool one seed and fold."""
    names = [f"score:{x}" for x in first.labels]
    files = [answer_file(training_folder(r, fold.seed, fold.name)) for r in runs]
    tables = [read_table(f, names).to_pylist() for f in files]
    said = [_said(t, names) for t in tables]
    rows = tables[0]
    both = [r for r in rows if r["part"] == "valid" and all(r["utterance"] in s for s in said)]
    gold = np.array([[r[f"target:{x}"] for x in first.labels] for r in both])
    mix = Mix((), np.full(len(runs), 1 / len(runs)), "log", exclusive=True)
    mix = mix.weighed([np.array([s[r["utterance"]] for r in both]) for s in said], gold)
    for row in rows:
        if (fused := mix.fuse(row["utterance"], said)) is not None:
            row |= dict(zip(names, fused, strict=True))
            row |= {"said": first.labels[int(np.argmax(fused))], "why": None}
    write_rows(answer_file(training_folder(folder, fold.seed, fold.name)), rows)
    return mix.weights


def _said(rows: list[Cells], names: list[str]) -> Scores:
    """Scores that sum to 1 of those that were answered."""
    each = {r["utterance"]: np.array([r[n] for n in names], float) for r in rows}
    return {k: tuple((p / p.sum()).tolist()) for k, p in each.items() if p.sum() > 0}


def main() -> None:
    folder, *runs = map(Path, sys.argv[1:])
    for place, weights in pooled(folder, runs).items():
        told = ", ".join(f"{r.name} {w:.2f}" for r, w in zip(runs, weights, strict=True))
        print(f"{place}: {told}")


if __name__ == "__main__":
    main()
