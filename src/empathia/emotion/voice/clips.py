"""Labelled clips of several corpora as one table, and who may be learnt from.

Speakers are what must not be shared: every split here is by speaker, and a
speaker's name counts only within its corpus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from empathia import media
from empathia.emotion.voice import select
from empathia.errors import ConfigError
from empathia.labels import LabelSet, projection
from empathia.metrics.balance import class_weights
from empathia.metrics.scores import one_hot
from empathia.types import Audio, Dialogue, Features, Utterance

Extract = Callable[[Audio, str], Features]


@dataclass(frozen=True, slots=True)
class Clips:
    """Clips with features and labels.

    Args:
        ids: (n,) utterance ids.
        corpus: (n,) names.
        speaker: (n,) names, unique over all corpora.
        label: (n,) index into the label set.
        values: (n, dim) float32.
    """

    ids: NDArray[np.str_]
    corpus: NDArray[np.str_]
    speaker: NDArray[np.str_]
    label: NDArray[np.int64]
    values: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, which: NDArray[np.bool_]) -> Clips:
        """The clips where ``which`` is true."""
        return Clips(*(getattr(self, f.name)[which] for f in fields(self)))


def clips(
    corpora: Mapping[str, Sequence[Dialogue]],
    labels: LabelSet,
    extract: Extract,
    columns: Sequence[str],
) -> Clips:
    """Decode, extract and label; what the projection drops, and silence, is left out.

    Raises:
        ConfigError: A corpus has no labels, or nothing is left.
        MediaError: A clip cannot be decoded.
    """
    rows: list[tuple[str, str, str, int, NDArray[np.float32]]] = []
    for corpus, dialogues in corpora.items():
        for clip, label in _labelled(corpus, dialogues, labels):
            features = extract(_sound(clip), clip.id)
            if features.measure("speech"):
                speaker = f"{corpus}/{clip.speaker}"
                rows.append((clip.id, corpus, speaker, label, select(features, columns)))
    if not rows:
        raise ConfigError(
            f"no clip of {', '.join(corpora)} has sound and a label of '{labels.name}'",
            "Choose other corpora",
        )
    ids, names, speakers, targets, values = zip(*rows, strict=True)
    return Clips(
        np.array(ids), np.array(names), np.array(speakers), np.array(targets), np.stack(values)
    )


def _labelled(
    corpus: str, dialogues: Sequence[Dialogue], labels: LabelSet
) -> list[tuple[Utterance, int]]:
    found: list[tuple[Utterance, int]] = []
    for dialogue in dialogues:
        if dialogue.labels is None:
            raise ConfigError(f"corpus '{corpus}' has no labels", "Choose a labelled corpus")
        project = projection(dialogue.labels, labels)
        for u in dialogue.utterances:
            kept = {project(g) for g in u.gold} - {None}
            if u.audio is not None and len(kept) == 1:
                found.append((u, labels.index(str(kept.pop()))))
    return found


def _sound(clip: Utterance) -> Audio:
    assert clip.audio is not None
    place = clip.place("audio")
    if place is not None:
        return next(media.spans(clip.audio, [place]))
    blocks = [b.samples for b in media.blocks(clip.audio)]
    return Audio(np.concatenate(blocks), 16_000)


def held_out(clips: Clips, share: float, seed: int) -> NDArray[np.bool_]:
    """Clips of a seeded choice of speakers: ``share`` of each corpus's, at least one.

    Returns:
        (n,) true where the clip's speaker is held out.

    Raises:
        ConfigError: A corpus has a single speaker.
    """
    rng = np.random.default_rng(seed)
    chosen: list[str] = []
    for corpus in np.unique(clips.corpus):
        speakers = np.unique(clips.speaker[clips.corpus == corpus])
        if len(speakers) < 2:
            raise ConfigError(
                f"corpus '{corpus}' has {len(speakers)} speaker, expected at least 2",
                "Raise data.limit or leave the corpus out",
            )
        chosen.extend(rng.permutation(speakers)[: max(1, round(share * len(speakers)))])
    return np.isin(clips.speaker, chosen)


def speaker_folds(clips: Clips, folds: int, seed: int) -> list[NDArray[np.bool_]]:
    """Test parts of a cross-validation over speakers; every clip is in exactly one."""
    rng = np.random.default_rng(seed)
    number: dict[str, int] = {}
    for corpus in np.unique(clips.corpus):
        speakers = rng.permutation(np.unique(clips.speaker[clips.corpus == corpus]))
        number |= {str(s): i % folds for i, s in enumerate(speakers)}
    which = np.array([number[str(s)] for s in clips.speaker])
    return [which == k for k in range(folds) if (which == k).any()]


def clip_weights(clips: Clips) -> NDArray[np.float32]:
    """Weight of each clip: within a corpus all its labels count the same; mean 1.

    Corpora keep their size: weighting a small corpus up to a large one made the
    head worse on a third.
    """
    weight = np.zeros(len(clips), np.float32)
    classes = int(clips.label.max()) + 1
    for corpus in np.unique(clips.corpus):
        inside = clips.corpus == corpus
        label = clips.label[inside]
        weight[inside] = class_weights(one_hot(label, classes), exclusive=True)[label]
    return weight
