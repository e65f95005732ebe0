"""AI Hub's corpus of empathic dialogues: a person tells, a system answers (감성 대화 말뭉치).

Korea's National Information Society Agency gives the data to applicants alone, so this reader
was written from what public programs read of it and has not met the release. Relied on:

- one JSON file for training and one for validation, in folders or with names that say
  ``Training`` and ``Validation``; each a list of dialogues::

      {"profile": {"persona-id": "Pro_03802",
                   "persona": {"human": ["A02", "G01"], "computer": ["C01"]},
                   "emotion": {"type": "E31", "situation": ["S06", "D02"]}},
       "talk": {"id": {"profile-id": "Pro_03802", "talk-id": "Pro_03802_00028"},
                "content": {"HS01": "...", "SS01": "...", "HS02": "...", ...}}}

- ``HS`` is what the person says, ``SS`` what the system answers, numbered in time order; an
  empty string is no turn;
- ages A01 to A04, G01 a man, G02 a woman;
- emotions E10 to E69, the tens being the family: 1 분노 (anger), 2 슬픔 (sadness), 3 불안
  (anxiety), 4 상처 (hurt), 5 당황 (embarrassment), 6 기쁨 (joy).

Not verified: that ``talk-id`` is unique in the release (a dialogue that is there twice, word by
word, is told and read once), and that the number of a profile is one person. The emotion is
that of the whole dialogue, which the person's first turn tells of; ``labelled`` says which of
the person's turns have it as gold. Groups, as codes: situation ("S06"), age ("A02").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from empathia.corpora import CorpusInfo, _aihub, warn
from empathia.errors import CorpusError, UsageError
from empathia.labels.sets import AIHUB6
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo(
    name="aihub_dialogue",
    licence="AI Hub terms of use; not to be passed on",
    noncommercial=True,  # the terms are asked for case by case, so the careful answer
    citation="National Information Society Agency of Korea, AI Hub: 감성 대화 말뭉치",
    page="https://www.aihub.or.kr/aihubdata/data/view.do?dataSetSn=86",
    language="ko",
)
_LAYOUT = "the release's JSON files, such as Training/.../..._Training.json"
_EMOTION = re.compile(r"E([1-6])\d")
_TURN = re.compile(r"([HS])S(\d\d)")
_GENDERS = {"G01": "male", "G02": "female"}
_GROUPS = {"A": "age", "S": "situation"}
_LABELLED = ("first", "all")


def load(path: Path, *, labelled: str = "first") -> tuple[Dialogue, ...]:
    """All dialogues, file by file.

    Args:
        path: A folder above the JSON files, or one of them.
        labelled: Which of the person's turns have the dialogue's emotion as gold: "first" or
            "all".

    Raises:
        UsageError: ``labelled`` is neither.
        CorpusError: No JSON file is there, or an entry is not of this corpus.
    """
    if labelled not in _LABELLED:
        raise UsageError(
            f"aihub_dialogue cannot label '{labelled}' turns",
            f"Choose one of {', '.join(_LABELLED)} as labelled",
        )
    files = _aihub.files(path, ".json")
    if not files:
        raise CorpusError(f"aihub_dialogue: no JSON file under '{path}'", f"Expected {_LAYOUT}")
    dialogues: dict[str, Dialogue] = {}
    twice: list[str] = []
    for file in files:
        for place, entry in _entries(file):
            dialogue = _dialogue(place, entry, _aihub.part(file, path), labelled == "all")
            if dialogues.setdefault(dialogue.id, dialogue).utterances != dialogue.utterances:
                raise CorpusError(
                    f"{place} has the id '{dialogue.id}' of another dialogue", "Mend the id"
                )
            if dialogues[dialogue.id] is not dialogue:
                twice.append(place)
    warn("aihub_dialogue: the same dialogue again, left out", twice)
    return tuple(dialogues.values())


def _entries(file: Path) -> Iterator[tuple[str, Any]]:
    """Entries of a file, each with its place for messages."""
    entries = _aihub.read(file)
    if not isinstance(entries, list):
        raise CorpusError(f"{file} is no list of dialogues", f"Expected {_LAYOUT}")
    for number, entry in enumerate(entries, start=1):
        yield f"{file}, dialogue {number}", entry


def _dialogue(place: str, entry: Any, split: str | None, every: bool) -> Dialogue:  # noqa: ANN401
    try:
        profile, talk = entry["profile"], entry["talk"]
        key, person = str(talk["id"]["talk-id"]), str(talk["id"]["profile-id"])
        content = {str(k): str(v).strip() for k, v in talk["content"].items()}
        code = str(profile["emotion"]["type"])
        codes = [*profile["persona"]["human"], *profile["emotion"]["situation"]]
    except (KeyError, TypeError, AttributeError) as e:
        raise CorpusError(f"{place} lacks {e}", f"Expected {_LAYOUT}") from e
    emotion = _EMOTION.fullmatch(code)
    if emotion is None:
        raise CorpusError(f"{place} has the emotion '{code}'", "Expected a code from E10 to E69")
    gold = AIHUB6.labels[int(emotion[1]) - 1]
    groups = {_GROUPS[str(c)[:1]]: str(c) for c in codes if str(c)[:1] in _GROUPS}
    gender = next((_GENDERS[c] for c in codes if c in _GENDERS), None)
    turns: list[Utterance] = []
    for who, text in _turns(place, content):
        labelled = who == "H" and (every or not turns)
        turns.append(
            Utterance(
                f"{key}/{len(turns)}",
                len(turns),
                person if who == "H" else "system",
                text,
                gender=gender if who == "H" else None,
                gold=(gold,) if labelled else (),
                groups=groups,
            )
        )
    return Dialogue(key, tuple(turns), "aihub_dialogue", split, "ko", AIHUB6)


def _turns(place: str, content: Mapping[str, str]) -> list[tuple[str, str]]:
    """Who says what ("H" or "S"), in time order: HS01, SS01, HS02, ..."""
    turns = []
    for name, text in content.items():
        turn = _TURN.fullmatch(name)
        if turn is None:
            raise CorpusError(f"{place} has the turn '{name}'", "Expected HS01, SS01 and so on")
        if text:
            turns.append((turn[2], turn[1], text))
    return [(who, text) for _, who, text in sorted(turns)]
