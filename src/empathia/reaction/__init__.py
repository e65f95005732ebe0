"""Predictors of reactions: what the other will do next; one file, or one folder, each.

See ``empathia.contracts`` for what a plug-in defines. :func:`load` reads a predictor that
``empathia train`` kept: its own files, ``settings.json``, ``card.md`` and, where it reads what was
recognised of the past, the recogniser in a folder of its own.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from empathia import plugins
from empathia.config import Options
from empathia.contracts import Predictor, Recogniser
from empathia.errors import WeightsError
from empathia.files import Plain, write_json
from empathia.reaction._told import RECOGNISED
from empathia.training import keeping
from empathia.training.problem import Conversation
from empathia.training.shapes import Shape, fitting, misfits
from empathia.types import Features, Reaction, Sample

__all__ = [
    "RECOGNISED",
    "RECOGNISER",
    "Kept",
    "Settings",
    "kept_of",
    "load",
    "names",
    "understood",
    "weights_of",
]
RECOGNISER = "recogniser"
"""Folder inside of a kept predictor that holds the recogniser which it listens to."""
FORMAT = 1


def names() -> tuple[str, ...]:
    """All predictors, without importing any."""
    return plugins.names("reaction")


def weights_of(name: str, options: Options) -> tuple[str, ...]:
    """Weights of the manifest that a predictor starts from or works with, beside its features'.

    Args:
        name: Of the plug-in.
        options: Complete, as its ``learn`` gets them.
    """
    named: tuple[str, ...] = plugins.told(plugins.load("reaction", name), "weights_of", options)
    return named


def kept_of(name: str, options: Options) -> tuple[Path, ...]:
    """Folders of the user's models that a predictor works with.

    Args:
        name: Of the plug-in.
        options: Complete, as its ``learn`` gets them.
    """
    kept: tuple[Path, ...] = plugins.told(plugins.load("reaction", name), "kept_of", options)
    return kept


@dataclass(frozen=True, slots=True)
class Settings:
    """``settings.json`` of a kept predictor.

    Args:
        name: Of the run.
        predictor: The plug-in.
        modalities: Modality to the features of what was said so far that it reads.
        targets: Features of the reaction that it foretells.
        licence: What decides its use: those of the corpora that it learnt from, and of weights.
        noncommercial: Whether one of them rules out commercial use.
        details: For people and the record: seed, corpora, versions.
        when: Its features come "after" what is said, or "while" it is said.
        columns: Of the features that it learnt from; empty in older folders.
    """

    name: str
    predictor: str
    modalities: Mapping[str, tuple[str, ...]]
    targets: tuple[str, ...]
    licence: str
    noncommercial: bool
    details: Mapping[str, Any] = field(default_factory=dict)
    when: str = "after"
    columns: Mapping[str, Shape] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write ``settings.json``; a recogniser inside may be used for what the whole may."""
        for inside in sorted(p.parent for p in folder.glob(f"*/{keeping.SETTINGS}")):
            known = keeping.read(inside)
            dataclasses.replace(
                known, licence=self.licence, noncommercial=self.noncommercial
            ).write(inside)
        write_json(folder / keeping.SETTINGS, dataclasses.asdict(self) | {"reaction": FORMAT})


def read(folder: Path) -> Settings:
    """The settings of a kept predictor.

    Raises:
        WeightsError: The folder holds none, or one that is damaged or of another version.
    """
    try:
        plain = json.loads((folder / keeping.SETTINGS).read_text("utf-8"))
        if plain.pop("reaction") != FORMAT:
            raise ValueError("it is of another version")
        plain["modalities"] = {m: tuple(f) for m, f in plain["modalities"].items()}
        plain["columns"] = {
            n: Shape(c["number"], None if c["names"] is None else tuple(c["names"]))
            for n, c in plain.get("columns", {}).items()
        }
        return Settings(**{**plain, "targets": tuple(plain["targets"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        raise WeightsError(
            f"'{folder}' holds no predictor of reactions that was kept ({e})",
            "Give the folder 'model' that empathia train wrote: out/<run>/model",
        ) from e


@dataclass(frozen=True, slots=True)
class Kept:
    """A predictor from its folder; what it wants to know recognised is recognised first.

    A feature whose columns are not those that it learnt from is none that it knows: it is absent.

    Args:
        predictor: As its plug-in loaded it.
        settings: Of its folder.
        recogniser: Whom it listens to, if anybody.
    """

    predictor: Predictor
    settings: Settings
    recogniser: Recogniser | None = None

    @property
    def record(self) -> Mapping[str, Plain]:
        """What the predictor tells."""
        return self.predictor.record

    @property
    def columns(self) -> Mapping[str, Shape]:
        """Of the features that it learnt from, as far as that was kept or its arrays tell."""
        told: Mapping[str, int] = getattr(self.predictor, "columns", {})
        return self.settings.columns or {n: Shape(number) for n, number in told.items()}

    def misfits(self, samples: Iterable[Sample]) -> Mapping[str, Shape]:
        """Features of samples that are left out, and the columns that they have."""
        odd = misfits(self.columns, samples)
        if self.recogniser is not None:
            odd.pop(RECOGNISED, None)  # it tells its own
        return odd

    def predict(
        self, pasts: Sequence[Conversation], draws: int = 1, seed: int = 1
    ) -> list[list[Reaction]]:
        """``draws`` reactions a past; see the contract."""
        given: Sequence[Conversation] = fitting(self.columns, pasts)
        if self.recogniser is not None:
            given = [understood(self.recogniser, past) for past in given]
        if "text" not in self.settings.modalities:
            given = [[dataclasses.replace(s, text=None) for s in past] for past in given]
        return self.predictor.predict(given, draws, seed)

    def save(self, folder: Path) -> None:
        """Write it again."""
        self.predictor.save(folder)


def understood(recogniser: Recogniser, dialogue: Conversation) -> tuple[Sample, ...]:
    """A dialogue with the feature :data:`RECOGNISED`, where something was recognised."""
    (emotions,) = recogniser.recognise([dialogue])
    samples = []
    for sample, emotion in zip(dialogue, emotions, strict=True):
        features = {k: v for k, v in sample.features.items() if k != RECOGNISED}
        if emotion.scores:
            scores = np.array([emotion.scores], np.float32)
            features[RECOGNISED] = Features(sample.id, RECOGNISED, scores, emotion.labels.labels)
        samples.append(dataclasses.replace(sample, features=features))
    return tuple(samples)


def load(folder: Path, threads: int | None = None) -> Kept:
    """The predictor that a folder holds.

    Args:
        folder: Of a kept model.
        threads: Threads of its models; None takes all cores.

    Raises:
        WeightsError: It is missing, damaged, or of another version.
        MissingExtra: It needs an extra that is not installed.
        UsageError: Its plug-in is not there.
    """
    settings = read(folder)
    plugin = plugins.load("reaction", settings.predictor, ("load",))
    inside = folder / RECOGNISER
    recogniser = keeping.load(inside, threads) if inside.is_dir() else None
    try:
        return Kept(plugin.load(folder, threads), settings, recogniser)
    except (*keeping.UNFIT, RuntimeError, OSError) as e:
        raise keeping.damaged(folder, e) from e
