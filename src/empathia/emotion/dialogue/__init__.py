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

from empathia.errors import needs
from empathia.files import Plain
from empathia.training.model import Model
from empathia.training.problem import Problem

NAME = "dialogue"
OPTIONS: Mapping[str, Plain] = {
    "context": "causal",  # what is before; "bidirectional": and after; "none": neither
    "linear": 0.5,  # weight of the linear half in [0, 1]; at 0 or 1 the other is not trained
    "members": 3,  # nets that are averaged
    "width": 128,  # of an utterance's fused vector
    "memory": 64,  # of each memory and of what it reads
    "remembered": (),  # modalities that the nets' memories read; [] for all
    "dropout": 0.4,  # of the nets' hidden values
    "noise": 0.2,  # of the nets' inputs
    "modality_dropout": 0.2,  # share of training utterances that lack one modality
    # A modality of up to so many columns is measures: their squares, and the distance from what
    # the speaker did so far, are added.
    "squares_up_to": 16,
    "directions": 16,  # main directions of other modalities that the linear half remembers
    "penalties": (300.0, 1000.0, 3000.0),  # of the linear half; validation chooses
    "balance": "none",  # "weights": all labels count the same; "sampling": are drawn as often
}

RENAMED = {"hide": "modality_dropout", "few": "squares_up_to"}


def learn(problem: Problem) -> Model:
    """Train both halves; epochs, penalty and temperature are chosen on validation.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: An option cannot be, or there are no features.
        TrainingError: A part has nothing to learn from or to choose by.
    """
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.dialogue.fitting import train
    return train(problem)


def load(folder: Path, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder.

    Args:
        folder: Of the kept model.
        threads: Threads of torch; None leaves them.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        WeightsError: A file is missing or damaged.
    """
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.dialogue import read
    return read.load(folder, threads)
