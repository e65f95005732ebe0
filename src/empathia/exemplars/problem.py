"""What a reply generator is given to learn from; the test part is no part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from empathia.config import Options, TrainingPart
from empathia.contracts import Progress
from empathia.exemplars.pairs import Pair
from empathia.types import Empathy


@dataclass(frozen=True, slots=True)
class ReplyProblem:
    """One training of a generator, and how to go about it.

    Args:
        train: Everything is learnt from these, and no others are retrieved.
        valid: Chooses the epoch.
        empathy: Pair's id to what judges take its reply to be, where they were asked.
        options: The generator's own options, complete and checked.
        training: ``[training]`` of the run file.
        seed: Of this training.
        folder: For checkpoints (:func:`empathia.training.fit.fit` resumes from it).
        fingerprint: Names settings and data; a checkpoint of another training is refused.
        progress: Called with (epoch and best figure in words, steps done, steps in all).
    """

    train: tuple[Pair, ...]
    valid: tuple[Pair, ...]
    options: Options
    training: TrainingPart
    seed: int
    folder: Path
    empathy: Mapping[str, Empathy] = field(default_factory=dict)
    fingerprint: str = ""
    progress: Progress | None = None
