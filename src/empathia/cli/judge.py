"""``empathia judge``: how empathic replies read, with what carries it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from empathia.cli._options import columns_of
from empathia.cli._screen import bar, print_json, table

_EPILOG = """\
examples:
  empathia judge replies.csv                          columns context, reply
  empathia judge answers.jsonl --map context=post,reply=output --out judged.csv
  empathia judge talk.json                            a timeline of: empathia read --reply
  empathia judge replies.csv --judge out/judge-reaction-half/model --picture levels.png

It tells how a text reads to people who rated such texts (peers on Reddit, English), not whether
it helps. Judges that ship have heard all of EPITOME: to judge answers of its seekers, train your
own on one half of them (runs/judge-reaction-half.toml).

exit codes: 0 done, 1 the file cannot be read, 2 wrong use
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "judge",
        help="say how empathic replies are, and what shows it",
        description="How much replies react with feeling, interpret and explore, with evidence; "
        "their sentiment, and the emotion that they answer.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a table of replies and what they answer, or the JSON of a timeline with replies",
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="OURS=THEIRS,...",
        help="which column is which of ours: context, reply, id",
    )
    parser.add_argument(
        "--judge",
        action="append",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="a kept model of an element in the place of the shipped one; may be repeated",
    )
    parser.add_argument(
        "--threads", type=int, metavar="N", help="threads of the models (default: all cores)"
    )
    out = parser.add_argument_group("output")
    out.add_argument("--json", action="store_true", help="print all as JSON")
    out.add_argument("--out", type=Path, metavar="FILE", help="write all as csv or jsonl")
    out.add_argument("--picture", type=Path, metavar="FILE", help="draw the levels (png or svg)")


def run(args: argparse.Namespace) -> int:
    """Read, judge, print, write."""
    from empathia import judges
    from empathia.judges.given import read
    from empathia.report import judged as looks
    from empathia.report.drawing import kind_of

    if args.out is not None:
        looks.check(args.out, looks.KINDS)
    if args.picture is not None:
        kind_of(args.picture)
    given, notes = read(args.file, columns_of(args.map, "--map"))
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    with bar("steps", plain=args.json) as progress:
        panel = judges.load(judges.ALL, args.judge, threads=args.threads)
        found = judges.judge(panel, [(g.context, g.reply) for g in given], progress)
    if args.out is not None:
        looks.write(args.out, given, found)
    if args.picture is not None:
        looks.draw(found, args.picture)
    if args.json:
        print_json(looks.to_json(given, found))
        return 0
    table(*looks.rows(given, found), tabs=True)
    if rest := looks.more(len(given)):
        print(rest)
    table(*looks.summary(found), tabs=True)
    return 0
