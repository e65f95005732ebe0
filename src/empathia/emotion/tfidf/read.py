"""What the recogniser ``tfidf`` reads and how it answers, in numpy alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from empathia.config import Options
from empathia.files import Plain
from empathia.metrics.scores import Array, probabilities
from empathia.training.keeping import check_shapes, positive, read, read_arrays, write_arrays
from empathia.training.model import Model
from empathia.training.problem import Conversation, Scores, by_id, has_words
from empathia.types import Sample

_WORD = re.compile(r"\w+(?:['’]\w+)?|[?!]")
Terms = Callable[["Read"], list[str]]


@dataclass(frozen=True, slots=True)
class Read:
    """An utterance and the turns before it that are read with it, oldest first."""

    sample: Sample
    past: Sequence[Sample] = ()


def reads(dialogues: Sequence[Conversation], past: int) -> list[Read]:
    """All utterances that have words."""
    return [
        Read(s, [p for p in dialogue[max(0, i - past) : i] if has_words(p)])
        for dialogue in dialogues
        for i, s in enumerate(dialogue)
        if has_words(s)
    ]


def words_of(text: str | None, longest: int) -> list[str]:
    """Runs of 1 to ``longest`` words in lower case; ``?`` and ``!`` are words."""
    words = _WORD.findall((text or "").lower())
    return [
        " ".join(words[i : i + n]) for n in range(1, longest + 1) for i in range(len(words) - n + 1)
    ]


def letters_of(text: str | None, longest: int) -> list[str]:
    """Runs of 2 to ``longest`` characters inside words, a space before and behind included."""
    runs = []
    for word in (f" {w} " for w in (text or "").lower().split()):
        for n in range(2, longest + 1):
            runs += [word[i : i + n] for i in range(max(1, len(word) - n + 1))]
            if n >= len(word):  # a short word is one run, once
                break
    return runs


def marked_past(read: Read, longest: int) -> list[str]:
    """The runs of words of the turns before, marked by who said them."""
    who = read.sample.speaker
    return [
        ("self " if p.speaker is not None and p.speaker == who else "other ") + run
        for p in read.past
        for run in words_of(p.text, longest)
    ]


def terms_of(kind: str, options: Options) -> Terms:
    """What makes the terms of a field ("words", "letters" or "past")."""
    words, letters = options.count("words"), options.count("characters")
    makers: dict[str, Terms] = {
        "words": lambda r: words_of(r.sample.text, words),
        "letters": lambda r: letters_of(r.sample.text, letters),
        "past": lambda r: marked_past(r, words),
    }
    return makers[kind]


@dataclass(frozen=True, slots=True)
class Field:
    """One vector of an utterance.

    Args:
        kind: Which terms are its columns.
        length: Of the vector.
        columns: Term to the number of its column, from 0.
        rarity: (columns,) weight of each.
        weight: (columns, labels).
    """

    kind: str
    length: float
    columns: Mapping[str, int]
    rarity: Array
    weight: Array

    def logits(self, terms: Sequence[str]) -> Array:
        """What it adds for each label."""
        counts = Counter(self.columns[t] for t in terms if t in self.columns)
        if not counts:
            return np.zeros(self.weight.shape[1])
        which = np.array(sorted(counts))
        values = (1 + np.log([counts[int(i)] for i in which])) * self.rarity[which]
        return np.asarray(values @ self.weight[which] * (self.length / np.linalg.norm(values)))


@dataclass(frozen=True, slots=True)
class Answering:
    """Fields, and the rest of the regression; answers dialogues.

    Args:
        fields: Of an utterance.
        bias: (labels,).
        temperature: Temperature.
        options: Of the recogniser.
        exclusive: One label an utterance.
    """

    fields: Sequence[Field]
    bias: Array
    temperature: float
    options: Options
    exclusive: bool

    def logits(self, items: Sequence[Read]) -> Array:
        """(items, labels), before the temperature."""
        makers = [terms_of(f.kind, self.options) for f in self.fields]
        rows = [
            sum((f.logits(m(r)) for f, m in zip(self.fields, makers, strict=True)), self.bias)
            for r in items
        ]
        return np.array(rows).reshape(len(items), len(self.bias))

    def __call__(self, dialogues: Sequence[Conversation]) -> Scores:
        """Scores by utterance id, see :data:`empathia.training.model.Answer`."""
        items = reads(dialogues, self.options.count("past"))
        if not items:
            return {}
        p = probabilities(self.logits(items) / self.temperature, exclusive=self.exclusive)
        return by_id([r.sample for r in items], p)

    def save(self, folder: Path) -> None:
        """Write it; its terms are words of the corpus."""
        arrays = {"bias": self.bias}
        for f in self.fields:
            arrays |= {f"{f.kind}.rarity": f.rarity, f"{f.kind}.weight": f.weight}
        terms: list[Plain] = [
            {"kind": f.kind, "length": f.length, "terms": list(f.columns)} for f in self.fields
        ]
        write_arrays(folder, arrays, {"temperature": self.temperature, "fields": terms})


def load(folder: Path) -> Model:
    """What :meth:`Answering.save` wrote."""
    settings = read(folder)
    arrays, plain = read_arrays(folder)
    fields = [
        Field(
            f["kind"],
            float(f["length"]),
            {t: i for i, t in enumerate(f["terms"])},
            arrays[f"{f['kind']}.rarity"],
            arrays[f"{f['kind']}.weight"],
        )
        for f in plain["fields"]
    ]
    labels = len(settings.labels)
    shapes: dict[str, tuple[int, ...]] = {"bias": (labels,)}
    for field in fields:
        terms = len(field.columns)
        shapes |= {f"{field.kind}.rarity": (terms,), f"{field.kind}.weight": (terms, labels)}
    check_shapes(folder, arrays, shapes)
    options, temperature = Options(settings.options), positive(plain["temperature"])
    answer = Answering(fields, arrays["bias"], temperature, options, settings.exclusive)
    return Model(settings.about, answer, write=answer.save)
