"""A run file over seeds and folds: learn, select on validation, answer the test once.

For every seed and fold the recogniser's plug-in gets a
:class:`~empathia.training.problem.Problem`, which holds no test part, and then
answers the validation and the test part, each once, after it has learnt. What
it answered is written down with the gold labels beside it; measuring is for
``empathia evaluate``. Work that was interrupted goes on at the unfinished fold.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from empathia import emotion, files
from empathia.bench import outside
from empathia.bench.answers import answer_file, answer_rows, write_rows
from empathia.bench.data import Material
from empathia.bench.protocols import Fold, folds, read_listed
from empathia.bench.record import (
    FoldRecord,
    Provenance,
    RunRecord,
    TrainingRecord,
    is_run,
    read_record,
    read_training,
    sum_of,
    training_folder,
)
from empathia.config import DataPart, Options, Run
from empathia.contracts import Progress, Recogniser
from empathia.errors import ConfigError, EmpathiaError, EmpathiaWarning, TrainingError, UsageError
from empathia.files import sha256
from empathia.training.model import scores_of
from empathia.training.problem import Conversation, Part, Problem, Scores
from empathia.types import Sample

if TYPE_CHECKING:
    from empathia.training.normalise import Normaliser

Normalisers = tuple["Normaliser", ...]


@dataclass(frozen=True, slots=True)
class Bench:
    """What is the same for all seeds and folds of a run.

    Args:
        run: The run file.
        plugin: The recogniser.
        options: Its options, complete.
        material: Dialogues, labels, targets, features.
        modalities: Those that are used.
        data: Folder of the corpora (for folds that are listed in files).
        folder: Where results go.
        about: From what it is made: fingerprints, versions, corpora.
        missing_too: Test every recogniser also without each set of its modalities.
        learnt: What the only training of a run gave, by its fingerprint, until it is kept.
    """

    run: Run
    plugin: ModuleType
    options: Options
    material: Material
    modalities: tuple[str, ...]
    data: Path
    folder: Path
    about: Provenance
    missing_too: bool = False
    learnt: dict[str, tuple[Recogniser, Normalisers]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of the run, one training each."""
        return self.run.seeds or (self.run.seed,)

    def folds(self, seed: int) -> tuple[Fold, ...]:
        """The folds of the run's protocol."""
        d = self.run.data
        listed = read_listed(self.data / d.listed) if d.listed else None
        made = folds(
            self.material.dialogues,
            d.protocol,
            seed=seed,
            count=d.folds,
            valid=d.valid,
            fraction=d.fraction,
            listed=listed,
        )
        if strange := set(d.tested) - {f.name for f in made}:
            raise ConfigError(
                f"{self.run.file}: no fold is called '{min(strange)}' (there are: "
                f"{', '.join(f.name for f in made)})",
                "Mend 'data.tested'",
            )
        made = tuple(f for f in made if not d.tested or f.name in d.tested)
        tested = tuple(f for f in (narrowed(f, d) for f in made) if f.test or not d.evaluated_on)
        if not tested:
            raise ConfigError(
                f"{self.run.file}: no fold tests a dialogue of {', '.join(d.evaluated_on)}",
                "Mend 'data.evaluated_on' or take another protocol",
            )
        return tested

    def learn(self, progress: Progress | None = None) -> RunRecord:
        """Do all that is not yet done.

        Returns:
            What ``run.json`` says.

        Raises:
            TrainingError: The folder holds another run, or another process writes to it.
        """
        with files.sole_user(self.folder):
            plan = {seed: self.folds(seed) for seed in self.seeds}
            record = self._claimed(self._record(plan))
            total = sum(map(len, plan.values()))
            for done, (seed, fold) in enumerate((s, f) for s, fs in plan.items() for f in fs):
                hook = _told(progress, f"{done + 1}/{total} seed {seed} fold {fold.name}")
                causal = Training(self, seed, fold).finish(hook)
                record = dataclasses.replace(record, causal=causal)
            record.write(self.folder)
        return record

    def _claimed(self, record: RunRecord) -> RunRecord:
        """What the folder holds of this run already; a folder of another run is refused."""
        before = self._before()
        if before is not None and before.fingerprint == record.fingerprint:
            return before
        if is_run(self.folder) and list(self.folder.glob("seed-*/*/record.json")):
            raise TrainingError(
                f"'{self.folder}' holds the results of other settings or data",
                "Give another --out, name the run otherwise, or start over with --fresh",
            )
        record.write(self.folder)  # nothing was learnt there, or in a first try that failed
        return record

    def _before(self) -> RunRecord | None:
        """What the folder says it holds, if that can be read."""
        try:
            return read_record(self.folder)
        except EmpathiaError:
            return None

    def _record(self, plan: Mapping[int, Sequence[Fold]]) -> RunRecord:
        m = self.material
        trainings = [Training(self, s, f) for s, parts in plan.items() for f in parts]
        return RunRecord(
            name=self.run.name,
            run_file=self.run.file,
            settings=self.run.settings(),
            labels=m.labels.labels,
            exclusive=m.exclusive,
            recogniser=self.run.model.recogniser,
            modalities={k: m.modalities[k] for k in self.modalities},
            normalise=self.run.normalise,
            protocol=self.run.data.protocol,
            seeds=tuple(plan),
            folds=tuple(self._described(t.seed, t.fold) for t in trainings),
            dropped=m.dropped,
            fingerprint=sum_of([self.fingerprint, *(t.fingerprint for t in trainings)]),
            **self.about,
        )

    @property
    def fingerprint(self) -> str:
        """Names settings, modalities and data: all but the folds, which have sums of their own."""
        known = (self.about["data"], self.about["digest"])
        parts = [self.run.settings(), self.options.values, known, self.modalities, self.missing_too]
        kept = emotion.kept_of(self.run.model.recogniser, self.options)
        parts += outside.sums(self.options, kept)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _described(self, seed: int, fold: Fold) -> FoldRecord:
        ids = {part: sorted(self.asked(fold, part)) for part in ("train", "valid", "test")}
        counts = Counter(self.material.gold[i] for i in ids["train"] if i in self.material.gold)
        absent = [x for x in self.material.labels if not counts[x]]
        if absent and self.run.data.targets == "single":
            warnings.warn(
                f"fold '{fold.name}', seed {seed}: nothing to learn '{absent[0]}' from"
                + f" ({len(absent)} such labels)" * (len(absent) > 1),
                EmpathiaWarning,
                stacklevel=2,
            )
        return FoldRecord(
            name=fold.name,
            seed=seed,
            **{part: len(members) for part, members in ids.items()},
            train_counts={x: counts[x] for x in self.material.labels},
            selection_ids=sum_of(ids["valid"]),
            test_ids=sum_of(ids["test"]),
        )

    def asked(self, fold: Fold, part: str, *, learning: bool = False) -> set[str]:
        """Ids of the utterances that a part of a fold learns from, selects on or asks about.

        Args:
            fold: The fold.
            part: "train", "valid" or "test".
            learning: For validation: what is selected on, where more is known than is asked
                about (partial targets).
        """
        dialogues, only = {
            "train": (fold.train, fold.train_ids),
            "valid": (fold.valid, fold.valid_ids),
            "test": (fold.test, fold.test_ids),
        }[part]
        ids = {u.id for d in dialogues for u in d.utterances}
        whole = part == "train" or (learning and self.run.data.targets == "partial")
        ids &= set(self.material.soft) if whole else self.material.judged()
        return ids if only is None else ids & only


