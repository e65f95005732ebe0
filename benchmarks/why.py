"""Whether the reasons of the recogniser `lm` are worth anything, and what cues do to it.

    python benchmarks/why.py carries [--turns 30] [--threads 1] [--model smollm2]

Turns of the English example talks. The part of a turn on which a label hangs most in the wording
`plain` was chosen by what that wording says; so another wording is asked (`listener`): how often
the label that was told is less likely without that part, and by how many nats of its log odds,
beside the mean of the turn's other parts of the same kind; and whether both wordings rank the parts
alike (Kendall's tau, mean over turns).

    python benchmarks/why.py cost [--turns 8] [--threads 1] [--model smollm2]

Seconds of the processor a turn of a talk, asked about its label alone, and for its reason as well.

    python benchmarks/why.py cues DATA/meld [--turns 30] [--threads 1] [--model smollm2]

Validation turns of MELD, whole dialogues from the first on, read untaught without cues of the
voice, with those against everybody, and with those against the same speaker so far: how many are
told a label, how many of these rightly, and of all; macro-F1 of the likeliest labels.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from empathia.config import Options
from empathia.corpora import meld
from empathia.cues import Bins, CuesSoFar
from empathia.emotion.lm import OPTIONS, UNSURE
from empathia.emotion.lm.describing import Describer
from empathia.emotion.lm.prompt import Shape
from empathia.emotion.lm.read import untrained
from empathia.emotion.lm.template import read
from empathia.errors import EmpathiaError
from empathia.labels import EKMAN7
from empathia.metrics import macro_f1
from empathia.types import Sample

LEAST = 3  # pieces of a turn's words whose order is compared
TALKS = Path(__file__).parents[1] / "examples" / "talks"


def cues(options: argparse.Namespace) -> None:
    """Print what cues of the voice do to what is told."""
    parts = [d for d in meld.load(options.data) if d.split == "valid"]
    prosody = meld.ready(options.data)["prosody"]
    gold = {u.id: u.gold for d in parts for u in d.utterances}
    several = [sum(len(d.utterances) for d in parts[:n]) for n in range(len(parts))]
    talks = [
        [
            Sample(u.id, u.text, "en", {"prosody": p} if p else {}, speaker=u.speaker)
            for u in d.utterances
            for p in [prosody.get(u.id)]
        ]
        for d in parts[: sum(n < options.turns for n in several)]
    ]
    plain = untrained(EKMAN7, Options({**OPTIONS, "model": options.model}), options.threads, 0.0)
    cued = dataclasses.replace(plain, shape=Shape("description"))
    everybody = dataclasses.replace(cued, describer=Describer(Bins.load()))
    ways = {
        "no cues": (plain, talks),
        "against everybody": (everybody, talks),
        "against the speaker": (cued, [so_far(d) for d in talks]),
    }
    rights: list[dict[str, bool]] = []
    for name, (reader, shown) in ways.items():
        begun = time.process_time()
        asked = {id: row for id, row in reader.answer(shown).items() if row}
        spent = time.process_time() - begun
        best = {id: EKMAN7.labels[int(np.argmax(row))] for id, row in asked.items()}
        right = {id: label in gold[id] for id, label in best.items()}
        rights.append(right)
        sure = [right[id] for id, row in asked.items() if max(row) >= UNSURE]
        told = np.array([[best[id] == x for x in EKMAN7] for id in asked], float)
        true = np.array([[x in gold[id] for x in EKMAN7] for id in asked], float)
        alone = [sum(a[id] and not b[id] for id in asked) for a, b in pairs(rights[0], right)]
        print(
            f"{name:20} {len(asked):4} turns, {np.mean([*right.values()]):.1%} right, macro-F1 "
            f"{macro_f1(true, told):.3f}; sure of {len(sure)}, {np.mean(sure or [0]):.0%} of these "
            f"right; right alone: without cues {alone[0]}, so {alone[1]}; "
            f"{spent / len(asked):.2f} s of the processor a turn",
            flush=True,
        )


def pairs(*both: dict[str, bool]) -> tuple[tuple[dict[str, bool], ...], ...]:
    """The two, in both orders."""
    return both, both[::-1]


def so_far(dialogue: Sequence[Sample]) -> list[Sample]:
    """Samples with the cues that a reading tells."""
    teller, told = CuesSoFar(Bins.load()), []
    for s in dialogue:
        cues = teller.add(s.features.get("prosody"), s.speaker or "")
        told.append(dataclasses.replace(s, cues={"voice": cues} if cues else {}))
    return told


def carries(options: argparse.Namespace) -> None:
    """Print whether what a label hangs on in one wording counts in another, too."""
    given = Options({**OPTIONS, "model": options.model})
    plain = untrained(EKMAN7, given, options.threads, 0.0)
    other = dataclasses.replace(plain, template=read("listener"))
    talks = [_talk(f) for f in sorted(TALKS.glob("en-*.txt"))]
    places = [(talk[: i + 1], talk[i].id) for talk in talks for i in range(len(talk))]
    tops: list[float] = []
    rest: list[float] = []
    alike: list[float] = []
    for before, id in places[:: max(1, len(places) // options.turns)]:
        (found,) = plain.reasons([before], {id}).values()
        (again,) = other.reasons([before], {id}, found.label).values()
        changes = {p.text: p.change for p in again.parts if p.kind == "words"}
        words = [p for p in found.parts if p.kind == "words"]
        if len(words) < LEAST or len(changes) < len(words):  # a word that comes twice
            continue
        first, *others = (changes[p.text] for p in words)
        tops.append(first)
        rest.append(float(np.mean(others)))
        alike.append(tau([p.change for p in words], [first, *others]))
        wins = np.mean([a > b for a, b in zip(tops, rest, strict=True)])
        print(
            f"{len(tops):3} turns: without its first part the label falls in the other wording in "
            f"{np.mean(np.array(tops) > 0):.0%} (by {np.mean(tops):+.2f} nats), without another "
            f"by {np.mean(rest):+.2f}; by more than without another in {wins:.0%}; "
            f"tau {np.mean(alike):.2f}",
            flush=True,
        )


def cost(options: argparse.Namespace) -> None:
    """Print what a label costs, and what its reason costs on top."""
    given = Options({**OPTIONS, "model": options.model})
    reader = untrained(EKMAN7, given, options.threads, 0.0)
    talk = _talk(TALKS / "en-dinner.txt")[: options.turns]
    reader.answer([talk], {talk[0].id})  # the engine starts, labels are cut into tokens
    begun = time.process_time()
    reader.answer([talk])
    between = time.process_time()
    found = [reader.reasons([talk[: i + 1]], {s.id})[s.id] for i, s in enumerate(talk)]
    ended = time.process_time()
    print(
        f"{len(talk)} turns: {(between - begun) / len(talk):.2f} s a turn for the label, "
        f"{(ended - between) / len(talk):.2f} more for its reason, "
        f"{np.mean([len(r.parts) for r in found]):.1f} parts left out"
    )


def tau(a: Sequence[float], b: Sequence[float]) -> float:
    """Kendall's: pairs in the same order less pairs in the other, of all."""
    pairs = list(itertools.combinations(range(len(a)), 2))
    return float(np.mean([np.sign((a[i] - a[j]) * (b[i] - b[j])) for i, j in pairs]))


def _talk(file: Path) -> list[Sample]:
    lines = [x.partition(": ") for x in file.read_text(encoding="utf-8").splitlines() if ": " in x]
    return [Sample(f"{i}", text, "en", speaker=who) for i, (who, _, text) in enumerate(lines)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("action", choices=["carries", "cost", "cues"])
    parser.add_argument("data", type=Path, nargs="?", help="MELD's folder, for cues")
    parser.add_argument("--turns", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--model", default="smollm2")
    options = parser.parse_args()
    if options.action == "cues" and options.data is None:
        parser.error("cues needs MELD's folder")
    try:
        {"carries": carries, "cost": cost, "cues": cues}[options.action](options)
    except EmpathiaError as error:
        print(f"benchmarks/why.py: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
