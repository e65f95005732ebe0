"""An answer, given what it answers: weighted words, sentence vectors and marks, one linear model.

What is judged is an utterance together with the last one before it that has words: how empathic
the answer is, say. Its columns are hashed runs of words and of characters, weighted by their
rarity; the words of what it answers; the features of modality "text" (vectors of both, and their
product); and counted marks (:data:`empathia.emotion.pair.marks.NAMES`: questions, persons,
feelings, set phrases). They go into one ridge regression on the labels.

How much the vectors weigh, the penalty, how uneven labels are balanced, and an offset for each
label are chosen on folds inside of the training and validation part, whose dialogues of one
post stay together; then all of both is learnt from. Offsets are those of the best
macro F1, so the answer is the likeliest label after them, and the temperature is fitted with them.
It is read with numpy alone, and what is kept holds no words.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from empathia.errors import needs
from empathia.files import Plain
from empathia.training.model import Model
from empathia.training.options import check_words
from empathia.training.problem import Problem

NAME = "pair"
OPTIONS: Mapping[str, Plain] = {
    "words": 2,  # longest run of words of the answer that is a column
    "characters": 5,  # longest run of characters inside of its words, 0 for none
    "before": 1,  # longest run of words of what it answers, 0 for none
    "columns": 16,  # each of these has 2 to the power of this many columns
    "rarest": 2,  # training utterances that a column must occur in
    "penalties": (16.0, 32.0),  # strengths of the ridge that the inner folds choose from
    "vectors": (0.5, 1.0),  # likewise, length of each vector where that of the words is 1
    "marks": (1.0,),  # likewise, of the marks
    "balance": (0.5, 1.0),  # likewise, power of the weights by which all labels count the same
    "offsets": True,  # labels' offsets of the best macro F1, else none
    "group": "post",  # grouping that stays together in the inner folds, where there is one
    "folds": 5,  # inner folds
}
NOTES = (
    "It judges an answer by its words and by those of what it answers, one turn before. Words are "
    "counted, not understood: irony, quotations and negations deceive it.",
    "How empathic a text reads is not how empathic somebody is, nor what helps whom it is for.",
)


def learn(problem: Problem) -> Model:
    """Choose on inner folds, then learn from all that is there.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: Words are no modality, labels are not exclusive, or an option cannot be.
        TrainingError: Too few utterances have words, features and a label.
    """
    check_words(problem, NAME)
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.pair.fitting import train
    return train(problem)


def load(folder: Path, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder; it reads with numpy alone.

    Raises:
        WeightsError: It is missing or damaged.
    """
    from empathia.emotion.pair import read

    return read.load(folder)
