"""A corpus as a picture: labels by part, lengths, agreement between raters."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from empathia.errors import needs
from empathia.files import write
from empathia.report.corpus.stats import WHOLE, Agreement, Stats
from empathia.report.drawing import kind_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {"train": "#4477aa", "valid": "#ccbb44", "test": "#ee6677", WHOLE: "#4477aa"}
# matplotlib's own font has no Hangul; svg leaves the font to who shows it.
_HANGUL = (
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "NanumGothic",
    "Malgun Gothic",
    "AppleGothic",
    "UnDotum",
    "Baekmuk Gulim",
    "Droid Sans Fallback",
)


def draw(stats: Stats, file: Path) -> None:
    """Draw a corpus into a file, whole or not at all.

    Args:
        stats: What was counted.
        file: png or svg.

    Raises:
        UsageError: The suffix is another one.
        MissingExtra: matplotlib is not installed.
    """
    written = kind_of(file)
    with needs("train", "a picture"):
        import matplotlib as mpl
        from matplotlib.figure import Figure
    names = _shown(list(stats.labels), file)
    settings: Any = {
        "font.family": ["DejaVu Sans", *_installed()],
        "svg.fonttype": "none",
        "svg.hashsalt": "empathia",  # the same corpus gives the same bytes
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    drawn = BytesIO()
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # other scripts yet
        _figure(stats, names, Figure).savefig(
            drawn, format=written, dpi=150, metadata=_undated(written)
        )
    write(file, drawn.getvalue())


def _figure(stats: Stats, names: Sequence[str], kind: type[Figure]) -> Figure:
    beside = [_lengths] * (len(stats.lengths) > 1) + [_agreement] * (stats.agreement is not None)
    height = max(2.2 + 0.27 * len(names), 2.8 * len(beside), 3.0)
    figure = kind(figsize=(11 if beside else 7, height), layout="constrained")
    figure.suptitle(_title(stats), fontsize=12)
    grid = figure.add_gridspec(max(len(beside), 1), 2 if beside else 1)
    _labels(figure.add_subplot(grid[:, 0]), stats, names)
    if len(stats.parts) > 1 and names:
        figure.legend(frameon=False, loc="outside upper left", ncols=len(stats.parts))
    for row, panel in enumerate(beside):
        panel(figure.add_subplot(grid[row, 1]), stats)
    return figure


def _title(stats: Stats) -> str:
    dialogues = sum(p["dialogues"] for p in stats.parts.values())
    utterances = sum(p["utterances"] for p in stats.parts.values())
    return f"{stats.corpus}: {dialogues:,} dialogues, {utterances:,} utterances"


def _labels(axes: Axes, stats: Stats, names: Sequence[str]) -> None:
    left = [0] * len(names)
    for part in stats.parts:
        counts = [by_part[part] for by_part in stats.labels.values()]
        axes.barh(range(len(names)), counts, left=left, color=_COLOURS[part], label=part)
        left = [a + b for a, b in zip(left, counts, strict=True)]
    for y, total in enumerate(left):
        axes.annotate(
            f"{total:,}", (total, y), (3, 0), textcoords="offset points", va="center", fontsize=8
        )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.margins(x=0.12, y=0.01)
    axes.set_xlabel("utterances")
    axes.set_title("labels" if names else "no labels", fontsize=10)


def _lengths(axes: Axes, stats: Stats) -> None:
    lengths = sorted(stats.lengths)
    most = lengths[int(0.99 * (len(lengths) - 1))]  # one long recording must not hide the rest
    axes.hist([min(x, most) for x in lengths], bins=40, color="#4477aa")
    if stats.seconds is not None:
        axes.axvline(stats.seconds.median, color="#ee6677")
        axes.annotate(
            f"median {stats.seconds.median:.1f} s",
            (stats.seconds.median, 0.92),
            (5, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            color="#ee6677",
        )
    axes.set_xlabel("length, s (the longest 1 % in the last bar)")
    axes.set_ylabel("utterances")
    axes.set_title("lengths", fontsize=10)


def _agreement(axes: Axes, stats: Stats) -> None:
    agreement = stats.agreement
    if not isinstance(agreement, Agreement):
        return
    tenths = range(11)
    axes.bar(
        [t / 10 for t in tenths],
        [agreement.each.get(t, 0) for t in tenths],
        width=0.09,
        color="#4477aa",
    )
    axes.set_xlabel("mean agreement of two raters on an utterance")
    axes.set_ylabel("utterances")
    axes.set_title(
        f"agreement: alpha {agreement.krippendorff_alpha:.2f}, "
        f"kappa {agreement.fleiss_kappa:.2f}, pairwise {agreement.pairwise:.2f}",
        fontsize=10,
    )


def _shown(labels: Sequence[str], file: Path) -> list[str]:
    """Labels as they can be drawn; a png without a font of their script has their numbers."""
    foreign = any(ord(c) > 0x2FFF for label in labels for c in label)
    if foreign and file.suffix.lower() == ".png" and not _installed():
        return [f"no. {i} of the set" for i in range(1, len(labels) + 1)]
    return list(labels)


def _installed() -> list[str]:
    from matplotlib import font_manager

    there = set(font_manager.get_font_names())
    return [name for name in _HANGUL if name in there]


def _undated(kind: str) -> dict[str, Any]:
    return {"Date": None} if kind == "svg" else {"Software": None}
