"""The tuned language model beside the untuned one: perplexity, speed, control, likeness.

    python benchmarks/tuned.py perplexity DATA --adapter FOLDER [--pairs 500]
    python benchmarks/tuned.py speed --adapter FOLDER
    python benchmarks/tuned.py replies DATA --adapter FOLDER [--pairs 100] [--control 100]
        [--judges FOLDER ...]

DATA holds empathetic_dialogues/; pairs are drawn from its test part, exemplars come out of the
bank that --bank names (default: the starter), which is what `replies` retrieves from, too. Judges
for `replies` should have learnt from other data than the shipped ones, whose levels steered the
training.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from empathia import judges
from empathia.contracts import Generator, Judge, Tools
from empathia.corpora import empathetic_dialogues
from empathia.exemplars import encoding
from empathia.exemplars.pairs import Pair, of_dialogues
from empathia.exemplars.places import open_bank
from empathia.exemplars.ranking import rank
from empathia.exemplars.search import Query
from empathia.lm import local
from empathia.replies import lm, retrieve
from empathia.replies.lm.compact import EXEMPLARS, Hints
from empathia.types import ELEMENTS, Empathy, Turn, Utterance, Wish


def pairs_of(data: Path, count: int) -> list[Pair]:
    """Answers out of the test part, seeded."""
    talks = empathetic_dialogues.load(data / "empathetic_dialogues")
    return random.Random(1).sample(of_dialogues(talks, part="test"), count)


def shown(pairs: Sequence[Pair], bank: str) -> list[tuple[str, ...]]:
    """Exemplars for each; the bank holds no talk of the test part."""
    opened = open_bank(bank)
    found = [rank(opened, Query(p.context), EXEMPLARS) for p in pairs]
    return [tuple(opened.pairs[i].reply for i in f.places) for f in found]


def perplexity(args: argparse.Namespace) -> None:
    """Pooled over the tokens of the replies, the end token among them."""
    from empathia.replies.lm import likelihood

    pairs = pairs_of(args.data, args.pairs)
    said = judges.judge(judges.load(threads=1), [(p.last, p.reply) for p in pairs])
    known = [
        Hints(None, {x: e.elements[x].level for x in ELEMENTS if x in e.elements}, e.sentiment)
        for e in said
    ]
    kinds = {
        "untold": [Hints()] * len(pairs),
        "exemplars": [Hints(exemplars=e) for e in shown(pairs, args.bank)],
        "levels": known,
    }
    for name, model in {"untuned": "smollm2", "tuned": str(args.adapter)}.items():
        reader = likelihood.load(model, threads=1)
        for kind, hints in kinds.items():
            found = reader.losses([(p.context, p.reply) for p in pairs], hints=hints)
            count = sum(map(len, found))
            mean = float(sum(x.sum() for x in found)) / count
            print(f"{name:8} {kind:10} {math.exp(mean):6.2f}  ({count} tokens)", flush=True)


def turns_of(pair: Pair) -> list[Turn]:
    """The talk before the answer; who is answered speaks last."""
    lines = pair.context.split("\n")
    return [
        Turn(Utterance(str(i), i, "AB"[(len(lines) - 1 - i) % 2], line))
        for i, line in enumerate(lines)
    ]


def speed(args: argparse.Namespace) -> None:
    """Seconds to the first piece of a reply, and to three candidates."""
    said = Pair(
        "0", "I had an exam today.\nHow did it go?\nI failed it, and I studied so hard.", ""
    )
    with local.load("smollm2", threads=1) as base:
        for name, adapter in (("untuned", "none"), ("tuned", str(args.adapter))):
            generator = lm.load({"adapter": adapter}, Tools(lambda: base, 1))
            generator.propose(turns_of(said))
            first, whole = [], []
            for i in range(args.runs):
                turns = turns_of(Pair("0", f"{said.context} It was number {i}.", ""))
                start = time.perf_counter()
                told: list[float] = []
                generator.propose(
                    turns, tell=lambda _, s=start, t=told: t.append(time.perf_counter() - s)
                )
                first += told[:1]
                start = time.perf_counter()
                generator.propose(turns, Wish(candidates=3))
                whole.append(time.perf_counter() - start)
            print(
                f"{name:8} first sentence {statistics.median(first or [math.nan]):.2f} s, "
                f"three candidates {statistics.median(whole):.2f} s"
            )


def replies(args: argparse.Namespace) -> None:
    """Likeness to the true reply, the judges' word, who had to answer, and control."""
    pairs = pairs_of(args.data, args.pairs)
    encode = encoding.load("minilm", 1)
    truth = encode([p.reply for p in pairs])
    panel = judges.load(["epitome"], folders=args.judges, threads=1)
    judged("people", panel, pairs, [p.reply for p in pairs])
    with local.load("smollm2", threads=1) as base:
        tools = Tools(lambda: base, 1)
        tuned = lm.load({"adapter": str(args.adapter), "exemplars": 0}, tools)
        for name, generator in {
            "retrieved": retrieve.load({"bank": args.bank}, tools),
            "tuned": tuned,
            "untuned": lm.load({"adapter": "none"}, tools),
            "tuned, exemplars": lm.load({"adapter": str(args.adapter), "bank": args.bank}, tools),
        }.items():
            made = [generator.propose(turns_of(p))[0] for p in pairs]
            texts = [r.text for r in made]
            like = float(np.mean(np.sum(truth * encode(texts), axis=1)))
            ruled = np.mean([r.source == "rules" for r in made])
            print(f"{name}: likeness {like:.3f}, answered by the rules {ruled:.0%}", flush=True)
            judged(name, panel, pairs, texts)
            for p, r in list(zip(pairs, made, strict=True))[: args.show]:
                print(f"    {p.last!r} -> {r.text!r} {r.note or ''}")
            if generator is tuned:
                free = texts
        control(tuned, pairs[: args.control], panel, free)


