"""The files of answers that a run left: where they lie, and one of them read and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from empathia.bench.protocols import folder_name
from empathia.errors import InputError, MissingExtra

if TYPE_CHECKING:
    import pyarrow

_SUMS = {"valid": "selection_ids", "test": "test_ids"}


def answer_file(folder: Path, seed: int, fold: str, answers: str = "predictions") -> Path:
    """Where the answers of one seed and fold lie.

    Args:
        folder: ``out/<run>/``.
        seed: The seed.
        fold: Name of the fold, as in ``run.json``.
        answers: Which answers: all modalities', or those with fewer ("predictions-text").
    """
    return folder / f"seed-{seed}" / folder_name(fold) / f"{answers}.parquet"


def read_table(path: Path, needed: Sequence[str], only: Sequence[str] = ()) -> pyarrow.Table:
    """One file of answers.

    Args:
        path: See :func:`answer_file`.
        needed: Columns that it must have.
        only: Read these columns alone, and those of groups; all where empty.

    Raises:
        InputError: It is damaged, or lacks a column.
        MissingExtra: The extra ``train`` is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as e:
        raise MissingExtra("train", "reading results") from e
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


def unlike(described: Mapping[str, Any], ids: Mapping[str, Sequence[str]]) -> list[str]:
    """Parts ("valid", "test") that hold other utterances than ``run.json`` says of the fold.

    Args:
        described: The fold's entry in ``run.json``.
        ids: Ids of the utterances of each part, one a row.
    """
    return [
        part
        for part, key in _SUMS.items()
        if described.get(key, found := _sum(ids[part])) != found
        or described.get(part, len(ids[part])) != len(ids[part])
    ]


def _sum(ids: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()
