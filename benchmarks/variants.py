"""What the wording changes: one question asked in several ways, on the same turns.

A module of ``benchmarks/prompts.py``. Validation dialogues are drawn by a seed until they have as
many labelled turns as are asked for (the last one is cut); every way is asked about these, with
all that was said before. A tenth of the dialogues at a time is calibrated by turns of the others.
Cues, examples and floors are of the training part. The test part is never looked at.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia import bench, plugins
from empathia.bench.run import Training
from empathia.config import Options, Run, read_run
from empathia.emotion.lm import calibrating, read
from empathia.emotion.lm.asking import TOGETHER, Asking
from empathia.lm import hub
from empathia.metrics.bootstrap import Block, interval, resampled
from empathia.metrics.calibration import as_pairs, expected_calibration_error
from empathia.metrics.counts import COUNTED, counts, tally
from empathia.metrics.scores import highest
from empathia.training.model import scores_of
from empathia.training.problem import Conversation, Part, Problem, Scores

RUNS = Path(__file__).parents[1] / "runs"
SEED = 1
GROUPS = 10  # of dialogues; each is calibrated by the others
NAMES = {"weighted_f1": "weighted F1", "macro_f1": "macro F1", "uar": "UAR"}
HEAD = f"| | turns | {' | '.join(NAMES.values())} | ECE | unparsed | ± weighted F1 | ± macro F1 |"
HEAD += "\n" + "|---" * 9 + "|"
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask: a run file, and what takes the place of its values.

    ``copies`` asks nobody: the answer is the commonest among the examples, of several the nearest.
    """

    run: Path
    changes: tuple[str, ...] = ()
    copies: bool = False

    def read(self) -> Run:
        """The run file with them, of one seed."""
        return read_run(self.run, [f"seeds=[{SEED}]", *self.changes])

    def but(self, *changes: str, run: Path | None = None) -> Way:
        """The way with further changes."""
        return Way(run or self.run, (*self.changes, *changes), self.copies)


@dataclass(frozen=True, slots=True)
class Table:
    """Ways to ask, which are held against the first one, and floors; ``turns`` says of which."""

    title: str
    turns: Way
    ways: Mapping[str, Way]
    floors: Mapping[str, Way]


MELD = Way(RUNS / "lm-meld7-zero.toml")
IEMOCAP = Way(
    RUNS / "iemocap6.toml",
    (
        'features={text=[], voice=["prosody"]}',
        "model.recogniser=lm",
        "model.backend=hub",
        "model.stride=6",
        "training.select=macro_f1",
    ),
)


def floors(way: Way) -> dict[str, Way]:
    """What needs no language model."""
    words = ("features={text=[]}",)
    return {
        "the commonest label": way.but(*words, "model.recogniser=majority"),
        "TF-IDF": way.but(*words, "model.recogniser=tfidf"),
    }


def tables() -> dict[str, Table]:
    """What is asked in which ways."""
    told = IEMOCAP.but("model.mode=description")
    voice = IEMOCAP.but("model.mode=audio")
    nearest = MELD.but("model.shots=4")
    four, nine = (IEMOCAP.but(run=RUNS / f"iemocap{n}.toml") for n in (4, 9))
    yes = IEMOCAP.but("model.template=yes")
    several = yes.but(run=RUNS / "iemocap6-multi.toml")
    made: dict[str, tuple[Way, dict[str, Way]]] = {
        "wording": (MELD, {"plain": MELD, **_each(MELD, "template", "listener", "form")}),
        "twice": (MELD, {"once": MELD, "twice": MELD.but("model.twice=true")}),
        "window": (MELD, {"12 turns before": MELD, **_each(MELD, "window", 4, 0)}),
        "answer": (
            MELD,
            {
                "how likely the label is": MELD,
                "by its length": MELD.but("model.normalise=mean"),
                "not calibrated": MELD.but("model.calibrate=0"),
            },
        ),
        "cues": (
            IEMOCAP,
            {
                "words": IEMOCAP,
                "words, description": told,
                "words, impression": IEMOCAP.but("model.mode=impression"),
                "description, words before": voice,
                "description alone": voice.but("model.window=0", "model.stride=1"),
            },
        ),
        "levels": (IEMOCAP, {"5 levels": told, **_each(told, "levels", 3, 4, 6)}),
        "labels": (IEMOCAP, {"6 labels": IEMOCAP, "4 labels": four, "9 labels": nine}),
        "single": (IEMOCAP, {"one of six": IEMOCAP, "six times yes or no": yes}),
        "several": (IEMOCAP, {"each yes or no": several}),
        "shots": (
            MELD,
            {
                "no example": MELD,
                "4, all labels": MELD.but("model.shots=4", "model.shots_by=balance"),
                "4, the nearest": nearest,
            },
        ),
        "written": (MELD, {"scored": MELD, "written": MELD.but("model.answer=generated")}),
    }
    more = {"labels": {f"{n}, 4 labels": w for n, w in floors(four).items()}}
    more["labels"] |= {f"{n}, 9 labels": w for n, w in floors(nine).items()}
    more["shots"] = {"the vote of the nearest": dataclasses.replace(nearest, copies=True)}
    return {
        name: Table(name, turns, ways, floors(next(iter(ways.values()))) | more.get(name, {}))
        for name, (turns, ways) in made.items()
    }


