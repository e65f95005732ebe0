"""Measures the voice recogniser: unseen speakers, unseen corpora, worse sound, calibration.

    python benchmarks/voice.py DATA [--run runs/voice-default.toml] [--only far] [--seed 1]

DATA holds ravdess/, emodb/, korean_emotional/ and emobox_folds/ravdess/. Every
head is learnt from scratch as the run file says, the choice of its epoch on
held-out training speakers and its temperatures included; nothing is known of a test speaker, and
each clip is judged alone.

| row | protocol |
|---|---|
| RAVDESS-8 | EmoBox's six folds (speaker-independent), mean UAR |
| EMO-DB-4 | leave one speaker out, mean UAR (EmoBox's EMO-DB folds share all speakers) |
| Korean-4 | leave one speaker out, mean UAR (probably told apart by the recording) |
| near | unseen speakers of all corpora, seven labels |
| far | each corpus unseen: learnt and calibrated on the other two, seven labels; UAR of four |

Columns of "far": clips as they are; each in a room, in noise or through a codec that the training
does not know (``worse.py``); through all three; excerpts of .5 to 2 s, half of them degraded as for
training; and clips as they are beside what the same speaker said before (the mean of the earlier
logits is taken off, with four turns of none): these corpora act all emotions alike, talk does not.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import worse

from empathia.bench import Bench, bench
from empathia.bench.run import Training
from empathia.config import Run, read_run
from empathia.emotion.voice import read
from empathia.emotion.voice.abroad import Judged, fit_abroad
from empathia.emotion.voice.clips import Clips
from empathia.labels import SHARED4, LabelSet
from empathia.metrics.calibration import expected_calibration_error
from empathia.metrics.recall import unweighted_average_recall
from empathia.metrics.scores import one_hot, softmax
from empathia.types import Features, Sample

WHOLE = "clear"
VIEWS = (WHOLE, *worse.MANNERS, "short")
_EARLIER = 4.0  # turns of nothing before the first
_EXCERPT = 2  # row of the feature "copies"
_SURE = (0.8, 0.6)


@dataclass(frozen=True)
class View:
    """One way to hear the test clips.

    Args:
        logits: (clips, labels).
        seconds: (clips,) of speech.
        gold: (clips,) index into the labels.
        speaker: (clips,) names.
        kind: (clips,) what :func:`worse.kind` does to them.
    """

    logits: np.ndarray
    seconds: np.ndarray
    gold: np.ndarray
    speaker: np.ndarray
    kind: np.ndarray

    def take(self, which: np.ndarray) -> View:
        """The clips where ``which`` is true."""
        names = [f.name for f in dataclasses.fields(self)]
        return View(*(getattr(self, n)[which] for n in names))

    def uar(self, columns: np.ndarray | None = None) -> float:
        """In percent; the answer is the highest of these columns."""
        k = self.logits.shape[1]
        columns = np.arange(k) if columns is None else columns
        predicted = columns[self.logits[:, columns].argmax(1)]
        return 100 * unweighted_average_recall(one_hot(self.gold, k), one_hot(predicted, k))

    def relative(self) -> View:
        """With the mean of a speaker's earlier logits taken off, clips in a random order."""
        logits, before = self.logits.copy(), defaultdict(list[np.ndarray])
        for i in np.random.default_rng(0).permutation(len(logits)):
            earlier = before[self.speaker[i]]
            if earlier:
                logits[i] -= np.sum(earlier, axis=0) / (len(earlier) + _EARLIER)
            earlier.append(self.logits[i])
        return dataclasses.replace(self, logits=logits)


@dataclass(frozen=True)
class Tested:
    """A fold's head and how it hears the clips that it did not know."""

    fold: str
    labels: LabelSet
    head: read.Head
    views: Mapping[str, View]

    @property
    def four(self) -> np.ndarray:
        """Columns of the labels that all corpora have."""
        return np.array([i for i, x in enumerate(self.labels) if x in SHARED4])


def tests(
    run: Run, data: Path, *, views: Sequence[str] = (WHOLE,), **changes: object
) -> list[Tested]:
    """One :class:`Tested` a fold of the run with some of its ``[data]`` changed."""
    changed = dataclasses.replace(run, data=dataclasses.replace(run.data, **changes))
    with tempfile.TemporaryDirectory() as folder:
        return list(_tests(changed, data, Path(folder), views))


