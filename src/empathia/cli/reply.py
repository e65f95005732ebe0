"""``empathia reply``: what Empathia would answer in a talk."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from empathia.cli._replying import add_replying, replying_of
from empathia.cli._screen import bar, print_json
from empathia.errors import UsageError

_EPILOG = """\
examples:
  empathia reply chat.txt                               an answer to the last turn, and why
  empathia reply talk.json --candidates 3               of a timeline that read wrote
  empathia reply chat.txt --empathy reaction=2,exploration=0
  empathia reply chat.txt --all --listener Ben --out answers.csv
                                                        to each turn that Ben answers
  empathia evaluate answers.csv                         how good these are

exit codes: 0 done, 1 the file cannot be read, 2 wrong use
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "reply",
        help="answer a talk out of a file",
        description="What Empathia would answer, with exemplars, judges' scores and reasons.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a transcript, a recording, or a timeline (.json)"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="answer each turn that somebody else's follows, by what came before it",
    )
    parser.add_argument(
        "--listener", metavar="NAME", help="answer only what this speaker answers in the talk"
    )
    parser.add_argument("--language", metavar="CODE", help="what is spoken, such as en or ko")
    parser.add_argument(
        "--permissive", action="store_true", help="leave out weights trained on non-commercial data"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="threads for the models")
    add_replying(parser.add_argument_group("replying"))
    out = parser.add_argument_group("output")
    out.add_argument("--json", action="store_true", help="print all as JSON")
    out.add_argument("--out", type=Path, metavar="FILE", help="write all as csv or jsonl")


def run(args: argparse.Namespace) -> int:
    """Read, answer, print, write."""
    from empathia.pipeline import Options
    from empathia.pipeline.answering import answer, read
    from empathia.report import replied as looks
    from empathia.report.judged import KINDS, check

    if args.out is not None:
        check(args.out, KINDS)
    if not args.file.exists():
        raise UsageError(f"there is no file '{args.file}'", "Check the path")
    known = (f.name for f in dataclasses.fields(Options))
    told = vars(args) | replying_of(args)
    options = Options.of({n: told[n] for n in known if told.get(n) is not None})
    with bar("steps", plain=args.json) as progress:
        talk = read(args.file, options, progress)
        found = answer(talk, options, every=args.all, listener=args.listener, progress=progress)
    if args.out is not None:
        looks.write(args.out, found)
        print(f"wrote {args.out}", file=sys.stderr)
    if args.json:
        print_json(looks.to_json(found))
        return 0
    for one in found:
        print(looks.shown(one))
    return 0
