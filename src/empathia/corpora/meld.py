"""MELD: dialogues of a television series, seven emotions (Poria et al. 2019); the csv part.

Layout: ``train_sent_emo.csv``, ``dev_sent_emo.csv``, ``test_sent_emo.csv``. Clips
are named ``dia{d}_utt{u}.mp4`` after the same numbers. Start and end times are
positions in an episode; consecutive utterances of a dialogue may come from
different cuts, so times are kept only where both are valid.
"""

from __future__ import annotations

from pathlib import Path

from empathia.corpora import CorpusInfo
from empathia.corpora._tables import rows
from empathia.errors import CorpusError
from empathia.labels import MELD7
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo(
    name="meld",
    licence="GPL-3.0-only",
    noncommercial=False,
    citation="Poria et al., MELD: A Multimodal Multi-Party Dataset for Emotion Recognition in "
    "Conversations, ACL 2019",
    page="https://affective-meld.github.io/",
    language="en",
)
_SPLITS = {"train": "train", "dev": "valid", "test": "test"}
_COLUMNS = (
    "Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID", "StartTime", "EndTime",
)  # fmt: skip
# Windows-1252 bytes that some copies hold as control characters of Latin-1.
_CP1252 = {i: bytes([i]).decode("cp1252", errors="replace") for i in range(0x80, 0xA0)}


def load(path: Path) -> tuple[Dialogue, ...]:
    """All dialogues, utterances in the order of their numbers.

    Args:
        path: Folder with the three csv files.

    Raises:
        CorpusError: A file is missing, a row does not parse, or an utterance occurs twice.
    """
    return tuple(
        dialogue
        for part, split in _SPLITS.items()
        for dialogue in _part(path / f"{part}_sent_emo.csv", split)
    )


def _part(file: Path, split: str) -> list[Dialogue]:
    grouped: dict[int, dict[int, dict[str, str]]] = {}
    for number, row in rows(file, _COLUMNS):
        try:
            d, u = int(row["Dialogue_ID"]), int(row["Utterance_ID"])
        except ValueError as e:
            raise CorpusError(f"{file}:{number} has no numeric ids", "Mend the row") from e
        if u in grouped.setdefault(d, {}):
            raise CorpusError(f"{file}:{number} repeats utterance {u} of dialogue {d}", "Drop one")
        if row["Emotion"].strip().lower() not in MELD7:
            raise CorpusError(f"{file}:{number} has the emotion '{row['Emotion']}'", "Mend the row")
        grouped[d][u] = row
    return [
        Dialogue(
            id=f"{split}/dia{d}",
            utterances=tuple(
                _utterance(f"{split}/dia{d}_utt{u}", i, found[u])
                for i, u in enumerate(sorted(found))
            ),
            corpus="meld",
            split=split,
            language="en",
            labels=MELD7,
        )
        for d, found in grouped.items()
    ]


def _utterance(key: str, index: int, row: dict[str, str]) -> Utterance:
    start, end = _seconds(row["StartTime"]), _seconds(row["EndTime"])
    timed = start is not None and end is not None and start <= end
    return Utterance(
        id=key,
        index=index,
        speaker=row["Speaker"],
        text=row["Utterance"].translate(_CP1252),
        start=start if timed else None,
        end=end if timed else None,
        gold=(row["Emotion"].strip().lower(),),
    )


def _seconds(clock: str) -> float | None:
    """``0:16:16,059`` in seconds; None where it is no time."""
    try:
        hours, minutes, seconds = clock.replace(",", ".").split(":")
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    except ValueError:
        return None
