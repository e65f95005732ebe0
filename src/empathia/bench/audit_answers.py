"""What a run's folder holds, as far as it is there: an audit looks at unfinished runs, too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from empathia.bench.answer_files import answer_file, read_table
from empathia.errors import InputError

_COLUMNS = (
    "part",
    "dialogue",
    "utterance",
    "index",
    "length",
    "speaker",
    "gender",
    "gold",
    "said",
    "why",
)


@dataclass(frozen=True, slots=True)
class Row:
    """An utterance that was asked about."""

    part: str
    dialogue: str
    utterance: str
    index: int
    length: int
    speaker: str
    gender: str | None
    gold: str | None
    said: str | None
    why: str | None
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fold:
    """What one seed and fold answered.

    Args:
        seed: The seed.
        name: Of the fold.
        described: Its entry in ``run.json``.
        rows: Validation and test; None where the file is not there.
    """

    seed: int
    name: str
    described: Mapping[str, Any]
    rows: tuple[Row, ...] | None = None

    def part(self, name: str) -> list[Row]:
        """The rows of "valid" or "test"."""
        return [r for r in self.rows or () if r.part == name]


@dataclass(frozen=True, slots=True)
class Answered:
    """A run's folder: the content of ``run.json`` and all folds that it speaks of."""

    folder: Path
    run: Mapping[str, Any]
    folds: tuple[Fold, ...] = field(default=())

    @property
    def done(self) -> list[Fold]:
        """Folds that have answers."""
        return [f for f in self.folds if f.rows is not None]


def is_run(path: Path) -> bool:
    """Whether a path is a folder that ``empathia train`` wrote."""
    return (path / "run.json").is_file()


def read_answers(folder: Path) -> Answered:
    """Read a run's folder, however unfinished.

    Raises:
        InputError: A file is damaged.
        MissingExtra: The extra ``train`` is not installed.
    """
    try:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        described = [(s, f) for s in run["seeds"] for f in run["folds"] if f.get("seed", s) == s]
        folds = [
            Fold(s, str(f["name"]), f, _rows(answer_file(folder, s, f["name"])))
            for s, f in described
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        raise InputError(
            f"'{folder / 'run.json'}' is damaged ({type(e).__name__}: {e})",
            "Train once more with --fresh",
        ) from e
    return Answered(folder, run, tuple(folds))


def _rows(path: Path) -> tuple[Row, ...] | None:
    if not path.is_file():
        return None
    table = read_table(path, _COLUMNS, _COLUMNS)
    groups = [n for n in table.column_names if n.startswith("group:")]
    return tuple(_row(cells, groups) for cells in table.to_pylist())


def _row(cells: Mapping[str, Any], groups: Sequence[str]) -> Row:
    belongs = {g.removeprefix("group:"): str(cells[g]) for g in groups if cells[g] is not None}
    return Row(**{n: cells[n] for n in _COLUMNS}, groups=belongs)
