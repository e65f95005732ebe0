"""What ``empathia train`` leaves in ``out/<run>/``, read back and checked.

``run.json`` says which seeds and folds there must be; each has its
``seed-<s>/<fold>/predictions.parquet`` with one row an utterance. A fold that is
missing is an error: a table over the folds that happen to be done is no result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError, MissingExtra, UsageError

if TYPE_CHECKING:
    import pyarrow

FORMAT = 1
_TEXTS = ("fold", "part", "corpus", "dialogue", "utterance", "speaker", "gender", "gold", "said",
          "why")  # fmt: skip
_NUMBERS = ("seed", "index", "length", "words", "seconds")
_NEEDED = ("seed", "fold", "part", "corpus", "dialogue", "utterance", "gold", "said", "why")


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts as numbers: ``names[codes]``, -1 where there is none."""

    codes: NDArray[np.int64]
    names: tuple[str, ...]

    def rows(self, which: NDArray[np.bool_]) -> Coded:
        """Some of the rows."""
        return Coded(self.codes[which], self.names)

    def texts(self) -> list[str | None]:
        """The texts themselves."""
        return [self.names[c] if c >= 0 else None for c in self.codes.tolist()]


@dataclass(frozen=True, slots=True)
class Results:
    """All rows of a run, validation and test, every seed and fold.

    Args:
        folder: Where they were read.
        run: The content of ``run.json``.
        labels: In the run's order.
        exclusive: One label an utterance.
        seed: (rows,) the seed.
        fold: (rows,) number of the fold in ``folds``.
        folds: Names of the folds.
        test: (rows,) true for the test part, false for validation.
        gold: (rows,) number of the one gold label, -1 where there are several or none.
        said: (rows,) number of the label that was said, -1 where none was.
        targets: (rows, labels) in [0, 1].
        scores: (rows, labels) in [0, 1], NaN where not judged.
        texts: The columns of texts by name, those of groups as "group:<name>".
        numbers: The columns of numbers by name, NaN where not known.
        table: The rows as they stand in the files.
    """

    folder: Path
    run: Mapping[str, Any]
    labels: tuple[str, ...]
    exclusive: bool
    seed: NDArray[np.int64]
    fold: NDArray[np.int64]
    folds: tuple[str, ...]
    test: NDArray[np.bool_]
    gold: NDArray[np.int64]
    said: NDArray[np.int64]
    targets: NDArray[np.float64]
    scores: NDArray[np.float64]
    texts: Mapping[str, Coded]
    numbers: Mapping[str, NDArray[np.float64]]
    table: pyarrow.Table

    @property
    def name(self) -> str:
        """Name of the run."""
        return str(self.run["name"])

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, in rising order."""
        return tuple(sorted(self.run["seeds"]))

    def keys(self) -> Coded:
        """Which utterance each row is of: corpus and id together."""
        return _joined(self.texts["corpus"], self.texts["utterance"])

    def dialogues(self) -> Coded:
        """Which dialogue each row is of: corpus and id together."""
        return _joined(self.texts["corpus"], self.texts["dialogue"])


def read_results(folder: Path, answers: str = "predictions") -> Results:
    """Read a run's folder.

    Args:
        folder: ``out/<run>/``.
        answers: Which answers: "predictions", or those with fewer modalities
            ("predictions-text+voice").

    Raises:
        UsageError: The folder holds no run.
        InputError: A fold is missing, a file is damaged, does not hold what ``run.json`` says,
            or is of another format version.
        MissingExtra: The extra ``train`` is not installed.
    """
    run = _run(folder)
    places = _places(folder, run, answers)
    missing = [p for p in places if not p[2].is_file()]
    if missing:
        seed, fold, _ = missing[0]
        raise InputError(
            f"'{folder}' is not finished: seed {seed}, fold '{fold}' has no {answers}.parquet "
            f"({len(missing)} of {len(places)} are missing)",
            f"Go on with: empathia train runs/{run['name']}.toml --data DATA --out {folder.parent}",
        )
    try:
        import pyarrow
    except ImportError as e:
        raise MissingExtra("train", "reading results") from e
    tables = [_table(path, run, seed, fold) for seed, fold, path in places]
    return _results(folder, run, pyarrow.concat_tables(tables, promote_options="permissive"))


def _run(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    if not path.is_file():
        raise UsageError(f"'{folder}' holds no results of a run (no run.json)",
                         "Name a folder that 'empathia train' wrote, as out/<run>")  # fmt: skip
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        version = run["format"]
        if version == FORMAT:
            _ = run["name"], run["labels"], run["exclusive"], run["seeds"][0], run["folds"][0]
            return dict(run)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as e:
        raise InputError(f"{path} is damaged ({type(e).__name__}: {e})",
                         "Train once more with --fresh") from e  # fmt: skip
    raise InputError(
        f"{path} is of format {version!r}, expected {FORMAT}",
        "Read it with the version of Empathia that wrote it, or train once more",
    )


def _places(folder: Path, run: Mapping[str, Any], answers: str) -> list[tuple[int, str, Path]]:
    """Seed, fold and file of everything that must be there."""
    found = []
    for seed in run["seeds"]:
        for name in dict.fromkeys(f["name"] for f in run["folds"] if f.get("seed", seed) == seed):
            plain = "".join(c if c.isalnum() or c in "-_.+" else "_" for c in name)
            path = folder / f"seed-{seed}" / plain / f"{answers}.parquet"
            found.append((seed, name, path))
    return found


def _table(path: Path, run: Mapping[str, Any], seed: int, fold: str) -> pyarrow.Table:
    """One file, whole, and what it says it is."""
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path, partitioning=None)
    except (OSError, pyarrow.ArrowException) as e:
        raise InputError(f"{path} is damaged ({' '.join(str(e).split())})",
                         "Delete its folder and train once more") from e  # fmt: skip
    needed = [*_NEEDED, *(f"{kind}:{x}" for kind in ("target", "score") for x in run["labels"])]
    lacking = [n for n in needed if n not in table.column_names]
    if lacking:
        raise InputError(f"{path} has no column '{lacking[0]}'",
                         "Delete its folder and train once more")  # fmt: skip
    seeds, folds = table["seed"].unique().to_pylist(), table["fold"].unique().to_pylist()
    if table.num_rows and (seeds, folds) != ([seed], [fold]):
        raise InputError(f"{path} holds rows of seeds {seeds} and folds {folds}, expected seed "
                         f"{seed}, fold '{fold}'",
                         "Delete its folder and train once more")  # fmt: skip
    return table


def _results(folder: Path, run: Mapping[str, Any], table: pyarrow.Table) -> Results:
    labels = tuple(run["labels"])
    groups = [n for n in table.column_names if n.startswith("group:")]
    texts = {n: _coded(table, n) for n in (*_TEXTS, *groups)}
    numbers = {n: _floats(table, n) for n in _NUMBERS}
    scores = np.column_stack([_floats(table, f"score:{x}") for x in labels])
    scores[np.isnan(scores).any(1)] = np.nan
    found = Results(
        folder=folder,
        run=run,
        labels=labels,
        exclusive=bool(run["exclusive"]),
        seed=numbers["seed"].astype(np.int64),
        fold=texts["fold"].codes,
        folds=texts["fold"].names,
        test=np.array([n == "test" for n in texts["part"].names], bool)[texts["part"].codes],
        gold=_positions(texts["gold"], labels, folder),
        said=_positions(texts["said"], labels, folder),
        targets=np.column_stack([_floats(table, f"target:{x}") for x in labels]),
        scores=scores,
        texts=texts,
        numbers=numbers,
        table=table,
    )
    _check(found)
    return found


def _check(r: Results) -> None:
    """Refuse numbers that cannot be, and rows that stand twice."""
    s = r.scores[~np.isnan(r.scores[:, 0])]
    off = ((s < -1e-6) | (s > 1 + 1e-6)).any(1)
    if r.exclusive:
        off |= abs(s.sum(1) - 1) > 1e-2
    if off.any():
        raise InputError(
            f"'{r.folder}' has scores {s[off][0].round(4).tolist()}, expected numbers in [0, 1]"
            + (" that sum to 1" if r.exclusive else ""),
            "Mend the recogniser and train once more",
        )
    if np.isnan(r.targets).any():
        raise InputError(f"'{r.folder}' has a row without a target", "Train once more")
    key = np.column_stack([r.seed, r.fold, r.test, r.keys().codes])
    _, first, times = np.unique(key, axis=0, return_index=True, return_counts=True)
    if (times > 1).any():
        row = int(first[times > 1][0])
        raise InputError(
            f"'{r.folder}', seed {r.seed[row]}, fold '{r.folds[r.fold[row]]}': utterance "
            f"'{r.keys().texts()[row]}' stands there {times.max()} times",
            "Train once more with --fresh",
        )


def _coded(table: pyarrow.Table, name: str) -> Coded:
    if name not in table.column_names or not table.num_rows:
        return Coded(np.full(table.num_rows, -1, np.int64), ())
    column = table[name].cast("string").combine_chunks().dictionary_encode()
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return Coded(codes, tuple(column.dictionary.to_pylist()))


def _floats(table: pyarrow.Table, name: str) -> NDArray[np.float64]:
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    column = table[name].cast("float64")
    return np.array(column.fill_null(np.nan).to_numpy(), np.float64)


def _positions(column: Coded, labels: Sequence[str], folder: Path) -> NDArray[np.int64]:
    strange = [n for n in column.names if n not in labels]
    if strange:
        raise InputError(
            f"'{folder}' has the answer or gold label '{strange[0]}', which is none of the run's "
            f"({', '.join(labels)})",
            "An answer that is no label is written as null with the reason 'unparsed'",
        )
    places = np.array([*(labels.index(n) for n in column.names), -1], np.int64)
    return places[column.codes]


def _joined(first: Coded, second: Coded) -> Coded:
    pairs = first.codes * (len(second.names) + 1) + second.codes
    known, codes = np.unique(pairs, return_inverse=True)
    above, below = np.divmod(known, len(second.names) + 1)
    names = tuple(f"{first.names[a]}/{second.names[b]}"
                  for a, b in zip(above.tolist(), below.tolist(), strict=True))  # fmt: skip
    return Coded(codes.astype(np.int64), names)
