"""Emotion from a list of words: a given one, or counts of the training part.

Who shouts (see the feature "capitals") is surer of what they say.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from empathia.labels import EKMAN7, LabelSet
from empathia.training.keeping import read
from empathia.training.problem import Problem
from empathia.types import About, Emotion, Sample

OPTIONS = {"smoothing": 1.0, "keep_case": False}
GIVEN = {"joy": ("happy", "great", "sunny"), "sadness": ("sad", "rain"), "anger": ("hate", "storm")}


@dataclass
class WordList:
    about: About
    counts: Mapping[str, Mapping[str, float]]  # by label, by word
    smoothing: float
    keep_case: bool
    record: Mapping[str, int] = field(default_factory=dict)

    def recognise(self, dialogues: Sequence[Sequence[Sample]]) -> list[list[Emotion]]:
        return [[self._judge(s) for s in dialogue] for dialogue in dialogues]

    def _judge(self, sample: Sample) -> Emotion:
        name, labels = self.about.name, self.about.labels
        words = _words(sample, self.keep_case)
        if not words:
            return Emotion(name, labels, abstained="no words")
        loud = sample.features.get("capitals")
        sharpness = 1 if loud is None else 1 + loud.values[0, 0]
        logits = [
            sharpness * sum(math.log(self._share(label, word)) for word in words)
            for label in labels
        ]
        raw = [math.exp(x - max(logits)) for x in logits]
        return Emotion(name, labels, tuple(x / sum(raw) for x in raw))

    def _share(self, label: str, word: str) -> float:
        counts = self.counts.get(label, {})
        return (counts.get(word, 0) + self.smoothing) / (sum(counts.values()) + 100)

    def save(self, folder: Path) -> None:
        kept = {"counts": self.counts, "smoothing": self.smoothing, "keep_case": self.keep_case}
        (folder / "words.json").write_text(json.dumps(kept))


def learn(problem: Problem) -> WordList:
    counts: dict[str, Counter[str]] = {label: Counter() for label in problem.labels}
    for sample in problem.train.labelled():
        target = problem.train.targets[sample.id]
        for word in _words(sample, problem.options.flag("keep_case")):
            counts[problem.labels.labels[target.index(max(target))]][word] += 1
    names = tuple(n for names in problem.modalities.values() for n in names)
    about = _about(problem.labels, names)
    words = sum(len(x) for x in counts.values())
    options = problem.options
    return WordList(
        about, counts, options.number("smoothing"), options.flag("keep_case"), {"words": words}
    )


def load(folder: Path | None, threads: int | None = None) -> WordList:
    if folder is None:
        counts = {label: dict.fromkeys(words, 20.0) for label, words in GIVEN.items()}
        return WordList(_about(EKMAN7, ("capitals",)), counts, 1.0, False)
    return WordList(read(folder).about, **json.loads((folder / "words.json").read_text()))


def weights_of(options: object) -> tuple[str, ...]:
    return ()


def _about(labels: LabelSet, features: tuple[str, ...]) -> About:
    return About("wordlist", labels, licence="CC0-1.0", features=features, history=False)


def _words(sample: Sample, keep_case: bool) -> list[str]:
    text = sample.text or ""
    words = (x.strip(".,!?") for x in (text if keep_case else text.lower()).split())
    return [x for x in words if x]
