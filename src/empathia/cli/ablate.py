"""``empathia ablate``: what modalities, corpora and options are worth, as a table and a figure."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.cli._screen import bar, print_json, table
from empathia.cli.train import listed

if TYPE_CHECKING:
    from empathia.config import Run
    from empathia.evaluate.ablation import Ablated
    from empathia.evaluate.variants import Varied
    from empathia.types import Score

_EPILOG = """\
Without --corpora and --vary: for each subset of the modalities one recogniser learns from it
alone; the one that learnt from all is also tested with each subset.
With them: the whole run, and each variant with its difference to the whole on the same resampled
dialogues (negative: the variant is worse).
Run it again after an interruption, or with more variants: what is learnt is not learnt again.

examples:
  empathia ablate runs/iemocap6.toml --data corpora
  empathia ablate runs/talk.toml --data corpora --corpora all --vary model.past=0
  empathia ablate runs/talk.toml --corpora xed,edos --set training.epochs=1 --set name=quick
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "ablate",
        help="train with and without each modality, corpus or option",
        description="Train and test a run file with and without each modality; or, by --corpora "
        "and --vary, without corpora and with other options.",
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
    parser.add_argument("--modalities", metavar="A,B", help="only these and their subsets")
    _add_changes(parser)
    parser.add_argument(
        "--bootstrap",
        type=int,
        default=1000,
        metavar="N",
        help="test sets drawn for the intervals (default: 1000)",
    )
    parser.add_argument("--fresh", action="store_true", help="forget an earlier try")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_changes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--corpora",
        metavar="A,B",
        help="leave out each of these corpora, one at a time; all: each that only teaches",
    )
    parser.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a variant with this value in the run file, as model.past=0; repeatable",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change the run file for all that is trained; repeatable",
    )


def run(args: argparse.Namespace) -> int:
    """Train what is asked for, write table and figure, print the table."""
    from empathia.bench.run import choose
    from empathia.config import read_run
    from empathia.errors import UsageError

    if args.bootstrap < 0:
        raise UsageError(f"--bootstrap must be at least 0, not {args.bootstrap}", "Mend it")
    settings = read_run(args.run, args.set)
    modalities = choose(settings.features or {"text": ()}, listed(args.modalities))
    folder = args.out / f"{settings.name}-ablation"
    if args.corpora is None and not args.vary:
        return _modalities(settings, args, folder, modalities)
    return _variants(settings, args, folder, modalities)


def _modalities(
    settings: Run, args: argparse.Namespace, folder: Path, modalities: Sequence[str]
) -> int:
    from empathia.bench.run import subsets
    from empathia.errors import UsageError
    from empathia.evaluate.ablation import MEASURES, ablated, as_json, place
    from empathia.files import write_json
    from empathia.report.run.ablation import draw

    if len(modalities) < 2:
        raise UsageError(
            f"{args.run} has {len(modalities)} modality to take away, expected at least 2",
            "Name several in [features], or take --corpora or --vary",
        )
    every = {" + ".join(s): (settings, place(folder, s), s) for s in subsets(modalities)}
    _train(every, args, whole=place(folder, modalities))
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


def _variants(
    settings: Run, args: argparse.Namespace, folder: Path, modalities: Sequence[str]
) -> int:
    from empathia.bench import checked
    from empathia.bench.protocols import folder_name
    from empathia.config import read_run
    from empathia.evaluate.ablation import place
    from empathia.evaluate.variants import as_json, check_question, varied, without
    from empathia.files import write_json
    from empathia.report.run.ablation import draw_differences

    corpora = None if args.corpora == "all" else listed(args.corpora)
    variants = {} if args.corpora is None else without(settings, corpora)
    variants |= {change: read_run(args.run, [*args.set, change]) for change in args.vary}
    check_question(settings, variants)
    for variant in (settings, *variants.values()):
        checked(variant)  # before hours of training
    whole = place(folder, modalities)
    places = {name: folder / folder_name(name) for name in variants}
    chosen = listed(args.modalities)
    every = {name: (variants[name], places[name], chosen) for name in variants}
    _train({"whole": (settings, whole, chosen), **every}, args, whole=whole)
    found = varied(whole, places, args.bootstrap)
    write_json(folder / "variants.json", as_json(found))
    for suffix in ("png", "svg"):
        draw_differences(found, folder / f"variants.{suffix}", settings.name)
    if args.json:
        print_json(as_json(found))
    else:
        _show(found)
        print(f"figure: {folder / 'variants.png'}")
    return 0


def _train(
    every: Mapping[str, tuple[Run, Path, Sequence[str] | None]],
    args: argparse.Namespace,
    *,
    whole: Path,
) -> None:
    """Learn what is not learnt yet; the whole run is also tested with fewer modalities."""
    from empathia.bench import bench

    for number, (name, (settings, place, modalities)) in enumerate(every.items(), start=1):
        print(f"{number}/{len(every)}: {name}", file=sys.stderr)
        with bar("steps", lasting=True, plain=args.json) as progress:
            bench(
                settings,
                args.data,
                place,
                modalities=modalities,
                missing_too=place == whole,
                fresh=args.fresh,
                progress=progress,
            ).learn(progress)


def _show(found: Varied) -> None:
    from empathia.evaluate.ablation import MEASURES

    lines = []
    for i, name in enumerate(found.names):
        rows = [c.rows[i] for c in found.comparisons]
        p = "" if rows[0].p is None else f"{rows[0].p:.3f}"
        gap = "" if rows[0].difference is None else _cell(rows[0].difference, "+")
        lines.append((name, *(_cell(r.score) for r in rows), gap, p))
    table(("learnt", *MEASURES, f"difference in {MEASURES[0]}", "p"), lines, tabs=True)
    first = found.comparisons[0]
    print(f"on {first.utterances:,} test utterances in {first.dialogues:,} dialogues")


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


def _cell(score: Score | None, sign: str = "") -> str:
    if score is None:
        return "-"
    value, *ends = (
        "" if x is None else f"{100 * x:{sign}.1f}" for x in (score.value, score.low, score.high)
    )
    return f"{value} ({' to '.join(ends)})" if all(ends) else value
