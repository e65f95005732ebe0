"""A run file that trains a predictor of reactions: corpora become pairs, pairs are foretold.

    out/<run>/reactions.json         settings, seeds, folds, counts, data, versions
    out/<run>/seed-<s>/<fold>/       pairs.npz and said-<predictor>.npz, see ``bench/reacted.py``
    out/<run>/model/                 of a protocol with one fold: the first seed's predictor

For every seed and fold the predictor, and each floor beside it, gets a
:class:`~empathia.training.problem.ReactionProblem`, which holds no test part, and then answers the
tested pairs once. Work that was interrupted goes on at the unfinished fold.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from empathia import bench, emotion, files, plugins, reaction
from empathia.bench import naming, outside, predictor, reacted
from empathia.bench.data import Material, unique
from empathia.bench.pairs import Found, Pair, Rule, direction, exchanges, pairs, shows
from empathia.bench.protocols import Fold
from empathia.bench.reacted import RECORD, FoldCounts, ReactionRecord, is_reactions, read
from empathia.bench.record import Provenance, training_folder
from empathia.bench.run import Bench, choose
from empathia.bench.understood import Understood, named
from empathia.config import Options, Run, checked_options
from empathia.contracts import Predictor, Progress, silent
from empathia.errors import ConfigError, CorpusError, TrainingError
from empathia.reaction import RECOGNISED
from empathia.training.problem import Exchange, ReactionProblem
from empathia.training.shapes import shapes
from empathia.types import Features, Sample

DONE = "record.json"


def train(
    run: Run,
    data: Path,
    folder: Path,
    *,
    modalities: Sequence[str] | None = None,
    fresh: bool = False,
    model: bool = True,
    progress: Progress = silent,
) -> ReactionRecord:
    """Train what the run file describes; go on where an earlier try was stopped.

    Args:
        run: The run file, with ``model.predictor``.
        data: Folder that holds one folder a corpus.
        folder: Where results go.
        modalities: Use only these of ``[features]``.
        fresh: Forget an earlier try.
        model: Also keep a predictor for use, where the protocol has one fold.
        progress: Called with (what is done, steps done, steps in all).

    Raises:
        ConfigError: An option is none of the predictor's, or names of the run file lead nowhere.
        CorpusError: A corpus is missing or damaged, or has no pairs.
        TrainingError: Training cannot go on, or another one writes to the same folder.
    """
    chosen = choose(run.features, modalities) if run.features else ()
    run = dataclasses.replace(run, features={m: run.features[m] for m in chosen})
    plugin, options = _checked(run)
    if fresh and (folder / RECORD).exists():
        with files.sole_user(folder):
            shutil.rmtree(folder)
    material, about = _material(run, options, data, progress)
    made = Bench(run, plugin, options, material, tuple(material.modalities), data, folder, about)
    reacting = _Reacting(made, model)
    with files.sole_user(folder):
        return reacting.finish(progress)


def _checked(run: Run) -> tuple[ModuleType, Options]:
    naming.check_plugins(run)
    plugin = plugins.load("reaction", run.model.predictor, ("OPTIONS", "learn"))
    owner = run.model.predictor
    options = checked_options(plugin, run.model.options, run.file, name=owner, kind="predictor")
    if run.normalise:
        raise ConfigError(
            f"{run.file}: [normalise] is for recognisers", "Predictors scale features themselves"
        )
    if run.reaction.emotion and not run.data.labels:
        raise ConfigError(
            f"{run.file}: the reaction's emotion is to be foretold, and data.labels is not there",
            "Name a label set, or set reaction.emotion = false",
        )
    return plugin, options


def _material(
    run: Run, options: Options, data: Path, progress: Progress
) -> tuple[Material, Provenance]:
    """What the run is about; what is foretold is gathered as the modality ""."""
    if not run.reaction.emotion:
        run = dataclasses.replace(run, data=dataclasses.replace(run.data, labels=""))
    infos, corpora = bench.load_corpora(run, data)
    naming.check_speakers(run, unique(corpora))
    gathered = {m: tuple(n for n in f if n != RECOGNISED) for m, f in run.features.items()}
    gathered |= {"": run.reaction.targets}
    heard = dataclasses.replace(run, features=gathered)
    material = bench.material_of(run, data, corpora, gathered, progress)
    known = bench.heard_before(heard, options)
    if run.reaction.recogniser:
        model, _, own = named(run)
        known |= bench.heard_before(dataclasses.replace(heard, model=model), own)
    return material, bench.provenance(run, infos, corpora, material, known)


@dataclass(frozen=True, slots=True)
class _Reacting:
    """A run; ``bench`` knows its material, seeds and folds, ``model`` says whether one is kept."""

    bench: Bench
    model: bool

    @property
    def run(self) -> Run:
        return self.bench.run

    @property
    def fingerprint(self) -> str:
        """Names settings and data."""
        run, options, about = self.run, self.bench.options, self.bench.about
        parts: list[object] = [run.settings(), options.values, about["data"], about["digest"]]
        parts += outside.sums(options, reaction.kept_of(run.model.predictor, options))
        if run.reaction.recogniser:
            model, _, own = named(run)
            parts += outside.sums(own, emotion.kept_of(model.recogniser, own))
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def finish(self, progress: Progress) -> ReactionRecord:
        """Do all that is not yet done."""
        self._claim()
        plan = [(s, f) for s in self.bench.seeds for f in self.bench.folds(s)]
        counts: list[FoldCounts] = []
        dropped: Counter[str] = Counter()
        unfit: dict[str, str] = {}
        keep = self.model and len(plan) == len(self.bench.seeds)
        for n, (seed, fold) in enumerate(plan):
            where = f"{n + 1}/{len(plan)} seed {seed} fold {fold.name}"
            one = _Fold(self, seed, fold, keep=keep and not n)
            told = one.finish(_told(progress, where))
            counts.append(FoldCounts(seed, fold.name, *told["pairs"]))
            if seed == self.bench.seeds[0]:  # test parts are the same for all
                dropped.update(told["dropped"])
            unfit |= told["unfit"]
        record = self._record(counts, dropped, unfit)
        self._write(record)
        return record

    def _claim(self) -> None:
        folder = self.bench.folder
        if is_reactions(folder) and list(folder.glob(f"seed-*/*/{DONE}")):
            if read(folder).fingerprint != self.fingerprint:
                raise TrainingError(
                    f"'{folder}' holds the results of other settings or data",
                    "Give another --out, name the run otherwise, or start over with --fresh",
                )
            return
        self._write(self._record([], {}, {}))

    def _write(self, record: ReactionRecord) -> None:
        reacted.write_record(self.bench.folder, record)

    def _record(
        self, counts: Sequence[FoldCounts], dropped: Mapping[str, int], unfit: Mapping[str, str]
    ) -> ReactionRecord:
        r, about = self.run.reaction, self.bench.about
        return ReactionRecord(
            name=self.run.name,
            predictor=self.run.model.predictor,
            floors=tuple(f for f in r.floors if f != self.run.model.predictor and f not in unfit),
            labels=self.bench.material.labels.labels if r.emotion else (),
            targets=r.targets,
            folds=tuple(counts),
            protocol=self.run.data.protocol,
            dropped=dict(dropped),
            unfit=dict(unfit),
            settings=self.run.settings(),
            about={**about, "corpora": [dataclasses.asdict(c) for c in about["corpora"]]},
            fingerprint=self.fingerprint,
        )


@dataclass(frozen=True, slots=True)
class _Fold:
    """One seed and fold; the first of a protocol with one fold keeps its predictor."""

    run: _Reacting
    seed: int
    fold: Fold
    keep: bool

    @property
    def folder(self) -> Path:
        return training_folder(self.run.bench.folder, self.seed, self.fold.name)

    def finish(self, progress: Progress) -> Mapping[str, Any]:
        """Learn and answer, unless that was done before.

        Returns:
            What its record says.
        """
        done = self.folder / DONE
        if done.is_file():
            told: Mapping[str, Any] = json.loads(done.read_text("utf-8"))
            return told
        understood = Understood(self.run.bench, self.seed, self.fold, progress)
        felt = understood.recognised()
        every = {p: self._found(p) for p in ("train", "valid", "test")}
        parts = {p: self._exchanges(f.pairs, felt) for p, f in every.items()}
        tested = [self._told(p) for p in every["test"].pairs]
        reacted.write_pairs(self.folder, tested, self.run.run.reaction.targets)
        learnt, unfit = self._answers(parts, progress)
        if self.keep:
            columns = shapes(parts["train"])
            predictor.keep(self.run.bench, learnt, understood, self.run.fingerprint, columns)
        told = {
            "pairs": [len(parts[p]) for p in ("train", "valid", "test")],
            "dropped": dict(every["test"].left_out),
            "unfit": unfit,
            "learnt": dict(learnt.record),
        }
        files.write_json(done, told)
        return told

    def _answers(
        self, parts: Mapping[str, Sequence[Exchange]], progress: Progress
    ) -> tuple[Predictor, dict[str, str]]:
        """The answers of the predictor and of all floors, written down.

        Returns:
            The predictor, and floors that cannot learn this with the reason.
        """
        made, run = self.run.bench, self.run.run
        unfit: dict[str, str] = {}
        for name in run.reaction.floors:
            if name == run.model.predictor:
                continue
            floor = plugins.load("reaction", name, ("OPTIONS", "learn"))
            options = Options(floor.OPTIONS)
            try:
                learnt: Predictor = floor.learn(self._problem(parts, options, name, progress))
            except ConfigError as e:  # there are no words, no features, no labels
                unfit[name] = e.problem
                continue
            self._say(name, learnt, parts["test"])
        learnt = made.plugin.learn(
            self._problem(parts, made.options, run.model.predictor, progress)
        )
        self._say(run.model.predictor, learnt, parts["test"])
        return learnt, unfit

    def _say(self, name: str, learnt: Predictor, asked: Sequence[Exchange]) -> None:
        said = learnt.predict([e.past for e in asked], self.run.run.reaction.draws, self.seed)
        reacted.write_said(self.folder, name, said)

    def _problem(
        self,
        parts: Mapping[str, Sequence[Exchange]],
        options: Options,
        name: str,
        progress: Progress,
    ) -> ReactionProblem:
        run = self.run.run
        return ReactionProblem(
            self.run.bench.material.labels if run.reaction.emotion else None,
            run.reaction.targets,
            tuple(parts["train"]),
            tuple(parts["valid"]),
            run.features or {"text": ()},
            options,
            run.training,
            self.seed,
            self.folder / name,
            f"{self.run.fingerprint}/{self.seed}/{self.fold.name}/{name}",
            progress,
            run.reaction.when,
        )

    def _found(self, part: str) -> Found:
        """The pairs of a part of which anything is known that is asked for."""
        fold, r, m = self.fold, self.run.run.reaction, self.run.bench.material
        dialogues, only, way = {
            "train": (fold.train, fold.train_ids, r.learn_from),
            "valid": (fold.valid, fold.valid_ids, r.direction),
            "test": (fold.test, fold.test_ids, r.direction),
        }[part]
        rule = Rule(r.labelled, (direction(way),), r.gap, r.overlap)
        neighbours = pairs(dialogues, rule) if dialogues else Found((), {})
        emotions = m.soft if part == "train" else m.gold
        asked = [p for p in neighbours.pairs if only is None or p.reaction.id in only]
        known = tuple(p for p in asked if p.reaction.id in emotions or self._truth(p))
        left_out = dict(neighbours.left_out)
        if len(known) < len(asked):
            left_out["nothing of it is known"] = len(asked) - len(known)
        if not known and part != "valid":
            raise CorpusError(
                f"{self.run.run.file}: there are no pairs in the part '{part}' "
                f"({', '.join(f'{n} {why}' for why, n in left_out.items()) or 'there is none'})",
                "Check [reaction] and [data] of the run file",
            )
        return Found(known, left_out)

    def _exchanges(
        self, every: Sequence[Pair], felt: Mapping[str, Features]
    ) -> tuple[Exchange, ...]:
        """What was said with all that may be known of it; of reactions the targets alone."""
        made, m = self.run.bench, self.run.bench.material
        asked: dict[str, Sample] = {}
        own: dict[str, Sample] = {}
        read = [name for name in made.modalities if name]
        for d in {p.dialogue.id: p.dialogue for p in every}.values():
            for s, t in zip(m.samples(d, read), m.samples(d, [""]), strict=True):
                more = {RECOGNISED: felt[s.id]} if s.id in felt else {}
                features = {**t.features, **s.features, **more}
                asked[s.id] = dataclasses.replace(s, features=features)
                own[s.id] = t
        answered = {
            p.stimulus.id: dataclasses.replace(own[p.reaction.id], features=self._truth(p))
            for p in every
        }
        return tuple(exchanges(every, asked, answered, m.soft, self._meanwhile()))

    def _meanwhile(self) -> tuple[str, ...] | None:
        """What is foretold of who listens, and the emotion recognised where it is seen in that."""
        run = self.run.run
        targets = run.reaction.targets
        if run.reaction.when != "while":
            return None
        seen = any(shows(n, targets) for names in run.features.values() for n in names)
        return (*targets, RECOGNISED) if seen else targets

    def _told(self, pair: Pair) -> reacted.Tested:
        m, targets = self.run.bench.material, self.run.run.reaction.targets
        said = pair.stimulus.id
        stimulated = {t: m.features[t][said] for t in targets if said in m.features[t]}
        ids = pair.dialogue.corpus, pair.dialogue.id, said, pair.reaction.id
        gold, groups = m.gold.get(pair.reaction.id), dict(pair.reaction.groups)
        return reacted.Tested(*ids, gold, self._truth(pair), stimulated, groups)

    def _truth(self, pair: Pair) -> dict[str, Features]:
        """Targets of a pair: of the reaction, or of the one who listens to the stimulus."""
        r, m = self.run.run.reaction, self.run.bench.material
        late = r.when == "after"
        key, there = (pair.reaction.id, m.features) if late else (pair.stimulus.id, m.listening)
        return {t: there[t][key] for t in r.targets if key in there[t]}


def _told(progress: Progress, where: str) -> Progress:
    """A hook that says where the run is before what the fit loop says."""
    progress(where, 0, 1)
    return lambda what, done, total: progress(f"{where}: {what}", done, total)
