"""What exemplars are worth as replies: how like they are to those that people gave.

    python benchmarks/retrieval.py BANK EMPATHETIC_DIALOGUES [--part test] [--contexts 500]
        [--seed 1] [--candidates 50] [--retriever FOLDER ...] [--recall] [--show N]
    python benchmarks/retrieval.py BANK EMPATHETIC_DIALOGUES --replies [...]
    python benchmarks/retrieval.py BANK --time

BANK is of the training part. For contexts that are drawn (seeded) from the part: cosine of MiniLM
vectors of the reply that is chosen and the one that was given, with the paired difference to the
nearest context's reply (bootstrap over dialogues); share of its content words that were just said;
how often its emotion is that of the talk; how many different replies are chosen. Recall and mean
reciprocal rank of the given reply among all replies of the part say how well a vector tells it
(paired difference to the context's own vector), and how often the five exemplars whose replies lie
nearest to it have the talk's emotion. Each --retriever (empathia train runs/retriever.toml) is
measured beside the bank's own map; --contexts 0 takes all, --recall leaves choices out. Gold labels
are compared after the choice. --replies measures what the generator `retrieve` says, where it does
not leave the answer to the rules. --show prints exemplars: texts of the corpus.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from empathia.contracts import LanguageModel, Tools
from empathia.corpora import empathetic_dialogues
from empathia.errors import EmpathiaError
from empathia.exemplars import encoding, foretold
from empathia.exemplars.bank import Bank
from empathia.exemplars.pairs import Pair, of_dialogues
from empathia.exemplars.places import open_bank
from empathia.exemplars.ranking import copied, rank
from empathia.exemplars.search import Query, nearness, ranked, search
from empathia.metrics.bootstrap import Block, interval, resampled
from empathia.replies import retrieve
from empathia.types import FloatArray, Turn, Utterance

Choose = Callable[[Query, FloatArray], int]
TOP = 5  # exemplars whose emotions are compared
BLOCK = 256  # contexts that are compared with a bank at a time


@dataclasses.dataclass(frozen=True)
class Chosen:
    """One way to choose: a number of an exemplar for each context, and its cosine to the truth."""

    name: str
    places: Sequence[int]
    similarity: FloatArray


def main() -> int:
    args = _arguments()
    try:
        bank = open_bank(args.bank)
        if args.time:
            _time(bank)
        elif args.replies:
            _replies(args)
        else:
            _measure(bank, args)
    except EmpathiaError as error:
        print(f"retrieval: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What exemplars are worth as replies.")
    parser.add_argument("bank")
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--part", default="test", choices=("valid", "test"))
    parser.add_argument("--contexts", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--candidates", type=int, default=50)
    parser.add_argument("--retriever", type=Path, nargs="*", default=[])
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--recall", action="store_true")
    parser.add_argument("--replies", action="store_true")
    parser.add_argument("--time", action="store_true")
    args = parser.parse_args()
    if args.data is None and not args.time:
        parser.error("name the folder of EmpatheticDialogues, or --time")
    return args


def _measure(bank: Bank, args: argparse.Namespace) -> None:
    every, asked = _asked(args)
    encode = encoding.load("minilm", 1)
    contexts, truth = encode([p.context for p in asked]), encode([p.reply for p in asked])
    replies, banks = np.asarray(bank.replies), _banks(bank, args.retriever)
    ways = _ways(bank, args.candidates)
    for name, other in list(banks.items())[1:]:
        ways |= {f"{way}, {name}": c for way, c in _foretelling(other, args.candidates).items()}
    if args.recall:
        _recall(banks, asked, contexts, truth, encode([p.reply for p in every]))
        return
    chosen = [
        _chosen(name, choose, asked, contexts, truth, replies) for name, choose in ways.items()
    ]
    chosen.append(_oracle(bank, asked, contexts, truth))
    floor = chosen[0]
    print(f"{len(asked)} contexts of {args.part}, {len(bank.pairs)} exemplars, seed {args.seed}")
    print("choice\tsimilarity\tto the first\tcopied\temotion\tdifferent\twords")
    for way in chosen:
        print("\t".join(_row(way, floor, asked, bank)))
    _recall(banks, asked, contexts, truth, encode([p.reply for p in every]))
    for n in range(args.show):
        print(f"\n{asked[n].context}\n  given   {asked[n].reply}")
        for way in chosen:
            print(f"  {way.name}: {bank.pairs[way.places[n]].reply}")


def _asked(args: argparse.Namespace) -> tuple[list[Pair], list[Pair]]:
    """All pairs of the part, and those that are drawn."""
    every = of_dialogues(empathetic_dialogues.load(args.data), part=args.part)
    count = args.contexts or len(every)
    drawn = np.random.default_rng(args.seed).choice(len(every), count, replace=False)
    return every, [every[i] for i in sorted(drawn)]


def _replies(args: argparse.Namespace) -> None:
    """What the generator says, without an emotion."""
    _, asked = _asked(args)
    generator = retrieve.load({"bank": args.bank}, Tools(_no_model, 1))
    said = []
    for pair in asked:
        lines = enumerate(pair.context.split("\n"))
        turns = [Turn(Utterance(f"u{i}", i, "AB"[i % 2], line)) for i, line in lines]
        said.append((pair, generator.propose(turns)[0]))
    own = [(p, r) for p, r in said if r.exemplars]
    encode = encoding.load("minilm", 1)
    near = (encode([r.text for _, r in own]) * encode([p.reply for p, _ in own])).sum(1)
    share = np.mean([copied(r.text, p.last) for p, r in own])
    print(
        f"{len(asked)} contexts of {args.part}: {len(own) / len(asked):.3f} answered by exemplars,"
    )
    print(
        f"similarity {near.mean():.3f}, copied {share:.3f}, {len({r.text for _, r in own})} kinds"
    )


def _no_model() -> LanguageModel:
    raise AssertionError("exemplars need no language model")


def _ways(bank: Bank, candidates: int) -> dict[str, Choose]:
    def found(by: str) -> Choose:
        return lambda query, row: (search(bank, query, 1, by, row=row).places or (0,))[0]

    def by_rank(by: str) -> Choose:
        return lambda query, row: rank(bank, query, 1, by, candidates=candidates, row=row).places[0]

    ways = {f"nearest, {by}": found(by) for by in ("dense", "words", "hybrid")}
    ways["ranked, hybrid"] = by_rank("hybrid")
    return ways | _foretelling(bank, candidates)


def _foretelling(bank: Bank, candidates: int) -> dict[str, Choose]:
    """The ways that a bank's map decides."""
    return {
        "foretold": lambda query, row: search(bank, query, 1, "reply", row=row).places[0],
        **{
            f"ranked, {by}": lambda query, row, by=by: rank(
                bank, query, 1, by, candidates=candidates, row=row
            ).places[0]
            for by in ("dense", "reply")
        },
    }


