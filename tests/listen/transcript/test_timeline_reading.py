"""Our own timelines, read back as transcripts."""

from __future__ import annotations

import json

import pytest
from build import timeline
from transcript_reading import read, turns

from empathia.errors import TranscriptError
from empathia.listen.transcript import read_transcript
from empathia.report.timeline import write
from empathia.types import wire


@pytest.mark.parametrize("suffix", [".json", ".html"])
def test_turns_and_words_come_back_exactly(tmp_path, suffix):
    written = timeline(6, texts=("I looked <for> you & him", None, "</script>"))
    transcript = read_transcript(write(written, tmp_path / f"a{suffix}"))
    assert transcript.format == "timeline"
    utterances = [t.utterance for t in written.turns]
    assert turns(transcript) == [(u.speaker, u.text, u.start, u.end) for u in utterances]
    assert dict(transcript.words) == {t.utterance.id: t.words for t in written.turns if t.words}


def test_a_timeline_is_told_whatever_it_is_called(tmp_path):
    for name in ("a.txt", "a.json", "a"):
        assert read(tmp_path, name, wire.dumps(timeline(2))).format == "timeline"


PAGE = "<!doctype html>\n<html><body>{}</body></html>"


@pytest.mark.parametrize("name", ["a.html", "a.htm", "a.txt"])
def test_other_web_pages_are_refused(tmp_path, name):
    with pytest.raises(TranscriptError, match="this is a web page"):
        read(tmp_path, name, PAGE.format("<p>Ann: hi</p>"))


def broken(**change: object) -> str:
    return json.dumps({**wire.to_json(timeline(1)), **change})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (broken(schema_version="2.0"), "expected a timeline of version 1, found '2.0'"),
        (broken(schema_version=1), "found 1"),
        (broken(turns=3), "has no list 'turns'"),
        (broken(turns=[]), "no turns found"),
        (broken(turns=[{}]), "turn 1 of the timeline does not fit"),
        (broken(turns=[3]), "turn 1 of the timeline does not fit"),
        (broken()[:-40], "expected JSON"),
        (PAGE.format('<script type="application/json" id="data">{</script>'), "expected JSON"),
    ],
)
def test_a_timeline_that_cannot_be_read_says_why(tmp_path, content, said):
    with pytest.raises(TranscriptError, match=said):
        read(tmp_path, "a.json", content)


@pytest.mark.parametrize("change", [{"start": -1.0}, {"end": "1"}, {"text": 3}, {"speaker": None}])
def test_a_turn_that_does_not_fit_is_named(tmp_path, change):
    value = wire.to_json(timeline(2))
    value["turns"][1].update(change)  # type: ignore[typeddict-item]
    with pytest.raises(TranscriptError, match="turn 2 of the timeline"):
        read(tmp_path, "a.json", json.dumps(value))
