"""A bank of exemplars on disk, written whole or not at all.

    pairs.jsonl    exemplars, one a line
    vectors.npy    (2, n, width) float32: contexts, then replies; not in a bank of words alone
    answers.npy    (width + 1, width) where answers lie, learnt from these or by a retriever
    words.npz      the index of words over contexts
    bank.json      encoder, counts, sources with licences and fingerprints, version

Vectors are read through a memory map. They are computed in pieces that are kept beside the folder,
so that a build that was stopped goes on where it was.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.contracts import Progress, silent
from empathia.errors import InputError, UsageError
from empathia.exemplars import encoding, foretold
from empathia.exemplars.pairs import Pair, dumps, loads
from empathia.exemplars.words import WordIndex, index, kind_for
from empathia.files import new_folder, unpacking, write, write_json
from empathia.types import FloatArray

VERSION = 1
INFO, PAIRS, VECTORS, WORDS = "bank.json", "pairs.jsonl", "vectors.npy", "words.npz"
ANSWERS = "answers.npy"
_OTHERS = "that of what the retriever learnt from (its card names it)"
_PIECE = 1024  # texts whose vectors are kept at a time


@dataclass(frozen=True, slots=True)
class Source:
    """Where exemplars come from.

    Args:
        name: Of a corpus or a table.
        licence: Of what was taken out of it.
        noncommercial: Whether that rules out commercial use.
        part: Of the corpus; None for all of it.
        pairs: How many were taken.
        fingerprint: sha256 of these.
    """

    name: str
    licence: str
    noncommercial: bool
    part: str | None
    pairs: int
    fingerprint: str

    @classmethod
    def of(
        cls,
        name: str,
        pairs: Sequence[Pair],
        *,
        licence: str,
        noncommercial: bool,
        part: str | None = None,
    ) -> Source:
        """The source of these pairs."""
        fingerprint = hashlib.sha256(dumps(pairs)).hexdigest()
        return cls(name, licence, noncommercial, part, len(pairs), fingerprint)


@dataclass(frozen=True, slots=True)
class BankInfo:
    """``bank.json``.

    Args:
        language: ISO 639-1 code.
        encoder: Name of the sentence encoder; None for a bank of words alone.
        encoder_sum: What tells that encoder from others.
        words: What counts as a word in its index.
        pairs: How many exemplars.
        dialogues: How many talks they come from.
        emotions: Exemplars by emotion.
        sources: What was built or added, in this order.
        retriever: Where the map of answers comes from; None where it was learnt from the bank.
        version: Of this format.
    """

    language: str
    encoder: str | None
    encoder_sum: str | None
    words: str
    pairs: int
    dialogues: int
    emotions: Mapping[str, int]
    sources: tuple[Source, ...]
    retriever: Source | None = None
    version: int = VERSION

    @property
    def licences(self) -> tuple[str, ...]:
        """Licences of what is in it, each once."""
        return tuple(dict.fromkeys(s.licence for s in self._all))

    @property
    def noncommercial(self) -> bool:
        """Whether one of them rules out commercial use."""
        return any(s.noncommercial for s in self._all)

    @property
    def _all(self) -> tuple[Source, ...]:
        return (*self.sources, *([self.retriever] if self.retriever else []))


@dataclass(frozen=True)
class Bank:
    """A bank that is open.

    Args:
        name: What it is called in results.
        folder: Where it lies.
        info: What it says of itself.
        pairs: Its exemplars.
        index: Of the words of their contexts.
        contexts: (n, width) vectors of length 1; None in a bank of words alone.
        replies: (n, width) likewise.
        answers: (width + 1, width) map from contexts to replies; None in a bank of words alone.
    """

    name: str
    folder: Path
    info: BankInfo
    pairs: tuple[Pair, ...]
    index: WordIndex = field(repr=False)
    contexts: FloatArray | None = field(default=None, repr=False)
    replies: FloatArray | None = field(default=None, repr=False)
    answers: FloatArray | None = field(default=None, repr=False)

    def allowed(
        self, emotions: Collection[str] | None = None, dialogue: str | None = None
    ) -> NDArray[np.int64]:
        """Numbers (k,) of its exemplars, in order.

        Args:
            emotions: Of these alone, and those that have none; None takes all.
            dialogue: Those of this talk are left out.
        """
        keep = np.ones(len(self.pairs), bool)
        if emotions is not None:
            names, codes = self._emotions
            keep &= np.isin(codes, [names[e] for e in (None, *emotions) if e in names])
        keep[self._talks.get(dialogue, [])] = False
        return np.flatnonzero(keep)

    @cached_property
    def _emotions(self) -> tuple[Mapping[str | None, int], NDArray[np.int64]]:
        """A number for each emotion, and that of each exemplar."""
        told = [p.emotion for p in self.pairs]
        names = {e: i for i, e in enumerate(dict.fromkeys(told))}
        return names, np.array([names[e] for e in told])

    @cached_property
    def _talks(self) -> Mapping[str | None, Sequence[int]]:
        talks: dict[str | None, list[int]] = {}
        for number, pair in enumerate(self.pairs):
            if pair.dialogue is not None:
                talks.setdefault(pair.dialogue, []).append(number)
        return talks


def build(
    folder: Path,
    pairs: Sequence[Pair],
    sources: Sequence[Source],
    *,
    language: str = "en",
    encoder: str | None = "minilm",
    retriever: Path | None = None,
    threads: int | None = None,
    progress: Progress = silent,
) -> BankInfo:
    """Write a bank; one that lies there is replaced once the new one is whole.

    Args:
        folder: Where; it must be new, empty, or a bank.
        pairs: At least one, with ids of their own.
        sources: Where they come from.
        language: ISO 639-1 code of their words.
        encoder: One of :data:`empathia.exemplars.encoding.ENCODERS`; None for words alone.
        retriever: Folder of one that says where answers lie; None learns that from the pairs.
        threads: For the encoder; None takes all cores.
        progress: Called as work goes on.

    Raises:
        UsageError: There is no pair, two have one id, the folder holds something else, or the
            retriever is another encoder's.
        WeightsError: The encoder is not here, or the retriever is damaged.
    """
    _check_folder(folder)
    if not pairs:
        raise UsageError("there is no exemplar to keep", "Name a source with answers in it")
    if len({p.id for p in pairs}) < len(pairs):
        raise UsageError("two exemplars have the same id", "Give each its own")
    given = None if retriever is None else foretold.Retriever.load(retriever, encoder)
    kept = folder.with_name(f".{folder.name}.vectors")
    vectors = None if encoder is None else _vectors(pairs, encoder, kept, threads, progress)
    info = described(pairs, sources, language, encoder)
    if given is not None:
        # Its card names the licences; here they are not known, so the careful answer.
        told = Source(given.name, _OTHERS, True, None, 0, given.sum)
        info = dataclasses.replace(info, retriever=told)
    _write(folder, info, pairs, vectors, None if given is None else given.map)
    shutil.rmtree(kept, ignore_errors=True)
    return info


def add(
    folder: Path,
    pairs: Sequence[Pair],
    sources: Sequence[Source],
    *,
    threads: int | None = None,
    progress: Progress = silent,
) -> int:
    """Put more exemplars into a bank; only these are encoded.

    Args:
        folder: Of a bank.
        pairs: Those whose id is in it already are left out.
        sources: Where they come from.
        threads: For the encoder; None takes all cores.
        progress: Called as work goes on.

    Returns:
        How many are new.

    Raises:
        InputError: It is no whole bank.
        UsageError: It was built with another encoder.
    """
    bank = load(folder)
    known = {p.id for p in bank.pairs}
    new = [p for p in pairs if p.id not in known]
    if not new:
        return 0
    kept = folder.with_name(f".{folder.name}.vectors")
    vectors = None
    if bank.info.encoder is not None:
        check_encoder(bank)
        more = _vectors(new, bank.info.encoder, kept, threads, progress)
        vectors = np.concatenate([np.stack([bank.contexts, bank.replies]), more], axis=1)  # type: ignore[list-item]
    every = (*bank.pairs, *new)
    info = described(every, (*bank.info.sources, *sources), bank.info.language, bank.info.encoder)
    info = dataclasses.replace(info, retriever=bank.info.retriever)
    _write(folder, info, every, vectors, bank.answers if info.retriever else None)
    shutil.rmtree(kept, ignore_errors=True)
    return len(new)


def described(
    pairs: Sequence[Pair], sources: Sequence[Source], language: str, encoder: str | None
) -> BankInfo:
    """What a bank of these would say of itself; arguments as for :func:`build`."""
    emotions = sorted({p.emotion for p in pairs if p.emotion})
    return BankInfo(
        language,
        encoder,
        None if encoder is None else encoding.sum_of(encoder),
        kind_for(language),
        len(pairs),
        len({(p.corpus, p.dialogue or p.id) for p in pairs}),
        {e: sum(p.emotion == e for p in pairs) for e in emotions},
        tuple(sources),
    )


def _write(
    folder: Path,
    info: BankInfo,
    pairs: Sequence[Pair],
    vectors: FloatArray | None,
    answers: FloatArray | None = None,
) -> None:
    arrays = index([p.context for p in pairs], info.words).arrays()
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    with new_folder(folder) as new:
        write(new / PAIRS, dumps(pairs))
        write(new / WORDS, packed.getvalue())
        if vectors is not None:
            np.save(new / VECTORS, vectors, allow_pickle=False)
            learnt = foretold.learn(vectors[0], vectors[1]) if answers is None else answers
            np.save(new / ANSWERS, learnt, allow_pickle=False)
        write_json(new / INFO, dataclasses.asdict(info))


def _vectors(
    pairs: Sequence[Pair], encoder: str, kept: Path, threads: int | None, progress: Progress
) -> FloatArray:
    """(2, n, width): contexts and replies. Each text is encoded once, in pieces that are kept."""
    texts = list(dict.fromkeys(t for p in pairs for t in (p.context, p.reply)))
    digest = hashlib.sha256("\0".join([encoding.sum_of(encoder), *texts]).encode()).hexdigest()
    encode, pieces = encoding.load(encoder, threads), []
    for start in range(0, len(texts), _PIECE):
        piece = kept / f"{digest[:16]}-{start:07d}.npy"
        if not piece.is_file():
            raw = io.BytesIO()
            np.save(raw, encode(texts[start : start + _PIECE]), allow_pickle=False)
            write(piece, raw.getvalue())
        pieces.append(_piece(piece))
        progress("encoding", min(start + _PIECE, len(texts)), len(texts))
    place = {t: i for i, t in enumerate(texts)}
    rows = np.concatenate(pieces)
    both: FloatArray = np.stack(
        [rows[[place[p.context] for p in pairs]], rows[[place[p.reply] for p in pairs]]]
    )
    return both


def _piece(path: Path) -> FloatArray:
    def damaged(error: Exception) -> InputError:
        return InputError(f"'{path}' is damaged ({error})", "Delete it and build again")

    with unpacking(damaged):
        rows: FloatArray = np.load(path, allow_pickle=False)
    return rows


def _check_folder(folder: Path) -> None:
    """Never replace what is no bank."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"'{folder}' is a file, expected a folder", "Name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / INFO).is_file():
        raise UsageError(f"'{folder}' holds something that is no bank", "Name a new folder")


