"""How a recogniser does on corpora that it never saw, with targets beside.

    python benchmarks/strangers.py DATA [--learnt-meld MODEL...] [--left-out-meld MODEL...]
        [--left-out-iemocap MODEL...] [--second-recipe MODEL...] [--comments MODEL...]
        [--korean MODEL... [--diary] [--abroad]] [--talks] [--prior KIND] [--worth W] [--every N]

MODEL is a shipped name, a folder ``out/<run>/model``, or ``out/<run>`` of a run with one fold: all
its seeds. Of several the mean is shown. Rows of a model that is not named are left out. DATA holds
meld/, iemocap/, goemotions/ and kote/. Four labels: the scores are restricted to neutral, joy,
anger and sadness. Intervals are 95 % over dialogues. Nothing is fitted here but the floors, and
thresholds of several labels a comment, on validation parts. ``--abroad`` reads plain sentences in
other languages, ``--diary`` the 200 diary entries: once, when all is fixed. Where a corpus is left
out, and in the diary and abroad, scores are moved to the prior of talk as ``read`` does, or to
another ``--prior``, by the worth that a model says or ``--worth`` (.8 is what ships; training
doesn't set it); rows of what was learnt from are in that corpus's own view. ``--every`` asks about
each Nth dialogue of IEMOCAP, where it is left out, for models that take long.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import judged as j
import numpy as np

from empathia.contracts import About, Recogniser
from empathia.emotion.majority import NAME as MAJORITY
from empathia.labels import EKMAN7, SHARED4, LabelSet
from empathia.metrics.thresholds import best_thresholds
from empathia.pipeline import Reader
from empathia.pipeline.priors import Prior
from empathia.training import keeping as trained
from empathia.training.model import only
from empathia.types import Emotion, Sample

HERE = Path(__file__).parent
TALKS = HERE.parent / "examples" / "talks"
SURE = 0.85
RARE = 0.02  # share of the gold from which a label must be predicted sometimes
NEUTRAL, JOY = SHARED4.index("neutral"), SHARED4.index("joy")


class Row(NamedTuple):
    """A figure; ``reach`` and ``stretch`` are the least that counts, or the most (``up`` false)."""

    what: str
    value: float
    span: tuple[float, float] | None = None
    reach: float | None = None
    stretch: float | None = None
    up: bool = True
    note: str = ""

    def __str__(self) -> str:
        span = "" if self.span is None else f"{self.span[0]:.3f} to {self.span[1]:.3f}"
        aim = "" if self.reach is None else f"{self.reach:.3f} / {self.stretch:.3f}"
        return (
            f"{self.what:<58}{self.value:7.3f}  {span:<15}{aim:<15}{self._verdict():<9}{self.note}"
        )

    def _verdict(self) -> str:
        sign = 1 if self.up else -1
        for name, aim in (("stretch", self.stretch), ("met", self.reach)):
            if aim is not None and sign * self.value >= sign * aim:
                return name
        return "" if self.reach is None else "missed"


def open_model(name: str) -> Recogniser:
    """A shipped model by its name, or one in a folder."""
    return trained.load(trained.place(name), threads=1)


def open_models(names: Sequence[str]) -> list[Recogniser]:
    """Models by name or folder; of the folder of a run, each seed's in turn."""
    return [trained.load(folder, threads=1) for folder in _folders(names)]


def _folders(names: Sequence[str]) -> Iterator[Path]:
    """The folder of each model, to be read before the next is asked for.

    What a seed of a run learnt is described by the model that the run kept.
    """
    for name in names:
        run = Path(name)
        seeds = sorted(run.glob("seed-*/*/model"))
        if not seeds:
            yield trained.place(name)
        for folder in seeds:
            with tempfile.TemporaryDirectory() as copy:
                shutil.copytree(folder, copy, dirs_exist_ok=True)
                shutil.copyfile(run / "model" / trained.SETTINGS, Path(copy) / trained.SETTINGS)
                yield Path(copy)


@dataclass(frozen=True)
class AsRead:
    """A recogniser whose scores are moved to the prior of a reading."""

    model: Recogniser
    prior: Prior
    worth: float | None = None

    @property
    def about(self) -> About:
        about = self.model.about
        return about if self.worth is None else replace(about, worth=self.worth)

    def only(self, wanted: Collection[str]) -> AsRead:
        return replace(self, model=only(self.model, wanted))

    def recognise(self, dialogues: Sequence[Sequence[Sample]]) -> list[list[Emotion]]:
        said, about = self.model.recognise(dialogues), self.about
        return [[self.prior.applied(e, about, shipped=True) for e in d] for d in said]


