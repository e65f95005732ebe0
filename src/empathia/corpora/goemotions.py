"""GoEmotions: 58k Reddit comments, 28 labels, several a comment (Demszky et al. 2020).

Layout: ``train.tsv``, ``dev.tsv``, ``test.tsv`` with text, label numbers divided
by commas, comment id; optionally ``labels.txt`` or ``emotions.txt`` with the
names in the order of the numbers, which must be ours.
"""

from __future__ import annotations

from pathlib import Path

from empathia.corpora import CorpusInfo
from empathia.corpora._tables import lines
from empathia.errors import CorpusError
from empathia.labels.sets import GOEMOTIONS28
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo(
    name="goemotions",
    licence="Apache-2.0",
    noncommercial=False,
    citation="Demszky et al., GoEmotions: A Dataset of Fine-Grained Emotions, ACL 2020",
    page="https://github.com/google-research/google-research/tree/master/goemotions",
    language="en",
)
_SPLITS = {"train": "train", "dev": "valid", "test": "test"}


def load(path: Path) -> tuple[Dialogue, ...]:
    """Every comment as a dialogue of one utterance, in the order of the files.

    Args:
        path: Folder with the three tsv files.

    Raises:
        CorpusError: A file is missing, or a line does not parse.
    """
    for name in ("labels.txt", "emotions.txt"):
        if (path / name).exists():
            _check_names(path / name)
    return tuple(
        _comment(path / f"{part}.tsv", number, line, split)
        for part, split in _SPLITS.items()
        for number, line in lines(path / f"{part}.tsv")
        if line
    )


def _check_names(file: Path) -> None:
    names = tuple(line for _, line in lines(file) if line)
    if names != GOEMOTIONS28.labels:
        raise CorpusError(
            f"'{file}' names other labels than GoEmotions does", "Use the official file"
        )


def _comment(file: Path, number: int, line: str, split: str) -> Dialogue:
    try:
        text, numbers, key = line.split("\t")
        gold = tuple(GOEMOTIONS28.labels[_label(n)] for n in numbers.split(","))
    except (ValueError, IndexError) as e:
        raise CorpusError(
            f"{file}:{number} is not 'text TAB label numbers (0-27) TAB id'", "Mend the line"
        ) from e
    return Dialogue(
        id=key,
        utterances=(Utterance(id=key, index=0, speaker="author", text=text, gold=gold),),
        corpus="goemotions",
        split=split,
        language="en",
        labels=GOEMOTIONS28,
    )


def _label(number: str) -> int:
    value = int(number)
    if value < 0:  # would count from the end
        raise ValueError(number)
    return value