def _tests(run: Run, data: Path, folder: Path, views: Sequence[str]) -> Iterator[Tested]:
    made = bench(run, data, folder / "run")
    degraded = {m: _degraded(made, m) for m in worse.MANNERS if m in views}
    for number, fold in enumerate(made.folds(run.seed)):
        training = Training(made, run.seed, fold)
        place = folder / f"head-{number}"
        place.mkdir()
        made.plugin.learn(training.problem(None)[0]).save(place)
        head, known = read.load(place), made.asked(fold, "test")
        samples = [s for d in fold.test for s in made.material.samples(d, made.modalities)]
        samples = [s for s in samples if s.id in known]
        told = {v: _view(made, head, _heard(samples, head, v, degraded)) for v in views}
        yield Tested(fold.name, made.material.labels, head, told)


def _degraded(made: Bench, manner: str) -> dict[str, Features]:
    """Worse copies of clips of the four labels, corpus by corpus."""
    shared = [d for d in made.material.dialogues if _gold(made, d.utterances[0].id) in SHARED4]
    told: dict[str, Features] = {}
    for corpus in dict.fromkeys(d.corpus for d in shared):
        told |= worse.heard([d for d in shared if d.corpus == corpus], manner)
    return told


def _gold(made: Bench, id: str) -> str | None:
    return made.material.gold.get(id)


def _heard(
    samples: Sequence[Sample],
    head: read.Head,
    view: str,
    degraded: Mapping[str, Mapping[str, Features]],
) -> list[Sample]:
    """Samples with the features of a view in the place of those of the clip."""
    if view == WHOLE:
        heard = list(samples)
    elif view == "short":
        heard = [_with(s, head, _row(s, _EXCERPT)) for s in samples]
    else:
        there = degraded[view]
        heard = [_with(s, head, there[s.id]) for s in samples if s.id in there]
    return [s for s in heard if head.cannot(s) is None]


def _with(sample: Sample, head: read.Head, features: Features) -> Sample:
    return dataclasses.replace(sample, features={head.feature: features})


def _row(sample: Sample, number: int) -> Features:
    features = next(f for n, f in sample.features.items() if n.startswith("copies:"))
    return dataclasses.replace(features, values=features.values[number : number + 1])


def _view(made: Bench, head: read.Head, heard: Sequence[Sample]) -> View:
    labels = made.material.labels
    return View(
        head.logits(heard).astype(np.float64),
        head.seconds(heard),
        np.array([labels.index(made.material.gold[s.id]) for s in heard]),
        np.array([str(s.speaker) for s in heard]),
        np.array([worse.kind(s.id) for s in heard]),
    )


def row(name: str, values: list[float], target: str = "") -> None:
    spread = f"{min(values):.1f} to {max(values):.1f}"
    print(f"{name:<34}{np.mean(values):6.1f}   {spread:<16}{target}", flush=True)


def believed(abroad: read.Abroad, view: View) -> tuple[np.ndarray, np.ndarray]:
    """Confidence of each answer about an unseen corpus, and whether it is right."""
    p = abroad.scores(view.logits, view.seconds)
    return p.max(1), p.argmax(1) == view.gold


def of_the_others(parts: Sequence[Tested], fold: str, share: float) -> read.Abroad:
    """The view for an unseen corpus that the answers about the other corpora make likeliest."""
    rows = [(p, _shared(p, v)) for p in parts if p.fold != fold for v in ("clear", "short")]
    clips = Clips(
        np.concatenate([v.logits for _, v in rows]).astype(np.float32),
        np.concatenate([v.gold for _, v in rows]),
        np.concatenate([np.full(len(v.gold), p.fold) for p, v in rows]),
        np.concatenate([v.seconds for _, v in rows]),
        np.ones(sum(len(v.gold) for _, v in rows), np.float32),
    )
    four = parts[0].four
    knew = np.isin(clips.corpus, [p.fold for p in parts if p.fold != "ravdess"])
    return fit_abroad(Judged(clips.values, clips, knew), four, share)


def near(run: Run, data: Path) -> None:
    """Unseen speakers of all corpora, seven labels."""
    parts = tests(run, data, protocol="leave-speaker-out", folds=6)
    row("all corpora, 7, unseen speakers", [p.views[WHOLE].uar() for p in parts])
    p = np.concatenate([softmax(p.views[WHOLE].logits / p.head.temperature) for p in parts])
    right = p.argmax(1) == np.concatenate([p.views[WHOLE].gold for p in parts])
    error = expected_calibration_error(p.max(1), right)
    print(f"{'  ECE, temperature of each head':<34}{error:6.3f}   {'':<16}<= .08")


