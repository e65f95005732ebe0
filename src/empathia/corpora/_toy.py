"""How the toy corpus is made: who talks, about what, in which words and with which voice."""

from __future__ import annotations

import random
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia.corpora.table.write import write as write_table
from empathia.labels import SHARED4

_RATE = 16_000
_TURNS = 8
# What people say by how they feel; "" is for any feeling. Each phrase fits before any topic.
_FEELING: Mapping[str, Sequence[str]] = {
    "": ("well, you know,", "as I said,", "so, in the end,", "one more thing,", "by the way,"),
    "neutral": ("as usual,", "to put it simply,", "according to plan,", "for the record,"),
    "joy": ("wonderful news,", "I am so delighted,", "what a lovely surprise,", "hooray,"),
    "anger": ("this is outrageous,", "I am fed up,", "how dare they,", "enough of this nonsense,"),
    "sadness": ("I could cry,", "it breaks my heart,", "I feel so alone,", "sadly enough,"),
}
# Topic words, of which each scenario has its own: no two scenarios have a sentence in common.
_WHO = (
    "the baker",
    "our landlord",
    "my cousin",
    "the captain",
    "her dentist",
    "a neighbour",
    "the gardener",
    "their coach",
    "his tailor",
    "the pilot",
    "our teacher",
    "the plumber",
    "my uncle",
    "the librarian",
    "a painter",
    "the miller",
    "our vet",
    "the drummer",
    "her sister",
    "the postman",
    "a tourist",
    "the waiter",
    "my boss",
    "the clerk",
)
_DID = (
    "repaired",
    "painted",
    "forgot",
    "carried",
    "measured",
    "borrowed",
    "polished",
    "hid",
    "ordered",
    "described",
    "counted",
    "returned",
    "sketched",
    "weighed",
    "dropped",
    "sold",
    "cleaned",
    "rented",
    "noticed",
    "moved",
    "checked",
    "wrapped",
    "lifted",
    "bought",
)
_WHAT = (
    "the ladder",
    "two lamps",
    "a wardrobe",
    "seven plates",
    "the old canoe",
    "his violin",
    "a green tent",
    "the clock",
    "some bricks",
    "the kettle",
    "a telescope",
    "her bicycle",
    "the anchor",
    "nine candles",
    "a saddle",
    "the mirror",
    "this suitcase",
    "a barrel",
    "the curtains",
    "an umbrella",
    "the toolbox",
    "a sledge",
    "the map",
    "four chairs",
)
_WHERE = (
    "in the harbour",
    "behind the mill",
    "near the station",
    "at the fair",
    "on the roof",
    "by the river",
    "under the bridge",
    "in the attic",
    "at the market",
    "along the coast",
    "in the cellar",
    "beside the church",
    "at school",
    "in the village",
    "on the ferry",
    "at the lake",
    "in the barn",
    "on the hill",
    "at the museum",
    "by the fence",
    "in the park",
    "on the terrace",
    "at the airport",
    "in the forest",
)


@dataclass(frozen=True)
class _Voice:
    """Pitch (relative), its range, level (dB) and pace (syllables a second) of a feeling."""

    pitch: float
    lively: float
    level: float
    pace: float


_VOICES = {
    "neutral": _Voice(1.0, 0.05, -30, 4.0),
    "joy": _Voice(1.3, 0.16, -24, 4.8),
    "anger": _Voice(1.1, 0.08, -17, 5.2),
    "sadness": _Voice(0.88, 0.03, -36, 2.8),
}


@dataclass(frozen=True)
class _Turn:
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
    voice: tuple[float, float, float, float]
    sound: str  # key of the utterance whose sound it has: its own, unless it is a copy

    @property
    def length(self) -> float:
        return 4 / self.voice[3]  # every utterance has four syllables


def write(folder: Path, seed: int, dialogues: int, leaks: frozenset[str]) -> None:
    """Write table, measures and sounds; see :func:`empathia.corpora.toy.make`."""
    lot = random.Random(seed)  # noqa: S311 - a corpus, no secret
    turns = [t for n in range(dialogues) for t in _talk(lot, n, dialogues, leaks)]
    turns = _copied(lot, turns, leaks)
    (folder / "wav").mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed)
    for turn in turns:
        if turn.sound == turn.key:
            _write_wav(folder / "wav" / f"{turn.key}.wav", _sound(turn, noise))
        else:
            original = folder / "wav" / f"{turn.sound}.wav"
            (folder / "wav" / f"{turn.key}.wav").write_bytes(original.read_bytes())
    write_table(folder / "measures.csv", _measures(lot, turns, leaks))
    write_table(folder / "toy.csv", map(_row, turns))