def _banks(bank: Bank, retrievers: Sequence[Path]) -> dict[str, Bank]:
    """The bank with its own map, and with those of retrievers, by the names of their runs."""
    banks = {"own map": bank}
    for folder in retrievers:
        found = foretold.Retriever.load(folder, bank.info.encoder)
        banks[folder.resolve().parent.name] = dataclasses.replace(bank, answers=found.map)
    return banks


def _chosen(
    name: str,
    choose: Choose,
    asked: Sequence[Pair],
    contexts: FloatArray,
    truth: FloatArray,
    replies: FloatArray,
) -> Chosen:
    queries = [Query(p.context, dialogue=p.dialogue) for p in asked]
    places = [choose(q, row) for q, row in zip(queries, contexts, strict=True)]
    return Chosen(name, places, (replies[places] * truth).sum(1))


def _oracle(bank: Bank, asked: Sequence[Pair], contexts: FloatArray, truth: FloatArray) -> Chosen:
    """The best of the 50 nearest, as if the truth were known."""
    places = []
    for pair, row, given in zip(asked, contexts, truth, strict=True):
        allowed = bank.allowed(dialogue=pair.dialogue)
        near = nearness(bank, row)[allowed]
        fifty = allowed[np.argpartition(-near, 50)[:50]]
        places.append(int(fifty[(np.asarray(bank.replies[fifty]) @ given).argmax()]))
    return Chosen("best of 50", places, (np.asarray(bank.replies)[places] * truth).sum(1))