def as_read(names: Sequence[str], prior: str, worth: float | None) -> list[AsRead]:
    return [AsRead(m, Prior(prior), worth) for m in open_models(names)]


def learnt(data: Path, models: Sequence[Recogniser]) -> Iterator[Row]:
    """MELD test by models that learnt from MELD."""
    talk = j.meld(data, "test")
    seeds = [j.judge(m, talk) for m in models]
    value, span = j.of_counts("weighted_f1", seeds)
    yield Row("MELD test, seven labels, weighted F1", value, span, 0.61, 0.64)
    yield Row("  calibration error", _mean(j.calibration_error, seeds))
    yield from _dead("MELD test", seeds, EKMAN7)
    yield from _floors(j.meld(data, "train"), talk, seeds[0])


def second(data: Path, models: Sequence[Recogniser]) -> Iterator[Row]:
    """IEMOCAP test by models that learnt from IEMOCAP."""
    talk = j.iemocap(data, "test")
    seeds = [j.judge(m, talk) for m in models]
    value, span = j.of_counts("weighted_f1", seeds)
    yield Row("IEMOCAP test, four labels, weighted F1", value, span, 0.82, 0.84)
    yield from _vad(models, talk)


def left_out_meld(data: Path, models: Sequence[Recogniser]) -> Iterator[Row]:
    """MELD test by models that never saw MELD."""
    seeds = [j.four(j.judge(m, t := j.meld(data, "test")), t.labels) for m in models]
    yield from _left_out("MELD test, MELD left out", seeds, (0.515, 0.555))
    yield from _floors(j.iemocap(data, "train"), j.meld(data, "test"), seeds[0])


def left_out_iemocap(data: Path, models: Sequence[Recogniser], every: int) -> Iterator[Row]:
    """Utterances of IEMOCAP by models that never saw IEMOCAP."""
    talk = j.iemocap(data)
    talk = j.asked_of(talk, talk.dialogues[::every])
    seeds = [j.judge(m, talk) for m in models]
    what = "all" if every == 1 else f"{len(talk.dialogues)} dialogues"
    yield from _left_out(f"IEMOCAP, {what}, IEMOCAP left out", seeds, (0.494, 0.534))
    yield from _floors(j.meld(data, "train"), talk, seeds[0])


def _left_out(name: str, seeds: Sequence[j.Judged], aims: tuple[float, float]) -> Iterator[Row]:
    value, span = j.of_counts("weighted_f1", seeds)
    yield Row(f"{name}, four labels, weighted F1", value, span, *aims)
    yield Row("  calibration error", _mean(j.calibration_error, seeds), None, 0.08, 0.05, up=False)
    yield Row("  gold-neutral called joy", _mean(_called_joy, seeds), None, 0.10, 0.05, up=False)
    yield Row("  recall of joy", _mean(_recall_of_joy, seeds))
    yield Row(
        "  accuracy at 70 % coverage", _mean(lambda x: j.selective(x)[0], seeds), None, 0.62, 0.68
    )
    yield Row("  area under risk against coverage", _mean(lambda x: j.selective(x)[1], seeds))
    yield Row(
        f"  gold-neutral called an emotion over {SURE:.0%}",
        _mean(_sure_of_nothing, seeds),
        None,
        0.03,
        0.01,
        up=False,
    )
    yield Row(f"  share of turns over {SURE:.0%}", _mean(_sure, seeds), None, 0.05, 0.05)
    yield Row("  ... of which are right", _mean(_sure_right, seeds), None, 0.80, 0.80)
    yield from _dead(name, seeds, SHARED4)


def _mean(of: Callable[[j.Judged], float], seeds: Sequence[j.Judged]) -> float:
    return float(np.mean([of(x) for x in seeds]))


def _called_joy(x: j.Judged) -> float:
    return float((x.shares[x.gold[:, NEUTRAL]].argmax(1) == JOY).mean())


def _recall_of_joy(x: j.Judged) -> float:
    return float((x.shares[x.gold[:, JOY]].argmax(1) == JOY).mean())


def _sure(x: j.Judged) -> float:
    return float((j.sureness(x)[0] > SURE).mean())


def _sure_right(x: j.Judged) -> float:
    confidence, right = j.sureness(x)
    return float(right[confidence > SURE].mean()) if (confidence > SURE).any() else float("nan")


