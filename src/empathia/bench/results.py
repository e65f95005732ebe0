"""What ``empathia train`` leaves in ``out/<run>/``, read back and checked.

``run.json`` says which seeds and folds there must be; each has its
``seed-<s>/<fold>/predictions.parquet`` with one row an utterance. A fold that is
missing is an error: a table over the folds that happen to be done is no result.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.bench.answer_files import answer_file, read_table, unlike
from empathia.errors import InputError, UsageError

if TYPE_CHECKING:
    import pyarrow

FORMAT = 1
_TEXTS = (
    "fold",
    "part",
    "corpus",
    "dialogue",
    "utterance",
    "speaker",
    "gender",
    "gold",
    "said",
    "why",
)
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
        refit: After the choice a recogniser also learnt from its validation part.
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
    refit: bool = False

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


def run_file(run: Mapping[str, Any]) -> str:
    """The run file as its user named it."""
    return str(run.get("run_file") or f"runs/{run['name']}.toml")


def read_results(folder: Path, answers: str = "predictions") -> Results:
    """Read a run's folder.

    Args:
        folder: ``out/<run>/``.
        answers: Which answers: "predictions", or those with fewer modalities
            ("predictions-text+voice").

    Raises:
        UsageError: The folder holds no run.
        InputError: A fold is missing, a file is damaged, does not answer the utterances that
            ``run.json`` says, or is of another format version.
        MissingExtra: The extra ``train`` is not installed.
    """
    run = _run(folder)
    places = _places(folder, run, answers)
    missing = [p for p in places if not p.path.is_file()]
    if missing:
        seed, fold = missing[0].seed, missing[0].fold["name"]
        raise InputError(
            f"'{folder}' is not finished: seed {seed}, fold '{fold}' has no {answers}.parquet "
            f"({len(missing)} of {len(places)} are missing)",
            f"Go on with: empathia train {run_file(run)} --data DATA --out {folder.parent}",
        )
    tables = [_table(place, run) for place in places]
    import pyarrow

    found = _results(folder, run, pyarrow.concat_tables(tables, promote_options="permissive"))
    for place, table in zip(places, tables, strict=True):
        _check_asked(place, table)
    return dataclasses.replace(found, refit=any(_record(p).get("refit") for p in places))


def _run(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    if not path.is_file():
        raise UsageError(
            f"'{folder}' holds no results of a run (no run.json)",
            "Name a folder that 'empathia train' wrote, as out/<run>",
        )
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        version = run["format"]
        if version == FORMAT:
            _ = run["name"], run["labels"], run["exclusive"], run["seeds"][0], run["folds"][0]
            return dict(run)
    except (OSError, ValueError, KeyError, IndexError, TypeError) as e:
        raise InputError(
            f"{path} is damaged ({type(e).__name__}: {e})", "Train once more with --fresh"
        ) from e
    raise InputError(
        f"{path} is of format {version!r}, expected {FORMAT}",
        "Read it with the version of Empathia that wrote it, or train once more",
    )


class _Place(NamedTuple):
    """A file that must be there, and the entry of ``run.json`` for its fold."""

    seed: int
    fold: Mapping[str, Any]
    path: Path


def _places(folder: Path, run: Mapping[str, Any], answers: str) -> list[_Place]:
    found = []
    for seed in run["seeds"]:
        folds = {f["name"]: f for f in run["folds"] if f.get("seed", seed) == seed}
        found += [
            _Place(seed, fold, answer_file(folder, seed, name, answers))
            for name, fold in folds.items()
        ]
    return found


def _table(place: _Place, run: Mapping[str, Any]) -> pyarrow.Table:
    """One file, whole, and what it says it is."""
    seed, fold, path = place.seed, place.fold["name"], place.path
    needed = [*_NEEDED, *(f"{kind}:{x}" for kind in ("target", "score") for x in run["labels"])]
    table = read_table(path, needed)
    seeds, folds = table["seed"].unique().to_pylist(), table["fold"].unique().to_pylist()
    if table.num_rows and (seeds, folds) != ([seed], [fold]):
        raise InputError(
            f"{path} holds rows of seeds {seeds} and folds {folds}, expected seed "
            f"{seed}, fold '{fold}'",
            "Delete its folder and train once more",
        )
    return table


def _check_asked(place: _Place, table: pyarrow.Table) -> None:
    """Refuse answers to other utterances than the fold selects on and tests."""
    rows = list(zip(table["part"].to_pylist(), table["utterance"].to_pylist(), strict=True))
    ids = {part: [u for p, u in rows if p == part] for part in ("valid", "test")}
    other = unlike(place.fold, ids)
    if other:
        raise InputError(
            f"'{place.path}' answers other utterances of '{other[0]}' ({len(ids[other[0]])} rows) "
            "than run.json says of its fold",
            "Files of two runs are mixed, or rows are lost: train once more with --fresh",
        )


def _record(place: _Place) -> dict[str, Any]:
    """What the recogniser says of its training; {} where it says nothing."""
    path = place.path.with_name("record.json")
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as e:
        raise InputError(
            f"{path} is damaged ({type(e).__name__}: {e})", "Delete its folder and train once more"
        ) from e


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
    names = tuple(
        f"{first.names[a]}/{second.names[b]}"
        for a, b in zip(above.tolist(), below.tolist(), strict=True)
    )
    return Coded(codes.astype(np.int64), names)
