"""Measures the voice recogniser: unseen speakers, unseen corpora, calibration, time.

    python benchmarks/voice.py DATA [--cache DIR] [--run runs/voice-default.toml] [--threads 2]

DATA holds ravdess/, emodb/, korean_emotional/ and emobox_folds/ravdess/. Every
head is learnt from scratch by the recipe of the run file, the choice of its
epoch on held-out training speakers included; nothing is known of a test
speaker, and each clip is judged alone. Features are kept in --cache.

| row | protocol |
|---|---|
| RAVDESS-8 | EmoBox's six folds (speaker-independent), mean UAR |
| EMO-DB-4 | leave one speaker out, mean UAR (EmoBox's EMO-DB folds share all speakers) |
| Korean-4 | leave one speaker out, mean UAR (probably told apart by the recording) |
| X, abroad | learnt from the other two corpora, seven labels; UAR on neutral, joy, anger, sadness |
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from empathia.emotion.voice.clips import Clips

from empathia import plugins
from empathia.config import Run, read_run
from empathia.emotion.voice import clips as _clips
from empathia.emotion.voice import fitting
from empathia.labels import EKMAN7, SHARED4, LabelSet, projection
from empathia.metrics import METRICS
from empathia.metrics.balance import group_weights
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import one_hot, softmax
from empathia.metrics.thresholds import accuracy_threshold

Tests = list[np.ndarray]
CORPORA = ("ravdess", "emodb", "korean_emotional")
FOUR = [EKMAN7.index(x) for x in SHARED4]


def temperature(logits: np.ndarray, gold: np.ndarray, groups: np.ndarray | None = None) -> float:
    weights = None if groups is None else group_weights(groups)
    return fit_temperature(logits, one_hot(gold, logits.shape[1]), weights=weights)


def table(
    corpus: str, data: Path, cache: Path, columns: list[str], run: Run, threads: int
) -> tuple[Clips, LabelSet]:
    """Clips of a corpus with its own labels, out of the cache where they are there."""
    options = run.data.options.get(corpus, {})
    dialogues = plugins.load("corpora", corpus).load(data / corpus, **options)
    labels: LabelSet = dialogues[0].labels
    file = cache / f"{'-'.join([corpus, *columns, *options])}.npz"
    if not file.exists():
        from empathia import features

        began = time.perf_counter()
        extract = features.single(features.load("speech", threads))
        found = _clips.clips({corpus: dialogues}, labels, extract, columns)
        taken = time.perf_counter() - began
        print(
            f"  {corpus}: {len(found)} clips, {1000 * taken / len(found):.0f} ms each", flush=True
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, **{f.name: getattr(found, f.name) for f in dataclasses.fields(found)})
    with np.load(file, allow_pickle=False) as stored:
        return Clips(**dict(stored)), labels


def folds(data: Path, corpus: str) -> list[set[str]]:
    """EmoBox's test folds as utterance ids: one json object a line with a "key"."""
    files = sorted((data / "emobox_folds" / corpus).glob(f"{corpus}_test_fold_*.jsonl"))
    if not files:
        raise SystemExit(f"expected {corpus}_test_fold_K.jsonl under {data}/emobox_folds/{corpus}")
    lines = [f.read_text(encoding="utf-8").splitlines() for f in files]
    return [{json.loads(x)["key"].removeprefix(f"{corpus}-") for x in part} for part in lines]


def relabelled(clips: Clips, source: LabelSet, target: LabelSet) -> Clips:
    """The clips that have a label in the target set, with that label."""
    to = [projection(source, target)(x) for x in source]
    label = np.array([-1 if x is None else target.index(x) for x in to])[clips.label]
    return dataclasses.replace(clips, label=label).take(label >= 0)


def dense(clips: Clips) -> tuple[Clips, int]:
    """Labels renumbered to those that occur."""
    present, label = np.unique(clips.label, return_inverse=True)
    return dataclasses.replace(clips, label=label), len(present)


def uar(gold: np.ndarray, said: np.ndarray) -> float:
    one = np.eye(max(gold.max(), said.max()) + 1, dtype=bool)
    return 100 * METRICS["uar"](one[gold], one[said])


def leave_out(clips: Clips, classes: int, run: Run, tests: Tests) -> list[float]:
    recipe = fitting.recipe(run, classes, METRICS)
    return [uar(clips.label[t], recipe.answers(clips, t).argmax(1)) for t in tests]


def by_speaker(clips: Clips) -> Tests:
    return [clips.speaker == s for s in np.unique(clips.speaker)]


def row(name: str, values: list[float], target: str = "") -> None:
    spread = f"{min(values):.1f} to {max(values):.1f}"
    print(f"{name:<34}{np.mean(values):6.1f}   {spread:<16}{target}", flush=True)


