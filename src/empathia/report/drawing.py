"""How pictures look: two themes, safe for colour-blind people, and no global state."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from empathia.errors import UsageError, needs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Theme(NamedTuple):
    """Colours of a picture (hex); blue and orange are Okabe & Ito's (2008)."""

    ground: str
    ink: str
    soft: str
    line: str
    blue: str
    orange: str
    deep: str


LIGHT = Theme("#ffffff", "#1b2026", "#59616c", "#dcdcd6", "#0072b2", "#d55e00", "#08426b")
DARK = Theme("#1a1d22", "#e9ebee", "#a6adb8", "#343a43", "#56b4e9", "#f0924e", "#9ad4f7")
_DPI = 160
_KINDS = ("png", "svg")


def kind_of(file: Path) -> str:
    """What a picture is written as, by its suffix: "png" or "svg".

    Raises:
        UsageError: It is another one.
    """
    kind = file.suffix.lower().removeprefix(".")
    if kind not in _KINDS:
        wanted = " or ".join(f".{k}" for k in _KINDS)
        raise UsageError(f"'{file.name}' is no picture", f"Name a file in {wanted}")
    return kind


def new(theme: Theme, width: float, height: float) -> tuple[Figure, Axes]:
    """An empty picture of a size in inches.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
    """
    with needs("train", "drawing pictures"):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    figure = Figure(figsize=(width, height), facecolor=theme.ground, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_facecolor(theme.ground)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(theme.line)
    axes.tick_params(colors=theme.soft, labelcolor=theme.ink, labelsize=9, length=0)
    return figure, axes


def named(axes: Axes, theme: Theme, title: str, x: str = "", y: str = "") -> None:
    """Title and names of the axes."""
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", color=theme.ink, pad=10)
    axes.set_xlabel(x, fontsize=9, color=theme.soft)
    axes.set_ylabel(y, fontsize=9, color=theme.soft)


def legend(axes: Axes, theme: Theme, **where: Any) -> None:  # noqa: ANN401 - matplotlib's own
    """A legend without a frame."""
    axes.legend(
        facecolor=theme.ground,
        edgecolor="none",
        framealpha=0.85,
        fontsize=9,
        labelcolor=theme.ink,
        **where,
    )


def saved(draw: Callable[[Theme], Figure], theme: Theme, kind: str) -> bytes:
    """A picture as png or svg; the same content gives the same bytes."""
    from matplotlib import rc_context

    out = io.BytesIO()
    settings: Any = {"svg.hashsalt": "empathia", "font.family": ["DejaVu Sans"]}
    metadata = {"Date": None} if kind == "svg" else {}
    with rc_context(settings), warnings.catch_warnings():
        # A label in a script that the font lacks is drawn as boxes; the page has it as text.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        draw(theme).savefig(out, format=kind, dpi=_DPI, metadata=metadata)
    return out.getvalue()
