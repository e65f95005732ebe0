"""``empathia corpus``: what corpora there are, whether one is whole, what is in it."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from empathia import plugins
from empathia.cli._options import add_corpus, check_options, corpus_options, read_corpus
from empathia.cli._screen import bar, print_json, table
from empathia.errors import CorpusError, UsageError

if TYPE_CHECKING:
    from empathia.audit.files import Finding
    from empathia.bench.pairs import Pair
    from empathia.files import Plain

WRONG = 3  # exit code: something is wrong with the data
_EPILOG = r"""
examples:
  empathia corpus list
  empathia corpus stats meld corpora/meld --picture meld.png
  empathia corpus stats table mine.csv --map label=feeling,text=words
  empathia corpus check ravdess corpora/ravdess --deep
  empathia corpus pairs iemocap corpora/IEMOCAP --labelled --out pairs.csv
  empathia corpus distributions ravdess corpora/ravdess --out prosody.png
  empathia corpus export emodb corpora/emodb --out emodb.parquet
  empathia corpus make toy corpora/toy --option 'leaks=["speakers"]'
  empathia corpus stats table mine.csv --option scale=[1,5] \
      --group 'scenario=dialogue_id:_(impro\d\d|script\d\d)'

Exit code 3: 'check' found something wrong with the data.
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "corpus",
        help="list, check, count and export corpora",
        description="Looks at a corpus in the layout of its official release.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="what corpora can be read, with licence and page")
    check = actions.add_parser("check", help="are all files there and readable, ids and times sane")
    stats = actions.add_parser("stats", help="how much, by whom, which labels, how well agreed")
    pairs = actions.add_parser("pairs", help="what one said and what another said next")
    export = actions.add_parser("export", help="write it as a table (csv, tsv, jsonl, parquet)")
    shapes = actions.add_parser("distributions", help="how prosody is distributed, beside the cues")
    make = actions.add_parser("make", help="make a corpus that the project makes (toy)")
    for action in (check, stats, pairs, export, shapes, make):
        add_corpus(action)
    for action in (listing, check, stats):
        action.add_argument("--json", action="store_true", help="print JSON")
    check.add_argument("--deep", action="store_true", help="decode every recording to its end")
    stats.add_argument("--picture", type=Path, metavar="FILE", help="draw it too (png or svg)")
    pairs.add_argument(
        "--labelled", action="store_true", help="pair only utterances that have a label"
    )
    pairs.add_argument("--out", type=Path, metavar="FILE", help="csv, tsv, jsonl or parquet")
    export.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="csv, tsv, jsonl or parquet"
    )
    shapes.add_argument("--out", type=Path, required=True, metavar="FILE", help="png or svg")


