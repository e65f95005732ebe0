"""Figures of how prosodic measures are distributed, with the thresholds of the cues.

One row a measure, one column a group: a corpus whose histograms lie beside the
thresholds will be called loud or high throughout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError, needs
from empathia.report.drawing import kind_of
from empathia.types import Dialogue, Features

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

OVERALL = "overall"
Values = Mapping[str, Mapping[str, Sequence[float]]]
_BINS = 40
_SHOWN = (0.5, 99.5)  # percentiles: single outliers would squeeze the rest into one bar


class Thresholds(Protocol):
    """Cut points of a measure, as ``Bins.thresholds`` of the cues gives them."""

    def __call__(self, measure: str, /, *, group: str | None = None) -> Sequence[float] | None:
        """The cut points in the measure's unit; None where there are none."""


def by_group(
    dialogues: Iterable[Dialogue], prosody: Mapping[str, Features]
) -> dict[str, dict[str, list[float]]]:
    """Values of each measure, overall and by gender; missing ones are left out.

    Args:
        dialogues: Of a corpus.
        prosody: One-row features with named columns, by utterance id.

    Returns:
        Group ("overall", "female", ...) to measure to values.
    """
    groups: dict[str, dict[str, list[float]]] = {OVERALL: {}}
    for u in (u for d in dialogues for u in d.utterances if u.id in prosody):
        row = prosody[u.id]
        for name in row.names:
            if (value := row.measure(name)) is None:
                continue
            for group in {OVERALL, u.gender or OVERALL}:
                groups.setdefault(group, {}).setdefault(name, []).append(value)
    return {OVERALL: groups.pop(OVERALL), **dict(sorted(groups.items()))}


def draw(
    values: Values,
    path: Path,
    *,
    thresholds: Thresholds | None = None,
    units: Mapping[str, str] | None = None,
    title: str = "",
) -> Path:
    """Draw histograms.

    Args:
        values: Group to measure to values; NaN is left out.
        path: Where to; ".png" or ".svg".
        thresholds: ``Bins.load().thresholds`` for those of the cues; None draws none.
        units: Measure to unit.
        title: Above all.

    Returns:
        ``path``.

    Raises:
        MissingExtra: matplotlib is not installed.
        UsageError: Another kind of file.
        InputError: There is nothing to draw.
    """
    kind = kind_of(path)
    measures = list(dict.fromkeys(m for group in values.values() for m in group))
    if not measures:
        raise InputError("there are no measures to draw", "Take a corpus with sound or prosody")
    with needs("train", "drawing figures"):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    size = (3.2 * len(values) + 0.6, 1.7 * len(measures) + 0.8)
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(measures), len(values), squeeze=False, sharex="row")
    for row, measure in zip(axes, measures, strict=True):
        edges = _edges([group.get(measure, ()) for group in values.values()])
        for ax, (group, of) in zip(row, values.items(), strict=True):
            _histogram(ax, of.get(measure, ()), edges)
            cuts = thresholds(measure, group=group) if thresholds else None
            for cut in cuts or ():
                ax.axvline(cut, color="#c1440e", linewidth=1, linestyle="--")
            ax.set_title(f"{group} (n = {_known(of.get(measure, ())).size})", fontsize=8)
        unit = (units or {}).get(measure, "")
        row[0].set_ylabel(f"{measure}\n({unit})" if unit else measure, fontsize=8)
    if title:
        figure.suptitle(title, fontsize=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    # No date inside: the same values give the same file.
    undated = {"Date": None} if kind == "svg" else None
    figure.savefig(path, format=kind, dpi=120, metadata=undated)
    return path


def _known(values: Sequence[float]) -> Array:
    given = np.asarray(values, dtype=float)
    known: Array = given[np.isfinite(given)]
    return known


def _edges(groups: Sequence[Sequence[float]]) -> Array:
    """The same bars for all groups of a measure."""
    everything = np.concatenate([_known(g) for g in groups])
    low, high = np.percentile(everything, _SHOWN) if everything.size else (0.0, 1.0)
    edges: Array = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    return edges


def _histogram(ax: Axes, values: Sequence[float], edges: np.ndarray) -> None:
    """Shares, so that groups of unlike size can be held against each other."""
    known = _known(values)
    if known.size:
        inside = np.clip(known, edges[0], edges[-1])
        share = np.full(known.size, 100 / known.size)
        ax.hist(inside, edges.tolist(), weights=share, color="#4a6fa5")
    ax.set_xlim(edges[0], edges[-1])
    ax.tick_params(labelsize=7)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if not known.size:
        ax.text(0.5, 0.5, "none", transform=ax.transAxes, ha="center", fontsize=8)
