"""EDOS: dialogues from film subtitles, 41 emotions and intents (Welivita et al. 2021).

Layout: the csv files of the release's curated part. Only the last turn of a
dialogue is labelled; the earlier ones are its context. In
``mturk_groundtruth_labels_9k.csv`` three people label each dialogue and two must
agree, else there is no gold label. The other three files carry labels over to
similar dialogues or from a model that is sure of them; they are read where they
are present. Ids begin with the part; votes exist in the first part only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from empathia.corpora import CorpusInfo
from empathia.corpora._tables import rows
from empathia.errors import CorpusError
from empathia.labels.sets import EDOS41
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo(
    name="edos",
    licence="CC-BY-4.0",
    noncommercial=False,
    citation="Welivita, Xie and Pu, A Large-Scale Dataset for Empathetic Response Generation, "
    "EMNLP 2021",
    page="https://github.com/anuradha1992/EDOS",
    language="en",
)
_VOTED = "mturk_groundtruth_labels_9k.csv"
_WORKERS = tuple(f"Worker {i} answer" for i in (1, 2, 3))
_NO_AGREEMENT = "-"
# Part: file, column of the words, column that is a key within the file.
_EXTENDED = {
    "self": ("self-labeled_dialogs_4k.csv", "os_dialog", "os_dialog_id"),
    "similar": ("similar_dialogs_3k.csv", "os_dialog", "os_dialog_id"),
    "similar-self": ("similar_self-labeled_dialogs_2k.csv", "os_dialog", "os_dialog_id"),
}


def load(path: Path) -> tuple[Dialogue, ...]:
    """All dialogues; EDOS has no official split, so all are "train".

    Args:
        path: Folder with the csv files; the voted one must be there.

    Raises:
        CorpusError: A file is missing or a row does not parse.
    """
    dialogues = list(_voted(path / _VOTED))
    for part, (name, words, key) in _EXTENDED.items():
        if (path / name).exists():
            dialogues.extend(_extended(path / name, part, words, key))
    return tuple(dialogues)


def _voted(file: Path) -> Iterator[Dialogue]:
    gold_column = "Agreed emotion (2/3 vote)"
    for number, row in rows(file, ("Count", "Dialog", gold_column, *_WORKERS)):
        agreed = row[gold_column]
        gold = () if agreed == _NO_AGREEMENT else _known(agreed)
        votes = tuple(_known(row[w]) for w in _WORKERS)
        turns = _turns(file, number, row["Dialog"])
        yield _dialogue(f"mturk/{row['Count']}", turns, gold, votes)


def _extended(file: Path, part: str, words: str, key: str) -> Iterator[Dialogue]:
    for count, (number, row) in enumerate(rows(file, ("emotion", words, key))):
        gold = _known(row["emotion"])
        if not gold:
            raise CorpusError(
                f"{file}:{number} has the unknown label '{row['emotion']}'", "Mend the row"
            )
        turns = _turns(file, number, row[words])
        yield _dialogue(f"{part}/{row[key]}/{count}", turns, gold, ())


def _known(label: str) -> tuple[str, ...]:
    """The label, or nothing for a free answer outside of the 41 ("greeting (Other)")."""
    name = label.removesuffix(" (Other)").strip().lower()
    return (name,) if name in EDOS41 else ()


def _turns(file: Path, number: int, words: str) -> list[str]:
    turns = [t for t in (_turn(line) for line in words.split("\n")) if t]
    if not turns:
        raise CorpusError(f"{file}:{number} holds no words", "Mend the row")
    return turns


def _dialogue(
    key: str, turns: list[str], gold: tuple[str, ...], votes: tuple[tuple[str, ...], ...]
) -> Dialogue:
    last = len(turns) - 1
    return Dialogue(
        id=key,
        utterances=tuple(
            Utterance(
                id=f"{key}/{i}",
                index=i,
                # Subtitles name nobody; turns alternate by the corpus's construction.
                speaker="AB"[(last - i) % 2],
                text=text,
                gold=gold if i == last else (),
                votes=votes if i == last else (),
            )
            for i, text in enumerate(turns)
        ),
        corpus="edos",
        split="train",
        language="en",
        labels=EDOS41,
    )


def _turn(line: str) -> str:
    text = line.strip()
    while text.startswith("- "):
        text = text[2:].strip()
    return "" if text == "-" else text
