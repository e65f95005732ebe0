"""Tables as other programs write them: units, Markdown, quotation marks behind backslashes."""

from __future__ import annotations

import json

import pytest
from transcript_reading import HEAD, noted, read, turns

from empathia.errors import TranscriptError


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


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("Date,Time", "31/12/2021,22:15:03", "31/12/2021,22:16:03"),
        ("Date,Time", "12/31/21,10:15:03 PM", "12/31/21,10:16:03 PM"),
        ("timestamp", "2021-12-31T22:15:03Z", "2021-12-31T22:16:03Z"),
        ("timestamp", "2021-12-31 00:00:00", "2021-12-31 00:01:00"),
        ("timestamp", "1640985303", "1640985363"),
        ("Created At", "2021-12-31 23:15:03+01:00", "2021-12-31 23:16:03+01:00"),
        ("date", "31.12.2021 22:15:03", "31.12.2021 22:16:03"),
    ],
)
def test_messages_have_a_moment(tmp_path, header, first, second):
    text = f"{header},Sender Name,Message\n{second},Ben,Great\n{first},Ann,I passed\n"
    talk = read(tmp_path, "a.csv", text)
    assert turns(talk) == [("Ann", "I passed", 0.0, 0.0), ("Ben", "Great", 60.0, 60.0)]
    assert noted(talk, f"times count from {first.replace(',', ' ')} on")


def test_a_start_on_the_calendar_with_an_end_is_a_turn(tmp_path):
    times = "2021-12-31 22:15:03,2021-12-31 22:15:05"
    talk = read(tmp_path, "a.csv", f"speaker,text,timestamp,end\nAnn,I passed,{times}\n")
    assert turns(talk) == [("Ann", "I passed", 0.0, 2.0)]


def test_a_day_alone_is_no_moment(tmp_path):
    talk = read(tmp_path, "a.csv", "speaker,text,date\nAnn,I passed,31/12/2021\n")
    assert turns(talk) == [("Ann", "I passed", None, None)]


def test_a_time_that_is_none_is_named(tmp_path):
    talk = read(tmp_path, "a.csv", "speaker,text,time\nAnn,I passed,morning\n")
    assert turns(talk) == [("Ann", "I passed", None, None)]
    assert noted(talk, "no times are read from 'time'")


@pytest.mark.parametrize("form", ["[{}]: {}", "{}: {}"])
@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl"])
def test_names_in_the_words(tmp_path, form, name):
    said = [(0.5, 2.0, "SPEAKER_00", "i passed"), (2.5, 4.0, "SPEAKER_01", "great")]
    texts = [(a, b, form.format(who, text)) for a, b, who, text in said]
    objects = [{"start": a, "end": b, "text": t} for a, b, t in texts]
    content = {
        "a.csv": "start,end,text\n" + "".join(f"{a},{b},{t}\n" for a, b, t in texts),
        "a.json": json.dumps({"segments": objects}),
        "a.jsonl": "".join(f"{json.dumps(x)}\n" for x in objects),
    }[name]
    assert turns(read(tmp_path, name, content)) == [(who, t, a, b) for a, b, who, t in said]


def test_names_in_some_of_the_words_are_words(tmp_path):
    talk = read(tmp_path, "a.csv", "text\nAnn: hi\nso what\n")
    assert [t[1] for t in turns(talk)] == ["Ann: hi", "so what"]
    named = read(tmp_path, "b.csv", "speaker,text\nAnn,Ben: hi\nBen,Ann: ho\n")
    assert [t[:2] for t in turns(named)] == [("Ann", "Ben: hi"), ("Ben", "Ann: ho")]


def test_samples_without_a_unit_are_doubted(tmp_path):
    rows = "Ann,I passed the exam,8000,32000\nBen,That is wonderful,40000,64000\n"
    assert noted(read(tmp_path, "a.csv", HEAD + rows), "nobody speaks so slowly: name their unit")
    calm = "Ann,I passed the exam,8,10\nBen,That is wonderful,11,13\n"
    assert read(tmp_path, "b.csv", HEAD + calm).notes == ()


@pytest.mark.parametrize("text", ['0,2500,"hello"\n', "Ann,hello\nBen,ho\n"])
def test_a_table_without_a_header_asks_for_one(tmp_path, text):
    with pytest.raises(TranscriptError, match="Name the columns in the first line"):
        read(tmp_path, "a.csv", text)


def test_days_and_hours_of_a_spreadsheet(tmp_path):
    rows = "2021-12-31T00:00:00,80163.0,Ben,Great\n2021-12-31T00:00:00,80103.0,Ann,I passed\n"
    talk = read(tmp_path, "a.csv", f"Date,Time,Name,Text\n{rows}")
    assert turns(talk) == [("Ann", "I passed", 0.0, 0.0), ("Ben", "Great", 60.0, 60.0)]
    assert noted(talk, "times count from 2021-12-31 22:15:03 on")
