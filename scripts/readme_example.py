"""The README's example: some turns of what `empathia read` prints of examples/conversation.wav.

Prints the block; ``--write`` puts it between the markers in README.md. Needs the weights that
``make demo`` pulls.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import re
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from empathia.types import Timeline

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RECORDING = "examples/conversation.wav"
BEGIN = "<!-- made by: python scripts/readme_example.py --write -->\n"
END = "<!-- end -->\n"
_SHOWN = (0, 2, 4, 12)  # turns: a greeting, fear, sadness, surprise
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


def shown() -> str:
    """The block that stands in the README."""
    return README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def main() -> None:
    """Print the block, or write it into the README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put it into README.md")
    write = parser.parse_args().write
    import empathia

    made = block(empathia.read(ROOT / RECORDING, names=("Ann", "Ben")))
    if not write:
        print(made, end="")
        return
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    README.write_text(before + BEGIN + made + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()
