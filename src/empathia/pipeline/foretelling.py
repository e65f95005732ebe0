"""Reactions that a trained predictor foretells, laid into the time of a talk to be looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from empathia import features, reaction
from empathia.errors import UsageError
from empathia.face.motion import neutral
from empathia.face.normalise import normalised
from empathia.face.points import MEASURES
from empathia.pipeline import concern
from empathia.reaction import RECOGNISED, lively
from empathia.training.keeping import SETTINGS
from empathia.training.shapes import Shape
from empathia.types import Features, FloatArray, Reaction, Sample
from empathia.types.seen import LANDMARKS

_EASE = 10  # frames from one reaction to the next
_LANDMARKS = "landmarks"
_FACE = "face"
_SEEN = Shape(len(MEASURES), MEASURES)  # of a face in a video


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Foretold:
    """What a predictor makes of a talk.

    Args:
        reactions: By turn; None where the listener speaks.
        face: (frames, 55), or None; see :class:`empathia.pipeline.reacting.Reacted`.
        points: (frames, 478, 3), or None.
        notes: Honest remarks.
    """

    reactions: tuple[Reaction | None, ...]
    face: FloatArray | None
    points: FloatArray | None
    notes: tuple[str, ...]


def load(name: str, threads: int | None = None) -> reaction.Kept:
    """A predictor that was kept.

    Raises:
        UsageError: There is no such folder, or it holds none.
        WeightsError: It is damaged.
    """
    folder, remedy = Path(name), "Give lively, or the folder out/<run>/model of empathia train"
    if not folder.is_dir():
        if name in reaction.names():
            raise UsageError(f"'{name}' answers in runs alone (docs/reactions.md)", remedy)
        raise UsageError(f"there is no predictor '{name}'", remedy)
    if not (folder / SETTINGS).is_file():
        raise UsageError(f"'{folder}' holds no predictor of reactions", remedy)
    return reaction.load(folder, threads)


def wanted(kept: reaction.Kept, source: str) -> tuple[str, ...]:
    """Features of a source ("words", "sound") that a predictor reads and that can be computed."""
    known = (f for f in _read(kept) if f.partition(":")[0] in features.names())
    return tuple(f for f in known if features.source(f) == source)


def foretell(
    kept: reaction.Kept,
    stimuli: Sequence[lively.Stimulus],
    heard: Sequence[int],
    length: float,
    seed: int,
    *,
    sober: Sequence[concern.Span] = (),
) -> Foretold:
    """Ask a predictor what follows each turn that is listened to, or goes on over it.

    Args:
        kept: The predictor.
        stimuli: All turns.
        heard: Places of those that are listened to.
        length: Of the talk, in s.
        seed: Of what is drawn by lot.
        sober: When nothing but concern may be drawn (s), whatever is foretold.

    Raises:
        UsageError: It foretells nothing of any turn, or nothing that can be drawn.
    """
    reactions = _asked(kept, [s.sample for s in stimuli], heard, seed)
    told = _in_time(kept, stimuli, heard, reactions)
    notes = _notes(kept, [s.sample for s in stimuli], [r for _, r in told])
    frames = max(1, round(length * lively.RATE))
    if rows := list(_places(told)):
        rest = neutral().astype(np.float32).reshape(-1)
        points = concern.sobered(_laid(rows, rest, frames), sober, rest)
        return Foretold(reactions, None, points.reshape(frames, LANDMARKS, 3), notes)
    if rows := list(_faces(told)):
        still = np.zeros(len(lively.NAMES), np.float32)
        face = concern.sobered(_laid(rows, still, frames), sober)
        return Foretold(reactions, face, None, notes)
    if not any(r.emotion is not None and r.emotion.label is not None for _, r in told):
        raise UsageError(
            f"nothing that '{kept.settings.name}' foretells can be drawn "
            f"({', '.join(kept.settings.targets) or 'it is unsure'})",
            f"Train one that foretells {LANDMARKS} landmarks, a face whose columns are named as "
            "blendshapes, or an emotion",
        )
    hints = {start for start, _ in sober}  # no feeling answers these, joy as little as anger
    felt = [
        _felt(s, None if s.start in hints else reactions[i]) for i in heard if (s := stimuli[i])
    ]
    face = concern.sobered(lively.follow(felt, length, seed), sober)
    what = "what can be drawn of it is" if kept.settings.targets else "it foretells"
    note = f"{what} the emotion alone: lively rules, not learnt, move the face by that"
    return Foretold(reactions, face, None, (*notes, note))


def _asked(
    kept: reaction.Kept, samples: Sequence[Sample], heard: Sequence[int], seed: int
) -> tuple[Reaction | None, ...]:
    """By turn, its reaction; None where the listener speaks."""
    answers = kept.predict([samples[: i + 1] for i in heard], 1, seed)
    reactions: list[Reaction | None] = [None] * len(samples)
    for i, (first, *_) in zip(heard, answers, strict=True):
        reactions[i] = first
    return tuple(reactions)


def _in_time(
    kept: reaction.Kept,
    stimuli: Sequence[lively.Stimulus],
    heard: Sequence[int],
    reactions: Sequence[Reaction | None],
) -> list[tuple[float, Reaction]]:
    """When each reaction begins (s), in this order."""
    late = kept.settings.when == "after"
    begun = [(stimuli[i].start + late * stimuli[i].length, reactions[i]) for i in heard]
    told = [(begin, r) for begin, r in begun if r is not None]
    return sorted(told, key=lambda each: each[0])  # turns overlap: who starts first may end last


Row = tuple[float, FloatArray, float | None]
"""When a reaction begins (s), its frames, and frames a second (None: one row)."""


def _places(told: Sequence[tuple[float, Reaction]]) -> Iterator[Row]:
    for begin, r in told:
        feature = r.features.get(_LANDMARKS)
        if feature is None or feature.values.shape[1] != 3 * LANDMARKS:
            continue
        values = feature.values[np.isfinite(feature.values).all(1)]
        if len(values):
            points, _ = normalised(values.reshape(-1, LANDMARKS, 3))
            yield begin, points.reshape(len(values), -1), feature.rate


def _faces(told: Sequence[tuple[float, Reaction]]) -> Iterator[Row]:
    for begin, r in told:
        feature = r.features.get(_FACE)
        if feature is None or not set(feature.names) & set(lively.NAMES):
            continue
        values = feature.values[np.isfinite(feature.values).any(1)]
        if not len(values):
            continue
        face = np.zeros((len(values), len(lively.NAMES)), np.float32)
        for i, name in enumerate(feature.names):
            if name in lively.NAMES:
                face[:, lively.NAMES.index(name)] = np.nan_to_num(values[:, i])
        yield begin, face, feature.rate


def _laid(rows: Sequence[Row], rest: FloatArray, frames: int) -> FloatArray:
    """(frames, columns) of reactions (frames, columns) behind each other; each holds its end."""
    track = np.tile(rest, (frames, 1))
    starts = [min(round(begin * lively.RATE), frames) for begin, _, _ in rows]
    for (_, values, rate), start, end in zip(rows, starts, [*starts[1:], frames], strict=True):
        if end <= start:
            continue
        at = np.minimum(np.arange(end - start) * (rate or 0) / lively.RATE, len(values) - 1)
        low, share = at.astype(int), (at % 1)[:, None].astype(np.float32)
        high = np.minimum(low + 1, len(values) - 1)
        track[start:end] = values[low] * (1 - share) + values[high] * share
        ease = np.linspace(0, 1, min(_EASE, end - start), endpoint=False, dtype=np.float32)[:, None]
        before, now = track[max(start - 1, 0)].copy(), track[start : start + len(ease)]
        now[:] = before * (1 - ease) + now * ease
        track[end:] = track[end - 1]
    return track


def _felt(stimulus: lively.Stimulus, told: Reaction | None) -> lively.Stimulus:
    """The stimulus with the foretold emotion in place of the speaker's."""
    sample = stimulus.sample
    known = {k: v for k, v in sample.features.items() if k != RECOGNISED}
    if told is not None and (emotion := told.emotion) is not None and emotion.label is not None:
        scores = np.array([emotion.scores], np.float32)
        known[RECOGNISED] = Features(sample.id, RECOGNISED, scores, emotion.labels.labels)
    return stimulus._replace(sample=dataclasses.replace(sample, features=known))


