"""How long prompts are: figures, a histogram for the terminal, a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from empathia.files import write
from empathia.report import drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CONTEXT = 2048
"""Tokens that the embedded model takes."""
_BARS, _WIDE = 12, 40  # rows of the histogram, characters of its longest


@dataclass(frozen=True, slots=True)
class Lengths:
    """Lengths of prompts.

    Args:
        each: One number a prompt, at least one.
        unit: "tokens" or "words".
        title: Whose prompts these are.
    """

    each: Sequence[int]
    unit: str
    title: str = ""

    def figures(self) -> dict[str, float]:
        """Counts and shares by name; shares in [0, 1]."""
        values = np.array(self.each)
        middle, most = np.percentile(values, (50, 95))
        return {
            "prompts": len(values),
            "least": int(values.min()),
            "median": float(middle),
            "mean": round(float(values.mean()), 1),
            "95 %": float(most),
            "most": int(values.max()),
            f"share over {CONTEXT}": round(float((values > CONTEXT).mean()), 4),
        }

    def rows(self) -> list[tuple[str, str, str]]:
        """The histogram: (from and to, prompts, bar) a row."""
        step = max(1, -(-(max(self.each) + 1) // _BARS))
        counts = np.bincount(np.array(self.each) // step)
        first = int(np.flatnonzero(counts)[0])
        return [
            (
                f"{i * step}-{(i + 1) * step - 1}",
                str(n),
                "█" * int(np.ceil(_WIDE * n / counts.max())),
            )
            for i, n in enumerate(counts)
            if i >= first
        ]


def draw(lengths: Lengths, file: Path) -> None:
    """Draw the histogram into a file, whole or not at all.

    Args:
        lengths: Of the prompts.
        file: png or svg.

    Raises:
        UsageError: The suffix is another one.
        MissingExtra: matplotlib is not installed.
    """
    kind = drawing.kind_of(file)

    def figure(theme: drawing.Theme) -> Figure:
        made, axes = drawing.new(theme, 7, 4)
        axes.hist(lengths.each, bins=40, color=theme.blue)
        over = lengths.figures()[f"share over {CONTEXT}"]
        if over:
            axes.axvline(CONTEXT, color=theme.orange)
        title = f"{lengths.title}: {over:.1%} over {CONTEXT:,} {lengths.unit}"
        drawing.named(axes, theme, title, f"{lengths.unit} of a prompt", "prompts")
        return made

    write(file, drawing.saved(figure, drawing.LIGHT, kind))
