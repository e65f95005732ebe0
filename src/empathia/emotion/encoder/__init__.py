"""A fine-tuned text encoder: the last layers of a pretrained one and a linear head.

The utterance is read with the turns before it, ``[CLS] past [SEP] utterance
[SEP]``, and the head sees the mean over the utterance's own word pieces; of a
long past the latest pieces are kept. Each earlier turn is marked by a word,
"I:" where the same speaker said it, else "You:".

``encoder`` is ``minilm`` (pulled, English) or any encoder of the transformers
library that lies on this machine, by name or folder. The Korean recipe of TodAi
is ``encoder = "klue/roberta-base", tuned = 99, pieces = 256, head_rate = 1.0``
with lr 2e-5, batch 16, 6 epochs, patience 2, weight decay .01, clip 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from empathia import weights
from empathia.config import Options
from empathia.errors import needs
from empathia.files import Plain
from empathia.training.model import Model
from empathia.training.options import check_words
from empathia.training.problem import Problem

NAME = "encoder"
OPTIONS: Mapping[str, Plain] = {
    "encoder": "minilm",  # or a name on the hub, or a folder: read from this machine alone
    "start": "",  # "text-default": begin with minilm as it was tuned to emotions
    "tuned": 3,  # last layers that are trained; more than there are: embeddings as well
    "past": 5,  # turns before the utterance that are read with it
    "pieces": 128,  # word pieces that are read at most, of which the utterance comes first
    "dropout": 0.1,  # in the trained layers and before the head
    "head_rate": 10.0,  # learning rate of the head in multiples of the layers'
    "balance": "weights",  # all labels count the same; or "sampling" (are seen as often), "none"
}


def learn(problem: Problem) -> Model:
    """Fine-tune on the training part; validation picks the epoch and the temperature.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        WeightsError: The encoder is not on this machine, or is damaged; says how to get it.
        ConfigError: Words are no modality, or an option cannot be.
        TrainingError: The training or the validation part has no labelled words.
    """
    check_words(problem, NAME)
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.encoder.fitting import train
    return train(problem)


def load(folder: Path, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder.

    Args:
        folder: Holds what training changed of the encoder, which must be on this machine.
        threads: Threads of torch; None leaves them.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        WeightsError: A file or the encoder is missing or damaged.
    """
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.encoder import read
    return read.load(folder, threads)


def weights_of(options: Options) -> tuple[str, ...]:
    """Weights of the manifest that training starts from and reading needs."""
    known = {e.name for e in weights.entries()}
    return tuple(n for n in (options.text("encoder"), options.text("start")) if n in known)
