"""The folder of a kept model, a shipped one included, and the recogniser back out of it.

It holds ``settings.json`` (:class:`Settings`), ``card.md``, and what the recogniser's plug-in wrote
itself: safe files alone, safetensors and JSON.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia import plugins, weights
from empathia.contracts import Recogniser
from empathia.encoders.layers import as_learnt
from empathia.errors import EmpathiaError, LabelError, WeightsError
from empathia.files import Plain, write, write_json
from empathia.labels import LabelSet
from empathia.training.model import Reasons, only
from empathia.training.normalise import Normaliser, NormaliserJson
from empathia.training.problem import Conversation
from empathia.types import About, Emotion, Sample

SETTINGS, CARD = "settings.json", "card.md"
ARRAYS, VALUES = "model.safetensors", "model.json"
FORMAT = 2
UNFIT = (KeyError, TypeError, ValueError, IndexError, AttributeError)
"""What files of another making raise."""

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Settings:
    """``settings.json`` of a kept model.

    Args:
        name: What an emotion's ``source`` says: of the run, or "text" and "voice" for what ships.
        recogniser: The plug-in.
        labels: What it tells apart.
        exclusive: One label an utterance.
        causal: Whether it reads nothing but the past.
        languages: ISO 639-1 codes of what it reads; () for any.
        modalities: Modality to the features that stand for it.
        normalise: Normalisers of features, in their plain form.
        options: Of the recogniser, complete.
        licence: What decides its use: those of the corpora it learnt from and the weights it
            uses that rule out commercial use, or may do so; where none does, those of all corpora.
        noncommercial: Whether one of these rules out commercial use, or may do so.
        weights: Weights of the manifest that it works with, its features' included.
        prior: Share of each label that its scores assume; () where that is not known.
        worth: The power of what its scores add to the prior, in (0, 1]; fitted on corpora that it
            has not seen.
        risks: Confidences, each with the share of answers from it on that are wrong on such
            corpora; () where that is not known.
        fingerprint: Of the run: settings, modalities, data.
        details: For people and the record: seed, corpora, versions.
    """

    name: str
    recogniser: str
    labels: LabelSet
    exclusive: bool
    causal: bool
    modalities: Mapping[str, tuple[str, ...]]
    options: Mapping[str, Any]
    licence: str
    noncommercial: bool
    languages: tuple[str, ...] = ()
    normalise: tuple[NormaliserJson, ...] = ()
    weights: tuple[str, ...] = ()
    prior: tuple[float, ...] = ()
    worth: float = 1.0
    risks: tuple[tuple[float, float], ...] = ()
    fingerprint: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of all features that it reads."""
        return tuple(dict.fromkeys(n for names in self.modalities.values() for n in names))

    @property
    def computed(self) -> Mapping[str, str]:
        """These names, to those by which they are computed today."""
        return {n: as_learnt(n, self.weights) for n in self.features}

    @property
    def about(self) -> About:
        """What is known of the recogniser, without loading it."""
        return About(
            self.name,
            self.labels,
            self.exclusive,
            self.causal,
            self.licence,
            self.noncommercial,
            self.languages,
            tuple(self.computed.values()),
            prior=self.prior,
            worth=self.worth,
            risks=self.risks,
        )

    @property
    def role(self) -> str:
        """What it is for, in a few words."""
        return f"own recogniser ({self.recogniser})"

    def write(self, folder: Path) -> None:
        """Write ``settings.json``."""
        plain = dataclasses.asdict(self) | {"format": FORMAT}
        plain["labels"] = {"name": self.labels.name, "labels": list(self.labels)}
        write_json(folder / SETTINGS, plain, allow_nan=False)


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A recogniser from its folder, which sees what it learnt to see and nothing else.

    Args:
        recogniser: As its plug-in loaded it.
        settings: Of its folder.
        folder: Where it was kept.
        normalisers: Bring features to the scale of its training.
    """

    recogniser: Recogniser
    settings: Settings
    folder: Path
    normalisers: tuple[Normaliser, ...] = ()

    @property
    def about(self) -> About:
        """What it is; a scale may be that of the speaker's past."""
        what = self.recogniser.about
        return dataclasses.replace(what, history=what.history or bool(self.normalisers))

    @property
    def record(self) -> Mapping[str, Plain]:
        """What the recogniser tells."""
        return self.recogniser.record

    def recognise(self, dialogues: Sequence[Conversation]) -> list[list[Emotion]]:
        """One emotion a sample, dialogue by dialogue; see the contract.

        Raises:
            WeightsError: What was kept does not fit together.
        """
        try:
            return self.recogniser.recognise(self.seen(dialogues))
        except (*UNFIT, LabelError) as e:
            raise damaged(self.folder, e) from e

    def only(self, wanted: Collection[str]) -> Kept:
        """The same, that answers of these ids alone, where that is less work."""
        return dataclasses.replace(self, recogniser=only(self.recogniser, wanted))

    @property
    def reasons(self) -> Reasons | None:
        """What tells why, where the recogniser can."""
        inner: Reasons | None = getattr(self.recogniser, "reasons", None)
        return inner and (lambda dialogues, wanted: inner(self.seen(dialogues), wanted))

    def save(self, folder: Path) -> None:
        """Write it again."""
        self.recogniser.save(folder)

    def seen(self, dialogues: Sequence[Conversation]) -> Sequence[Conversation]:
        """Dialogues as the recogniser learnt to see them."""
        seen: Sequence[Conversation] = [[self._seen(s) for s in d] for d in dialogues]
        for normaliser in self.normalisers:
            seen = normaliser.apply(seen)
        return seen

    def _seen(self, sample: Sample) -> Sample:
        computed = self.settings.computed.items()
        features = {n: sample.features[c] for n, c in computed if c in sample.features}
        text = sample.text if "text" in self.settings.modalities else None
        return dataclasses.replace(sample, text=text, features=features)


