"""Emotion in conversation: an utterance in the light of what was said and heard before it.

Two halves are averaged. A committee of recurrent nets fuses the modalities by
gates and remembers the dialogue and each speaker (after DialogueRNN, Majumder et
al., AAAI 2019, but causal); a penalised linear model reads fading traces of the
past, which holds up better on scenes that are unlike those of the training. Any
modality may be missing, at training and afterwards. Features come from
``[features]``; words as such are not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.config import Scalar
from empathia.errors import MissingExtra
from empathia.training.problem import Answers, Problem

if TYPE_CHECKING:
    from empathia.emotion._kept import KeptRecogniser

NAME = "dialogue"
NEEDS: tuple[str, ...] = ()
OPTIONS: Mapping[str, Scalar] = {
    "context": "causal",  # what is before; "bidirectional": and after; "none": neither
    "linear": 0.5,  # weight of the linear half in [0, 1]; at 0 or 1 the other is not trained
    "members": 3,  # nets that are averaged
    "width": 128,  # of an utterance's fused vector
    "memory": 64,  # of each memory and of what it reads
    "remembered": "",  # modalities that the nets' memories read; "" for all
    "dropout": 0.4,  # of the nets' hidden values
    "noise": 0.2,  # of the nets' inputs
    "hide": 0.2,  # share of training utterances of which one modality is hidden
    "few": 16,  # up to so many columns a modality is measures: their squares and the distance
    # from what the speaker did so far are added
    "directions": 16,  # main directions of other modalities that the linear half remembers
    "penalties": "300 1000 3000",  # of the linear half; validation chooses
    "balance": "none",  # "weights": all labels count the same; "sampling": are drawn as often
}


def learn(problem: Problem) -> Answers:
    """Train both halves; epochs, penalty and temperature are chosen on validation.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: An option cannot be, or there are no features.
        TrainingError: A part has nothing to learn from or to choose by.
    """
    try:
        from empathia.emotion.dialogue.fitting import train
    except ImportError as e:
        raise MissingExtra("train", f"recogniser '{NAME}'") from e
    return train(problem)


def load(folder: Path, threads: int | None = None) -> KeptRecogniser:
    """The recogniser that was kept in a folder.

    Args:
        folder: Of the kept model.
        threads: Threads of torch; None leaves them.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        WeightsError: A file is missing or damaged.
    """
    try:
        from empathia.emotion.dialogue import read as _dialogue_read
    except ImportError as e:
        raise MissingExtra("train", f"recogniser '{NAME}'") from e
    return _dialogue_read.load(folder, threads)
