"""With and without each modality: every non-empty subset, at training and at test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from empathia.experiment_bench import subsets
from empathia.report._run_wording import measure_name
from empathia.report.evaluation import Evaluation, evaluate
from empathia.report.results import read_results
from empathia.types import Score

MEASURES = ("weighted_f1", "macro_f1", "uar")


@dataclass(frozen=True, slots=True)
class Ablated:
    """One subset of the modalities.

    Args:
        modalities: What was given at test.
        own: Measures of a recogniser that learnt from these modalities alone.
        robust: Measures of the recogniser that learnt from all and is now given these alone;
            () for all of them, which is the same as ``own``.
        judged: Share of the test utterances on which ``own`` said something.
    """

    modalities: tuple[str, ...]
    own: tuple[Score, ...]
    robust: tuple[Score, ...]
    judged: float

    @property
    def name(self) -> str:
        """Names of the modalities, joined by " + "."""
        return " + ".join(self.modalities)


def ablated(folder: Path, modalities: Sequence[str], resamples: int) -> tuple[Ablated, ...]:
    """Measure what ``empathia ablate`` trained.

    Args:
        folder: Holds one run folder for each subset, named as :func:`place` says.
        modalities: All of them.
        resamples: For the intervals.
    """
    rows = []
    for subset in subsets(modalities):
        own = evaluate(read_results(place(folder, subset)), resamples)
        robust: tuple[Score, ...] = ()
        if len(subset) < len(modalities):
            answers = f"predictions-{'+'.join(subset)}"
            whole = read_results(place(folder, modalities), answers)
            robust = _measures(evaluate(whole, resamples))
        silent = sum(own.silent.values()) / (own.utterances * len(own.seeds))
        rows.append(Ablated(subset, _measures(own), robust, 1 - silent))
    return tuple(rows)


def place(folder: Path, subset: Sequence[str]) -> Path:
    """Where the run of a subset lies."""
    return folder / "+".join(subset)


def _measures(found: Evaluation) -> tuple[Score, ...]:
    return tuple(s for s in found.measures if s.metric in MEASURES)


def as_json(rows: Sequence[Ablated]) -> list[dict[str, Any]]:
    """Plain values."""
    return [
        {
            "modalities": list(r.modalities),
            "judged": r.judged,
            "trained_on_these": _plain(r.own),
            "trained_on_all": _plain(r.robust or r.own),
        }
        for r in rows
    ]


def _plain(scores: Sequence[Score]) -> Mapping[str, Any]:
    return {s.metric: {"value": s.value, "low": s.low, "high": s.high} for s in scores}


def draw(rows: Sequence[Ablated], path: Path, title: str, measure: str = MEASURES[0]) -> None:
    """Bars with intervals, one pair a subset; the suffix of ``path`` says png or svg."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 1.2 + 0.62 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    kinds = (
        ("trained on these", [r.own for r in rows], "#0072b2", "white", -0.2),
        ("trained on all, given these", [r.robust for r in rows], "#e69f00", "black", 0.2),
    )
    for label, found, colour, ink, shift in kinds:
        shown = [i for i, r in enumerate(rows) if r.robust or shift < 0]  # all given: one model
        scores = [next(s for s in found[i] if s.metric == measure) for i in shown]
        places = [i + (shift if rows[i].robust else 0) for i in shown]
        values = [100 * s.value for s in scores]
        axes.barh(places, values, 0.38, color=colour, label=label)
        for y, s in zip(places, scores, strict=True):
            if s.low is not None and s.high is not None:
                axes.plot([100 * s.low, 100 * s.high], [y, y], color="#222222", linewidth=1)
            axes.text(1, y, f"{100 * s.value:.1f}", va="center", color=ink, fontsize=9)
    axes.set_yticks(range(len(rows)), [r.name for r in rows])
    axes.invert_yaxis()
    axes.set_xlabel(f"{measure_name(measure)} (%), 95 % interval over dialogues")
    axes.set_title(title, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower right", ncols=2, frameon=False, fontsize=9)
    figure.savefig(path, dpi=150)
