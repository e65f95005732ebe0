"""What a run says of itself: ``run.json``, and ``record.json`` of each seed and fold.

The keys on disk are the names of the fields, and docs/bench.md describes them. A run lies in one
folder, each of its seeds and folds in one below it: ``seed-<s>/<fold>/``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from empathia.bench.protocols import folder_name
from empathia.corpora import CorpusInfo
from empathia.errors import InputError, UsageError
from empathia.files import Plain, write_json

FORMAT = 1
RUN, TRAINING = "run.json", "record.json"
_FROM_TEST_SPEAKER = {
    "speaker": "all of the test speaker's clips, later ones included",
    "neutral-speaker": "the test speaker's own neutral clips, which somebody has to know",
}


class Provenance(TypedDict):
    """What a run was made from and with; see :class:`RunRecord`."""

    data: Mapping[str, str]
    corpora: Sequence[CorpusInfo]
    versions: Mapping[str, str]
    git: Mapping[str, Plain]
    threads: int | None
    digest: str
    heard: Mapping[str, Sequence[str]] | None


@dataclass(frozen=True, slots=True)
class FoldRecord:
    """One seed and fold, as planned.

    Args:
        name: Of the fold.
        seed: The seed.
        train: Utterances that are learnt from; None where it is not known, as for all below.
        valid: Utterances that are selected on.
        test: Utterances that are tested.
        train_counts: Label to utterances of the training part; {} where it is not known.
        selection_ids: :func:`sum_of` the sorted ids of the validation part.
        test_ids: The same of the test part.
    """

    name: str
    seed: int
    train: int | None = None
    valid: int | None = None
    test: int | None = None
    train_counts: Mapping[str, int] = field(default_factory=dict)
    selection_ids: str | None = None
    test_ids: str | None = None

    def differing(self, ids: Mapping[str, Sequence[str]]) -> list[str]:
        """Parts ("valid", "test") that hold other utterances than were planned.

        Args:
            ids: Ids of the utterances of each part, one a row.
        """
        planned = {
            "valid": (self.valid, self.selection_ids),
            "test": (self.test, self.test_ids),
        }
        return [
            part
            for part, (size, digest) in planned.items()
            if size not in (None, len(ids[part])) or digest not in (None, sum_of(sorted(ids[part])))
        ]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """``run.json``: what was asked of a run, and from what it was made.

    Args:
        name: Of the run; its folder's.
        labels: What is told apart, in order.
        exclusive: One label an utterance.
        seeds: One training each and fold.
        folds: Every seed and fold.
        run_file: The run file as its user named it.
        settings: The run file's, defaults included.
        recogniser: Name of the plug-in.
        causal: Whether an answer depends on nothing later; None before the first training.
        modalities: Modality to the features that stand for it.
        normalise: Feature to its normaliser, as "global+running".
        protocol: Of the folds.
        dropped: Utterances without a target, by reason.
        data: Corpus to the fingerprint of what was learnt from.
        corpora: What is known of them.
        versions: Of the packages that matter.
        git: Commit of the code, and whether files differ from it; {} outside of a checkout.
        threads: As the run file says.
        digest: Sum over samples and targets.
        heard: Weights that learnt from corpora of this run before; None where it is not known.
        fingerprint: Of settings, data and folds: two runs are one where it is equal.
    """

    name: str
    labels: tuple[str, ...]
    exclusive: bool
    seeds: tuple[int, ...]
    folds: tuple[FoldRecord, ...]
    run_file: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    recogniser: str = ""
    causal: bool | None = None
    modalities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    normalise: Mapping[str, str] = field(default_factory=dict)
    protocol: str = ""
    dropped: Mapping[str, int] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    corpora: Sequence[CorpusInfo] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    git: Mapping[str, Plain] = field(default_factory=dict)
    threads: int | None = None
    digest: str = ""
    heard: Mapping[str, Sequence[str]] | None = None
    fingerprint: str = ""

    @property
    def normalisers(self) -> list[tuple[str, str]]:
        """(feature, kind) of each normaliser; one that is joined ("global+running") gives two."""
        return [(f, kind) for f, joined in self.normalise.items() for kind in joined.split("+")]

    @property
    def known_of_speaker(self) -> str:
        """Which normalisers know a test speaker's other clips, in words; "" where none does."""
        known = _FROM_TEST_SPEAKER
        return "; ".join(f"'{f}' with {known[k]}" for f, k in self.normalisers if k in known)

    @property
    def heard_before(self) -> str:
        """What to say of weights that learnt from the run's corpora; "" where none did."""
        pairs = (self.heard or {}).items()
        known = "; ".join(f"{weight} from {', '.join(corpora)}" for weight, corpora in pairs)
        if not known:
            return ""
        return (
            f"Weights that it uses learnt from its corpora before ({known}): the figures hold only "
            "where they learnt from the training parts alone."
        )

    @property
    def command(self) -> str:
        """How the run is started, without its folders."""
        return f"empathia train {self.run_file or f'runs/{self.name}.toml'} --data DATA"

    def fold(self, seed: int, name: str) -> FoldRecord:
        """One seed and fold.

        Raises:
            StopIteration: It is not part of the run.
        """
        return next(f for f in self.folds if (f.seed, f.name) == (seed, name))

    def plain(self) -> dict[str, Plain]:
        """The content of ``run.json``."""
        return {"format": FORMAT} | _known(dataclasses.asdict(self)) | {"causal": self.causal}

    def write(self, folder: Path) -> None:
        """Write ``run.json``, whole or not at all."""
        write_json(folder / RUN, self.plain())


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """``record.json`` of one seed and fold, written when its answers are there.

    Args:
        causal: Whether an answer depends on nothing later.
        fingerprint: Of settings, data, seed and the members of the fold.
        answers: Name of each file of answers to its sum.
        git: As in :class:`RunRecord`.
        versions: Likewise.
        threads: Likewise.
        refit: After the choice the recogniser also learnt from the validation part.
        course: What else the recogniser says of its training.
    """

    causal: bool = True
    fingerprint: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    git: Mapping[str, Plain] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    threads: int | None = None
    refit: bool = False
    course: Mapping[str, Plain] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write ``record.json``: what the recogniser says stands beside the rest."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        course, refit = fields.pop("course"), {"refit": True} if fields.pop("refit") else {}
        write_json(folder / TRAINING, {**course, **fields, **refit})