def _notes(
    kept: reaction.Kept, samples: Sequence[Sample], told: Sequence[Reaction]
) -> tuple[str, ...]:
    """What a predictor may be used for, what it does not get, and of how much it says anything.

    Raises:
        UsageError: It foretells nothing at all.
    """
    settings, lacking = kept.settings, list(_lacking(kept, samples))
    known = sum(map(_anything, told))
    if not known:
        names = ", ".join(n for m, every in settings.modalities.items() for n in every or (m,))
        why = "; ".join(each.removeprefix(f"'{settings.name}' reads ") for each in lacking)
        raise UsageError(
            f"'{settings.name}' reads {names} and foretells nothing of this talk: "
            f"{why or 'there is nothing here by which it could'}",
            _remedy(kept),
        )
    notes = list(lacking)
    if settings.noncommercial:
        notes.insert(0, f"'{settings.name}': non-commercial use only ({settings.licence})")
    if known < len(told):
        notes.append(
            f"'{settings.name}' foretells {known} of {len(told)} turns alone: of the others "
            "nothing is there by which it could"
        )
    return tuple(notes)


def _anything(told: Reaction) -> bool:
    emotion = told.emotion is not None and bool(told.emotion.scores)
    return emotion or any(np.isfinite(f.values).any() for f in told.features.values())