def load(folder: Path, name: str | None = None) -> Bank:
    """Open a bank.

    Args:
        folder: Where it lies.
        name: What it is called in results; None takes the folder's name.

    Raises:
        InputError: There is none, it is empty, damaged, or of another version.
    """
    info = read_info(folder)
    with unpacking(lambda error: _damaged(folder, str(error))):
        pairs = loads((folder / PAIRS).read_bytes())
        with (folder / WORDS).open("rb") as raw, np.load(raw, allow_pickle=False) as postings:
            words = WordIndex.of_arrays(info.words, len(pairs), dict(postings))
        arrays = () if info.encoder is None else _open_vectors(folder, len(pairs))
    if len(pairs) != info.pairs or not pairs:
        raise _damaged(folder, f"{len(pairs)} exemplars, expected {info.pairs}")
    return Bank(name or folder.name, folder, info, pairs, words, *arrays)


def _open_vectors(folder: Path, pairs: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    vectors = np.asarray(np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False))
    answers = np.load(folder / ANSWERS, allow_pickle=False)
    if vectors.ndim != 3 or vectors.shape[:2] != (2, pairs):
        raise ValueError(f"vectors of shape {vectors.shape} for {pairs} exemplars")
    if answers.shape != (vectors.shape[2] + 1, vectors.shape[2]):
        raise ValueError(f"answers of shape {answers.shape} for vectors of {vectors.shape[2]}")
    return vectors[0], vectors[1], answers


