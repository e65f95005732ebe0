"""What the recognisers that can be kept share: their files, and how they read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia.errors import WeightsError
from empathia.labels import LabelSet
from empathia.training.kept import Kept, read
from empathia.training.problem import Conversation, Scores
from empathia.types import Emotion, Sample

Arrays = Mapping[str, NDArray[Any]]
ARRAYS, PLAIN = "model.safetensors", "model.json"
_THERE = 0.5  # score from which an independent label is there, as in the bench


def save(folder: Path, arrays: Arrays, plain: Mapping[str, Any]) -> None:
    """Write what a recogniser learnt: numbers, and whatever JSON can hold."""
    from safetensors.numpy import save_file

    save_file({k: np.ascontiguousarray(v) for k, v in arrays.items()}, folder / ARRAYS)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False) + "\n"
    (folder / PLAIN).write_text(text, encoding="utf-8")


def load(folder: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """What :func:`save` wrote.

    Raises:
        WeightsError: A file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        plain = json.loads((folder / PLAIN).read_text(encoding="utf-8"))
        return load_file(folder / ARRAYS), plain
    except (OSError, ValueError, SafetensorError) as e:
        raise damaged(folder, e) from e


def damaged(folder: Path, why: object) -> WeightsError:
    """The error for files that do not fit."""
    return WeightsError(
        f"the recogniser in '{folder}' is damaged ({' '.join(str(why).split())})",
        "Run empathia train again",
    )


@dataclass(frozen=True, slots=True)
class KeptRecogniser:
    """A kept model that reads; the contract of docs/plugins.md.

    Args:
        name: What an emotion's ``source`` says: the name of the run.
        labels, exclusive, causal, licence, noncommercial: As in its settings.
        answer: Scores of dialogues, as ``Learnt.predict`` gave them.
    """

    name: str
    labels: LabelSet
    exclusive: bool
    causal: bool
    licence: str
    noncommercial: bool
    answer: Callable[[Sequence[Conversation]], Scores]

    @classmethod
    def of(
        cls, folder: Path, make: Callable[[Kept], Callable[[Sequence[Conversation]], Scores]]
    ) -> KeptRecogniser:
        """The recogniser of a folder.

        Args:
            folder: Of the kept model.
            make: Settings to what answers.

        Raises:
            WeightsError: A file is missing or damaged.
        """
        k = read(folder)
        try:
            answer = make(k)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, RuntimeError) as e:
            raise damaged(folder, e) from e
        return cls(k.name, k.labels, k.exclusive, k.causal, k.licence, k.noncommercial, answer)

    def recognise(self, samples: Sequence[Sample]) -> list[Emotion]:
        """One emotion a sample; the samples are one dialogue in time order."""
        scores = self.answer([samples]) if samples else {}
        return [self._emotion(scores.get(s.id)) for s in samples]

    def _emotion(self, row: Sequence[float] | None) -> Emotion:
        if row is None:
            return Emotion(self.name, self.labels, abstained="nothing to judge by")
        scores = tuple(min(1.0, max(0.0, float(x))) for x in row)  # rounding
        none = None
        if not self.exclusive and max(scores) < _THERE:
            none = f"no label is likelier than not ({max(scores):.2f} at most)"
        return Emotion(self.name, self.labels, scores, self.exclusive, abstained=none)
