"""Replies out of files: whatever their columns are called, and what is told of what is missing."""

from __future__ import annotations

import dataclasses
import json

import pytest

from empathia.errors import InputError, TextError, UsageError
from empathia.judges.given import Given, read
from empathia.types import Reply, Timeline, Turn, Utterance
from empathia.types.wire import dumps


def written(tmp_path, text, name="replies.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "columns"),
    [
        ("a.csv", "context,reply\nI lost it,How awful\n", {}),
        ("a.tsv", "Response\tPrompt\nHow awful\tI lost it\n", {}),
        ("a.csv", "reply;they;us\nno;I lost it;How awful\n", {"context": "they", "reply": "us"}),
        ("a.jsonl", '{"post": "I lost it", "output": "How awful"}\n', {}),
    ],
)
def test_columns_are_found_or_named(tmp_path, name, text, columns):
    found, notes = read(written(tmp_path, text, name), columns)
    assert found == [Given("1", "I lost it", "How awful")]
    assert notes == []


def test_what_is_missing_is_told(tmp_path):
    table = "id,context,reply\nx,I lost it,NaN\ny,nan,How awful\nz,So,Well\n"
    found, notes = read(written(tmp_path, table))
    assert found == [Given("y", "", "How awful"), Given("z", "So", "Well")]
    assert any("no reply: line 2" in n for n in notes)
    assert any("1 of 2 replies are judged without" in n for n in notes)
    _, notes = read(written(tmp_path, "reply,mood\nHow awful,1\n"))
    assert any("no column of what is answered" in n for n in notes)


@pytest.mark.parametrize(
    ("name", "text", "columns", "error", "message"),
    [
        ("a.csv", "", {}, TextError, "empty"),
        ("a.csv", "context,reply\nhi,\n", {}, TextError, "no reply in it"),
        ("a.csv", "who,what\na,b\n", {}, UsageError, r"columns who, what: which are the replies"),
        ("a.csv", "who,what\na,b\n", {"reply": "x"}, UsageError, "who, what, not 'x'"),
        ("a.csv", "who,what\na,b\n", {"answer": "what"}, UsageError, "'answer' is none of our"),
        ("a.pdf", "x", {}, UsageError, "neither a table"),
        ("a.json", "{}", {}, InputError, "expected a timeline"),
        ("a.json", "[", {}, TextError, "expected JSON"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, name, text, columns, error, message):
    with pytest.raises(error, match=message):
        read(written(tmp_path, text, name), columns)


def test_no_file_is_told(tmp_path):
    with pytest.raises(UsageError, match="there is no file"):
        read(tmp_path / "nothing.csv")


def test_a_timeline_gives_its_replies(tmp_path):
    said = Utterance("u1", 0, "Ann", "I lost it")
    turns = (
        Turn(said, reply=Reply("u1", "How awful", "rules")),
        Turn(dataclasses.replace(said, id="u2", index=1, text="Well")),
    )
    path = written(tmp_path, dumps(Timeline("talk", turns, ("Ann",))), "talk.json")
    assert json.loads(path.read_text())["turns"]
    assert read(path) == ([Given("u1", "I lost it", "How awful")], [])
