"""What predictors of reactions answered, and what truly came: written and read.

``out/<run>/reactions.json`` says what was asked. In ``seed-<s>/<fold>/`` below it ``pairs.npz``
holds the tested pairs, ``said-<predictor>.npz`` what one predictor foretold of them, in the same
order. None holds words or pickles. What can be large, frames of wide features, is written and read
pair by pair.
"""

from __future__ import annotations

import dataclasses
import json
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from empathia import files
from empathia.errors import InputError
from empathia.labels import LabelSet
from empathia.types import Emotion, Features, Reaction

RECORD, PAIRS, SAID = "reactions.json", "pairs.npz", "said-"
FORMAT = 1
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FoldCounts:
    """Pairs of one seed and fold."""

    seed: int
    name: str
    train: int
    valid: int
    test: int


@dataclass(frozen=True, slots=True)
class ReactionRecord:
    """``reactions.json``: what was asked of a run, and from what it was made.

    Args:
        name: Of the run; its folder's.
        predictor: Plug-in that learnt.
        floors: Those that stand beside.
        labels: Of the reaction's emotion, in order; () where it is not foretold.
        targets: Features that are foretold.
        folds: Every seed and fold.
        protocol: Of the folds.
        dropped: Pairs that are not asked about, by reason.
        unfit: Floors that could not learn this, and why.
        settings: The run file's, defaults included.
        about: Fingerprints of the data, versions, git.
        fingerprint: Of settings and data: two runs are one where it is equal.
    """

    name: str
    predictor: str
    floors: tuple[str, ...]
    labels: tuple[str, ...]
    targets: tuple[str, ...]
    folds: tuple[FoldCounts, ...]
    protocol: str
    dropped: Mapping[str, int] = field(default_factory=dict)
    unfit: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""


def is_reactions(folder: Path) -> bool:
    """Whether a folder holds what a predictor of reactions answered."""
    return (folder / RECORD).is_file()


def read(folder: Path) -> ReactionRecord:
    """What ``reactions.json`` says.

    Raises:
        InputError: It is missing, damaged, or of another version.
    """
    with _told(folder / RECORD, "Train once more with --fresh"):
        plain = json.loads((folder / RECORD).read_text("utf-8"))
        if plain.pop("format") != FORMAT:
            raise ValueError("it is of another format")
        folds = tuple(FoldCounts(**f) for f in plain.pop("folds"))
        for name in ("floors", "labels", "targets"):
            plain[name] = tuple(plain[name])
        return ReactionRecord(**plain, folds=folds)


def write_record(folder: Path, record: ReactionRecord) -> None:
    """Write ``reactions.json``, which :func:`read` reads."""
    files.write_json(folder / RECORD, dataclasses.asdict(record) | {"format": FORMAT})


@dataclass(frozen=True, slots=True)
class Tested:
    """A stimulus and what truly came of it.

    Args:
        corpus, dialogue, stimulus, reaction: Ids.
        gold: The one gold label of the reaction; None where there are several or none.
        truth: Features of the reaction that were to be foretold; one that is not known is absent.
        stimulated: The same features of the stimulus.
        groups: Of the reaction: grouping to the group that it is in.
    """

    corpus: str
    dialogue: str
    stimulus: str
    reaction: str
    gold: str | None = None
    truth: Mapping[str, Features] = field(default_factory=dict)
    stimulated: Mapping[str, Features] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)


Said = Sequence[Sequence[Reaction]]
"""Reactions of one predictor: for each pair as many as were drawn."""


class Stored(Generic[T]):
    """Rows of a file, read one by one as often as they are gone through; so few are held at a time.

    Args:
        path: Of the file.
        count: Rows.
        rows: Reads them out of the file, opened anew.

    Raises:
        InputError: The file turns out damaged on the way.
    """

    def __init__(self, path: Path, count: int, rows: Callable[[_Arrays], Iterator[T]]) -> None:
        self._path, self._count, self._rows = path, count, rows

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        with _opened(self._path) as arrays:
            yield from self._rows(arrays)


