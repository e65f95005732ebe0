"""How long a kept predictor of reactions takes to answer one utterance, once features are there.

    python benchmarks/reactions.py RUN.toml OUT/RUN --data CORPORA [--draws 5] [--pairs 200]

RUN.toml is the run file that `empathia train` learnt OUT/RUN from; features come out of the cache
and are not timed. Each pair of the test part is answered by itself, with all of its past, by one
thread; where the predictor listens to a recogniser, what that takes is timed as well. On a machine
with other work the processor's time is the one to go by.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from pathlib import Path

import numpy as np

from empathia import bench, reaction
from empathia.bench.pairs import Rule, direction, pairs
from empathia.bench.predictor import MODEL
from empathia.config import Run, read_run
from empathia.errors import EmpathiaError
from empathia.training.problem import Conversation

WHAT = ("by the clock", "of the processor's time")


def main() -> int:
    args = _arguments()
    try:
        run = read_run(args.run)
        pasts = _pasts(run, args.data)[: args.pairs]
        predictor = reaction.load(args.out / MODEL, 1)
        predictor.predict(pasts[:1])
        took = []
        for past in pasts:
            start = time.perf_counter(), time.process_time()
            predictor.predict([past], args.draws)
            end = time.perf_counter(), time.process_time()
            took.append([1000 * (b - a) for a, b in zip(start, end, strict=True)])
    except EmpathiaError as e:
        print(e, file=sys.stderr)
        return 1
    turns = np.mean([len(p) for p in pasts])
    print(f"{len(pasts)} utterances after {turns:.0f} turns in the mean, {args.draws} draws")
    for what, ms in zip(WHAT, zip(*took, strict=True), strict=True):
        half, most = np.percentile(ms, [50, 95])
        print(f"median {half:.1f} ms, 95 % within {most:.1f} ms {what}")
    return 0


def _pasts(run: Run, data: Path) -> list[Conversation]:
    """The past of every tested pair, with the features that the predictor reads."""
    _, corpora = bench.load_corpora(run, data)
    read = {
        m: tuple(n for n in names if n != reaction.RECOGNISED) for m, names in run.features.items()
    }
    unlabelled = dataclasses.replace(run, data=dataclasses.replace(run.data, labels=""))
    material = bench.material_of(unlabelled, data, corpora, read, None)
    tested = [d for d in material.dialogues if d.split == "test"]
    rule = Rule(run.reaction.labelled, (direction(run.reaction.direction),))
    samples = {d.id: material.samples(d, read) for d in tested}
    return [samples[p.dialogue.id][: p.stimulus.index + 1] for p in pairs(tested, rule).pairs]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=Path())
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
