"""What words and voice are worth together in conversations that neither has seen.

    python benchmarks/fusion.py DATA [--left-out-meld MODEL] [--left-out-iemocap MODEL]

No public data has everyday sound, words and labels together, so this stands in: words are read by
a recogniser that saw neither corpus (the shipped one), or by one for each; the "voice" is a
logistic model on the eight prosodic measures and how far they lie from the speaker's past, learnt
on the other corpus. Labels are neutral, joy, anger and sadness, but for the risks (all seven).

Printed are the fits (how far the prior of talk goes to everyday shares, what the words are worth,
the weights of both), on each corpus and on both together; what each is worth on the other; and the
confidence that it takes for an answer to be wrong no more often than is allowed, with the constants
of ``pipeline/fusion.py`` and ``pipeline/priors.py``. IEMOCAP is measured on, nothing of it is kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import judged as j
import numpy as np
from strangers import NEUTRAL, open_model

from empathia.contracts import Recogniser
from empathia.labels import EKMAN7, SHARED4
from empathia.metrics import METRICS
from empathia.metrics.scores import softmax
from empathia.metrics.thresholds import accuracy_threshold
from empathia.pipeline.fusion import WEIGHTS, fuse
from empathia.pipeline.priors import EVERYDAY, moved, shares
from empathia.types import Emotion, Sample

Array = np.ndarray
FOUR = [EKMAN7.index(x) for x in SHARED4]
PITCH = slice(3, 6)  # mean, deviation and range: compared as ratios
POWERS = (0.0, 0.1, 0.15, 0.2, 0.25, 1 / 3, 0.5, 1.0)
ALLOWED = (0.6, 0.5, 0.4, 0.3, 0.2, 0.1)


class Heard(NamedTuple):
    """A corpus: (n, 7) scores of the words, (n, 16) measures, (n,) gold among the seven labels."""

    words: Array
    measures: Array
    gold: Array
    four: Array


class Evidence(NamedTuple):
    """What words and voice add to their priors, (n, 4) logarithms each, and the gold, (n,)."""

    words: Array
    voice: Array
    gold: Array


def heard(model: Recogniser, talk: j.Talk) -> Heard:
    rows = zip(talk.dialogues, model.recognise(talk.dialogues), strict=True)
    said = {s.id: e for d, row in rows for s, e in zip(d, row, strict=True)}
    even = (1 / len(EKMAN7),) * len(EKMAN7)
    asked = [s.id for _, s in talk.asked]
    gold = np.array([EKMAN7.index(talk.gold[i][0]) for i in asked])
    return Heard(
        np.array([said[i].scores or even for i in asked]),
        np.array([m for d in talk.dialogues for i, m in _measures(d) if i in talk.gold]),
        gold,
        np.isin(gold, FOUR),
    )


def _measures(dialogue: list[Sample]) -> list[tuple[str, Array]]:
    """Measures of each utterance, and how far they are from the median of the speaker's past."""
    past: dict[str | None, list[Array]] = {}
    rows = []
    for s in dialogue:
        m = np.full(8, np.nan)
        if "prosody" in s.features:
            m = s.features["prosody"].values[0].astype(float)
        m[PITCH] = 12 * np.log2(np.where(m[PITCH] > 0, m[PITCH], np.nan))
        before = past.setdefault(s.speaker, [])
        away = np.full(8, np.nan)
        if before:
            known = np.array([np.where(np.isnan(x), m, x) for x in before])
            away = m - np.median(known, 0)
        before.append(m)
        rows.append((s.id, np.concatenate([m, away])))
    return rows


def voice(learn: Heard, read: Heard) -> Array:
    """(n, 4) evidence of a model of one corpus on another; each is brought to its own scale."""
    from sklearn.linear_model import LogisticRegression

    index = [FOUR.index(g) for g in learn.gold[learn.four]]
    model = LogisticRegression(C=0.1, max_iter=2000).fit(_scaled(learn)[learn.four], index)
    p = model.predict_proba(_scaled(read))
    return np.log(np.maximum(p, 1e-6)) - np.log(np.bincount(index, minlength=4) / len(index))