def write_pairs(folder: Path, pairs: Sequence[Tested], targets: Sequence[str]) -> None:
    """Write the tested pairs of one seed and fold.

    Args:
        folder: See :func:`empathia.bench.record.training_folder`.
        pairs: What was asked.
        targets: Features that were to be foretold.
    """
    about = [[p.corpus, p.dialogue, p.stimulus, p.reaction, p.gold, dict(p.groups)] for p in pairs]
    arrays: dict[str, NDArray[Any] | _Rows] = {
        "about": _text({"pairs": about, "targets": list(targets)})
    }
    for name in targets:
        arrays |= _packed(f"truth/{name}", [p.truth.get(name) for p in pairs])
        arrays |= _packed(f"stimulated/{name}", [p.stimulated.get(name) for p in pairs])
    _write(folder / PAIRS, arrays)


def read_pairs(folder: Path, features: bool = True) -> Stored[Tested]:
    """What :func:`write_pairs` wrote.

    Args:
        folder: Of the seed and fold.
        features: Whether truth and stimuli are wanted, too.

    Raises:
        InputError: It is missing or damaged.
    """
    path = folder / PAIRS
    with _opened(path) as arrays:
        about = arrays.text("about")
        asked, targets = list(map(tuple, about["pairs"])), about["targets"] if features else []

    def rows(arrays: _Arrays) -> Iterator[Tested]:
        truth, stimulated = (
            arrays.features({t: f"{kind}/{t}" for t in targets}, [a[at] for a in asked])
            for kind, at in (("truth", 3), ("stimulated", 2))
        )
        for a, came, said in zip(asked, truth, stimulated, strict=True):
            corpus, dialogue, stimulus, reaction, gold, groups = a
            yield Tested(corpus, dialogue, stimulus, reaction, gold, came, said, groups)

    return Stored(path, len(asked), rows)


def write_said(folder: Path, name: str, said: Said) -> None:
    """Write what a predictor foretold.

    Args:
        folder: Of the seed and fold.
        name: Of the predictor.
        said: Equally many draws for each pair, at least one.
    """
    flat = [r for row in said for r in row]
    first = next((r.emotion for r in flat if r.emotion is not None), None)
    labels = None if first is None else [first.labels.name, list(first.labels)]
    unknown = (np.nan,) * (0 if first is None else len(first.labels))
    scores = [r.emotion.scores if r.emotion and r.emotion.scores else unknown for r in flat]
    targets = list(dict.fromkeys(n for r in flat for n in r.features))
    about = {
        "source": flat[0].source if flat else name,
        "draws": len(said[0]) if said else 1,
        "labels": labels,
        "targets": targets,
        "to": [r.to for r in flat],
        "notes": [r.note for r in flat],
        "why": [r.emotion.abstained if r.emotion else None for r in flat],
    }
    arrays: dict[str, NDArray[Any] | _Rows] = {
        "about": _text(about),
        "scores": np.array(scores, np.float64),
    }
    for target in targets:
        arrays |= _packed(target, [r.features.get(target) for r in flat])
    _write(folder / f"{SAID}{name}.npz", arrays)


