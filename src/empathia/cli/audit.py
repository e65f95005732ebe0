"""``empathia audit``: what a reader of the paper should worry about, in a corpus or a run."""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from empathia import plugins
from empathia.cli._options import corpus_options, read_corpus
from empathia.corpora import CorpusWarning
from empathia.errors import UsageError

if TYPE_CHECKING:
    from empathia.audit.finding import Audit
    from empathia.bench.protocols import Fold
    from empathia.types import Dialogue, Features

WRONG = 3
_EPILOG = r"""
examples:
  empathia audit meld CORPORA/meld
  empathia audit table mine.csv --label emotion --group session
  empathia audit table mine.csv --group 'scenario=dialogue_id:(impro\d\d|script\d\d)'
  empathia audit emodb CORPORA/emodb --protocol listed --folds emobox/emodb
  empathia audit ravdess CORPORA/ravdess --protocol leave-speaker-out
  empathia audit out/iemocap6                     a run that empathia train made

exit codes: 0 nothing is wrong, 1 it cannot be read, 2 wrong use, 3 something is wrong
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "audit",
        help="look for leaks and shortcuts in a corpus or a run",
        description="What a reader of the paper should worry about, each with a figure.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "name", metavar="NAME|RUN", help="name of a corpus plug-in, or a folder that train wrote"
    )
    parser.add_argument("path", type=Path, nargs="?", metavar="PATH", help="where the corpus lies")
    _describing(parser.add_argument_group("the corpus"))
    out = parser.add_argument_group("output")
    out.add_argument("--json", action="store_true", help="print the findings as JSON")
    out.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="where the page goes (default: out/audit-<name>, RUN/audit)",
    )


def _describing(data: argparse._ArgumentGroup) -> None:
    """How a corpus is to be read and divided."""
    data.add_argument("--label", metavar="COLUMN", help="of a table: the column of the gold label")
    data.add_argument(
        "--group",
        action="append",
        default=[],
        metavar="COLUMN",
        help="of a table: a grouping, COLUMN or NAME=COLUMN[:PATTERN]; may be repeated",
    )
    data.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="OURS=COLUMN[:PATTERN],...",
        help="of a table: which column is which of ours; of a pattern (regular expression) what "
        "its parentheses find",
    )
    data.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="another option of the corpus, its value as in TOML",
    )
    data.add_argument(
        "--protocol",
        default="standard",
        metavar="NAME",
        help="standard (default), k-fold, leave-<group>-out, listed",
    )
    data.add_argument(
        "--folds", metavar="N|DIR", help="how many folds; for 'listed' the folder of the fold files"
    )


def run(args: argparse.Namespace) -> int:
    """Audit, print, write the report; 3 where something is wrong."""
    audit = _audit(args)
    usual = (
        Path(args.name) / "audit"
        if args.path is None
        else Path("out") / f"audit-{_plain(audit.subject)}"
    )
    folder = args.report or usual
    _write(audit, folder)
    if args.json:
        print(json.dumps(audit.to_json(), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        from empathia.report.audit.terminal import show

        show(audit)
        print(f"page: {folder / 'audit.html'}, findings: {folder / 'audit.json'}")
    return WRONG if audit.wrong else 0


def _audit(args: argparse.Namespace) -> Audit:
    if args.path is None:
        return _of_run(args)
    from empathia.audit import audit_corpus

    args.group = [g if "=" in g else f"{g}={g}" for g in args.group]
    args.map += [f"label={args.label}"] if args.label else []
    corpus, dialogues, _ = read_corpus(args)
    ready: dict[str, dict[str, Features]] = {}
    if hasattr(corpus, "ready"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CorpusWarning)  # said when the corpus was loaded
            ready = corpus.ready(args.path, **corpus_options(args))
    subject = args.path.stem if args.name == "table" else args.name
    folds = _folds(args, dialogues)
    return audit_corpus(dialogues, subject=subject, features=ready, folds=folds)


def _of_run(args: argparse.Namespace) -> Audit:
    from empathia.audit.run import audit_run
    from empathia.bench.record import is_run

    if is_run(Path(args.name)):
        return audit_run(Path(args.name))
    if args.name in plugins.names("corpora"):
        raise UsageError(
            f"where the corpus '{args.name}' lies is missing",
            f"Write: empathia audit {args.name} PATH",
        )
    raise UsageError(
        f"'{args.name}' is no folder of a run (no run.json)",
        "Name a corpus and its path, or a folder that 'empathia train' wrote",
    )


def _folds(args: argparse.Namespace, dialogues: Sequence[Dialogue]) -> Sequence[Fold] | None:
    """The folds of the protocol; None leaves it to the corpus's own split."""
    from empathia.bench.protocols import folds, read_listed

    if args.protocol == "standard":
        if args.folds:
            raise UsageError("--folds needs a protocol with folds", "Add --protocol, as k-fold")
        return None
    if args.protocol == "listed":
        if not args.folds:
            raise UsageError("the protocol 'listed' needs its files", "Add --folds DIR")
        return folds(dialogues, "listed", seed=0, listed=read_listed(Path(args.folds)))
    if args.folds and not args.folds.isdigit():
        raise UsageError(f"--folds '{args.folds}' is no number", "Give how many folds there are")
    return folds(dialogues, args.protocol, seed=0, count=int(args.folds) if args.folds else None)


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip(".") or "corpus"


def _write(audit: Audit, folder: Path) -> None:
    from empathia.files import write_text
    from empathia.report.audit.html import page

    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps(audit.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    write_text(folder / "audit.json", content + "\n")
    write_text(folder / "audit.html", page(audit))
