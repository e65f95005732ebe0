"""Corpora as a recogniser reads them, and what its answers are worth: a module for benchmarks.

    talk = iemocap(data)
    judged = four(judge(recogniser, talk), talk.labels)

A recogniser sees whole dialogues in time order: words, speakers, and the eight measures where
the corpus has them. Gold labels stand apart. Every figure may be that of several seeds, whose
mean is given; its interval is drawn over dialogues.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from empathia import plugins
from empathia.contracts import Recogniser
from empathia.corpora import table
from empathia.features.prosody import NAMES
from empathia.labels import EKMAN7, SHARED4, LabelSet, projection
from empathia.labels.sets import IEMOCAP6
from empathia.metrics import METRICS
from empathia.metrics.abstention import risk_coverage
from empathia.metrics.bootstrap import Block, interval, resampled
from empathia.metrics.counts import counts as named
from empathia.metrics.counts import tally
from empathia.training.model import only
from empathia.types import Dialogue, Features, Sample

Array = np.ndarray
COVERAGE = 0.7


@dataclass(frozen=True)
class Talk:
    """Dialogues, and what is gold of the utterances that are asked about.

    Args:
        dialogues: Samples in time order.
        gold: Utterance id to labels.
        labels: Their set.
        vad: Utterance id to the raters' valence and arousal, where there are such.
    """

    dialogues: list[list[Sample]]
    gold: dict[str, tuple[str, ...]]
    labels: LabelSet
    vad: dict[str, tuple[float, float]]

    @property
    def asked(self) -> list[tuple[int, Sample]]:
        """The utterances that are asked about, each with the number of its dialogue."""
        return [(i, s) for i, d in enumerate(self.dialogues) for s in d if s.id in self.gold]


class Judged(NamedTuple):
    """Answers: (items, labels) shares and gold, (items,) numbers of dialogues."""

    shares: Array
    gold: Array
    dialogue: Array


def meld(data: Path, *splits: str) -> Talk:
    """MELD in its seven labels, as ekman7."""
    plugin = plugins.load("corpora", "meld")
    heard = plugin.ready(data / "meld")["prosody"]
    return _talk(plugin.load(data / "meld"), splits, heard, EKMAN7)


def iemocap(data: Path, *splits: str) -> Talk:
    """IEMOCAP's utterances of the four shared labels; frustrated is none of them."""
    path = data / "iemocap" / "utterances.csv"
    columns = {"label": "label6", "speaker": r"utterance_id:(Ses\d\d).*_([FM])\d+$"}
    heard = table.ready(path, map=columns, features={"prosody": tuple(NAMES)})["prosody"]
    loaded = table.load(path, map=columns, labels=IEMOCAP6, scale=(1, 5), language="en")
    return _talk(loaded, splits, heard, SHARED4)


def asked_of(talk: Talk, dialogues: list[list[Sample]]) -> Talk:
    """What is asked about some of its dialogues."""
    ids = {s.id for d in dialogues for s in d}
    return replace(talk, dialogues=dialogues, gold={k: g for k, g in talk.gold.items() if k in ids})


def comments(data: Path, corpus: str, *splits: str) -> Talk:
    """Single comments, several labels each, as ekman7: "goemotions" or "kote"."""
    return _talk(plugins.load("corpora", corpus).load(data / corpus), splits, {}, EKMAN7)