def _each(way: Way, option: str, *values: str | int) -> dict[str, Way]:
    named = {"window": "{} turns before", "levels": "{} levels"}.get(option, "{}")
    return {named.format(v): way.but(f"model.{option}={v}") for v in values}


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how it is asked.

    Args:
        data: Folder of the corpora.
        out: Keeps the answers.
        turns: How many.
        threads: To compute with.
        models: By backend and model.
        rows: What is known already.
    """

    data: Path
    out: Path
    turns: int = 500
    threads: int = 1
    models: dict[str, Asking] = field(default_factory=dict)
    rows: dict[Way, Answered] = field(default_factory=dict)

    def asking(self, options: Options) -> Asking:
        """The model of the options, loaded once.

        One of the transformers library computes in bf16: twice as fast, and off by up to a few
        tenths of a nat.
        """
        backend, spec = options.text("backend"), options.text("model")
        if (key := f"{backend} {spec}") not in self.models:
            self.models[key] = (
                Asking(
                    lambda: hub.load(spec, self.threads, exact=False),
                    f"{key} bf16",
                    self.out / read.ANSWERS,
                    progress=_progress,
                    together=TOGETHER,
                )
                if backend == "hub"
                else read.asking(options, self.threads, self.out, _progress)
            )
        return self.models[key]


def _progress(what: str, done: float, total: float | None) -> None:
    if sys.stderr.isatty() or done % 100 == 0 or done == total:
        end = "\r" if sys.stderr.isatty() else "\n"
        print(f"{what} {done:.0f}/{total or 0:.0f}", end=end, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Answered:
    """Gold labels and answers, a row a turn that has a label; a row of NaN is no answer."""

    name: str
    labels: tuple[str, ...]
    exclusive: bool
    dialogue: NDArray[np.int64]
    gold: Bools
    scores: Floats
    unparsed: int

    def predicted(self) -> Bools:
        """(turns, labels); none where there is no answer."""
        known = ~np.isnan(self.scores[:, :1])
        found = highest(self.scores) if self.exclusive else self.scores >= 0.5
        return np.asarray(known & found)

    def block(self) -> Block:
        """Counts by dialogue."""
        units, place = np.unique(self.dialogue, return_inverse=True)
        rows = tally(self.gold, self.predicted())
        sums = np.zeros((len(units), rows.shape[1]))
        np.add.at(sums, place, rows)
        return Block(units, sums)

    def error(self) -> float:
        """Expected calibration error of the answers."""
        known = ~np.isnan(self.scores[:, 0])
        scores, gold = self.scores[known], self.gold[known]
        if not known.any():
            return float("nan")
        if not self.exclusive:
            scores, gold = as_pairs(scores), as_pairs(gold.astype(float)) > 0
        sure = scores.max(1)
        return expected_calibration_error(sure, np.asarray((gold & highest(scores)).any(1)))


@dataclass(frozen=True, slots=True)
class Figures:
    """Each measure of all turns, and of resampled dialogues; draws are the same for all rows."""

    whole: Mapping[str, float]
    drawn: Mapping[str, Floats]

    @classmethod
    def of(cls, row: Answered, units: int) -> Figures:
        block = row.block()
        now, drawn = counts(block.sums.sum(0)), counts(resampled([block], units, seed=SEED)[0])
        return cls(
            {m: float(COUNTED[m](now)) for m in NAMES}, {m: COUNTED[m](drawn) for m in NAMES}
        )


def problem(way: Way, place: Place) -> Problem:
    """What the way's run file may learn from, for its first seed and fold."""
    run = bench.with_threads(way.read(), place.threads)
    made = bench.bench(run, place.data, place.out)
    given, _ = Training(made, SEED, made.folds(SEED)[0]).problem(None)
    return given


def drawn(part: Part, turns: int) -> dict[str, int]:
    """Ids of so many labelled turns to the number of their dialogue; the last dialogue is cut."""
    chosen: dict[str, int] = {}
    for i in np.random.default_rng(SEED).permutation(len(part.dialogues)):
        ids = [s.id for s in part.dialogues[i] if s.id in part.targets]
        number = len(set(chosen.values()))
        chosen |= dict.fromkeys(ids[: turns - len(chosen)], number)
    return chosen


def only(part: Part, ids: Mapping[str, int]) -> Part:
    """The dialogues of these turns; those alone count that have a label."""
    dialogues = tuple(d for d in part.dialogues if any(s.id in ids for s in d))
    targets = {k: part.targets[k] for k in ids if k in part.targets}
    return dataclasses.replace(part, dialogues=dialogues, targets=targets)


