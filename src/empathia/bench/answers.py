"""What a recogniser answered, with the gold labels beside it, as a Parquet file.

The columns are described in docs/bench.md. No words of the corpus are
written: results may be passed on where the corpus may not.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from empathia import files
from empathia.bench.data import Material
from empathia.bench.protocols import Fold
from empathia.errors import MissingExtra
from empathia.training.problem import Scores
from empathia.types import Dialogue, Utterance


def answer_rows(
    material: Material,
    fold: Fold,
    seed: int,
    answers: Mapping[str, Scores],
    asked: Mapping[str, Collection[str]],
) -> list[dict[str, Any]]:
    """One row for every utterance of validation and test that was asked about."""
    rows = []
    for part, dialogues in (("valid", fold.valid), ("test", fold.test)):
        for d, u in _utterances(dialogues):
            if u.id not in asked[part]:
                continue
            row = {"seed": seed, "fold": fold.name, "part": part, **_described(d, u)}
            row |= {f"group:{k}": v for k, v in u.groups.items()}
            row |= _judged(material, u.id, answers[part].get(u.id))
            rows.append(row)
    return rows


def _utterances(dialogues: tuple[Dialogue, ...]) -> Iterator[tuple[Dialogue, Utterance]]:
    return ((d, u) for d in dialogues for u in d.utterances)


def _described(d: Dialogue, u: Utterance) -> dict[str, Any]:
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


def _judged(material: Material, key: str, scores: tuple[float, ...] | None) -> dict[str, Any]:
    labels = material.labels.labels
    said = None if scores is None else labels[max(range(len(labels)), key=scores.__getitem__)]
    return {
        "gold": material.gold.get(key),
        "said": said,
        "why": "nothing to judge by" if scores is None else None,
        **{f"target:{x}": t for x, t in zip(labels, material.target(key), strict=True)},
        **{
            f"score:{x}": None if scores is None else s
            for x, s in zip(labels, scores or labels, strict=True)
        },
    }


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows as Parquet, whole or not at all.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as e:
        raise MissingExtra("train", "writing results") from e
    names = list(dict.fromkeys(n for row in rows for n in row))
    columns = {n: [row.get(n) for row in rows] for n in names}
    numbers = pyarrow.float64()
    kinds = {n: numbers for n in names if n.startswith(("score:", "target:")) or n == "seconds"}
    kinds["words"] = pyarrow.int64()
    table = pyarrow.table(
        {
            n: pyarrow.array(values, kinds.get(n) or _kind(pyarrow, values))
            for n, values in columns.items()
        }
    )
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    files.write(path, buffer.getvalue())


def _kind(pyarrow: Any, values: list[Any]) -> Any:  # noqa: ANN401 - a module without types
    return pyarrow.int64() if isinstance(next(iter(values), None), int) else pyarrow.string()
