"""Files as other programs write them: the rows that went in come out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transcript_reading import read, turns


class Said(NamedTuple):
    """A turn; times in ms."""

    name: str
    words: str
    start: int
    end: int


def clock(ms: int, mark: str) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{rest:03d}"


def table(mark: str, comma: str = ".") -> Callable[[Sequence[Said]], str]:
    def write(said: Sequence[Said]) -> str:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=mark)
        writer.writerow(["speaker", "text", "start (s)", "end (s)"])
        for s in said:
            times = (f"{t / 1000:.3f}".replace(".", comma) for t in (s.start, s.end))
            writer.writerow([s.name, s.words, *times])
        return out.getvalue()

    return write


def srt(said: Sequence[Said]) -> str:
    cues = [
        f"{n}\r\n{clock(s.start, ',')} --> {clock(s.end, ',')}\r\n{s.name}: {s.words}\r\n"
        for n, s in enumerate(said, start=1)
    ]
    return "\r\n".join(cues)


def vtt(said: Sequence[Said]) -> str:
    cues = [
        f"{clock(s.start, '.')} --> {clock(s.end, '.')} align:start\n"
        f"<v {escape(s.name)}>{escape(s.words, quote=False)}</v>\n"
        for s in said
    ]
    return "\n".join(["WEBVTT\n", *cues])


def whisper(said: Sequence[Said]) -> str:
    segments = [
        {"start": s.start / 1000, "end": s.end / 1000, "text": f" {s.words}", "speaker": s.name}
        for s in said
    ]
    return json.dumps({"language": "en", "segments": segments}, ensure_ascii=False)


def whisper_cpp(said: Sequence[Said]) -> str:
    parts = [
        {"offsets": {"from": s.start, "to": s.end}, "text": s.words, "speaker": s.name}
        for s in said
    ]
    return json.dumps({"transcription": parts})


def assembly(said: Sequence[Said]) -> str:
    parts = [
        {"start": s.start, "end": s.end, "text": s.words, "speaker": s.name, "words": None}
        for s in said
    ]
    return json.dumps({"id": "x", "utterances": parts})


def json_lines(said: Sequence[Said]) -> str:
    return "".join(
        json.dumps({"who": s.name, "sentence": s.words, "start_ms": s.start, "end_ms": s.end})
        + "\n"
        for s in said
    )


def elan(said: Sequence[Said]) -> str:
    return "".join(
        f"{s.name}\t\t{clock(s.start, '.')}\t{s.start}\t{clock(s.end, '.')}\t{s.end}\t{s.words}\n"
        for s in said
    )


def labels(said: Sequence[Said]) -> str:
    return "".join(f"{s.start / 1000:.6f}\t{s.end / 1000:.6f}\t{s.name}: {s.words}\n" for s in said)


def rttm(said: Sequence[Said]) -> str:
    return "".join(
        f"SPEAKER a 1 {s.start / 1000} {(s.end - s.start) / 1000} <NA> <NA> {s.name} <NA> <NA>\n"
        + "".join(
            f"LEXEME a 1 {s.start / 1000} 0.001 {w} lex {s.name} <NA> <NA>\n"
            for w in s.words.split()
        )
        for s in said
    )


def textgrid(said: Sequence[Said]) -> str:
    tiers = [
        f'"IntervalTier" "{name}" 0 99 {len(mine)} '
        + " ".join(f'{s.start / 1000} {s.end / 1000} "{s.words}"' for s in mine)
        for name in dict.fromkeys(s.name for s in said)
        for mine in [[s for s in said if s.name == name]]
    ]
    return f'"ooTextFile" "TextGrid" 0 99 <exists> {len(tiers)}\n' + "\n".join(tiers) + "\n"


WRITERS: dict[str, tuple[str, Callable[[Sequence[Said]], str]]] = {
    "comma": ("csv", table(",")),
    "semicolon": ("csv", table(";", comma=",")),
    "tab": ("tsv", table("\t")),
    "bar": ("psv", table("|")),
    "srt": ("srt", srt),
    "vtt": ("vtt", vtt),
    "whisper": ("json", whisper),
    "whisper.cpp": ("json", whisper_cpp),
    "assemblyai": ("json", assembly),
    "json lines": ("jsonl", json_lines),
    "elan": ("txt", elan),
    "audacity": ("txt", labels),
    "rttm": ("rttm", rttm),
    "textgrid": ("TextGrid", textgrid),
}
FIRST = "ABCDÉΛЖ"
NAME = st.builds(
    "{}{}".format, st.sampled_from(FIRST), st.text(st.sampled_from("abcéλж_-"), max_size=5)
)
PLAIN = st.text(st.sampled_from("abcÉж가,;.!?'&%*+=~^$0 9"), max_size=12)
WORDS = st.builds("so {} well".format, PLAIN).map(lambda w: " ".join(w.split()))
TURNS = st.lists(
    st.tuples(NAME, WORDS, st.integers(600, 4000), st.integers(1, 900)), min_size=2, max_size=6
)


@pytest.mark.parametrize("writer", WRITERS)
@settings(max_examples=25, deadline=None)
@given(made=TURNS)
def test_rows_come_out_as_they_went_in(tmp_path_factory, writer, made):
    said, at = [], 0
    for name, words, length, pause in made:
        said.append(Said(name, words, at + pause, at + pause + length))
        at += pause + length
    suffix, write = WRITERS[writer]
    folder = tmp_path_factory.mktemp("a")
    found = turns(read(folder, f"a.{suffix}", write(said)))
    expected = [(s.name, s.words, s.start / 1000, s.end / 1000) for s in said]
    if writer == "whisper.cpp":  # names there are numbers
        found = [("", *t[1:]) for t in found]
        expected = [("", *t[1:]) for t in expected]
    assert found == expected
