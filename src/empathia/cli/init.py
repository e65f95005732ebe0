"""``empathia init``: a first run file for your own corpus."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

_EPILOG = """\
from your own table to a report:
  empathia audit table mine.csv
  empathia init table mine.csv
  empathia train mine.toml
  empathia evaluate out/mine
  empathia read talk.txt --recogniser out/mine/model
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    from empathia.cli._options import add_corpus

    parser = verbs.add_parser(
        "init",
        help="write a first run file for a corpus",
        description="Looks at a corpus and writes a run file that `empathia train` understands.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_corpus(parser)
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="run file (default: named after the corpus, here)"
    )
    parser.add_argument("--force", action="store_true", help="replace a run file that is there")


def run(args: argparse.Namespace) -> int:
    """Write the run file and say what to do with it."""
    from empathia.bench.first import first_run, write_first
    from empathia.cli._options import corpus_options, read_corpus

    plugin, dialogues, _ = read_corpus(args)
    options = corpus_options(args)
    left = plugin.unused(args.path, **options) if hasattr(plugin, "unused") else []
    if left:
        sys.stderr.write(
            f"note: columns that nothing reads: {', '.join(left)}; if one is the label, the "
            "speaker or the dialogue: --map label=COLUMN,speaker=COLUMN\n"
        )
    stem = args.path.resolve().stem if args.path.is_file() else args.path.resolve().name
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in stem)
    file = args.out or Path(f"{name}.toml")
    text = first_run(name, args.name, str(args.path), options, dialogues)
    write_first(file, text, replace=args.force)
    print(f"wrote {file}")
    print(f"next: empathia train {file}")
    return 0