def run(args: argparse.Namespace) -> int:
    """Run one action; exit code 3 where ``check`` found something wrong."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "list": _list,
        "check": _check,
        "stats": _stats,
        "pairs": _pairs,
        "export": _export,
        "distributions": _distributions,
        "make": _make,
    }
    return actions[args.action](args)


def _list(args: argparse.Namespace) -> int:
    infos = [plugins.load("corpora", n, ("INFO", "load")).INFO for n in plugins.names("corpora")]
    if args.json:
        print_json([{f: getattr(i, f) for f in i.__slots__} for i in infos])
        return 0
    rows = [
        (i.name, i.language, i.licence, "no" if i.noncommercial else "yes", i.page) for i in infos
    ]
    table(("corpus", "language", "licence", "commercial use", "page"), rows, tabs=True)
    return 0


def _check(args: argparse.Namespace) -> int:
    from empathia.audit.files import Finding, check

    try:
        _, dialogues, notes = read_corpus(args)
        findings = [Finding("incomplete", args.name, note) for note in notes]
        with bar("steps", label=lambda _: "checking", plain=args.json) as progress:
            findings += check(dialogues, deep=args.deep, progress=progress)
    except CorpusError as error:
        findings, dialogues = [Finding("does not load", args.name, str(error))], ()
    if args.json:
        print_json({"ok": not findings, "findings": [f._asdict() for f in findings]})
    else:
        _say(findings, sum(len(d.utterances) for d in dialogues))
    return WRONG if findings else 0


def _say(findings: Sequence[Finding], utterances: int) -> None:
    if not findings:
        sys.stdout.write(f"{utterances} utterances, nothing wrong\n")
        return
    shown = findings[:100]
    table(("wrong", "where", "what"), [tuple(f) for f in shown], tabs=True)
    left = len(findings) - len(shown)
    more = f", {left} of them not shown (--json shows all)" if left else ""
    sys.stdout.write(f"{len(findings)} things are wrong{more}\n")


def _stats(args: argparse.Namespace) -> int:
    from empathia.report.corpus.stats import stats
    from empathia.report.corpus.text import tables

    _, dialogues, _ = read_corpus(args)
    counts = stats(args.name, dialogues)
    if args.json:
        print_json(counts.as_json())
    else:
        for head, rows in tables(counts):
            table(head, rows, tabs=True)
        for note in counts.notes:
            sys.stderr.write(f"note: {note}\n")
    if args.picture is not None:
        from empathia.report.corpus.picture import draw

        draw(counts, args.picture)
    return 0


def _pairs(args: argparse.Namespace) -> int:
    from empathia.bench.pairs import pairs
    from empathia.corpora.table.write import write

    _, dialogues, _ = read_corpus(args)
    every = list(pairs(dialogues, labelled=args.labelled))
    if args.out is not None:
        _keep(args)
        write(args.out, map(_row, every))
    parts = list(dict.fromkeys(d.split or "-" for d in dialogues))
    table(("genders", "pairs", *parts), _by_gender(every, parts), tabs=True)
    sys.stdout.write(f"{len(every)} pairs\n")
    return 0


def _row(pair: Pair) -> dict[str, Plain]:
    """What a table says of a pair."""
    row: dict[str, Plain] = {"dialogue": pair.dialogue.id, "split": pair.dialogue.split}
    for side, u in (("stimulus", pair.stimulus), ("reaction", pair.reaction)):
        row |= {
            f"{side}_utterance": u.id,
            f"{side}_speaker": u.speaker,
            f"{side}_gender": u.gender,
            f"{side}_label": list(u.gold) or None,
            f"{side}_start": u.start,
            f"{side}_end": u.end,
        }
    return row


def _by_gender(every: Sequence[Pair], parts: Sequence[str]) -> list[tuple[str, ...]]:
    """How many pairs each part has, by who began and who answered."""
    counts = Counter(
        (p.stimulus.gender or "?", p.reaction.gender or "?", p.dialogue.split or "-") for p in every
    )
    rows = []
    for a, b in sorted({(a, b) for a, b, _ in counts}):
        each = [counts[a, b, part] for part in parts]
        rows.append((f"{a} -> {b}", *map(str, (sum(each), *each))))
    return rows


def _export(args: argparse.Namespace) -> int:
    from empathia.corpora.table.write import records, write

    _keep(args)
    _, dialogues, _ = read_corpus(args)
    count = write(args.out, records(dialogues, args.out.parent))
    sys.stdout.write(f"{count} utterances in {args.out}\n")
    return 0


def _distributions(args: argparse.Namespace) -> int:
    """Prosody of the whole corpus (ready-made, or measured), with the thresholds of the cues."""
    from empathia.bench.gather import gather
    from empathia.cues.bins import Bins
    from empathia.features import prosody
    from empathia.report.corpus.distributions import by_group, draw

    plugin, dialogues, _ = read_corpus(args)
    options = corpus_options(args)
    ready = plugin.ready(args.path, **options) if hasattr(plugin, "ready") else None
    with bar("steps", label=lambda _: "measuring") as progress:
        prosodies = gather(dialogues, ["prosody"], ready=ready, progress=progress)["prosody"]
    units = dict(zip(prosody.NAMES, prosody.UNITS, strict=True))
    draw(
        by_group(dialogues, prosodies),
        args.out,
        thresholds=Bins.load().thresholds,
        units=units,
        title=f"{args.name}: {len(prosodies)} utterances",
    )
    sys.stdout.write(f"{args.out}\n")
    return 0


def _make(args: argparse.Namespace) -> int:
    plugin = plugins.load("corpora", args.name, ("INFO", "load"))
    if not hasattr(plugin, "make"):
        raise UsageError(f"corpus '{args.name}' is real, not made", "Name toy")
    check_options(plugin.make, args.name, options := corpus_options(args))
    plugin.make(args.path, **options)
    sys.stdout.write(f"made {args.name} in {args.path}\n")
    return 0


def _keep(args: argparse.Namespace) -> None:
    """Never write over what is read."""
    if args.out.exists() and args.path.exists() and args.out.samefile(args.path):
        raise UsageError(f"'{args.out}' is the corpus itself", "Name another file")