def _lacking(kept: reaction.Kept, samples: Sequence[Sample]) -> Iterator[str]:
    """What a predictor reads and does not get, and why."""
    me, misfits = f"'{kept.settings.name}'", kept.misfits(samples)
    for name, here in misfits.items():
        has, learnt = here.unlike(kept.columns[name])
        yield f"'{name}' has {has} here, {me} learnt from {learnt}: left out"
    own = {RECOGNISED} if kept.recogniser is not None else set()  # it is told within
    absent = [n for n in _read(kept) if n not in own and not any(n in s.features for s in samples)]
    foreign = [n for n in absent if _foreign(n)]
    for name in (n for n in absent if n not in foreign):
        why = " (a video has it, a timeline does not)" if name == _FACE else ""
        if _unlike_a_talk_s(kept, name):
            has, learnt = _SEEN.unlike(kept.columns[name])
            why = f" (that of a video has {has}, {me} learnt from {learnt})"
        yield f"{me} reads '{name}', which is absent here{why}"
    if foreign:
        names = ", ".join(f"'{n}'" for n in foreign)
        corpora = ", ".join(str(c["name"]) for c in kept.settings.details.get("corpora", ()))
        of = f" ({corpora})" if corpora else ""
        yield f"{me} reads {names}, which the corpus has that it learnt from{of} and no talk has"


def _read(kept: reaction.Kept) -> tuple[str, ...]:
    return tuple(dict.fromkeys(n for names in kept.settings.modalities.values() for n in names))


def _foreign(name: str) -> bool:
    """Whether a feature came with a corpus, and is never made of a talk."""
    return name != RECOGNISED and name.partition(":")[0] not in features.names()


def _unlike_a_talk_s(kept: reaction.Kept, name: str) -> bool:
    """Whether it is called as what is seen in videos, and is something else."""
    return name == _FACE and name in kept.columns and not kept.columns[name].fits(_SEEN)


def _remedy(kept: reaction.Kept) -> str:
    """What to do where nothing can be foretold."""
    read = _read(kept)
    if read and all(_foreign(n) or _unlike_a_talk_s(kept, n) for n in read):
        return (
            "It answers in runs alone. Train one on features that talks have, such as prosody, "
            "face or a text encoder (docs/reactions.md)"
        )
    return "Give the recording itself, a video for faces, not a timeline of it"
