"""How well `read` knows who speaks when: on joined clips of corpora, and on synthetic voices.

    python benchmarks/diarisation.py DATA [--recordings 20] [--tune] [--processes 2]

DATA holds the corpora ``ravdess``, ``emodb`` and ``korean_emotional`` in their official layouts.
Clips of 1 to 4 speakers are joined: turns of 1 to 3 clips, pauses of .2 to 1 s, 60 to 120 s in
all, a noise floor of -65 dB. "acted" draws each clip from all emotions, so that a speaker's mood
jumps from clip to clip; "steady" keeps each speaker to one emotion, as long as clips last.
The speakers of each corpus are halved: bounds were chosen on the tune half (``--tune`` chooses
anew), what counts is the report half. Where flite and espeak-ng are there, pairs of their voices
converse too.

The diarisation error rate is missed speech + false alarms + confused speakers over speech, with
the best mapping of speakers, with and without a collar of .25 s around each boundary. What is
speech in a clip is decided by its level (32 dB below its loudest 50 ms; gaps under .3 s are
speech), not by the speech detector. Nothing is written.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from empathia import media, plugins, weights
from empathia.encoders.speaker import SpeakerEncoder
from empathia.listen.clusters import Alike
from empathia.listen.speakers import Diariser, DiariserOptions
from empathia.listen.speech import RATE, SpeechDetector
from empathia.metrics.diarisation import DiarisationErrors, diarisation_errors
from empathia.types import Audio, FloatArray

CORPORA = ("ravdess", "emodb", "korean_emotional")
HALVES = ("tune", "report")
COLLAR = 0.25
STEP = 0.01
BOUNDS = [
    Alike(different=different, share=share, clear=clear, margin=margin)
    for different in (0.56, 0.57, 0.58, 0.59, 0.6)
    for share in (0.05, 0.1, 0.15)
    for clear, margin in ((0.0, 0.5), (0.66, 0.27), (0.68, 0.24), (0.68, 0.27), (0.68, 0.3))
]
VOICES = (
    "flite kal",
    "flite slt",
    "flite awb",
    "flite rms",
    "espeak-ng en-us",
    "espeak-ng en-us+f3",
    "espeak-ng en-gb",
)
SENTENCES = (
    "I was thinking that we could go out to the lake this weekend.",
    "I am not sure if I can, there is so much work to finish.",
    "You always say that, and then nothing happens at all.",
    "Fine.",
    "It was a lovely day when we went there last year.",
    "Of course I remember, the water was cold and the boat was leaking.",
    "We laughed about it for weeks, and then we lost the keys.",
    "Maybe you could call them and ask for the price of two nights?",
    "Yes, I can do that tomorrow before the meeting starts.",
    "Thank you so much, that makes me very happy.",
)


class Clip(NamedTuple):
    """One clip of a corpus."""

    corpus: str
    speaker: str
    emotion: str
    path: Path


@dataclass(frozen=True)
class Case:
    """A recording to make: from which half, corpora ("mixed" takes all), how, and which one."""

    half: str
    corpus: str
    manner: str
    speakers: int
    number: int

    @property
    def seed(self) -> list[int]:
        places = (HALVES, (*CORPORA, "mixed"), ("acted", "steady"))
        named = (self.half, self.corpus, self.manner)
        return [
            *(p.index(n) for p, n in zip(places, named, strict=True)),
            self.speakers,
            self.number,
        ]


class Result(NamedTuple):
    """Errors with the number of speakers known and estimated, with and without collar."""

    case: Case
    known: DiarisationErrors
    known_strict: DiarisationErrors
    found: int
    estimated: DiarisationErrors
    estimated_strict: DiarisationErrors
    tuned: tuple[tuple[int, float], ...]  # (speakers found, DER with collar) for each of BOUNDS


@cache
def clips(data: Path) -> tuple[Clip, ...]:
    """All clips of the corpora that are there."""
    found = []
    for corpus in (c for c in CORPORA if (data / c).is_dir()):
        for dialogue in plugins.load("corpora", corpus).load(data / corpus):
            u = dialogue.utterances[0]
            found.append(Clip(corpus, u.speaker, u.gold[0], u.audio))
    return tuple(found)


def speakers_of(data: Path, corpus: str, half: str) -> list[str]:
    """Every other pair of speakers (RAVDESS alternates men and women)."""
    names = sorted({c.speaker for c in clips(data) if c.corpus == corpus})
    return [s for i, s in enumerate(names) if i // 2 % 2 == HALVES.index(half)]


def speech_in(samples: FloatArray) -> list[tuple[float, float]]:
    """Where a clip has speech, by its level, in s."""
    power = np.mean(samples[: len(samples) // 160 * 160].reshape(-1, 160) ** 2.0, axis=1)
    power = np.convolve(power, np.ones(5) / 5, "same")
    on = np.flatnonzero(power > power.max() * 10**-3.2)
    cuts = np.flatnonzero(np.diff(on) > 30)
    starts, ends = [on[0], *on[cuts + 1]], [*on[cuts], on[-1]]
    return [(a * STEP, b * STEP + STEP) for a, b in zip(starts, ends, strict=True) if b - a >= 10]


def joined(
    turns: Sequence[tuple[int, FloatArray]], rng: np.random.Generator
) -> tuple[Audio, list[tuple[float, float, int]]]:
    """Clips with pauses of .2 to 1 s, and who speaks when."""
    at, parts, truth = 0.5, [np.zeros(RATE // 2, np.float32)], []
    for speaker, samples in turns:
        spoken = speech_in(samples)
        first, last = round(spoken[0][0] * RATE), round(spoken[-1][1] * RATE)
        truth += [(at + a - spoken[0][0], at + b - spoken[0][0], speaker) for a, b in spoken]
        pause = np.zeros(round(rng.uniform(0.2, 1) * RATE), np.float32)
        parts += [samples[first:last], pause]
        at += (len(parts[-1]) + len(parts[-2])) / RATE
    sound = np.concatenate(parts)
    sound += rng.normal(0, 10 ** (-65 / 20), len(sound)).astype(np.float32)
    return Audio(np.clip(sound, -1, 1), RATE), truth


def draw(data: Path, case: Case) -> tuple[Audio, list[tuple[float, float, int]]]:
    """Make one recording."""
    rng = np.random.default_rng(case.seed)
    chosen = _people(data, case, rng)
    pools = []
    for corpus, speaker in chosen:
        own = [c for c in clips(data) if (c.corpus, c.speaker) == (corpus, speaker)]
        if case.manner == "steady":
            mood = rng.choice(sorted({c.emotion for c in own}))
            own = [c for c in own if c.emotion == mood]
        pools.append([own[i] for i in rng.permutation(len(own))])
    turns: list[tuple[int, FloatArray]] = []
    seconds, target = 0.0, rng.uniform(60, 120)
    for speaker in _speakers(case.speakers, rng):
        if seconds >= target or not pools[speaker]:
            break
        for _ in range(min(int(rng.integers(1, 4)), len(pools[speaker]))):
            turns.append((speaker, _sound(pools[speaker].pop())))
            seconds += sum(b - a for a, b in speech_in(turns[-1][1])) + 0.6
    return joined(turns, rng)


def _people(data: Path, case: Case, rng: np.random.Generator) -> list[tuple[str, str]]:
    corpora = [case.corpus] * case.speakers
    if case.corpus == "mixed":
        corpora = [CORPORA[(case.number + i) % len(CORPORA)] for i in range(case.speakers)]
    chosen: list[tuple[str, str]] = []
    for corpus in corpora:
        rest = [s for s in speakers_of(data, corpus, case.half) if (corpus, s) not in chosen]
        chosen.append((corpus, str(rng.choice(rest))))
    return chosen


def _speakers(count: int, rng: np.random.Generator) -> Iterator[int]:
    """Everybody once, then at random, nobody twice in a row."""
    yield from range(count)
    last = count - 1
    while True:
        last = int(rng.choice([i for i in range(count) if i != last or count == 1]))
        yield last


def _sound(clip: Clip) -> FloatArray:
    return np.concatenate([b.samples for b in media.blocks(clip.path, RATE)])


class Remembering:
    """An encoder that embeds the same windows once only."""

    def __init__(self, encoder: SpeakerEncoder) -> None:
        self.encoder, self.seconds = encoder, 0.0
        self._known: dict[bytes, FloatArray] = {}

    def embed(self, windows: Sequence[Audio]) -> FloatArray:
        keys = [w.samples.tobytes() for w in windows]
        new = {k: w for k, w in zip(keys, windows, strict=True) if k not in self._known}
        if new:
            self._known |= zip(new, self.encoder.embed(list(new.values())), strict=True)
        return np.array([self._known[k] for k in keys])


@cache
def encoder() -> SpeakerEncoder:
    return SpeakerEncoder.load(weights.folder("resemblyzer"), threads=1)


def heard(audio: Audio, options: Sequence[DiariserOptions]) -> list[Diariser]:
    """Diarisers that have heard all speech of a recording."""
    detector = SpeechDetector()
    segments = [*detector.add(audio), *detector.finish()]
    remembering = Remembering(encoder())
    diarisers = [Diariser(remembering, o) for o in options]
    for diariser, s in itertools.product(diarisers, segments):
        part = audio.samples[round(s.start * RATE) : round(s.end * RATE)]
        diariser.add(Audio(part, RATE), s.start)
    return diarisers


def spans(diariser: Diariser, speakers: int | None = None) -> list[tuple[float, float, int]]:
    """Who speaks when, with the number of speakers given or estimated."""
    bounds = None if speakers is None else (speakers, speakers)
    return [(s.start, s.end, s.speaker) for s in diariser.finish(bounds=bounds).spans]


def judge(data: Path, case: Case, tune: bool) -> Result:
    """Make one recording and see who is found to speak when."""
    audio, truth = draw(data, case)
    plain = DiariserOptions()
    options = [plain, *(replace(plain, alike=b) for b in BOUNDS if tune)]
    diariser, *others = heard(audio, options)
    known, guess = spans(diariser, case.speakers), spans(diariser)
    tuned = [spans(o) for o in others]
    return Result(
        case,
        diarisation_errors(truth, known, COLLAR),
        diarisation_errors(truth, known, 0),
        len({s[2] for s in guess}),
        diarisation_errors(truth, guess, COLLAR),
        diarisation_errors(truth, guess, 0),
        tuple((len({s[2] for s in g}), diarisation_errors(truth, g, COLLAR).rate) for g in tuned),
    )


def cases(recordings: int) -> list[Case]:
    every = []
    for half, corpus, (manner, most) in itertools.product(
        HALVES, (*CORPORA, "mixed"), (("acted", 4), ("steady", 3))
    ):
        for count in range(2 if corpus == "mixed" else 1, most + 1):
            every += [Case(half, corpus, manner, count, i) for i in range(recordings)]
    return every


def pooled(every: Sequence[DiarisationErrors]) -> str:
    """DER over all speech of several recordings, in %."""
    total = DiarisationErrors(*(sum(column) for column in zip(*every, strict=True)))
    return f"{100 * total.rate:6.1f}"


def table(results: Sequence[Result], key: Callable[[Result], tuple[str, ...]]) -> None:
    groups: dict[tuple[str, ...], list[Result]] = defaultdict(list)
    for result in results:
        groups[key(result)].append(result)
    print(f"{'':38} {'number known':>15} {'number estimated':>16}  number of speakers")
    print(f"{'DER in % with collar, without':38} {'':>15} {'':>16}  right  off by")
    for name, rows in sorted(groups.items()):
        off = [abs(r.found - r.case.speakers) for r in rows]
        print(
            f"{' '.join(name):34} n={len(rows):<4}"
            f"{pooled([r.known for r in rows])} {pooled([r.known_strict for r in rows])}  "
            f"{pooled([r.estimated for r in rows])} {pooled([r.estimated_strict for r in rows])}"
            f"    {np.mean(np.equal(off, 0)):5.2f} {np.mean(off):6.2f}"
        )


def choose(results: Sequence[Result]) -> None:
    """The bounds with the best mean of DER and of how often the number is wrong."""
    rows = [r for r in results if r.case.half == "tune"]
    costs = []
    for i, bounds in enumerate(BOUNDS):
        groups: dict[tuple[str, int], list[float]] = defaultdict(list)
        for r in rows:
            found, rate = r.tuned[i]
            wrong = found != r.case.speakers
            groups[r.case.manner, r.case.speakers].append(rate + wrong / 2)
        costs.append((float(np.mean([np.mean(g) for g in groups.values()])), bounds))
    for cost, bounds in sorted(costs, key=lambda c: c[0])[:8]:
        print(f"{cost:.4f} {bounds}")


def synthetic() -> None:
    """Pairs of synthetic voices talk for ten turns."""
    there = [v for v in VOICES if shutil.which(v.split()[0])]
    for first, second in itertools.combinations(there, 2):
        rng = np.random.default_rng([there.index(first), there.index(second)])
        turns = [(i % 2, spoken((first, second)[i % 2], s)) for i, s in enumerate(SENTENCES)]
        audio, truth = joined(turns, rng)
        (diariser,) = heard(audio, [DiariserOptions()])
        known, guess = spans(diariser, 2), spans(diariser)
        print(
            f"{first:18} {second:18} found {len({s[2] for s in guess})}  "
            f"DER {100 * diarisation_errors(truth, guess, COLLAR).rate:5.1f}  "
            f"two known {100 * diarisation_errors(truth, known, COLLAR).rate:5.1f}"
        )


@cache
def spoken(voice: str, sentence: str) -> FloatArray:
    """A sentence by a synthetic voice, at a level of about -22 dB."""
    tool, name = voice.split()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.wav"
        how = ["-voice", name, "-t", sentence, "-o"] if tool == "flite" else ["-v", name, "-w"]
        rest = [] if tool == "flite" else [sentence]
        subprocess.run([tool, *how, str(out), *rest], check=True)
        samples = np.concatenate([b.samples for b in media.blocks(out, RATE)])
    return samples * np.float32(0.08 / np.sqrt(np.mean(samples**2)))


def speed() -> None:
    """What telling speakers apart costs, without finding speech."""
    rng = np.random.default_rng(0)
    parts = [Audio(rng.normal(0, 0.1, 4 * RATE).astype(np.float32), RATE) for _ in range(150)]
    diariser = Diariser(SpeakerEncoder.load(weights.folder("resemblyzer"), threads=2))
    start = time.perf_counter()
    for i, part in enumerate(parts):
        diariser.add(part, 4.0 * i)
    diariser.finish()
    print(
        f"cost of 600 s of speech: {(time.perf_counter() - start) / 600:.4f} x real time "
        "(target .02)"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--recordings", type=int, default=20, help="of each condition")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--tune", action="store_true", help="choose bounds on the tune half")
    args = parser.parse_args()
    speed()
    if args.data is not None:
        jobs = cases(args.recordings)
        fixed = [args.data] * len(jobs), jobs, [args.tune and j.half == HALVES[0] for j in jobs]
        with ProcessPoolExecutor(args.processes) as pool:
            results = list(pool.map(judge, *fixed, chunksize=4))
        if args.tune:
            choose(results)
        table(results, lambda r: (r.case.half, r.case.manner, str(r.case.speakers), r.case.corpus))
        table(results, lambda r: (r.case.half, r.case.manner, str(r.case.speakers), "all corpora"))
    synthetic()


if __name__ == "__main__":
    main()
