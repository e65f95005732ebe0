"""What a recogniser answered, with the gold labels beside it: Parquet files, written and read.

The columns are described in docs/bench.md. No words of the corpus are
written: results may be passed on where the corpus may not.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from empathia import files
from empathia.bench.data import Material
from empathia.bench.protocols import Fold
from empathia.errors import InputError, needs
from empathia.training.problem import Scores
from empathia.types import Dialogue, Utterance

if TYPE_CHECKING:
    import pyarrow

Cells: TypeAlias = dict[str, str | int | float | None]
"""One row of a file of answers, by the names of its columns."""
ALL = "predictions"
"""Name of the answers that were given with all modalities."""
SILENT = "nothing to judge by"
"""Reason of an answer where the recogniser abstained."""
UNPARSED = "unparsed"
"""Reason where it answered what is no label."""
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
class Answer:
    """An utterance that was evaluated, without its scores.

    Args:
        part: "valid" or "test".
        dialogue: Id of its dialogue.
        utterance: Its id.
        index: Place in the dialogue, from 0.
        length: Utterances of the dialogue.
        speaker: Who speaks; None where it is not known.
        gender: Of the speaker, likewise.
        gold: The one gold label; None where there are several or none.
        predicted: The label that was answered; None where none was.
        reason: Why none was.
        groups: Grouping to the group that it is in.
    """

    part: str
    dialogue: str
    utterance: str
    index: int
    length: int
    speaker: str | None
    gender: str | None
    gold: str | None
    predicted: str | None
    reason: str | None
    groups: Mapping[str, str]


def answer_file(folder: Path, answers: str = ALL) -> Path:
    """Where the answers of one seed and fold lie.

    Args:
        folder: See :func:`empathia.bench.record.training_folder`.
        answers: Which answers: all modalities', or those with fewer ("predictions-text").
    """
    return folder / f"{answers}.parquet"


def answer_rows(
    material: Material,
    fold: Fold,
    seed: int,
    answers: Mapping[str, Scores],
    evaluated: Mapping[str, Collection[str]],
) -> list[Cells]:
    """One row for every utterance of validation and test that is evaluated."""
    rows = []
    for part, dialogues in (("valid", fold.valid), ("test", fold.test)):
        for d, u in _utterances(dialogues):
            if u.id not in evaluated[part]:
                continue
            row: Cells = {"seed": seed, "fold": fold.name, "part": part, **_described(d, u)}
            row |= {f"group:{k}": v for k, v in u.groups.items()}
            row |= _judged(material, u.id, answers[part].get(u.id))
            rows.append(row)
    return rows


def _utterances(dialogues: tuple[Dialogue, ...]) -> Iterator[tuple[Dialogue, Utterance]]:
    return ((d, u) for d in dialogues for u in d.utterances)


def _described(d: Dialogue, u: Utterance) -> Cells:
    return {
        "corpus": d.corpus,
        "dialogue": d.id,
        "utterance": u.id,
        "index": u.index,
        "length": len(d.utterances),
        "speaker": u.speaker,
        "gender": u.gender,
        "words": None if u.text is None else len(u.text.split()),
        "seconds": u.duration,
    }


def _judged(material: Material, key: str, scores: tuple[float, ...] | None) -> Cells:
    labels, why = material.labels.labels, SILENT if scores is None else UNPARSED
    predicted = None if not scores else labels[max(range(len(labels)), key=scores.__getitem__)]
    return {
        "gold": material.gold.get(key),
        "said": predicted,
        "why": None if scores else why,
        **{f"target:{x}": t for x, t in zip(labels, material.target(key), strict=True)},
        **{f"score:{x}": scores[i] if scores else None for i, x in enumerate(labels)},
    }


def write_rows(path: Path, rows: Sequence[Cells]) -> None:
    """Write rows as Parquet, whole or not at all.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
    """
    with needs("train", "writing results"):
        import pyarrow
        from pyarrow import parquet
    names = list(dict.fromkeys(n for row in rows for n in row))
    columns = {n: [row.get(n) for row in rows] for n in names}
    numbers = pyarrow.float64()
    kinds = {n: numbers for n in names if n.startswith(("score:", "target:")) or n == "seconds"}
    kinds["words"] = pyarrow.int64()
    for n, values in columns.items():
        whole = isinstance(next(iter(values), None), int)
        kinds.setdefault(n, pyarrow.int64() if whole else pyarrow.string())
    table = pyarrow.table({n: pyarrow.array(values, kinds[n]) for n, values in columns.items()})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    files.write(path, buffer.getvalue())


def read_table(path: Path, needed: Sequence[str], only: Sequence[str] = ()) -> pyarrow.Table:
    """One file of answers: a table of (rows, columns).

    Args:
        path: See :func:`answer_file`.
        needed: Columns that it must have.
        only: Read these columns alone, and those of groups; all where empty.

    Raises:
        InputError: It is damaged, or lacks a column.
        MissingExtra: The extra ``train`` is not installed.
    """
    with needs("train", "reading results"):
        import pyarrow
        from pyarrow import parquet
    try:
        there = parquet.read_schema(path).names
        wanted = [n for n in there if n in only or n.startswith("group:")] if only else there
        table = parquet.read_table(path, columns=wanted, partitioning=None)
    except (OSError, pyarrow.ArrowException) as e:
        raise InputError(
            f"'{path}' is damaged ({' '.join(str(e).split())})",
            "Delete its folder and train once more",
        ) from e
    lacking = [n for n in needed if n not in there]
    if lacking:
        raise InputError(
            f"'{path}' has no column '{lacking[0]}'", "Delete its folder and train once more"
        )
    return table


def read_answers(path: Path) -> tuple[Answer, ...] | None:
    """The answers of one file, without scores; None where there is no such file.

    Raises:
        InputError: It is damaged, or lacks a column.
        MissingExtra: The extra ``train`` is not installed.
    """
    if not path.is_file():
        return None
    table = read_table(path, _COLUMNS, _COLUMNS)
    groups = [n for n in table.column_names if n.startswith("group:")]
    rows = []
    for cells in table.to_pylist():
        values = {n: cells[n] for n in _COLUMNS}
        values |= {"predicted": values.pop("said"), "reason": values.pop("why")}
        given = {g.removeprefix("group:"): str(cells[g]) for g in groups if cells[g] is not None}
        rows.append(Answer(**values, groups=given))
    return tuple(rows)
