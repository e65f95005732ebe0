"""Learn what tells how many people speak, and how sure whose speech a span is.

    python benchmarks/speaker_number.py DATA [--talks 12]

Makes conversations (``conversations.py``) of 1 to 4 people of the tuning half, calm and acted, in
each place; besides short talks of 2 to 6 people with hard cuts and no pause at all, and talks of
the synthetic voices that are there (flite, espeak-ng), in several moods each. In each, the voices
are parted into 2, 3, ... groups as ``listen/speakers.py`` does it. A partition into as many groups
as people, or fewer, is a step on; the first with more is none. A logistic model of the traits of
``listen/number.py`` tells the two; a trait may not weigh against common sense. Talks with hard
cuts, in clean sound or of synthetic voices count twice.

Prints the constants, and how often the number is right for talks that were held out (eight
folds). What counts is the report half: ``benchmarks/diarisation.py``.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import conversations
import diarisation
import numpy as np
import places
from conversations import MANNERS, PLACES, Case, converse
from numpy.typing import NDArray

from empathia import media
from empathia.listen import number
from empathia.listen.clusters import Groups
from empathia.listen.number import Partition
from empathia.listen.speakers import followed
from empathia.types import Audio

RATE = places.RATE
SIGNS = {"nearer": -1.0, "seconds": 1.0, "margin": 1.0, "strays": -1.0, "scatter": 1.0}
TWICE = ("hard", "clean", "synthetic")
FAR = 2.5  # spreads
PENALTY = 2.0  # of a squared weight, against the log-likelihood
FOLDS = 8
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
    """A talk: what kind, how many people, and the traits of its partitions from two groups on."""

    kind: str
    place: str
    people: int
    traits: tuple[dict[str, float], ...]


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


def talk(kind: str, place: str, people: int, sound: Audio) -> Talk | None:
    """What is seen in a recording; None where nobody is heard."""
    _segments, diariser = diarisation.listened(sound)
    cells = diariser.voices.cells()
    cells = cells.of(np.any(cells.short, axis=1))
    if not len(cells.seconds):
        return None
    groups, seen = Groups(cells.long, cells.seconds), []
    for k in range(2, number.MOST):
        labels = followed(cells, groups.cut(k))
        if int(labels.max()) + 1 < k:
            break
        seen.append(number.traits(Partition(cells, labels)))
    return Talk(kind, place, people, tuple(seen))


def made(data: Path, talks: int) -> Iterator[Talk | None]:
    """Conversations in each place; those in far rooms half as many."""
    for n, people, manner in itertools.product(range(talks), range(1, 5), MANNERS):
        for at, place in enumerate(PLACES):
            if place != "far" or n % 2 == 0:
                case = Case("tune", manner, people, place, 10 * n + 2 * at)
                yield talk(manner, place, people, converse(data, case).sound)


def cut(data: Path, people: int, index: int) -> Talk | None:
    """Clip after clip without a pause, of 20 s and more."""
    draw = np.random.default_rng([99, people, index])
    manner = MANNERS[index % 2]
    every = {c: conversations.speakers_of(data, c, "tune") for c in conversations.CORPORA}
    corpora = [c for c, who in every.items() if len(who) >= people]
    pool = [
        (c, s)
        for c in ([corpora[index % len(corpora)]] if index % 3 < 2 else every)
        for s in every[c]
    ]
    decks = [
        conversations._Deck(data, manner, pool[i], draw)
        for i in draw.permutation(len(pool))[:people]
    ]
    levels, length = 10 ** (-draw.uniform(0, 6, people) / 20), draw.uniform(20, 60)
    parts: list[Matrix] = []
    for turn, who in enumerate(conversations._order(people, draw)):
        if turn >= people and sum(map(len, parts)) > max(1, people / 4) * length * RATE:
            break
        for _ in range(draw.integers(1, 3)):
            parts.append(0.05 * levels[who] * places.unit(decks[who].next().samples))
    sound = np.concatenate(parts)
    sound += 0.05 * 10 ** (-draw.uniform(20, 40) / 20) * draw.normal(0, 1, len(sound))
    return talk("hard", "hard", people, Audio(np.clip(sound, -1, 1).astype(np.float32), RATE))


def synthetic(people: int, index: int) -> Talk | None:
    """Synthetic voices take turns; None where there are too few."""
    there = [v for v in VOICES if shutil.which(v.split()[0])]
    if len(there) < people:
        return None
    draw = np.random.default_rng([5, people, index])
    who, length = draw.permutation(len(there))[:people], draw.uniform(20, 80)
    parts: list[Matrix] = [np.zeros(RATE // 2)]
    for turn, speaker in enumerate(conversations._order(people, draw)):
        if turn >= people and sum(map(len, parts)) > length * RATE:
            break
        mood = int(draw.choice(4, p=(0.5, 0.15, 0.2, 0.15))) if index % 2 else 0
        for _ in range(draw.integers(1, 3)):
            text = SENTENCES[draw.integers(len(SENTENCES))]
            pause = max(0.0, draw.normal(0.35, 0.25))
            parts += [spoken(there[who[speaker]], text, mood), np.zeros(round(pause * RATE))]
    sound = np.concatenate(parts)
    sound += 10 ** (-draw.uniform(45, 65) / 20) * draw.normal(0, 1, len(sound))
    return talk("synthetic", "synthetic", people, Audio(sound.astype(np.float32), RATE))


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


def steps(talks: list[Talk]) -> tuple[Matrix, NDArray[np.bool_], Matrix]:
    """Traits (rows, n) of the partitions that teach, whether each is a step on, and its weight."""
    rows, on, weight = [], [], []
    for one in talks:
        for k, seen in enumerate(one.traits[: one.people], start=2):
            rows.append([seen[n] for n in SIGNS])
            on.append(k <= one.people)
            weight.append(2.0 if one.place in TWICE else 1.0)
    return np.array(rows), np.array(on), np.array(weight)


def learn(talks: list[Talk]) -> Model:
    """The likeliest weights that keep to the signs, by projected gradient ascent."""
    rows, on, weight = steps(talks)
    usual, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = np.clip((rows - usual) / spread, -FAR, FAR)
    sign = np.array(list(SIGNS.values()))
    weights, bias, rate = np.zeros(len(SIGNS)), 0.0, 2.0 / weight.sum()
    for _ in range(5000):
        error = weight * (on - 1 / (1 + np.exp(-(scaled @ weights + bias))))
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
    more = {k: float(p) for k, p in enumerate(1 / (1 + np.exp(-score)), start=2)}
    chances = number.probabilities(more)
    return max(chances, key=chances.__getitem__)


def held_out(talks: list[Talk]) -> None:
    """How often the number is right for talks of other folds, by kind and number of people."""
    right: dict[tuple[str, str, int], list[bool]] = defaultdict(list)
    for fold in range(FOLDS):
        model = learn([t for i, t in enumerate(talks) if i % FOLDS != fold])
        for one in talks[fold::FOLDS]:
            place = "clean" if one.place == "clean" else "elsewhere"
            right[one.kind, place, one.people].append(estimate(model, one) == one.people)
    for (kind, place, people), hits in sorted(right.items()):
        print(f"{kind:10} {place:10} {people} people: right {np.mean(hits):.2f} of {len(hits)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--talks", type=int, default=12, help="of each number, manner and place")
    args = parser.parse_args()
    every = [
        *made(args.data, args.talks),
        *itertools.starmap(
            partial(cut, args.data), itertools.product(range(2, 7), range(args.talks))
        ),
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
