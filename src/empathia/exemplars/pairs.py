"""Exemplars: what was said, and what somebody answered; out of corpora and tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from empathia.errors import InputError
from empathia.tables import read
from empathia.tables.cells import missing
from empathia.types import Dialogue, Utterance

TURNS = 3
"""How many turns before an answer are kept."""
_COLUMNS = ("context", "reply", "emotion", "dialogue", "id")


@dataclass(frozen=True, slots=True)
class Pair:
    """One exemplar.

    Args:
        id: Unique in its bank.
        context: What was said before the answer, a line a turn, the oldest first.
        reply: The answer.
        emotion: What the situation was labelled with, or None.
        dialogue: Id of the talk that it comes from, or None.
        corpus: What it was taken out of.
    """

    id: str
    context: str
    reply: str
    emotion: str | None = None
    dialogue: str | None = None
    corpus: str = ""

    @property
    def last(self) -> str:
        """The turn that is answered."""
        return self.context.rpartition("\n")[2]


def of_dialogues(
    dialogues: Iterable[Dialogue], *, part: str | None = "train", turns: int = TURNS
) -> list[Pair]:
    """Every turn of a listener with what was said before it.

    Who has the role "listener" is one; in a corpus without roles, whoever speaks next is.

    Args:
        dialogues: Of one corpus or several.
        part: The part of the corpus that is taken; None takes all. A corpus without parts is
            taken whole.
        turns: How many turns before the answer are kept, at least 1.
    """
    return [
        pair
        for d in dialogues
        if part is None or d.split in (None, part)
        for pair in _answers(d, turns)
    ]


def _answers(dialogue: Dialogue, turns: int) -> Iterable[Pair]:
    spoken = [u for u in dialogue.utterances if _line(u.text)]
    roles = any(u.groups.get("role") == "listener" for u in spoken)
    emotion = None
    for i, u in enumerate(spoken):
        before = spoken[max(0, i - turns) : i]
        if before and _listens(u, before[-1], roles=roles):
            context = "\n".join(_line(b.text) for b in before)
            key = f"{dialogue.corpus}:{u.id}"
            yield Pair(key, context, _line(u.text), emotion, dialogue.id, dialogue.corpus)
        emotion = u.gold[0] if len(u.gold) == 1 else emotion


def _listens(utterance: Utterance, before: Utterance, *, roles: bool) -> bool:
    if roles:
        return utterance.groups.get("role") == "listener"
    return utterance.speaker != before.speaker


def of_table(path: Path) -> list[Pair]:
    """Pairs of a table with the columns context and reply, and if known emotion, dialogue, id.

    Args:
        path: csv, tsv, jsonl, Parquet or a spreadsheet. Lines of a context are its turns.

    Raises:
        TextError: It cannot be read.
        InputError: A column or a cell is missing, or two rows have one id.
    """
    table = read(path, lambda names: sum(n.lower() in _COLUMNS for n in names))
    names = {n.lower(): n for n in table.header}
    if lacking := [c for c in _COLUMNS[:2] if c not in names]:
        raise InputError(
            f"'{path}' has no column '{lacking[0]}' (it has: {', '.join(table.header)})",
            "Give a table with the columns context and reply",
        )
    pairs: dict[str, Pair] = {}
    for record in table.records:
        cells = {c: _cell(record.cells.get(names.get(c, ""))) for c in _COLUMNS}
        where = f"{path}:{record.line}"
        pair = _row(cells, path.stem, record.line, where)
        if pair.id in pairs:
            raise InputError(f"{where} has the id '{pair.id}' again", "Give each row its own")
        pairs[pair.id] = pair
    return list(pairs.values())


def _row(cells: Mapping[str, str], stem: str, line: int, where: str) -> Pair:
    context, reply = turns_of(cells["context"]), _line(cells["reply"])
    if not context or not reply:
        raise InputError(
            f"{where} has no {'reply' if context else 'context'}", "Fill it or drop the row"
        )
    key = cells["id"] or f"{stem}:{line}"
    return Pair(key, context, reply, cells["emotion"] or None, cells["dialogue"] or None, stem)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return "" if missing(text) else text.strip()


def turns_of(text: str) -> str:
    """A context as it is kept: no empty lines, single blanks."""
    return "\n".join(x for x in map(_line, text.split("\n")) if x)


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def dumps(pairs: Sequence[Pair]) -> bytes:
    """Pairs as jsonl; what is not known is left out."""
    rows = ({k: v for k, v in asdict(p).items() if v} for p in pairs)
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows).encode()


def loads(data: bytes) -> tuple[Pair, ...]:
    """What :func:`dumps` wrote.

    Raises:
        ValueError: A line is no pair.
    """
    try:
        return tuple(Pair(**json.loads(line)) for line in data.splitlines() if line)
    except TypeError as error:
        raise ValueError(str(error)) from error