def _sure_of_nothing(x: j.Judged) -> float:
    of_neutral = x.shares[x.gold[:, NEUTRAL]]
    return float(((of_neutral.max(1) > SURE) & (of_neutral.argmax(1) != NEUTRAL)).mean())


def _dead(name: str, seeds: Sequence[j.Judged], labels: LabelSet) -> Iterator[Row]:
    common = [k for k in range(len(labels)) if seeds[0].gold[:, k].mean() >= RARE]
    dead = [
        tuple(labels)[k] for k in common if not all((x.shares.argmax(1) == k).any() for x in seeds)
    ]
    note = f"never: {', '.join(dead)}" if dead else f"{len(common)} labels"
    yield Row(
        "  labels with 2 % of the gold that are never said", len(dead), None, 0, 0, False, note
    )


def _floors(learn: j.Talk, talk: j.Talk, like: j.Judged) -> Iterator[Row]:
    """Majority, and TF-IDF with logistic regression, learnt from another part or corpus."""
    from text import tf_idf

    labels = SHARED4 if like.gold.shape[1] == len(SHARED4) else EKMAN7
    at = {x: k for k, x in enumerate(labels)}
    pairs = [(s.text or "", learn.gold[s.id][0]) for _, s in learn.asked]
    known = [(text, at[x]) for text, x in pairs if x in at]
    gold = np.eye(len(labels), dtype=bool)[[k for _, k in known]]
    texts = [s.text or "" for _, s in talk.asked if talk.gold[s.id][0] in at]
    often = np.full(len(texts), gold.sum(0).argmax())
    guess = tf_idf([text for text, _ in known], gold).predict(texts)
    for name, k in ((MAJORITY, often), ("TF-IDF", guess)):
        floor = like._replace(shares=np.eye(len(labels))[k])
        yield Row(f"  floor: {name}", *j.of_counts("weighted_f1", [floor]))


def _vad(models: Sequence[Recogniser], talk: j.Talk) -> Iterator[Row]:
    """Concordance of valence and arousal, of models that tell them."""
    told: list[list[tuple[float, float]]] = []
    ids = [s.id for _, s in talk.asked if s.id in talk.vad]
    for m in models:
        rows = zip(talk.dialogues, m.recognise(talk.dialogues), strict=True)
        vad = {s.id: e.vad for d, row in rows for s, e in zip(d, row, strict=True)}
        if any(vad[i] is None for i in ids):
            return
        told.append([vad[i][:2] for i in ids])
    gold = np.array([talk.vad[i] for i in ids])
    for k, (name, *aims) in enumerate((("valence", 0.60, 0.68), ("arousal", 0.50, 0.60))):
        value = float(np.mean([j.concordance(np.array(t)[:, k], gold[:, k]) for t in told]))
        yield Row(f"  {name}, concordance", value, None, *aims)


def comments(data: Path, names: Sequence[str]) -> Iterator[Row]:
    """GoEmotions test in Ekman's labels, several a comment."""
    value, span, _ = _several(data, "goemotions", names)
    yield Row("GoEmotions test, Ekman, macro F1", value, span, 0.62, 0.64)


def korean(data: Path, names: Sequence[str]) -> Iterator[Row]:
    """KOTE test in seven labels, several a comment."""
    value, span, seeds = _several(data, "kote", names)
    yield Row("KOTE test, seven labels, macro F1", value, span, 0.67, 0.70)
    right = _mean(lambda x: j.sureness(x)[1].mean(), seeds)
    yield Row("  the likeliest label is a gold one", right)
    yield from _dead("KOTE test", seeds, EKMAN7)


def _several(
    data: Path, corpus: str, names: Sequence[str]
) -> tuple[float, tuple[float, float] | None, list[j.Judged]]:
    """Macro F1 of several labels a comment, its interval, and each model's answers of one."""
    talk, one, several = j.comments(data, corpus, "test"), [], []
    for folder in _folders(names):
        model = trained.load(folder, threads=1)
        one.append(j.judge(model, talk))
        recogniser, bounds = _independent(folder) or (model, None)
        x = j.judge(recogniser, talk)
        if bounds is None:
            bounds = best_thresholds(*j.judge(recogniser, j.comments(data, corpus, "valid"))[:2])
        several.append(x._replace(shares=x.shares - bounds))
    value, span = j.of_counts("macro_f1", several, lambda x: x.shares >= 0)
    return value, span, one