def _scaled(x: Heard) -> Array:
    m = x.measures
    return np.nan_to_num((m - np.nanmean(m, 0)) / np.nanstd(m, 0))


def evidence(x: Heard, by_voice: Array, assumed: tuple[float, ...]) -> Evidence:
    p = np.maximum(x.words[x.four][:, FOUR], 1e-6)
    prior = np.array(assumed or (1.0,) * 7)[FOUR]
    words = np.log(p / p.sum(1, keepdims=True)) - np.log(prior / prior.sum())
    gold = np.array([FOUR.index(g) for g in x.gold[x.four]])
    return Evidence(words, by_voice[x.four], gold)


def joined(x: Evidence, weights: tuple[float, float], prior: Array) -> Array:
    return softmax(np.log(prior) + weights[0] * x.words + weights[1] * x.voice)


def loss(parts: list[Evidence], weights: tuple[float, float], prior: Array) -> float:
    """Mean negative log likelihood in nats; each corpus counts the same."""
    p = [joined(x, weights, prior)[np.arange(len(x.gold)), x.gold] for x in parts]
    return float(np.mean([-np.log(np.maximum(q, 1e-9)).mean() for q in p]))


def fitted(parts: list[Evidence], prior: Array, use: tuple[bool, bool]) -> tuple[float, float]:
    from scipy.optimize import minimize

    start = [0.5 if u else 0.0 for u in use]
    bounds = [(0, 3) if u else (0, 0) for u in use]
    best = minimize(lambda w: loss(parts, (w[0], w[1]), prior), start, bounds=bounds)
    return float(best.x[0]), float(best.x[1])


def row(name: str, p: Array, gold: Array) -> None:
    x = j.Judged(p, np.eye(4, dtype=bool)[gold], np.arange(len(gold)))
    f1 = METRICS["weighted_f1"](x.gold, j.predicted(x))
    at70, area = j.selective(x)
    joy = (p[gold == NEUTRAL].argmax(1) == SHARED4.index("joy")).mean()
    numbers = (f1, j.calibration_error(x), at70, area, joy)
    print(f"{name:<40}" + "".join(f"{n:9.3f}" for n in numbers))


def fits(learn: dict[str, Evidence]) -> None:
    even = np.full(4, 0.25)
    talk = np.array(EVERYDAY, float)[FOUR]
    print(f"{'prior':<10}{'corpus':<12}{'words':>8}{'voice':>8}{'both':>14}{'loss of words':>16}")
    for power in POWERS:
        prior = even if power == 0 else talk**power / (talk**power).sum()
        each = {n: [x] for n, x in learn.items()} | {"both": [*learn.values()]}
        for name, parts in each.items():
            w, _ = fitted(parts, prior, (True, False))
            _, v = fitted(parts, prior, (False, True))
            both = "{:.2f} {:.2f}".format(*fitted(parts, prior, (True, True)))
            alone = loss(parts, (w, 0.0), prior)
            print(f"{power:<10.2f}{name:<12}{w:8.2f}{v:8.2f}{both:>14}{alone:16.3f}")


def left_out(learn: dict[str, Evidence], read: dict[str, Evidence], worth: float) -> None:
    """What the fit of the one corpus is worth on the other, and what is kept on both."""
    prior = np.array(shares("talk", SHARED4))
    print(f"\n{'':<40}{'wF1':>9}{'ECE':>9}{'at 70 %':>9}{'AURC':>9}{'n > joy':>9}")
    for name, x in read.items():
        (other,) = (y for n, y in learn.items() if n != name)
        uses = {"words": (True, False), "voice": (False, True), "words and voice": (True, True)}
        for what, use in uses.items():
            row(f"{name}: {what}", joined(x, fitted([other], prior, use), prior), x.gold)
        for what, (words, by_voice) in {"words": (1, 0), "words and voice": (1, 1)}.items():
            weights = (words * worth * WEIGHTS["text"], by_voice * WEIGHTS["voice"])
            row(f"{name}: {what}, as kept", joined(x, weights, prior), x.gold)


