"""Recordings of one's own in a folder, with labels in a file or as names of subfolders.

With ``labels.csv`` in the folder, a row an utterance, read as :mod:`empathia.corpora.table` reads:

| column | what | when it is absent or empty |
|---|---|---|
| file | path of the recording, from the folder | error |
| label | one label, several parted by ";", or a list | no gold label |
| speaker | who speaks | "unknown" |
| gender | F, female, M, male; anything else is not known | not known |
| split | train, valid (dev) or test, the same for a whole dialogue | none |
| dialogue | id of the conversation | each row is its own |
| start, end (or duration) | s, where the file holds more than this utterance | the whole file |
| text | the words | not known |

An utterance is called as its file, without suffix; where a file has several rows, with the
start: ``talks/one@12.5``. Rows of a dialogue stay in the order of the csv, those of one file in
the order of their start. Without ``labels.csv`` the first folder below names the label:
``happy/any/where.wav``, each recording a dialogue of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from empathia import media
from empathia.corpora import CorpusInfo, warn
from empathia.corpora._tables import GENDERS
from empathia.corpora.table import cells
from empathia.corpora.table.rows import Row, as_text, read, tell
from empathia.errors import CorpusError
from empathia.labels import LabelSet, label_set
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo(
    name="folder",
    licence="that of the data you bring",
    noncommercial=True,  # not known, so the careful answer
    citation="none",
    page="none",
    language="und",
)
TABLE = "labels.csv"


def load(
    path: Path,
    *,
    labels: str | Sequence[str] | None = None,
    language: str | None = None,
    name: str = "folder",
) -> tuple[Dialogue, ...]:
    """Read the recordings that have a label, or a row.

    Args:
        path: The folder.
        labels: Name of a known label set, or the labels; None takes those that occur, sorted.
        language: ISO 639-1 code of what is said.
        name: Name of the corpus in the dialogues.

    Raises:
        CorpusError: No recording is there, a row does not parse or names a file that is not
            there, or a label is not in the set.
    """
    if not path.is_dir():
        raise CorpusError(f"{name}: '{path}' is no folder", "Name the folder with the recordings")
    there = {
        f.relative_to(path).as_posix(): f
        for f in sorted(path.rglob("*"))
        if f.suffix.lower() in media.SUFFIXES and not f.name.startswith(".")
    }
    if not there:
        raise CorpusError(
            f"{name}: no recording under '{path}'",
            f"Expected files such as {', '.join(media.SUFFIXES[:4])}",
        )
    file = path / TABLE
    known = _set(labels, set(), name) or ()
    dialogues = _listed(file, there, name, known) if file.is_file() else _sorted(there, name)
    gold = {g for d in dialogues for u in d.utterances for g in u.gold}
    chosen = _set(labels, gold, name)
    strange = sorted(gold - set(chosen.labels)) if chosen else []
    if chosen and strange:
        raise CorpusError(
            f"{name}: label '{strange[0]}' is not in '{chosen.name}' ({', '.join(chosen)})",
            "Rename it or choose another label set",
        )
    return tuple(replace(d, labels=chosen, language=language, corpus=name) for d in dialogues)


def _set(labels: str | Sequence[str] | None, gold: set[str], name: str) -> LabelSet | None:
    if isinstance(labels, str):
        return label_set(labels)
    if labels is not None:
        return LabelSet(name, tuple(labels))
    return LabelSet(name, tuple(sorted(gold))) if gold else None


def _sorted(there: dict[str, Path], name: str) -> list[Dialogue]:
    """Labels out of the names of the folders."""
    dialogues, loose = [], []
    twice = _clashes(there)
    for key, file in there.items():
        label, inner, _ = key.partition("/")
        if not inner:
            loose.append(key)
            continue
        clip = _clip(_called(key, twice), "unknown", file, (label,))
        dialogues.append(Dialogue(clip.id, (clip,)))
    warn(f"{name}: recordings in no folder that names a label, left out", loose)
    if not dialogues:
        raise CorpusError(
            f"{name}: no recording lies in a folder that names its label",
            f"Add {TABLE} with the columns file and label, or sort the files into folders",
        )
    return dialogues


def _listed(file: Path, there: dict[str, Path], name: str, known: Container[str]) -> list[Dialogue]:
    """Labels out of the table."""
    held = read(file, None, {"audio": "file"}, {})
    tell(held, known)
    named = Counter(row.get("audio") for row in held.rows)
    twice = _clashes(there)
    talks: dict[str, list[tuple[Row, Utterance]]] = {}
    seen: set[str] = set()
    for row in held.rows:
        key = row.get("audio")
        if key not in there:
            raise row.wrong(f"names '{key}', which is not there; paths start at the folder")
        utterance = _row(row, there[key], _called(key, twice), known)
        if named[key] > 1 and utterance.start is not None:
            utterance = replace(utterance, id=f"{utterance.id}@{utterance.start:g}")
        if utterance.id in seen:
            raise row.wrong(f"repeats '{utterance.id}'; start and end tell rows of a file apart")
        seen.add(utterance.id)
        talks.setdefault(row.name("dialogue") or utterance.id, []).append((row, utterance))
    warn(f"{name}: recordings without a row in {TABLE}, left out", sorted(set(there) - set(named)))
    return [_talk(key, turns) for key, turns in talks.items()]


def _talk(key: str, turns: list[tuple[Row, Utterance]]) -> Dialogue:
    split = cells.split([row for row, _ in turns])
    order = [u for _, u in turns]
    if len({u.audio for u in order}) == 1 and all(u.start is not None for u in order):
        order.sort(key=lambda u: u.start or 0.0)
    return Dialogue(key, tuple(replace(u, index=i) for i, u in enumerate(order)), split=split)


def _row(row: Row, file: Path, key: str, known: Container[str]) -> Utterance:
    start, end = cells.span(row)
    clip = _clip(key, row.name("speaker") or "unknown", file, cells.labels(row, known))
    return replace(
        clip,
        text=as_text(row.value("text")) or None,
        start=start,
        end=end,
        gender=GENDERS.get(row.get("gender").lower()),
    )


def _clip(key: str, speaker: str, file: Path, gold: tuple[str, ...]) -> Utterance:
    video = file if file.suffix.lower() in media.PICTURES else None
    return Utterance(key, 0, speaker, audio=file, video=video, gold=gold)


def _clashes(there: dict[str, Path]) -> set[str]:
    """Names without suffix that more than one file has."""
    names = Counter(str(PurePosixPath(k).with_suffix("")) for k in there)
    return {k for k, n in names.items() if n > 1}


def _called(key: str, twice: set[str]) -> str:
    """Id of a file: without suffix, unless another file differs by the suffix alone."""
    short = str(PurePosixPath(key).with_suffix(""))
    return key if short in twice else short
