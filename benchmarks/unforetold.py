"""The made corpus `dyads`: the error of who knows its rule and tells the face without noise.

    python benchmarks/unforetold.py [--seed 1] [--dialogues 60] [--noise .3] [--cue face]

The corpus is made twice, of one seed, with its noise and without: noise is drawn in either case,
so that all else is the same. Told is what he does without it. Measured are the pairs of the test
part, as `empathia evaluate` measures them. Of `face` no predictor can have a smaller squared error
in the mean, since the noise has the mean 0; of landmarks and of other measures that is not proved.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from empathia.corpora import dyads
from empathia.evaluate.reactions.columns import Gathered
from empathia.evaluate.reactions.shown import of_pair
from empathia.types import Features

MEASURES = ("nme", "pck05", "pck10", "accuracy10", "mse", "cosine", "frcorr")
Told = dict[str, dict[str, Features]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dialogues", type=int, default=60)
    parser.add_argument("--noise", type=float, default=0.3)
    parser.add_argument("--cue", choices=("face", "voice"), default="face")
    how = vars(parser.parse_args())
    for feature, figures in unforetold(**how).items():
        told = ", ".join(f"{m} {figures[m]:.4g}" for m in MEASURES if m in figures)
        print(f"{feature}: {told} (root of mse {figures['mse'] ** 0.5:.4g})")


def unforetold(noise: float, **how: object) -> dict[str, dict[str, float]]:
    """By feature and measure, the mean over the tested pairs."""
    noisy, tested = _made(noise=noise, **how)
    known, _ = _made(noise=0.0, **how)
    figures = {}
    for feature, truth in noisy.items():
        gathered = Gathered()
        for i in tested:
            gathered.add(truth[i])
        columns = gathered.columns()
        each = [of_pair(truth[i], [known[feature][i]], None, columns) for i in tested]
        figures[feature] = {m: float(np.mean([e[m] for e in each])) for m in each[0]}
    return figures


def _made(**how: object) -> tuple[Told, list[str]]:
    """What he does while she speaks, by feature and her turn, and which of these are tested."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dyads"
        dyads.make(path, **how)  # type: ignore[arg-type]
        told = dyads.listening(path, landmarks=True)
        turns = [u.id for d in dyads.load(path) if d.split == "test" for u in d.utterances]
    return told, [i for i in turns if i in told["face"]]


if __name__ == "__main__":
    main()
