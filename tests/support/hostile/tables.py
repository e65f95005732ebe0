"""Small corpora as tables, stored in every usual way."""

from __future__ import annotations

import io
import json
from random import Random

from spreadsheets import xlsx

from hostile import talk
from hostile.case import Case, Truth
from hostile.packing import packed, parts

_PARTS = {"train": "train", "dev": "valid", "validation": "valid", "test": "test", "Train": "train"}


def kept(rng: Random) -> Case:
    """A corpus of one to four dialogues as csv, JSON lines, a workbook or Parquet."""
    how: list[str] = []
    parts = rng.sample(list(_PARTS), 4) if rng.random() < 0.5 else [None] * 4
    rows = []
    for d in range(rng.randint(1, 4)):
        for who, text, start, end in talk.talk(rng):
            label = rng.choice((*talk.LABELS, "", "joy;anger"))
            rows.append((f"d{d}", who, text, start, end, label, parts[d]))
    columns = _columns(rng, rows, how)
    names = list(columns)
    if rng.random() < 0.3:
        rng.shuffle(names)
        how.append("columns in another order")
    body = [list(r) for r in zip(*(columns[n] for n in names), strict=True)]
    suffix, content = rng.choice((_csv, _csv, _csv, _jsonl, _workbook, _parquet))(
        rng, names, body, how
    )
    truth = tuple(
        (d, who, text, tuple(x for x in label.split(";") if x), _PARTS[part] if part else None)
        for d, who, text, _, _, label, part in rows
    )
    return Case("table", "; ".join(how), f"corpus{suffix}", content, Truth(rows=truth))


def _columns(rng: Random, rows: list[tuple], how: list[str]) -> dict[str, list[object]]:
    named = {
        rng.choice(("dialogue", "Dialogue", "dialogue_id", "Dialogue_ID")): [r[0] for r in rows],
        rng.choice(("speaker", "Speaker", "speaker_id")): [r[1] for r in rows],
        rng.choice(("text", "Text", "TEXT")): [r[2] for r in rows],
        rng.choice(("label", "Label")): [r[5] for r in rows],
    }
    if rng.random() < 0.5:
        how.append("times")
        named["start"], named["end"] = [r[3] for r in rows], [r[4] for r in rows]
    if rows[0][6] is not None:
        named[rng.choice(("split", "Split"))] = [r[6] for r in rows]
    if rng.random() < 0.3:
        named["utterance"] = [f"u{i}" for i in range(len(rows))]
    if rng.random() < 0.3:
        named[rng.choice(("note", "page"))] = [rng.choice(("x", "", "7")) for _ in rows]
    return named


def _csv(
    rng: Random, names: list[str], body: list[list[object]], how: list[str]
) -> tuple[str, bytes]:
    rows = [names, *([str(c) for c in row] for row in body)]
    text = talk.delimited(rng, rows, how)
    suffix = ".tsv" if "'\\t'" in how[-1] else ".csv"
    return suffix, talk.stored(rng, text, how, blank=rng.random() < 0.2)


def _jsonl(
    rng: Random, names: list[str], body: list[list[object]], how: list[str]
) -> tuple[str, bytes]:
    escaped = rng.random() < 0.5
    rows = [dict(zip(names, row, strict=True)) for row in body]
    text = "".join(json.dumps(r, ensure_ascii=escaped) + "\n" for r in rows)
    return ".jsonl", talk.stored(rng, text, how, blank=rng.random() < 0.2)


def _workbook(
    rng: Random, names: list[str], body: list[list[object]], how: list[str]
) -> tuple[str, bytes]:
    how.append("workbook")
    above = [["My corpus"]] if rng.random() < 0.2 else []
    rows = [[c if c != "" else None for c in row] for row in body]
    book = xlsx({rng.choice(("Sheet1", "Daten")): [*above, names, *rows]})
    return ".xlsx", packed(parts(book))


def _parquet(
    rng: Random, names: list[str], body: list[list[object]], how: list[str]
) -> tuple[str, bytes]:
    import pyarrow as pa
    from pyarrow import parquet

    how.append("parquet")
    file = io.BytesIO()
    columns = {n: [row[i] for row in body] for i, n in enumerate(names)}
    parquet.write_table(pa.table(columns), file)
    return ".parquet", file.getvalue()
