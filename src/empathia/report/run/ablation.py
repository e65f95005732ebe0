"""An ablation as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.evaluate.ablation import MEASURES, Ablated
from empathia.evaluate.variants import Varied
from empathia.report.run.wording import measure_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(rows: Sequence[Ablated], path: Path, title: str, measure: str = MEASURES[0]) -> None:
    """Bars with intervals, one pair a subset; the suffix of ``path`` says png or svg."""
    figure, axes = _rows([r.name for r in rows], title)
    kinds = (
        ("trained on these", [r.trained_on_these for r in rows], "#0072b2", "white", -0.2),
        ("trained on all, given these", [r.trained_on_all for r in rows], "#e69f00", "black", 0.2),
    )
    for label, measures, colour, ink, shift in kinds:
        shown = [
            i for i, r in enumerate(rows) if r.trained_on_all or shift < 0
        ]  # all given: one model
        scores = [next(s for s in measures[i] if s.metric == measure) for i in shown]
        places = [i + (shift if rows[i].trained_on_all else 0) for i in shown]
        values = [100 * s.value for s in scores]
        axes.barh(places, values, 0.38, color=colour, label=label)
        for y, s in zip(places, scores, strict=True):
            if s.low is not None and s.high is not None:
                axes.plot([100 * s.low, 100 * s.high], [y, y], color="#222222", linewidth=1)
            axes.text(1, y, f"{100 * s.value:.1f}", va="center", color=ink, fontsize=9)
    axes.set_xlabel(f"{measure_name(measure)} (%), 95 % interval over dialogues")
    figure.legend(loc="outside lower right", ncols=2, frameon=False, fontsize=9)
    figure.savefig(path, dpi=150)


def draw_differences(varied: Varied, path: Path, title: str) -> None:
    """Differences to the whole run in the first measure, with intervals, one a variant."""
    first = varied.comparisons[0]
    figure, axes = _rows(varied.names[1:], title)
    axes.axvline(0, color="#999999", linewidth=1)
    for y, row in enumerate(first.rows[1:]):
        d = row.difference
        if d is None:
            continue
        if d.low is not None and d.high is not None:
            axes.plot([100 * d.low, 100 * d.high], [y, y], color="#222222", linewidth=1)
        axes.plot(100 * d.value, y, "o", color="#0072b2")
        axes.annotate(
            f"{100 * d.value:+.1f}",
            (100 * d.value, y),
            (0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    whole = f"the whole run's {100 * first.rows[0].score.value:.1f}"
    name = measure_name(first.metric)
    axes.set_xlabel(f"points of {name} to {whole}, 95 % interval over dialogues")
    figure.savefig(path, dpi=150)


def _rows(names: Sequence[str], title: str) -> tuple[Figure, Axes]:
    """An empty picture with a row a name, the first on top."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 1.2 + 0.62 * len(names)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_title(title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
