"""CMU-MOSI: people speak their mind on films before a camera (Zadeh et al. 2016); features.

Layout: the ready-made features of three modalities, csv without headers, as they are passed on
with the binary sentiment of each utterance:

- ``index_transcripts.csv``: utterance (``<video>_<k>``), words, number of the video, label (0
  negative, 1 positive), in the alphabetical order of ids;
- ``index_text_{train,test}.csv``: row in ``index_transcripts.csv`` (from 0), 100 numbers;
- ``{text,audio,video}_{train,test}.csv``: 100, 73 or 100 numbers, **and the label as the last
  column**, which is no feature and is left out here.

The last three kinds name no utterance: their rows follow ``index_text``'s. That is not taken on
trust. The numbers of ``text`` must be those of ``index_text``, and the labels of all three those
of the transcripts, row by row; else the join is refused. A video is one dialogue of one speaker,
utterances in the order of k.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.corpora import CorpusInfo
from empathia.corpora._tables import lines
from empathia.errors import CorpusError
from empathia.labels.sets import MOSI2
from empathia.types import Dialogue, Features, Utterance

INFO = CorpusInfo(
    name="mosi",
    licence="none stated; for research",
    noncommercial=True,
    citation="Zadeh et al. 2016, MOSI: Multimodal Corpus of Sentiment Intensity and Subjectivity "
    "Analysis in Online Opinion Videos, arXiv:1606.06259",
    page="http://multicomp.cs.cmu.edu/resources/cmu-mosi-dataset/",
    language="en",
)
SIZES = {"text": 100, "audio": 73, "video": 100}
_SPLITS = ("train", "test")
_REMEDY = "Take all files from one copy of the corpus"
_Numbers = NDArray[np.float64]


class _Transcript(NamedTuple):
    """A line of the transcripts; ``label`` is 0 or 1."""

    id: str
    video: str
    k: int
    text: str
    label: int


def load(path: Path) -> tuple[Dialogue, ...]:
    """All videos, in the order of the transcripts.

    Args:
        path: Folder with the csv files; those of ``text``, ``audio`` and ``video`` may be absent.

    Raises:
        CorpusError: A line does not parse, an utterance occurs twice or is in no part, or a video
            is in both parts.
    """
    transcripts = _transcripts(path / "index_transcripts.csv")
    split: dict[int, str] = {}
    for part in _SPLITS:
        file = path / f"index_text_{part}.csv"
        for line, row in enumerate(_index(file, len(transcripts))[0], start=1):
            if row in split:
                raise CorpusError(
                    f"{file}:{line} repeats utterance '{transcripts[row].id}'", _REMEDY
                )
            split[row] = part
    videos: dict[str, list[int]] = {}
    for row, utterance in enumerate(transcripts):
        if row not in split:
            raise CorpusError(f"mosi: '{utterance.id}' is neither in train nor in test", _REMEDY)
        videos.setdefault(utterance.video, []).append(row)
    return tuple(_video(name, rows, transcripts, split) for name, rows in videos.items())


def ready(path: Path) -> dict[str, Mapping[str, Features]]:
    """Features "text100", "audio73" and "video100", each (1, n), by utterance id.

    Raises:
        CorpusError: A file does not parse, or does not belong to the transcripts row by row.
    """
    transcripts = _transcripts(path / "index_transcripts.csv")
    features: dict[str, dict[str, Features]] = {f"{m}{n}": {} for m, n in SIZES.items()}
    for part in _SPLITS:
        order, text = _index(path / f"index_text_{part}.csv", len(transcripts))
        for modality, size in SIZES.items():
            file = path / f"{modality}_{part}.csv"
            table = _numbers(file, size + 1)
            _prove(file, table, [transcripts[i].label for i in order], text)
            name = f"{modality}{size}"
            names = tuple(f"{modality}_{i}" for i in range(size))
            for i, values in zip(order, table[:, :-1].astype(np.float32), strict=True):
                key = transcripts[i].id
                features[name][key] = Features(key, name, values[None, :], names)
    return dict(features)


def _prove(file: Path, table: _Numbers, labels: Sequence[int], text: _Numbers) -> None:
    """Refuse a table (rows, numbers and label) whose rows are not those of ``index_text``."""
    if len(table) != len(labels):
        raise CorpusError(f"{file} has {len(table)} rows, expected {len(labels)}", _REMEDY)
    agree = table[:, -1] == np.array(labels)
    if file.name.startswith("text_"):
        agree &= np.isclose(table[:, :-1], text, rtol=1e-9, atol=1e-12).all(axis=1)
    if not agree.all():
        raise CorpusError(
            f"{file}:{int(np.argmin(agree)) + 1} is not the utterance that index_text and "
            "index_transcripts.csv have there",
            _REMEDY,
        )


def _video(
    name: str, rows: Sequence[int], transcripts: Sequence[_Transcript], split: Mapping[int, str]
) -> Dialogue:
    parts = {split[r] for r in rows}
    if len(parts) > 1:
        raise CorpusError(f"mosi: the video '{name}' is in train and in test", _REMEDY)
    turns = sorted((transcripts[r] for r in rows), key=lambda s: s.k)
    return Dialogue(
        id=name,
        utterances=tuple(
            Utterance(s.id, i, name, text=s.text or None, gold=(MOSI2.labels[s.label],))
            for i, s in enumerate(turns)
        ),
        corpus="mosi",
        split=parts.pop(),
        language="en",
        labels=MOSI2,
    )


def _transcripts(file: Path) -> list[_Transcript]:
    transcripts: list[_Transcript] = []
    seen: set[str] = set()
    for line, row in _rows(file, 4):
        video, _, k = row[0].rpartition("_")
        if not video or not k.isdecimal() or row[3] not in {"0", "1"}:
            raise CorpusError(
                f"{file}:{line} is not '<video>_<k>, words, number, 0 or 1'", "Mend the line"
            )
        if row[0] in seen:
            raise CorpusError(f"{file}:{line} repeats utterance '{row[0]}'", "Drop one of the two")
        seen.add(row[0])
        transcripts.append(_Transcript(row[0], video, int(k), row[1].strip(), int(row[3])))
    return transcripts


def _index(file: Path, rows: int) -> tuple[list[int], _Numbers]:
    """Rows in the transcripts, and the text's numbers, (n, 100)."""
    table = _numbers(file, 1 + SIZES["text"])
    for line, row in enumerate(table[:, 0], start=1):
        if not (0 <= row < rows and row == int(row)):
            raise CorpusError(f"{file}:{line} names row {row:g} of {rows} transcripts", _REMEDY)
    return [int(r) for r in table[:, 0]], table[:, 1:]


def _numbers(file: Path, columns: int) -> _Numbers:
    """The numbers of a file, (rows, columns), all finite."""
    rows = []
    for line, row in _rows(file, columns):
        try:
            values = np.array(row, np.float64)
        except ValueError as e:
            raise CorpusError(f"{file}:{line} holds what is no number ({e})", "Mend it") from e
        rows.append(values)
    table = np.array(rows, np.float64).reshape(-1, columns)
    if not np.isfinite(table).all():
        line = int(np.argmin(np.isfinite(table).all(axis=1))) + 1
        raise CorpusError(f"{file}:{line} holds a number that is not finite", "Mend the line")
    return table


def _rows(file: Path, columns: int) -> list[tuple[int, list[str]]]:
    reader = csv.reader((line for _, line in lines(file) if line), strict=True)
    rows = []
    try:
        for row in reader:
            if len(row) != columns:
                raise CorpusError(
                    f"{file}:{reader.line_num} has {len(row)} fields, expected {columns}", _REMEDY
                )
            rows.append((reader.line_num, row))
    except csv.Error as e:
        raise CorpusError(f"{file}:{reader.line_num} does not parse ({e})", "Mend it") from e
    return rows
