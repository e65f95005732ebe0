"""A model that was kept for use: what it is, and what is needed to read with it.

Its folder holds ``settings.json`` (this module), ``card.md``, and what the recogniser's plug-in
wrote itself: safe files alone, safetensors and JSON.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from empathia import weights
from empathia.config import Scalar
from empathia.errors import EmpathiaError, WeightsError
from empathia.labels import LabelSet

SETTINGS, CARD = "settings.json", "card.md"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """``settings.json`` of a kept model.

    Args:
        name: Of the run; readings name it as their source.
        recogniser: The plug-in.
        labels: What it tells apart.
        exclusive: One label an utterance.
        causal: Whether it reads nothing but the past.
        modalities: Modality to the features that stand for it.
        normalise: Normalisers of features, in their plain form.
        options: Of the recogniser, complete.
        licence: What decides its use: those of the corpora it learnt from and the weights it
            uses that rule out commercial use, or may do so; where none does, those of all corpora.
        noncommercial: Whether one of these rules out commercial use, or may do so.
        fingerprint: Of the run: settings, modalities, data.
        about: For people and the record: seed, corpora, weights, versions.
    """

    name: str
    recogniser: str
    labels: LabelSet
    exclusive: bool
    causal: bool
    modalities: Mapping[str, tuple[str, ...]]
    normalise: tuple[Mapping[str, Any], ...]
    options: Mapping[str, Scalar]
    licence: str
    noncommercial: bool
    fingerprint: str
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of all features that it reads."""
        return tuple(dict.fromkeys(n for names in self.modalities.values() for n in names))

    @property
    def started_from(self) -> tuple[str, ...]:
        """Weights of the manifest that its options name: what its training started from."""
        known = {e.name for e in weights.entries()}
        return tuple(dict.fromkeys(str(v) for v in self.options.values() if v in known))

    @property
    def role(self) -> str:
        """What it is for, in a few words."""
        return f"own recogniser ({self.recogniser})"

    def dumps(self) -> str:
        """The content of ``settings.json``."""
        plain = dataclasses.asdict(self) | {"format": _FORMAT}
        plain["labels"] = {"name": self.labels.name, "labels": list(self.labels)}
        return json.dumps(plain, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def read(folder: Path) -> Kept:
    """The settings of a kept model.

    Raises:
        WeightsError: The folder holds none, or one that is damaged or of another version.
    """
    path = folder / SETTINGS
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain.pop("format", None) != _FORMAT:
            raise ValueError(f"no kept model of format {_FORMAT}")
        plain["labels"] = LabelSet(plain["labels"]["name"], tuple(plain["labels"]["labels"]))
        plain["modalities"] = {m: tuple(names) for m, names in plain["modalities"].items()}
        plain["normalise"] = tuple(plain["normalise"])
        return Kept(**plain)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EmpathiaError) as e:
        raise WeightsError(
            f"'{folder}' holds no recogniser that was kept ({' '.join(str(e).split())})",
            "Give the folder 'model' that empathia train wrote: out/<run>/model",
        ) from e
