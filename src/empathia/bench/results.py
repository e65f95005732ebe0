"""What ``empathia train`` leaves in ``out/<run>/``, read back and checked.

``run.json`` says which seeds and folds there must be; each has its
``seed-<s>/<fold>/predictions.parquet`` with one row an utterance. A fold that is
missing is an error: a table over the folds that happen to be done is no result.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from empathia.bench.answers import ALL, Answer, answer_file, read_answers, read_table
from empathia.bench.record import (
    FoldRecord,
    RunRecord,
    read_record,
    read_training,
    training_folder,
)
from empathia.errors import InputError

if TYPE_CHECKING:
    import pyarrow

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
Keys = TypeVar("Keys", np.int64, np.str_)
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
        run: What ``run.json`` says.
        labels: In the run's order.
        exclusive: One label an utterance.
        seed: (rows,) the seed.
        fold: (rows,) number of the fold in ``folds``.
        folds: Names of the folds.
        test: (rows,) true for the test part, false for validation.
        gold: (rows,) number of the one gold label, -1 where there are several or none.
        predicted: (rows,) number of the label that was answered, -1 where none was.
        targets: (rows, labels) in [0, 1].
        scores: (rows, labels) in [0, 1], NaN where not judged.
        texts: The columns of texts by name, those of groups as "group:<name>".
        numbers: The columns of numbers by name, NaN where not known.
        table: The rows as they stand in the files.
        refit: After the choice a recogniser also learnt from its validation part.
    """

    folder: Path
    run: RunRecord
    labels: tuple[str, ...]
    exclusive: bool
    seed: NDArray[np.int64]
    fold: NDArray[np.int64]
    folds: tuple[str, ...]
    test: NDArray[np.bool_]
    gold: NDArray[np.int64]
    predicted: NDArray[np.int64]
    targets: NDArray[np.float64]
    scores: NDArray[np.float64]
    texts: Mapping[str, Coded]
    numbers: Mapping[str, NDArray[np.float64]]
    table: pyarrow.Table
    refit: bool = False

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.run.name

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, in rising order."""
        return tuple(sorted(self.run.seeds))

    def keys(self) -> Coded:
        """Which utterance each row is of: corpus and id together."""
        return _joined(self.texts["corpus"], self.texts["utterance"])

    def dialogues(self) -> Coded:
        """Which dialogue each row is of: corpus and id together."""
        return _joined(self.texts["corpus"], self.texts["dialogue"])


@dataclass(frozen=True, slots=True)
class Training:
    """What one seed and fold answered, as far as it is there.

    Args:
        planned: Its entry in ``run.json``.
        answers: Of validation and test; None where the file is not there.
    """

    planned: FoldRecord
    answers: tuple[Answer, ...] | None = None

    @property
    def place(self) -> str:
        """Which seed and fold, in words."""
        return f"seed {self.planned.seed} fold {self.planned.name}"

    def part(self, name: str) -> list[Answer]:
        """The answers of "valid" or "test"."""
        return [a for a in self.answers or () if a.part == name]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run's folder, however far it is: what was planned, and the answers that are there."""

    folder: Path
    run: RunRecord
    trainings: tuple[Training, ...]

    @property
    def done(self) -> list[Training]:
        """Trainings that have answers."""
        return [t for t in self.trainings if t.answers is not None]


def read_unfinished(folder: Path) -> Unfinished:
    """Read a run's folder, however unfinished: an audit looks at such ones, too.

    Raises:
        UsageError: The folder holds no run.
        InputError: A file is damaged, or of another format version.
        MissingExtra: The extra ``train`` is not installed.
    """
    run = read_record(folder)
    return Unfinished(
        folder,
        run,
        tuple(
            Training(f, read_answers(answer_file(training_folder(folder, f.seed, f.name))))
            for f in run.folds
        ),
    )


