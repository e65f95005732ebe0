"""Labelled sentences of several corpora as one table of targets, missing labels marked.

Corpora name their labels differently and not all answer every question. A
target is therefore 1 (right), 0 (wrong) or NaN (unknown), in columns for the
labels that are predicted and, after them, for each corpus's own labels, which
only that corpus knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.errors import ConfigError
from empathia.labels import LabelSet, Projection, projection
from empathia.types import Dialogue


@dataclass(frozen=True, slots=True)
class Examples:
    """Sentences with targets.

    Args:
        texts: (n) sentences.
        corpus: (n,) number of the corpus, in the order of the run file.
        target: (n, labels) 1, 0 or NaN for the predicted labels.
        own: (n, all corpora's labels) likewise for the corpora's own labels.
    """

    texts: tuple[str, ...]
    corpus: NDArray[np.int64]
    target: NDArray[np.float32]
    own: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.texts)


def examples(corpora: Mapping[str, Sequence[Dialogue]], labels: LabelSet, split: str) -> Examples:
    """All labelled utterances of one split.

    Raises:
        ConfigError: Nothing is labelled there.
    """
    sets = [_labels_of(name, dialogues) for name, dialogues in corpora.items()]
    starts = np.cumsum([0, *(len(s) for s in sets)])
    texts: list[str] = []
    rows: list[tuple[int, NDArray[np.float32], NDArray[np.float32]]] = []
    for number, dialogues in enumerate(corpora.values()):
        project = projection(sets[number], labels)
        for text, gold in _labelled(dialogues, split):
            own = np.full(starts[-1], np.nan, np.float32)
            own[starts[number] : starts[number + 1]] = [x in gold for x in sets[number]]
            rows.append((number, target_row(gold, project), own))
            texts.append(text)
    if not rows:
        raise ConfigError(
            f"no utterance of {', '.join(corpora)} in split '{split}' has words and a label",
            "Choose other corpora or a higher data.limit",
        )
    corpus, target, own_rows = zip(*rows, strict=True)
    return Examples(tuple(texts), np.array(corpus), np.stack(target), np.stack(own_rows))


def target_row(gold: Sequence[str], project: Projection) -> NDArray[np.float32]:
    """Targets of one utterance.

    What it is labelled with is 1. The rest is 0, but NaN where one of its labels is dropped by
    the projection: such a label may overlap with any of ours, so its utterance tells for sure
    only what it is, not what it isn't.
    """
    kept = {project(g) for g in gold}
    rest = np.nan if None in kept else 0.0
    return np.array([1.0 if x in kept else rest for x in project.target], np.float32)


def _labels_of(name: str, dialogues: Sequence[Dialogue]) -> LabelSet:
    found = next((d.labels for d in dialogues if d.labels is not None), None)
    if found is None:
        raise ConfigError(f"corpus '{name}' has no labels", "Choose a labelled corpus")
    return found


def _labelled(dialogues: Sequence[Dialogue], split: str) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (u.text, u.gold)
        for d in dialogues
        if d.split == split
        for u in d.utterances
        if u.text and u.text.strip() and u.gold
    ]
