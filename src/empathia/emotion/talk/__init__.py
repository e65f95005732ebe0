"""Emotion in talk: words read with what was said before them, and how they were said.

One encoder reads an utterance behind its past, a small net hears the eight
prosodic measures against what the speaker did so far; their logits are added.
Either may be missing. It looks at nothing that comes later.

Corpora differ in how often they find an emotion, in what they call neutral, and in
how long a feeling lasts. That is a nuisance, not knowledge: each corpus has a *view*,
the logarithm of its label shares and a correction that is learnt, on top of logits
that all of them share (logit adjustment, Menon et al., ICLR 2021; Saerens et al.,
Neural Computation 2002, for priors that change). A corpus that validates has a memory
besides: fading traces of the scores of earlier turns, the speaker's own and the others'.
An utterance of a corpus that was learnt from is answered in its view, without what came
before where it was learnt so (``alone``); any other one in the neutral view, in which all
labels are as frequent and nothing is remembered but the words.

Where utterances of the training part are rated, valence, arousal and dominance are told, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from empathia import weights
from empathia.config import Options
from empathia.errors import needs
from empathia.files import Plain
from empathia.training import keeping
from empathia.training.model import Model
from empathia.training.options import check_words
from empathia.training.problem import Problem

NAME = "talk"
OPTIONS: Mapping[str, Plain] = {
    "start": "text-empathetic",  # a shipped change of minilm to begin with; "" for none
    "past": 5,  # turns before the utterance that are read with it
    "pieces": 96,  # word pieces that are read at most, of which the utterance comes first
    "dropout": 0.1,  # in the three last layers, which are trained, and before the second task
    "head_dropout": 0.3,  # before the head
    "head_rate": 10.0,  # learning rate of all else in multiples of the layers'
    "own_labels_weight": 0.1,  # weight of the second task, each corpus's own labels
    "ratings_weight": 0.3,  # weight of the third, rated valence, arousal and dominance
    "per_epoch": {},  # corpus = utterances of it that an epoch learns from; all where not named
    "alone": (),  # corpora whose labels are those of whole dialogues: they are read without a past
    "hide_past": 0.4,  # share of the other utterances that are read without their past in training
    "hide_words": 0.1,  # share of utterances with measures that lack their words in training
    "hide_measures": 0.3,  # share of utterances that lack their measures in training
}
NOTES = (
    "For English conversation; it abstains on other languages. It reads an utterance with five "
    "turns before it, and hears how loud, high and quick it was beside the speaker's earlier ones.",
    "Learnt from the dialogue of a television series, from written dialogue, film subtitles and "
    "comments: spontaneous talk of another kind is read less well, irony badly.",
    "It estimates what an observer would take the words and the voice to express, not what a "
    "person feels. Not for decisions about people: hiring, policing, insurance, diagnosis.",
)


def learn(problem: Problem) -> Model:
    """Tune the last layers, the nets and the views; validation picks the epoch.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: Words are no modality, labels are not exclusive, or an option cannot be.
        TrainingError: The training or the validation part, or a corpus of the training part, has
            no labelled utterance with words.
        WeightsError: The encoder is not there.
    """
    check_words(problem, NAME)
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.talk.fitting import train
    return train(problem)


def load(folder: Path, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder.

    Args:
        folder: Of the kept model.
        threads: Threads for the encoder; None takes all cores.

    Raises:
        WeightsError: The encoder or the model is missing or damaged.
    """
    from empathia.emotion.talk import read

    settings = keeping.read(folder)
    return read.recogniser(settings.about, read.load(folder, Options(settings.options), threads))


def weights_of(options: Options) -> tuple[str, ...]:
    """Weights of the manifest that training starts from and reading needs."""
    known = {e.name for e in weights.entries()}
    return tuple(n for n in ("minilm", options.text("start")) if n in known)
