"""What was said, heard and seen, fused: one vector a modality, one for all, a head a target.

After EmpathicAI's net of four modalities: each is brought to the same width, all are joined and
fused, and linear heads tell the reaction's emotion and its features (words, voice, face,
landmarks). Nothing that is missing is a zero there: a modality that is not there has a vector of
its own, which is learnt, and what is not known of a reaction is left out of the loss. With
``memory``, a recurrent layer also reads the turns before, the listener's own among them.

Of several draws the first is the best estimate; the others add to it how far the truth was off in
a validation pair, drawn by lot, and have one emotion each, drawn as the first says how likely it
is. Trained in torch, it answers in NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from empathia.errors import needs
from empathia.files import Plain
from empathia.reaction._told import Foreteller
from empathia.training.problem import ReactionProblem

NAME = "fusion"
OPTIONS: Mapping[str, Plain] = {
    "width": 512,  # of each modality's vector
    "fused": 256,  # of the vector of all
    "memory": 0,  # of what is remembered of earlier turns; 0: the stimulus is all there is
    "past": 8,  # earlier turns that are read, with a memory
    "members": 1,  # nets that are averaged
    "dropout": 0.3,
    "modality_dropout": 0.2,  # share of training pairs that lack one modality
    # Of features: squared error, scaled by their spread; or "cosine", which learns directions:
    # all answers have the mean size then.
    "loss": "mse",
    "weight": 1.0,  # what features count beside the emotion
    "balance": "none",  # "sampling": pairs are drawn so that emotions are as frequent
    # A modality of up to so many columns is measures: how far each is from what the same speaker
    # did so far is added.
    "squares_up_to": 16,
}


def learn(problem: ReactionProblem) -> Foreteller:
    """Train the nets; epochs and temperature are chosen on validation.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: An option cannot be, or there are no features.
        TrainingError: There is nothing to learn from or to choose by.
    """
    with needs("train", f"predictor '{NAME}'"):
        from empathia.reaction.fusion.fitting import train
    return train(problem)


def load(folder: Path, threads: int | None = None) -> Foreteller:
    """Of a kept folder; it answers with numpy alone."""
    from empathia.reaction.fusion import read

    return read.load(folder)