def judged(name: str, panel: Sequence[Judge], pairs: Sequence[Pair], texts: Sequence[str]) -> None:
    """Mean level of each element, 0 to 2, with 95 % of what other draws of pairs would give."""
    said = judges.judge(panel, [(p.last, t) for p, t in zip(pairs, texts, strict=True)])
    draws = np.random.default_rng(1).integers(len(said), size=(1000, len(said)))
    for element in ELEMENTS:
        levels = np.array([e.elements[element].expected for e in said])
        low, high = np.percentile(levels[draws].mean(1), (2.5, 97.5))
        print(f"    {name}: {element} {levels.mean():.2f} [{low:.2f}, {high:.2f}]", flush=True)


def control(
    generator: Generator, pairs: Sequence[Pair], panel: Sequence[Judge], free: Sequence[str]
) -> None:
    """How often a level that is asked for is reached, beside how often it comes up unasked."""

    def levels(texts: Sequence[str]) -> list[Empathy]:
        return judges.judge(panel, [(p.last, t) for p, t in zip(pairs, texts, strict=True)])

    before = levels(free[: len(pairs)])
    for element in ELEMENTS:
        asked, unasked = [], []
        for level in range(3):
            told = [generator.propose(turns_of(p), Wish({element: level}))[0].text for p in pairs]
            asked.append([e.elements[element].level == level for e in levels(told)])
            unasked.append([e.elements[element].level == level for e in before])
            shares = f"{np.mean(asked[-1]):.0%}, unasked {np.mean(unasked[-1]):.0%}"
            print(f"    {element} {level}: reached {shares}", flush=True)
        print(f"    {element}: reached {np.mean(asked):.0%}, unasked {np.mean(unasked):.0%}")


def main() -> None:
    """Parse what is to be measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=("perplexity", "speed", "replies"))
    parser.add_argument("data", type=Path, nargs="?", default=Path())
    parser.add_argument("--adapter", type=Path, required=True)
    parser.add_argument("--bank", default="starter-en")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--control", type=int, help="pairs that are asked for levels, else all")
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--judges", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    {"perplexity": perplexity, "speed": speed, "replies": replies}[args.what](args)


if __name__ == "__main__":
    main()
