"""Transcripts in every form that people have: tables, lines, subtitles, and odd times."""

from __future__ import annotations

import json

import pytest
from transcript_reading import HEAD, noted, read, turns

from empathia.errors import TranscriptError

# Tables


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "names", [("speaker", "text"), ("NAME", "Words"), ("Speaker Name", "utterance")]
)
def test_csv_columns_are_found_by_name(tmp_path, delimiter, names):
    header = delimiter.join(["extra", *names, "End", "Start"])
    row = delimiter.join(["1", "Ann", "hello", "2.5", "0:01"])
    transcript = read(tmp_path, "a.csv", f"{header}\n{row}\n")
    assert turns(transcript) == [("Ann", "hello", 1.0, 2.5)]
    assert transcript.notes == ()
    assert transcript.dialogue.utterances[0].id == "t1"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("12", 12),
        ("12.5", 12.5),
        (".5", 0.5),
        ("12,5", 12.5),
        ("1:02.5", 62.5),
        ("0:16:16,059", 976.059),
        ("01:00:00.250", 3600.25),
        ("7 s", 7),
    ],
)
def test_times_in_every_spelling(tmp_path, written, seconds):
    transcript = read(tmp_path, "a.csv", f'{HEAD}Ann,hi,"{written}",9999\n')
    assert transcript.dialogue.utterances[0].start == pytest.approx(seconds)


def test_milliseconds_are_read_where_the_header_says_so(tmp_path):
    transcript = read(tmp_path, "a.csv", "speaker,text,start (ms),end_ms\nAnn,hi,1500,2250\n")
    assert turns(transcript) == [("Ann", "hi", 1.5, 2.25)]


def test_quoted_cells_hold_delimiters_quotes_and_line_breaks(tmp_path):
    transcript = read(tmp_path, "a.csv", HEAD + 'Ann,"well, ""yes""\nand no",0,1\r\nBen,ok,1,2\r\n')
    assert turns(transcript) == [("Ann", 'well, "yes" and no', 0, 1), ("Ben", "ok", 1, 2)]


def test_tab_separated_text_may_hold_loose_quotation_marks(tmp_path):
    transcript = read(tmp_path, "a.tsv", 'speaker\ttext\nAnn\t"Go," she said\nBen\t"No\n')
    assert [u.text for u in transcript.dialogue.utterances] == ['"Go," she said', '"No']


@pytest.mark.parametrize("form", ["**{}:** {}", "**{}**: {}", "*{}:* {}", "***{}***: {}"])
def test_bold_names_may_hold_underscores(tmp_path, form):
    said = [("SPEAKER_00", "hello"), ("SPEAKER_01", "you"), ("Ann", "3 * 4 * 5")]
    text = "".join(form.format(*x) + "\n" for x in said)
    assert [t[:2] for t in turns(read(tmp_path, "a.txt", text))] == said


def test_ids_behind_padded_empty_lines_are_no_words(tmp_path):
    text = "WEBVTT\n\nc1\n00:00.000 --> 00:01.000  \n<v Ann>hello  \n  \nc2\n"
    transcript = read(tmp_path, "a.vtt", f"{text}00:01.000 --> 00:02.000\n<v Ben>you\n")
    assert [t[:2] for t in turns(transcript)] == [("Ann", "hello"), ("Ben", "you")]


def test_excel_separator_line_is_no_header(tmp_path):
    assert turns(read(tmp_path, "a.csv", "sep=;\nspeaker;text\nAnn;hi\n"))[0][:2] == ("Ann", "hi")


def test_table_like_meld(tmp_path):
    table = (
        "Sr No.,Utterance,Speaker,Emotion,Dialogue_ID,Utterance_ID,StartTime,EndTime\n"
        '1,Where were you?,Ann,anger,0,0,"0:16:16,059","0:16:21,731"\n'
        '2,On the train.,Ben,neutral,0,1,"0:16:21,940","0:16:23,442"\n'
    )
    transcript = read(tmp_path, "a.csv", table)
    assert turns(transcript)[1] == ("Ben", "On the train.", 981.94, 983.442)
    assert [u.id for u in transcript.dialogue.utterances] == ["0:1", "0:2"]
    assert all(u.gold == () for u in transcript.dialogue.utterances)


