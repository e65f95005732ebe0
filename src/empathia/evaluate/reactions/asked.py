"""What seeds and folds were asked, the same pair always in the same row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.bench.reacted import Tested, read_pairs, read_said
from empathia.errors import InputError
from empathia.types import Reaction


@dataclass(frozen=True, slots=True)
class Part:
    """One seed and fold; what it holds is read when it is asked for, as it can be large.

    Args:
        folder: Where its files lie.
        rows: (pairs,) the row of each of its pairs.
    """

    folder: Path
    rows: NDArray[np.int64]

    def pairs(self) -> Iterable[tuple[int, Tested]]:
        """What was asked, and what truly came: its row, and the pair."""
        return zip(self.rows.tolist(), read_pairs(self.folder), strict=True)

    def said(self, name: str) -> Iterable[tuple[int, Tested, Sequence[Reaction]]]:
        """What was asked, and what a predictor answered: row, pair, draws.

        Raises:
            InputError: It is missing or damaged, or answers another number of pairs.
        """
        said = read_said(self.folder, name)
        if len(said) != len(self.rows):
            raise InputError(
                f"'{self.folder}' holds {len(self.rows)} pairs and {len(said)} answers of '{name}'",
                "Delete it and train once more",
            )
        return zip(self.rows.tolist(), read_pairs(self.folder), said, strict=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a run was asked.

    Args:
        seeds: The folds of each seed.
        units: (rows,) number of the dialogue of each row.
    """

    seeds: tuple[tuple[Part, ...], ...]
    units: NDArray[np.int64]


def read_asked(folders: Sequence[Sequence[Path]]) -> Asked:
    """What was asked.

    Args:
        folders: Of each seed those of its folds, all seeds' in the same order.

    Raises:
        InputError: A file is missing or damaged, or there are no pairs.
    """
    rows: dict[tuple[int, str, str, str], int] = {}
    dialogues: dict[tuple[str, str], int] = {}
    units: list[int] = []
    seeds = []
    for folds in folders:
        parts = []
        for fold, folder in enumerate(folds):
            places = []
            for p in read_pairs(folder, features=False):
                key = (fold, p.corpus, p.dialogue, p.stimulus)
                if key not in rows:
                    rows[key] = len(rows)
                    units.append(dialogues.setdefault((p.corpus, p.dialogue), len(dialogues)))
                places.append(rows[key])
            parts.append(Part(folder, np.array(places, np.int64)))
        seeds.append(tuple(parts))
    if not rows:
        raise InputError("no pair was tested", "Check [data] and [reaction] of the run file")
    return Asked(tuple(seeds), np.array(units, np.int64))
