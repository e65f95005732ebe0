"""Transcripts as files: encodings, sizes, paths, and what no transcript is."""

from __future__ import annotations

import codecs
import json
import time

import pytest
from build import timeline
from hypothesis import given, settings
from hypothesis import strategies as st
from transcript_reading import HEAD, noted, read, turns

from empathia.errors import TranscriptError, UsageError
from empathia.listen.transcript import read_transcript
from empathia.report.timeline import write
from empathia.tables import text as encodings

# Encodings

LINE = "speaker,text\nZoë,“don’t” – naïve café\n"


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (LINE.encode(), None),
        (codecs.BOM_UTF8 + LINE.encode(), None),
        (codecs.BOM_UTF16_LE + LINE.encode("utf-16-le"), None),
        (codecs.BOM_UTF16_BE + LINE.encode("utf-16-be"), None),
        (LINE.encode("utf-32"), None),
        (LINE.encode("cp1252"), "cp1252"),
        (
            "speaker,text\n".encode("utf-16-le") + "Zoë,“don’t” – naïve café".encode("utf-16-le"),
            "byte order mark",
        ),
    ],
    ids=["utf-8", "bom", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "utf-16 without bom"],
)
def test_encodings(tmp_path, data, note):
    transcript = read(tmp_path, "a.csv", data)
    assert turns(transcript)[0][:2] == ("Zoë", "“don’t” – naïve café")
    assert (transcript.notes == ()) if note is None else noted(transcript, note)


def test_lines_of_two_encodings_in_one_file(tmp_path):
    data = "speaker,text\nAnn,it’s\n".encode() + "Zoë,it’s\n".encode("cp1252")
    transcript = read(tmp_path, "a.csv", data)
    assert [t[:2] for t in turns(transcript)] == [("Ann", "it’s"), ("Zoë", "it’s")]
    assert noted(transcript, "1 line read as cp1252")


POLISH = "Ola: Zażółć gęślą jaźń\nŁukasz: świetnie, zdałem\n"


@pytest.mark.parametrize("codec", ["cp1250", "iso8859_2"])
def test_signs_within_words_tell_central_europe(tmp_path, codec):
    transcript = read(tmp_path, "a.txt", POLISH.encode(codec))
    assert turns(transcript)[0][:2] == ("Ola", "Zażółć gęślą jaźń")
    assert noted(transcript, f"read as {codec}: a guess")


@pytest.mark.parametrize("words", ["dijo¿qué? y ¡sí!", "l´amour £5 m³ don´t", "Größe ½l 1²a"])
def test_signs_beside_words_do_not(tmp_path, words):
    transcript = read(tmp_path, "a.txt", f"Zoë: {words}\n".encode("cp1252"))
    assert turns(transcript)[0][:2] == ("Zoë", words)
    assert noted(transcript, "read as cp1252")


@pytest.mark.parametrize("word", ["Grüß", "née", "naïveté", "Größe", "açaí"])
def test_a_single_word_in_cp1252(tmp_path, word):
    transcript = read(tmp_path, "a.csv", f"speaker,text\nA,{word} dich\n".encode("cp1252"))
    assert turns(transcript)[0][1] == f"{word} dich" and noted(transcript, "cp1252")


@pytest.mark.parametrize("codec", ["cp949", "cp1251"])
def test_other_encodings_are_a_guess_that_says_so(tmp_path, codec):
    words = {
        "cp949": "오늘은 정말 힘든 하루였지만 그래도 괜찮아요",
        "cp1251": "Сегодня был очень трудный день и всё хорошо",
    }[codec]
    transcript = read(tmp_path, "a.csv", f"speaker,text\nA,{words}\nB,{words}\n".encode(codec))
    assert turns(transcript)[1][1] == words
    assert noted(transcript, "guess")


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.srt", "a.vtt", "a.jsonl"])
@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b" \r\n\n"])
def test_empty_file(tmp_path, name, data):
    with pytest.raises(TranscriptError, match=f"{name}: the file is empty"):
        read(tmp_path, name, data)


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.srt", "a.vtt", "a.jsonl"])
@pytest.mark.parametrize(
    "data",
    [b"\x89PNG\r\n\x1a\n\x00\x00" + bytes(range(256)) * 9, bytes(range(1, 256)) * 9],
    ids=["png", "noise"],
)
def test_binary_file(tmp_path, name, data):
    with pytest.raises(TranscriptError, match="binary data, expected text"):
        read(tmp_path, name, data)


def test_null_bytes_name_their_line(tmp_path):
    data = b"speaker,text\n" + b"Ann,hello there\n" * 50 + b"Ann,a\x00b\n"
    with pytest.raises(TranscriptError, match="line 52: null bytes"):
        read(tmp_path, "a.csv", data)
    with pytest.raises(TranscriptError, match="line 2: null bytes"):
        read(tmp_path, "b.csv", codecs.BOM_UTF16_LE + "a,b\nA\x00,b".encode("utf-16-le"))


def test_cut_utf16(tmp_path):
    with pytest.raises(TranscriptError, match="starts as utf-16"):
        read(tmp_path, "a.txt", codecs.BOM_UTF16_LE + "Ann: hi".encode("utf-16-le")[:-1])


def test_control_characters_do_not_reach_the_words(tmp_path):
    transcript = read(tmp_path, "a.txt", "Ann: a\x1b[2Jb\x07 c\u2028d" + " word" * 99)
    assert (transcript.dialogue.utterances[0].text or "").startswith("a[2Jb c d word")


