"""Judges against people who rated how empathic a bot was: DUO's dialogues of people and bots.

    python benchmarks/duo.py DATA/duo/en.jsonl [--json FILE]

A dialogue's score is the mean over the bot's turns, each judged with what the person said last.
Elements are the mean level under the scores; "all three" is their sum; "sentiment" is that of the
turns; "length" is words a turn, which a judge should beat. People are those who read the dialogue
("raters", mean of three; a third of the dialogues) and who talked ("self"). Given is Spearman's
rank correlation over dialogues with 95 % bootstrap intervals. "Raters among themselves" is how
well one of them agrees with the mean of the others. Nothing is fitted here.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from sentiment import DRAWS, spearman

from empathia import judges
from empathia.types import ELEMENTS


def pairs_of(dialogue: list[dict[str, str]]) -> list[tuple[str, str]]:
    """Each turn of the bot behind the last of the person."""
    found, before = [], ""
    for turn in dialogue:
        if turn["speaker"] == "Bot":
            found.append((before, turn["message"]))
        else:
            before = turn["message"]
    return found


def interval(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    """Rank correlation with its interval over dialogues; a draw without spread says 0."""
    draw = np.random.default_rng(1)
    found = []
    for _ in range(DRAWS):
        some = draw.integers(0, len(a), len(a))
        found.append(spearman(a[some], b[some]) if len(set(b[some])) > 1 else 0.0)
    low, high = np.percentile(found, (2.5, 97.5))
    return spearman(a, b), float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    talks = [json.loads(line) for line in args.data.read_text(encoding="utf-8").splitlines()]
    asked = [pairs_of(t["dialogue"]) for t in talks]
    said = iter(judges.judge(judges.load(threads=args.threads), [p for a in asked for p in a]))
    scores: dict[str, list[float]] = {
        n: [] for n in (*ELEMENTS, "all three", "sentiment", "length")
    }
    for some in asked:
        found = [next(said) for _ in some]
        for name in ELEMENTS:
            each = [e.elements[name].expected for e in found if name in e.elements]
            scores[name].append(float(np.mean(each)))
        scores["all three"].append(sum(scores[n][-1] for n in ELEMENTS))
        scores["sentiment"].append(float(np.mean([e.sentiment or 0.0 for e in found])))
        scores["length"].append(float(np.mean([len(r.split()) for _, r in some])))
    rated = np.array([i for i, t in enumerate(talks) if "objective_evaluation" in t])
    ratings = np.array([talks[i]["objective_evaluation"]["empathy_scores"] for i in rated])
    own = np.array([t["subjective_evaluation"]["empathy"] for t in talks])
    people = {"raters": (rated, ratings.mean(1)), "self": (np.arange(len(talks)), own)}
    turns = sum(map(len, asked))
    report: dict[str, object] = {"dialogues": len(talks), "turns": turns}
    for who, (some, gold) in people.items():
        print(f"{len(some)} dialogues, rated by {who}")
        for name, values in scores.items():
            rho, low, high = interval(np.array(values)[some], gold)
            report[f"{name}, {who}"] = (rho, low, high)
            print(f"  {name:15} {rho:+.3f} [{low:+.3f}, {high:+.3f}]")
    alone = [
        spearman(ratings[:, k], np.delete(ratings, k, 1).mean(1)) for k in range(ratings.shape[1])
    ]
    report["people"] = float(np.mean(alone))
    print(f"raters among themselves: {report['people']:+.3f}; {turns} turns of bots were judged")
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
