"""Examples out of the training part that stand before what is asked.

Those that are nearest by their words often have the label of the turn that is asked about, and a
model that copies them looks better than it reads. So they may be balanced: every label comes as
often, in an order that the turn does not decide; of each label it is the nearest ones.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np

from empathia.config import Options
from empathia.errors import TrainingError
from empathia.exemplars.words import WordIndex, index
from empathia.files import write_json
from empathia.types import Sample

WAYS = ("similarity", "balance")
WINDOW = 2
"""Most turns before that of an example."""
_FILE = "shots.json"


@dataclass(frozen=True, slots=True)
class Shot:
    """An example.

    Args:
        id: Of the turn.
        dialogue: Number of its dialogue.
        words: Of the turn.
        asked: What a prompt asks about it (:attr:`empathia.emotion.lm.prompt.Prompt.text`).
        answer: The answer.
    """

    id: str
    dialogue: int
    words: str
    asked: str
    answer: str


@dataclass(frozen=True, eq=False)
class Shots:
    """Chooses examples.

    Args:
        pool: All that there are, of the training part alone.
        count: How many are shown.
        by: One of :data:`WAYS`.

    Raises:
        TrainingError: There are none.
    """

    pool: Sequence[Shot]
    count: int
    by: str

    def __post_init__(self) -> None:
        if not self.pool:
            raise TrainingError("no training turn can be an example", "Take model.shots = 0")

    @property
    def most(self) -> int:
        """How many a turn can be shown at most; by similarity it is one a dialogue."""
        return len(self.pool) if self.by == "balance" else len({s.dialogue for s in self.pool})

    def of(self, target: Sample, dialogue: Collection[str]) -> tuple[tuple[str, str], ...]:
        """What is asked and answered before a turn; fewer where there are not as many.

        Args:
            target: The turn. Its label is not known here.
            dialogue: Ids of all turns of its dialogue: none of them is shown.
        """
        its = {self._dialogues[k] for k in dialogue if k in self._dialogues}
        order = np.argsort(-self._index.scores(target.text or ""), kind="stable")
        free = [self.pool[i] for i in order if self.pool[i].dialogue not in its]
        all_of_them = self._balanced(free, target) if self.by == "balance" else self._apart(free)
        shown = list(islice(all_of_them, self.count))
        return tuple((s.asked, s.answer) for s in reversed(shown))  # the nearest last

    def _apart(self, near: Sequence[Shot]) -> Iterator[Shot]:
        """One a dialogue."""
        seen: set[int] = set()
        for shot in near:
            if shot.dialogue not in seen:
                seen.add(shot.dialogue)
                yield shot

    def _balanced(self, near: Sequence[Shot], target: Sample) -> Iterator[Shot]:
        """A label after the other, in an order that is by chance for every turn."""
        by_label: defaultdict[str, list[Shot]] = defaultdict(list)
        for shot in near:
            by_label[shot.answer].append(shot)
        chance = hashlib.sha256(target.id.encode()).digest()
        labels = np.random.default_rng(list(chance)).permutation(sorted(by_label)).tolist()
        seen: set[int] = set()
        while any(by_label.values()):
            for label in labels:
                free = by_label[label]
                if free:
                    shot = next((s for s in free if s.dialogue not in seen), free[0])
                    free.remove(shot)
                    seen.add(shot.dialogue)
                    yield shot

    @cached_property
    def _dialogues(self) -> Mapping[str, int]:
        return {s.id: s.dialogue for s in self.pool}

    @cached_property
    def _index(self) -> WordIndex:
        return index([s.words for s in self.pool], "words")

    def save(self, folder: Path) -> None:
        """Write the examples, which hold words of the corpus."""
        write_json(folder / _FILE, [asdict(s) for s in self.pool])

    @classmethod
    def load(cls, folder: Path, options: Options) -> Shots:
        """Read what :meth:`save` wrote."""
        rows = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return cls([Shot(**r) for r in rows], options.count("shots"), options.text("shots_by"))
