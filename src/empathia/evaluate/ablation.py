"""With and without each modality: every non-empty subset, at training and at test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from empathia.bench.results import read_results
from empathia.bench.run import subsets
from empathia.evaluate import Evaluation, evaluate
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