def far(run: Run, data: Path) -> None:
    """Unseen corpora, seven labels, of which the clips have four."""
    parts = tests(run, data, views=VIEWS, protocol="leave-corpus-out", folds=None)
    print(f"{'unseen, UAR of four':<22}" + "".join(f"{v:>9}" for v in (*VIEWS, "before")))
    table = [[*_recalls(p), _shared(p, WHOLE).relative().uar(p.four)] for p in parts]
    for p, values in zip(parts, table, strict=True):
        kinds = {k: _shared(p, "one") for k in worse.KINDS}
        each = ", ".join(f"{k} {v.take(v.kind == k).uar(p.four):.1f}" for k, v in kinds.items())
        print(f"{p.fold:<22}" + "".join(f"{v:9.1f}" for v in values) + f"   ({each})", flush=True)
    print(f"{'mean':<22}" + "".join(f"{v:9.1f}" for v in np.mean(table, axis=0)))
    _print_beliefs(parts, float(run.model.options["share_of_rare"]))
    print(f"fusion weight (mean UAR above chance): {(np.mean(table, axis=0)[0] - 25) / 75:.2f}")


def _shared(part: Tested, view: str) -> View:
    whole = part.views[view]
    return whole.take(np.isin(whole.gold, part.four))


def _recalls(part: Tested) -> list[float]:
    return [_shared(part, v).uar(part.four) for v in VIEWS]


def _print_beliefs(parts: Sequence[Tested], share: float) -> None:
    told = "ECE / right / answers over .8, of which right / over .6 / of labels beyond the four"
    print(f"unseen, seven labels: {told}")
    for p in parts:
        for name, abroad in (
            ("learnt and calibrated without it", p.head.abroad),
            ("temperature of the others", of_the_others(parts, p.fold, share)),
        ):
            heat = f"T {abroad.temperature:.2f} (1 + {abroad.short:g} / s)"
            print(f"  {p.fold}, {name}: {heat}, at most {abroad.ceiling:.2f}")
            print("    " + "; ".join(f"{v} {_belief(p, abroad, v)}" for v in VIEWS), flush=True)


def _belief(part: Tested, abroad: read.Abroad, name: str) -> str:
    view = _shared(part, name)
    confidence, right = believed(abroad, view)
    answer = abroad.scores(view.logits, view.seconds).argmax(1)
    sure = [confidence > x for x in _SURE]
    claims = [f"{w.mean():.0%}, {right[w].mean() if w.any() else np.nan:.0%}" for w in sure]
    return (
        f"{expected_calibration_error(confidence, right):.3f} / {right.mean():.0%} / "
        f"{' / '.join(claims)} / "
        f"{1 - np.isin(answer, part.four).mean():.0%}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--run", type=Path, default=Path("runs/voice-default.toml"))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--only", choices=("ravdess", "emodb", "korean", "near", "far"))
    options = parser.parse_args()
    run, data = read_run(options.run), options.data
    run = run if options.seed is None else dataclasses.replace(run, seed=options.seed)
    print(f"\n{'protocol':<34}{'UAR':>6}   {'folds':<16}target")
    if options.only in (None, "ravdess"):
        listed = {"protocol": "listed", "listed": "emobox_folds/ravdess"}
        parts = tests(run, data, corpora=("ravdess",), labels="corpus", options={}, **listed)
        row("RAVDESS-8, EmoBox folds", [p.views[WHOLE].uar() for p in parts], ">= 74")
    if options.only in (None, "emodb"):
        parts = tests(run, data, corpora=("emodb",), labels="shared4", options={}, **speakers())
        row("EMO-DB-4, one speaker out", [p.views[WHOLE].uar() for p in parts], ">= 92")
    if options.only in (None, "korean"):
        korean = {k: v for k, v in run.data.options.items() if k == "korean_emotional"}
        only = {"corpora": ("korean_emotional",), "labels": "corpus", "options": korean}
        parts = tests(run, data, **only, **speakers())
        row("Korean-4, one speaker out", [p.views[WHOLE].uar() for p in parts])
    if options.only in (None, "near"):
        near(run, data)
    if options.only in (None, "far"):
        far(run, data)


def speakers() -> dict[str, object]:
    return {"protocol": "leave-speaker-out", "folds": None}


if __name__ == "__main__":
    main()
