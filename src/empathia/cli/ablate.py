"""``empathia ablate``: every non-empty subset of the modalities, as a table and a figure."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.cli._screen import bar, print_json, table
from empathia.cli.train import listed

if TYPE_CHECKING:
    from empathia.config import Run
    from empathia.evaluate.ablation import Ablated

_EPILOG = """\
For each subset one recogniser learns from it alone; the one that learnt from all modalities is
also tested with each subset. Run it again after an interruption: it goes on where it was.

example:
  empathia ablate runs/iemocap6.toml --data corpora
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "ablate",
        help="train with and without each modality",
        description="Train and test a run file on every non-empty subset of its modalities.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="run file (TOML)")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="folder that holds the corpora (default: here)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out"),
        metavar="DIR",
        help="results go to DIR/<run>-ablation (default: out)",
    )
    parser.add_argument("--modalities", metavar="A,B", help="only subsets of these")
    parser.add_argument(
        "--bootstrap",
        type=int,
        default=1000,
        metavar="N",
        help="test sets drawn for the intervals (default: 1000)",
    )
    parser.add_argument("--fresh", action="store_true", help="forget an earlier try")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Train all subsets, write table and figure, print the table."""
    from empathia.bench.run import choose
    from empathia.config import read_run
    from empathia.errors import UsageError
    from empathia.evaluate.ablation import MEASURES, ablated, as_json
    from empathia.files import write_json
    from empathia.report.run.ablation import draw

    settings = read_run(args.run)
    modalities = choose(settings.features, listed(args.modalities))
    if len(modalities) < 2:
        raise UsageError(
            f"{args.run} has {len(modalities)} modality to take away, expected at least 2",
            "Name several in [features]",
        )
    folder = args.out / f"{settings.name}-ablation"
    _train(settings, args, folder, modalities)
    rows = ablated(folder, modalities, args.bootstrap)
    write_json(folder / "ablation.json", as_json(rows))
    for suffix in ("png", "svg"):
        draw(rows, folder / f"ablation.{suffix}", settings.name)
    if args.json:
        print_json(as_json(rows))
    else:
        table(("tested with", "learnt from", *MEASURES, "judged"), _cells(rows), tabs=True)
        print(f"figure: {folder / 'ablation.png'}")
    return 0


def _train(
    settings: Run, args: argparse.Namespace, folder: Path, modalities: Sequence[str]
) -> None:
    from empathia.bench import bench
    from empathia.bench.run import subsets
    from empathia.evaluate.ablation import place

    every = subsets(modalities)
    for number, subset in enumerate(every, start=1):
        print(f"{number}/{len(every)}: {' + '.join(subset)}", file=sys.stderr)
        with bar("steps", lasting=True, plain=args.json) as progress:
            bench(
                settings,
                args.data,
                place(folder, subset),
                modalities=subset,
                missing_too=len(subset) == len(modalities),
                fresh=args.fresh,
                progress=progress,
            ).learn(progress)


def _cells(rows: Sequence[Ablated]) -> list[tuple[str, ...]]:
    from empathia.evaluate.ablation import MEASURES

    lines = []
    for row in rows:
        for kind, scores in (("these", row.trained_on_these), ("all", row.trained_on_all)):
            if scores:
                by_metric = {s.metric: s for s in scores}
                judged = f"{100 * row.judged:.0f}%" if kind == "these" else ""
                values = (_cell(by_metric.get(m)) for m in MEASURES)
                lines.append((row.name, kind, *values, judged))
    return lines


def _cell(score: object) -> str:
    value, low, high = (getattr(score, n, None) for n in ("value", "low", "high"))
    if value is None:
        return "-"
    if low is None or high is None:
        return f"{100 * value:.1f}"
    return f"{100 * value:.1f} ({100 * low:.1f} to {100 * high:.1f})"
