"""Tables as programs and accidents leave them."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from damage import damaged
from pyarrow import parquet
from spreadsheets import xlsx

from empathia import tables
from empathia.errors import TextError
from empathia.tables import text


def worth(names: list[str]) -> int:
    return len({"speaker", "text"} & set(names))


def cells(table: tables.Table) -> list[list[object]]:
    return [list(r.cells.values()) for r in table.records]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_blanks_behind_closing_quotes_are_no_part_of_a_cell(
    tmp_path: Path, mark: str, end: str
) -> None:
    rows = [["speaker", "text"], ["Ann", f"hello{mark} you"], ["Ben", 'He said ""go"" ']]
    padded = end.join(mark.join(f'"{c}"' for c in row) + "  " for row in rows)
    table = tables.delimited(padded, tmp_path / "a.csv", worth)
    assert table.header == ("speaker", "text")
    assert cells(table) == [["Ann", f"hello{mark} you"], ["Ben", 'He said "go" ']]


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
        packed.open("xl/worksheets/sheet1.xml", "w") as sheet,
    ):
        for _ in range(9):
            sheet.write(bytes(text.LIMIT))
    with pytest.raises(TextError, match="576 MB when it is unpacked"):
        tables.spreadsheet(path, worth)


def test_a_spreadsheet_with_a_byte_that_is_wrong_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
    for _ in damaged(path):
        with pytest.raises(TextError, match=r"no readable spreadsheet|when it is unpacked"):
            tables.spreadsheet(path, worth)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "talk.csv")
    with pytest.raises(TextError, match="a pipe or a device"):
        tables.read(tmp_path / "talk.csv", worth)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
@pytest.mark.parametrize("stem", [os.fsdecode(b"\xff\xfe"), "a:b", "file:", "%00", "a\nb", "?x#y"])
def test_names_that_are_no_utf8_and_look_like_urls_are_names(
    tmp_path: Path, stem: str, suffix: str
) -> None:
    path = tmp_path / f"{stem}{suffix}"
    rows = [["speaker", "text"], ["Ann", "hello"]]
    if suffix == ".csv":
        path.write_text("speaker,text\nAnn,hello\n")
    elif suffix == ".xlsx":
        path.write_bytes(xlsx({"a": rows}))
    else:
        with path.open("wb") as file:
            parquet.write_table(pa.table({"speaker": ["Ann"], "text": ["hello"]}), file)
    assert cells(tables.read(path, worth)) == [["Ann", "hello"]]