def training_folder(folder: Path, seed: int, fold: str) -> Path:
    """Where the checkpoints, answers and record of one seed and fold lie.

    Args:
        folder: Of the run.
        seed: The seed.
        fold: Name of the fold, as in ``run.json``.
    """
    return folder / f"seed-{seed}" / folder_name(fold)


def is_run(folder: Path) -> bool:
    """Whether a path is a folder that ``empathia train`` wrote."""
    return (folder / RUN).is_file()


def read_record(folder: Path) -> RunRecord:
    """Read ``run.json``.

    Raises:
        UsageError: The folder holds no run.
        InputError: It is damaged, or of a run that this version cannot judge.
    """
    path = folder / RUN
    if not path.is_file():
        raise UsageError(
            f"'{folder}' holds no results of a run (no {RUN})",
            "Name a folder that 'empathia train' wrote, as out/<run>",
        )
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        version, leak = plain["format"], bool(plain.get("reads_gold"))
        if version == FORMAT and not leak:
            return _run(plain)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as e:
        raise InputError(
            f"'{path}' is damaged ({type(e).__name__}: {e})", "Train once more with --fresh"
        ) from e
    if leak:
        raise InputError(
            f"'{path}' is of a recogniser that read gold labels ('previous'), which runs no longer "
            "may",
            "What copying gold labels scores is said by: empathia audit NAME PATH",
        )
    raise InputError(
        f"'{path}' is of format {version!r}, expected {FORMAT}",
        "Read it with the version of Empathia that wrote it, or train once more",
    )


def read_training(folder: Path) -> TrainingRecord | None:
    """Read ``record.json`` of one seed and fold; None where there is none.

    Raises:
        InputError: It is damaged.
    """
    path = folder / TRAINING
    if not path.is_file():
        return None
    try:
        plain = dict(json.loads(path.read_text(encoding="utf-8")))
        names = {f.name for f in dataclasses.fields(TrainingRecord)} - {"course"}
        fields = {n: plain.pop(n) for n in names & plain.keys()}
        return TrainingRecord(**fields, course=plain)
    except (OSError, ValueError, TypeError) as e:
        raise InputError(
            f"'{path}' is damaged ({type(e).__name__}: {e})",
            "Delete its folder and train once more",
        ) from e


def sum_of(words: Sequence[str]) -> str:
    """sha256 of words, one a line, as hex."""
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _run(plain: dict[str, Any]) -> RunRecord:
    """From what ``run.json`` holds; a fold without a seed is one of all seeds."""
    seeds = tuple(plain["seeds"])
    whole = plain.get("train_counts", {})  # older runs count the training part once for all folds
    folds = [
        FoldRecord(**{"train_counts": whole, **entry, "seed": seed})
        for seed in seeds
        for entry in plain["folds"]
        if entry.get("seed", seed) == seed
    ]
    _ = seeds[0], folds[0]
    names = {f.name for f in dataclasses.fields(RunRecord)}
    given = {n: v for n, v in plain.items() if n in names}
    given |= {
        "labels": tuple(plain["labels"]),
        "seeds": seeds,
        "folds": tuple(folds),
        "corpora": tuple(_corpus(c) for c in plain.get("corpora", ())),
        "modalities": {m: tuple(used) for m, used in plain.get("modalities", {}).items()},
    }
    return RunRecord(**given)


def _corpus(plain: Mapping[str, Any]) -> CorpusInfo:
    names = [f.name for f in dataclasses.fields(CorpusInfo)]
    return CorpusInfo(**{n: plain.get(n, "") for n in names})


def _known(plain: dict[str, Any]) -> dict[str, Plain]:
    """Without what is not known."""
    folds = [{k: v for k, v in f.items() if v not in (None, {})} for f in plain["folds"]]
    return {k: v for k, v in plain.items() if v is not None} | {"folds": folds}
