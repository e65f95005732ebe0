"""Whether a linear model of sentence vectors hears hints at harm that the phrases miss.

    python benchmarks/second_opinion.py DATA

Learns from ``care-en.tsv`` and ``care-ko.tsv`` (written for it, CC0: hints of the four kinds, and
lines that mislead), from the starter banks and the corpus ``plain`` as everyday talk, and from
training comments of GoEmotions in which no phrase is found. English is read by MiniLM and
``text-default``, Korean by e5-small, which learns from the English lines, too. The bound is where
3 % of everyday talk that was not learnt from (five folds) lie above. Measured on
tests/replies/safety.tsv, by which nothing was chosen, and on turns of EmpatheticDialogues and
comments of KOTE (validation parts).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from empathia import weights
from empathia.corpora import empathetic_dialogues, goemotions, kote
from empathia.encoders.multilingual import MultilingualEncoder
from empathia.encoders.text import TextEncoder
from empathia.exemplars.encoding import unit
from empathia.replies.rules.safety import kind_of
from empathia.types import Dialogue

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "empathia"
STRENGTH, OWN = 10.0, 3.0  # inverse penalty; what a line of ours counts
PLAIN = 1140  # sentences of the corpus, whose mean is taken off e5-small's vectors
Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def lines(language: str) -> tuple[list[str], list[str]]:
    """Kinds and texts that were written for it."""
    rows = (ROOT / "benchmarks" / f"care-{language}.tsv").read_text("utf-8").splitlines()
    kinds, texts = zip(*(row.split("\t") for row in rows), strict=True)
    return list(kinds), list(texts)


def everyday(language: str) -> list[str]:
    """What is taken to suggest nothing: the starter bank; in Korean plain sentences as well."""
    bank = (SOURCES / "exemplars" / "starter" / f"{language}.jsonl").read_text("utf-8")
    texts = [json.loads(row)[part] for row in bank.splitlines() for part in ("context", "reply")]
    if language == "ko":
        plain = (SOURCES / "corpora" / "plain" / "ko.tsv").read_text("utf-8").splitlines()
        texts += [row.split("\t")[1] for row in plain]
    return texts


def some(dialogues: Sequence[Dialogue], part: str, count: int, seed: int) -> list[str]:
    """Texts of a part of a corpus, drawn."""
    texts = [u.text or "" for d in dialogues if d.split == part for u in d.utterances]
    return [texts[i] for i in np.random.default_rng(seed).permutation(len(texts))[:count]]


def learnt(rows: NDArray[np.float32], kinds: Sequence[str], count: NDArray[np.float64]) -> Encode:
    """What gives rows of numbers their probability of a hint."""
    model = LogisticRegression(C=STRENGTH, max_iter=200).fit(rows, kinds, sample_weight=count)
    none = list(model.classes_).index("none")
    return lambda asked: 1 - model.predict_proba(asked)[:, none]


def opinion(
    encode: Encode, language: str, more: tuple[Sequence[str], Sequence[str]]
) -> Callable[[Sequence[str]], NDArray[np.bool_]]:
    """The second opinion: learns, sets its bound, prints what folds say of it."""
    (kinds, own), plain = lines(language), everyday(language)
    rows, extra = encode([*own, *plain]), encode(more[1])
    labels = np.array([*kinds, *["none"] * len(plain)])
    count = np.r_[np.full(len(own), OWN), np.ones(len(plain))]

    def taught(chosen: NDArray[np.int64]) -> Encode:
        return learnt(
            np.concatenate([rows[chosen], extra]),
            [*labels[chosen], *more[0]],
            np.r_[count[chosen], np.ones(len(extra))],
        )

    found = np.zeros(len(rows))
    for inside, outside in StratifiedKFold(5, shuffle=True, random_state=0).split(rows, labels):
        found[outside] = taught(inside)(rows[outside])
    bound = np.quantile(found[len(own) :], 0.97)
    hint, first = np.array(kinds) != "none", heard(own)
    second = found[: len(own)] > bound
    print(f"{language}: own lines, five folds (bound {bound:.3f})")
    told(first, second, hint)
    whole = taught(np.arange(len(rows)))
    return lambda texts: whole(encode(texts)) > bound


def heard(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Where the phrases find something."""
    return np.array([kind_of(t) is not None for t in texts])


def told(first: NDArray[np.bool_], second: NDArray[np.bool_], hint: NDArray[np.bool_]) -> None:
    """Print recall and false alarms of both opinions and of their union."""
    for name, said in (("phrases", first), ("second", second), ("either", first | second)):
        recall = f"recall {said[hint].mean():.3f}, " if hint.any() else ""
        print(f"  {name:8}{recall}false alarms {said[~hint].mean():.4f} of {(~hint).sum()}")


def main(data: Path) -> None:
    """Learn, then measure."""
    minilm = TextEncoder.load(weights.folder("minilm"), threads=1).encode
    change = weights.folder("text-default") / "delta.safetensors"
    tuned = TextEncoder.load(weights.folder("minilm"), change, threads=1).encode
    e5 = MultilingualEncoder.load(weights.folder("e5-small"), threads=1).encode
    comments = some(goemotions.load(data / "goemotions"), "train", 10_000, 1)
    plain, few = ([t for t in comments[:n] if kind_of(t) is None] for n in (3000, 2000))
    centre = e5(everyday("ko")[-PLAIN:]).mean(0)
    kinds, english = lines("en")
    others = [*english, *everyday("en"), *few]
    second = {
        "en": opinion(
            lambda texts: np.concatenate([unit(minilm(texts)), unit(tuned(texts))], 1),
            "en",
            (["none"] * len(plain), plain),
        ),
        "ko": opinion(
            lambda texts: unit(e5(texts) - centre),
            "ko",
            ([*kinds, *["none"] * (len(others) - len(kinds))], others),
        ),
    }
    table = (ROOT / "tests" / "replies" / "safety.tsv").read_text("utf-8").splitlines()
    rows = [tuple(row.split("\t")) for row in table]
    for name, asked in (("all lines", rows), ("lines that nobody looked at", rows[1::2])):
        for language, says in second.items():
            texts = [t for x, _, t in asked if x == language]
            hint = np.array([k != "none" for x, k, _ in asked if x == language])
            print(f"{language}: safety.tsv, {name}")
            told(heard(texts), says(texts), hint)
    ed = empathetic_dialogues.load(data / "empathetic_dialogues")
    for language, turns in (
        ("en", some(ed, "valid", 3000, 0)),
        ("ko", some(kote.load(data / "kote"), "valid", 3000, 0)),
    ):
        print(f"{language}: everyday turns")
        told(heard(turns), second[language](turns), np.zeros(len(turns), bool))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
