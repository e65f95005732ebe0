"""AI Hub's emotional speech in Korean; two releases, told apart by what lies in the folder.

Korea's National Information Society Agency gives the data to applicants alone, so this reader
was written from what public programs read of it and has not met the releases. Relied on:

**Speech by emotion and style** (감성 및 발화 스타일별 음성합성 데이터, set 466): actors read
sentences in a given emotion. Below ``Training/`` and ``Validation/`` a tree of wav files and one
of JSON files with the same names, ``0018_G2A3E4S0C0_JBR_000001`` (speaker's number, codes,
initials, sentence); from each JSON ``화자정보`` (``Emotion``, ``Gender``, ``Age``, ``SpeechStyle``)
and ``전사정보`` (``OrgLabelText``, the words). Labels: the set aihub7. A speaker is number and
initials, as the codes between change with the emotion; else ``SpeakerName``. Groups: age, style.

**Dialogue speech** (감정 분류를 위한 대화 음성 데이터셋, set 263): people speak to a program,
five raters each. ``4차년도.csv`` and the like, in the Korean code page 949, with the columns
``wav_id``, ``발화문`` (words), ``1번 감정`` to ``5번 감정`` (what each rater chose), ``나이`` and
``성별``; ``<wav_id>.wav`` in any folder. Labels: the set aihubvoted7; gold is what at least
three of the five chose. The release does not say who speaks. Groups: release (name of the csv),
age. How strongly raters felt it (``감정세기``) is not read.

Not verified: that these are all spellings of the emotions (an unknown one is an error that
names it), and that names of files are unique (two of a name are an error).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from empathia.corpora import CorpusInfo, _aihub, warn
from empathia.corpora._tables import rows
from empathia.errors import CorpusError
from empathia.labels import LabelSet
from empathia.labels.sets import AIHUB7, AIHUB_VOTED7
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo(
    name="aihub_speech",
    licence="AI Hub terms of use; not to be passed on",
    noncommercial=True,  # the terms are asked for case by case, so the careful answer
    citation="National Information Society Agency of Korea, AI Hub: 감성 및 발화 스타일별 "
    "음성합성 데이터; 감정 분류를 위한 대화 음성 데이터셋",
    page="https://www.aihub.or.kr/aihubdata/data/view.do?dataSetSn=466",
    language="ko",
)
_ACTED = {
    "happy": "기쁨",
    "sad": "슬픔",
    "angry": "분노",
    "anxious": "불안",
    "hurt": "상처",
    "embarrassed": "당황",
    "neutrality": "중립",
    "neutral": "중립",
    **{x: x for x in AIHUB7},
}
_VOTED = {
    **{x: x for x in AIHUB_VOTED7},
    "happy": "happiness",
    "anger": "angry",
    "sad": "sadness",
}
_GENDERS = {
    "female": "female",
    "f": "female",
    "여": "female",
    "여성": "female",
    "male": "male",
    "m": "male",
    "남": "male",
    "남성": "male",
}
_NAME = re.compile(r"(\d{4})_[A-Z0-9]+_([A-Z]+)_\d+")
_RATERS = tuple(f"{i}번 감정" for i in range(1, 6))
_AGREE = 3


def load(path: Path) -> tuple[Dialogue, ...]:
    """All clips, each a dialogue of one utterance.

    Args:
        path: The release's folder: with csv files the dialogue speech, else the acted speech.

    Raises:
        CorpusError: Neither is there, a file does not parse, an emotion is unknown, or a clip is
            there twice.
    """
    tables = _aihub.files(path, ".csv")
    notes = [] if tables else _aihub.files(path, ".json")
    if not tables and not notes:
        raise CorpusError(
            f"aihub_speech: neither csv nor JSON files under '{path}'",
            "Expected an unpacked release, its labels beside its recordings",
        )
    wavs = _wavs(path)
    labels = AIHUB_VOTED7 if tables else AIHUB7
    clips = (u for t in tables for u in _rated(t)) if tables else (_acted(n, path) for n in notes)
    dialogues: dict[str, Dialogue] = {}
    for place, split, utterance in clips:
        if utterance.id in dialogues:
            raise CorpusError(f"{place} repeats '{utterance.id}'", "Drop one of the two")
        dialogues[utterance.id] = _dialogue(utterance, wavs.get(utterance.id), split, labels)
    silent = [k for k, d in dialogues.items() if d.utterances[0].audio is None]
    warn("aihub_speech: utterances without a recording", silent)
    warn("aihub_speech: recordings without a label, left out", sorted(set(wavs) - set(dialogues)))
    return tuple(dialogues.values())


def _wavs(path: Path) -> dict[str, Path]:
    files = sorted(_aihub.files(path, ".wav"), key=lambda f: f.stem)
    for a, b in pairwise(files):
        if a.stem == b.stem:
            raise CorpusError(f"aihub_speech: '{a}' and '{b}' have one name", "Keep one of them")
    return {f.stem: f for f in files}


def _dialogue(clip: Utterance, wav: Path | None, split: str | None, labels: LabelSet) -> Dialogue:
    utterances = (replace(clip, audio=wav),)
    return Dialogue(clip.id, utterances, "aihub_speech", split, "ko", labels)


def _acted(file: Path, root: Path) -> tuple[str, str | None, Utterance]:
    """Place, split and utterance of a JSON file of the acted speech."""
    note = _aihub.read(file)
    try:
        who, words = note["화자정보"], note["전사정보"]["OrgLabelText"]
        emotion, name = str(who["Emotion"]), str(who.get("SpeakerName", ""))
    except (KeyError, TypeError, AttributeError) as e:
        raise CorpusError(f"{file} lacks {e}", "Expected 화자정보 and 전사정보") from e
    coded = _NAME.fullmatch(file.stem)
    utterance = Utterance(
        id=file.stem,
        index=0,
        speaker=f"{coded[1]}_{coded[2]}" if coded else name or "unknown",
        text=str(words).strip() or None,
        gender=_GENDERS.get(str(who.get("Gender", "")).lower()),
        gold=(_label(str(file), emotion, _ACTED),),
        groups=_groups(age=who.get("Age"), style=who.get("SpeechStyle")),
    )
    return str(file), _aihub.part(file, root), utterance


def _rated(table: Path) -> Iterator[tuple[str, str | None, Utterance]]:
    """Place, split (none) and utterance of each row of the dialogue speech."""
    for line, row in rows(table, ("wav_id", "발화문", *_RATERS), "cp949"):
        place = f"{table}:{line}"
        votes = [_label(place, row[r], _VOTED) for r in _RATERS if row[r].strip()]
        most = Counter(votes).most_common(1)
        utterance = Utterance(
            id=row["wav_id"].strip(),
            index=0,
            speaker="unknown",
            text=row["발화문"].strip() or None,
            gender=_GENDERS.get(row.get("성별", "").strip().lower()),
            gold=tuple(label for label, n in most if n >= _AGREE),
            votes=tuple((v,) for v in votes),
            groups=_groups(release=table.stem, age=row.get("나이")),
        )
        yield place, None, utterance


def _label(place: str, emotion: str, known: Mapping[str, str]) -> str:
    label = known.get(emotion.strip().lower())
    if label is None:
        raise CorpusError(
            f"{place} has the emotion '{emotion}'", f"Expected one of {', '.join(known)}"
        )
    return label


def _groups(**cells: object) -> dict[str, str]:
    return {k: str(v).strip() for k, v in cells.items() if v is not None and str(v).strip()}
