"""How a listener would take a talk: a reaction to every turn, and the face that they make."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from empathia import media
from empathia.contracts import Progress, silent
from empathia.errors import UsageError
from empathia.face.motion import posed
from empathia.pipeline import concern, foretelling
from empathia.pipeline.senses import Senses
from empathia.reaction import RECOGNISED, lively
from empathia.replies.rules.safety import kind_of
from empathia.types import Audio, Features, FloatArray, Reaction, Sample, Timeline, Turn

RATE = lively.RATE
"""Frames a second (Hz) of what is drawn."""
LIVELY = "lively"

_BETWEEN = 0.5  # s from one turn to the next where nobody knows when they were
_Made = tuple[Timeline, str, tuple[tuple[float, float], ...], bool]
_STOPS = ".!?…。？！"


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Reacted:
    """A talk, and how a listener would take it.

    Args:
        timeline: What was said.
        predictor: Whose reactions these are.
        times: Start and end of every turn in s.
        laid_out: The talk has no times: these are about how long the words take to say.
        reactions: By turn; None where the listener speaks.
        face: (frames, 55) over all of the talk at :data:`RATE`, columns
            :data:`empathia.reaction.lively.NAMES`; None where landmarks alone were foretold.
        points: (frames, 478, 3) normalised landmarks, where those were foretold; else None.
        notes: Honest remarks.
    """

    timeline: Timeline
    predictor: str
    times: tuple[tuple[float, float], ...]
    laid_out: bool
    reactions: tuple[Reaction | None, ...]
    face: FloatArray | None
    points: FloatArray | None = None
    notes: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        """How many there are."""
        drawn = self.points if self.face is None else self.face
        return 0 if drawn is None else len(drawn)

    @property
    def length(self) -> float:
        """Of the talk in s; the face goes on for a while behind it."""
        return max(self.timeline.duration or 0.0, *(end for _, end in self.times))

    def landmarks(self, first: int, last: int) -> FloatArray:
        """Landmarks of frames from one to before another, (n, 478, 3), normalised."""
        if self.face is None:
            assert self.points is not None
            return self.points[first:last]
        return posed(self.face[first:last, :-3], self.face[first:last, -3:])


def react(
    timeline: Timeline,
    predictor: str = LIVELY,
    *,
    recording: Path | None = None,
    listener: str | None = None,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress = silent,
) -> Reacted:
    """Let a listener react to every turn of the others.

    Args:
        timeline: At least one turn, with emotions that were recognised.
        predictor: "lively", or the folder of a predictor that was kept.
        recording: Where the sound of the timeline is; None reacts to words and emotions alone.
        listener: Who listens, and is not reacted to; None is somebody who is not in the talk.
        seed: Same seed, same reactions.
        threads: Threads of models; None takes all cores.
        progress: Called as work goes on.

    Raises:
        UsageError: Nobody has this name, or nobody else speaks; or there is no such predictor.
        EmpathiaError: The recording cannot be read.
    """
    kept = None if predictor == LIVELY else foretelling.load(predictor, threads)
    heard = _heard_by(timeline, listener)
    times, laid_out = times_of(timeline.turns)
    notes = ("the turns have no times: they last about as long as saying them",) * laid_out
    senses = Senses(threads)
    sounds: Mapping[int, Mapping[str, Features]] = {}
    if recording is not None and not laid_out:
        names = ("activity", *(foretelling.wanted(kept, "sound") if kept else ()))
        order = sorted(range(len(times)), key=lambda i: times[i])
        cuts = media.spans(recording, [times[i] for i in order])  # each turn's sound is let go
        sounds = _sounds(zip(order, cuts, strict=True), senses, names, len(order), progress)
    samples = [
        _sample(turn, span, sounds.get(i, {}))
        for i, (turn, span) in enumerate(zip(timeline.turns, times, strict=True))
    ]
    stimuli = [
        lively.Stimulus(start, end - start, sample)
        for (start, end), sample in zip(times, samples, strict=True)
    ]
    length = max(timeline.duration or 0.0, max(end for _, end in times) + lively.AFTER)
    made: _Made = (timeline, predictor, times, laid_out)
    sober = concern.spans(times, heard, _hints(timeline.turns))
    if kept is None:
        face = concern.sobered(lively.follow([stimuli[i] for i in heard], length, seed), sober)
        return Reacted(*made, _parts(timeline.turns, times, heard, face), face, None, notes)
    words = senses.read(samples, foretelling.wanted(kept, "words"))
    stimuli = [s._replace(sample=sample) for s, sample in zip(stimuli, words, strict=True)]
    told = foretelling.foretell(kept, stimuli, heard, length, seed, sober=sober)
    return Reacted(*made, told.reactions, told.face, told.points, notes + told.notes)


def times_of(turns: Sequence[Turn]) -> tuple[tuple[tuple[float, float], ...], bool]:
    """Start and end of turns in s; and whether they had to be laid out, one behind the other.

    Messages of a chat, which have a moment and no length, are laid out, too.
    """
    known = [(t.utterance.start, t.utterance.end) for t in turns]
    spans = [(a, b) for a, b in known if a is not None and b is not None and b > a]
    if len(spans) == len(turns):
        return tuple(spans), False
    laid, now = [], _BETWEEN
    for turn in turns:
        length = lively.reading_time(turn.utterance.text or "")
        laid.append((now, now + length))
        now += length + _BETWEEN
    return tuple(laid), True


def _heard_by(timeline: Timeline, listener: str | None) -> list[int]:
    """Places of turns that the listener does not speak."""
    if listener is not None and listener not in timeline.speakers:
        known = ", ".join(timeline.speakers) or "nobody"
        raise UsageError(f"nobody is called '{listener}' (there are: {known})", "Name one of them")
    heard = [i for i, t in enumerate(timeline.turns) if t.utterance.speaker != listener]
    if not heard:
        raise UsageError("nobody speaks whom one could listen to", "Give a talk with words in it")
    return heard


def _hints(turns: Sequence[Turn]) -> list[int]:
    """Places of turns whose words hint at harm."""
    return [i for i, t in enumerate(turns) if kind_of(t.utterance.text or "") is not None]


def _sounds(
    cuts: Iterable[tuple[int, Audio]],
    senses: Senses,
    names: Sequence[str],
    total: int,
    progress: Progress,
) -> dict[int, dict[str, Features]]:
    """What is measured of the sound of turns, by their places."""
    measured = {}
    for done, (i, audio) in enumerate(cuts, 1):
        measured[i] = senses.hear(audio, str(i), names)
        progress("listening", done, total)
    return measured


def _sample(turn: Turn, span: tuple[float, float], sound: Mapping[str, Features]) -> Sample:
    """What a predictor is given of a turn: no gold label, and nothing where nothing is sure.

    Words that hint at harm come without a feeling: they are answered with care.
    """
    u = turn.utterance
    known = dict(sound)
    if turn.prosody is not None:
        known["prosody"] = turn.prosody
    if turn.seen is not None and turn.seen.face is not None:
        known["face"] = turn.seen.face
    if "activity" not in known and u.text:
        known["activity"] = _spoken(u.id, u.text, span[1] - span[0])
    emotion = turn.emotion
    if emotion is not None and emotion.label is not None and kind_of(u.text or "") is None:
        scores = np.array([emotion.scores], np.float32)
        known[RECOGNISED] = Features(u.id, RECOGNISED, scores, emotion.labels.labels)
    return Sample(u.id, u.text, u.language, known, u.speaker, u.gender, u.index, dict(u.groups))


def _spoken(utterance: str, text: str, length: float) -> Features:
    """Activity of words that nobody heard: voice, with a pause behind each sentence."""
    frames = max(1, round(length * RATE))
    voice = np.ones(frames, np.float32)
    for place, letter in enumerate(text.rstrip()[:-1]):
        if letter in _STOPS and text[place + 1].isspace():
            at = round(frames * (place + 1) / len(text))
            voice[at : at + round(0.32 * RATE)] = 0
    values = np.stack([voice, np.full(frames, np.nan, np.float32)], 1)
    return Features(utterance, "activity", values, ("voice", "level"), ("", "dB"), RATE)


def _parts(
    turns: Sequence[Turn],
    times: Sequence[tuple[float, float]],
    heard: Sequence[int],
    face: FloatArray,
) -> tuple[Reaction | None, ...]:
    """The face over the talk as a reaction to each turn: from its start to a while behind it."""
    parts: list[Reaction | None] = [None] * len(turns)
    for i in heard:
        first, last = (round(s * RATE) for s in (times[i][0], times[i][1] + lively.AFTER))
        id_ = turns[i].utterance.id
        part = Features(id_, "face", face[first:last], lively.NAMES, lively.UNITS, RATE)
        parts[i] = Reaction(id_, LIVELY, features={"face": part}, note=lively.NOTE)
    return tuple(parts)
