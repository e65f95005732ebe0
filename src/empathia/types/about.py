"""What is known of a recogniser."""

from __future__ import annotations

from dataclasses import dataclass

from empathia.labels import LabelSet


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a recogniser; its field names are the manifest's and the card's."""

    name: str  # what an emotion's `source` says
    labels: LabelSet
    exclusive: bool = True  # one label an utterance: scores sum to 1
    causal: bool = True  # the answer to an utterance depends on nothing after it
    licence: str = ""  # of what it learnt from and of the weights it uses
    noncommercial: bool = False
    languages: tuple[str, ...] = ()  # ISO 639-1 codes it reads; () for any
    features: tuple[str, ...] = ()  # what it needs of each utterance beside the words
    history: bool = True  # whether what came before can change the answer to an utterance
    prior: tuple[float, ...] = ()  # share of each label that its scores assume; () if not known
    worth: float = 1.0  # of what it adds to that prior, on corpora that it has not seen
    risks: tuple[tuple[float, float], ...] = ()  # (confidence, share of wrong answers from it on)
