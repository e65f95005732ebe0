"""The README's examples: turns of what `empathia read` and `empathia reply` print of one talk.

Prints the blocks; ``--write`` puts them between their markers in README.md. Needs the weights that
``make demo`` pulls.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import re
import textwrap
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from empathia.types import Timeline

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RECORDING = "examples/conversation.wav"
TALK = "examples/conversation.csv"
BEGIN = "<!-- made by: python scripts/readme_example.py --write -->\n"
BEGIN_REPLIES = "<!-- replies, made by: python scripts/readme_example.py --write -->\n"
END = "<!-- end -->\n"
_SHOWN = (0, 2, 4, 12)  # turns: a greeting, fear, sadness, surprise
_ANSWERED = (2, 6)  # of what Ben answers: the sadness and the surprise of the block above
_TURN = re.compile(r" *\d+:\d\d  ")


def block(timeline: Timeline) -> str:
    """Heading and chosen turns of the table, `...` for those left out, as a fenced block."""
    lines = _printed(dataclasses.replace(timeline, source=RECORDING))
    starts = [n for n, line in enumerate(lines) if _TURN.match(line)]
    ends = [*starts[1:], next(n for n, line in enumerate(lines) if line.startswith("* "))]
    body = lines[: starts[0]]
    for shown, turns in groupby(range(len(starts)), lambda n: n in _SHOWN):
        if shown:
            body += [x for n in turns for x in lines[starts[n] : ends[n]] if x]
        else:
            body.append(" ...")
    return "\n".join(["```", *body, "```", ""])


def _printed(timeline: Timeline) -> list[str]:
    from rich.console import Console

    from empathia.report.timeline.terminal import show

    paper = io.StringIO()
    show(timeline, Console(file=paper, width=80))
    return [line.rstrip() for line in paper.getvalue().splitlines()]


def replies() -> str:
    """What `empathia reply` prints of some of the talk's turns, as a fenced block."""
    from empathia.pipeline import Options
    from empathia.pipeline.answering import answer, read
    from empathia.report.replied import shown

    options = Options(candidates=3, threads=1)
    found = answer(read(ROOT / TALK, options), options, every=True, listener="Ben")
    lines = "\n".join(shown(found[n]) for n in _ANSWERED).splitlines()
    wrapped = [textwrap.fill(x, 96, subsequent_indent=" " * 6) for x in lines]
    command = f"$ empathia reply {TALK} --all --listener Ben --candidates 3"
    return "\n".join(["```", command, *wrapped, "```", ""])


def shown(begin: str = BEGIN) -> str:
    """A block that stands in the README, by its first marker."""
    return README.read_text(encoding="utf-8").partition(begin)[2].partition(END)[0]


def main() -> None:
    """Print the blocks, or write them into the README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put them into README.md")
    write = parser.parse_args().write
    import empathia

    read = empathia.read(ROOT / RECORDING, names=("Ann", "Ben"))
    for begin, made in ((BEGIN, block(read)), (BEGIN_REPLIES, replies())):
        if not write:
            print(made, end="")
            continue
        before, _, rest = README.read_text(encoding="utf-8").partition(begin)
        README.write_text(before + begin + made + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