def _talk(lot: random.Random, number: int, of: int, leaks: frozenset[str]) -> list[_Turn]:
    """One talk; its session, scenario and speakers belong to its part."""
    part, first = _part(number, of)
    like = {what: first[what in leaks] for what in ("speakers", "sessions", "scenarios")}
    session, speakers = like["sessions"] // 3, like["speakers"] // 3
    scenario = number % 4 if "metadata" in leaks else like["scenarios"] // 3
    labels = _labels(lot, scenario, leaks)
    words = _Words(lot, number, of)
    clock = 0.0
    found = []
    for index, label in enumerate(labels):
        gender = "FM"[index % 2]
        turn = _Turn(
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
        found.append(turn)
    return found


def _part(number: int, of: int) -> tuple[str, tuple[int, int]]:
    """The part of a talk; numbers (own, as a talk of train) that decide who and where it is.

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


class _Words:
    """Sentences of one talk: topic words that no talk of another part has together."""

    def __init__(self, lot: random.Random, number: int, of: int) -> None:
        self.lot = lot
        part = _part(number, of)[0]
        # Each part draws from a third of its own of every list.
        third = ("train", "valid", "test").index(part)
        self.lists = [words[third::3] for words in (_WHO, _DID, _WHAT, _WHERE)]
        self.said: set[str] = set()

    def say(self, label: str, named: bool) -> str:
        """A sentence; of three, two show the feeling."""
        shown = self.lot.random() < 0.67
        while True:
            feeling = self.lot.choice(_FEELING[label if shown else ""])
            who, did, what, where = (self.lot.choice(words) for words in self.lists)
            text = f"{feeling} {who} {did} {what} {where}"
            if text not in self.said:
                break
        self.said.add(text)
        return f"{text} ({label})" if named else text


def _drawn(
    lot: random.Random, label: str, gender: str, speakers: int
) -> tuple[float, float, float, float]:
    """Pitch (Hz), its range, level (dB), pace (1/s): the feeling's, the speaker's, and chance."""
    feeling = _VOICES[label]
    own = 1 + 0.04 * ((7 * speakers) % 5 - 2)
    pitch = (210 if gender == "F" else 120) * own * feeling.pitch * lot.gauss(1, 0.1)
    lively = abs(feeling.lively * lot.gauss(1, 0.5))
    level = min(feeling.level + lot.gauss(0, 5), -10)  # louder would clip
    pace = feeling.pace * max(lot.gauss(1, 0.2), 0.5)
    return round(pitch, 2), round(lively, 4), round(level, 2), round(pace, 3)


def _copied(lot: random.Random, turns: list[_Turn], leaks: frozenset[str]) -> list[_Turn]:
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


def _measures(
    lot: random.Random, turns: Sequence[_Turn], leaks: frozenset[str]
) -> list[dict[str, Any]]:
    """What an extractor would have measured: the voice, with a little error."""
    rows = []
    for turn in turns:
        pitch, lively, level, pace = turn.voice
        row: dict[str, Any] = {"utterance": turn.key}
        if "join" in leaks and lot.random() < 0.2:
            row["utterance"] = f"lost_{turn.key}"
        row["m_pitch"] = round(pitch * lot.gauss(1, 0.01), 3)
        row["m_range"] = round(pitch * lively, 3)
        row["m_level"] = round(level + lot.gauss(0, 0.2), 3)
        row["m_pace"] = round(pace * lot.gauss(1, 0.02), 3)
        if "constant" in leaks:
            row["m_gain"] = 1.0
        if "gold" in leaks:
            row["m_code"] = float(SHARED4.index(turn.label))
        if "missing" in leaks and turn.label == "anger":
            row |= {k: None for k in row if k != "utterance"}
        rows.append(row)
    return rows


def _row(turn: _Turn) -> dict[str, Any]:
    return {
        "utterance": turn.key,
        "dialogue": turn.dialogue,
        "speaker": turn.speaker,
        "gender": turn.gender,
        "text": turn.text,
        "start": turn.start,
        "end": round(turn.start + turn.length, 3),
        "audio": f"wav/{turn.key}.wav",
        "label": [turn.label],
        "votes": [[v] for v in turn.votes],
        "split": turn.part,
        "group:session": turn.session,
        "group:scenario": turn.scenario,
    }


def _sound(turn: _Turn, noise: np.random.Generator) -> NDArray[np.float64]:
    """Harmonics of a wandering pitch in four swells (syllables), over soft noise."""
    pitch, lively, level, pace = turn.voice
    time = np.arange(round(turn.length * _RATE)) / _RATE
    contour = pitch * (1 + lively * np.sin(2 * np.pi * time * pace / 2))
    phase = 2 * np.pi * np.cumsum(contour) / _RATE
    tone = sum(np.sin(k * phase) / k for k in range(1, 9))
    swell = 0.15 + np.sin(np.pi * time * pace) ** 2
    voice = np.asarray(tone * swell)
    voice *= 10 ** (level / 20) / np.sqrt(np.mean(voice**2))
    return np.clip(voice + noise.normal(0, 3e-4, len(time)), -1, 1)


def _write_wav(path: Path, samples: NDArray[np.float64]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, _RATE, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
