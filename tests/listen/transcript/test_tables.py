"""Tables as other programs write them: units, Markdown, quotation marks behind backslashes."""

from __future__ import annotations

import pytest
from transcript_reading import noted, read, turns


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("start_min,end_min", 0.5, 1.25),
        ("Start (minutes),End (minutes)", 0.5, 1.25),
        ("start_us,end_us", 30_000_000, 75_000_000),
        ("Start [µs],End [µs]", 30_000_000, 75_000_000),
        ("start_ms,end_ms", 30_000, 75_000),
    ],
)
def test_the_header_tells_the_unit(tmp_path, header, start, end):
    talk = read(tmp_path, "a.csv", f"speaker,text,{header}\nAnn,I passed,{start},{end}\n")
    assert turns(talk) == [("Ann", "I passed", 30.0, 75.0)]


@pytest.mark.parametrize("names", ["start_frame,end_frame", "Start (samples),End (samples)"])
def test_counts_are_no_times_and_a_note_says_so(tmp_path, names):
    talk = read(tmp_path, "a.csv", f"speaker,text,{names}\nAnn,I passed,15,50\n")
    assert turns(talk) == [("Ann", "I passed", None, None)]
    assert noted(talk, f"no times are read from '{names.split(',')[0]}'")


def test_a_table_in_markdown(tmp_path):
    rule = "|:-----|:-------:|------|\n"
    text = f"| Time | Speaker | Text |\n{rule}| 0:03 | Ann | I -- passed |\n| 0:09 | Ben | - |\n"
    assert [t[:3] for t in turns(read(tmp_path, "a.md", text))] == [
        ("Ann", "I -- passed", 3.0),
        ("Ben", "-", 9.0),
    ]


def test_quotation_marks_behind_backslashes(tmp_path):
    text = 'start,end,text\n0.5,2," \\"Yes\\", she said."\n2.5,4," Great, \\\\ too."\n'
    assert [t[1] for t in turns(read(tmp_path, "a.csv", text))] == [
        '"Yes", she said.',
        "Great, \\ too.",
    ]


def test_a_backslash_at_the_end_of_a_cell_stays(tmp_path):
    talk = read(tmp_path, "a.csv", 'speaker,text\nAnn,"C:\\"\nBen,"a, b"\n')
    assert turns(talk) == [("Ann", "C:\\", None, None), ("Ben", "a, b", None, None)]