def read_info(folder: Path) -> BankInfo:
    """What a bank says of itself.

    Raises:
        InputError: There is no bank, or of another version.
    """
    if not (folder / INFO).is_file():
        raise InputError(
            f"there is no bank of exemplars at '{folder}' (no {INFO})",
            "Run: empathia exemplars build",
        )
    try:
        values = json.loads((folder / INFO).read_text("utf-8"))
        if values["version"] != VERSION:
            raise InputError(
                f"the bank '{folder}' has version {values['version']}, expected {VERSION}",
                "Build it again",
            )
        sources = tuple(Source(**s) for s in values.pop("sources"))
        retriever = values.pop("retriever", None)
        given = None if retriever is None else Source(**retriever)
        return BankInfo(**values, sources=sources, retriever=given)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder, str(error)) from error


def check_encoder(bank: Bank) -> None:
    """Refuse a bank whose vectors another encoder made.

    Raises:
        UsageError: It did.
    """
    name = bank.info.encoder
    if name not in encoding.ENCODERS or encoding.sum_of(name) != bank.info.encoder_sum:
        raise UsageError(
            f"the vectors of the bank '{bank.folder}' were made by another encoder ('{name}')",
            "Build it again, or search it by words",
        )


def _damaged(folder: Path, problem: str) -> InputError:
    return InputError(f"the bank '{folder}' is damaged ({problem})", "Build it again")