def test_dialogues_without_a_common_clock_lose_their_times_and_a_note_says_so(tmp_path):
    rows = "dialogue,speaker,text,start,end\na,Ann,one,5,6\nb,Ben,two,1,2\n"
    transcript = read(tmp_path, "a.csv", rows)
    assert turns(transcript) == [("Ann", "one", None, None), ("Ben", "two", None, None)]
    assert noted(transcript, "2 dialogues") and noted(transcript, "clock")
    following = read(tmp_path, "b.csv", rows.replace("1,2", "7,8"))
    assert turns(following)[1] == ("Ben", "two", 7, 8)


def test_missing_column_names_file_line_columns_and_remedy(tmp_path):
    with pytest.raises(TranscriptError) as caught:
        read(tmp_path, "a.csv", "\n\nwho knows,what\n1,2\n")
    said = str(caught.value)
    assert "a.csv, line 3" in said and "a column 'text'" in said
    assert "'who knows', 'what'" in said and "Name the columns" in said


def test_bad_time_names_its_line(tmp_path):
    with pytest.raises(TranscriptError, match=r"line 3.*'start'.*soon"):
        read(tmp_path, "a.csv", HEAD + "Ann,hi,1,2\nBen,ho,soon,3\n")


@pytest.mark.parametrize("nothing", ["", "NaN", "n/a", "-", "None"])
def test_a_time_that_is_not_known_is_none(tmp_path, nothing):
    transcript = read(tmp_path, "a.csv", f"{HEAD}Ann,hi,{nothing},{nothing}\n")
    assert turns(transcript) == [("Ann", "hi", None, None)]


def test_too_many_cells_are_not_cut_off(tmp_path):
    with pytest.raises(TranscriptError, match=r"line 2: 3 cells under 2 columns.*quotation"):
        read(tmp_path, "a.csv", "speaker,text\nAnn,well, yes\n")


def test_a_quotation_mark_that_never_ends_swallows_nothing(tmp_path):
    with pytest.raises(TranscriptError, match=r"line 3: quotation marks do not pair"):
        read(tmp_path, "a.csv", 'speaker,text\nAnn,ok\nBen,"one, two\nAnn,three\n')


def test_jsonl(tmp_path):
    lines = [
        {"Speaker": "Ann", "utterance": "hi 😀", "start": 0, "end": 1.5},
        {"speaker": None, "text": None},
    ]
    keys = read(tmp_path, "a.jsonl", '{"Name": "Ann", "Text": "hi", "start": 1, "end": NaN}\n\n')
    assert turns(keys) == [("Ann", "hi", 1, 1)]
    with pytest.raises(TranscriptError, match=r"line 2: expected a JSON object.*list"):
        read(tmp_path, "b.jsonl", '{"speaker": "Ann", "text": "a"}\n[1]\n')
    with pytest.raises(TranscriptError, match=r"line 1: expected a JSON object"):
        read(tmp_path, "c.jsonl", "hello\n")
    with pytest.raises(TranscriptError, match=r"found 'Speaker'"):
        read(tmp_path, "d.jsonl", json.dumps({"Speaker": "Ann"}))
    with pytest.raises(TranscriptError, match=r"expected words in 'text', found a list"):
        read(tmp_path, "e.jsonl", json.dumps({"speaker": "Ann", "text": ["a"]}))
    assert turns(read(tmp_path, "f.jsonl", json.dumps(lines[0])))[0][1] == "hi 😀"


def test_lone_surrogates_do_not_get_in(tmp_path):
    transcript = read(tmp_path, "a.jsonl", '{"speaker": "A\\ud800", "text": "x\\udc00y"}')
    for text in turns(transcript)[0][:2]:
        assert text is not None and text.encode("utf-8")


# Lines


def test_txt_names_continuations_and_colons(tmp_path):
    text = (
        "once upon a time\n\n"
        "Ann: I told him: go\nand he went at 10:30\n"
        "Dr. Kim (host):  so\n"
        "안나：안녕\n"
        "see http://example.org: it is there\n"
        "Ben:\n"
    )
    transcript = read(tmp_path, "a.txt", text)
    assert [t[:2] for t in turns(transcript)] == [
        ("Speaker", "once upon a time"),
        ("Ann", "I told him: go and he went at 10:30"),
        ("Dr. Kim (host)", "so"),
        ("안나", "안녕 see http://example.org: it is there"),
        ("Ben", None),
    ]
    assert noted(transcript, "no words in 1 of 5 turns (line 8)")


def test_txt_without_names_is_one_speaker_a_turn_a_line(tmp_path):
    transcript = read(tmp_path, "a.txt", "one\n\ntwo\n")
    assert [t[:2] for t in turns(transcript)] == [("Speaker", "one"), ("Speaker", "two")]


