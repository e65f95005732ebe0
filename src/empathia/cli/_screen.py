"""What people look at: one progress bar while they wait, one table when it is done."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import ProgressColumn, TaskID

    from empathia.contracts import Progress

Look = Literal["steps", "stages", "files"]


def note(text: str) -> None:
    """Tell something beside the result."""
    print(f"empathia: {text}", file=sys.stderr)


@contextmanager
def bar(
    look: Look,
    *,
    label: Callable[[str], str] = str,
    lasting: bool = False,
    plain: bool = False,
) -> Iterator[Progress]:
    """A progress bar on stderr while the block runs; what it gives is the hook.

    Args:
        look: "steps" is one bar that counts, "stages" a bar for each name with the time that is
            left, "files" the bar of the file at hand, in bytes.
        label: Makes the text beside a bar of the hook's first argument.
        lasting: The bar stays on the screen; where there is none, lines take its place.
        plain: Draw no bar, as where stderr is no terminal.
    """
    from empathia.contracts import silent

    if plain or not sys.stderr.isatty():
        yield _Lines() if lasting else silent
        return
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(*_columns(look), console=Console(stderr=True), transient=not lasting) as bars:
        yield _Drawn(bars, look, label)


def _columns(look: Look) -> tuple[ProgressColumn, ...]:
    from rich import progress as rich

    text, line = rich.TextColumn("{task.description}", markup=False), rich.BarColumn()
    if look == "files":
        return text, line, rich.DownloadColumn(), rich.TransferSpeedColumn()
    if look == "stages":
        return text, line, rich.TimeRemainingColumn()
    return text, line, rich.MofNCompleteColumn(), rich.TimeRemainingColumn()


class _Drawn:
    """The hook that draws."""

    def __init__(self, bars: Bars, look: Look, label: Callable[[str], str]) -> None:
        self._bars, self._look, self._label = bars, look, label
        self._tasks: dict[str, TaskID] = {}
        if look == "steps":
            self("preparing data", 0, None)

    def __call__(self, what: str, done: float, total: float | None) -> None:
        name = "" if self._look == "steps" else what
        if name not in self._tasks:
            for earlier in self._tasks.values() if self._look == "files" else ():
                self._bars.update(earlier, visible=False)
            self._tasks[name] = self._bars.add_task("", total=None)
        task, text = self._tasks[name], self._label(what)
        self._bars.update(task, completed=done, total=total, description=text)


class _Lines:
    """A line for each place of the work: each seed and fold, and each epoch."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, what: str, done: float, total: float | None) -> None:
        place = what.partition(", ")[0]  # what follows, such as the speed, changes at each step
        if place in self._told:
            return
        self._told.add(place)
        share = "" if total is None or total <= 1 else f" ({done:.0f} of {total:.0f} steps)"
        print(f"{what}{share}", file=sys.stderr)


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    whole: Sequence[str] = (),
    tabs: bool = False,
) -> None:
    """A table for people on stdout.

    Args:
        head: Names of the columns.
        rows: Their cells.
        whole: Columns that stay in one line on a narrow terminal; the others wrap.
        tabs: Part columns by tabs and cut nothing where stdout is no terminal.
    """
    if tabs and not sys.stdout.isatty():
        sys.stdout.writelines("\t".join(row) + "\n" for row in (head, *rows))
        sys.stdout.write("\n")
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in head:
        wraps = bool(whole) and name not in whole
        drawn.add_column(
            name, no_wrap=name in whole, min_width=10 if wraps else None, overflow="fold"
        )
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)


def print_json(value: object) -> None:
    """JSON on stdout, indented."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
