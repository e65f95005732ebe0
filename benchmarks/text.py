"""How good and how fast the shipped text recognisers are, with targets beside.

    python benchmarks/text.py DATA [--model DIR] [--korean DIR] [--multilingual DIR] [--threads N]

DATA holds goemotions/, meld/ and kote/ in their official layouts. MELD is never
trained on here; its baselines (majority, TF-IDF with logistic regression) are
fitted on its train part. The multilingual recogniser needs the weight e5-small.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from empathia import plugins, weights
from empathia.emotion.text import read
from empathia.emotion.text_korean import read as korean
from empathia.emotion.text_multilingual import read as multilingual
from empathia.labels import EKMAN7, projection
from empathia.listen.language import detect_language
from empathia.metrics import METRICS
from empathia.metrics.counts import count, f1
from empathia.metrics.scores import highest, one_hot, softmax
from empathia.training.words import WordReader
from empathia.types import Dialogue

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def items(dialogues: tuple[Dialogue, ...], split: str) -> tuple[list[str], np.ndarray]:
    """Texts and gold indicators in EKMAN7."""
    texts, gold = [], []
    for d in dialogues:
        for u in d.utterances if d.split == split else ():
            project = projection(d.labels, EKMAN7)
            texts.append(u.text or "")
            gold.append([x in {project(g) for g in u.gold} for x in EKMAN7])
    return texts, np.array(gold)


def show(name: str, value: float | str, target: str = "") -> None:
    shown = value if isinstance(value, str) else f"{value:.4f}"
    print(f"{name:<58}{shown:>10}   {target}")


def shares(reader: WordReader, logits: np.ndarray) -> np.ndarray:
    """Scores that sum to 1 of raw ones, (texts, labels) both."""
    c = reader.calibration
    return softmax(logits / c.temperature + np.array(c.bias))


def goemotions(reader: WordReader, data: Path) -> None:
    dialogues = plugins.load("corpora", "goemotions").load(data / "goemotions")
    texts, gold = items(dialogues, "test")
    start, busy = time.perf_counter(), time.process_time()
    logits = reader.logits(texts)
    start, busy = time.perf_counter() - start, time.process_time() - busy
    print(f"GoEmotions test, {len(texts)} comments, seven labels")
    figures(reader, logits, gold, ">= .62", "<= .08")
    show("utterances a second (wall)", len(texts) / start, ">= 150 on 2 free cores")
    show("utterances a second of CPU", len(texts) / busy)
    languages = Counter(detect_language([t]) for t in texts)
    wrong = sum(n for code, n in languages.items() if code not in ("en", None))
    show("English taken for another language", wrong / len(texts), "lower is better")


def kote(name: str, reader: WordReader, data: Path) -> None:
    """Labels on their own at tuned thresholds; the likeliest in the corpus's view and in ours."""
    texts, gold = items(plugins.load("corpora", "kote").load(data / "kote"), "test")
    print(f"KOTE test, {name}, {len(texts)} comments, seven labels, several a comment")
    start = time.perf_counter()
    tuned = reader.independent(texts) >= np.array(reader.calibration.thresholds)
    show("utterances a second (wall)", len(texts) / (time.perf_counter() - start))
    show("macro F1, multi-label, thresholds tuned on dev", METRICS["macro_f1"](gold, tuned))
    for label, value in zip(EKMAN7, f1(count(gold, tuned)), strict=True):
        show(f"  {label}", float(value))
    show("baseline: all labels always, macro F1", METRICS["macro_f1"](gold, np.ones_like(gold)))
    c, logits = reader.calibration, reader.logits(texts) / reader.calibration.temperature
    for view, bias in (("of the corpus", c.views["kote"]), ("neutral", c.bias)):
        p = softmax(logits + np.array(bias))
        top = p.argmax(1)
        show(f"the likeliest label is a gold one, view {view}", gold[np.arange(len(p)), top].mean())
        said = np.bincount(top, minlength=len(EKMAN7)) / len(top)
        show("  likeliest", " ".join(f"{x} {s:.3f}" for x, s in zip(EKMAN7, said, strict=True)))


