"""What predictors have in common: the form of what they foretell, and how it is told.

A predictor foretells from the past alone, whose last sample is the stimulus. Who reacts is taken
to be the last other one who spoke. What it was not asked for, or cannot foretell, is absent.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from empathia.errors import TrainingError, UsageError
from empathia.files import Plain
from empathia.labels import LabelSet
from empathia.training.keeping import Arrays, read_arrays, write_arrays
from empathia.training.problem import Conversation, Exchange, ReactionProblem
from empathia.types import Emotion, Features, FloatArray, Reaction, Sample

RECOGNISED = "recognised"
"""The feature that holds what a recogniser took the emotion of an utterance to be."""
UNKNOWN = "nothing to foretell it by"


Values = Mapping[str, Any]
"""What JSON of ours gave back."""


class Foretold(NamedTuple):
    """One reaction before it is told: (labels,) scores or None, and (frames, dim) by feature."""

    scores: Sequence[float] | None
    values: Mapping[str, FloatArray]


Answer = Callable[[Sequence[Conversation], int, int], list[list[Foretold]]]
"""Of pasts, a number of draws and a seed, that many reactions a past."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a feature of reactions looks: columns, frames a second (None: one row), usual frames."""

    columns: int
    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    rate: float | None = None
    frames: int = 1

    @classmethod
    def of(cls, name: str, exchanges: Sequence[Exchange]) -> Self:
        """The form that a feature has in what is learnt from.

        Raises:
            TrainingError: No reaction has it.
        """
        there = [e.reaction.features[name] for e in exchanges if name in e.reaction.features]
        if not there:
            raise TrainingError(
                f"no reaction of the training part has the feature '{name}'",
                "Check reaction.targets and [data] of the run file",
            )
        first = there[0]
        usual = int(np.median([len(f.values) for f in there])) if first.rate else 1
        return cls(first.values.shape[1], first.names, first.units, first.rate, max(1, usual))

    def frames_after(self, name: str, stimulus: Sample) -> int:
        """How many frames a reaction gets: those of the stimulus, else as many as is usual."""
        if self.rate is None:
            return 1
        timed = [f for f in (stimulus.features.get(name), *stimulus.features.values()) if f]
        spans = [len(f.values) / f.rate for f in timed if f.rate and len(f.values)]
        return max(1, round(spans[0] * self.rate)) if spans else self.frames


@dataclass(frozen=True, slots=True)
class Asked:
    """What a predictor foretells: by whom it is told, emotion in ``labels``, features, and when.

    ``when`` is as in :class:`~empathia.training.problem.ReactionProblem`.
    """

    source: str
    labels: LabelSet | None
    forms: Mapping[str, Form]
    when: str = "after"

    @classmethod
    def by(cls, problem: ReactionProblem, source: str) -> Self:
        """What a problem asks for.

        Raises:
            TrainingError: There is nothing to learn from, or to learn.
        """
        if not problem.train:
            raise TrainingError("there are no pairs to learn from", "Check [data] and [reaction]")
        if problem.labels is None and not problem.targets:
            raise TrainingError(
                "nothing is to be foretold", "Set reaction.emotion, or name reaction.targets"
            )
        forms = {t: Form.of(t, problem.train) for t in problem.targets}
        return cls(source, problem.labels, forms, problem.when)

    def plain(self) -> dict[str, Plain]:
        """For JSON; :meth:`restored` gives the same back."""
        labels = None
        if self.labels is not None:
            labels = {"name": self.labels.name, "labels": list(self.labels)}
        forms = [  # a list, since JSON's keys are sorted
            {
                "name": n,
                "columns": f.columns,
                "names": list(f.names),
                "units": list(f.units),
                "rate": f.rate,
                "frames": f.frames,
            }
            for n, f in self.forms.items()
        ]
        return {"source": self.source, "labels": labels, "forms": forms, "when": self.when}

    @classmethod
    def restored(cls, plain: Values) -> Self:
        """Of what :meth:`plain` gave."""
        labels = plain["labels"]
        forms = {}
        for form in plain["forms"]:
            names, units = tuple(form["names"]), tuple(form["units"])
            rest = (form["rate"], form["frames"])
            forms[form["name"]] = Form(form["columns"], names, units, *rest)
        known = None if labels is None else LabelSet(labels["name"], tuple(labels["labels"]))
        return cls(str(plain["source"]), known, forms, str(plain.get("when", "after")))

    def told(self, past: Conversation, one: Foretold) -> Reaction:
        """A reaction as it is told."""
        stimulus, emotion = past[-1], None
        if self.labels is not None:
            if one.scores is None:
                emotion = Emotion(self.source, self.labels, abstained=UNKNOWN)
            else:
                total = float(np.sum(one.scores))
                scores = tuple(float(x) / total for x in one.scores)
                emotion = Emotion(self.source, self.labels, scores)
        features = {
            n: Features(stimulus.id, n, np.asarray(v, np.float32), f.names, f.units, f.rate)
            for n, f in self.forms.items()
            if (v := one.values.get(n)) is not None
        }
        lacking = [n for n in self.forms if n not in features]
        note = f"not foretold: {', '.join(lacking)} ({UNKNOWN})" if lacking else None
        return Reaction(stimulus.id, self.source, emotion, features, note)


