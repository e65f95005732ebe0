"""EmpatheticDialogues: 25k talks of two about a situation, 32 emotions (Rashkin et al. 2019).

Layout: ``train.csv``, ``valid.csv``, ``test.csv`` with conv_id, utterance_idx, context, prompt,
speaker_idx, utterance, selfeval, tags; columns after these are not read. No field holds a comma:
the release writes ``_comma_``. Copies that went through a spreadsheet quote some fields.

``context`` is the emotion that the speaker was asked to tell of. It is the gold label of the
speaker's utterances, which are the odd ones; the listener's have none. ``groups`` says the
"role". The situation as the speaker wrote it down beforehand (``prompt``) is no turn of the
talk: ``prompts=True`` puts it before the first one, with the role "situation" and the label.
The label is that of the whole talk; what is said later often shows another feeling, or none.
``openings=True`` leaves it to the situation and the first turn alone. ``situations=True`` is the
usual task of 32 emotions: the written situation and nothing else; with ``openings=True`` the
training part keeps the first turn, which mostly tells the situation again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from empathia.corpora import CorpusInfo
from empathia.corpora._tables import lines
from empathia.errors import CorpusError
from empathia.labels.sets import ED32
from empathia.types import Dialogue, Utterance

INFO = CorpusInfo(
    name="empathetic_dialogues",
    licence="CC-BY-NC-4.0",
    noncommercial=True,
    citation="Rashkin, Smith, Li and Boureau, Towards Empathetic Open-domain Conversation Models, "
    "ACL 2019",
    page="https://github.com/facebookresearch/EmpatheticDialogues",
    language="en",
)
_PARTS = ("train", "valid", "test")
_COLUMNS = [
    "conv_id",
    "utterance_idx",
    "context",
    "prompt",
    "speaker_idx",
    "utterance",
    "selfeval",
    "tags",
]
_Turn = tuple[int, list[str]]  # line, fields


def load(
    path: Path, *, prompts: bool = False, openings: bool = False, situations: bool = False
) -> tuple[Dialogue, ...]:
    """All dialogues, turns in the order of their numbers.

    Args:
        path: Folder with the three csv files.
        prompts: Whether the written situation comes before the first turn.
        openings: Whether, of the turns, only the first one has a label.
        situations: Whether the written situation is all there is of a talk.

    Raises:
        CorpusError: A file is missing, or a line does not parse or repeats a turn.
    """
    found = []
    for part in _PARTS:
        kept = int(openings and part == "train") if situations else None
        for key, turns in _talks(path / f"{part}.csv").items():
            label = _label(path / f"{part}.csv", key, turns)
            told = _situation(key, turns, label) if prompts or situations else ()
            said = _said(key, turns, label, first=len(told), openings=openings)[:kept]
            whole = (*told, *said)
            found.append(Dialogue(key, whole, "empathetic_dialogues", part, "en", ED32))
    return tuple(found)


def _talks(file: Path) -> dict[str, dict[int, _Turn]]:
    talks: dict[str, dict[int, _Turn]] = {}
    for number, fields in _rows(file):
        if fields[2] not in ED32:
            raise CorpusError(f"{file}:{number} has the emotion '{fields[2]}'", "Mend the line")
        if not fields[1].isdecimal() or not int(fields[1]):
            raise CorpusError(f"{file}:{number}: '{fields[1]}' numbers no turn", "Mend the line")
        turns = talks.setdefault(fields[0], {})
        if (index := int(fields[1])) in turns:
            raise CorpusError(
                f"{file}:{number} repeats turn {index} of '{fields[0]}', first on "
                f"line {turns[index][0]}",
                "Drop one",
            )
        turns[index] = number, fields
    return talks


def _rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    numbered = lines(file)
    header = next(numbered)[1].split(",")
    if header[: len(_COLUMNS)] != _COLUMNS:
        raise CorpusError(
            f"{file}:1 does not begin with {','.join(_COLUMNS)}", "Use the official file"
        )
    for number, line in numbered:
        fields = line.split(",")
        if len(fields) < len(_COLUMNS) and line:
            raise CorpusError(
                f"{file}:{number} has {len(fields)} fields, expected at least {len(_COLUMNS)}",
                "Mend the line",
            )
        if line:
            yield number, fields


def _label(file: Path, key: str, turns: dict[int, _Turn]) -> str:
    labels = {fields[2] for _, fields in turns.values()}
    if len(labels) > 1:
        raise CorpusError(
            f"{file}: talk '{key}' has the emotions {', '.join(sorted(labels))}", "Mend its lines"
        )
    return labels.pop()


def _situation(key: str, turns: dict[int, _Turn], label: str) -> tuple[Utterance, ...]:
    _, fields = turns[min(turns)]
    groups = {"role": "situation"}
    return (Utterance(f"{key}/0", 0, fields[4], _words(fields[3]), gold=(label,), groups=groups),)


def _said(
    key: str, turns: dict[int, _Turn], label: str, *, first: int, openings: bool
) -> list[Utterance]:
    utterances = []
    for index, number in enumerate(sorted(turns), first):
        _, fields = turns[number]
        role = "speaker" if number % 2 else "listener"
        labelled = role == "speaker" and not (openings and number > min(turns))
        utterances.append(
            Utterance(
                id=f"{key}/{number}",
                index=index,
                speaker=fields[4],
                text=_words(fields[5]),
                gold=(label,) if labelled else (),
                groups={"role": role},
            )
        )
    return utterances


def _words(field: str) -> str:
    # As no field holds a comma, spreadsheets quote only those that hold quotes, and double these.
    inner = field[1:-1]
    if field == f'"{inner}"' and '""' in inner and '"' not in inner.replace('""', ""):
        field = inner.replace('""', '"')
    return field.replace("_comma_", ",")
