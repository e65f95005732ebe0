"""Every kind of plug-in on one screen; a plug-in is a module (or a folder) and its name.

Others' are entry points of the group ``empathia.<kind>``. Before a class: what the module defines
(docs/plugins.md). Times are s, sound is mono float32 (heard: at 16 kHz), labels are named.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from empathia.files import Plain
from empathia.types import About, Emotion, Empathy, Features, Reaction, Sample, Sight
from empathia.types.manner import PLAINLY, Manner
from empathia.types.speech import Audio, FloatArray
from empathia.types.talk import Reply, Request, Tell, Turn, Wish

Pieces = abc.Generator[str, None, None]  # a text as it is written; closing it cancels the rest
Sounds = abc.Generator[Audio, None, None]  # speech as it is spoken; likewise
Item = tuple[str, str | Audio | Sight]  # an utterance's id; its words, its sound or a face in it
Dialogues = Sequence[Sequence[Sample]]
Progress = Callable[[str, float, float | None], None]  # what is done, how much, of how much


def silent(_what: str, _done: float, _total: float | None) -> None:
    """The progress hook of nobody."""


# emotion/<name>   OPTIONS: {name: default}; learn(training.problem.Problem) -> Recogniser; load(
#  folder | None, threads) -> Recogniser; [weights_of(options) -> names; kept_of -> folders; check]
class Recogniser(Protocol):  # one emotion a sample; abstaining is an emotion with a reason
    @property
    def about(self) -> About: ...
    @property
    def record(self) -> Mapping[str, Plain]: ...  # the course of its training; {} if loaded
    def recognise(self, dialogues: Dialogues) -> list[list[Emotion]]: ...
    def save(self, folder: Path) -> None: ...  # safe files alone; UsageError says why it can't

    # [reasons(dialogues, wanted: ids) -> {id: types.Reason}: what its labels hang on]
    # [only(wanted: ids) -> Recogniser: the same, that may abstain from all others, to save work]


# features/<name>  SOURCE: "words" | "sound" | "face"; load(variant, threads); [weights_of(variant)]
class Extractor(Protocol):
    @property
    def settings(self) -> Mapping[str, Plain]: ...  # all that decides the values
    def __call__(self, items: Sequence[Item]) -> list[Features]: ...


# corpora/<name>   INFO: CorpusInfo; load(path, **options) -> tuple[Dialogue, ...]; [PROJECTIONS];
#                  [ready(path, **options) -> {feature: {utterance id: Features}}]; [listening:
#                  likewise of whoever listens to the utterance, over its time]
# judges/<name>    load(folders: Sequence[Path], threads) -> Judge
class Judge(Protocol):  # each pair is (context, reply); one Empathy each, of what it judges
    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Empathy]: ...


# replies/<name>     OPTIONS; load(options: {name: value}, tools: Tools) -> Generator
class Generator(Protocol):  # answers to the last turn; the first, its favourite, is told as written
    def propose(self, turns: Sequence[Turn], wish: Wish = ..., tell: Tell = ...) -> list[Reply]: ...


# reaction/<name>  OPTIONS; learn(training.problem.ReactionProblem); load and the rest as above
class Predictor(Protocol):  # of what the other does next, draws times; pasts end with the stimulus
    @property
    def record(self) -> Mapping[str, Plain]: ...
    def predict(self, pasts: Dialogues, draws: int = 1, seed: int = 1) -> list[list[Reaction]]: ...
    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True, slots=True)
class Tools:  # what a reply generator may use: what is asked for is loaded then
    language_model: Callable[[], LanguageModel]
    threads: int | None = None
    permissive: bool = False  # leave out what is not for commercial use


# lm/<name>        load(spec, threads) -> LanguageModel; score: log likelihoods in nats of each
class LanguageModel(Protocol):  # answer after each request, (requests, answers) [call: lm/server]
    @property
    def name(self) -> str: ...
    @property
    def is_local(self) -> bool: ...  # whether the words stay on this machine
    def complete(self, requests: Sequence[Request]) -> list[str]: ...
    def stream(self, request: Request) -> Pieces: ...
    def score(self, requests: Sequence[Request], answers: Sequence[str]) -> FloatArray: ...


# speech/<name>    load(spec, threads) -> Voice; [weights_of(spec) -> names]
class Voice(Protocol):  # pieces are mono at its rate (Hz), the first one short; () is any language
    name: str
    is_local: bool  # whether the words stay on this machine
    rate: int
    voices: Sequence[str]  # that a manner may name; () where it does not know
    languages: Sequence[str]  # ISO 639-1

    def speak(self, text: str, manner: Manner = PLAINLY) -> Sounds: ...
