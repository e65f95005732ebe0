"""The judge of sentiment against people who labelled texts that it never saw, VADER beside it.

    python benchmarks/sentiment.py DATA --write FOLDER       learn it and measure
    python benchmarks/sentiment.py DATA                      measure what ships

It learns what VADER says of the training turns of EmpatheticDialogues (a seeded sample of
--turns). The penalty is the best on its validation turns, by VADER's own values there. Nothing
else is chosen. Asked then are EmpatheticDialogues' test turns (does it say what its teacher
says?), MELD's test utterances (sentiment by people: negative, neutral, positive) and
MOSI's test utterances (negative, positive). Given are Spearman's rank correlation and the area
under the curve of negative against positive, with 95 % bootstrap intervals over dialogues.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from empathia import weights
from empathia.corpora import empathetic_dialogues, meld, mosi
from empathia.encoders.text import TextEncoder
from empathia.judges.sentiment import ENCODER, NAME, columns, restored
from empathia.judges.sentiment.fitting import learn, teach
from empathia.types import Dialogue

PENALTIES = (0.3, 1.0, 3.0)
VALUES = {"negative": -1, "neutral": 0, "positive": 1}
DRAWS = 1000


def ranks(x: np.ndarray) -> np.ndarray:
    """Ranks from 0, equal values sharing theirs."""
    _, which, counts = np.unique(x, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts + 1) / 2)[which]


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def area(scores: np.ndarray, gold: np.ndarray) -> float:
    """Area under the curve of the lowest gold value against the highest."""
    low, high = gold == -1, gold == 1
    some = low | high
    rank = ranks(scores[some]) + 1
    up = high[some]
    n = up.sum()
    return float((rank[up].sum() - n * (n + 1) / 2) / (n * (~up).sum()))


def interval(
    measure: Callable[[np.ndarray, np.ndarray], float],
    scores: np.ndarray,
    gold: np.ndarray,
    groups: Sequence[str],
) -> str:
    _, which = np.unique(groups, return_inverse=True)
    members = [np.flatnonzero(which == k) for k in range(which.max() + 1)]
    draw = np.random.default_rng(1)
    found = []
    for _ in range(DRAWS):
        some = np.concatenate([members[k] for k in draw.integers(0, len(members), len(members))])
        found.append(measure(scores[some], gold[some]))
    low, high = np.percentile(found, (2.5, 97.5))
    return f"{measure(scores, gold):.3f} [{low:.3f}, {high:.3f}]"


def turns(dialogues: Sequence[Dialogue], part: str) -> tuple[list[str], list[str]]:
    found = [(u.text, d.id) for d in dialogues if d.split == part for u in d.utterances if u.text]
    return [t for t, _ in found], [g for _, g in found]


def labelled(dialogues: Sequence[Dialogue], part: str) -> tuple[list[str], np.ndarray, list[str]]:
    found = [
        (u.text, VALUES[u.gold[0]], d.id)
        for d in dialogues
        if d.split == part
        for u in d.utterances
        if u.text and u.gold
    ]
    return [t for t, _, _ in found], np.array([v for _, v, _ in found]), [g for _, _, g in found]


def made(talks: Sequence[Dialogue], count: int, folder: Path, threads: int) -> None:
    """Learn with each penalty, keep the best on validation."""
    texts, _ = turns(talks, "train")
    texts = random.Random(1).sample(texts, min(count, len(texts)))
    asked = random.Random(1).sample(turns(talks, "valid")[0], 2000)
    encoder = TextEncoder.load(weights.folder(ENCODER), threads=threads)
    vectors, values, gold = encoder.encode(texts), teach(texts), teach(asked)
    known = encoder.encode(asked)
    tried = {}
    for penalty in PENALTIES:
        with tempfile.TemporaryDirectory() as scratch:
            learn(texts, vectors, values, Path(scratch), penalty=penalty)
            judge = restored(Path(scratch), threads)
        said = [sum(judge.words[c] * v for c, v in row.items()) for row in map(columns, asked)]
        guess = np.clip(np.array(said) + known @ judge.vector + judge.bias, -1, 1)
        tried[penalty] = float(((guess - gold) ** 2).mean())
        print(f"penalty {penalty}: squared error {tried[penalty]:.4f} on validation", flush=True)
    best = min(tried, key=lambda p: tried[p])
    folder.mkdir(parents=True, exist_ok=True)
    about = {"turns": len(texts), "seed": 1, "corpus": "empathetic_dialogues", "teacher": "VADER"}
    learn(texts, vectors, values, folder, penalty=best, about=about)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--turns", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    talks = empathetic_dialogues.load(args.data / "empathetic_dialogues")
    if args.write:
        made(talks, args.turns, args.write, args.threads)
    judge = restored(args.write or weights.folder(NAME), args.threads)

    texts, groups = turns(talks, "test")
    some = random.Random(1).sample(range(len(texts)), 2000)
    texts, groups = [texts[i] for i in some], [groups[i] for i in some]
    against = interval(spearman, judge.values(texts), teach(texts), groups)
    print(f"EmpatheticDialogues test, {len(texts)} turns: rank correlation with VADER {against}")
    asked = {
        "MELD": meld.load(args.data / "meld", labels="sentiment"),
        "MOSI": mosi.load(args.data / "mosi"),
    }
    for name, dialogues in asked.items():
        texts, gold, groups = labelled(dialogues, "test")
        print(f"{name} test, {len(texts)} utterances")
        for who, scores in (("judge", judge.values(texts)), ("VADER", teach(texts))):
            rho = interval(spearman, scores, gold, groups)
            print(f"  {who}: rank correlation {rho}, AUC {interval(area, scores, gold, groups)}")


if __name__ == "__main__":
    main()