@dataclass(frozen=True, slots=True)
class Training:
    """One seed and one fold."""

    bench: Bench
    seed: int
    fold: Fold

    @property
    def folder(self) -> Path:
        """Where its checkpoints and answers lie."""
        return training_folder(self.bench.folder, self.seed, self.fold.name)

    @property
    def fingerprint(self) -> str:
        """Names settings, data, seed and the members of the fold."""
        parts = (self.fold.train, self.fold.valid, self.fold.test)
        context = [sum_of([d.id for d in part]) for part in parts]
        asked = [sum_of(sorted(self.bench.asked(self.fold, p))) for p in ("train", "valid", "test")]
        return sum_of([self.bench.fingerprint, str(self.seed), self.fold.name, *context, *asked])

    def finish(self, progress: Progress | None) -> bool:
        """Learn and answer, unless that was done before.

        Returns:
            Whether the recogniser is causal.
        """
        before = self._before()
        if before is not None:
            return before
        problem, normal = self.problem(progress)
        learnt: Recogniser = self.bench.plugin.learn(problem)
        answers = {"predictions": self.answers(learnt, normal, self.bench.modalities)}
        for fewer in self._subsets():
            answers[f"predictions-{'+'.join(fewer)}"] = self.answers(learnt, normal, fewer)
        asked = {part: self.bench.asked(self.fold, part) for part in ("valid", "test")}
        for name, scores in answers.items():
            rows = answer_rows(self.bench.material, self.fold, self.seed, scores, asked)
            write_rows(answer_file(self.folder, name), rows)
        about = self.bench.about
        TrainingRecord(
            causal=learnt.about.causal,
            fingerprint=self.fingerprint,
            answers={n: sha256(answer_file(self.folder, n)) for n in answers},
            git=about["git"],
            versions=about["versions"],
            threads=about["threads"],
            course=learnt.record,
        ).write(self.folder)
        if self.bench.seeds == (self.seed,) and len(self.bench.folds(self.seed)) == 1:
            self.bench.learnt[self.fingerprint] = learnt, normal  # nothing more is learnt beside
        return learnt.about.causal

    def _before(self) -> bool | None:
        """Whether the recogniser that finished this before was causal; None if none did."""
        try:
            done = read_training(self.folder)
            if done is None or done.fingerprint != self.fingerprint:
                return None
            whole = all(
                sha256(answer_file(self.folder, n)) == known for n, known in done.answers.items()
            )
        except (OSError, EmpathiaError, AttributeError):
            return None
        return done.causal if whole else None

    def problem(self, progress: Progress | None) -> tuple[Problem, Normalisers]:
        """What the recogniser may learn from, and how samples are normalised for it."""
        b = self.bench
        train = b.material.part(self.fold.train, b.modalities, b.asked(self.fold, "train"))
        valid = b.material.part(
            self.fold.valid, b.modalities, b.asked(self.fold, "valid", learning=True)
        )
        used = {n for k in b.modalities for n in b.material.modalities[k]}
        normal = self._normalisers(train, used)
        problem = Problem(
            labels=b.material.labels,
            exclusive=b.material.exclusive,
            train=dataclasses.replace(train, dialogues=_apply(normal, train.dialogues)),
            valid=dataclasses.replace(valid, dialogues=_apply(normal, valid.dialogues)),
            modalities={k: b.material.modalities[k] for k in b.modalities},
            options=b.options,
            training=b.run.training,
            seed=self.seed,
            folder=self.folder,
            fingerprint=self.fingerprint,
            progress=progress,
            shared=b.folder,
        )
        return problem, normal

    def _normalisers(self, train: Part, used: set[str]) -> Normalisers:
        if not self.bench.run.normalise:
            return ()
        from empathia.training.normalise import fit

        gold = self.bench.material.gold
        neutral = {i for i in train.targets if gold.get(i) == "neutral"}
        kinds = self.bench.run.normalise.items()
        return tuple(fit(k, f, train.dialogues, neutral) for f, k in kinds if f in used)

    def answers(
        self, learnt: Recogniser, normal: Normalisers, modalities: Sequence[str]
    ) -> dict[str, Scores]:
        """Scores for validation and test, given some of the modalities."""
        material = self.bench.material
        by_part: dict[str, Scores] = {}
        for part, dialogues in (("valid", self.fold.valid), ("test", self.fold.test)):
            samples = _apply(normal, [material.samples(d, modalities) for d in dialogues])
            asked = learnt
            if part == "valid":  # one that has learnt from this part since does not answer to it
                asked = getattr(learnt, "before_refit", None) or learnt
            wanted = self.bench.asked(self.fold, part)
            by_part[part] = scores_of(asked, samples, wanted, unparsed=True)
        return by_part

    def _subsets(self) -> list[tuple[str, ...]]:
        if not self.bench.missing_too:
            return []
        return [s for s in subsets(self.bench.modalities) if len(s) < len(self.bench.modalities)]


