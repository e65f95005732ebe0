"""Which banks there are: the starters that ship, those kept in the cache, and any folder.

Starters are texts; their vectors are made at first use and kept in ``exemplars/`` of the cache
(``EMPATHIA_HOME``). A bank that is put there is found by its name.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from empathia import weights
from empathia.contracts import Progress, silent
from empathia.errors import EmpathiaWarning, InputError, UsageError
from empathia.exemplars import bank, encoding
from empathia.exemplars.bank import Bank, BankInfo, Source
from empathia.exemplars.pairs import Pair, of_table

STARTERS = ("en", "ko")
"""Languages of the banks that ship."""
_TEXTS = Path(__file__).with_name("starter")
_STARTER = "starter-"
_LICENCE = "CC0-1.0"


@dataclass(frozen=True, slots=True)
class Place:
    """A bank that can be named.

    Args:
        name: By which it is found.
        kind: "starter" or "own".
        language: ISO 639-1 code.
        pairs: How many exemplars.
        licences: Of its sources.
        noncommercial: Whether one rules out commercial use.
        encoder: Of its vectors; None where it has none (yet).
    """

    name: str
    kind: str
    language: str
    pairs: int
    licences: Sequence[str]
    noncommercial: bool
    encoder: str | None


def places() -> list[Place]:
    """Starters, then the banks of the cache; one that cannot be read is left out with a note."""
    found = [
        Place(_STARTER + c, "starter", c, len(_texts(c)), (_LICENCE,), False, encoder_for(c))
        for c in STARTERS
    ]
    for folder in sorted(_cache().glob("*/")):
        if folder.name.startswith((_STARTER, ".")):
            continue
        try:
            info = bank.read_info(folder)
        except InputError as error:
            warnings.warn(str(error), EmpathiaWarning, stacklevel=2)
            continue
        found.append(_own(folder.name, info))
    return found


def _own(name: str, info: BankInfo) -> Place:
    return Place(
        name, "own", info.language, info.pairs, info.licences, info.noncommercial, info.encoder
    )


def open_bank(name: str, *, threads: int | None = None, progress: Progress = silent) -> Bank:
    """A bank by the name of a starter ("starter-en"), a name in the cache, or its folder.

    Args:
        name: Which.
        threads: For the encoder, where a starter is used for the first time.
        progress: Called as that goes on.

    Raises:
        UsageError: There is none of that name.
        InputError: It is damaged.
    """
    if name.startswith(_STARTER) and name.removeprefix(_STARTER) in STARTERS:
        return starter(name.removeprefix(_STARTER), threads=threads, progress=progress)
    kept = _cache() / name
    folder = kept if Path(name).name == name and kept.is_dir() else Path(name)
    if not folder.is_dir():
        known = ", ".join([*(_STARTER + c for c in STARTERS), *_kept()])
        raise UsageError(f"there is no bank of exemplars '{name}'", f"Name a folder, or: {known}")
    return bank.load(folder)


def _kept() -> list[str]:
    return [f.name for f in sorted(_cache().glob("[!.]*/")) if not f.name.startswith(_STARTER)]


def starter(language: str, *, threads: int | None = None, progress: Progress = silent) -> Bank:
    """The bank that ships in a language; it is built where that has not been done.

    Args:
        language: One of :data:`STARTERS`.
        threads: For the encoder.
        progress: Called as it is built.
    """
    name, encoder, pairs = _STARTER + language, encoder_for(language), _texts(language)
    folder = _cache() / name
    source = Source.of(name, pairs, licence=_LICENCE, noncommercial=False)
    expected = bank.described(pairs, [source], language, encoder)
    try:
        if bank.read_info(folder) == expected:
            return bank.load(folder, name)
    except InputError:
        pass  # not built yet, or damaged
    bank.build(
        folder,
        pairs,
        [source],
        language=language,
        encoder=encoder,
        threads=threads,
        progress=progress,
    )
    return bank.load(folder, name)


def encoder_for(language: str) -> str | None:
    """The encoder that reads a language; None where it was not pulled."""
    name = encoding.reads(language)
    return name if weights.state(name) in ("ok", "unverified") else None


def _texts(language: str) -> list[Pair]:
    return of_table(_TEXTS / f"{language}.jsonl")


def _cache() -> Path:
    return weights.root() / "exemplars"
