"""Cues of a corpus' turns: the voice against the training part, a face against itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from empathia.cues import Bins, Row, describe
from empathia.cues.bins import check_levels
from empathia.cues.face import describe_face
from empathia.types import Cues, Features, Sample

_FILE = "bins.json"
_VOICE, _FACE = "prosody", "face"
_MANY = 200  # measured training turns that give a speaker of unknown gender bins of their own


@dataclass(frozen=True, slots=True)
class Describer:
    """Makes cues of samples that have the features "prosody" or "face".

    Args:
        bins: Of the training part: by gender, where that is not known by speaker, of those who
            speak much, else overall.
        levels: 3, 4, 5 or 6.

    Raises:
        UsageError: Another number of levels.
    """

    bins: Bins
    levels: int = 5

    def __post_init__(self) -> None:
        check_levels(self.levels)

    @classmethod
    def fit(cls, train: Sequence[Sequence[Sample]], levels: int = 5) -> Describer:
        """Fit bins.

        Args:
            train: Dialogues of the training part, and of no other.
            levels: 3, 4, 5 or 6.
        """
        measured = [(s, s.features[_VOICE]) for d in train for s in d if _VOICE in s.features]
        counted = Counter(_group(s) for s, _ in measured)
        genders = {s.gender for s, _ in measured}
        groups = {g for g, n in counted.items() if g and (g in genders or n >= _MANY)}
        rows = [Row({n: f.measure(n) for n in f.names}, "train", _group(s)) for s, f in measured]
        return cls(Bins.fit(rows, groups), levels)

    def describe(self, dialogue: Sequence[Sample]) -> dict[str, dict[str, Cues]]:
        """Utterance id to kind ("voice", "face") to cues; what cannot be told is absent.

        Args:
            dialogue: In time order; a face is held against the same person's earlier turns.
        """
        told: dict[str, dict[str, Cues]] = {}
        seen: defaultdict[str | None, list[Features]] = defaultdict(list)
        for s in dialogue:
            cues: dict[str, Cues | None] = {}
            if (prosody := s.features.get(_VOICE)) is not None:
                cues["voice"] = describe(prosody, self.bins, self.levels, _group(s))
            if (face := s.features.get(_FACE)) is not None:
                cues["face"] = describe_face(face, seen[s.speaker])
                seen[s.speaker].append(face)
            told[s.id] = {k: c for k, c in cues.items() if c is not None and c.description}
        return {id: cues for id, cues in told.items() if cues}

    def save(self, folder: Path) -> None:
        """Write what was fitted, as JSON."""
        self.bins.save(folder / _FILE)

    @classmethod
    def load(cls, folder: Path, levels: int = 5) -> Describer:
        """Read what :meth:`save` wrote.

        Raises:
            InputError: It is not there, or damaged.
        """
        return cls(Bins.load(folder / _FILE), levels)


def _group(sample: Sample) -> str | None:
    return sample.gender or sample.speaker
