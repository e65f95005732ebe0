"""All files of an evaluation; they are made first and written then, each in one step."""

from __future__ import annotations

from pathlib import Path

from empathia.bench.results import Results
from empathia.errors import UsageError
from empathia.evaluate import Evaluation
from empathia.files import write
from empathia.report.drawing import DARK, LIGHT, saved
from empathia.report.run import json as evaluation_json
from empathia.report.run.card import card
from empathia.report.run.html import run_page
from empathia.report.run.pictures import pictures
from empathia.report.run.predictions import dump


def run_files(results: Results, evaluation: Evaluation) -> dict[str, bytes]:
    """Content by name: evaluation.json last, so that its presence says that all is there."""
    drawn = {
        name: (p, saved(p.draw, LIGHT, "svg"), saved(p.draw, DARK, "svg"))
        for name, p in pictures(evaluation).items()
    }
    return {
        **{f"{name}.svg": light for name, (_, light, _) in drawn.items()},
        **{f"{name}.png": saved(p.draw, LIGHT, "png") for name, (p, _, _) in drawn.items()},
        "predictions.parquet": dump(results, ".parquet"),
        "predictions.csv": dump(results, ".csv"),
        "card.md": card(evaluation).encode("utf-8", "backslashreplace"),
        "report.html": run_page(evaluation, drawn).encode("utf-8", "backslashreplace"),
        "evaluation.json": evaluation_json.dumps(evaluation).encode("utf-8", "backslashreplace"),
    }


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write files into a folder, which is made where it is missing."""
    for name, content in files.items():
        write(folder / name, content)


def check_folder(folder: Path) -> None:
    """Say before the work that a file stands where a folder is to be.

    Raises:
        UsageError: It does.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"'{folder}' is a file, expected a folder", "Name another --out")
