"""A little labelled table and run files for it, for the tests of the bench."""

from __future__ import annotations

import csv
import json
import random
import sys
from pathlib import Path

from empathia.labels import EKMAN7
from empathia.training.keeping import Settings

LABELS = ("calm", "cross", "glad")
WORDS = {
    "calm": ["fine", "okay", "well", "sure", "right"],
    "cross": ["no", "stop", "never", "awful", "hate"],
    "glad": ["great", "yes", "lovely", "thanks", "love"],
}


def corpus(folder: Path, *, flip_test: bool = False) -> Path:
    """A table of 24 dialogues whose words and one number tell the label most of the time."""
    rng = random.Random(4)
    rows = []
    for d in range(24):
        split = ("train",) * 14 + ("valid",) * 4 + ("test",) * 6
        for i in range(8):
            label = rng.choice(LABELS)
            words = rng.choices(WORDS[label], k=3) + rng.choices(WORDS[rng.choice(LABELS)], k=2)
            votes = [label, label, rng.choice(LABELS)]
            said = (
                LABELS[(LABELS.index(label) + 1) % 3] if flip_test and split[d] == "test" else label
            )
            rows.append(
                {
                    "utterance": f"d{d}_{i}",
                    "dialogue": f"d{d}",
                    "speaker": f"s{d // 4}_{i % 2}",
                    "gender": "FM"[i % 2],
                    "text": " ".join(words),
                    "label": "" if i == 7 else said,
                    "votes": json.dumps(votes),
                    "split": split[d],
                    "scene": f"scene{d % 5}",
                    "tone": LABELS.index(label) + rng.gauss(0, 0.5),
                    "level": rng.gauss(0, 1),
                }
            )
    path = folder / "table"
    path.mkdir(parents=True, exist_ok=True)
    with (path / "data.csv").open("w", newline="") as f:
        writer = csv.DictWriter(f, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def run_file(path: Path, recogniser: str = "tfidf", **changes: str) -> Path:
    parts = {
        "top": "seed = 1",
        "data": "",
        "options": 'groups = {scene = "scene"}\nfeatures = {sound = ["tone", "level"]}',
        "features": 'text = ["sound"]' if recogniser == "acoustic" else "",
        "model": "",
        "training": "",
    } | changes
    path.write_text(
        f'name = "{path.stem}"\n{parts["top"]}\n[data]\ncorpora = ["table"]\nlabels = "corpus"\n'
        f"{parts['data']}\n[data.options.table]\n{parts['options']}\n"
        + (f"[features]\n{parts['features']}\n" if parts["features"] else "")
        + f'[model]\nrecogniser = "{recogniser}"\n{parts["model"]}\n'
        f'[training]\nselect = "weighted_f1"\nthreads = 1\n{parts["training"]}\n'
    )
    return path


def command(run: Path, data: Path, out: Path) -> list[str]:
    """``empathia train`` as a process of its own."""
    options = ["--data", str(data), "--out", str(out)]
    return [sys.executable, "-m", "empathia", "train", str(run), *options]


def tuned(folder: Path, corpus: str) -> Path:
    """The settings of a language model that was tuned to a corpus, and kept."""
    folder.mkdir()
    learnt = [{"name": corpus, "licence": "Theirs", "noncommercial": True}]
    Settings(
        "lm",
        "lm",
        EKMAN7,
        exclusive=True,
        causal=True,
        modalities={"text": ()},
        options={"tune": "lora"},
        licence="Theirs",
        noncommercial=True,
        weights=("smollm2",),
        details={"corpora": learnt},
    ).write(folder)
    return folder
