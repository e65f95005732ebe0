"""Any corpus as a table that :mod:`empathia.corpora.table` reads back."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from empathia import files
from empathia.corpora.table.rows import GROUP, as_text
from empathia.errors import UsageError, needs
from empathia.types import Dialogue, Utterance

Record = Mapping[str, object]


def check(file: Path) -> None:
    """Refuse a file that cannot be written as its suffix says, before there is anything to write.

    Raises:
        UsageError: The suffix is none of those that are known.
    """
    if file.suffix.lower() not in _FORMATS:
        raise UsageError(f"'{file.name}' is none of {', '.join(_FORMATS)}", "Name one of these")


def write(file: Path, records: Iterable[Record]) -> int:
    """Write rows as csv, tsv, jsonl or Parquet, whole or not at all.

    Args:
        file: Its suffix says how.
        records: Rows with the same columns; lists are JSON in csv and tsv.

    Returns:
        How many rows were written.

    Raises:
        UsageError: The suffix is another one, or there is no row.
        MissingExtra: It is Parquet, and pyarrow is not installed.
    """
    check(file)
    rows, make = list(records), _FORMATS[file.suffix.lower()]
    if not rows:
        raise UsageError(f"there is nothing to write into '{file}'", "Choose another corpus")
    content = make(rows)
    files.write(file, content)
    return len(rows)


def records(dialogues: Sequence[Dialogue], folder: Path) -> list[Record]:
    """A corpus as rows, one an utterance; what is not known is None.

    Args:
        dialogues: The corpus.
        folder: Where the table will lie; media below it are named relative to it.
    """
    groups = sorted({g for d in dialogues for u in d.utterances for g in u.groups})
    return [_record(d, u, groups, folder) for d in dialogues for u in d.utterances]


def _record(
    dialogue: Dialogue, utterance: Utterance, groups: Sequence[str], folder: Path
) -> Record:
    u = utterance
    vad = u.vad or (None, None, None)
    return {
        "utterance": u.id,
        "dialogue": dialogue.id,
        "speaker": u.speaker,
        "gender": u.gender,
        "text": u.text,
        "start": u.start,
        "end": u.end,
        "audio": _place(u.audio, folder),
        "video": _place(u.video, folder),
        "clips": list(u.clips) or None,
        "label": list(u.gold) or None,
        "votes": [list(v) for v in u.votes] or None,
        **dict(zip(("valence", "arousal", "dominance"), vad, strict=True)),
        "split": dialogue.split,
        **{f"{GROUP}{g}": u.groups.get(g) for g in groups},
    }


def _place(path: Path | None, folder: Path) -> str | None:
    if path is None:
        return None
    absolute, root = Path(os.path.abspath(path)), Path(os.path.abspath(folder))  # noqa: PTH100
    return str(absolute.relative_to(root) if absolute.is_relative_to(root) else absolute)


def _delimited(rows: Sequence[Record], mark: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=mark)  # ends lines with CRLF, so a lone CR is quoted
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([_cell(v) for v in row.values()])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    if isinstance(value, float):
        return repr(value)  # every digit
    plain = isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)
    if plain and not (";" in value[0] or value[0].startswith("[")):  # type: ignore[index]
        return str(value[0])  # type: ignore[index]
    return as_text(value)


def _json_lines(rows: Sequence[Record]) -> bytes:
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows).encode()


def _parquet(rows: Sequence[Record]) -> bytes:
    with needs("train", "writing Parquet"):
        import pyarrow as pa
        from pyarrow import parquet
    types = {
        **dict.fromkeys(("clips", "label"), pa.list_(pa.string())),
        "votes": pa.list_(pa.list_(pa.string())),
        **dict.fromkeys(("start", "end", "valence", "arousal", "dominance"), pa.float64()),
    }
    columns = {
        name: pa.array([r[name] for r in rows], types.get(name, pa.string())) for name in rows[0]
    }
    sink = io.BytesIO()
    parquet.write_table(pa.table(columns), sink)
    return sink.getvalue()


_FORMATS = {
    ".csv": lambda rows: _delimited(rows, ","),
    ".tsv": lambda rows: _delimited(rows, "\t"),
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
