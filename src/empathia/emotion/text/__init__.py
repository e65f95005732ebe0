"""Emotion from the words of one utterance: MiniLM with tuned last layers and a linear head.

Beside it, where ``words`` is set, a linear model of words and pairs of words, whose weight
validation chooses.

English only. It abstains where there are no words, where the words are in a
language that it does not know, and where it is too unsure: below the confidence
that 95 % of GoEmotions' dev part reach (most answers below it were wrong; the
kept values hold the figures). Confidences are calibrated on
the same part: among answers given with .7, about 70 % are right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from empathia.config import Options
from empathia.errors import needs
from empathia.files import Plain
from empathia.training import keeping
from empathia.training.model import Model
from empathia.training.options import check_words
from empathia.training.problem import Problem

NAME = "text"
PARTIAL = True  # learns from targets of which a part is known
OPTIONS: Mapping[str, Plain] = {
    "start": "",  # a shipped weight whose change of the encoder is begun with
    "tuned": 3,  # last layers of the encoder that are trained
    "loss": "each",  # every label by itself, or "one": the labels against each other
    "dropout": 0.1,  # inside the trained layers and before the head
    "head_rate": 10.0,  # learning rate of the heads in multiples of the layers'
    "other_corpora_weight": 0.5,  # weight of a sentence of a corpus that only teaches
    "own_labels_weight": 0.5,  # weight of the second task, each corpus's own labels
    "words": 0,  # 2 to this power columns of hashed words beside the encoder; 0 for none
    "pieces": 64,  # word pieces of a sentence that are learnt from
    "coverage": 0.95,  # share of validation sentences on which it is to commit itself
}
RENAMED = {"others": "other_corpora_weight", "own": "own_labels_weight"}
NOTES = (
    "For English sentences of conversation; it abstains on other languages and where it is "
    "unsure. It reads one utterance at a time, without what was said before.",
    "Learnt from what people typed (comments, subtitles, chats): spoken, formal, older or non-US "
    "English and irony are read less well. GoEmotions' raters were from India. On dialogue of "
    "another kind it is right less often than it believes (MELD: `benchmarks/text.py` tells by how "
    "much).",
    "It estimates what a reader would take the words to express, not what a person feels. Not "
    "for decisions about people: hiring, policing, insurance, diagnosis.",
    "Fear and disgust are rare in its data (about 2 % each): expect more errors there.",
)


def learn(problem: Problem) -> Model:
    """Tune the last layers and the head; validation picks the epoch and calibrates.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: Words are no modality.
        TrainingError: The training or the validation part has no labelled words.
        WeightsError: The encoder is not there.
    """
    check_words(problem, NAME)
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.text.fitting import train
    return train(problem)


def load(folder: Path, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder.

    Args:
        folder: Of the kept model.
        threads: Threads for the encoder; None takes all cores.

    Raises:
        WeightsError: The encoder or the model is missing or damaged.
    """
    from empathia.emotion.text import read

    settings = keeping.read(folder)
    reader = read.load(folder, threads, exclusive=settings.exclusive)
    return reader.recogniser(replace(settings.about, history=False), folder, read.DELTA)


def weights_of(options: Options) -> tuple[str, ...]:
    """The encoder that is tuned, and the change of it that is begun with."""
    return tuple(n for n in ("minilm", options.text("start")) if n)
