"""What a table would be as a corpus: which column is what, which labels, which parts."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from empathia.corpora import table
from empathia.corpora.table import rows
from empathia.corpora.table.rows import as_text
from empathia.labels.spelling import spellings
from empathia.types import Dialogue

_FEW = 60  # different values that labels may have at most


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a table is as a corpus.

    Args:
        columns: Our columns that it has, to what the file calls them.
        unused: Its other columns.
        perhaps: Those of them that may be labels, where no column is called so.
        utterances: How many rows.
        dialogues: How many conversations.
        speakers: How many people.
        labels: Gold labels and how often, the commonest first.
        unlabelled: Rows without a gold label.
        parts: Parts of the split and how many utterances; () where there is none.
        notes: What the loader says.
        doubts: What looks wrong.
    """

    columns: dict[str, str]
    unused: tuple[str, ...]
    perhaps: tuple[str, ...]
    utterances: int
    dialogues: int
    speakers: int
    labels: dict[str, int]
    unlabelled: int
    parts: dict[str, int]
    notes: tuple[str, ...]
    doubts: tuple[str, ...]


def check(path: Path) -> Corpus:
    """Read a table as a corpus, its columns by their names alone.

    Args:
        path: The file.

    Raises:
        CorpusError: It cannot be read so.
        MissingExtra: What reads such files is not installed.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        held = rows.read(path, None, {}, {})
        dialogues = table.load(path)
    columns = {ours: source.column for ours, source in held.sources.items()}
    used = {*columns.values(), *(s.column for s in held.groups.values())}
    unused = tuple(c for c in held.header if c not in used)
    return _counted(
        dialogues,
        columns | {f"group:{name}": s.column for name, s in held.groups.items()},
        unused,
        perhaps=() if "label" in columns else tuple(c for c in unused if _label_like(held, c)),
        notes=tuple(dict.fromkeys(str(w.message).removeprefix(f"{path}: ") for w in caught)),
    )


def _counted(
    dialogues: Sequence[Dialogue],
    columns: dict[str, str],
    unused: tuple[str, ...],
    *,
    perhaps: tuple[str, ...],
    notes: tuple[str, ...],
) -> Corpus:
    utterances = [u for d in dialogues for u in d.utterances]
    parts: Counter[str] = Counter()
    for d in dialogues:
        parts[d.split or "none"] += len(d.utterances)
    labels = Counter(x for u in utterances for x in u.gold)
    return Corpus(
        columns,
        unused,
        perhaps,
        utterances=len(utterances),
        dialogues=len(dialogues),
        speakers=len({u.speaker for u in utterances}) if "speaker" in columns else 0,
        labels=dict(labels.most_common()),
        unlabelled=sum(not u.gold for u in utterances),
        parts=dict(parts) if set(parts) != {"none"} else {},
        notes=notes,
        doubts=tuple(_doubts(labels, [u.speaker for u in utterances])),
    )


def _doubts(labels: Mapping[str, int], speakers: Sequence[str]) -> Iterator[str]:
    """What looks wrong in labels (with how often each is given) and in names of speakers."""
    for what, names in (("labels", list(labels)), ("speakers", speakers)):
        for alike in spellings(names).values():
            listed = " and ".join(f"'{x}'" for x in alike)
            yield f"{what} that differ in their spelling alone: {listed}"
    if len(labels) == 1:
        yield f"there is only one label ('{next(iter(labels))}')"


def _label_like(held: rows.Table, column: str) -> bool:
    """Whether few different words stand in a column, and come back."""
    cells = [as_text(r.cells.get(column)).strip() for r in held.rows]
    words = Counter(c for c in cells if c)
    few = 2 <= len(words) <= min(_FEW, len(held.rows) / 2)
    return few and all(any(c.isalpha() for c in w) and len(w) <= _FEW for w in words)
