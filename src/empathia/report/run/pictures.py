"""The pictures of an evaluation: confusion, classes, slices, reliability, risk against coverage."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.evaluate import Evaluation
from empathia.evaluate.confidence import COVERAGES, Reliability
from empathia.evaluate.judged import SILENCES
from empathia.report import drawing
from empathia.report.drawing import Theme
from empathia.report.run import picture_words as alt
from empathia.types import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEW = 12
_NARROW = 5  # labels under which a matrix is narrower than its title
_SHOWN_SLICES = 48
_ENOUGH = 10  # answers in a bin; a line through fewer would draw noise


class Picture(NamedTuple):
    """A picture that can be drawn in any theme, with what it shows in words."""

    title: str
    alt: str
    draw: Callable[[Theme], Figure]


def pictures(e: Evaluation) -> dict[str, Picture]:
    """All pictures that an evaluation has the figures for, by the name of their file."""
    drawn = {
        "confusion": Picture("Confusion", alt.of_confusion(e), lambda t: confusion(e, t)),
        "classes": Picture("F1 of each label", alt.of_classes(e), lambda t: classes(e, t)),
    }
    if any(s.metric == e.main for s in e.slices):
        drawn["slices"] = Picture("Slices", alt.of_slices(e), lambda t: slices(e, t))
    if e.before is not None:
        drawn["reliability"] = Picture(
            "Reliability", alt.of_reliability(e), lambda t: reliability(e, t)
        )
    if e.risk is not None:
        drawn["risk_coverage"] = Picture(
            "Risk against coverage", alt.of_risk(e), lambda t: risk_coverage(e, t)
        )
    return drawn


def confusion(e: Evaluation, theme: Theme) -> Figure:
    """Heat map: each row says what share of a label's items was called what."""
    from matplotlib.colors import LinearSegmentedColormap

    counts, columns = _shown_confusion(e)
    n, roomy = len(e.labels), len(e.labels) <= _FEW
    cell = 0.72 if roomy else 0.34
    figure, axes = drawing.new(theme, 2.6 + cell * len(columns), 1.9 + cell * n)
    support = alt.support(e)
    shares = counts / np.maximum(support, 1)[:, None]
    ramp = LinearSegmentedColormap.from_list("ramp", [theme.ground, theme.blue, theme.deep])
    axes.imshow(shares, cmap=ramp, vmin=0, vmax=1, aspect="equal")
    axes.set_xticks(
        range(len(columns)),
        columns,
        rotation=45 if roomy else 60,
        ha="right",
        rotation_mode="anchor",
    )
    axes.set_yticks(range(n), [f"{x} ({s:,})" for x, s in zip(e.labels, support, strict=True)])
    axes.tick_params(labelsize=9 if roomy else 8)
    axes.set_xticks(np.arange(-0.5, len(columns)), minor=True)
    axes.set_yticks(np.arange(-0.5, n), minor=True)
    axes.grid(which="minor", color=theme.line, linewidth=0.6)
    axes.tick_params(which="minor", length=0)
    if len(columns) > n:
        axes.axvline(n - 0.5, color=theme.soft, linewidth=1.4)
    for spine in axes.spines.values():
        spine.set_visible(False)
    _cells(axes, theme, counts, shares, roomy)
    line = "\n" if n < _NARROW else " "
    over = f",{line}sum of {len(e.seeds)} seeds" if len(e.seeds) > 1 else ""
    drawing.named(axes, theme, f"% of each gold label{over}", "said", "gold (items)")
    return figure


def _cells(
    axes: Axes, theme: Theme, counts: NDArray[np.int64], shares: NDArray[np.float64], few: bool
) -> None:
    """Percent and, where there is room, the count below; empty cells stay empty."""
    strong = "#ffffff" if theme is drawing.LIGHT else "#10151a"
    for i, j in zip(*np.nonzero(counts), strict=True):
        y, x, n = int(i), int(j), int(counts[i, j])
        if not few and shares[i, j] < 0.005:
            continue
        colour = strong if shares[i, j] > (0.42 if theme is drawing.LIGHT else 0.34) else theme.ink
        weight = "bold" if i == j else "normal"
        percent = f"{100 * shares[i, j]:.0f}"
        if few:
            axes.text(
                x,
                y - 0.1,
                percent,
                ha="center",
                va="center",
                color=colour,
                fontsize=10,
                fontweight=weight,
            )
            axes.text(x, y + 0.24, f"{n:,}", ha="center", va="center", color=colour, fontsize=7)
        else:
            axes.text(
                x, y, percent, ha="center", va="center", color=colour, fontsize=7, fontweight=weight
            )


