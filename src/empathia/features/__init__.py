"""Features: numbers that describe how one utterance sounds or reads, one file a kind.

A run file names a feature "extractor" or "extractor:variant" ("prosody",
"text:klue/roberta-base"). The extractor is a plug-in: a module that defines

- ``SOURCE``: "words", "sound" or "face", what it reads;
- ``load(variant=None, threads=None) -> Extractor``: ``variant`` is what follows the colon,
  ``threads`` how many a model may use inside (None takes all cores). Pretrained encoders are
  loaded once a process and shared. :class:`Each` makes an extractor of a function.
  The values of an item depend on that item alone, to the last bit, whatever it is called with:
  else results would change where a killed run goes on. It is called from several threads at
  once. NaN marks what cannot be measured. ``settings`` hold all that decides the values, a
  "version" for the code included: what was kept under other settings is never used;
- ``weights_of(variant) -> tuple[str, ...]``, where it needs any: which weights of the manifest;
- ``LANDMARKS = True``, where it reads a face's landmarks, which else are not kept.

:func:`empathia.bench.gather.gather` runs extractors over a corpus and keeps what they
give (:mod:`empathia.bench.cache`); :mod:`empathia.training.normalise` brings features to a
scale that is fitted on the train part. Modules that start with an underscore are parts of
a plug-in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from empathia import plugins
from empathia.contracts import Extractor, Item
from empathia.errors import EmpathiaWarning, UsageError
from empathia.files import Plain
from empathia.types import Audio, Features
from empathia.types.seen import Sight

Source = Literal["words", "sound", "face"]
_RENAMED = {"text": "words", "audio": "sound"}


class FeatureWarning(EmpathiaWarning):
    """Features that some utterances don't have, or that could not be kept, counted."""


@dataclass(frozen=True, slots=True)
class Each:
    """An :class:`Extractor` that takes one item after the other.

    Args:
        settings: All that decides the values.
        extract: Features of (words, sound or a face, utterance id).
    """

    settings: Mapping[str, Plain]
    extract: Callable[[Any, str], Features]

    def __call__(self, items: Sequence[Item]) -> list[Features]:
        """See :class:`Extractor`."""
        return [self.extract(content, utterance) for utterance, content in items]


def names() -> tuple[str, ...]:
    """Names of all extractors, sorted, without importing any."""
    return plugins.names("features")


def source(name: str) -> Source:
    """What a feature of a run file is taken from.

    Raises:
        UsageError: There is no such extractor, or it reads something that nobody hands in.
    """
    reads = _plugin(name).SOURCE
    if reads not in get_args(Source):
        new = _RENAMED.get(reads, "words', 'sound' or 'face")
        raise UsageError(
            f"the extractor '{name.partition(':')[0]}' has the SOURCE '{reads}'", f"Write '{new}'"
        )
    return cast("Source", reads)


def is_extractor(name: str) -> bool:
    """Whether there is an extractor of a feature of a run file; else it must come ready-made."""
    return name.partition(":")[0] in names()


def needs_landmarks(name: str) -> bool:
    """Whether a feature of a run file is taken from a face's landmarks.

    Raises:
        UsageError: There is no such extractor.
    """
    return bool(getattr(_plugin(name), "LANDMARKS", False))


def load(name: str, threads: int | None = None) -> Extractor:
    """The extractor of a feature of a run file.

    Args:
        name: "extractor" or "extractor:variant".
        threads: Threads that a model may use inside; None takes all cores.

    Raises:
        UsageError: There is no such extractor, or it has no such variant.
        WeightsError: It needs a model that is not there.
    """
    extractor: Extractor = _plugin(name).load(name.partition(":")[2] or None, threads)
    return extractor


def weights_of(*features: str) -> tuple[str, ...]:
    """Which weights of the manifest features of a run file are computed with, each once.

    Args:
        features: "extractor" or "extractor:variant". What is computed without a model, by a
            model that is not in the manifest, or came ready-made with a corpus uses none.
    """
    known = names()
    used: list[str] = []
    for feature in features:
        extractor, _, variant = feature.partition(":")
        if extractor in known:
            used += plugins.told(_plugin(extractor), "weights_of", variant or None)
    return tuple(dict.fromkeys(used))


def single(extractor: Extractor) -> Callable[[str | Audio | Sight, str], Features]:
    """An extractor as a function of (words, sound or a face, utterance id)."""
    return lambda content, utterance: extractor([(utterance, content)])[0]


def no_variants(name: str, variant: str | None) -> None:
    """For plug-ins that come in one form.

    Raises:
        UsageError: A variant was asked for.
    """
    if variant is not None:
        raise UsageError(
            f"the feature '{name}' has no variants, found '{name}:{variant}'", f"Write '{name}'"
        )


def _plugin(name: str) -> Any:  # noqa: ANN401 - a module with the names above
    extractor = name.partition(":")[0]
    if extractor not in (known := names()):
        raise UsageError(
            f"unknown feature '{name}' (extractors: {', '.join(known)})",
            "Name one of these, or a ready-made feature of the corpus",
        )
    return plugins.load("features", extractor, ("SOURCE", "load"))