@dataclass(frozen=True, slots=True)
class Foreteller:
    """A predictor made of functions; the :class:`~empathia.contracts.Predictor` of ours.

    Args:
        asked: What it foretells.
        answer: Foretells; see :data:`Answer`.
        record: What is worth keeping of its training.
        write: Writes what ``load`` of the plug-in needs; None where it cannot be kept.
        reads: Columns by feature that it reads, where its own arrays tell.
    """

    asked: Asked
    answer: Answer
    record: Mapping[str, Plain] = field(default_factory=dict)
    write: Callable[[Path], None] | None = None
    reads: Mapping[str, int] = field(default_factory=dict)

    @property
    def columns(self) -> Mapping[str, int]:
        """By feature that it reads or foretells, as far as its own arrays tell."""
        return {n: f.columns for n, f in self.asked.forms.items()} | dict(self.reads)

    def predict(
        self, pasts: Sequence[Conversation], draws: int = 1, seed: int = 1
    ) -> list[list[Reaction]]:
        """``draws`` reactions a past; see the contract.

        Raises:
            UsageError: A past is empty, or no reaction is asked for.
        """
        if draws < 1 or not all(pasts):
            raise UsageError(
                f"{draws} reactions to {len(pasts)} pasts are asked for, of which "
                f"{sum(not p for p in pasts)} are empty",
                "Ask for one or more, to a past that ends with what is reacted to",
            )
        answered = self.answer(pasts, draws, seed) if pasts else []
        return [
            [self.asked.told(past, one) for one in row]
            for past, row in zip(pasts, answered, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write what was learnt into a folder that is there.

        Raises:
            UsageError: It cannot be kept.
        """
        if self.write is None:
            raise UsageError(
                f"predictor '{self.asked.source}' cannot be kept", "Train one that can be kept"
            )
        self.write(folder)


def each(one: Callable[[Conversation, np.random.Generator], Foretold]) -> Answer:
    """An answer made of what is foretold of one past; each draw has a lot of its own."""

    def answer(pasts: Sequence[Conversation], draws: int, seed: int) -> list[list[Foretold]]:
        return [[one(p, lot(p, seed, d)) for d in range(draws)] for p in pasts]

    return answer


def unlearnt(
    asked: Asked,
    one: Callable[[Conversation, np.random.Generator], Foretold],
    record: Mapping[str, Plain] | None = None,
) -> Foreteller:
    """A predictor that keeps nothing but what is asked for; :func:`kept` gives that back."""

    def write(folder: Path) -> None:
        write_arrays(folder, {}, {"asked": asked.plain()})

    return Foreteller(asked, each(one), record or {}, write)


def kept(folder: Path) -> Asked:
    """What a folder of :func:`unlearnt` asks for."""
    return Asked.restored(read_arrays(folder)[1]["asked"])


def lot(past: Conversation, seed: int, draw: int) -> np.random.Generator:
    """Chance that knows the stimulus, seed and draw, and nothing of the other pasts."""
    return np.random.default_rng([seed, draw, zlib.crc32(past[-1].id.encode())])


def drawn(scores: Sequence[float] | None, chance: np.random.Generator) -> list[float] | None:
    """One label by lot, as likely as its score says, as scores: 1 for it, 0 for the others.

    A draw is something that may happen, and what happens has one emotion; how likely each is says
    the first draw alone. None of None.
    """
    if scores is None:
        return None
    shares = np.asarray(scores, np.float64)
    place = chance.choice(len(shares), p=shares / shares.sum())
    return [float(i == place) for i in range(len(shares))]


def own_turns(past: Conversation) -> list[Sample]:
    """Earlier turns of the one who will react, latest first; none where nobody knows who."""
    speaker = past[-1].speaker
    others = [s for s in reversed(past) if s.speaker not in (None, speaker)] if speaker else []
    return [s for s in others if s.speaker == others[0].speaker]


def recognised(sample: Sample, labels: LabelSet) -> list[float] | None:
    """What was recognised of an utterance, one score a label; None where nothing was."""
    known = sample.features.get(RECOGNISED)
    if known is None or known.names != labels.labels or not np.isfinite(known.values).all():
        return None
    scores: list[float] = known.values[0].tolist()
    return scores


def shares(emotions: Sequence[Sequence[float] | None]) -> FloatArray | None:
    """(labels,) mean of what is labelled; None where nothing is."""
    known = [e for e in emotions if e is not None]
    return np.asarray(np.mean(known, 0), np.float32) if known else None


def column_means(values: Sequence[FloatArray]) -> FloatArray:
    """(dim,) mean over all frames of all (frames, dim); NaN in a column that nobody has."""
    rows = np.concatenate(values).astype(np.float64)
    there = np.isfinite(rows)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(there, rows, 0).sum(0) / there.sum(0), np.float32)


_MISSING = ".missing"


def write_gaps(folder: Path, arrays: Arrays, values: Mapping[str, object]) -> None:
    """:func:`~empathia.training.keeping.write_arrays` for arrays that may hold NaN."""
    full: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        gaps = np.isnan(array)
        full[name] = np.where(gaps, 0, array)
        if gaps.any():
            full[name + _MISSING] = gaps.astype(np.uint8)
    write_arrays(folder, full, values)


def read_gaps(folder: Path) -> tuple[dict[str, NDArray[Any]], Values]:
    """What :func:`write_gaps` wrote: arrays (rows, columns, ...) by name, and values."""
    full, values = read_arrays(folder)
    arrays = {}
    for name, array in full.items():
        if not name.endswith(_MISSING):
            gaps = full.get(name + _MISSING)
            arrays[name] = array if gaps is None else np.where(gaps > 0, np.nan, array)
    return arrays, values


def prefixes(pasts: Sequence[Conversation]) -> list[tuple[Conversation, list[int]]]:
    """Pasts of one dialogue together: the longest, and the numbers of those that it begins with.

    What is causal tells the same of a past, whatever comes after it: so a dialogue is gone through
    once, not once a turn.
    """
    order = sorted(range(len(pasts)), key=lambda i: -len(pasts[i]))
    made: dict[int, list[tuple[Conversation, list[int]]]] = {}
    for i in order:
        past = pasts[i]
        known = made.setdefault(id(past[0]), [])
        for longest, members in known:
            if all(a is b for a, b in zip(past, longest, strict=False)):
                members.append(i)
                break
        else:
            known.append((past, [i]))
    return [group for groups in made.values() for group in groups]
