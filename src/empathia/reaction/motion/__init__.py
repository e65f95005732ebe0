"""How the listener's face moves, frame by frame, while or after somebody speaks.

A stack of causal convolutions reads the frames of the stimulus, and how the listener last looked;
a linear filter beside it hands on what merely comes late. Where who listens is foretold
(``reaction.when = "while"``), frame t depends on nothing after frame t of the stimulus; of what
comes after it, on all that was said, and rows, such as of words, are read as well. Rows and the
emotion are told from the mean over all frames.

Of several draws the first is the best estimate; the others move as well by what the truth of a
validation pair, drawn by lot, was off. Trained in torch, it answers in NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from empathia.errors import needs
from empathia.files import Plain
from empathia.reaction._told import Foreteller
from empathia.training.problem import ReactionProblem

NAME = "motion"
OPTIONS: Mapping[str, Plain] = {
    "width": 48,  # of a frame's vector
    "kernel": 5,  # frames that a convolution sees
    "layers": 4,  # each sees twice as far back as the one before
    "echo": 16,  # frames that the linear filter sees; 0 for none
    "dropout": 0.1,
    "modality_dropout": 0.1,  # share of training pairs that lack one feature
    "weight": 1.0,  # what features count beside the emotion
    "balance": "none",  # "sampling": pairs are drawn so that emotions are as frequent
}


def learn(problem: ReactionProblem) -> Foreteller:
    """Train the net; the epoch is chosen on validation.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: An option cannot be, or there are no frames to read.
        TrainingError: There is nothing to learn from or to choose by.
    """
    with needs("train", f"predictor '{NAME}'"):
        from empathia.reaction.motion.fitting import train
    return train(problem)


def load(folder: Path, threads: int | None = None) -> Foreteller:
    """Of a kept folder; it answers with numpy alone."""
    from empathia.reaction.motion import read

    return read.load(folder)
