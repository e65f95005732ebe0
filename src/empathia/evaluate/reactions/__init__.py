"""How good foretold reactions are, beside floors, people, and whether they beat doing nothing.

Read is what ``empathia train`` wrote: ``reactions.json``, and of each seed and fold the pairs and
what the predictor and every floor said of them (:mod:`empathia.bench.reacted`). A figure is made
for each seed and averaged; its interval comes from resampling dialogues, the same draws for all,
so that differences are paired: over the pairs that both answer. Measures and their pitfalls are in
:mod:`empathia.metrics.reactions`.

Columns of several units (prosody, a face) are divided by the standard deviation that they have
among the real reactions. What was foretold is brought to the rate of the real reaction, cut where
that ends, and held where it ends earlier. A feature that was not foretold counts for nobody but in
``covered``; an emotion that was not is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from empathia.bench.reacted import ReactionRecord, read
from empathia.bench.record import training_folder
from empathia.contracts import Progress, silent
from empathia.evaluate.reactions.asked import read_asked
from empathia.evaluate.reactions.cells import cells_of
from empathia.evaluate.reactions.figures import Measured, figures
from empathia.evaluate.reactions.systems import PEOPLE, columns_of, measure
from empathia.evaluate.reactions.verdict import Verdict, verdicts
from empathia.metrics.bootstrap import RESAMPLES


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The figures of a run.

    Args:
        run: What ``reactions.json`` says.
        pairs: That were tested.
        dialogues: That they are of.
        systems: The predictor, its floors, and people.
        verdicts: Whether the predictor beats hold and mirror.
    """

    run: ReactionRecord
    pairs: int
    dialogues: int
    systems: tuple[Measured, ...]
    verdicts: tuple[Verdict, ...]


def evaluate(folder: Path, resamples: int = RESAMPLES, progress: Progress = silent) -> Evaluated:
    """Measure a run.

    Args:
        folder: That ``empathia train`` wrote.
        resamples: Test sets to draw for the intervals; 0 draws none.
        progress: Called with (predictor, predictors done, predictors in all).

    Raises:
        InputError: A file is missing or damaged, or nothing was tested.
        UsageError: A feature was foretold in other columns than those that came.
    """
    run = read(folder)
    asked = read_asked(_folders(folder, run))
    names = (run.predictor, *run.floors, PEOPLE)
    columns = columns_of(asked)
    cells = cells_of(asked, names[:-1], [f for f, c in columns.items() if not c.timed])
    systems = []
    for done, name in enumerate(names):
        progress(name, done, len(names))
        systems.append(measure(asked, name, run.labels, columns, cells))
    dialogues = int(asked.units.max()) + 1
    measured = figures(systems, dialogues, resamples)
    return Evaluated(run, len(asked.units), dialogues, tuple(measured), verdicts(measured))


def _folders(folder: Path, run: ReactionRecord) -> Sequence[Sequence[Path]]:
    seeds = dict.fromkeys(f.seed for f in run.folds)
    return [
        [training_folder(folder, seed, f.name) for f in run.folds if f.seed == seed]
        for seed in seeds
    ]
