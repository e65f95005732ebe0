r"""Anybody's corpus as one table (csv, jsonl, Parquet, Excel ...): a row an utterance.

| column | what | when it is absent or empty |
|---|---|---|
| utterance | id, unique in the file | the number of the row, where the column is absent |
| dialogue | id of the conversation | each utterance is its own |
| speaker | who speaks | "unknown" |
| gender | F, female, M, male; anything else is not known | not known |
| text | the words | not known |
| start, end | s, h:mm:ss.ms, or start_ms | not known: rows stay in the order of the file |
| duration | seconds from the start: where the file has no ends | not known |
| audio, video | path, from the table's folder | none |
| clips | which of audio and video hold this utterance alone, parted by ";" | see below |
| label | one label, several parted by ";", or a list | no gold label: the row is context |
| votes | a list with each rater's label or list of labels, or labels parted by ";" | none |
| valence, arousal, dominance | numbers on ``scale`` | not known, as outside of it |
| split | train, valid (dev, ...) or test, the same for a whole dialogue | none |
| group:NAME | which of NAME's groups it belongs to | in none |

A column is called as here, ``utterance_id``, ``dialogue_id`` or ``speaker_id``, or so in other
case. What is called otherwise is named, as a column or as a pattern over one; what the parentheses
of the pattern match is the value::

    map = {label = "label6", speaker = 'utterance_id:(Ses..).*_([FM])\d+$'}
    groups = {session = "session", scenario = 'dialogue_id:_(impro\d\d|script\d\d)'}
    features = {prosody = ["duration", "avg_pitch"], mine = ["mfcc_*"]}

Start and end are places in the recording. Where a dialogue has several rows, a recording that one
row alone names is its clip, whole, and the times are those in the talk; the column ``clips`` says
it otherwise. Rows of a dialogue are put in order of their start where all have one. Ready-made
numbers (:func:`ready`) join by utterance id: a feature is one or several columns of numbers, or
columns of lists of numbers.

Files are read as transcripts are (:mod:`empathia.tables`): in any usual encoding, parted by
commas, semicolons, tabs or bars, with a comma as the decimal mark where it parts no cells. What
was mended is said.

Blanks around names do not count, and one name in two Unicode forms is one. A cell that is only
nan, NA, N/A, null, None or an error of Excel's (#N/A) is empty, which is said; a label that is
called so stands in ``labels`` or in a list. Lists are JSON, or as Python writes them. Labels that
differ in their spelling alone are one with ``join_alike = true``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from empathia.corpora import CorpusInfo, warn
from empathia.corpora._tables import GENDERS
from empathia.corpora.table import cells
from empathia.corpora.table.features import joined
from empathia.corpora.table.gold import Said, Wanted, said
from empathia.corpora.table.rows import Row, Source, Table, as_text, read, tell
from empathia.errors import CorpusError
from empathia.labels.spelling import composed
from empathia.types import Dialogue, Features, Utterance

INFO = CorpusInfo(
    name="table",
    licence="that of the data you bring",
    noncommercial=True,  # not known, so the careful answer
    citation="none",
    page="none",
    language="und",
)
_NOTHING: Mapping[str, str] = {}


def load(
    path: Path,
    *,
    map: Mapping[str, str] = _NOTHING,
    groups: Mapping[str, str] = _NOTHING,
    features: Mapping[str, Sequence[str]] | None = None,
    labels: Wanted = None,
    join_alike: bool = False,
    rename: Mapping[str, str] = _NOTHING,
    scale: Sequence[float] = (-1.0, 1.0),
    language: str | None = None,
    name: str = "table",
    file: str | None = None,
) -> tuple[Dialogue, ...]:
    """Read a table.

    Args:
        path: The file, or a folder that holds one table.
        map: Our column to the file's column, or to ``column:pattern``.
        groups: Name of a grouping to a column, or to ``column:pattern``.
        features: As for :func:`ready`; checked there.
        labels: The gold labels in their order, or the name of a known set; None takes those
            that occur, sorted.
        join_alike: Labels that differ only in case, blanks or punctuation ("Glad", "glad.") are
            one: the spelling that ``labels`` has, else the commonest.
        rename: What the file calls a label to what it is called here: "hap" to "happy"; "" drops
            it.
        scale: Lowest and highest value of valence, arousal and dominance.
        language: ISO 639-1 code.
        name: Name of the corpus in the dialogues.
        file: Name of the table where the folder holds several.

    Raises:
        CorpusError: The file cannot be read, or a row of it; names file and row.
        MissingExtra: It is Parquet, and pyarrow is not installed.
    """
    table = read(path, file, map, groups)
    ends = _ends(scale)
    keys = _keys(table)
    told = said(keys, labels, name, join_alike=join_alike, rename=rename)
    tell(table, told.known or ())
    belongs = _groups(table, list(keys))
    conversations = _conversations(keys)
    clips = _clips(table, keys, conversations)
    dialogues = []
    for dialogue, members in conversations.items():
        rows = [keys[m] for m in members]
        utterances = tuple(
            _utterance(
                keys[m],
                index,
                key=m,
                told=told,
                vad=cells.affect(keys[m], ends),
                groups=belongs[m],
                clips=clips[m],
            )
            for index, m in enumerate(_in_time(members, rows))
        )
        part = cells.split(rows)
        dialogues.append(Dialogue(dialogue, utterances, name, part, language, told.known))
    return tuple(dialogues)


def unused(
    path: Path,
    *,
    map: Mapping[str, str] = _NOTHING,
    groups: Mapping[str, str] = _NOTHING,
    file: str | None = None,
    **_: object,
) -> list[str]:
    """Columns of the file that nothing reads; options as for :func:`load`."""
    table = read(path, file, map, groups)
    used = {s.column for s in [*table.sources.values(), *table.groups.values()]}
    return [c for c in table.header if c not in used]


def ready(
    path: Path,
    *,
    map: Mapping[str, str] = _NOTHING,
    groups: Mapping[str, str] = _NOTHING,
    features: Mapping[str, Sequence[str]] | None = None,
    file: str | None = None,
    **_: object,
) -> dict[str, dict[str, Features]]:
    """Ready-made features: by name, then by utterance id, each of shape (1, dim).

    Args:
        path: As for :func:`load`, which checks the options that do not matter here.
        map: As for :func:`load`.
        groups: As for :func:`load`.
        file: As for :func:`load`.
        features: Name of a feature to its columns, whose names may hold ``*``. An empty cell is
            NaN; a row of which all cells are empty has no feature.

    Raises:
        CorpusError: A column is missing or a cell is no number.
    """
    table = read(path, file, map, groups)
    keys = _keys(table)
    return {
        feature: joined(table, keys, feature, columns)
        for feature, columns in (features or {}).items()
    }


def _keys(table: Table) -> dict[str, Row]:
    """Rows by utterance id."""
    numbered = "utterance" not in table.sources
    rows: dict[str, Row] = {}
    for row in table.rows:
        key = str(row.number) if numbered else row.name("utterance")
        if not key or key in rows:
            what = f"'{key}' again, first on {rows[key].place}" if key else "none"
            raise row.wrong(f"expected an utterance id of its own, found {what}")
        rows[key] = row
    return rows


def _conversations(keys: Mapping[str, Row]) -> dict[str, list[str]]:
    """Utterance ids of each dialogue."""
    conversations: dict[str, list[str]] = {}
    for key, row in keys.items():
        conversations.setdefault(row.name("dialogue") or key, []).append(key)
    return conversations


def _groups(table: Table, keys: Sequence[str]) -> dict[str, dict[str, str]]:
    """Each utterance's groups."""
    belongs: dict[str, dict[str, str]] = {key: {} for key in keys}
    for group, source in table.groups.items():
        for key, row in zip(keys, table.rows, strict=True):
            value = composed(as_text(source.read(row.cells)))
            if value:
                belongs[key][group] = value
        fitting = sum(group in f for f in belongs.values())
        if not fitting:
            raise CorpusError(
                f"{table.file}: nothing is in a group '{group}' by {_described(source)}",
                "Mend the pattern or name another column",
            )
        if fitting < len(keys):
            warn(
                f"{table.file}: {len(keys) - fitting} of {len(keys)} rows are in no group "
                f"'{group}' by {_described(source)}"
            )
    return belongs


