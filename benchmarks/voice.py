"""Measures the voice recogniser: unseen speakers, unseen corpora, calibration.

    python benchmarks/voice.py DATA [--run runs/voice-default.toml]

DATA holds ravdess/, emodb/, korean_emotional/ and emobox_folds/ravdess/. Every
head is learnt from scratch as the run file says, the choice of its epoch on
held-out training speakers included; nothing is known of a test speaker, and each
clip is judged alone.

| row | protocol |
|---|---|
| RAVDESS-8 | EmoBox's six folds (speaker-independent), mean UAR |
| EMO-DB-4 | leave one speaker out, mean UAR (EmoBox's EMO-DB folds share all speakers) |
| Korean-4 | leave one speaker out, mean UAR (probably told apart by the recording) |
| X, unseen | learnt from the other two corpora, seven labels; UAR on neutral, joy, anger, sadness |
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from empathia.bench import bench
from empathia.bench.run import Training
from empathia.config import Run, read_run
from empathia.emotion.voice import read
from empathia.labels import SHARED4, LabelSet
from empathia.metrics.balance import group_weights
from empathia.metrics.calibration import expected_calibration_error, fit_temperature
from empathia.metrics.recall import unweighted_average_recall
from empathia.metrics.scores import one_hot, softmax
from empathia.metrics.thresholds import accuracy_threshold


@dataclass(frozen=True)
class Tested:
    """Answers of one fold's head to the clips that it did not know.

    Args:
        fold: Its name.
        logits: (clips, labels).
        gold: (clips,) index into the labels.
        corpus: (clips,) names.
        labels: What is told apart.
        head: The head, with what its calibration gave it.
    """

    fold: str
    logits: np.ndarray
    gold: np.ndarray
    corpus: np.ndarray
    labels: LabelSet
    head: read.Head

    def take(self, which: np.ndarray) -> Tested:
        """The clips where ``which`` is true."""
        parts = {n: getattr(self, n)[which] for n in ("logits", "gold", "corpus")}
        return dataclasses.replace(self, **parts)

    def shared(self) -> Tested:
        """The clips of the four labels that all corpora have."""
        return self.take(np.isin(self.gold, self.four))

    @property
    def four(self) -> np.ndarray:
        """Columns of these."""
        return np.array([i for i, x in enumerate(self.labels) if x in SHARED4])

    def uar(self, columns: np.ndarray | None = None) -> float:
        """In percent; the answer is the highest of these columns."""
        columns = np.arange(len(self.labels)) if columns is None else columns
        predicted = columns[self.logits[:, columns].argmax(1)]
        k = len(self.labels)
        return 100 * unweighted_average_recall(one_hot(self.gold, k), one_hot(predicted, k))

    def temperature(self, *, by_corpus: bool = False) -> float:
        """The likeliest one for these answers; each corpus counts the same where asked."""
        weights = group_weights(self.corpus) if by_corpus else None
        return fit_temperature(self.logits, one_hot(self.gold, len(self.labels)), weights=weights)


def tests(run: Run, data: Path, **changes: object) -> list[Tested]:
    """One a fold of the run with some of its ``[data]`` changed."""
    changed = dataclasses.replace(run, data=dataclasses.replace(run.data, **changes))
    with tempfile.TemporaryDirectory() as folder:
        return list(_tests(changed, data, Path(folder)))


def _tests(run: Run, data: Path, folder: Path) -> Iterator[Tested]:
    made = bench(run, data, folder / "run")
    for number, fold in enumerate(made.folds(run.seed)):
        training = Training(made, run.seed, fold)
        place = folder / f"head-{number}"
        place.mkdir()
        made.plugin.learn(training.problem(None)[0]).save(place)
        head, known = read.load(place), made.asked(fold, "test")
        samples = [s for d in fold.test for s in made.material.samples(d, made.modalities)]
        heard = [s for s in samples if s.id in known and head.cannot(s) is None]
        rows = np.stack([read.select(s.features[head.feature], head.columns) for s in heard])
        labels, gold = made.material.labels, made.material.gold
        yield Tested(
            fold.name,
            head.logits(rows).astype(np.float64),
            np.array([labels.index(gold[s.id]) for s in heard]),
            np.array([s.groups["corpus"] for s in heard]),
            labels,
            head,
        )


def joined(parts: list[Tested]) -> Tested:
    """The answers of several folds as one."""
    names = ("logits", "gold", "corpus")
    whole = {n: np.concatenate([getattr(p, n) for p in parts]) for n in names}
    return dataclasses.replace(parts[0], fold="all", **whole)


def row(name: str, values: list[float], target: str = "") -> None:
    spread = f"{min(values):.1f} to {max(values):.1f}"
    print(f"{name:<34}{np.mean(values):6.1f}   {spread:<16}{target}", flush=True)


def ece(confidence: np.ndarray, right: np.ndarray) -> float:
    return float(expected_calibration_error(confidence, right))


def at(tested: Tested, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Confidence of each answer, and whether it is right."""
    p = softmax(tested.logits / temperature)
    return p.max(1), p.argmax(1) == tested.gold