def answered(name: str, way: Way, ids: Mapping[str, int], place: Place) -> Answered:
    """What is answered to these turns, asked this way."""
    given, by = problem(way, place), way.read().model.recogniser
    asked = only(given.valid, ids)
    print(f"{name}: {len(asked.targets)} turns", file=sys.stderr, flush=True)
    if way.copies:
        told = told_by_examples(given, asked)
    elif by == "lm":
        told = told_by_model(given, ids, place.asking(given.options))
    else:
        others = {k: 0 for d in given.valid.dialogues for k in _free(d, ids)}
        given = dataclasses.replace(given, valid=only(given.valid, others))
        plugin = plugins.load("emotion", by, ("learn",))
        told = scores_of(plugin.learn(given), asked.dialogues)
    gold = np.array(list(asked.targets.values()))
    absent = (np.nan,) * len(given.labels)
    return Answered(
        name,
        given.labels.labels,
        given.exclusive,
        np.array([ids[k] for k in asked.targets]),
        gold == gold.max(1, keepdims=True) if given.exclusive else gold >= 0.5,
        np.array([told.get(k) or absent for k in asked.targets]),
        sum(told.get(k) == () for k in asked.targets),
    )


def _free(dialogue: Conversation, ids: Mapping[str, int]) -> list[str]:
    """Ids of a dialogue of which no turn is asked about."""
    own = [s.id for s in dialogue]
    return [] if any(k in ids for k in own) else own


def told_by_model(given: Problem, ids: Mapping[str, int], asking: Asking) -> Scores:
    """What the language model says of these turns, calibrated by turns of the other dialogues."""
    reader, asked = calibrating.reader(given, asking), only(given.valid, ids)
    reader.said(asked.dialogues, asked.targets.keys())  # once, in time order; it is kept
    told: dict[str, tuple[float, ...]] = {}
    for group in sorted({n % GROUPS for n in ids.values()}):
        others = {k: n for k, n in ids.items() if n % GROUPS != group}
        rest = dataclasses.replace(given, valid=only(asked, others))
        ready, _ = calibrating.calibrated(rest, reader)
        its = asked.targets.keys() - others.keys()
        told |= ready.answer(only(asked, dict.fromkeys(its, group)).dialogues, its)
    return told


def told_by_examples(given: Problem, asked: Part) -> Scores:
    """The share of each label among the examples of these turns; the nearest breaks ties."""
    asks = calibrating.reader(given)
    names = [asks.template.answered(x) for x in given.labels]
    if (shots := asks.shots) is None:
        raise ValueError("no examples are asked for (model.shots)")
    told: dict[str, tuple[float, ...]] = {}
    for dialogue in asked.dialogues:
        ids = {s.id for s in dialogue}
        for sample in (s for s in dialogue if s.id in asked.targets):
            shown = [answer for _, answer in shots.of(sample, ids)]
            votes = np.array([shown.count(x) + 0.5 * (x == shown[-1]) for x in names])
            told[sample.id] = tuple(votes / votes.sum())
    return told


def show(table: Table, place: Place) -> None:
    """Print a row a way, with intervals over dialogues, and how far the ways lie apart."""
    turns = drawn(problem(table.turns, place).valid, place.turns)
    units = len(set(turns.values()))
    print(f"\n{table.title}: {units} dialogues\n")
    print(HEAD, flush=True)
    said: list[tuple[Answered, Figures]] = []
    for name, way in (*table.ways.items(), *table.floors.items()):
        if way not in place.rows:
            place.rows[way] = answered(name, way, turns, place)
        row = dataclasses.replace(place.rows[way], name=name)
        said.append((row, Figures.of(row, units)))
        print(line(*said[-1], *said[0]), flush=True)
    alike = [f for r, f in said if r.name in table.ways and r.labels == said[0][0].labels]
    if len(alike) > 2:
        apart = [f"{n} {_within(*_spread(alike, m))}" for m, n in NAMES.items() if m != "uar"]
        print(f"\nBetween the best and the worst of {len(alike)}: {', '.join(apart)}", flush=True)


def line(row: Answered, figures: Figures, first: Answered, base: Figures) -> str:
    """A row of the table."""
    cells = [row.name, str(len(row.gold))]
    cells += [_within(figures.whole[m], figures.drawn[m]) for m in NAMES]
    cells += [f"{row.error():.3f}".removeprefix("0"), str(row.unparsed)]
    for m in ("weighted_f1", "macro_f1"):
        same = (row.labels, row.exclusive) == (first.labels, first.exclusive)
        gap = (figures.whole[m] - base.whole[m], figures.drawn[m] - base.drawn[m])
        cells.append(_within(*gap, sign="+") if same and row is not first else "")
    return f"| {' | '.join(cells)} |"


def _spread(rows: Sequence[Figures], measure: str) -> tuple[float, Floats]:
    whole = [f.whole[measure] for f in rows]
    return float(np.ptp(whole)), np.ptp([f.drawn[measure] for f in rows], axis=0)


def _within(whole: float, drawn: Floats, sign: str = "") -> str:
    low, high = interval(drawn) or (np.nan, np.nan)
    return f"{100 * whole:{sign}.1f} ({100 * low:{sign}.1f} to {100 * high:{sign}.1f})"
