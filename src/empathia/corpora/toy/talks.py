"""The talks of the toy corpus: who speaks, where, how they feel and sound; and planted leaks."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import NamedTuple

from empathia.corpora.toy.words import Words
from empathia.labels import SHARED4

_TURNS = 8


class Voice(NamedTuple):
    """How an utterance sounds, or a feeling.

    Args:
        pitch: In Hz; of a feeling, relative to the speaker's.
        lively: How far the pitch wanders, relative to it.
        level: In dB to full scale.
        pace: Syllables a second.
    """

    pitch: float
    lively: float
    level: float
    pace: float


_FEELINGS = {
    "neutral": Voice(1.0, 0.05, -30, 4.0),
    "joy": Voice(1.3, 0.16, -24, 4.8),
    "anger": Voice(1.1, 0.08, -17, 5.2),
    "sadness": Voice(0.88, 0.03, -36, 2.8),
}


@dataclass(frozen=True)
class Turn:
    """One utterance before it is written; ``voice`` is what its sound is made of."""

    key: str
    dialogue: str
    part: str
    speaker: str
    gender: str
    session: str
    scenario: str
    label: str
    votes: tuple[str, ...]
    text: str
    start: float
    voice: Voice
    sound: str  # key of the utterance whose sound it has: its own, unless it is a copy

    @property
    def length(self) -> float:
        """Length in s."""
        return 4 / self.voice.pace  # every utterance has four syllables


def talks(lot: random.Random, dialogues: int, leaks: frozenset[str]) -> list[Turn]:
    """The turns of all talks, in order; see :func:`empathia.corpora.toy.make`."""
    turns = [t for n in range(dialogues) for t in _talk(lot, n, dialogues, leaks)]
    return _copied(lot, turns, leaks)


def _talk(lot: random.Random, number: int, of: int, leaks: frozenset[str]) -> list[Turn]:
    """One talk; its session, scenario and speakers belong to its part."""
    part, first = _part(number, of)
    like = {what: first[what in leaks] for what in ("speakers", "sessions", "scenarios")}
    session, speakers = like["sessions"] // 3, like["speakers"] // 3
    scenario = number % 4 if "metadata" in leaks else like["scenarios"] // 3
    labels = _labels(lot, scenario, leaks)
    words = Words(lot, part)
    clock = 0.0
    turns = []
    for index, label in enumerate(labels):
        gender = "FM"[index % 2]
        turn = Turn(
            key=f"toy{number:03d}_{index}",
            dialogue=f"toy{number:03d}",
            part=part,
            speaker=f"{gender}{speakers:02d}",
            gender=gender,
            session=f"session{session:02d}",
            scenario=f"scenario{scenario:02d}",
            label=label,
            votes=_votes(lot, label),
            text=words.say(label, "gold" in leaks),
            start=round(clock, 3),
            voice=_drawn(lot, label, gender, speakers),
            sound=f"toy{number:03d}_{index}",
        )
        clock += turn.length + 0.3
        turns.append(turn)
    return turns


def _part(number: int, of: int) -> tuple[str, tuple[int, int]]:
    """The part of a talk; numbers (itself, as a talk of train) that decide who and where.

    Three neighbours share session and speakers. Parts begin with a new three.
    """
    train, valid = max(3, round(0.6 * of)), max(1, round(0.2 * of))
    if number < train:
        return "train", (number, number)
    if number < train + valid:
        return "valid", (300 + number - train, 300 + number - train)
    return "test", (600 + number - train - valid, (number - train - valid) % train)


def _labels(lot: random.Random, scenario: int, leaks: frozenset[str]) -> list[str]:
    labels = list(SHARED4) * (_TURNS // len(SHARED4))
    lot.shuffle(labels)
    if "metadata" in leaks:
        labels = [SHARED4.labels[scenario] if lot.random() < 0.9 else x for x in labels]
    if "inertia" in leaks:
        for i in range(1, len(labels)):
            labels[i] = labels[i - 1] if lot.random() < 0.85 else labels[i]
    return labels


def _votes(lot: random.Random, label: str) -> tuple[str, ...]:
    """Three raters, of whom two at least agree with the label."""
    third = label if lot.random() < 0.6 else lot.choice(SHARED4.labels)
    votes = [label, label, third]
    lot.shuffle(votes)
    return tuple(votes)


def _drawn(lot: random.Random, label: str, gender: str, speakers: int) -> Voice:
    """A voice made of the feeling's, the speaker's, and chance."""
    feeling = _FEELINGS[label]
    speaker = 1 + 0.04 * ((7 * speakers) % 5 - 2)
    pitch = (210 if gender == "F" else 120) * speaker * feeling.pitch * lot.gauss(1, 0.1)
    lively = abs(feeling.lively * lot.gauss(1, 0.5))
    level = min(feeling.level + lot.gauss(0, 5), -10)  # louder would clip
    pace = feeling.pace * max(lot.gauss(1, 0.2), 0.5)
    return Voice(round(pitch, 2), round(lively, 4), round(level, 2), round(pace, 3))


def _copied(lot: random.Random, turns: list[Turn], leaks: frozenset[str]) -> list[Turn]:
    """Plant near-copied sentences and a whole copied talk."""
    train = [t for t in turns if t.part == "train"]
    if "sentences" in leaks:
        for i, turn in enumerate(turns):
            if turn.part == "test" and i % 2:
                words = lot.choice([t for t in train if t.label == turn.label]).text.split()
                words[-1] = lot.choice(["house", "garden", "street"])
                turns[i] = replace(turn, text=" ".join(words))
    if "duplicates" in leaks:
        turns += [
            replace(t, key=t.key.upper(), dialogue=t.dialogue.upper(), part="test")
            for t in train
            if t.dialogue == train[0].dialogue
        ]
    return turns