def _independent(folder: Path) -> tuple[Recogniser, np.ndarray] | None:
    """A model that gives labels independent scores, with its own thresholds, if it can."""
    _, values = trained.read_arrays(folder)
    if "thresholds" not in values:
        return None
    with tempfile.TemporaryDirectory() as copy:
        for file in folder.iterdir():
            (Path(copy) / file.name).write_bytes(file.read_bytes())
        replace(trained.read(folder), exclusive=False).write(Path(copy))
        return trained.load(Path(copy), threads=1), np.array(values["thresholds"])


def diary(models: Sequence[Recogniser]) -> Iterator[Row]:
    """The Korean diary entries that are ours."""
    talk = j.written(HERE / "diary-ko.csv", "ko")
    seeds = [j.judge(m, talk) for m in models]
    value, span = j.of_counts("accuracy", seeds)
    yield Row("Korean diary, 200 entries, accuracy over seven", value, span, 0.50, 0.60)
    yield Row("  calibration error", _mean(j.calibration_error, seeds))
    yield from _dead("diary", seeds, EKMAN7)


def abroad(models: Sequence[Recogniser]) -> Iterator[Row]:
    """Plain sentences that are ours, in languages that they learnt nothing of."""
    for language in ("de", "ja", "zh"):
        talk = j.written(HERE / "plain-abroad.csv", language)
        value, span = j.of_counts("accuracy", [j.judge(m, talk) for m in models])
        yield Row(f"plain sentences, 42, {language}, accuracy over seven", value, span)


def talks() -> Iterator[Row]:
    """The ten conversations that are ours, as ``read`` shows them."""
    with (TALKS / "expected.csv").open(encoding="utf-8", newline="") as file:
        expected = {(r["talk"], r["turn"]): r["label"] for r in csv.DictReader(file)}
    said: list[tuple[str, str | None]] = []
    with Reader() as reader:
        for path in sorted(TALKS.glob("*.txt")):
            for n, turn in enumerate(reader.read(path).turns, 1):
                label = None if turn.emotion is None else turn.emotion.label
                said.append((expected[path.stem, str(n)], label))
    answered = [(wanted, x) for wanted, x in said if x is not None]
    calm = [x for wanted, x in said if wanted == "neutral"]
    felt = [(wanted, x) for wanted, x in said if wanted != "neutral"]
    yield Row("ten conversations as read: turns answered", len(answered) / len(said))
    yield Row("  answers that are as expected", float(np.mean([w == x for w, x in answered])))
    yield Row(
        "  neutral turns called an emotion", np.mean([x not in ("neutral", None) for x in calm])
    )
    yield Row(
        "  turns with an emotion that are called so", float(np.mean([w == x for w, x in felt]))
    )


def rows(o: argparse.Namespace) -> Iterator[Row]:
    """All rows whose models were named."""
    for learnt_from, names in ((learnt, o.learnt_meld), (second, o.second_recipe)):
        if names:
            yield from learnt_from(o.data, open_models(names))
    if o.left_out_meld:
        yield from left_out_meld(o.data, as_read(o.left_out_meld, o.prior, o.worth))
    if o.left_out_iemocap:
        models = as_read(o.left_out_iemocap, o.prior, o.worth)
        yield from left_out_iemocap(o.data, models, o.every)
    if o.comments:
        yield from comments(o.data, o.comments)
    if o.korean:
        yield from korean(o.data, o.korean)
    if o.talks:
        yield from talks()
    if o.diary:
        yield from diary(as_read(o.korean, o.prior, None))
    if o.abroad:
        yield from abroad(as_read(o.korean, o.prior, None))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    for flag in (
        "learnt-meld",
        "left-out-meld",
        "left-out-iemocap",
        "second-recipe",
        "comments",
        "korean",
    ):
        parser.add_argument(f"--{flag}", nargs="+", default=[], metavar="MODEL")
    parser.add_argument(
        "--prior", default="talk", help="talk, comments, balanced or a JSON file of shares"
    )
    parser.add_argument("--worth", type=float, help="of English words; else what a model says")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="dialogue of IEMOCAP")
    parser.add_argument("--talks", action="store_true", help="read examples/talks as read does")
    for flag, what in (("diary", "the diary"), ("abroad", "German, Japanese and Chinese")):
        parser.add_argument(f"--{flag}", action="store_true", help=f"read {what} with --korean")
    o = parser.parse_args()
    for flag in ("diary", "abroad"):
        if getattr(o, flag) and not o.korean:
            parser.error(f"--{flag} is read by the models of --korean: name one there")
    print(f"{'':<58}{'':>7}  {'95 %':<15}{'reach/stretch':<15}")
    for row in rows(o):
        print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
