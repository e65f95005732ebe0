"""``empathia weights``: list, pull and verify the weights."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from empathia import weights
from empathia.cli._screen import bar, print_json, table
from empathia.files import Plain

if TYPE_CHECKING:
    from empathia.weights.pulling import Pulled

_WHOLE = ("weight", "file", "size", "use", "state")  # what people act on
_EPILOG = """\
examples:
  empathia weights list                     what there is, its licence, what is here
  empathia weights pull                     fetch all that is missing or damaged
  empathia weights pull whisper-tiny-en     ... one that is pulled on request only
  empathia weights pull minilm --from DIR   take it out of a folder with archives or files
  empathia weights verify --json            compute every sum again; exit code 1 on damage

Weights lie in EMPATHIA_HOME/weights, else ~/.cache/empathia/weights.
"""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb's parser."""
    parser = verbs.add_parser(
        "weights",
        help="list, pull and verify the weights",
        description="Pretrained weights. Only 'pull' uses the network.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="every weight with role, size, licence and state")
    pulling = actions.add_parser("pull", help="fetch, verify and keep what is missing")
    checking = actions.add_parser("verify", help="compute all sums again")
    for sub in (pulling, checking):
        sub.add_argument(
            "names", nargs="*", metavar="NAME", help="weights (default: all that are used)"
        )
    for sub in (listing, checking):
        sub.add_argument("--json", action="store_true", help="print JSON (list: with sources too)")
    pulling.add_argument(
        "--from",
        dest="folders",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="look in this folder for archives or files first (also EMPATHIA_ARCHIVES)",
    )
    pulling.add_argument("--offline", action="store_true", help="ask no source on the network")


def run(args: argparse.Namespace) -> int:
    """Run one action; the exit code is 1 where a verified weight is damaged or missing."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "list": _list,
        "pull": _pull,
        "verify": _verify,
    }
    return actions[args.action](args)


def _list(args: argparse.Namespace) -> int:
    entries = weights.entries()
    if args.json:
        described = [_describe(entry) for entry in entries]
        print_json({"cache": str(weights.root() / "weights"), "weights": described})
        return 0
    cells = [
        (
            e.name,
            e.role,
            _megabytes(e.size),
            e.licence,
            "non-commercial" if e.noncommercial else "permissive",
            _state(e),
        )
        for e in entries
    ]
    table(("weight", "role", "size", "licence", "use", "state"), cells, whole=_WHOLE)
    return 0


def _state(entry: weights.Entry) -> str:
    state = weights.state(entry.name)
    return "on request" if entry.on_request and state == "missing" else state


def _describe(entry: weights.Entry) -> dict[str, Plain]:
    return {
        "name": entry.name,
        "role": entry.role,
        "state": weights.state(entry.name),
        "size": entry.size,
        "licence": entry.licence,
        "noncommercial": entry.noncommercial,
        "shipped": entry.shipped,
        "on_request": entry.on_request,
        "trained_on": list(entry.trained_on),
        "note": entry.note,
        "folder": str(weights.place(entry)),
        "revision": entry.revision,
        "sources": [source.label for source in entry.sources],
        "files": [{"name": f.name, "size": f.installed_size, "sum": f.sum} for f in entry.files],
    }


def _verify(args: argparse.Namespace) -> int:
    checks = weights.verify(args.names)
    bad = [c for c in checks if c.state != "ok"]
    if args.json:
        print_json(
            {
                "ok": not bad,
                "files": [
                    {"weight": c.weight, "file": c.file, "state": c.state, "problem": c.problem}
                    for c in checks
                ],
            }
        )
    else:
        table(
            ("weight", "file", "state", "problem"),
            [(c.weight, c.file, c.state, c.problem) for c in checks],
            whole=_WHOLE,
        )
    pulled = {e.name for e in weights.entries() if not e.shipped}
    again = sorted({c.weight for c in bad} & pulled)
    if again:
        sys.stderr.write(f"Run: empathia weights pull {' '.join(again)}\n")
    for name in sorted({c.weight for c in bad} - pulled):
        sys.stderr.write(f"{weights.remedy(name)}\n")
    return 1 if bad else 0


def _pull(args: argparse.Namespace) -> int:
    for pulled in pull(args.names, args.folders, offline=args.offline):
        entry = weights.entry(pulled.weight)
        what = f"from {', '.join(pulled.sources)}" if pulled.files else "already here"
        size = _megabytes(entry.size)
        sys.stdout.write(f"{entry.name}: {what}, verified ({size}, {entry.licence})\n")
    sys.stdout.write(f"in {weights.root() / 'weights'}\n")
    return 0


def pull(
    names: Sequence[str], folders: Sequence[Path] = (), *, offline: bool = False
) -> Sequence[Pulled]:
    """Pull weights under a bar; see :func:`empathia.weights.pull`."""
    with bar("files") as progress:
        return weights.pull(
            names,
            progress,
            note=lambda text: print(text, file=sys.stderr),
            folders=folders,
            offline=offline,
        )


def offered(names: Sequence[str]) -> bool:
    """Ask on a terminal whether to download weights; whether they are here now.

    Args:
        names: Weights that are missing; where there is none, or nobody can be asked, nothing is.

    Raises:
        WeightsError: They could not be pulled.
    """
    if not names or not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    for entry in map(weights.entry, names):
        sys.stderr.write(
            f"{entry.name} ({entry.role}) would read more of this: "
            f"{entry.download / 1e6:.0f} MB, {entry.licence}\n"
        )
    sys.stderr.write("Download it now and read again? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        return False
    pull(names)
    return True


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"