def _described(source: Source) -> str:
    pattern = f" and the pattern '{source.pattern.pattern}'" if source.pattern else ""
    return f"column '{source.column}'{pattern}"


def _in_time(members: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Members in order of their start where all have one, else as they stand in the file."""
    starts = {
        m: s for m, r in zip(members, rows, strict=True) if (s := cells.span(r)[0]) is not None
    }
    return sorted(members, key=starts.__getitem__) if len(starts) == len(rows) else list(members)


def _utterance(
    row: Row,
    index: int,
    *,
    key: str,
    told: Said,
    vad: tuple[float, float, float] | None,
    groups: Mapping[str, str],
    clips: tuple[str, ...],
) -> Utterance:
    start, end = cells.span(row)
    text = as_text(row.value("text"))
    audio, video = row.get("audio"), row.get("video")
    return Utterance(
        key,
        index,
        row.name("speaker") or "unknown",
        text if text.strip() else None,
        start,
        end,
        audio=row.file.parent / audio if audio else None,
        video=row.file.parent / video if video else None,
        gender=GENDERS.get(row.get("gender").lower()),
        gold=told.gold[key],
        votes=told.votes[key],
        vad=vad,
        groups=groups,
        clips=clips,
    )


def _clips(
    table: Table, keys: Mapping[str, Row], conversations: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Which media hold each utterance alone."""
    if "clips" in table.sources:
        return {key: cells.clips(row) for key, row in keys.items()}
    named = Counter((m, row.get(m)) for row in table.rows for m in cells.MEDIA)
    return {
        key: tuple(
            m for m in cells.MEDIA if (f := keys[key].get(m)) and named[m, f] == 1 < len(members)
        )
        for members in conversations.values()
        for key in members
    }


def _ends(scale: Sequence[float]) -> tuple[float, float]:
    if len(scale) != 2 or not scale[0] < scale[1]:
        raise CorpusError(f"scale is {list(scale)}", "Give the lowest and the highest value")
    return float(scale[0]), float(scale[1])
