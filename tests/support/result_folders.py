"""Builds the folder that a finished run leaves, row by row, with made-up answers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from pyarrow import parquet

from empathia.bench.protocols import folder_name

LABELS = ("neutral", "joy", "sadness")


def row(labels=LABELS, gold: str | None = "joy", scores=None, **other: Any) -> dict[str, Any]:
    """One row of predictions.parquet; what is not given is plain."""
    said = None if scores is None else labels[int(np.argmax(scores))]
    filled = {
        "part": "test",
        "corpus": "made",
        "dialogue": "d1",
        "utterance": "u1",
        "index": 0,
        "length": 4,
        "speaker": "anna",
        "gender": "female",
        "words": 5,
        "seconds": 1.5,
        "gold": gold,
        "said": said,
        "why": None if said else "nothing to judge by",
    }
    for i, x in enumerate(labels):
        filled[f"target:{x}"] = float(x == gold)
        filled[f"score:{x}"] = None if scores is None else float(scores[i])
    return filled | other


def answers(
    rng,
    part: str,
    dialogues: int,
    labels=LABELS,
    size: int = 4,
    first: str = "d",
    skill: float = 0.5,
) -> list[dict[str, Any]]:
    """Rows of dialogues between anna and ben, right a little more often than by chance."""
    rows = []
    for d in range(dialogues):
        for i in range(size):
            gold = int(rng.integers(len(labels)))
            z = rng.normal(0, 1, len(labels))
            z[gold] += 3 * skill
            p = np.exp(z) / np.exp(z).sum()
            name = f"{part}-{first}{d}"
            rows.append(
                row(
                    labels,
                    labels[gold],
                    p,
                    part=part,
                    dialogue=name,
                    utterance=f"{name}-u{i}",
                    index=i,
                    length=size,
                    speaker=("anna", "ben")[i % 2],
                    gender=("female", "male")[i % 2],
                    words=int(rng.integers(0, 30)),
                    **{"group:scenario": f"s{d % 3}"},
                )
            )
    return rows


def made(seed: int = 0, dialogues: int = 12, **other: Any) -> list[dict[str, Any]]:
    """Validation and test rows of one fold."""
    rng = np.random.default_rng(seed)
    return answers(rng, "valid", 8, **other) + answers(rng, "test", dialogues, **other)


def write(
    folder: Path,
    rows: dict[tuple[int, str], list[dict[str, Any]]],
    labels=LABELS,
    exclusive: bool = True,
    **other: Any,
) -> Path:
    """Write ``run.json`` and one file for each (seed, fold)."""
    run = {
        "format": 1,
        "name": folder.name,
        "labels": list(labels),
        "exclusive": exclusive,
        "recogniser": "made-up",
        "causal": True,
        "modalities": {"text": ["text"]},
        "normalise": {},
        "protocol": "standard",
        "seeds": list(dict.fromkeys(s for s, _ in rows)),
        "folds": [_fold(*key, parts) for key, parts in rows.items()],
        "data": {"made": "ab" * 32},
        "corpora": [
            {
                "name": "made",
                "licence": "CC0-1.0",
                "noncommercial": False,
                "citation": "Nobody (2025)",
                "page": "https://example.org",
                "language": "en",
            }
        ],
        "dropped": {},
        "versions": {"empathia": "0.1.0"},
        "git": {},
        "threads": 1,
        "settings": {"training": {"select": "macro_f1"}, "data": {"targets": "single"}},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(run | other), encoding="utf-8")
    for (seed, fold), parts in rows.items():
        path = folder / f"seed-{seed}" / folder_name(fold) / "predictions.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = [{"seed": seed, "fold": fold} | r for r in parts]
        parquet.write_table(pyarrow.Table.from_pylist(table), path)
    return folder


def _fold(seed: int, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    def digest(part: str) -> str:
        ids = sorted(r["utterance"] for r in rows if r["part"] == part)
        return hashlib.sha256("\n".join(ids).encode()).hexdigest()

    sizes = {p: sum(r["part"] == p for r in rows) for p in ("valid", "test")}
    return {
        "seed": seed,
        "name": name,
        "train": 100,
        **sizes,
        "selection_ids": digest("valid"),
        "test_ids": digest("test"),
    }
