"""Judges who learnt from EPITOME how empathic a reply is: in three elements, with evidence.

Each element has a kept model of the recogniser ``pair`` (runs/judge-*.toml), whose label set
tells which it is ("reaction3"). Evidence are those parts of a reply, sentences or clauses, that
by themselves are the likeliest to have any level above none. (What the reply loses without
a part tells no more, and costs as much again: docs/experiments.md.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from empathia import plugins, weights
from empathia.contracts import Extractor, Recogniser
from empathia.errors import UsageError
from empathia.metrics.scores import Array
from empathia.training import keeping
from empathia.types import ELEMENTS, LEVELS, Element, Empathy, Features, Sample

Pairs = Sequence[tuple[str, str]]
Span = tuple[int, int]
_CUT = re.compile(
    r"(?<=[.!?…])[\"')\]]*\s+|\n+|(?<=[,;:])\s+(?=(?:but|and|so|because|i|you)\b)", re.I
)
_SHORT = 3  # words; a shorter part goes with the next
SHARE = 0.5  # a part is evidence where it is at least so likely as the likeliest


def load(folders: Sequence[Path] = (), threads: int | None = None) -> EpitomeJudge:
    """The judge of the elements.

    Args:
        folders: Of kept models of elements, each in the place of the shipped one.
        threads: Threads of their encoders; None takes all cores.

    Raises:
        UsageError: A folder holds a model of something else.
        WeightsError: A model or its encoder is missing or damaged.
    """
    own = {_element(folder): folder for folder in folders}
    places = {e: own.get(e) or weights.folder(f"judge-{e}") for e in ELEMENTS}
    judges = {e: keeping.load(place, threads) for e, place in places.items()}
    names = dict.fromkeys(n for j in judges.values() for n in j.about.features)
    return EpitomeJudge(judges, {n: _extractor(n, threads) for n in names})


def _element(folder: Path) -> str:
    labels = keeping.read(folder).labels
    element = labels.name.removesuffix("3")
    if element not in ELEMENTS or labels.labels != LEVELS:
        raise UsageError(
            f"'{folder}' holds a model of '{labels.name}' ({', '.join(labels)}), expected one of "
            f"{', '.join(e + '3' for e in ELEMENTS)}",
            "Train one: empathia train runs/judge-reaction.toml",
        )
    return element


def _extractor(name: str, threads: int | None) -> Extractor:
    plugin, _, variant = name.partition(":")
    extractor: Extractor = plugins.load("features", plugin, ("load",)).load(
        variant or None, threads
    )
    return extractor


@dataclass(frozen=True, slots=True)
class EpitomeJudge:
    """Judges the elements; see :class:`empathia.contracts.Judge`.

    Args:
        recognisers: Of each element.
        extractors: By the names of the features that they read.
    """

    recognisers: Mapping[str, Recogniser]
    extractors: Mapping[str, Extractor]

    def judge(self, pairs: Pairs) -> list[Empathy]:
        """The elements of each reply, with evidence; none of a reply without words."""
        scores = self.scores(pairs)
        found = [(rows[:, 1:].sum(1) > 0) & (rows.argmax(1) > 0) for rows in scores.values()]
        parts = [
            cut(r) if some else [] for (_, r), some in zip(pairs, np.any(found, 0), strict=True)
        ]
        alone = [(c, r[a:b]) for (c, r), p in zip(pairs, parts, strict=True) for a, b in p]
        others = self.scores(alone)
        ends = np.cumsum([0, *map(len, parts)]).tolist()
        return [
            Empathy(
                {
                    element: _judged(rows[i], parts[i], others[element][ends[i] : ends[i + 1]])
                    for element, rows in scores.items()
                    if not np.isnan(rows[i]).any()
                }
            )
            for i in range(len(pairs))
        ]

    def scores(self, pairs: Pairs) -> dict[str, Array]:
        """Element to (pairs, levels) scores, NaN for a reply that cannot be judged."""
        vectors = self._vectors(list(dict.fromkeys(t for pair in pairs for t in pair if t.strip())))
        dialogues = [
            [
                Sample(f"{i}/{k}", text, speaker="ab"[k], index=k, features=vectors.get(text, {}))
                for k, text in enumerate(pair)
            ]
            for i, pair in enumerate(pairs)
        ]
        nothing = (np.nan,) * len(LEVELS)
        found = {}
        for element, recogniser in self.recognisers.items():
            said = recogniser.recognise(dialogues)
            rows = [row[1].scores or nothing for row in said]
            found[element] = np.array(rows, np.float64).reshape(len(pairs), len(LEVELS))
        return found

    def _vectors(self, texts: Sequence[str]) -> dict[str, dict[str, Features]]:
        rows: dict[str, dict[str, Features]] = {text: {} for text in texts}
        for name, extractor in self.extractors.items():
            made = extractor([(str(i), text) for i, text in enumerate(texts)])
            for text, features in zip(texts, made, strict=True):
                rows[text][name] = features
        return rows


def cut(reply: str) -> list[Span]:
    """The parts of a reply: sentences and clauses, none of them a word or two alone."""
    edges = [0, *(m.end() for m in _CUT.finditer(reply)), len(reply)]
    parts: list[Span] = []
    open_at = 0
    for end in edges[1:]:
        text = reply[open_at:end]
        if len(text.split()) < _SHORT and end < len(reply) and not re.search(r"[.!?]\W*$", text):
            continue
        if text.strip():
            lead = len(text) - len(text.lstrip())
            parts.append((open_at + lead, open_at + len(text.rstrip())))
        open_at = end
    return parts


def _judged(whole: Array, parts: Sequence[Span], each: Array) -> Element:
    """An element by the scores of the reply, (levels,), and of each part, (parts, levels)."""
    p = whole / whole.sum()
    scores = float(p[0]), float(p[1]), float(p[2])
    if not Element(scores).level:
        return Element(scores)
    there = np.nan_to_num(1 - each[:, 0])  # a part that cannot be judged shows nothing
    kept = there >= SHARE * there.max(initial=0.0)
    return Element(scores, tuple(s for s, k in zip(parts, kept, strict=True) if k))