def near(run: Run, data: Path) -> float:
    """Unseen speakers of all corpora, seven labels.

    Returns:
        The temperature of all answers.
    """
    parts = tests(run, data, protocol="leave-speaker-out", folds=6)
    row("all corpora, 7, unseen speakers", [p.uar() for p in parts])
    pairs = [at(p, p.head.temperatures[read.SPEAKER]) for p in parts]
    error = ece(*(np.concatenate(x) for x in zip(*pairs, strict=True)))
    print(f"{'  ECE, temperature of each head':<34}{error:6.3f}   {'':<16}<= .08")
    return joined(parts).temperature()


def far(run: Run, data: Path, near_temperature: float) -> None:
    """Unseen corpora, seven labels, of which the clips have four."""
    parts = [p.shared() for p in tests(run, data, protocol="leave-corpus-out", folds=None)]
    recall = [p.uar(p.four) for p in parts]
    for p, value in zip(parts, recall, strict=True):
        row(f"{p.fold}, unseen", [value], "chance 25")
    row("  mean over corpora", recall)
    whole = joined(parts)
    temperature = whole.temperature(by_corpus=True)
    for name, t in (("speakers", near_temperature), ("corpora", temperature)):
        print(f"{f'  ECE unseen, T of unseen {name}':<34}{ece(*at(whole, t)):6.3f}   T = {t:.2f}")
    for i, p in enumerate(parts):
        t = joined(parts[:i] + parts[i + 1 :]).temperature(by_corpus=True)
        print(f"{f'    {p.fold}, T of the others':<34}{ece(*at(p, t)):6.3f}   T = {t:.2f}")
    confidence, right = at(whole, temperature)
    threshold = accuracy_threshold(confidence, right, 0.5, whole.corpus)
    sure = confidence >= threshold
    print(
        f"  unseen: right {right.mean():.0%}; from {threshold:.3f} on, {sure.mean():.0%} are kept"
    )
    for p in parts:
        here = whole.corpus == p.fold
        kept = right[sure & here].mean()
        print(f"    {p.fold}: keeps {sure[here].mean():.0%}, of which right {kept:.0%}")
    print(f"  fusion weight (mean UAR above chance): {(np.mean(recall) - 25) / 75:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--run", type=Path, default=Path("runs/voice-default.toml"))
    options = parser.parse_args()
    run, data = read_run(options.run), options.data
    print(f"\n{'protocol':<34}{'UAR':>6}   {'folds':<16}target")
    listed = {"protocol": "listed", "listed": "emobox_folds/ravdess"}
    parts = tests(run, data, corpora=("ravdess",), labels="corpus", options={}, **listed)
    row("RAVDESS-8, EmoBox folds", [p.uar() for p in parts], ">= 72")
    parts = tests(run, data, corpora=("emodb",), labels="shared4", options={}, **speakers())
    row("EMO-DB-4, one speaker out", [p.uar() for p in parts], ">= 92")
    korean = {k: v for k, v in run.data.options.items() if k == "korean_emotional"}
    only = {"corpora": ("korean_emotional",), "labels": "corpus", "options": korean}
    row("Korean-4, one speaker out", [p.uar() for p in tests(run, data, **only, **speakers())])
    far(run, data, near(run, data))


def speakers() -> dict[str, object]:
    return {"protocol": "leave-speaker-out", "folds": None}


if __name__ == "__main__":
    main()
