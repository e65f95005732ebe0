"""Make ``conversation.wav`` and ``conversation.csv``: two synthetic voices who talk.

Both voices come with flite (http://cmuflite.org, a free synthesiser with a
BSD-like licence): "slt" speaks Ann, "awb" speaks Ben. What each turn says is
ours. Loudness, pitch and rate are set by hand so that the cues have something
to hear. Run it with flite 2.2 on the path:

    python examples/make_conversation.py
"""

from __future__ import annotations

import csv
import subprocess
import tempfile
import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).parent
RATE = 16_000
VOICES = {"Ann": "slt", "Ben": "awb"}


class Line(NamedTuple):
    """One turn: who, what, pause before (s), gain, pitch and duration factors."""

    who: str
    text: str
    pause: float = 0.6
    gain: float = 1.0
    pitch: float = 1.0
    stretch: float = 1.0


LINES = (
    Line("Ann", "Hello Ben. Do you have a minute to talk?", 0.5),
    Line("Ben", "Of course. I just got home. What is going on?"),
    Line("Ann", "I had the interview this morning. The one at the hospital.", 0.8, 0.8, 0.95, 1.1),
    Line("Ben", "Right, that was today! How did it go?", 0.4, 1.3, 1.15),
    Line(
        "Ann",
        "Not well. I forgot half of what I wanted to say. I felt so stupid and sad.",
        1.0,
        0.35,
        0.85,
        1.35,
    ),
    Line("Ben", "I am really sorry to hear that. You worked so hard for it.", 0.9, 0.7, 0.95, 1.15),
    Line(
        "Ann",
        "The worst part is that they laughed at my question. I am so angry at them!",
        0.7,
        1.8,
        1.25,
        0.85,
    ),
    Line(
        "Ben",
        "They laughed at you? That is disgusting. Nobody should do that.",
        0.4,
        1.5,
        1.15,
        0.9,
    ),
    Line(
        "Ann",
        "And now I am afraid that I will never find a job. What if nobody wants me?",
        1.0,
        0.6,
        1.15,
        1.1,
    ),
    Line(
        "Ben",
        "I understand that you are worried. But one interview does not decide your life.",
        0.7,
        0.9,
        0.95,
        1.05,
    ),
    Line("Ann", "Wait. My phone is ringing. It is the hospital.", 0.8, 1.1, 1.1, 0.9),
    Line("Ben", "Well, answer it! I will wait.", 0.4, 1.2, 1.15, 0.9),
    Line(
        "Ann",
        "Oh wow. I did not expect that at all. They offered me the job!",
        2.2,
        1.9,
        1.35,
        0.85,
    ),
    Line(
        "Ben",
        "That is wonderful news! I am so happy for you. Congratulations!",
        0.4,
        1.7,
        1.25,
        0.85,
    ),
    Line(
        "Ann", "Thank you so much for listening. I love you. I start on Monday.", 0.8, 1.1, 1.1, 1.0
    ),
)


def speak(line: Line, folder: Path) -> np.ndarray:
    """One line as float samples at 16 kHz."""
    out = folder / "line.wav"
    subprocess.run(
        [
            "flite",
            "-voice",
            VOICES[line.who],
            "--setf",
            f"f0_shift={line.pitch}",
            "--setf",
            f"duration_stretch={line.stretch}",
            "-t",
            line.text,
            "-o",
            str(out),
        ],
        check=True,
    )
    with wave.open(str(out)) as sound:
        if sound.getframerate() != RATE:
            raise SystemExit(f"expected {RATE} Hz from flite, found {sound.getframerate()}")
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
    samples = samples[np.flatnonzero(np.abs(samples) > 200)[0] :]
    samples = samples[: np.flatnonzero(np.abs(samples) > 200)[-1]]
    # The two voices differ in level; bring both to the same before the gain.
    level = np.sqrt(np.mean((samples / 32768.0) ** 2))
    return samples / 32768.0 * (0.06 / level) * line.gain


def main() -> None:
    """Write the recording and its transcript."""
    rng = np.random.default_rng(1)
    pieces, rows, at = [], [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        for line in LINES:
            pause = np.zeros(round(line.pause * RATE))
            samples = speak(line, Path(folder))
            start = at + len(pause) / RATE
            at = start + len(samples) / RATE
            rows.append((line.who, f"{start:.2f}", f"{at:.2f}", line.text))
            pieces += [pause, samples]
    sound = np.concatenate([*pieces, np.zeros(RATE // 2)])
    sound += rng.normal(0, 0.0006, len(sound))  # a quiet room
    with wave.open(str(HERE / "conversation.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    with (HERE / "conversation.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("speaker", "start", "end", "text"))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
