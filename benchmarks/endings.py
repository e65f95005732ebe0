"""When somebody who pauses has finished: what a wait cuts, and how long an answer waits for it.

    python benchmarks/endings.py DATA [--network smart-turn-v3.2-cpu.onnx] [--json FILE]

Pauses of real speech, as the detector of speech finds them. In meetings and dialogues the same
speaker goes on (the pause was within a turn) or another does (an end); each clip of Korean and
German speech is a turn with pauses in it and an end. Recordings are halved by the hash of their
names: the rule that is wired in was chosen on one half, the figures are the other's.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from empathia import media
from empathia.encoders.speech import log_mel
from empathia.listen.speech import RATE, SpeechDetector
from empathia.listen.words import Transcriber
from empathia.types import Audio, FloatArray

CLIPS = 110  # of each corpus of clips, drawn by a seed
HEARD = 8  # s before a pause that are transcribed, and that the network hears
SHORTEST = 0.2  # s; a shorter pause is none


class Pause(NamedTuple):
    """A pause: of which recording, within a turn or at its end, and what is known by then."""

    source: str
    name: str
    within: bool
    gap: float
    sentence: bool
    done: float


class Rule(NamedTuple):
    """How long one waits (s): behind a sentence, and else; less where the network is sure."""

    name: str
    sentence: float
    other: float
    sure: float | None = None

    def wait(self, pause: Pause) -> float:
        """What is waited behind this pause (s)."""
        if self.sure is not None and pause.done >= 0.5:
            return self.sure
        return self.sentence if pause.sentence else self.other


RULES = (
    *(Rule(f"after {wait} s", wait, wait) for wait in (0.3, 0.5, 0.7, 1.0)),
    Rule("after .5 s behind the mark of a sentence, else 1.0 s", 0.5, 1.0),
)
NETWORK = Rule("the network is sure: .25 s; else by the mark", 0.5, 1.0, 0.25)


class Network:
    """Smart Turn 3: how likely it is that nothing more comes, by the sound of the last 8 s."""

    def __init__(self, file: str) -> None:
        import onnxruntime

        self._session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])

    def __call__(self, samples: FloatArray) -> float:
        size, edge = HEARD * RATE, 200  # an edge of half a window of the spectrogram
        last = np.asarray(samples[-size:], np.float32)
        last = np.pad(last, (size - len(last), 0))
        level = (last - last.mean()) / np.sqrt(last.var() + 1e-7)
        mirrored = np.concatenate([level, level[-2 : -2 - edge : -1]]).astype(np.float32)
        mel = log_mel(mirrored)[:, : size // 160]
        (told,) = self._session.run(None, {"input_features": mel[None]})
        return float(np.ravel(told)[0])


class Finder:
    """Finds pauses, and what is known when they begin."""

    def __init__(self, network: Network | None) -> None:
        self._words = Transcriber.load(None, 1)
        self._network = network

    def meetings(self, folder: Path) -> Iterator[Pause]:
        """Pauses of recordings of which it is known who speaks when."""
        for file in sorted(folder.glob("*.flac")):
            lines = [line.split() for line in file.with_suffix(".rttm").read_text().splitlines()]
            spoken = [(float(a[3]), float(a[3]) + float(a[4]), a[7]) for a in lines]
            sound = _sound(file)
            speech = _speech(sound)
            begin = speech[0][0] if speech else 0.0
            for (_, end), (start, after) in pairwise(speech):
                before = _who(spoken, end - 0.4, end)
                behind = _who(spoken, start, min(after, start + 0.4))
                if before and behind:
                    same = before == behind
                    yield self._pause("talk", file, same, start - end, sound, (begin, end), "en")
                if before is None or before != behind:
                    begin = start

    def clips(self, source: str, files: Sequence[Path], language: str) -> Iterator[Pause]:
        """Pauses of clips that are a turn each, with rest behind it."""
        rest = np.random.default_rng(0)
        for file in files:
            sound = np.concatenate([_sound(file), np.zeros(2 * RATE, np.float32)])
            sound += rest.normal(0, 1e-4, len(sound)).astype(np.float32)
            speech = _speech(sound)
            for (_, end), (start, _) in pairwise(speech):
                turn = (speech[0][0], end)
                yield self._pause(source, file, True, start - end, sound, turn, language)
            if speech:
                turn = (speech[0][0], speech[-1][1])
                yield self._pause(source, file, False, HEARD, sound, turn, language)

    def _pause(
        self,
        source: str,
        file: Path,
        within: bool,
        gap: float,
        sound: FloatArray,
        turn: tuple[float, float],
        language: str,
    ) -> Pause:
        begin, end = (round(max(0.0, t) * RATE) for t in turn)
        heard = sound[begin : end + RATE // 10][-HEARD * RATE :]
        voices = self._words.transcribe(self._words.encode(Audio(heard, RATE)), 0.0, language)
        text = " ".join(word.text for voice in voices for word in voice.words).rstrip()
        done = self._network(sound[begin : end + RATE // 4]) if self._network else 0.0
        return Pause(source, file.stem, within, gap, text[-1:] in tuple(".?!…。？！"), done)


def _sound(file: Path) -> FloatArray:
    return np.concatenate([block.samples for block in media.blocks(file)]).astype(np.float32)


def _speech(sound: FloatArray) -> list[tuple[float, float]]:
    detector = SpeechDetector()
    found = []
    for at in range(0, len(sound), RATE // 10):
        found += detector.add(Audio(sound[at : at + RATE // 10], RATE))
    return [(s.start, s.end) for s in [*found, *detector.finish()]]


def _who(spoken: Sequence[tuple[float, float, str]], start: float, end: float) -> str | None:
    """Who speaks most of a time, if anybody does."""
    each: dict[str, float] = {}
    for begin, until, name in spoken:
        if (common := min(until, end) - max(begin, start)) > 0:
            each[name] = each.get(name, 0.0) + common
    return max(each, key=lambda name: each[name]) if each else None


def _reported(pause: Pause) -> bool:
    return int(hashlib.md5(pause.name.encode()).hexdigest(), 16) % 2 == 1


def score(pauses: Sequence[Pause], rule: Rule) -> dict[str, float | str | int]:
    """What a rule cuts of the pauses within turns, and what it waits behind ends."""
    within = [p for p in pauses if p.within and p.gap >= SHORTEST]
    waits = [rule.wait(p) for p in pauses if not p.within]
    return {
        "rule": rule.name,
        "cut": float(np.mean([p.gap > rule.wait(p) for p in within])),
        "median": float(np.median(waits)),
        "mean": float(np.mean(waits)),
        "pauses": len(within),
        "ends": len(waits),
    }


def main() -> None:
    """Find the pauses and score the rules."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--network", help="a file of Smart Turn 3, to be compared")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    finder = Finder(Network(asked.network) if asked.network else None)
    clips = [("korean", f, "ko") for f in sorted((asked.data / "korean_emotional").rglob("*.flac"))]
    clips += [("emodb", f, "de") for f in sorted((asked.data / "emodb").glob("*.wav"))]
    clips += [("emodb", f, "de") for f in sorted((asked.data / "emodb").glob("*.flac"))]
    random.Random(0).shuffle(clips)
    pauses = [*finder.meetings(asked.data / "diarisation")]
    for source, language in (("korean", "ko"), ("emodb", "de")):
        files = [file for name, file, _ in clips if name == source][:CLIPS]
        pauses += finder.clips(source, files, language)
    told = {}
    for part, chosen in (
        ("reported half", [p for p in pauses if _reported(p)]),
        ("chosen on", [p for p in pauses if not _reported(p)]),
        ("meetings and dialogues, both halves", [p for p in pauses if p.source == "talk"]),
    ):
        rules = (*RULES, NETWORK) if asked.network else RULES
        told[part] = [score(chosen, rule) for rule in rules]
        print(part)
        for row in told[part]:
            print("  {rule:52} cut {cut:.2f} of {pauses:3}".format(**row), end="")
            print("  wait {median:.2f} / {mean:.2f} s ({ends} ends)".format(**row))
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
