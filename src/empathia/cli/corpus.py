"""``empathia corpus``: what corpora there are, whether one is whole, what is in it."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from empathia import plugins
from empathia.cli._options import (
    add_corpus,
    add_vectors,
    check_options,
    corpus_options,
    options_with_defaults,
    read_corpus,
    ready_features,
    vectors_of,
)
from empathia.cli._screen import bar, print_json, table
from empathia.errors import CorpusError, UsageError

if TYPE_CHECKING:
    from types import ModuleType

    from empathia.audit.files import Finding
    from empathia.bench.pairs import Pair
    from empathia.files import Plain
    from empathia.types import Dialogue, Features

WRONG = 3  # exit code: something is wrong with the data
_MADE = ("dyads", "toy")  # corpora with make(); help imports no plug-in to find them
_EPILOG = r"""
examples:
  empathia corpus list
  empathia corpus stats meld corpora/meld --picture meld.png
  empathia corpus stats table mine.csv --map label=feeling,text=words
  empathia corpus check ravdess corpora/ravdess --deep
  empathia corpus check iemocap corpora/IEMOCAP --vectors voice342=voice.npz
  empathia corpus check iemocap corpora/IEMOCAP --faces
  empathia corpus pairs iemocap corpora/IEMOCAP --labelled --direction F-M --out pairs.csv
  empathia corpus pairs meld corpora/meld --gap 3 --overlap 0 --with text --with sound
  empathia corpus pairs iemocap corpora/IEMOCAP --option mocap=30 --with mocap --when while
  empathia corpus distributions ravdess corpora/ravdess --out prosody.png
  empathia corpus export emodb corpora/emodb --out emodb.parquet
  empathia corpus make toy corpora/toy --option 'leaks=["speakers"]'
  empathia corpus make dyads corpora/dyads
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
    make = actions.add_parser("make", help=f"make a corpus out of rules ({' or '.join(_MADE)})")
    for action in (check, stats, pairs, export, shapes):
        add_corpus(action)
    add_corpus(make, " or ".join(_MADE), "folder that it is written to")
    for action in (listing, check, stats, pairs):
        action.add_argument("--json", action="store_true", help="print JSON")
    for action in (check, pairs):
        add_vectors(action)
    check.add_argument("--deep", action="store_true", help="decode every recording to its end")
    check.add_argument(
        "--faces", action="store_true", help="tell who is on which side of split-screen videos"
    )
    stats.add_argument("--picture", type=Path, metavar="FILE", help="draw it too (png or svg)")
    _add_rule(pairs)
    pairs.add_argument("--out", type=Path, metavar="FILE", help="csv, tsv, jsonl or parquet")
    export.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="csv, tsv, jsonl or parquet"
    )
    shapes.add_argument("--out", type=Path, required=True, metavar="FILE", help="png or svg")


def _add_rule(pairs: argparse.ArgumentParser) -> None:
    pairs.add_argument(
        "--labelled",
        action="store_true",
        help="pair only utterances that have a label, as if there were no others",
    )
    pairs.add_argument(
        "--direction",
        action="append",
        default=[],
        metavar="A-B",
        help="who is answered by whom: F-M, M-F, any-Ann, Ann->Ben; may be given again",
    )
    pairs.add_argument(
        "--gap", type=float, metavar="S", help="longest silence between (default: any)"
    )
    pairs.add_argument(
        "--overlap",
        type=float,
        metavar="S",
        help="how long a reaction may run before its stimulus ends (default: any)",
    )
    pairs.add_argument(
        "--with",
        dest="held",
        action="append",
        default=[],
        metavar="WHAT",
        help="both must have it: label, text, sound, video, a ready-made feature; again for more",
    )
    pairs.add_argument(
        "--when",
        choices=("after", "while"),
        default="after",
        help="while: of a feature that --with names, who listens must have it while the other "
        "speaks, where the corpus has such (default: after, in what each says)",
    )


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

    counts: dict[str, dict[str, int]] = {}
    try:
        plugin, dialogues, notes = read_corpus(args)
        findings = [Finding("incomplete", args.name, note) for note in notes]
        for name, path in vectors_of(args).items():
            counts[name], wrong = _vectors(name, path, dialogues)
            findings += [Finding("vectors", name, what) for what in wrong]
        if args.faces:
            findings += [Finding("faces", *where) for where in _unplaced(plugin, dialogues)]
        with bar("steps", label=lambda _: "checking", plain=args.json) as progress:
            findings += check(dialogues, deep=args.deep, progress=progress)
    except CorpusError as error:
        findings, dialogues = [Finding("does not load", args.name, str(error))], ()
    if args.json:
        more = {"vectors": counts} if counts else {}
        print_json({"ok": not findings, "findings": [f._asdict() for f in findings], **more})
    else:
        rows = [(name, *map(str, c.values())) for name, c in counts.items()]
        for c in list(counts.values())[:1]:
            table(("vectors", *c), rows, tabs=True)
        _say(findings, sum(len(d.utterances) for d in dialogues))
    return WRONG if findings else 0


def _unplaced(plugin: ModuleType, dialogues: Sequence[Dialogue]) -> Iterator[tuple[str, str]]:
    """Dialogues of whose video it cannot be told who is on which side, and why."""
    from empathia.bench.splitscreen import places

    if not hasattr(plugin, "marked"):
        raise UsageError("the videos of this corpus are no split screens", "Leave --faces out")
    with bar("steps", label=lambda _: "looking at faces") as progress:
        for dialogue, placed in places(dialogues, plugin.marked, progress=progress):
            if placed.reason is not None:
                yield f"dialogue {dialogue.id}", placed.reason


