"""MELD: dialogues of a television series, seven emotions, three sentiments (Poria et al. 2019).

Layout: ``{train,dev,test}_sent_emo.csv`` and, where the videos are wanted, the clips
``dia{d}_utt{u}.mp4`` in ``train_splits/``, ``dev_splits_complete/`` and
``output_repeated_splits_test/`` (beside the csv files, or in ``train/``, ``dev/`` and ``test/``
as the archives unpack). Numbers of dialogues begin anew in each part, so ids name the part:
``train/dia4_utt2``. Start and end are positions in an episode; consecutive utterances of a
dialogue may come from different cuts, so times are kept only where both are valid. Groups:
episode ("s03e12").

Ready-made features are read from ``{train,dev,test}_prosody.csv``: a column ``filename``
(``dia4_utt2.wav``) and the eight measures of :mod:`empathia.features.prosody`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from empathia.corpora import CorpusInfo, warn
from empathia.corpora._tables import PROSODY, number, rows
from empathia.errors import CorpusError, UsageError
from empathia.labels import LabelSet
from empathia.labels.sets import MELD7, SENTIMENT3
from empathia.types import Dialogue, Features, Utterance

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
_CLIPS = {
    "train": "train_splits",
    "dev": "dev_splits_complete",
    "test": "output_repeated_splits_test",
}
_LABELS = {"emotion": MELD7, "sentiment": SENTIMENT3}
_COLUMNS = (
    "Utterance",
    "Speaker",
    "Emotion",
    "Sentiment",
    "Dialogue_ID",
    "Utterance_ID",
    "StartTime",
    "EndTime",
)
# Windows-1252 bytes that some copies hold as control characters of Latin-1.
_CP1252 = {i: bytes([i]).decode("cp1252", errors="replace") for i in range(0x80, 0xA0)}
_Row = dict[str, str]


def load(path: Path, *, labels: str = "emotion") -> tuple[Dialogue, ...]:
    """All dialogues, utterances in the order of their numbers.

    Args:
        path: Folder with the three csv files.
        labels: What is gold: "emotion" (meld7) or "sentiment" (sentiment3).

    Raises:
        UsageError: ``labels`` is neither.
        CorpusError: A file is missing, a row does not parse, or an utterance occurs twice.
    """
    gold = _gold(labels)
    return tuple(d for part in _SPLITS for d in _part(path, part, gold))


def ready(path: Path, *, labels: str = "emotion") -> dict[str, Mapping[str, Features]]:
    """The prosody that lies beside the csv files: ``{"prosody": {utterance id: (1, 8)}}``.

    Without a voiced frame the release has no mean pitch but a deviation and a range of 0: all
    three are missing then.

    Raises:
        CorpusError: A row does not parse or occurs twice.
    """
    _gold(labels)
    prosody: dict[str, Features] = {}
    lacking: list[str] = []
    foreign: list[str] = []
    for part, split in _SPLITS.items():
        file = path / f"{part}_prosody.csv"
        if not file.is_file():
            continue
        table = _prosody(file, split)
        known = [
            f"{split}/dia{d}_utt{u}"
            for d, us in _grouped(path / f"{part}_sent_emo.csv").items()
            for u in us
        ]
        lacking += [k for k in known if k not in table]
        foreign += sorted(set(table) - set(known))
        prosody |= {k: table[k] for k in known if k in table}
    warn("meld: utterances without prosody", lacking)
    warn("meld: prosody of no utterance, left out", foreign)
    return {"prosody": prosody} if prosody else {}


def _gold(labels: str) -> tuple[str, LabelSet]:
    if labels not in _LABELS:
        raise UsageError(
            f"meld has no labels '{labels}'", f"Choose one of {', '.join(_LABELS)} as labels"
        )
    return labels.capitalize(), _LABELS[labels]


def _grouped(file: Path) -> dict[int, dict[int, tuple[int, _Row]]]:
    """Rows with their lines, by number of the dialogue and of the utterance."""
    grouped: dict[int, dict[int, tuple[int, _Row]]] = {}
    for line, row in rows(file, _COLUMNS, "cp1252"):
        try:
            d, u = int(row["Dialogue_ID"]), int(row["Utterance_ID"])
        except ValueError as e:
            raise CorpusError(f"{file}:{line} has no numeric ids", "Mend the row") from e
        if u in grouped.setdefault(d, {}):
            raise CorpusError(f"{file}:{line} repeats utterance {u} of dialogue {d}", "Drop one")
        grouped[d][u] = line, row
    return grouped


def _part(path: Path, part: str, gold: tuple[str, LabelSet]) -> list[Dialogue]:
    file = path / f"{part}_sent_emo.csv"
    column, labels = gold
    places = [p for p in (path / _CLIPS[part], path / part / _CLIPS[part]) if p.is_dir()]
    missing: list[str] = []
    dialogues = []
    for d, numbered in _grouped(file).items():
        turns = []
        for index, (u, (line, row)) in enumerate(sorted(numbered.items())):
            label = row[column].strip().lower()
            if label not in labels:
                raise CorpusError(
                    f"{file}:{line} has the {column.lower()} '{row[column]}'",
                    f"Expected one of {', '.join(labels)}",
                )
            clip = places[0] / f"dia{d}_utt{u}.mp4" if places else None
            if clip is not None and not clip.is_file():
                missing.append(str(clip))
                clip = None
            turns.append(_utterance(f"{_SPLITS[part]}/dia{d}_utt{u}", index, row, label, clip))
        dialogues.append(
            Dialogue(f"{_SPLITS[part]}/dia{d}", tuple(turns), "meld", _SPLITS[part], "en", labels)
        )
    warn("meld: utterances without a clip", missing)
    return dialogues


def _utterance(key: str, index: int, row: _Row, label: str, clip: Path | None) -> Utterance:
    start, end = _seconds(row["StartTime"]), _seconds(row["EndTime"])
    timed = start is not None and end is not None and start <= end
    season, episode = row.get("Season", ""), row.get("Episode", "")
    named = season.isdecimal() and episode.isdecimal()
    return Utterance(
        id=key,
        index=index,
        speaker=row["Speaker"],
        text=row["Utterance"].translate(_CP1252),
        start=start if timed else None,
        end=end if timed else None,
        audio=clip,
        video=clip,
        gold=(label,),
        groups={"episode": f"s{int(season):02d}e{int(episode):02d}"} if named else {},
        clips=("audio", "video"),
    )


def _seconds(clock: str) -> float | None:
    """``0:16:16,059`` in seconds; None where it is no time."""
    try:
        hours, minutes, seconds = clock.replace(",", ".").split(":")
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    except ValueError:
        return None


def _prosody(file: Path, split: str) -> dict[str, Features]:
    prosody: dict[str, Features] = {}
    for line, row in rows(file, ("filename", *PROSODY)):
        place, key = f"{file}:{line}", f"{split}/{Path(row['filename']).stem}"
        if key in prosody:
            raise CorpusError(f"{place} repeats '{row['filename']}'", "Drop one of the two")
        values = {n: number(place, n, row[n]) if row[n] else math.nan for n in PROSODY}
        if math.isnan(values["avg_pitch"]):
            values |= {"pitch_std": math.nan, "pitch_range": math.nan}
        numbers = np.array([list(values.values())], np.float32)
        prosody[key] = Features(key, "prosody", numbers, tuple(PROSODY), tuple(PROSODY.values()))
    return prosody
