"""Every format: its example is told and read, and the docs are made from the readers."""

from __future__ import annotations

import codecs

import formats
import pytest
from transcript_reading import read, turns

from empathia.errors import TranscriptError
from empathia.listen.transcript.catalogue import FORMATS

EXAMPLES = [f for f in FORMATS if f.example]
IDS = [f.name for f in EXAMPLES]


def test_the_page_is_what_the_readers_say():
    assert formats.DOCS.read_text(encoding="utf-8") == formats.page(), "run scripts/formats.py"


def test_names_are_their_own():
    assert len({f.name for f in FORMATS}) == len(FORMATS)


@pytest.mark.parametrize("form", EXAMPLES, ids=IDS)
def test_the_example_is_told_by_what_stands_in_it(tmp_path, form):
    for suffix in (*form.suffixes[:1], ".txt", ".unknown", ""):
        transcript = read(tmp_path, f"a{suffix}", form.example)
        assert transcript.format == form.name
        said = [(speaker.split()[0], text) for speaker, text, _, _ in turns(transcript)]
        assert said == [("Ann", "I passed the exam."), ("Ben", "That is wonderful!")]


@pytest.mark.parametrize("form", EXAMPLES, ids=IDS)
@pytest.mark.parametrize(
    "change",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: (text.rstrip("\n")).encode(),
        lambda text: (text + "\n\n").encode(),
    ],
    ids=["bom", "utf-16", "crlf", "no last line end", "blank lines"],
)
def test_what_keeps_the_meaning_keeps_the_turns(tmp_path, form, change):
    suffix = form.suffixes[0] if form.suffixes else ".txt"
    plain = read(tmp_path, f"a{suffix}", form.example)
    assert turns(read(tmp_path, f"b{suffix}", change(form.example))) == turns(plain)


@pytest.mark.parametrize("form", EXAMPLES, ids=IDS)
def test_one_format_named_for_another_gives_turns_or_an_error(tmp_path, form):
    for other in EXAMPLES:
        try:
            assert turns(read(tmp_path, "a.txt", other.example, form.name))
        except TranscriptError as error:
            assert error.remedy
