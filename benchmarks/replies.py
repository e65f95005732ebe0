"""Dumps of published reply systems as tables that `empathia evaluate` reads.

    python benchmarks/replies.py DUMPS --out out/systems
    empathia evaluate out/systems/*.csv

A dump repeats blocks of lines: emotion, Context (a list of turns), some more, Pred or Greedy (the
reply), Ref (the true one). A context is its last three turns; replies to contexts that begin with
the same turn are one talk.
"""

from __future__ import annotations

import argparse
import ast
import csv
from collections.abc import Iterator
from pathlib import Path

_REPLY = ("pred", "greedy")
HEAD = ("dialogue", "emotion", "context", "reply", "reference")


def blocks(text: str) -> Iterator[dict[str, str]]:
    """Lines of each reply by their names in lower case; a block ends with its reference.

    Raises:
        ValueError: A line has no name.
    """
    block: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"expected NAME:VALUE, found '{line[:60]}'")
        block[name.strip().lower()] = value.strip()
        if name.strip().lower() == "ref":
            yield block
            block = {}


def row(block: dict[str, str]) -> tuple[str, ...]:
    """Its cells, by :data:`HEAD`."""
    turns: list[str] = ast.literal_eval(block["context"])
    reply = next(block[name] for name in _REPLY if name in block)
    return turns[0], block["emotion"], "\n".join(turns[-3:]), reply, block["ref"]


def main() -> None:
    """Write a table a dump."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dumps", type=Path, help="folder of the dumps, *.txt")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for dump in sorted(args.dumps.glob("*.txt")):
        found = [row(b) for b in blocks(dump.read_text(encoding="utf-8"))]
        with (args.out / f"{dump.stem}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(HEAD)
            table.writerows(found)
        print(f"{dump.stem}: {len(found)} replies of {len({r[0] for r in found})} talks")


if __name__ == "__main__":
    main()