def answers(x: Heard, by_voice: Array, model: Recogniser, worth: float) -> dict[str, list[Emotion]]:
    """What ``read`` says of each utterance, in seven labels, by what there is to go by."""
    wanted = shares("talk", EKMAN7)
    assert wanted is not None
    added = np.zeros((len(x.gold), 7))
    added[:, FOUR] = by_voice
    heard_ = softmax(np.log(wanted) + added)
    sources = []
    for p, v in zip(x.words, heard_, strict=True):
        words = Emotion("text", EKMAN7, tuple(p / p.sum()))
        words = moved(words, model.about.prior or wanted, wanted, worth)
        sources.append((words, Emotion("voice", EKMAN7, tuple(v))))
    kinds = {
        "words": [{"text": w} for w, _ in sources],
        "voice": [{"voice": v} for _, v in sources],
        "words and voice": [{"text": w, "voice": v} for w, v in sources],
    }
    return {k: [fuse(e, prior=wanted, risk=0.99) for e in each] for k, each in kinds.items()}


Row = tuple[float, bool, str]  # how sure, whether right, of which corpus


def risks(said: dict[str, dict[str, list[Emotion]]], gold: dict[str, Array]) -> None:
    """From which confidence on answers are right often enough, and how many there are."""
    print(
        f"\n{'seven labels':<18}{'answers':>8}{'right':>7}   confidence for a risk, answers with it"
    )
    print(f"{'':<36}" + "".join(f"{a:12.1f}" for a in ALLOWED))
    everything: list[Row] = []
    for kind in ("words", "voice", "words and voice"):
        rows = [
            (e.confidence or 0.0, e.label == tuple(EKMAN7)[g], corpus)
            for corpus, kinds in said.items()
            for e, g in zip(kinds[kind], gold[corpus], strict=True)
            if e.label is not None
        ]
        if len(rows) > 100:
            risk_row(kind, rows, sum(map(len, gold.values())))
        everything += rows
    risk_row("all", everything, 3 * sum(map(len, gold.values())))


def risk_row(kind: str, rows: list[Row], asked: int) -> None:
    c, right, corpus = (np.array(x) for x in zip(*rows, strict=True))
    bounds = [accuracy_threshold(c, right, 1 - a, corpus) for a in ALLOWED]
    print(
        f"{kind:<18}{len(rows) / asked:8.2f}{right.mean():7.2f}   "
        + "".join(f"{b:7.3f} {(c >= b).sum() / asked:.2f}" for b in bounds)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--left-out-meld", default="text-default", metavar="MODEL")
    parser.add_argument("--left-out-iemocap", default="text-default", metavar="MODEL")
    parser.add_argument("--worth", type=float, help="of the words; else what the second model says")
    o = parser.parse_args()
    models = {"MELD": open_model(o.left_out_meld), "IEMOCAP": open_model(o.left_out_iemocap)}
    worth = models["IEMOCAP"].about.worth if o.worth is None else o.worth
    learn = {
        "MELD": heard(models["MELD"], j.meld(o.data, "train")),
        "IEMOCAP": heard(models["IEMOCAP"], j.iemocap(o.data)),
    }
    read = {"MELD": heard(models["MELD"], j.meld(o.data, "test")), "IEMOCAP": learn["IEMOCAP"]}
    other = {"MELD": "IEMOCAP", "IEMOCAP": "MELD"}
    of_learn = {n: voice(learn[other[n]], x) for n, x in learn.items()}
    of_read = {n: voice(learn[other[n]], x) for n, x in read.items()}
    priors = {n: m.about.prior for n, m in models.items()}
    seen = {n: evidence(x, of_learn[n], priors[n]) for n, x in learn.items()}
    fits(seen)
    both = {n: evidence(x, of_read[n], priors[n]) for n, x in read.items()}
    left_out(seen, both, worth)
    print(f"\nkept: weights {dict(WEIGHTS)}, words worth {worth}")
    said = {n: answers(x, of_learn[n], models[n], worth) for n, x in learn.items()}
    risks(said, {n: x.gold for n, x in learn.items()})


if __name__ == "__main__":
    main()
