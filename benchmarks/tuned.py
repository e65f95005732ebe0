"""The tuned language model beside the untuned one: perplexity, speed, control, likeness.

    python benchmarks/tuned.py perplexity DATA --adapter FOLDER [--pairs 500]
    python benchmarks/tuned.py speed --adapter FOLDER
    python benchmarks/tuned.py replies DATA --adapter FOLDER [--pairs 100] [--judges FOLDER ...]

DATA holds empathetic_dialogues/; pairs are drawn from its test part, exemplars come out of the
bank that --bank names (default: the starter). Judges for `replies` should have learnt from other
data than the shipped ones, whose levels steered the training.
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
from empathia.contracts import Tools
from empathia.corpora import empathetic_dialogues
from empathia.exemplars import encoding
from empathia.exemplars.pairs import Pair, of_dialogues
from empathia.exemplars.places import open_bank
from empathia.exemplars.ranking import rank
from empathia.exemplars.search import Query
from empathia.lm import local
from empathia.replies import lm
from empathia.replies.lm.compact import EXEMPLARS, Hints
from empathia.types import ELEMENTS, Turn, Utterance, Wish


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
    """Likeness to the true reply, how often the rules had to answer, and control."""
    pairs = pairs_of(args.data, args.pairs)
    encode = encoding.load("minilm", 1)
    truth = encode([p.reply for p in pairs])
    panel = judges.load(["epitome"], folders=args.judges, threads=1)
    with local.load("smollm2", threads=1) as base:
        for name, options in {
            "untuned": {"adapter": "none"},
            "tuned": {"adapter": str(args.adapter), "exemplars": 0},
            "tuned, exemplars": {"adapter": str(args.adapter), "bank": args.bank},
        }.items():
            generator = lm.load(options, Tools(lambda: base, 1))
            made = [generator.propose(turns_of(p))[0] for p in pairs]
            like = float(np.mean(np.sum(truth * encode([r.text for r in made]), axis=1)))
            ruled = np.mean([r.source == "rules" for r in made])
            print(f"{name}: likeness {like:.3f}, answered by the rules {ruled:.0%}", flush=True)
            for p, r in list(zip(pairs, made, strict=True))[: args.show]:
                print(f"    {p.last!r} -> {r.text!r} {r.note or ''}")
            if name != "tuned":
                continue
            control(generator, pairs, panel)


def control(generator: lm.ModelReply, pairs: Sequence[Pair], panel: Sequence[object]) -> None:
    """How often a level that is asked for is reached, beside how often it comes up unasked."""
    free = [generator.propose(turns_of(p))[0].text for p in pairs]
    contexts = [p.last for p in pairs]
    before = judges.judge(panel, list(zip(contexts, free, strict=True)))  # type: ignore[arg-type]
    for element in ELEMENTS:
        asked, unasked = [], []
        for level in range(3):
            wish = Wish({element: level})
            told = [generator.propose(turns_of(p), wish)[0].text for p in pairs]
            after = judges.judge(panel, list(zip(contexts, told, strict=True)))  # type: ignore[arg-type]
            asked += [e.elements[element].level == level for e in after]
            unasked += [e.elements[element].level == level for e in before]
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
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--judges", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    {"perplexity": perplexity, "speed": speed, "replies": replies}[args.what](args)


if __name__ == "__main__":
    main()