def written(path: Path, language: str) -> Talk:
    """What stands in a csv with text and label, each by itself.

    Args:
        path: The csv; of one with a column "language", the rows of ``language``.
        language: ISO 639-1 code.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r.get("language", language) == language]
    talk = [[Sample(str(n), r["text"], language, speaker="author")] for n, r in enumerate(rows)]
    return Talk(talk, {str(n): (r["label"],) for n, r in enumerate(rows)}, EKMAN7, {})


def _talk(
    dialogues: Sequence[Dialogue],
    splits: Sequence[str],
    heard: dict[str, Features],
    labels: LabelSet,
) -> Talk:
    chosen = [d for d in dialogues if not splits or d.split in splits]
    gold: dict[str, tuple[str, ...]] = {}
    vad: dict[str, tuple[float, float]] = {}
    for d in chosen:
        project = projection(d.labels, labels)
        for u in d.utterances:
            if known := tuple(x for g in u.gold or () if (x := project(g)) is not None):
                gold[u.id] = tuple(dict.fromkeys(known))
            if u.vad is not None:
                vad[u.id] = (u.vad[0], u.vad[1])
    return Talk([_samples(d, heard) for d in chosen], gold, labels, vad)


def _samples(d: Dialogue, heard: dict[str, Features]) -> list[Sample]:
    return [
        Sample(
            u.id,
            u.text,
            d.language,
            {"prosody": heard[u.id]} if u.id in heard else {},
            speaker=u.speaker,
            gender=u.gender,
            index=u.index,
            groups={**u.groups, "corpus": d.corpus},
        )
        for u in d.utterances
    ]


def judge(recogniser: Recogniser, talk: Talk) -> Judged:
    """What a recogniser answers: where it abstains without looking, all labels alike."""
    labels = recogniser.about.labels
    into = _into(labels, talk.labels)
    asked = only(recogniser, talk.gold)
    emotions = {
        s.id: e
        for d, row in zip(talk.dialogues, asked.recognise(talk.dialogues), strict=True)
        for s, e in zip(d, row, strict=True)
    }
    even = (1 / len(labels),) * len(labels)
    shares = np.array([emotions[s.id].scores or even for _, s in talk.asked]) @ into
    if recogniser.about.exclusive:
        shares = shares / shares.sum(1, keepdims=True)
    gold = np.array([[x in talk.gold[s.id] for x in talk.labels] for _, s in talk.asked])
    return Judged(shares, gold, np.array([i for i, _ in talk.asked]))


def _into(labels: LabelSet, wanted: LabelSet) -> Array:
    """(labels, wanted) where a score goes: to its namesake, or by a projection."""
    if set(wanted) <= set(labels):
        return np.array([[x == y for y in wanted] for x in labels], float)
    project = projection(labels, wanted)
    return np.array([[project(x) == y for y in wanted] for x in labels], float)


def four(judged: Judged, labels: LabelSet) -> Judged:
    """The answers among the four shared labels, on utterances that have one of them."""
    if labels == SHARED4:
        return judged
    at = [labels.index(x) for x in SHARED4]
    has = judged.gold[:, at].any(1)
    p = judged.shares[has][:, at]
    return Judged(p / p.sum(1, keepdims=True), judged.gold[has][:, at], judged.dialogue[has])


def predicted(judged: Judged) -> Array:
    """(items, labels) indicators of the likeliest label, one an item."""
    return np.eye(judged.shares.shape[1], dtype=bool)[judged.shares.argmax(1)]


def of_counts(
    metric: str, seeds: Sequence[Judged], answers: Callable[[Judged], Array] = predicted
) -> tuple[float, tuple[float, float] | None]:
    """A measure of counts: its mean over seeds, and its 95 % interval over dialogues.

    Args:
        metric: "weighted_f1", "macro_f1" or "accuracy".
        seeds: Answers of each, on the same utterances.
        answers: What a recogniser predicts, (items, labels).
    """
    value = float(np.mean([METRICS[metric](j.gold, answers(j)) for j in seeds]))
    units, which = np.unique(seeds[0].dialogue, return_inverse=True)
    blocks = []
    for j in seeds:
        rows = tally(j.gold, answers(j))
        sums = np.zeros((len(units), rows.shape[1]))
        np.add.at(sums, which, rows)
        blocks.append(Block(np.arange(len(units)), sums))
    drawn = [_score(metric, sums) for sums in resampled(blocks, len(units))]
    return value, interval(np.mean(drawn, axis=0))


def _score(metric: str, sums: Array) -> Array:
    c = named(sums)
    if metric == "accuracy":
        return c.right / c.items
    each = 2 * c.hits / np.maximum(c.predicted + c.gold, 1)
    weight = c.gold if metric == "weighted_f1" else np.ones_like(c.gold)
    return (each * weight).sum(-1) / weight.sum(-1)


def sureness(judged: Judged) -> tuple[Array, Array]:
    """(items,) confidence in the likeliest label, and whether it is a gold one."""
    top = judged.shares.argmax(1)
    rows = np.arange(len(top))
    return np.minimum(judged.shares[rows, top], 1.0), judged.gold[rows, top]


def calibration_error(judged: Judged) -> float:
    """Expected calibration error of the likeliest label."""
    return METRICS["ece"](*sureness(judged))


def selective(judged: Judged) -> tuple[float, float]:
    """Accuracy of the surest 70 %, and the area under risk against coverage."""
    confidence, right = sureness(judged)
    risk = risk_coverage(confidence, 1.0 - right)
    return 1 - float(risk[int(COVERAGE * len(risk)) - 1]), float(risk.mean())


def concordance(given: Array, wanted: Array) -> float:
    """Lin's concordance correlation (Biometrics 1989) of (items,) numbers, in [-1, 1].

    ``2 cov / (var + var + (difference of means) ** 2)``.
    """
    gap = given.mean() - wanted.mean()
    together = ((given - given.mean()) * (wanted - wanted.mean())).mean()
    return float(2 * together / (given.var() + wanted.var() + gap**2))
