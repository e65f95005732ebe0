"""With and without each modality: every non-empty subset, at training and at test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from empathia.bench.results import read_results
from empathia.bench.run import subsets
from empathia.evaluate import Evaluation, evaluate
from empathia.files import Plain
from empathia.types import Score

MEASURES = ("weighted_f1", "macro_f1", "uar")


@dataclass(frozen=True, slots=True)
class Ablated:
    """One subset of the modalities.

    Args:
        modalities: What was given at test.
        trained_on_these: Measures of a recogniser that learnt from these modalities alone.
        trained_on_all: Measures of the recogniser that learnt from all and is now given these
            alone; () for all of them, which is the same as ``trained_on_these``.
        judged: Share, in [0, 1], of the test utterances that ``trained_on_these`` answered.
    """

    modalities: tuple[str, ...]
    trained_on_these: tuple[Score, ...]
    trained_on_all: tuple[Score, ...]
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
        alone = evaluate(read_results(place(folder, subset)), resamples)
        degraded: tuple[Score, ...] = ()
        if len(subset) < len(modalities):
            answers = f"predictions-{'+'.join(subset)}"
            whole = read_results(place(folder, modalities), answers)
            degraded = _measures(evaluate(whole, resamples))
        silent = sum(alone.silent.values()) / (alone.utterances * len(alone.seeds))
        rows.append(Ablated(subset, _measures(alone), degraded, 1 - silent))
    return tuple(rows)


def place(folder: Path, subset: Sequence[str]) -> Path:
    """Where the run of a subset lies."""
    return folder / "+".join(subset)


def _measures(evaluation: Evaluation) -> tuple[Score, ...]:
    return tuple(s for s in evaluation.measures if s.metric in MEASURES)


def as_json(rows: Sequence[Ablated]) -> list[dict[str, Plain]]:
    """Plain values."""
    return [
        {
            "modalities": list(r.modalities),
            "judged": r.judged,
            "trained_on_these": _plain(r.trained_on_these),
            "trained_on_all": _plain(r.trained_on_all or r.trained_on_these),
        }
        for r in rows
    ]


def _plain(scores: Sequence[Score]) -> Mapping[str, Plain]:
    return {s.metric: {"value": s.value, "low": s.low, "high": s.high} for s in scores}
