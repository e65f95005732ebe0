"""``empathia compare``: runs beside each other, with paired differences to the first."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from empathia.evaluate.comparison import Comparison, Row

_EPILOG = """\
A difference is measured on the same resampled dialogues for both runs (paired
bootstrap); p is two-sided. Only utterances that all runs were tested on count.

example:
  empathia compare out/tfidf out/dialogue --metric macro_f1
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "compare",
        help="compare runs, with paired differences",
        description="Compare runs with the first one on the same test utterances.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folders of runs")
    parser.add_argument(
        "--metric", default="weighted_f1", metavar="NAME", help="what to compare (weighted_f1)"
    )
    parser.add_argument(
        "--bootstrap", type=int, default=1000, metavar="N", help="test sets to draw (1000; 0: none)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Compare and print."""
    from empathia.bench.results import read_results
    from empathia.errors import UsageError
    from empathia.evaluate.comparison import compare
    from empathia.report.run import json as evaluation_json

    if args.bootstrap < 0:
        raise UsageError(f"--bootstrap must be at least 0, not {args.bootstrap}", "Mend it")
    comparison = compare([read_results(r) for r in args.runs], args.metric, args.bootstrap)
    if args.json:
        sys.stdout.write(evaluation_json.dumps(comparison))
    else:
        _show(comparison)
    return 0


def _show(c: Comparison) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from empathia.report.run.wording import figure, measure_name

    console = Console()
    name = measure_name(c.metric)
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        title=f"{name} on {c.utterances:,} common test utterances in {c.dialogues:,} dialogues",
        title_justify="left",
    )
    for head in ("run", "seeds", name, "difference to the first", "p"):
        table.add_column(head, justify="left" if head == "run" else "right", overflow="fold")
    for row in c.rows:
        difference = Text("" if row.difference is None else _signed(row))
        p = "" if row.p is None else f"{row.p:.3f}"
        table.add_row(
            Text(row.name + " *" * bool(row.marks)),
            str(row.seeds),
            Text(figure(row.score)),
            difference,
            p,
        )
    console.print(table)
    for row in c.rows:
        for mark in row.marks:
            console.print(Text(f"* {row.name} {mark}"))
    for note in c.notes:
        console.print(Text(f"* {note}"))


def _signed(row: Row) -> str:
    d = row.difference
    if d is None:
        return ""
    ends = "" if d.low is None or d.high is None else f" [{100 * d.low:+.1f}, {100 * d.high:+.1f}]"
    return f"{100 * d.value:+.1f}{ends}"
