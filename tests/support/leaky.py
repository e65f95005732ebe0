"""A small clean corpus, and ways to spoil it, one leak at a time."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterable

import numpy as np

from empathia.labels import LabelSet
from empathia.types import Dialogue, Features, Utterance

LABELS = LabelSet("made", ("calm", "glad", "grim", "shy"))
NAMES = ("loudness", "pitch", "tempo")
Corpus = list[Dialogue]
Ready = dict[str, dict[str, Features]]
_SPLITS = ("train", "train", "train", "valid", "test", "test")


def corpus(seed: int = 0, dialogues: int = 60, turns: int = 10) -> tuple[Corpus, Ready]:
    """Unrelated people, sessions and scenarios in each part; labels by a die."""
    rng = random.Random(seed)
    made = []
    for d in range(dialogues):
        split = _SPLITS[d % len(_SPLITS)]
        utterances = tuple(_utterance(rng, d, i, split) for i in range(turns))
        made.append(Dialogue(f"d{d}", utterances, "made", split, "en", LABELS))
    numbers = np.random.default_rng(seed)
    ready = {
        u.id: Features(u.id, "voice", numbers.normal(size=(1, 3)).astype(np.float32), NAMES)
        for d in made
        for u in d.utterances
    }
    return made, {"voice": ready}


def _utterance(rng: random.Random, d: int, i: int, split: str) -> Utterance:
    words = " ".join(f"w{rng.randrange(5000)}" for _ in range(rng.randrange(3, 12)))
    label = rng.choice(LABELS.labels)
    return Utterance(
        f"{d:03d}x{rng.randrange(10**6):06d}x{i:02d}",
        i,
        f"p{d}{'ab'[i % 2]}",
        words,
        1.0 * i,
        i + 0.9,
        gender=("female", "male")[i % 2],
        gold=(label,),
        votes=((label,), (label,), (rng.choice(LABELS.labels),)),
        groups={"session": f"{split}-{d % 12}", "scenario": f"{split}-{d // 12}"},
    )


def each(
    dialogues: Iterable[Dialogue], change: Callable[[Dialogue, Utterance], Utterance]
) -> Corpus:
    """The corpus with every utterance changed."""
    return [
        dataclasses.replace(d, utterances=tuple(change(d, u) for u in d.utterances))
        for d in dialogues
    ]


def put(ready: Ready, values: Callable[[str, np.ndarray], np.ndarray]) -> Ready:
    """The features with every row changed."""
    rows = ready["voice"].items()
    return {"voice": {k: Features(k, "voice", values(k, f.values.copy()), NAMES) for k, f in rows}}


def group_of(dialogues: Iterable[Dialogue], name: str, count: int) -> Corpus:
    """The corpus with a grouping of a few values that lie in every part."""

    def change(d: Dialogue, u: Utterance) -> Utterance:
        groups = {**u.groups, name: f"{name}{int(d.id[1:]) % count}"}
        return dataclasses.replace(u, groups=groups)

    return each(dialogues, change)