# Size and paths


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "jsonl", "txt", "srt", "vtt"])
def test_ten_thousand_turns_are_fast(tmp_path, suffix):
    def cue(i: int) -> str:
        at = f"{i // 3600:02d}:{i // 60 % 60:02d}:{i % 60:02d}"
        return f"{at},000 --> {at},900\nP{i % 3}: words 😀 number {i}\n\n"

    made = {
        "csv": HEAD + "".join(f"P{i % 3},words 😀 number {i},{i},{i + 1}\n" for i in range(10_000)),
        "jsonl": "".join(
            json.dumps({"speaker": "A", "text": f"words {i}", "start": i, "end": i + 1}) + "\n"
            for i in range(10_000)
        ),
        "txt": "".join(f"P{i % 3}: words 😀 number {i}\n" for i in range(10_000)),
        "srt": "".join(f"{i + 1}\n{cue(i)}" for i in range(10_000)),
        "vtt": "WEBVTT\n\n" + "".join(cue(i).replace(",", ".") for i in range(10_000)),
    }[suffix]
    before = time.process_time()
    transcript = read(tmp_path, f"a.{suffix}", made)
    # Below one second of work on an ordinary machine; the bound is for a loaded one.
    assert time.process_time() - before < 5
    assert len(transcript.dialogue.utterances) == 10_000 and transcript.notes == ()


def test_huge_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "LIMIT", 1000)
    with pytest.raises(TranscriptError, match="more than a text holds"):
        read(tmp_path, "a.txt", "Ann: hi\n" * 200)


def test_a_cell_that_is_no_turn_is_named(tmp_path):
    with pytest.raises(TranscriptError, match=r"line 3: a cell of more than 131072 characters"):
        read(tmp_path, "a.csv", f'speaker,text\nAnn,hi\nAnn,"{"word, " * 40_000}"\n')


@pytest.mark.parametrize("name", ["with space.txt", "대화 기록.txt", "line\nbreak.txt"])
def test_unusual_file_names(tmp_path, name):
    transcript = read(tmp_path, name, "Ann: hi\n")
    assert transcript.dialogue.id == name.removesuffix(".txt")
    with pytest.raises(TranscriptError) as caught:
        read(tmp_path, name, "")
    assert "\n" not in str(caught.value)


def test_wrong_paths(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UsageError, match=r"folder\.csv is a folder"):
        read_transcript(tmp_path / "folder.csv")
    with pytest.raises(UsageError, match="there is no file"):
        read_transcript(tmp_path / "none.csv")
    with pytest.raises(UsageError, match="there is no transcript format 'words'"):
        read(tmp_path, "talk.txt", "Ann: hi\n", "words")


@pytest.mark.parametrize(
    ("start", "what"),
    [(b"PK\x03\x04\x14\x00", "Word"), (b"%PDF-1.7\n", "PDF"), (b"{\\rtf1\\ansi hi}", "RTF")],
)
def test_documents_are_refused_with_what_to_do(tmp_path, start, what):
    with pytest.raises(TranscriptError, match=f"{what}.*Save it as plain text"):
        read(tmp_path, "talk.docx", start + b"Ann: hi\n" * 20)


def test_header_alone_is_no_transcript(tmp_path):
    with pytest.raises(TranscriptError, match="no turns found"):
        read(tmp_path, "a.csv", HEAD)


# What we write, we read


@pytest.mark.parametrize("suffix", [".csv", ".srt"])
def test_own_files_come_back(tmp_path, suffix):
    wanted = timeline(6, abstain=(1,), texts=("one, two", None, "three: four", "7"))
    transcript = read_transcript(write(wanted, tmp_path / f"a{suffix}"))
    for turn, back in zip(wanted.turns, transcript.dialogue.utterances, strict=True):
        assert (back.speaker, back.text) == (turn.utterance.speaker, turn.utterance.text)
        assert back.start == pytest.approx(turn.utterance.start, abs=6e-4)
        assert back.end == pytest.approx(turn.utterance.end, abs=6e-4)


@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=400), suffix=st.sampled_from(["csv", "jsonl", "txt", "srt", "vtt"]))
def test_any_bytes_give_a_dialogue_or_a_clear_error(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    path.write_bytes(data)
    try:
        transcript = read_transcript(path)
    except TranscriptError as error:
        assert error.remedy and "\n" not in str(error)
    else:
        assert transcript.dialogue.utterances


CHARACTERS = st.characters(exclude_categories=["Cs"])


@settings(max_examples=40, deadline=None)
@given(st.text(CHARACTERS, max_size=200), st.sampled_from(["csv", "jsonl", "txt", "srt", "vtt"]))
def test_any_text_gives_a_dialogue_or_a_clear_error(tmp_path_factory, text, suffix):
    head = {"csv": "speaker,text\n", "srt": "1\n0:01 --> 0:02\n", "vtt": "0:01 --> 0:02\n"}
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    path.write_text(head.get(suffix, "") + text, encoding="utf-8")
    try:
        transcript = read_transcript(path)
    except TranscriptError as error:
        assert error.remedy and "\n" not in str(error)
    else:
        for u in transcript.dialogue.utterances:
            assert u.speaker and (u.text is None or u.text == " ".join(u.text.split()))