def ece(logits: np.ndarray, gold: np.ndarray, t: float) -> float:
    p = softmax(logits / t)
    return METRICS["ece"](p.max(1), p.argmax(1) == gold)


def joined(parts: list[Clips]) -> Clips:
    fields = [f.name for f in dataclasses.fields(Clips)]
    return Clips(*(np.concatenate([getattr(p, f) for p in parts]) for f in fields))


def out_of_fold(clips: Clips, recipe: fitting.Recipe, tests: Tests) -> np.ndarray:
    logits = np.zeros((len(clips), recipe.labels), np.float32)
    for test in tests:
        logits[test] = recipe.answers(clips, test)
    return logits


def calibration(clips: Clips, run: Run) -> None:
    """Seven labels over all corpora: unseen speakers, then unseen corpora."""
    recipe = fitting.recipe(run, len(EKMAN7), METRICS)
    parts = _clips.speaker_folds(clips, 6, run.seed)
    near = out_of_fold(clips, recipe, parts)
    row("all corpora, 7, unseen speakers", [uar(clips.label[t], near[t].argmax(1)) for t in parts])
    # Each part's temperature is fitted on the other parts.
    cross = np.concatenate(
        [softmax(near[t] / temperature(near[~t], clips.label[~t])) for t in parts]
    )
    gold = np.concatenate([clips.label[t] for t in parts])
    error = METRICS["ece"](cross.max(1), cross.argmax(1) == gold)
    print(f"{'  ECE, temperature cross-fitted':<34}{error:6.3f}   {'':<16}<= .08")

    names = [str(n) for n in np.unique(clips.corpus)]
    abroad = out_of_fold(clips, recipe, [clips.corpus == n for n in names])
    shared = np.isin(clips.label, FOUR)
    four = [
        uar(clips.label[m], np.array(FOUR)[abroad[m][:, FOUR].argmax(1)])
        for n in names
        for m in [shared & (clips.corpus == n)]
    ]
    for name, value in zip(names, four, strict=True):
        row(f"{name}, abroad", [value], "chance 25")
    row("  mean over corpora", four)
    z, y, c = abroad[shared], clips.label[shared], clips.corpus[shared]
    near_t = temperature(near, clips.label)
    far_t = temperature(z, y, c)
    print(f"{'  ECE abroad, speakers temperature':<34}{ece(z, y, near_t):6.3f}   T = {near_t:.2f}")
    print(f"{'  ECE abroad, abroad temperature':<34}{ece(z, y, far_t):6.3f}   T = {far_t:.2f}")
    for n in names:
        t = temperature(z[c != n], y[c != n], c[c != n])
        print(f"{f'    {n}, T of the others':<34}{ece(z[c == n], y[c == n], t):6.3f}   T = {t:.2f}")
    p = softmax(z / far_t)
    right = p.argmax(1) == y
    floor = accuracy_threshold(p.max(1), right, 0.5, c)
    sure = p.max(1) >= floor
    print(f"  abroad: right {right.mean():.0%}; the floor {floor:.3f} keeps {sure.mean():.0%}")
    for n in names:
        kept = sure & (c == n)
        print(f"    {n}: keeps {sure[c == n].mean():.0%}, of which right {right[kept].mean():.0%}")
    print(f"  fusion weight (mean UAR above chance): {(np.mean(four) - 25) / 75:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    cache = Path(tempfile.gettempdir()) / "empathia-voice"
    parser.add_argument("--cache", type=Path, default=cache)
    parser.add_argument("--run", type=Path, default=Path("runs/voice-default.toml"))
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    run = read_run(options.run)
    columns = str(run.option("columns", "mean1 mean2 mean3")).split()
    print("features", flush=True)
    own = {c: table(c, options.data, options.cache, columns, run, options.threads) for c in CORPORA}
    print(f"\n{'protocol':<34}{'UAR':>6}   {'folds':<16}target")
    ravdess, emodb, korean = (own[c] for c in CORPORA)
    tests = [np.isin(ravdess[0].ids, list(ids)) for ids in folds(options.data, "ravdess")]
    row("RAVDESS-8, EmoBox folds", leave_out(ravdess[0], 8, run, tests), ">= 72")
    four = relabelled(*emodb, EKMAN7)
    four, classes = dense(four.take(np.isin(four.label, FOUR)))
    row("EMO-DB-4, one speaker out", leave_out(four, classes, run, by_speaker(four)), ">= 92")
    row("Korean-4, one speaker out", leave_out(korean[0], 4, run, by_speaker(korean[0])))
    calibration(joined([relabelled(*own[c], EKMAN7) for c in CORPORA]), run)


if __name__ == "__main__":
    main()
