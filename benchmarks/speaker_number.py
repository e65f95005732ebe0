"""Learn what tells how many people speak.

    python benchmarks/speaker_number.py DATA [--talks 12] [--paces 320]

Makes conversations (``conversations.py``) of 1 to 4 people of the tuning half, calm and acted, in
each place; besides others of 1 to 6 people at any pace, from 12 s to two minutes, with voices that
were shifted and hard cuts; and talks of the synthetic voices that are there (flite, espeak-ng), in
several moods each. In each, the voices are parted into 2, 3, ... groups as ``listen/speakers.py``
does it. A step is right where most of what the two new groups say is of two different people. A
logistic model of the traits of ``listen/number.py`` tells the right from the wrong; a trait may not
weigh against common sense.

Prints the constants, and how often the number is right for talks of a corpus that was held out.
What counts is the report half: ``benchmarks/diarisation.py``.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import conversations
import diarisation
import numpy as np
import places
from conversations import MANNERS, PLACES, Case, Conversation, Span, converse
from numpy.typing import NDArray

from empathia import media
from empathia.listen import number, speakers
from empathia.listen.clusters import Groups
from empathia.listen.voices import Cells
from empathia.types import Audio

RATE = places.RATE
SIGNS = {"alike": -1.0, "apart": 1.0, "seconds": 1.0, "pieces": 1.0}
FAR = 2.5  # spreads
PENALTY = 2.0  # of a squared weight, against the log-likelihood
VOICES = ("flite kal", "flite slt", "flite awb", "flite rms", "espeak-ng en-us", "espeak-ng en-gb")
MOODS = ((1.0, 1.0), (0.85, 1.15), (1.2, 0.9), (1.1, 1.05))  # pitch, duration
SENTENCES = (
    "I was thinking that we could go out to the lake this weekend.",
    "You always say that, and then nothing happens at all.",
    "Of course I remember, the water was cold and the boat was leaking.",
    "Maybe you could call them and ask for the price of two nights?",
    "Yes, I can do that tomorrow before the meeting starts.",
    "The train leaves at half past nine, so we should hurry up a little.",
    "No, I have never heard of it.",
    "What do you mean by that?",
)
Matrix = NDArray[np.float64]


class Talk(NamedTuple):
    """A talk: what kind, where, of whom, how many people, and its steps from two groups on.

    Args:
        traits: Of each step.
        different: Whether its two groups are two people.
    """

    kind: str
    place: str
    corpus: str
    people: int
    traits: tuple[dict[str, float], ...]
    different: tuple[bool, ...]


class Model(NamedTuple):
    """Usual values, spreads and weights of the traits, (n,) each, and a bias."""

    usual: Matrix
    spread: Matrix
    weights: Matrix
    bias: float

    def step(self, rows: Matrix) -> Matrix:
        """How likely each partition is a step on, (rows, n) to (rows,)."""
        scaled = np.clip((rows - self.usual) / self.spread, -FAR, FAR)
        likely: Matrix = 1 / (1 + np.exp(-(scaled @ self.weights + self.bias)))
        return likely


# -- talks -------------------------------------------------------------------------------------


def talk(kind: str, place: str, corpus: str, made: Conversation) -> Talk | None:
    """What is seen in a conversation; None where nobody is heard."""
    segments, diariser = diarisation.listened(made.sound)
    cells = diariser.voices.cells()
    heard = np.any(cells.short, axis=1)
    if not heard.any():
        return None
    who = speaking(made.spans, [(s.start, s.end) for s in segments], cells)[heard]
    cells, seen, different = cells.of(heard), [], []
    for step in speakers.steps(cells, Groups(cells.long, cells.seconds)):
        seen.append(number.traits(step))
        first, second = (mostly(who[step.labels == group]) for group in step.pair)
        different.append(-1 not in (first, second) and first != second)
    people = len({s for _, _, s in made.spans})
    return Talk(kind, place, corpus, people, tuple(seen), tuple(different))


def speaking(
    spans: Sequence[Span], segments: Sequence[tuple[float, float]], cells: Cells
) -> NDArray[np.int64]:
    """Who speaks longest in each cell, (n,); -1 where nobody does."""
    first = np.searchsorted(cells.segment, cells.segment)
    start = np.array(segments)[cells.segment, 0]
    start += (np.arange(len(first)) - first) * cells.seconds
    share = np.zeros((len(first), 1 + max(s for _, _, s in spans)))
    for a, b, s in spans:
        inside = np.minimum(start + cells.seconds, b) - np.maximum(start, a)
        share[:, s] += np.maximum(inside, 0)
    return np.where(share.max(axis=1) > 0.25 * cells.seconds, share.argmax(axis=1), -1)


def mostly(who: NDArray[np.int64]) -> int:
    """The speaker of most cells; -1 where nobody speaks in any."""
    counts = np.bincount(who[who >= 0])
    return int(counts.argmax()) if len(counts) else -1


def made(data: Path, talks: int) -> Iterator[Talk | None]:
    """Conversations in each place; those in far rooms half as many."""
    for n, people, manner in itertools.product(range(talks), range(1, 5), MANNERS):
        for at, place in enumerate(PLACES):
            if place != "far" or n % 2 == 0:
                case = Case("tune", manner, people, place, 10 * n + 2 * at)
                yield talk(manner, place, corpus_of(data, case), converse(data, case))


def paced(data: Path, count: int) -> Iterator[Talk | None]:
    """Conversations at any pace, of up to six people."""
    for n in range(count):
        draw = np.random.default_rng([99, n])
        people, place = draw.choice(6, p=(0.25, 0.3, 0.17, 0.14, 0.07, 0.07)) + 1, PLACES[n % 5]
        case = Case("tune", MANNERS[n % 2], int(people), place, 1000 + n, usual=False)
        yield talk(f"{MANNERS[n % 2]}, paced", place, corpus_of(data, case), converse(data, case))


def corpus_of(data: Path, case: Case) -> str:
    """Of which corpus the speakers of a conversation are."""
    return conversations.people_of(data, case, np.random.default_rng(case.talk))[0][0]


def synthetic(people: int, index: int) -> Talk | None:
    """Synthetic voices take turns; None where there are too few."""
    there = [v for v in VOICES if shutil.which(v.split()[0])]
    if len(there) < people:
        return None
    draw = np.random.default_rng([5, people, index])
    who, length = draw.permutation(len(there))[:people], draw.uniform(20, 80)
    parts: list[Matrix] = [np.zeros(RATE // 2)]
    spans: list[Span] = []
    for turn, speaker in enumerate(conversations._order(people, draw)):
        if turn >= people and sum(map(len, parts)) > length * RATE:
            break
        mood = int(draw.choice(4, p=(0.5, 0.15, 0.2, 0.15))) if index % 2 else 0
        for _ in range(draw.integers(1, 3)):
            text = SENTENCES[draw.integers(len(SENTENCES))]
            pause = max(0.0, draw.normal(0.35, 0.25))
            one, start = spoken(there[who[speaker]], text, mood), sum(map(len, parts)) / RATE
            spans.append((start, start + len(one) / RATE, speaker))
            parts += [one, np.zeros(round(pause * RATE))]
    sound = np.concatenate(parts)
    sound += 10 ** (-draw.uniform(45, 65) / 20) * draw.normal(0, 1, len(sound))
    whole = Conversation(Audio(sound.astype(np.float32), RATE), tuple(spans), tuple(spans))
    return talk("synthetic", "synthetic", "synthetic", whole)


@cache
def spoken(voice: str, text: str, mood: int) -> Matrix:
    """A sentence of a synthetic voice, in a mood of it, without the silence around it."""
    tool, name = voice.split()
    pitch, slow = MOODS[mood]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.wav"
        how = ["-voice", name, "-t", text, "-o", str(out)]
        how += ["--setf", f"f0_shift={pitch}", "--setf", f"int_f0_target_mean={100 * pitch}"]
        how += ["--setf", f"duration_stretch={slow}"]
        if tool != "flite":
            pace = ["-p", str(round(50 + 60 * (pitch - 1))), "-s", str(round(165 / slow))]
            how = ["-v", name, "-w", str(out), *pace, text]
        subprocess.run([tool, *how], check=True, capture_output=True)
        samples = np.concatenate([b.samples for b in media.blocks(out, RATE)])
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    return 0.08 * places.unit(samples[loud[0] : loud[-1]]).astype(np.float64)


# -- what is learnt ----------------------------------------------------------------------------


def steps(talks: list[Talk]) -> tuple[Matrix, NDArray[np.bool_]]:
    """Traits of all steps, (rows, n), and whether each leads to two people."""
    rows = [[seen[n] for n in SIGNS] for one in talks for seen in one.traits]
    return np.array(rows), np.array([d for one in talks for d in one.different])


def learn(talks: list[Talk]) -> Model:
    """The likeliest weights that keep to the signs, by projected gradient ascent."""
    rows, on = steps(talks)
    usual, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = np.clip((rows - usual) / spread, -FAR, FAR)
    sign = np.array(list(SIGNS.values()))
    weights, bias, rate = np.zeros(len(SIGNS)), 0.0, 2.0 / len(rows)
    for _ in range(5000):
        error = on - 1 / (1 + np.exp(-(scaled @ weights + bias)))
        weights += rate * (scaled.T @ error - PENALTY * weights)
        weights = np.where(weights * sign > 0, weights, 0.0)
        bias += rate * float(error.sum())
    return Model(usual, spread, weights, bias)


def estimate(model: Model, one: Talk) -> int:
    """How many people a model takes a talk for."""
    if not one.traits:
        return 1
    likely = model.step(np.array([[seen[n] for n in SIGNS] for seen in one.traits]))
    score = np.log(likely / (1 - likely))
    score -= np.where(np.arange(len(score)) == 0, *number.HESITATION)
    chances = number.probabilities(dict(enumerate(score.tolist(), start=2)))
    return max(chances, key=chances.__getitem__)


def held_out(talks: list[Talk]) -> None:
    """How often the number is right for talks of a corpus that taught nothing."""
    guesses: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for corpus in sorted({t.corpus for t in talks}):
        model = learn([t for t in talks if t.corpus != corpus])
        for one in (t for t in talks if t.corpus == corpus):
            place = "clean" if one.place == "clean" else "elsewhere"
            guesses[one.kind, place, one.people].append(estimate(model, one))
    for (kind, place, people), own in sorted(guesses.items()):
        right, mean = np.mean(np.array(own) == people), np.mean(own)
        print(f"{kind:14} {place:10} {people}: right {right:.2f} of {len(own)}, mean {mean:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--talks", type=int, default=12, help="of each number, manner and place")
    parser.add_argument("--paces", type=int, default=320, help="talks at any pace")
    args = parser.parse_args()
    every = [
        *made(args.data, args.talks),
        *paced(args.data, args.paces),
        *itertools.starmap(synthetic, itertools.product((1, 2, 3), range(args.talks))),
    ]
    talks = [t for t in every if t is not None]
    model = learn(talks)
    print(f"{len(talks)} talks\nBIAS = {model.bias:.2f}")
    for name, usual, spread, weight in zip(SIGNS, *model[:3], strict=True):
        print(f'    "{name}": Weighing({usual:.3f}, {spread:.3f}, {weight:.2f}),')
    held_out(talks)


if __name__ == "__main__":
    main()