def place(name: str) -> Path:
    """The folder of a model that ships, by its name; else what is named is a folder."""
    ships = name in {e.name for e in weights.entries() if e.shipped}
    return weights.folder(name) if ships else Path(name)


def read(folder: Path) -> Settings:
    """The settings of a kept model.

    Raises:
        WeightsError: The folder holds none, or one that is damaged or of another version.
    """
    path = folder / SETTINGS
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if (version := plain.pop("format", None)) != FORMAT:
            raise _of_another_version(folder, version)
        plain["labels"] = LabelSet(plain["labels"]["name"], tuple(plain["labels"]["labels"]))
        plain["modalities"] = {m: tuple(names) for m, names in plain["modalities"].items()}
        for name in ("normalise", "languages", "weights"):
            plain[name] = tuple(plain[name])
        plain["prior"] = tuple(plain.get("prior", ()))
        plain["risks"] = tuple((float(c), float(wrong)) for c, wrong in plain.get("risks", ()))
        return Settings(**plain)
    except WeightsError:
        raise
    except (OSError, *UNFIT, EmpathiaError) as e:
        raise WeightsError(
            f"'{folder}' holds no recogniser that was kept ({' '.join(str(e).split())})",
            "Give the folder 'model' that empathia train wrote: out/<run>/model",
        ) from e


def _of_another_version(folder: Path, version: object) -> WeightsError:
    newer = isinstance(version, int) and version > FORMAT
    return WeightsError(
        f"'{folder}' holds a recogniser that another version of Empathia kept (format "
        f"{version}, this one reads {FORMAT})",
        ("Update Empathia, or run" if newer else "Run")
        + " empathia train again: answers that are there already are kept",
    )


def load(folder: Path, threads: int | None = None) -> Kept:
    """The recogniser that a folder holds; it sees samples as its training saw their like.

    Args:
        folder: Of a kept model.
        threads: Threads of its models; None takes all cores.

    Raises:
        WeightsError: It is missing, damaged, or of another version.
        MissingExtra: It needs an extra that is not installed.
        UsageError: Its plug-in is not there.
    """
    settings = read(folder)
    plugin = plugins.load("emotion", settings.recogniser, ("load",))
    try:
        normalisers = tuple(Normaliser.restored(n) for n in settings.normalise)
        return Kept(plugin.load(folder, threads), settings, folder, normalisers)
    except (*UNFIT, RuntimeError) as e:
        raise damaged(folder, e) from e


def write_arrays(folder: Path, arrays: Arrays, values: Mapping[str, object]) -> None:
    """Write what a recogniser learnt: numbers, and whatever JSON can hold."""
    from safetensors.numpy import save

    write(folder / ARRAYS, save({k: np.ascontiguousarray(v) for k, v in arrays.items()}))
    write_json(folder / VALUES, values, allow_nan=False)


def read_arrays(folder: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """What :func:`write_arrays` wrote: arrays (rows, columns, ...) by name, and values.

    Raises:
        WeightsError: A file is missing or damaged, or holds what is no number.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        text = (folder / VALUES).read_text(encoding="utf-8")
        values = json.loads(text, parse_constant=_no_number)
        arrays = load_file(folder / ARRAYS)
    except (OSError, ValueError, SafetensorError) as e:
        raise damaged(folder, e) from e
    for name, array in arrays.items():
        if np.isnan(array).any():
            raise damaged(folder, f"'{name}' holds what is no number")
    return arrays, values


def _no_number(constant: str) -> None:
    raise ValueError(f"{VALUES} holds {constant}")


def check_shapes(folder: Path, arrays: Arrays, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse arrays that are missing or have another shape than what reads them expects.

    Args:
        folder: Where they were kept.
        arrays: What :func:`read_arrays` gave.
        shapes: Expected, by name.

    Raises:
        WeightsError: One does not fit.
    """
    for name, shape in shapes.items():
        if name not in arrays:
            raise damaged(folder, KeyError(name))
        if arrays[name].shape != shape:
            raise damaged(folder, f"'{name}' has shape {arrays[name].shape}, expected {shape}")


def positive(value: object) -> float:
    """A number above 0, such as a temperature.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError(f"{value!r} where a number above 0 is expected")
    return float(value)


def damaged(folder: Path, reason: object) -> WeightsError:
    """The error for files that do not fit."""
    if isinstance(reason, KeyError):
        reason = f"{reason} is missing"
    return WeightsError(
        f"the recogniser in '{folder}' is damaged ({' '.join(str(reason).split())})",
        "Run empathia train again, or for one that ships: empathia weights verify",
    )
