"""An audit as a table on the terminal; reads without colour and in 80 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from empathia.audit.finding import SEVERITIES, Audit

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {"wrong": "bold red", "worry": "yellow", "note": "blue", "fine": "green"}


def show(audit: Audit, console: Console | None = None) -> None:
    """Print all findings, gravest first.

    Args:
        audit: What to show.
        console: Where to; by default standard output.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = console or Console()
    facts = " · ".join(f"{name}: {value}" for name, value in audit.facts.items())
    console.print(Text(audit.subject, style="bold"))
    console.print(Text(facts, style="dim"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("check", no_wrap=True)
    table.add_column("figure", max_width=18)
    table.add_column("what was found", overflow="fold", ratio=1)
    for f in audit.findings:
        severity = Text(f.severity, style=_STYLES[f.severity])
        table.add_row(severity, Text(f.check), Text(f.shown), Text(f.sentence))
    console.print(table)
    counts = (f"{sum(f.severity == s for f in audit.findings)} {s}" for s in SEVERITIES)
    console.print(Text(", ".join(counts)), soft_wrap=True)
