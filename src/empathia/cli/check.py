"""``empathia check``: what files would be taken for, before any work is done."""

from __future__ import annotations

import argparse
from pathlib import Path

from empathia.cli._inputs import expand
from empathia.cli._screen import bar, print_json

_EPILOG = """\
examples:
  empathia check talk.mp3                what it holds, how loud it is, what is wrong with it
  empathia check chat.txt table.csv      who speaks, in which format; what it is as a corpus
  empathia check interviews/ --json

exit codes: 0 all can be read, 1 a file cannot, 2 wrong use
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "check",
        help="say what files would be taken for, without any model",
        description="What Empathia takes files for and what is in them; no model is asked.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        type=Path,
        help="a recording, a transcript, a table that could be a corpus, or a folder of those",
    )
    parser.add_argument(
        "--format",
        metavar="NAME",
        help="what transcripts are written as (default: told from the file)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Check every file; 1 where one is nothing that can be read."""
    from empathia import tables
    from empathia.pipeline.check import check
    from empathia.report.check import show, to_json

    checked = []
    for path in expand(args.files, tables.SUFFIXES):
        with bar("stages", plain=args.json) as progress:
            checked.append(check(path, args.format, progress))
        if not args.json:
            show(checked[-1])
    if args.json:
        print_json(to_json(checked))
    return int(any(c.kind is None for c in checked))
