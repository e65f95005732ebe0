"""``empathia train``: a run file and corpora in, a model with its card out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.cli._screen import bar

if TYPE_CHECKING:
    from empathia.bench.record import RunRecord
    from empathia.config import Run

_EPILOG = """\
Run it again after an interruption: it goes on where it was, with the same result.

examples:
  empathia train runs/text-default.toml --data corpora
  empathia train runs/iemocap6.toml --data corpora --modalities text
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "train",
        help="train what a run file describes",
        description="Train a recogniser: answers for every seed and fold of a protocol, which "
        "`empathia evaluate` measures, and a model for `empathia read`. Or train a generator of "
        "replies: a model for `empathia talk`. Or train a predictor of how listeners react.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="run file (TOML)")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="folder that holds one folder a corpus (default: here)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out"),
        metavar="DIR",
        help="results go to DIR/<name of the run> (default: out)",
    )
    parser.add_argument(
        "--threads", type=int, metavar="N", help="threads (default: as the run file says)"
    )
    parser.add_argument(
        "--modalities", metavar="A,B", help="use only these of the run file's [features]"
    )
    parser.add_argument(
        "--no-model", action="store_true", help="keep no model for `empathia read` (answers alone)"
    )
    parser.add_argument("--fresh", action="store_true", help="forget an earlier try")


def run(args: argparse.Namespace) -> int:
    """Train, then print where the result lies and what to do with it."""
    from empathia.bench import train, with_threads
    from empathia.config import read_run
    from empathia.errors import UsageError

    if args.threads is not None and args.threads < 1:
        raise UsageError(f"--threads must be at least 1, not {args.threads}", "Give another number")
    described = read_run(args.run)
    if described.model.generator:
        return _generator(with_threads(described, args.threads), args)
    if described.model.predictor:
        return _predictor(with_threads(described, args.threads), args)
    with bar("steps", lasting=True) as progress:
        record = train(
            args.run,
            args.data,
            args.out,
            modalities=listed(args.modalities),
            threads=args.threads,
            fresh=args.fresh,
            model=not args.no_model,
            progress=progress,
        )
    _report(record, args.out / record.name, model=not args.no_model)
    return 0


def _generator(described: Run, args: argparse.Namespace) -> int:
    """Train a generator of replies."""
    from empathia.bench import replying

    with bar("steps", lasting=True) as progress:
        made = replying.train(
            described, args.data, args.out / described.name, fresh=args.fresh, progress=progress
        )
    print(f"learnt from {made.train} answers, {made.valid} chose the epoch")
    for name in ("best_epoch", "steps"):
        print(f"{name.replace('_', ' ')}: {made.record.get(name)}")
    name, options = described.model.generator, {"lm": "adapter", "seq2seq": "model"}
    use = f"talk --reply-with {name} --reply-option {options.get(name, 'model')}={made.folder}"
    if name == "retrieve":  # it answers out of a bank
        use = f"exemplars build PATH --out BANK --retriever {made.folder}"
    print(f"use it: empathia {use}")
    return 0


def _predictor(described: Run, args: argparse.Namespace) -> int:
    """Train a predictor of reactions."""
    from empathia.bench import reacting

    folder = args.out / described.name
    with bar("steps", lasting=True) as progress:
        record = reacting.train(
            described,
            args.data,
            folder,
            modalities=listed(args.modalities),
            fresh=args.fresh,
            model=not args.no_model,
            progress=progress,
        )
    for reason, n in sorted(record.dropped.items()):
        print(f"not asked about: {n} {reason}")
    for name, reason in record.unfit.items():
        print(f"floor '{name}' is left out: {reason}")
    for fold in record.folds:
        print(
            f"seed {fold.seed}, fold {fold.name}: learnt from {fold.train}, selected on "
            f"{fold.valid}, tested on {fold.test} pairs"
        )
    print(f"measure them: empathia evaluate {folder}")
    return 0


def listed(text: str | None) -> tuple[str, ...] | None:
    """Names parted by commas; None where the option was not given."""
    return None if text is None else tuple(x.strip() for x in text.split(",") if x.strip())


def _report(record: RunRecord, folder: Path, *, model: bool) -> None:
    from empathia.bench.keep import obstacle

    for reason, n in sorted(record.dropped.items()):
        print(f"not used: {n} utterances {reason}")
    folds = len(record.folds)
    for fold in record.folds:
        print(
            f"seed {fold.seed}, fold {fold.name}: {fold.train} utterances to learn from, "
            f"{fold.valid} to select on, {fold.test} to test on"
        )
    print(f"answered: {folds} {'fold' if folds == 1 else 'folds'} in {folder}")
    print(f"measure them: empathia evaluate {folder}")
    if not model:
        return
    problem = obstacle(record)
    use = f"use it: empathia read FILE --recogniser {folder / 'model'}"
    print(use if problem is None else f"no model was kept for use: {problem}")
