"""Do judges show what people went by? Evidence against EPITOME's rationales, on unheard seekers.

    python benchmarks/rationales.py DATA/epitome --judges out/judge-{}-half/model [--json FILE]

The judges are those of runs/judge-*-half.toml, which have learnt from one half of the seekers'
posts; figures are of the other. Asked about are answers with a rationale, whose level people and
judge both take to be above none, and, in brackets, all answers with a rationale (where the judge
sees nothing, nothing is shown). Beside the evidence stand the whole answer and its first sentence.
Words of evidence and of rationale are compared: F1 and intersection over union of each answer,
averaged; intervals are 95 % bootstrap intervals over answers.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from empathia.corpora import epitome
from empathia.judges import epitome as judges
from empathia.types import ELEMENTS

WORD = re.compile(r"\w+(?:['’]\w+)?")
DRAWS = 1000
Span = tuple[int, int]


def words_in(text: str, spans: Sequence[Span]) -> set[int]:
    """Numbers of the words that lie in the places, for more than half of each."""
    found = set()
    for number, m in enumerate(WORD.finditer(text)):
        middle = (m.start() + m.end()) / 2
        if any(a <= middle < b for a, b in spans):
            found.add(number)
    return found


def agreement(shown: set[int], gold: set[int]) -> tuple[float, float]:
    """F1 and intersection over union of two sets of words."""
    both = len(shown & gold)
    return 2 * both / max(1, len(shown) + len(gold)), both / max(1, len(shown | gold))


def interval(values: np.ndarray, seed: int = 1) -> tuple[float, float]:
    draw = np.random.default_rng(seed)
    means = [values[draw.integers(0, len(values), len(values))].mean() for _ in range(DRAWS)]
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def measured(shown: list[set[int]], gold: list[set[int]]) -> dict[str, object]:
    f1, iou = np.array([agreement(s, g) for s, g in zip(shown, gold, strict=True)]).T
    return {
        "f1": float(f1.mean()),
        "f1_interval": interval(f1),
        "iou": float(iou.mean()),
        "iou_interval": interval(iou),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--judges", required=True, help="their folders, {} for the element")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()

    judge = judges.load([Path(args.judges.format(e)) for e in ELEMENTS], args.threads)
    gold = epitome.rationales(args.data)
    half = [d for d in epitome.load(args.data, halves=True) if d.split == "test"]
    asked = [d for d in half if any(gold[d.utterances[1].id].values())]
    pairs = [(d.utterances[0].text or "", d.utterances[1].text or "") for d in asked]
    said = judge.judge(pairs)
    report = {}
    for element in ELEMENTS:
        rows = []
        for dialogue, (_, reply), empathy in zip(asked, pairs, said, strict=True):
            spans = gold[dialogue.utterances[1].id][element]
            if spans and element in empathy.elements:
                rows.append((reply, spans, empathy.elements[element]))
        seen = [r for r in rows if r[2].level]
        kinds = {
            "evidence": [words_in(r, e.evidence) for r, _, e in seen],
            "whole answer": [words_in(r, [(0, len(r))]) for r, _, _ in seen],
            "first sentence": [words_in(r, judges.cut(r)[:1]) for r, _, _ in seen],
        }
        marked = [words_in(r, spans) for r, spans, _ in seen]
        everywhere = [words_in(r, e.evidence) for r, _, e in rows]
        report[element] = {
            "answers": len(seen),
            "answers with a rationale": len(rows),
            **{kind: measured(shown, marked) for kind, shown in kinds.items()},
            "of all": measured(everywhere, [words_in(r, spans) for r, spans, _ in rows]),
        }
        print(f"{element}: {len(seen)} answers, {len(rows)} with a rationale")
        for kind in (*kinds, "of all"):
            m = report[element][kind]
            (a, b), (c, d) = m["f1_interval"], m["iou_interval"]
            print(
                f"  {kind:15} F1 {m['f1']:.3f} [{a:.3f}, {b:.3f}]  IoU {m['iou']:.3f} "
                f"[{c:.3f}, {d:.3f}]"
            )
    if args.json:
        args.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