def _vectors(
    name: str, path: Path, dialogues: Sequence[Dialogue]
) -> tuple[dict[str, int], list[str]]:
    """How many vectors fit, and what is wrong with the others."""
    from empathia.bench.vectors import join

    joined = join(name, path, dialogues)
    wrong = {what: ids for what, ids in joined.problems.items() if ids}
    width = next((f.values.shape[1] for f in joined.features.values()), 0)
    counts = {
        "numbers": width,
        "with": len(joined.features),
        "without": len(joined.without),
        "unknown": len(joined.unknown),
        "respelt": len(joined.respelt),
        "broken": len(joined.broken),
        "zero": len(joined.zero),
    }
    return counts, [f"{what}: {len(ids)} ({', '.join(ids[:3])})" for what, ids in wrong.items()]


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
    from empathia.report.drawing import kind_of

    if args.picture is not None:
        kind_of(args.picture)
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
    from empathia.bench.pairs import HELD, Rule, direction, pairs
    from empathia.corpora.table.write import write

    if args.out is not None:
        _keep(args)
    ways = tuple(direction(text) for text in args.direction)
    rule = Rule(args.labelled, ways, args.gap, args.overlap, tuple(args.held))
    plugin, dialogues, _ = read_corpus(args)
    ready = {} if set(rule.held) <= set(HELD) else ready_features(args, plugin, dialogues)
    _check_held({*rule.held} - {*HELD, *ready}, args, plugin)
    heard = _heard(args, plugin) if args.when == "while" else {}
    answered = pairs(dialogues, rule, ready, heard)
    if args.out is not None:
        write(args.out, map(_row, answered.pairs))
    parts = list(dict.fromkeys(d.split or "-" for d in dialogues))
    directions = _by_gender(answered.pairs, parts)
    if args.json:
        print_json(
            {
                "utterances": sum(len(d.utterances) for d in dialogues),
                "pairs": len(answered.pairs),
                "directions": directions,
                "left_out": answered.left_out,
            }
        )
        return 0
    rows = [
        (f"{d['stimulus'] or '?'} -> {d['reaction'] or '?'}", d["pairs"], *d["parts"].values())
        for d in directions
    ]
    table(("genders", "pairs", *parts), [tuple(map(str, r)) for r in rows], tabs=True)
    if answered.left_out:
        counted = sorted(answered.left_out.items(), key=lambda x: -x[1])
        table(("stimulus of no pair", "utterances"), [(r, str(n)) for r, n in counted], tabs=True)
    sys.stdout.write(f"{len(answered.pairs)} pairs\n")
    return 0


def _check_held(unknown: Collection[str], args: argparse.Namespace, plugin: ModuleType) -> None:
    """Name the option of the corpus that reads what both are to have."""
    defaults = options_with_defaults(plugin.load)
    for name in (n for n in args.held if n in unknown and n in defaults):
        value = "true" if defaults[name] is False else "VALUE"
        raise UsageError(
            f"corpus '{args.name}' reads '{name}' only where it is asked to",
            f"Add --option {name}={value}",
        )


def _heard(args: argparse.Namespace, plugin: ModuleType) -> dict[str, Mapping[str, Features]]:
    """What the corpus has of listeners, of which ``--with`` names some."""
    from empathia.bench import vectors

    heard = vectors.listening(plugin, args.path, corpus_options(args))
    if not {*heard} & {*args.held}:
        named = ", ".join(args.held) or "nothing"
        raise UsageError(
            f"--when while asks what listeners have (here: {', '.join(sorted(heard)) or 'nothing'})"
            f", and --with names {named}",
            "Name one of these by --with, give the --option that reads it, or leave --when out",
        )
    return heard


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


def _by_gender(every: Sequence[Pair], parts: Sequence[str]) -> list[dict[str, Any]]:
    """How many pairs each part has, by who began and who answered."""
    counts = Counter((p.stimulus.gender, p.reaction.gender, p.dialogue.split or "-") for p in every)
    ways = sorted({(a, b) for a, b, _ in counts}, key=lambda way: [x or "?" for x in way])
    return [
        {
            "stimulus": a,
            "reaction": b,
            "pairs": sum(counts[a, b, part] for part in parts),
            "parts": {part: counts[a, b, part] for part in parts},
        }
        for a, b in ways
    ]


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
    from empathia.report.drawing import kind_of

    kind_of(args.out)
    plugin, dialogues, _ = read_corpus(args)
    ready = ready_features(args, plugin, dialogues)
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
        raise UsageError(f"corpus '{args.name}' is real, not made", f"Name {' or '.join(_MADE)}")
    check_options(plugin.make, args.name, options := corpus_options(args))
    plugin.make(args.path, **options)
    sys.stdout.write(f"made {args.name} in {args.path}\n")
    return 0


def _keep(args: argparse.Namespace) -> None:
    """Refuse, before the work, to write over what is read or what cannot be written."""
    from empathia.corpora.table.write import check

    check(args.out)
    if args.out.exists() and args.path.exists() and args.out.samefile(args.path):
        raise UsageError(f"'{args.out}' is the corpus itself", "Name another file")