def _row(way: Chosen, floor: Chosen, asked: Sequence[Pair], bank: Bank) -> list[str]:
    taken = [bank.pairs[i] for i in way.places]
    share = np.mean([copied(t.reply, p.last) for t, p in zip(taken, asked, strict=True)])
    agree = np.mean([t.emotion == p.emotion for t, p in zip(taken, asked, strict=True)])
    mean, (low, high) = _mean(way.similarity - floor.similarity, asked)
    return [
        f"{way.name:16}",
        f"{way.similarity.mean():.3f}",
        f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]",
        f"{share:.3f}",
        f"{agree:.3f}",
        f"{len(set(way.places))}",
        f"{np.mean([len(t.reply.split()) for t in taken]):.1f}",
    ]


def _mean(values: FloatArray, asked: Sequence[Pair]) -> tuple[float, tuple[float, float]]:
    """Mean of what (n,) contexts have, and its interval over dialogues."""
    names = list(dict.fromkeys(p.dialogue for p in asked))
    sums = np.zeros((len(names), 2))
    for pair, more in zip(asked, values, strict=True):
        sums[names.index(pair.dialogue)] += more, 1
    (drawn,) = resampled([Block(np.arange(len(names)), sums)], len(names))
    between = interval(drawn[:, 0] / drawn[:, 1])
    return float(sums[:, 0].sum() / sums[:, 1].sum()), between or (np.nan, np.nan)


def _recall(
    banks: Mapping[str, Bank],
    asked: Sequence[Pair],
    contexts: FloatArray,
    truth: FloatArray,
    pool: FloatArray,
) -> None:
    """Where the given reply stands among all replies of the part, by each map."""
    told = {"context's vector": contexts}
    told |= {n: foretold.foretell(b.answers, contexts) for n, b in banks.items()}
    print(f"\nthe given reply among the {len(pool)} of the part")
    print(f"by\tR@1\tR@5\tR@10\tR@100\tMRR\tmore\temotion of {TOP}")
    floor: FloatArray | None = None
    for name, rows in told.items():
        ahead = (rows @ pool.T > (rows * truth).sum(1, keepdims=True) + 1e-6).sum(1)
        shares = [f"{(ahead < n).mean():.3f}" for n in (1, 5, 10, 100)]
        worth = (1 / (ahead + 1)).astype(np.float32)
        floor = worth if floor is None else floor
        more, (low, high) = _mean(worth - floor, asked)
        between = f"{more:+.3f} [{low:+.3f}, {high:+.3f}]"
        agree = _agreement(banks["own map"], asked, rows)
        print("\t".join([name, *shares, f"{worth.mean():.3f}", between, f"{agree:.3f}"]))


def _agreement(bank: Bank, asked: Sequence[Pair], rows: FloatArray) -> float:
    """How often exemplars whose replies lie nearest to (n, width) have the talk's emotion."""
    agree, replies = [], np.asarray(bank.replies)
    for start in range(0, len(rows), BLOCK):
        near = rows[start : start + BLOCK] @ replies.T
        for pair, told in zip(asked[start : start + BLOCK], near, strict=True):
            query = Query(pair.context, dialogue=pair.dialogue)
            best = ranked(bank, query, TOP, near=told, words=None).places
            agree += [bank.pairs[i].emotion == pair.emotion for i in best]
    return float(np.mean(agree))


def _time(bank: Bank) -> None:
    """Milliseconds of one core a query takes without its embedding, the median of 100."""
    rng = np.random.default_rng(1)
    picked = rng.choice(len(bank.pairs), 100)
    queries = [Query(bank.pairs[i].context, dialogue=bank.pairs[i].dialogue) for i in picked]
    rows = np.asarray(bank.contexts)[picked]
    ways: dict[str, Callable[[Query, FloatArray], object]] = {
        "words": lambda q, _: search(bank, q, 50, "words"),
        "dense": lambda q, row: search(bank, q, 50, "dense", row=row),
        "hybrid": lambda q, row: search(bank, q, 50, "hybrid", row=row),
        "ranked, dense": lambda q, row: rank(bank, q, 1, row=row),
    }
    print(f"{len(bank.pairs)} exemplars, one thread where OMP_NUM_THREADS=1\tmedian ms\t95 %")
    for name, way in ways.items():
        took = []
        for query, row in zip(queries, rows, strict=True):
            begun = time.process_time()
            way(query, row)
            took.append(1000 * (time.process_time() - begun))
        print(f"{name}\t{np.median(took):.1f}\t{np.percentile(took, 95):.1f}")


if __name__ == "__main__":
    sys.exit(main())