def test_txt_times_at_the_start_of_lines(tmp_path):
    transcript = read(tmp_path, "a.txt", "[0:02] Ann: hi\n(0:05 - 0:07) Ben: ho\n0:09 Ann: he\n")
    assert turns(transcript) == [("Ann", "hi", 2, 5), ("Ben", "ho", 5, 7), ("Ann", "he", 9, 9)]
    assert noted(transcript, "end where the next one begins")


def test_srt_speakers_tags_numbers_and_blank_lines(tmp_path):
    text = (
        "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Ann: hi</i>\r\n\r\n"
        "2\r\n00:00:03,000 --> 00:00:04,000\r\n- Ben: what\r\n- Ann: no\r\n\r\n"
        "3\r\n00:00:05,000 --> 00:00:06,000\r\n{\\an8}42\r\n\r\n"
        "4\r\n00:00:07,000 --> 00:00:08,000\r\n\r\n"
        "5\r\n00:00:09,000 --> 00:00:10,000\r\n99"
    )
    transcript = read(tmp_path, "a.srt", text)
    assert turns(transcript) == [
        ("Ann", "hi", 1, 2.5),
        ("Ben", "what", 3, 4),
        ("Ann", "no", 3, 4),
        ("Ann", "42", 5, 6),
        ("Ann", None, 7, 8),
        ("Ann", "99", 9, 10),
    ]
    assert noted(transcript, "the speaker before them")


def test_vtt_voices_notes_entities_and_settings(tmp_path):
    text = (
        "WEBVTT - talk\n\nNOTE nothing\nto see\n\nSTYLE\n::cue { color: red }\n\n"
        "intro\n00:01.000 --> 00:02.000 align:start\n<v Ann>Salt &amp; <c.loud>pepper</c>\n\n"
        "2\n00:03.000 --> 00:04.000\n<v.loud Ben>one <00:03.500>two <v Ann>three\n\n"
        "00:05.000 --> 00:06.000\n7\n\n3\n00:07.000 --> 00:08.000\nBen: four\n"
    )
    assert turns(read(tmp_path, "a.vtt", text)) == [
        ("Ann", "Salt & pepper", 1, 2),
        ("Ben", "one two", 3, 4),
        ("Ann", "three", 3, 4),
        ("Ann", "7", 5, 6),
        ("Ben", "four", 7, 8),
    ]


def test_subtitles_without_cues(tmp_path):
    with pytest.raises(TranscriptError, match="expected cues with times"):
        read(tmp_path, "a.srt", "Ann: hi\n")
    with pytest.raises(TranscriptError, match=r"line 2: expected a time, found 'x'"):
        read(tmp_path, "b.srt", "1\nx --> 00:00:01,000\nhi\n")


# Times


def test_overlapping_times_stay(tmp_path):
    transcript = read(tmp_path, "a.csv", HEAD + "Ann,one,0,5\nBen,two,1,2\nAnn,three,1,9\n")
    assert [t[2:] for t in turns(transcript)] == [(0, 5), (1, 2), (1, 9)] and transcript.notes == ()


def test_reversed_times_are_dropped_with_a_note_and_the_turn_keeps_its_place(tmp_path):
    transcript = read(tmp_path, "a.csv", HEAD + "Ann,one,0,1\nBen,two,4,2\nAnn,three,5,6\n")
    assert turns(transcript)[1] == ("Ben", "two", None, None)
    assert noted(transcript, "(line 3)") and noted(transcript, "1 of 3 turns have no times")


def test_turns_come_in_the_order_of_time(tmp_path):
    transcript = read(tmp_path, "a.csv", HEAD + "Ann,late,5,6\nBen,early,1,2\n")
    assert [u.text for u in transcript.dialogue.utterances] == ["early", "late"]
    assert [u.index for u in transcript.dialogue.utterances] == [0, 1]
    assert noted(transcript, "order of their starts")


def test_an_end_without_a_start_is_left_out(tmp_path):
    transcript = read(tmp_path, "a.csv", HEAD + "Ann,one,,3\nBen,two,4,5\n")
    assert turns(transcript)[0] == ("Ann", "one", None, None)
    assert noted(transcript, "ends without a start")


def test_empty_turn_and_empty_speaker_are_kept(tmp_path):
    transcript = read(tmp_path, "a.csv", HEAD + 'Ann,"  ",0,1\n,two,1,2\n')
    assert turns(transcript) == [("Ann", None, 0, 1), ("Speaker", "two", 1, 2)]
    assert noted(transcript, "no words in 1 of 2") and noted(transcript, "'Speaker'")