def _shown_confusion(e: Evaluation) -> tuple[NDArray[np.int64], list[str]]:
    """Counts and columns; a kind of silence that never happened has no column."""
    silent = e.confusion[:, len(e.labels) :].any(0)
    keep = np.concatenate([np.ones(len(e.labels), bool), silent])
    names = [*e.labels, *SILENCES]
    return e.confusion[:, keep], [n for n, k in zip(names, keep, strict=True) if k]


def classes(e: Evaluation, theme: Theme) -> Figure:
    """Bars of each label's F1 with intervals."""
    n = len(e.classes)
    figure, axes = drawing.new(theme, 6.4, 1.3 + 0.34 * n)
    places = [float(i) for i in range(n)]
    values = [c.f1.value for c in e.classes]
    axes.barh(places, values, height=0.66, color=theme.blue, zorder=2)
    for y, c in zip(places, e.classes, strict=True):
        _whisker(axes, theme, y, c.f1)
        edge = max(c.f1.value, c.f1.high or 0)
        axes.text(
            edge + 0.015, y, f"{100 * c.f1.value:.1f}", va="center", fontsize=8.5, color=theme.ink
        )
    macro = e.measure("macro_f1").value
    axes.axvline(
        macro,
        color=theme.orange,
        linewidth=1.4,
        linestyle=(0, (4, 3)),
        zorder=1,
        label=f"macro F1 {100 * macro:.1f}",
    )
    axes.set_yticks(places, [f"{c.label} ({c.support:,})" for c in e.classes])
    axes.set_ylim(n - 0.4, -0.6)
    _percent(axes, theme)
    drawing.named(axes, theme, "F1 of each label (gold items)", "F1, %")
    drawing.legend(axes, theme, loc="lower right", bbox_to_anchor=(1, 1))
    return figure


def slices(e: Evaluation, theme: Theme) -> Figure:
    """A dot with its interval for each slice, beside the whole."""
    shown = [s for s in e.slices if s.metric == e.main][:_SHOWN_SLICES]
    figure, axes = drawing.new(theme, 6.4, 1.5 + 0.3 * (len(shown) + _kinds(shown)))
    whole, y, ticks, before = e.measure(e.main), 0.0, [], ""
    for s in shown:
        kind, _, value = s.slice.partition("=")
        y += 1.7 if kind != before and before else 1.0
        before = kind
        ticks.append((y, f"{kind}: {value} ({s.n:,})"))
        _whisker(axes, theme, y, s, theme.blue)
        axes.plot([s.value], [y], "o", color=theme.blue, markersize=6, zorder=3)
        axes.text(
            max(s.value, s.high or 0) + 0.015,
            y,
            f"{100 * s.value:.1f}",
            va="center",
            fontsize=8.5,
            color=theme.ink,
        )
    axes.axvline(
        whole.value,
        color=theme.orange,
        linewidth=1.4,
        linestyle=(0, (4, 3)),
        zorder=1,
        label=f"all {100 * whole.value:.1f}",
    )
    axes.set_yticks([t[0] for t in ticks], [t[1] for t in ticks])
    axes.set_ylim(y + 0.8, 0.2)
    _percent(axes, theme)
    name = e.main.replace("_", " ").replace("f1", "F1")
    drawing.named(axes, theme, f"{name} by slice (utterances)", f"{name}, %")
    drawing.legend(axes, theme, loc="lower right", bbox_to_anchor=(1, 1))
    return figure


def _kinds(scores: list[Score]) -> float:
    return 0.7 * len({s.slice.partition("=")[0] for s in scores})


def _whisker(axes: Axes, theme: Theme, y: float, s: Score, colour: str | None = None) -> None:
    if s.low is not None and s.high is not None:
        axes.plot(
            [s.low, s.high],
            [y, y],
            color=colour or theme.ink,
            linewidth=1.6,
            solid_capstyle="butt",
            zorder=3,
        )


