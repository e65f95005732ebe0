"""``empathia evaluate``: how good a run or replies are, with intervals, as a table and files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.cli._options import columns_of
from empathia.cli._screen import bar, print_json, table
from empathia.errors import UsageError

if TYPE_CHECKING:
    from empathia.evaluate import Evaluation
    from empathia.replies.lm.likelihood import Reader

_EPILOG = """\
Writes evaluation.json, report.html, card.md, pictures (png and svg) and all
answers (predictions.parquet, predictions.csv) into RUN/report.

examples:
  empathia evaluate out/iemocap-text
  empathia evaluate out/iemocap-text --json | jq '.measures'
  empathia evaluate out/reaction-iemocap6           a predictor of reactions and its floors
  empathia evaluate answers.csv others.csv          replies: columns reply, context, reference
  empathia evaluate answers.csv --perplexity smollm2
  empathia evaluate answers.csv others.csv --sheet blind --items 50
  empathia evaluate ratings-ann.json ratings-ben.csv --key blind/key.json
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "evaluate",
        help="measure what a run answered, or replies",
        description="Measure a finished run on its test part, or files of replies, with 95 % "
        "intervals.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "run",
        type=Path,
        nargs="+",
        metavar="RUN",
        help="folder that 'train' wrote; or tables of replies, a system each",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="report folder (RUN/report)")
    parser.add_argument("--json", action="store_true", help="print evaluation.json, no table")
    parser.add_argument(
        "--bootstrap",
        type=int,
        default=1000,
        metavar="N",
        help="test sets to draw for the intervals (1000; 0: none)",
    )
    parser.add_argument(
        "--dump", type=Path, metavar="FILE", help="write all answers here too (.parquet or .csv)"
    )
    _of_replies(parser)


