"""``empathia exemplars``: banks of answers that people gave, and what is found in them."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.cli._options import add_reading, read_corpus
from empathia.cli._screen import bar, print_json, table
from empathia.errors import UsageError

if TYPE_CHECKING:
    from empathia.exemplars.bank import BankInfo, Source
    from empathia.exemplars.pairs import Pair

_EPILOG = """\
examples:
  empathia exemplars list
  empathia exemplars search starter-en "I failed my exam again."
  empathia exemplars build mine.csv --out banks/mine    columns context, reply[, emotion]
  empathia exemplars build corpora/empathetic_dialogues \\
      --corpus empathetic_dialogues --out banks/ed      its training part
  empathia exemplars add banks/mine more.jsonl
  empathia exemplars search banks/ed "My dog died." --by words -k 3 --json

A bank that was stopped while it was built goes on where it was. Banks in exemplars/ of the cache
(EMPATHIA_HOME, else ~/.cache/empathia) are found by name.
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "exemplars",
        help="build, list and search banks of answers that people gave",
        description="Banks of exemplars: what somebody said, and what somebody answered.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="what banks there are, with licences")
    build = actions.add_parser("build", help="make a bank of a table or a corpus")
    more = actions.add_parser("add", help="put more into a bank")
    search = actions.add_parser("search", help="the exemplars that fit some words")
    more.add_argument("bank", type=Path, metavar="BANK", help="folder of the bank")
    for action in (build, more):
        _source(action)
    build.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to keep it")
    build.add_argument(
        "--encoder",
        choices=("minilm", "e5-small", "none"),
        help="of its vectors (default: minilm for English, e5-small otherwise; none: words alone)",
    )
    build.add_argument(
        "--retriever",
        type=Path,
        metavar="FOLDER",
        help="a trained one says where answers lie (default: the bank learns that)",
    )
    search.add_argument("bank", metavar="BANK", help="a folder, or a name (exemplars list)")
    search.add_argument("text", nargs="+", metavar="TEXT", help="what was said, a turn each")
    search.add_argument("-k", type=int, default=5, metavar="N", help="how many (default: 5)")
    search.add_argument("--by", choices=("dense", "words", "hybrid", "reply"), default="hybrid")
    search.add_argument("--emotion", metavar="NAME", help="of this emotion alone")
    for action in (build, more, search):
        action.add_argument("--threads", type=int, metavar="N", help="threads for the encoder")
    for action in (listing, search):
        action.add_argument("--json", action="store_true", help="print JSON")


def _source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="table, or where the release of a corpus lies"
    )
    parser.add_argument("--corpus", dest="name", metavar="NAME", help="empathia corpus list")
    add_reading(parser)
    parser.add_argument(
        "--part",
        default="train",
        choices=("train", "valid", "test", "all"),
        help="of the corpus (default: train; all but that can leak into figures)",
    )
    parser.add_argument("--language", metavar="CODE", help="of a table's words (default: told)")
    parser.add_argument("--licence", metavar="TEXT", help="of a table's texts")


def run(args: argparse.Namespace) -> int:
    """Run one action."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "list": _list,
        "build": _build,
        "add": _add,
        "search": _search,
    }
    return actions[args.action](args)


def _list(args: argparse.Namespace) -> int:
    from empathia.exemplars.places import places

    found = places()
    if args.json:
        print_json([dataclasses.asdict(p) for p in found])
        return 0
    rows = [
        (
            p.name,
            p.kind,
            p.language,
            str(p.pairs),
            p.encoder or "words alone",
            "; ".join(p.licences),
            "no" if p.noncommercial else "yes",
        )
        for p in found
    ]
    head = ("bank", "kind", "language", "exemplars", "encoder", "licence", "commercial use")
    table(head, rows, tabs=True)
    return 0


def _build(args: argparse.Namespace) -> int:
    from empathia.exemplars import bank

    pairs, source, language = _taken(args)
    told = {None: "minilm" if language == "en" else "e5-small", "none": None}
    encoder = told.get(args.encoder, args.encoder)
    with bar("steps", label=str) as progress:
        info = bank.build(
            args.out,
            pairs,
            [source],
            language=language,
            encoder=encoder,
            retriever=args.retriever,
            threads=args.threads,
            progress=progress,
        )
    _say(info, args.out)
    return 0


def _add(args: argparse.Namespace) -> int:
    from empathia.exemplars import bank

    pairs, source, language = _taken(args)
    there = bank.read_info(args.bank).language
    if language != there:
        raise UsageError(
            f"the bank '{args.bank}' is in '{there}', and these are in '{language}'",
            "Build another bank, or name --language",
        )
    with bar("steps", label=str) as progress:
        new = bank.add(args.bank, pairs, [source], threads=args.threads, progress=progress)
    sys.stdout.write(f"{new} new of {len(pairs)}\n")
    _say(bank.read_info(args.bank), args.bank)
    return 0


def _taken(args: argparse.Namespace) -> tuple[list[Pair], Source, str]:
    """Pairs of what the arguments name, their source and their language."""
    from empathia.exemplars.bank import Source
    from empathia.exemplars.pairs import of_dialogues, of_table
    from empathia.exemplars.words import is_korean

    if args.name is not None:
        plugin, dialogues, _ = read_corpus(args)
        part, info = None if args.part == "all" else args.part, plugin.INFO
        pairs = of_dialogues(dialogues, part=part)
        source = Source.of(
            args.name,
            pairs,
            licence=info.licence,
            noncommercial=info.noncommercial,
            part=part,
        )
        return pairs, source, args.language or info.language
    if not args.path.is_file():
        raise UsageError(f"there is no table '{args.path}'", "Name a file, or --corpus")
    pairs = of_table(args.path)
    words = "".join(p.context for p in pairs[:100])
    language = args.language or ("ko" if is_korean(words) else "en")
    licence = args.licence or "that of the data you bring"
    # Not known, so the careful answer.
    careful = args.licence is None
    source = Source.of(args.path.name, pairs, licence=licence, noncommercial=careful)
    return pairs, source, language


def _say(info: BankInfo, folder: Path) -> None:
    sys.stdout.write(
        f"{info.pairs} exemplars of {info.dialogues} talks in {folder} "
        f"({info.encoder or 'words alone'}; {'; '.join(info.licences)})\n"
    )


def _search(args: argparse.Namespace) -> int:
    from empathia.exemplars.places import open_bank
    from empathia.exemplars.search import Query, search

    with bar("steps", label=str, plain=args.json) as progress:
        bank = open_bank(args.bank, threads=args.threads, progress=progress)
    query = Query.of(args.text, emotions=None if args.emotion is None else (args.emotion,))
    found = search(bank, query, args.k, args.by, threads=args.threads)
    pairs = [bank.pairs[i] for i in found.places]
    if args.json:
        shown = [
            dataclasses.asdict(p) | {"score": score, "similarity": similarity}
            for p, score, similarity in zip(pairs, found.scores, found.similarity, strict=True)
        ]
        print_json(shown)
        return 0
    rows = [
        (f"{s:.2f}", p.emotion or "", p.context.replace("\n", " / "), p.reply)
        for p, s in zip(pairs, found.similarity, strict=True)
    ]
    table(("similar", "emotion", "said", "answered"), rows, whole=("similar",))
    return 0
