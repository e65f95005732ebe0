"""Emotion from words of several languages: multilingual-e5-small with tuned last layers.

It learns from corpora of several languages at once. They differ in how often they find
an emotion and in how many of them a text has: each corpus has a *view*, the logarithm
of its own shares, on top of logits that all of them share (logit adjustment, Menon et
al., ICLR 2021). What is kept is the neutral view: in it each label is judged against
its own base rate, and the shares of the kind of text that is read are stated
(``prior``; even ones where none are).

A comment has several labels; which of them it has most is told by its corpus's own
finer labels: how many of a family it has, against how many are usual.
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

NAME = "text_multilingual"
PARTIAL = True  # learns from targets of which a part is known
OPTIONS: Mapping[str, Plain] = {
    "tuned": 6,  # last layers of the encoder that are trained
    "dropout": 0.1,  # inside the trained layers and before the head
    "head_rate": 10.0,  # learning rate of the heads in multiples of the layers'
    "per_epoch": {},  # corpus = sentences that an epoch draws of it; each once where not named
    "other_corpora_weight": 0.5,  # weight of a sentence of a corpus that is not evaluated
    "one_label_weight": 0.3,  # weight of which label a sentence has most
    "own_labels_weight": 1.0,  # weight of the second task, each corpus's own labels
    "pieces": 64,  # word pieces of a sentence that are learnt from
    "prior": {},  # label = share in the kind of text that is read; {}: even shares
    "coverage": 0.95,  # share of validation sentences on which it is to commit itself
}
NOTES = (
    "For Korean sentences, and less surely for German, Japanese and Chinese ones, of which it has "
    "learnt nothing: it knows their words by its encoder, their feelings from Korean and English. "
    "It abstains on other languages and where it is unsure. It reads one utterance at a time, "
    "without what was said before.",
    "Learnt from 5,000 Korean comments, 1,100 plain sentences that were written for it, and "
    "English comments, subtitles and chats: spoken language differs.",
    "It judges each label against its own base rate: of sentences that are as often neutral as in "
    "talk, more are called an emotion than have one, unless their prior is stated.",
    "It estimates what a reader would take the words to express, not what a person feels. Not "
    "for decisions about people: hiring, policing, insurance, diagnosis.",
)


def learn(problem: Problem) -> Model:
    """Tune the last layers and the heads; validation picks the epoch and calibrates.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: Words are no modality, or an option cannot be.
        TrainingError: The training or the validation part has no labelled words.
        WeightsError: The encoder is not there.
    """
    check_words(problem, NAME)
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.text_multilingual.fitting import train
    return train(problem)


def load(folder: Path, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder.

    Args:
        folder: Of the kept model.
        threads: Threads for the encoder; None takes all cores.

    Raises:
        WeightsError: The encoder or the model is missing or damaged.
    """
    from empathia.emotion.text_multilingual import read

    settings = keeping.read(folder)
    reader = read.load(folder, threads, exclusive=settings.exclusive)
    return reader.recogniser(replace(settings.about, history=False), folder, read.DIFFERENCE)


def weights_of(options: Options) -> tuple[str, ...]:
    """The encoder that is tuned."""
    return ("e5-small",)
