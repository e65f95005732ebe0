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
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from empathia import files
from empathia.bench.answers import answer_rows, write_rows
from empathia.bench.data import Material
from empathia.bench.protocols import Fold, folder_name, folds, read_listed
from empathia.config import Options, Run
from empathia.contracts import Progress, Recogniser
from empathia.errors import EmpathiaWarning, TrainingError, UsageError
from empathia.files import sha256
from empathia.training.problem import Conversation, Part, Problem, Scores
from empathia.types import Emotion, Sample

if TYPE_CHECKING:
    from empathia.training.normalise import Normaliser

Normalisers = tuple["Normaliser", ...]
FORMAT = 1


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
        about: What else belongs into ``run.json``: fingerprints, versions, corpora.
        missing_too: Test every recogniser also without each set of its modalities.
    """

    run: Run
    plugin: ModuleType
    options: Options
    material: Material
    modalities: tuple[str, ...]
    data: Path
    folder: Path
    about: Mapping[str, Any]
    missing_too: bool = False

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
        if not d.evaluated_on:
            return made
        return tuple(f for f in (_evaluated(f, d.evaluated_on) for f in made) if f.test)

    def learn(self, progress: Progress | None = None) -> dict[str, Any]:
        """Do all that is not yet done.

        Returns:
            The content of ``run.json``.

        Raises:
            TrainingError: The folder holds another run, or another process writes to it.
        """
        with files.sole_user(self.folder):
            plan = {seed: self.folds(seed) for seed in self.seeds}
            record = self._claimed(self._record(plan))
            total = sum(map(len, plan.values()))
            for done, (seed, fold) in enumerate((s, f) for s, fs in plan.items() for f in fs):
                hook = _told(progress, f"{done + 1}/{total} seed {seed} fold {fold.name}")
                record["causal"] = Training(self, seed, fold).finish(hook)
            self._write(record)
        return record

    def _claimed(self, record: dict[str, Any]) -> dict[str, Any]:
        """What the folder holds of this run already; a folder of another run is refused."""
        path = self.folder / "run.json"
        if not path.exists():
            self._write(record)
            return record
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            same = found["fingerprint"] == record["fingerprint"]
        except (OSError, ValueError, KeyError, TypeError):
            same = False
        if not same and not list(self.folder.glob("seed-*/*/record.json")):
            self._write(record)  # nothing was learnt there: a first try that failed
            return record
        if not same:
            raise TrainingError(
                f"'{self.folder}' holds the results of other settings or data",
                "Give another --out or start over with --fresh",
            )
        return found

    def _write(self, record: Mapping[str, Any]) -> None:
        content = json.dumps(record, indent=2, sort_keys=True) + "\n"
        files.write(self.folder / "run.json", content.encode())

    def _record(self, plan: Mapping[int, Sequence[Fold]]) -> dict[str, Any]:
        m = self.material
        described = [self._described(s, f) for s, fs in plan.items() for f in fs]
        return {
            **self.about,
            "format": FORMAT,
            "name": self.run.name,
            "run_file": self.run.file,
            "settings": self.run.settings(),
            "labels": list(m.labels),
            "exclusive": m.exclusive,
            "recogniser": self.run.model.recogniser,
            "causal": None,
            "modalities": {k: list(m.modalities[k]) for k in self.modalities},
            "normalise": dict(self.run.normalise),
            "protocol": self.run.data.protocol,
            "seeds": list(plan),
            "folds": described,
            "dropped": dict(m.dropped),
            "fingerprint": _sum(
                [
                    self.fingerprint,
                    *(Training(self, s, f).fingerprint for s, fs in plan.items() for f in fs),
                ]
            ),
        }

    @property
    def fingerprint(self) -> str:
        """Names settings, modalities and data: all but the folds, which have sums of their own."""
        known = (self.about["data"], self.about["digest"])
        parts = [self.run.settings(), self.options.values, known, self.modalities, self.missing_too]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _described(self, seed: int, fold: Fold) -> dict[str, Any]:
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
        return {
            "seed": seed,
            "name": fold.name,
            **{part: len(found) for part, found in ids.items()},
            "train_counts": {x: counts[x] for x in self.material.labels},
            "selection_ids": _sum(ids["valid"]),
            "test_ids": _sum(ids["test"]),
        }

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
        return self.bench.folder / f"seed-{self.seed}" / folder_name(self.fold.name)

    @property
    def fingerprint(self) -> str:
        """Names settings, data, seed and the members of the fold."""
        parts = (self.fold.train, self.fold.valid, self.fold.test)
        context = [_sum([d.id for d in part]) for part in parts]
        asked = [_sum(sorted(self.bench.asked(self.fold, p))) for p in ("train", "valid", "test")]
        return _sum([self.bench.fingerprint, str(self.seed), self.fold.name, *context, *asked])

    def finish(self, progress: Progress | None) -> bool:
        """Learn and answer, unless that was done before.

        Returns:
            Whether the recogniser is causal.
        """
        done = self.folder / "record.json"
        before = self._before(done)
        if before is not None:
            return before
        problem, normal = self.problem(progress)
        learnt: Recogniser = self.bench.plugin.learn(problem)
        answers = {"predictions": self.answers(learnt, normal, self.bench.modalities)}
        for fewer in self._subsets():
            answers[f"predictions-{'+'.join(fewer)}"] = self.answers(learnt, normal, fewer)
        asked = {part: self.bench.asked(self.fold, part) for part in ("valid", "test")}
        for name, found in answers.items():
            rows = answer_rows(self.bench.material, self.fold, self.seed, found, asked)
            write_rows(self.folder / f"{name}.parquet", rows)
        made = {k: self.bench.about[k] for k in ("git", "versions", "threads")}
        sums = {n: sha256(self.folder / f"{n}.parquet") for n in answers}
        record = {
            **learnt.record,
            "causal": learnt.about.causal,
            "fingerprint": self.fingerprint,
            "answers": sums,
            **made,
        }
        content = json.dumps(record, indent=2, sort_keys=True) + "\n"
        files.write(done, content.encode())
        return learnt.about.causal

    def _before(self, done: Path) -> bool | None:
        """Whether the recogniser that finished this before was causal; None if none did."""
        try:
            found = json.loads(done.read_text(encoding="utf-8"))
            whole = all(
                sha256(self.folder / f"{n}.parquet") == sha for n, sha in found["answers"].items()
            )
        except (OSError, ValueError, KeyError, AttributeError):
            return None
        same = whole and found["fingerprint"] == self.fingerprint
        return bool(found["causal"]) if same else None

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
            by_part[part] = self._checked(_scores(asked.recognise(samples), samples))
        return by_part

    def _checked(self, scores: Scores) -> Scores:
        labels, exclusive = self.bench.material.labels, self.bench.material.exclusive
        for key, row in scores.items():
            fine = len(row) == len(labels) and all(-1e-6 <= v <= 1 + 1e-6 for v in row)
            if not fine or (exclusive and abs(sum(row) - 1) > 1e-3):
                raise TrainingError(
                    f"recogniser '{self.bench.run.model.recogniser}' gave '{key}' the scores {row},"
                    f" expected {len(labels)} in [0, 1]" + (" that sum to 1" if exclusive else ""),
                    "Mend the plug-in",
                )
        return scores

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


def _evaluated(fold: Fold, corpora: Sequence[str]) -> Fold:
    """The fold with dialogues of some corpora alone in validation and test."""
    valid, test = (
        tuple(d for d in part if d.corpus in corpora) for part in (fold.valid, fold.test)
    )
    return dataclasses.replace(fold, valid=valid, test=test)


def _scores(
    emotions: Sequence[Sequence[Emotion]], dialogues: Sequence[Conversation]
) -> dict[str, tuple[float, ...]]:
    """Scores by utterance id, also where the recogniser did not commit itself."""
    return {
        s.id: e.scores
        for d, row in zip(dialogues, emotions, strict=True)
        for s, e in zip(d, row, strict=True)
        if e.scores
    }


def _apply(
    normal: Normalisers, dialogues: Sequence[Conversation]
) -> tuple[tuple[Sample, ...], ...]:
    for one in normal:
        dialogues = one.apply(dialogues)
    return tuple(tuple(d) for d in dialogues)


def _sum(words: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _told(progress: Progress | None, where: str) -> Progress | None:
    """A hook that says where the run is before what the fit loop says."""
    if progress is None:
        return None
    progress(where, 0, 1)
    return lambda what, done, total: progress(f"{where}: {what}", done, total)
