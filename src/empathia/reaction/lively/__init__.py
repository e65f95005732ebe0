"""A lively listener out of rules, not learnt: it attends, blinks, nods, and feels with who speaks.

What it does follows from what was heard: the feature ``activity`` (pauses and stresses of the
voice), ``recognised`` (what a recogniser took the emotion to be; where it is absent, the face
stays neutral) and ``face`` (the speaker's own, mirrored lightly). No data taught it, and it is no
model of how people react: it gives everybody something to look at, and learned predictors
something to be compared with. Same seed, same frames.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from empathia.face.motion import posed
from empathia.face.points import BLENDSHAPES
from empathia.files import Plain
from empathia.reaction._told import (
    RECOGNISED,
    Asked,
    Foreteller,
    Foretold,
    Form,
    kept,
    recognised,
    unlearnt,
)
from empathia.reaction.lively.moving import NAMES, move
from empathia.reaction.lively.rules import FAMILY, RATE, Array, Heard
from empathia.training.problem import Conversation, ReactionProblem
from empathia.types import FloatArray, Sample
from empathia.types.seen import LANDMARKS

__all__ = ["AFTER", "NAMES", "NOTE", "OPTIONS", "RATE", "UNITS", "Stimulus", "follow"]
OPTIONS: Mapping[str, Plain] = {}
NOTE = "lively rules, not learnt"
UNITS = ("",) * len(BLENDSHAPES) + ("deg",) * 3
AFTER = 2.0
"""Seconds that a reaction goes on behind what it reacts to."""

_LONGEST = 60.0  # s of a turn whose length is not known
_MIRRORED = ("mouthSmile", "browInnerUp", "browOuterUp", "browDown", "mouthFrown")
_LIGHTLY = 0.3
_QUESTION = ("?", "？")


class Stimulus(NamedTuple):
    """Something that is said: when it begins and how long it takes (s), and what is known of it."""

    start: float
    length: float
    sample: Sample


def learn(problem: ReactionProblem) -> Foreteller:
    """There is nothing to learn but what is asked for: frames of landmarks or of named columns."""
    return _predictor(Asked.by(problem, "lively"))


def load(folder: Path | None, threads: int | None = None) -> Foreteller:
    """Of a kept folder; without one, of all that it can do: "face" and "landmarks" at 25 Hz."""
    if folder is not None:
        return _predictor(kept(folder))
    forms = {
        "face": Form(len(NAMES), NAMES, UNITS, RATE),
        "landmarks": Form(3 * LANDMARKS, rate=RATE),
    }
    return _predictor(Asked("lively", None, forms, "while"))


def follow(stimuli: Sequence[Stimulus], length: float, seed: int = 1) -> FloatArray:
    """The listener's face over a whole talk.

    Args:
        stimuli: What is said by others, in any order.
        length: Of the talk, in s.
        seed: Same seed and stimuli, same frames.

    Returns:
        (frames, 55) float32 at 25 Hz; columns are :data:`NAMES`.
    """
    heard = [_heard(stimulus) for stimulus in stimuli]
    return move(heard, [s.sample.id for s in stimuli], length, seed).astype(np.float32)


def _predictor(asked: Asked) -> Foreteller:
    def one(past: Conversation, chance: np.random.Generator) -> Foretold:
        stimulus = past[-1]
        scores = None if asked.labels is None else recognised(stimulus, asked.labels)
        if not stimulus.features and not stimulus.text:
            return Foretold(scores, {})
        length, seed = _length(stimulus), int(chance.integers(2**31))
        face = follow([Stimulus(0.0, length, stimulus)], length + AFTER, seed)
        face = face if asked.when == "while" else face[round(length * RATE) :]
        made = {name: _formed(name, form, face) for name, form in asked.forms.items()}
        return Foretold(scores, {n: v for n, v in made.items() if v is not None})

    return unlearnt(asked, one, {"rules": NOTE})


def _formed(name: str, form: Form, face: FloatArray) -> FloatArray | None:
    """Frames (n, 55) as a feature of a form; None of what is something else."""
    if form.rate is None:
        return None
    at = np.arange(0, len(face), RATE / form.rate)
    every = np.stack([np.interp(at, np.arange(len(face)), column) for column in face.T], 1)
    if name == "landmarks" and form.columns == 3 * LANDMARKS:
        return posed(every[:, :-3].astype(np.float32), every[:, -3:]).reshape(len(every), -1)
    if not set(form.names) & set(NAMES):
        return None
    columns = [
        every[:, NAMES.index(n)] if n in NAMES else np.full(len(every), np.nan) for n in form.names
    ]
    return np.stack(columns, 1).astype(np.float32)


def _length(sample: Sample) -> float:
    """Seconds that an utterance takes: of its sound, else of the longest feature that has frames.

    Where neither is known, about as long as its text is read.
    """
    timed = {n: len(f.values) / f.rate for n, f in sample.features.items() if f.rate}
    if "activity" in timed:
        return timed["activity"]
    prosody = sample.features.get("prosody")
    measured = prosody is not None and "duration" in prosody.names
    if measured and prosody is not None and (duration := prosody.measure("duration")):
        return duration
    return max(timed.values(), default=0.0) or reading_time(sample.text or "")


def reading_time(text: str) -> float:
    """Seconds that it takes to say a text, about."""
    return min(max(0.3 * len(text.split()), 0.06 * len(text), 0.8), _LONGEST)


def _heard(stimulus: Stimulus) -> Heard:
    start, length, sample = stimulus
    feeling, confidence = _feeling(sample)
    voice, level = _voice(sample, length)
    return Heard(
        start,
        start + length,
        voice,
        level,
        feeling,
        confidence,
        asks=(sample.text or "").rstrip().endswith(_QUESTION),
        mirrored=_mirrored(sample),
    )


def _feeling(sample: Sample) -> tuple[str | None, float]:
    """The face that answers the likeliest label, and how sure that label is."""
    known = sample.features.get(RECOGNISED)
    if known is None or not known.names or not np.isfinite(known.values).all():
        return None, 0.0
    best = int(known.values[0].argmax())
    return FAMILY.get(known.names[best].lower()), float(known.values[0, best])


def _voice(sample: Sample, length: float) -> tuple[np.ndarray, Array]:
    """Voice (frames,) and level (frames,) of a turn; where nothing was heard it goes on and on."""
    activity = sample.features.get("activity")
    if activity is None or activity.rate != RATE:
        frames = max(1, round(length * RATE))
        return np.ones(frames, bool), np.full(frames, np.nan)
    return activity.values[:, 0] > 0.5, activity.values[:, 1].astype(np.float64)


def _mirrored(sample: Sample) -> dict[str, Array]:
    """What of the speaker's face is followed, at 25 Hz: lightly and smoothly."""
    face = sample.features.get("face")
    if face is None or not face.rate or not len(face.values):
        return {}
    times = np.arange(len(face.values)) / face.rate
    every = np.arange(round(len(face.values) / face.rate * RATE)) / RATE
    soft = np.hanning(round(0.4 * RATE) + 2)[1:-1]
    followed = {}
    for i, name in enumerate(face.names):
        known = np.isfinite(face.values[:, i])
        if name.startswith(_MIRRORED) and known.any():
            way = np.interp(every, times[known], face.values[known, i])
            followed[name] = _LIGHTLY * np.convolve(way, soft / soft.sum(), "same")
    return followed