def read_said(folder: Path, name: str) -> Stored[tuple[Reaction, ...]]:
    """What :func:`write_said` wrote: for each pair its draws.

    Raises:
        InputError: It is missing or damaged.
    """
    path = folder / f"{SAID}{name}.npz"
    with _opened(path) as arrays:
        about = arrays.text("about")
        to, draws, source = about["to"], int(about["draws"]), about["source"]
        if draws < 1:
            raise ValueError(f"{draws} draws a pair")
        labels = about["labels"] and LabelSet(about["labels"][0], tuple(about["labels"][1]))

    def each(arrays: _Arrays) -> Iterator[Reaction]:
        features = arrays.features({t: t for t in about["targets"]}, to)
        flat = zip(to, arrays["scores"], about["why"], features, about["notes"], strict=True)
        for id, scores, why, values, note in flat:
            felt = _emotion(source, labels, scores, why) if labels else None
            yield Reaction(id, source, felt, values, note)

    def rows(arrays: _Arrays) -> Iterator[tuple[Reaction, ...]]:
        flat = each(arrays)
        while some := tuple(islice(flat, draws)):
            yield some

    return Stored(path, -(-len(to) // draws), rows)


def _emotion(
    source: str, labels: LabelSet, scores: NDArray[np.float64], why: str | None
) -> Emotion:
    known = () if np.isnan(scores).any() else tuple(scores.tolist())
    return Emotion(source, labels, known, abstained=why)


def _text(value: object) -> NDArray[Any]:
    return np.array(json.dumps(value, ensure_ascii=False))


def _packed(name: str, features: Sequence[Features | None]) -> dict[str, NDArray[Any] | _Rows]:
    """Frames of all behind each other, how many each has (-1: absent), and how they look."""
    there = [f for f in features if f is not None]
    about = [[f.names, f.units] for f in there[:1]]
    wide = there[0].values.shape[1] if there else 0
    lengths = [-1 if f is None else len(f.values) for f in features]
    return {
        f"{name}.values": _Rows([f.values for f in there], wide),
        f"{name}.lengths": np.array(lengths, np.int64),
        f"{name}.rates": np.array([f.rate if f and f.rate else np.nan for f in features]),
        f"{name}.about": _text(about),
    }


def _write(path: Path, arrays: Mapping[str, NDArray[Any] | _Rows]) -> None:
    """Write an npz, rows as they come: no second copy of what can be large is made."""
    with files.writing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                if not isinstance(array, _Rows):
                    np.lib.format.write_array(member, array, allow_pickle=False)
                    continue
                shape = sum(map(len, array.parts)), array.wide
                about = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(member, about)
                for part in array.parts:
                    member.write(np.ascontiguousarray(part, "<f4").tobytes())


@dataclass(frozen=True, slots=True)
class _Rows:
    """Frames behind each other, which are written one by one; all have the same columns."""

    parts: Sequence[NDArray[np.floating]]
    wide: int


def _told(path: Path, remedy: str) -> AbstractContextManager[None]:
    """What goes wrong in reading a file is told by its name."""

    def damaged(e: Exception) -> InputError:
        return InputError(f"'{path}' is missing or damaged ({type(e).__name__}: {e})", remedy)

    return files.unpacking(damaged)


@contextmanager
def _opened(path: Path) -> Iterator[_Arrays]:
    told = _told(path, "Delete its folder and train once more")
    with told, zipfile.ZipFile(path) as archive:
        yield _Arrays(archive)


class _Arrays:
    """The arrays of an open file."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def __getitem__(self, name: str) -> NDArray[Any]:
        with self._archive.open(f"{name}.npy") as member:
            array: NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
            if member.read(1):  # a sum is looked at where a member ends
                raise ValueError(f"{name} holds more than it says")
            return array

    def text(self, name: str) -> Any:  # noqa: ANN401 - JSON of ours
        """What :func:`_text` made an array of."""
        return json.loads(str(self[name]))

    def features(
        self, wanted: Mapping[str, str], utterances: Sequence[str]
    ) -> Iterator[dict[str, Features]]:
        """Of each utterance its features.

        Args:
            wanted: Feature to the name under which it was packed.
            utterances: Their ids.
        """
        each = [self._unpacked(name, of, utterances) for of, name in wanted.items()]
        for _ in utterances:
            there = [next(some) for some in each]
            yield {f.extractor: f for f in there if f is not None}
        for some in each:
            next(some, None)  # sees whether anything is left

    def _unpacked(
        self, name: str, feature: str, utterances: Sequence[str]
    ) -> Iterator[Features | None]:
        lengths, rates = self[f"{name}.lengths"].tolist(), self[f"{name}.rates"].tolist()
        about = self.text(f"{name}.about")
        with self._archive.open(f"{name}.values.npy") as member:
            np.lib.format.read_magic(member)
            (_, wide), by_column, kind = np.lib.format.read_array_header_1_0(member)
            if by_column or kind != np.dtype("<f4"):
                raise ValueError(f"{name} holds {kind}, expected rows of <f4")
            for utterance, length, rate in zip(utterances, lengths, rates, strict=True):
                if length < 0:
                    yield None
                    continue
                names, units = map(tuple, about[0])
                content = member.read(4 * length * wide)
                part = np.frombuffer(content, "<f4").reshape(length, wide)
                timed = None if math.isnan(rate) else rate
                yield Features(utterance, feature, part, names, units, timed)
            if member.read(1):
                raise ValueError(f"{name} has more frames than reactions")
