"""Ready-made vectors for any corpus: joined by utterance id, and counted where they do not fit.

What is not there is absent. A vector of nothing but zeros is what programs write for one that they
did not find, so it is absent, too; a column may well be zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia.corpora import note, warn
from empathia.errors import ConfigError, CorpusError, told_as
from empathia.labels.spelling import composed
from empathia.tables.vectors import Vectors, read
from empathia.types import Dialogue, Features


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of a file of vectors.

    Args:
        features: By utterance id, (1, numbers) each.
        without: Utterances that have none.
        unknown: Ids of the file that are no utterance.
        respelt: Ids of the file that are an utterance but for case and blanks.
        broken: Ids of vectors with a number that is missing or not finite; left out.
        zero: Ids of vectors of nothing but zeros; left out.
    """

    features: Mapping[str, Features]
    without: tuple[str, ...]
    unknown: tuple[str, ...]
    respelt: tuple[str, ...]
    broken: tuple[str, ...]
    zero: tuple[str, ...]

    @property
    def problems(self) -> dict[str, tuple[str, ...]]:
        """What is wrong, and with which ids."""
        return {
            "ids of vectors that are no utterance": self.unknown,
            "vectors with numbers that are missing, left out": self.broken,
            "vectors of nothing but zeros, taken as absent": self.zero,
            "utterances without a vector": self.without,
        }

    def tell(self, path: Path) -> None:
        """Say what does not fit, as warnings and a note of the corpus."""
        for problem, ids in self.problems.items():
            warn(f"{path}: {problem}", ids)
        if self.respelt:
            note(
                f"{path}: {len(self.respelt)} ids are utterances but for case and blanks (first: "
                f"'{self.respelt[0]}')"
            )


def ready(
    plugin: ModuleType,
    place: Path,
    options: Mapping[str, Any],
    dialogues: Sequence[Dialogue],
    vectors: Mapping[str, Path],
) -> dict[str, Mapping[str, Features]]:
    """All ready-made features of a corpus: those of its release, and vectors out of files.

    Args:
        plugin: Of the corpus.
        place: Where it lies.
        options: Of its loader.
        dialogues: What was loaded.
        vectors: Name of a feature to its file.

    Raises:
        ConfigError: The release has a feature of that name.
        CorpusError: See :func:`join`, and what the corpus raises.

    Warns:
        CorpusWarning: See :class:`Joined`.
    """
    own: Mapping[str, Mapping[str, Features]] = (
        plugin.ready(place, **options) if hasattr(plugin, "ready") else {}
    )
    if both := sorted({*own} & {*vectors}):
        raise ConfigError(
            f"vectors '{both[0]}' would take the place of the corpus's own features",
            "Give them another name",
        )
    features = dict(own)
    for name, path in vectors.items():
        joined = join(name, path, dialogues)
        joined.tell(path)
        features[name] = joined.features
    return features


def listening(
    plugin: ModuleType, place: Path, options: Mapping[str, Any]
) -> dict[str, Mapping[str, Features]]:
    """What a corpus's release has of whoever listens to an utterance, by its id.

    Args:
        plugin: Of the corpus.
        place: Where it lies.
        options: Of its loader.

    Raises:
        CorpusError: What the corpus raises.
    """
    hook = getattr(plugin, "listening", None)
    return {} if hook is None else dict(hook(place, **options))


def join(name: str, path: Path, dialogues: Sequence[Dialogue]) -> Joined:
    """Vectors of a file by the utterances that they belong to.

    Args:
        name: What the feature is to be called.
        path: See :mod:`empathia.tables.vectors`.
        dialogues: Of one corpus: utterance ids are unique.

    Raises:
        CorpusError: The file cannot be read, an utterance has two vectors, or none has one.
    """
    with told_as(CorpusError):
        vectors = read(path, name)
    utterances = [u.id for d in dialogues for u in d.utterances]
    whose = _matched(path, vectors.ids, utterances)
    broken = ~np.isfinite(vectors.values).all(axis=1)
    zero = ~vectors.values.any(axis=1) & (vectors.values.shape[1] != 1)
    features = {
        u: Features(u, name, values[None], vectors.names)
        for u, values, wrong in zip(whose, vectors.values, broken | zero, strict=True)
        if u is not None and not wrong
    }
    known = np.array([u is not None for u in whose], bool)
    if not known.any():
        raise CorpusError(
            f"'{path}' has no vector of any utterance (it has '{(*vectors.ids, '-')[0]}', the "
            f"corpus '{(*utterances, '-')[0]}')",
            "Name vectors by the utterances' ids",
        )
    return Joined(
        features,
        tuple(u for u in utterances if u not in features),
        _those(vectors, ~known),
        tuple(i for i, u in zip(vectors.ids, whose, strict=True) if u is not None and i != u),
        _those(vectors, known & broken),
        _those(vectors, known & zero),
    )


def _those(vectors: Vectors, which: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(vectors.ids[i] for i in np.flatnonzero(which))


def _matched(path: Path, ids: Sequence[str], utterances: Sequence[str]) -> list[str | None]:
    """The utterance of each id, as it is spelt or else but for case and blanks."""
    exact = set(utterances)
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for u in utterances:
        alike[_plain(u)].append(u)
    whose: list[str | None] = []
    first: dict[str, str] = {}
    for id in ids:
        near = [id] if id in exact else alike.get(_plain(id), [])
        if len(near) != 1:
            whose.append(None)
            continue
        whose.append(near[0])
        earlier = first.get(near[0])
        first[near[0]] = id
        if earlier is not None:
            spelt = f" (as '{earlier}' and '{id}')" if earlier != id else ""
            raise CorpusError(f"'{path}' has two vectors of '{near[0]}'{spelt}", "Drop one")
    return whose


def _plain(id: str) -> str:
    return "".join(composed(id).casefold().split())
