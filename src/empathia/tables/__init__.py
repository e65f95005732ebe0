"""Texts and tables out of files, for transcripts and corpora alike.

    bytes -> text -> records -> cells

What spreadsheets and scripts do to tables is mended here, once, and told as notes. What the
columns mean is not known here.
"""

from __future__ import annotations

from empathia.tables.records import (
    SPREADSHEETS,
    SUFFIXES,
    Record,
    Table,
    delimited,
    json_document,
    json_records,
    read,
    spreadsheet,
)
from empathia.tables.text import Decoded, at_lines, fault, lines_of, read_text

__all__ = [
    "SPREADSHEETS",
    "SUFFIXES",
    "Decoded",
    "Record",
    "Table",
    "at_lines",
    "delimited",
    "fault",
    "json_document",
    "json_records",
    "lines_of",
    "read",
    "read_text",
    "spreadsheet",
]