def _of_replies(parser: argparse.ArgumentParser) -> None:
    """Arguments that are of replies alone."""
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="OURS=THEIRS,...",
        help="replies: which column is which of ours: context, reply, reference, dialogue, id",
    )
    parser.add_argument("--threads", type=int, metavar="N", help="replies: threads of the models")
    parser.add_argument(
        "--words-alone",
        action="store_true",
        help="replies: ask no models, who judge and tell similarity; quick",
    )
    parser.add_argument(
        "--perplexity",
        metavar="MODEL",
        help="replies: how likely this language model finds them: a weight (smollm2), an adapter "
        "(reply-lm, a folder), or a model's folder",
    )
    blind = parser.add_argument_group("people's ratings")
    blind.add_argument(
        "--sheet",
        type=Path,
        metavar="DIR",
        help="write a blind sheet of these replies, as a page and a table, and its key",
    )
    blind.add_argument("--items", type=int, default=50, metavar="N", help="contexts on it (50)")
    blind.add_argument("--seed", type=int, default=1, metavar="N", help="draws it (1)")
    blind.add_argument(
        "--key", type=Path, metavar="FILE", help="the files are ratings of the sheet of this key"
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate, write the report, print the figures."""
    if args.bootstrap < 0:
        raise UsageError(f"--bootstrap must be at least 0, not {args.bootstrap}", "Mend it")
    if args.key is not None:
        return _ratings(args)
    if args.sheet is not None:
        return _sheet(args)
    if any(path.is_file() for path in args.run):
        return _replies(args)
    if len(args.run) > 1:
        raise UsageError("several runs are given", "Compare them: empathia compare A B")
    from empathia.bench.reacted import is_reactions

    if is_reactions(args.run[0]):
        return _reactions(args, args.run[0])
    return _run(args, args.run[0])


def _reactions(args: argparse.Namespace, folder: Path) -> int:
    """Measure a predictor of reactions beside its floors, write the report, print the figures."""
    from empathia.evaluate.reactions import evaluate
    from empathia.report import reactions as looks
    from empathia.report.run import check_folder

    if args.dump is not None:
        raise UsageError("--dump is of recognisers", "Answers lie in seed-*/*/said-*.npz")
    out = args.out or folder / "report"
    check_folder(out)
    with bar("steps", plain=args.json) as progress:
        evaluated = evaluate(folder, args.bootstrap, progress)
    looks.write(out, evaluated)
    if args.json:
        print_json(looks.to_json(evaluated))
        return 0
    for head, rows in looks.tables(evaluated):
        table(head, rows, tabs=True)
    for line in looks.remarks(evaluated):
        print(f"* {line}")
    print(f"report: {out / 'report.html'}")
    return 0


def _replies(args: argparse.Namespace) -> int:
    """Measure replies, print the figures side by side."""
    from empathia.evaluate.replies import measured
    from empathia.evaluate.replies.systems import read
    from empathia.report import measured_replies as looks
    from empathia.report.run import check_folder

    if args.dump is not None:
        raise UsageError("--dump is of runs", "Replies are in their files: give --out DIR")
    if args.out is not None:
        check_folder(args.out)
    systems, notes = read(args.run, columns_of(args.map, "--map"))
    reader = _reader(args)
    with bar("steps", plain=args.json) as progress:
        figures = measured(
            systems,
            args.bootstrap,
            args.threads,
            progress,
            models=not args.words_alone,
            losses=None if reader is None else reader.losses,
        )
    read_by = "" if reader is None else reader.about
    if args.out is not None:
        looks.write(args.out, figures, read_by)
    if args.json:
        print_json(looks.to_json(figures, read_by))
        return 0
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    table(*looks.rows(figures), tabs=True)
    if read_by:
        print(looks.remark(read_by), file=sys.stderr)
    return 0


def _reader(args: argparse.Namespace) -> Reader | None:
    """The language model that reads replies, if one is asked for."""
    from empathia.errors import needs

    if args.perplexity is None:
        return None
    with needs("train", "the perplexity of replies"):
        from empathia.replies.lm import likelihood
    return likelihood.load(args.perplexity, args.threads)


def _sheet(args: argparse.Namespace) -> int:
    """Draw a blind sheet, people's own replies among the systems where they are known."""
    from empathia.evaluate.replies.systems import PEOPLE, floors, read
    from empathia.evaluate.sheets import draw, write
    from empathia.report.sheet import page

    if args.items < 1:
        raise UsageError(f"--items must be at least 1, not {args.items}", "Mend it")
    systems, _ = read(args.run, columns_of(args.map, "--map"))
    people = [s for s in floors(systems[0].replies) if s.name == PEOPLE]
    items = draw([*systems, *people], args.items, args.seed)
    write(args.sheet, items, page(items))
    print(f"{len(items)} replies of {len(systems) + len(people)} systems to be rated:")
    print(f"for raters: {args.sheet / 'sheet.html'}, or the column 'faults' of sheet.csv")
    print(f"not for them: {args.sheet / 'key.json'}")
    return 0


def _ratings(args: argparse.Namespace) -> int:
    """Measure what raters said."""
    from empathia.evaluate.sheets import read_back
    from empathia.report import sheet as looks

    ratings = read_back(args.run, args.key, max(1, args.bootstrap))
    if args.json:
        print_json(looks.to_json(ratings))
        return 0
    table(*looks.rows(ratings), tabs=True)
    print(looks.agreement(ratings))
    return 0


def _run(args: argparse.Namespace, folder: Path) -> int:
    """Evaluate a run, write the report, print the figures."""
    from empathia.bench.results import read_results
    from empathia.evaluate import evaluate
    from empathia.report.run import check_folder, run_files, write_files
    from empathia.report.run import json as evaluation_json
    from empathia.report.run.predictions import SUFFIXES, dump

    if args.dump is not None and args.dump.suffix not in SUFFIXES:
        raise UsageError(
            f"cannot dump as '{args.dump.suffix}' (expected one of {', '.join(SUFFIXES)})",
            "Choose the format by the suffix",
        )
    out = args.out or folder / "report"
    check_folder(out)
    results = read_results(folder)
    evaluation = evaluate(results, args.bootstrap)
    write_files(out, run_files(results, evaluation))
    if args.dump is not None:
        write_files(args.dump.parent, {args.dump.name: dump(results, args.dump.suffix)})
    if args.json:
        sys.stdout.write(evaluation_json.dumps(evaluation))
        return 0
    _show(evaluation)
    print(f"report: {out / 'report.html'}")
    return 0


def _show(e: Evaluation) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from empathia.report.run.wording import figure, measure_name, protocol, value

    console = Console()
    console.print(Text(f"{e.run.name}: {protocol(e)}"))
    folds = {s.metric: s for s in e.fold_means}
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("measure", "value [95 %]", *(["mean over folds"] * bool(folds)), "each seed"):
        shown.add_column(name, justify="left" if name == "measure" else "right")
    for m in e.measures:
        seeds = " ".join(value(m.metric, v) for v in e.by_seed.get(m.metric, ()))
        mean = [figure(folds[m.metric]) if m.metric in folds else ""] * bool(folds)
        shown.add_row(
            measure_name(m.metric),
            Text(figure(m)),
            *map(Text, mean),
            seeds,
            style="bold" if m.metric == e.main else "",
        )
    for name, measures in e.baselines.items():
        label = f"floor ({name}): {measure_name(e.main)}"
        shown.add_row(Text(label), value(e.main, measures[e.main]), style="dim")
    console.print(shown)
    for note in e.notes:
        console.print(Text(f"* {note}"))