def subsets(modalities: Sequence[str]) -> list[tuple[str, ...]]:
    """All non-empty subsets, small ones first, each in the given order."""
    sizes = range(1, len(modalities) + 1)
    return [s for n in sizes for s in combinations(modalities, n)]


def choose(
    modalities: Mapping[str, Sequence[str]], wanted: Sequence[str] | None
) -> tuple[str, ...]:
    """The modalities that are wanted, in the run file's order.

    Raises:
        UsageError: One is not in the run file.
    """
    strange = [m for m in wanted or () if m not in modalities]
    if wanted is not None and not wanted:
        raise UsageError("no modality is named", f"Name some of {', '.join(modalities)}")
    if strange:
        raise UsageError(
            f"unknown modality '{strange[0]}' (the run file has: {', '.join(modalities)})",
            "Name one of these, or add it to [features]",
        )
    return tuple(m for m in modalities if wanted is None or m in wanted)


def narrowed(fold: Fold, data: DataPart) -> Fold:
    """The fold with dialogues of those corpora alone that are learnt from and evaluated on."""
    asked = data.evaluated_on
    train, valid, test = (
        tuple(d for d in part if not corpora or d.corpus in corpora)
        for part, corpora in (
            (fold.train, data.learnt_from),
            (fold.valid, asked),
            (fold.test, asked),
        )
    )
    return dataclasses.replace(fold, train=train, valid=valid, test=test)


def _apply(
    normal: Normalisers, dialogues: Sequence[Conversation]
) -> tuple[tuple[Sample, ...], ...]:
    for one in normal:
        dialogues = one.apply(dialogues)
    return tuple(tuple(d) for d in dialogues)


def _told(progress: Progress | None, where: str) -> Progress | None:
    """A hook that says where the run is before what the fit loop says."""
    if progress is None:
        return None
    progress(where, 0, 1)
    return lambda what, done, total: progress(f"{where}: {what}", done, total)