def figures(reader: WordReader, logits: np.ndarray, gold: np.ndarray, *targets: str) -> None:
    """What is measured wherever an utterance may have several gold labels."""
    f1_target, ece_target = targets or ("", "")
    p = shares(reader, logits)
    confidence, right = p.max(1), gold[np.arange(len(p)), p.argmax(1)]
    sure = confidence >= reader.calibration.threshold
    tuned = 1 / (1 + np.exp(-logits)) >= np.array(reader.calibration.thresholds)
    macro = METRICS["macro_f1"]
    show("macro F1, multi-label, thresholds tuned on dev", macro(gold, tuned), f1_target)
    for label, value in zip(EKMAN7, f1(count(gold, tuned)), strict=True):
        show(f"  {label}", float(value))
    show("macro F1 of the argmax", macro(gold, highest(p)))
    show("accuracy of the argmax", float(right.mean()))
    ece = METRICS["ece"]
    show("expected calibration error, all", ece(confidence, right), ece_target)
    show(
        "expected calibration error, where it commits itself",
        ece(confidence[sure], right[sure]),
        ece_target,
    )
    show("share where it commits itself", float(sure.mean()))
    show("accuracy there", float(right[sure].mean()))


def meld(reader: WordReader, data: Path) -> None:
    dialogues = plugins.load("corpora", "meld").load(data / "meld")
    (train, train_gold), (test, gold) = (items(dialogues, s) for s in ("train", "test"))
    p = shares(reader, reader.logits(test))
    print(f"MELD test, {len(test)} utterances, never trained on")
    show("weighted F1 of the argmax", METRICS["weighted_f1"](gold, highest(p)))
    show("macro F1 of the argmax", METRICS["macro_f1"](gold, highest(p)))
    confidence, right = p.max(1), gold[np.arange(len(p)), p.argmax(1)]
    show("expected calibration error", METRICS["ece"](confidence, right))
    majority = np.full(len(test), train_gold.sum(0).argmax())
    show("baseline: majority, weighted F1", METRICS["weighted_f1"](gold, indicator(majority)))
    try:
        import sklearn  # noqa: F401
    except ImportError:
        print("TF-IDF baselines left out: they need the extra 'train'")
        return
    guess = tf_idf(train, train_gold).predict(test)
    show(
        "baseline: TF-IDF + LR trained on MELD itself",
        METRICS["weighted_f1"](gold, indicator(guess)),
    )
    strange = plugins.load("corpora", "goemotions").load(data / "goemotions")
    guess = tf_idf(*items(strange, "train")).predict(test)
    show(
        "baseline: TF-IDF + LR trained on GoEmotions, as unseen",
        METRICS["weighted_f1"](gold, indicator(guess)),
    )


def indicator(index: np.ndarray) -> np.ndarray:
    return one_hot(index, len(EKMAN7))


def tf_idf(texts: list[str], gold: np.ndarray) -> Pipeline:
    """Bag of words and pairs, ? and ! among them (worth 9 points); settings chosen on MELD dev."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\w+|[!?.]+")
    classes = LogisticRegression(C=3, max_iter=1000, class_weight="balanced")
    return make_pipeline(words, classes).fit(texts, gold.argmax(1))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    names = ("default", "korean", "multilingual")
    shipped = {n: weights.folder(f"text-{n}") for n in names}
    parser.add_argument("--model", type=Path, default=shipped["default"])
    parser.add_argument("--korean", type=Path, default=shipped["korean"])
    parser.add_argument("--multilingual", type=Path, default=shipped["multilingual"])
    parser.add_argument("--threads", type=int)
    args = parser.parse_args()
    reader = read.load(args.model, args.threads)
    goemotions(reader, args.data)
    meld(reader, args.data)
    kote("runs of syllables", korean.load(args.korean).reader(), args.data)
    if weights.state("e5-small") == "ok":
        kote("multilingual", multilingual.load(args.multilingual, args.threads), args.data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
