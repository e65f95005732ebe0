"""The files of the toy corpus: the table, the measures and the sounds."""

from __future__ import annotations

import random
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.corpora.table.write import Record
from empathia.corpora.table.write import write as write_table
from empathia.corpora.toy.talks import Turn, talks
from empathia.labels import SHARED4

_RATE = 16_000


def write(folder: Path, seed: int, dialogues: int, leaks: frozenset[str]) -> None:
    """Write table, measures and sounds; see :func:`empathia.corpora.toy.make`."""
    lot = random.Random(seed)  # noqa: S311 - a corpus, no secret
    turns = talks(lot, dialogues, leaks)
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


def _measures(lot: random.Random, turns: Sequence[Turn], leaks: frozenset[str]) -> list[Record]:
    """What an extractor would have measured: the voice, with a little error."""
    rows: list[Record] = []
    for turn in turns:
        pitch, lively, level, pace = turn.voice
        row: dict[str, object] = {"utterance": turn.key}
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


def _row(turn: Turn) -> Record:
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


def _sound(turn: Turn, noise: np.random.Generator) -> NDArray[np.float64]:
    """Harmonics of a wandering pitch in four swells (syllables), over soft noise; (n,), 16 kHz."""
    pitch, lively, level, pace = turn.voice
    time = np.arange(round(turn.length * _RATE)) / _RATE
    slow = np.sin(np.pi * time * pace)
    phase = 2 * np.pi * np.cumsum(pitch * (1 + lively * slow)) / _RATE
    swell = 0.15 + slow**2
    voice = _harmonics(phase, 8) * swell
    voice *= 10 ** (level / 20) / np.sqrt(np.mean(voice**2))
    return np.clip(voice + noise.normal(0, 3e-4, len(time)), -1, 1)


def _harmonics(phase: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Sum of sin(k * phase) / k for so many k, (n,), out of one sine (Clenshaw's way)."""
    both, now, before = 2 * np.cos(phase), np.zeros(len(phase)), np.zeros(len(phase))
    for k in range(count, 0, -1):
        now, before = both * now - before + 1 / k, now
    return now * np.sin(phase)


def _write_wav(path: Path, samples: NDArray[np.float64]) -> None:
    """Write (n,) samples in [-1, 1] with 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, _RATE, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
