"""What the recogniser ``pair`` reads and how it answers, in numpy alone."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.config import Options
from empathia.emotion.pair.marks import NAMES, marks
from empathia.emotion.tfidf.read import letters_of, words_of
from empathia.metrics.scores import Array, softmax
from empathia.training.keeping import check_shapes, positive, read, read_arrays, write_arrays
from empathia.training.model import Model
from empathia.training.problem import Conversation, Scores, by_id, has_words
from empathia.training.rows import row
from empathia.types import Sample

FIELDS = ("words", "letters", "before")


@dataclass(frozen=True, slots=True)
class Pair:
    """An utterance and the last one before it that has words, or None."""

    sample: Sample
    before: Sample | None

    @property
    def texts(self) -> tuple[str, str]:
        """Words of the answer and of what it answers."""
        return self.sample.text or "", (self.before.text or "") if self.before else ""


def pairs(dialogues: Sequence[Conversation], features: Sequence[str]) -> list[Pair]:
    """All utterances that have words and all of the features, each with what stands before it."""
    found = []
    for dialogue in dialogues:
        before = None
        for sample in dialogue:
            if not has_words(sample):
                continue
            if all(n in sample.features for n in features):
                found.append(Pair(sample, before))
            before = sample
    return found


def terms_of(kind: str, pair: Pair, options: Options) -> list[str]:
    """The terms of a field, which are counted."""
    answer, before = pair.texts
    if kind == "letters":
        return letters_of(answer.lower(), options.count("characters"))
    return words_of(before if kind == "before" else answer, options.count(kind))


def hashed(terms: Sequence[str], columns: int) -> Counter[int]:
    """How often each column occurs, from 0; terms that share one count together."""
    return Counter(zlib.crc32(t.encode()) % columns for t in terms)


def weighed(counts: Mapping[int, int], rarity: Array) -> tuple[NDArray[np.int64], Array]:
    """Columns of a text and their values, a vector of length 1 or nothing; (columns there,) each.

    Args:
        counts: How often each column occurs.
        rarity: (columns,) weight of each, 0 for one that is not read.
    """
    which = np.array(sorted(c for c in counts if rarity[c]), np.int64)
    values = (1 + np.log([counts[int(c)] for c in which])) * rarity[which]
    return which, values / max(1e-12, float(np.linalg.norm(values)))


def numbers(pair: Pair, features: Sequence[str]) -> list[Array]:
    """Blocks of numbers of a pair, in their units; NaN where there is nothing before.

    Returns:
        The marks; then for each feature that of the answer, of what it answers, and the product
        of both, (columns,) each.
    """
    blocks = [marks(*pair.texts)]
    for name in features:
        own = np.asarray(row(pair.sample.features[name]), np.float64)
        there = pair.before is not None and name in pair.before.features
        other = row(pair.before.features[name]) if there and pair.before else own * np.nan
        blocks += [own, np.asarray(other, np.float64), own * other]
    return blocks


@dataclass(frozen=True, slots=True)
class Scale:
    """Brings blocks of numbers to a length of about 1 each.

    Args:
        mean, spread: (columns,) of all blocks, one behind the other.
        sizes: Columns of each block.
    """

    mean: Array
    spread: Array
    sizes: tuple[int, ...]

    def __call__(self, blocks: Sequence[Array]) -> Array:
        """(columns,); a number that is missing stands at the training mean."""
        scaled = (np.concatenate(blocks) - self.mean) / self.spread
        return np.asarray(np.nan_to_num(scaled) / np.sqrt(np.repeat(self.sizes, self.sizes)))


@dataclass(frozen=True, slots=True)
class Answering:
    """Columns and what each adds to a level; answers dialogues.

    Args:
        rarity: Field to (columns,) weights, 0 where a column is not read.
        weight: Field to (columns, labels); "numbers" is that of the scaled numbers.
        bias: (labels,), with the offsets that were chosen.
        scale: Of the numbers.
        temperature: Temperature.
        features: Names of the features that are read.
        options: Of the recogniser.
    """

    rarity: Mapping[str, Array]
    weight: Mapping[str, Array]
    bias: Array
    scale: Scale
    temperature: float
    features: tuple[str, ...]
    options: Options

    def logits(self, pair: Pair) -> Array:
        """(labels,), before the temperature."""
        total = self.bias + self.scale(numbers(pair, self.features)) @ self.weight["numbers"]
        for kind, rarity in self.rarity.items():
            counts = hashed(terms_of(kind, pair, self.options), len(rarity))
            which, values = weighed(counts, rarity)
            total = total + values @ self.weight[kind][which]
        return np.asarray(total)

    def __call__(self, dialogues: Sequence[Conversation]) -> Scores:
        """Scores by utterance id, see :data:`empathia.training.model.Answer`."""
        items = pairs(dialogues, self.features)
        if not items:
            return {}
        logits = np.stack([self.logits(p) for p in items])
        return by_id([p.sample for p in items], softmax(logits / self.temperature))

    def save(self, folder: Path) -> None:
        """Write it: numbers alone, no words; what is read of them was rounded in training."""
        arrays: dict[str, NDArray[np.floating]] = {
            "bias": self.bias,
            "mean": self.scale.mean,
            "spread": self.scale.spread,
        }
        arrays |= {f"{k}.rarity": r.astype(np.float16) for k, r in self.rarity.items()}
        arrays |= {f"{k}.weight": w.astype(np.float16) for k, w in self.weight.items()}
        values = {
            "temperature": self.temperature,
            "fields": list(self.rarity),
            "marks": list(NAMES),
            "sizes": list(self.scale.sizes),
        }
        write_arrays(folder, arrays, values)


def load(folder: Path) -> Model:
    """What :meth:`Answering.save` wrote.

    Raises:
        WeightsError: Something is missing or damaged, or counts other marks than this version.
    """
    settings = read(folder)
    arrays, values = read_arrays(folder)
    if values["marks"] != list(NAMES):
        raise ValueError("its marks are those of another version")
    sizes = tuple(map(int, values["sizes"]))
    width, labels = sum(sizes), len(settings.labels)
    columns = 2 ** Options(settings.options).count("columns")
    shapes: dict[str, tuple[int, ...]] = {"bias": (labels,), "numbers.weight": (width, labels)}
    shapes |= {"mean": (width,), "spread": (width,)}
    for kind in values["fields"]:
        shapes |= {f"{kind}.rarity": (columns,), f"{kind}.weight": (columns, labels)}
    check_shapes(folder, arrays, shapes)
    wide = {n: a.astype(np.float64) for n, a in arrays.items()}
    answer = Answering(
        {k: wide[f"{k}.rarity"] for k in values["fields"]},
        {k: wide[f"{k}.weight"] for k in (*values["fields"], "numbers")},
        wide["bias"],
        Scale(wide["mean"], wide["spread"], sizes),
        positive(values["temperature"]),
        settings.features,
        Options(settings.options),
    )
    return Model(settings.about, answer, write=answer.save)
