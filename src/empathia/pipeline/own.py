"""Reading with a recogniser of one's own: a model that ``empathia train`` kept.

It takes the place of the shipped recognisers, so that what is said is said in its labels alone.
What it needs is computed as in training: features by extractor, scales from its folder.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from empathia import features, weights
from empathia.contracts import Recogniser
from empathia.errors import UsageError
from empathia.training import model
from empathia.training.model import Settings
from empathia.training.normalise import Normaliser
from empathia.types import Audio, Emotion, Features, Sample


class Own:
    """A kept model and all that it needs.

    Args:
        settings: Of the model.
        recogniser: What its plug-in loaded.
        threads: Threads for extractors of features.

    Attributes:
        name: What emotions name as their source.
        heard: Extractors of features of sound, by name.
        weights: Names of the shipped or pulled weights that it works with.
    """

    def __init__(self, settings: Settings, recogniser: Recogniser, threads: int | None) -> None:
        self.settings, self.name, self._recogniser = settings, settings.name, recogniser
        self._normalisers = [Normaliser.restored(n) for n in settings.normalise]
        self._read: dict[str, Callable[[Any, str], Features]] = {}
        self.heard: dict[str, Callable[[Audio, str], Features]] = {}
        for name in settings.features:
            extract = features.single(features.load(name, threads))
            (self._read if features.source(name) == "text" else self.heard)[name] = extract
        self.weights = settings.weights

    def recognise(self, samples: Sequence[Sample]) -> list[Emotion]:
        """One emotion a sample; the samples are one dialogue in time order."""
        (dialogue,) = self._scaled([self._seen(s) for s in samples])
        (emotions,) = self._recogniser.recognise([dialogue])
        return list(emotions)

    def _seen(self, sample: Sample) -> Sample:
        """The sample as training saw its like: these features and no others."""
        known = {n: f for n, f in sample.features.items() if n in self.heard}
        if sample.text is not None:
            known |= {n: take(sample.text, sample.id) for n, take in self._read.items()}
        ordered = {n: known[n] for n in self.settings.features if n in known}
        text = sample.text if "text" in self.settings.modalities else None
        return dataclasses.replace(sample, text=text, features=ordered)

    def _scaled(self, dialogue: Sequence[Sample]) -> Sequence[Sequence[Sample]]:
        whole: Sequence[Sequence[Sample]] = [dialogue]
        for one in self._normalisers:
            whole = one.apply(whole)
        return whole


def _check_licences(folder: Path, settings: Settings) -> None:
    used = [weights.entry(name) for name in settings.weights]
    bound = [f"{e.name}: {e.licence}" for e in used if e.noncommercial]
    if settings.noncommercial or bound:
        raise UsageError(
            f"the recogniser in '{folder}' learnt from data, or works with weights, that are not "
            f"for commercial use or whose licence is not known "
            f"({'; '.join([settings.licence, *bound])})",
            "Leave --permissive or --recogniser out",
        )


def load(folder: Path, threads: int | None = None, *, permissive: bool = False) -> Own:
    """The model of a folder, ready to read.

    Args:
        folder: ``out/<run>/model``.
        threads: Threads for models; None takes all cores.
        permissive: Refuse one that learnt from data, or works with weights, that are not for
            commercial use.

    Raises:
        UsageError: It needs features that a reading cannot compute, or may not be used.
        WeightsError: It is missing or damaged.
        MissingExtra: It needs an extra that is not installed.
    """
    settings = model.read(folder)
    known = features.names()
    strange = [n for n in settings.features if n.partition(":")[0] not in known]
    if strange:
        raise UsageError(
            f"the recogniser in '{folder}' reads '{strange[0]}', which came ready-made with its "
            f"corpus; a reading can compute {', '.join(known)}",
            "Train with such features alone, and read with that model",
        )
    if permissive:
        _check_licences(folder, settings)
    return Own(settings, model.load(folder, threads), threads)
