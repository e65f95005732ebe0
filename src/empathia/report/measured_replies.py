"""How figures of replies look: a table of systems side by side, a page of it, JSON, csv."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from empathia import files
from empathia.evaluate.replies.figures import Measured
from empathia.files import Plain
from empathia.report import still
from empathia.report.escaping import escaped
from empathia.types import Score


def rows(systems: Sequence[Measured]) -> tuple[list[str], list[list[str]]]:
    """A header and a row a measure, a column a system.

    A star marks what differs from the first system by more than chance (paired, 95 %).
    """
    names = list(dict.fromkeys(name for m in systems for name in m.scores))
    head = ["measure", *(m.name for m in systems)]
    body = [[name, *(_cell(m, name) for m in systems)] for name in names]
    return head, [["replies", *(str(len_of(m)) for m in systems)], *body]


def len_of(measured: Measured) -> int:
    """How many replies were measured."""
    return max((s.n for s in measured.scores.values()), default=0)


def _cell(measured: Measured, name: str) -> str:
    score = measured.scores.get(name)
    if score is None or score.value != score.value:
        return ""
    more = measured.more.get(name)
    differs = more is not None and more.low is not None and more.high is not None
    star = "*" if differs and not (more.low <= 0 <= more.high) else ""  # type: ignore[union-attr,operator]
    wide = 1 if abs(score.value) >= 2 else 3
    between = "" if score.low is None else f" [{score.low:.{wide}f}, {score.high:.{wide}f}]"
    return f"{score.value:.{wide}f}{star}{between}"


def page(systems: Sequence[Measured], read_by: str = "") -> str:
    """The table as one HTML file that needs nothing else: no network, no script.

    Args:
        systems: What was measured.
        read_by: The language model of the perplexities and its tokenizer; "" where none was asked.
    """
    head, body = rows(systems)
    lines = (
        f'<tr><th scope="row">{escaped(name)}</th>'
        + "".join(f"<td>{escaped(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in body
    )
    filling = {
        "title": escaped(f"Replies of {', '.join(head[1:])}"),
        "head": "".join(f'<th scope="col">{escaped(name)}</th>' for name in head),
        "rows": "\n".join(lines),
        "remark": f"\n<p>{escaped(remark(read_by))}</p>" if read_by else "",
    }
    return still.page("replies", "run.css", filling)


def remark(read_by: str) -> str:
    """What perplexities are of, in a line."""
    return f"Perplexity by {read_by}."


def to_json(systems: Sequence[Measured], read_by: str = "") -> dict[str, Plain]:
    """All figures; ``docs/json.md`` lists the keys."""
    return {
        "read_by": read_by or None,
        "systems": [
            {
                "name": m.name,
                "replies": len_of(m),
                "measures": {k: _plain(s) for k, s in m.scores.items()},
                "more_than_first": {k: _plain(s) for k, s in m.more.items()},
            }
            for m in systems
        ],
    }


def _plain(score: Score) -> dict[str, Plain]:
    value = None if score.value != score.value else score.value
    return {"value": value, "low": score.low, "high": score.high}


def write(folder: Path, systems: Sequence[Measured], read_by: str = "") -> None:
    """Write evaluation.json, report.html and figures.csv into a folder, made where missing."""
    folder.mkdir(parents=True, exist_ok=True)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["system", "measure", "value", "low", "high", "more", "more_low", "more_high"])
    for m in systems:
        for name, s in m.scores.items():
            more = m.more.get(name)
            against = [None] * 3 if more is None else [more.value, more.low, more.high]
            table.writerow([m.name, name, s.value, s.low, s.high, *against])
    files.write_text(folder / "figures.csv", out.getvalue())
    files.write_text(folder / "report.html", page(systems, read_by))
    text = json.dumps(to_json(systems, read_by), ensure_ascii=False, indent=1)
    files.write_text(folder / "evaluation.json", f"{text}\n")