def read_results(folder: Path, answers: str = ALL) -> Results:
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
    run = read_record(folder)
    places = [_Place(f, training_folder(folder, f.seed, f.name), answers) for f in run.folds]
    missing = [p.planned for p in places if not p.path.is_file()]
    if missing:
        raise InputError(
            f"'{folder}' is not finished: seed {missing[0].seed}, fold '{missing[0].name}' has no "
            f"{answers}.parquet ({len(missing)} of {len(places)} are missing)",
            f"Go on with: {run.command} --out {folder.parent}",
        )
    tables = [_table(place, run.labels) for place in places]
    import pyarrow

    results = _results(folder, run, pyarrow.concat_tables(tables, promote_options="permissive"))
    for place, table in zip(places, tables, strict=True):
        _check_evaluated(place, table)
    trainings = [read_training(p.folder) for p in places]
    return dataclasses.replace(results, refit=any(t.refit for t in trainings if t is not None))


def selected_on_test(test: NDArray[np.bool_], ids: NDArray[Keys]) -> NDArray[Keys]:
    """What one training selects on and is tested on: it should be nothing.

    Args:
        test: (rows,) true for the test part, false for validation.
        ids: (rows,) of utterances, or of dialogues.

    Returns:
        (shared,) the ids that stand in both parts, in rising order.
    """
    return np.intersect1d(ids[test], ids[~test])


class _Place(NamedTuple):
    """Answers that must be there."""

    planned: FoldRecord
    folder: Path
    answers: str

    @property
    def path(self) -> Path:
        return answer_file(self.folder, self.answers)


def _table(place: _Place, labels: Sequence[str]) -> pyarrow.Table:
    """One file, whole, and what it says it is."""
    seed, fold, path = place.planned.seed, place.planned.name, place.path
    needed = [*_NEEDED, *(f"{kind}:{x}" for kind in ("target", "score") for x in labels)]
    table = read_table(path, needed)
    seeds, folds = table["seed"].unique().to_pylist(), table["fold"].unique().to_pylist()
    if table.num_rows and (seeds, folds) != ([seed], [fold]):
        raise InputError(
            f"{path} holds rows of seeds {seeds} and folds {folds}, expected seed "
            f"{seed}, fold '{fold}'",
            "Delete its folder and train once more",
        )
    return table


def _check_evaluated(place: _Place, table: pyarrow.Table) -> None:
    """Refuse answers to other utterances than the fold selects on and tests."""
    rows = list(zip(table["part"].to_pylist(), table["utterance"].to_pylist(), strict=True))
    ids = {part: [u for p, u in rows if p == part] for part in ("valid", "test")}
    other = place.planned.differing(ids)
    if other:
        raise InputError(
            f"'{place.path}' answers other utterances of '{other[0]}' ({len(ids[other[0]])} rows) "
            "than run.json says of its fold",
            "Files of two runs are mixed, or rows are lost: train once more with --fresh",
        )


def _results(folder: Path, run: RunRecord, table: pyarrow.Table) -> Results:
    labels = run.labels
    groups = [n for n in table.column_names if n.startswith("group:")]
    texts = {n: _coded(table, n) for n in (*_TEXTS, *groups)}
    numbers = {n: _floats(table, n) for n in _NUMBERS}
    scores = np.column_stack([_floats(table, f"score:{x}") for x in labels])
    scores[np.isnan(scores).any(1)] = np.nan
    results = Results(
        folder=folder,
        run=run,
        labels=labels,
        exclusive=run.exclusive,
        seed=numbers["seed"].astype(np.int64),
        fold=texts["fold"].codes,
        folds=texts["fold"].names,
        test=np.array([n == "test" for n in texts["part"].names], bool)[texts["part"].codes],
        gold=_positions(texts["gold"], labels, folder),
        predicted=_positions(texts["said"], labels, folder),
        targets=np.column_stack([_floats(table, f"target:{x}") for x in labels]),
        scores=scores,
        texts=texts,
        numbers=numbers,
        table=table,
    )
    _check(results)
    return results


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
        _unique_name(first.names[a], second.names[b])
        for a, b in zip(above.tolist(), below.tolist(), strict=True)
    )
    return Coded(codes.astype(np.int64), names)


def _unique_name(corpus: str, key: str) -> str:
    """One name whether or not a run has several corpora, whose ids begin with the corpus."""
    return key if key.startswith(f"{corpus}/") else f"{corpus}/{key}"