def _percent(axes: Axes, theme: Theme) -> None:
    axes.set_xlim(0, 1.06)
    axes.set_xticks(np.linspace(0, 1, 6), [f"{v}" for v in range(0, 101, 20)])
    axes.grid(axis="x", color=theme.line, linewidth=0.8, zorder=0)
    axes.set_axisbelow(True)
    axes.spines["bottom"].set_visible(False)


def reliability(e: Evaluation, theme: Theme) -> Figure:
    """Confidence against the share that was right, before and after scaling."""
    figure, axes = drawing.new(theme, 5.2, 5.2)
    axes.plot([0, 1], [0, 1], color=theme.soft, linewidth=1, linestyle=(0, (2, 3)), zorder=1)
    shown = (
        (e.before, "as given", "ece", {"color": theme.orange, "marker": "s", "linestyle": "--"}),
        (e.after, "after scaling", "ece_scaled", {"color": theme.blue, "marker": "o"}),
    )
    for curve, name, metric, look in shown:
        if curve is not None:
            legend = f"{name} (ECE {100 * e.measure(metric).value:.1f})"
            _reliable(axes, curve, legend, look)
    last = e.after or e.before
    if last is not None:
        edges = np.linspace(0, 1, len(last.answers) + 1)
        heights = 0.2 * last.answers / max(1, int(last.answers.max()))
        axes.bar(
            edges[:-1],
            heights,
            width=np.diff(edges) * 0.92,
            align="edge",
            color=theme.line,
            zorder=0,
        )
    axes.set(xlim=(0, 1), ylim=(0, 1.01), aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(np.linspace(0, 1, 6), [f"{v}" for v in range(0, 101, 20)])
    drawing.named(
        axes,
        theme,
        "Does confidence mean what it says?",
        "confidence, % (bars: how many answers)",
        "right, %",
    )
    drawing.legend(axes, theme, loc="upper left")
    return figure


def _reliable(axes: Axes, curve: Reliability, name: str, look: dict[str, str]) -> None:
    there, enough = curve.answers > 0, curve.answers >= _ENOUGH
    axes.plot(
        curve.confidence[enough],
        curve.accuracy[enough],
        linewidth=1.6,
        markersize=4,
        label=name,
        zorder=2,
        **look,  # type: ignore[arg-type]
    )
    size = 14 + 90 * curve.answers[there] / curve.answers.max()
    axes.scatter(
        curve.confidence[there],
        curve.accuracy[there],
        s=size,
        marker=look["marker"],
        color=look["color"],
        alpha=0.35,
        linewidths=0,
        zorder=2,
        clip_on=False,
    )


def risk_coverage(e: Evaluation, theme: Theme) -> Figure:
    """Risk of the surest share of the answers; one thin line a seed, their mean thick."""
    figure, axes = drawing.new(theme, 6.0, 4.2)
    curves = np.empty((0, len(COVERAGES))) if e.risk is None else e.risk
    for curve in curves if len(curves) > 1 else ():
        axes.plot(COVERAGES, curve, color=theme.blue, linewidth=0.8, alpha=0.45, zorder=2)
    mean = curves.mean(0)
    area = e.measure("aurc").value
    axes.plot(
        COVERAGES,
        mean,
        color=theme.blue,
        linewidth=2.2,
        zorder=3,
        label=f"the surest first (area {100 * area:.1f})",
    )
    axes.axhline(
        mean[-1],
        color=theme.orange,
        linewidth=1.4,
        linestyle=(0, (4, 3)),
        zorder=1,
        label=f"all answered, or chosen by chance ({100 * mean[-1]:.1f})",
    )
    top = min(1.0, float(curves.max()) * 1.25 + 0.03)
    axes.set(xlim=(0, 1), ylim=(0, top))
    axes.set_xticks(np.linspace(0, 1, 6), [f"{v}" for v in range(0, 101, 20)])
    axes.yaxis.set_major_formatter(lambda v, _: f"{100 * v:g}")
    axes.grid(axis="y", color=theme.line, linewidth=0.8, zorder=0)
    risk = "wrong, %" if e.exclusive else "risk (1 - overlap), %"
    drawing.named(axes, theme, "What abstaining would buy", "answered, %", risk)
    drawing.legend(axes, theme, loc="upper left")
    return figure
