"""A corpus of made voices in the layout of EMO-DB."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import sounds

SPEAKERS = ("03", "08", "09", "10", "11", "12", "13", "14", "15", "16")
ANGRY = 3000.0  # Hz of a tone in angry clips


def write_emodb(data: Path, clips: int = 3) -> Path:
    """Ten speakers, each with so many neutral and angry clips of 2 s of sound in 3 s."""
    (data / "emodb").mkdir(parents=True)
    draw = np.random.default_rng(5)
    for number, speaker in enumerate(SPEAKERS):
        for letter in "NW":
            for index in range(clips):
                name = f"{speaker}a{index + 1:02}{letter}a.wav"
                sounds.write_wav(data / "emodb" / name, _clip(100 + 15 * number, letter, draw))
    return data


def _clip(pitch: float, letter: str, draw: np.random.Generator) -> sounds.Samples:
    t = np.arange(2 * sounds.RATE) / sounds.RATE
    tones = sum(np.sin(2 * np.pi * pitch * h * t) / h for h in range(1, 8))
    if letter == "W":
        tones = tones + 0.5 * np.sin(2 * np.pi * ANGRY * t)
    voice = 0.1 * draw.uniform(0.5, 1) * tones * (1 + 0.5 * np.sin(2 * np.pi * 4 * t))
    silence = draw.normal(0, 1e-4, 8000)
    return np.concatenate([silence, voice, silence])
