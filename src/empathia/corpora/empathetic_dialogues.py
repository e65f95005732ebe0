"""EmpatheticDialogues: 25k talks of two about a situation, 32 emotions (Rashkin et al. 2019).

Layout: ``train.csv``, ``valid.csv``, ``test.csv`` with conv_id, utterance_idx, context, prompt,
speaker_idx, utterance, selfeval, tags; columns after these are not read. No field holds a comma:
the release writes ``_comma_``. Copies that went through a spreadsheet quote some fields.

``context`` is the emotion that the speaker was asked to tell of. It is the gold label of the
speaker's utterances, which are the odd ones; the listener's have none. ``groups`` says the
"role". The situation as the speaker wrote it down beforehand (``prompt``) is no turn of the
talk: ``prompts=True`` puts it before the first one, with the role "situation" and the label.
The label is that of the whole talk; what is said later often shows another feeling, or none.
``openings=True`` leaves it to the situation and the first turn alone.
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


def load(path: Path, *, prompts: bool = False, openings: bool = False) -> tuple[Dialogue, ...]:
    """All dialogues, turns in the order of their numbers.

    Args:
        path: Folder with the three csv files.
        prompts: Whether the written situation comes before the first turn.
        openings: Whether, of the turns, only the first one has a label.

    Raises:
        CorpusError: A file is missing, or a line does not parse or repeats a turn.
    """
    return tuple(
        _dialogue(path / f"{part}.csv", key, turns, part, prompts=prompts, openings=openings)
        for part in _PARTS
        for key, turns in _talks(path / f"{part}.csv").items()
    )


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


def _dialogue(
    file: Path, key: str, turns: dict[int, _Turn], part: str, *, prompts: bool, openings: bool
) -> Dialogue:
    contexts = {fields[2] for _, fields in turns.values()}
    if len(contexts) > 1:
        raise CorpusError(
            f"{file}: talk '{key}' has the emotions {', '.join(sorted(contexts))}", "Mend its lines"
        )
    utterances = []
    if prompts:
        _, fields = turns[min(turns)]
        utterances.append(
            Utterance(
                f"{key}/0",
                0,
                fields[4],
                _words(fields[3]),
                gold=(fields[2],),
                groups={"role": "situation"},
            )
        )
    for number in sorted(turns):
        _, fields = turns[number]
        role = "speaker" if number % 2 else "listener"
        labelled = role == "speaker" and not (openings and number > min(turns))
        utterances.append(
            Utterance(
                id=f"{key}/{number}",
                index=len(utterances),
                speaker=fields[4],
                text=_words(fields[5]),
                gold=(fields[2],) if labelled else (),
                groups={"role": role},
            )
        )
    return Dialogue(key, tuple(utterances), "empathetic_dialogues", part, "en", ED32)


def _words(field: str) -> str:
    # As no field holds a comma, spreadsheets quote only those that hold quotes, and double these.
    inner = field[1:-1]
    if field == f'"{inner}"' and '""' in inner and '"' not in inner.replace('""', ""):
        field = inner.replace('""', '"')
    return field.replace("_comma_", ",")
