"""How people and programs write down who speaks, when and what, one kind a test."""

from __future__ import annotations

import contextlib
import time

import pytest
from transcript_reading import noted, read, turns

from empathia.errors import TranscriptError


def said(transcript):
    return [(speaker, text) for speaker, text, _, _ in turns(transcript)]


HAPPY = [("Ann", "I am so happy."), ("Ben", "I am furious!"), ("Ann", "What?")]


# Names


@pytest.mark.parametrize(
    "line",
    [
        "{}: {}",
        "{}： {}",
        "{} : {}",
        "[{}]: {}",
        "[{}] {}",
        "({}) {}",
        "({}): {}",
        "**{}:** {}",
        "**{}**: {}",
        "__{}:__ {}",
        "@{}: {}",
        "- {}: {}",
        "* {}: {}",
        "• {}: {}",
        ">> {}: {}",
        "\u200f{}: {}",
        "\u202b{}: {}\u202c",
        "{}\t{}",
        "{} - {}",
        "{}?: {}",
    ],
)
@pytest.mark.parametrize("form", ["txt", "srt"])
def test_a_name_is_told_however_it_is_marked(tmp_path, line, form):
    lines = [line.format(*turn) for turn in HAPPY]
    if form == "srt":
        cues = [f"{i}\n00:00:0{i},000 --> 00:00:0{i},900\n{x}\n" for i, x in enumerate(lines, 1)]
        lines = cues
    assert said(read(tmp_path, f"a.{form}", "\n".join(lines) + "\n")) == HAPPY


def test_names_in_angles_as_in_irc(tmp_path):
    assert said(read(tmp_path, "a.txt", "<Ann> hi\n<ben_2> ho\n")) == [
        ("Ann", "hi"),
        ("ben_2", "ho"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "SPEAKER_00",
        "speaker 1",
        "Speaker A",
        "S1",
        "화자 1",
        "😀 Ann",
        "Zoë 🦊",
        "Maria del Carmen Garcia Lopez",
        "Ludwig van Beethoven",
        "Dr. Kim (host)",
        "Participant #2",
        "O'Neil-Smith",
        "דנה",
        "안나",
        "Q",
    ],
)
def test_names_of_many_kinds(tmp_path, name):
    text = f"{name}: I am so happy.\nBen: I am furious!\n{name}: What?\n"
    assert said(read(tmp_path, "a.txt", text)) == [
        (name, "I am so happy."),
        ("Ben", "I am furious!"),
        (name, "What?"),
    ]


@pytest.mark.parametrize("mark", ["[{}]: hi", "[{}] hi", "({}) hi", "{}: hi"])
def test_speakers_that_a_program_numbered_need_no_second_line(tmp_path, mark):
    text = f"well\n\n{mark.format('SPEAKER_00')}\nand then\nmore\neven more\n"
    assert said(read(tmp_path, "a.txt", text))[1][0] == "SPEAKER_00"


@pytest.mark.parametrize(
    "text",
    [
        "(laughs) Hello.\n(sighs) Hi.\n",
        "[MUSIC PLAYING] Hello.\n[APPLAUSE] Hi.\n",
        "The thing is this: I am sad\nand I like one thing: pizza\n",
        "I said: no\nhe said: yes\n",
        "12:30: lunch\n13:00: nap\n",
        "see https://example.org for more\nsee http://example.org too\n",
    ],
)
def test_words_before_colons_and_in_brackets_are_no_names(tmp_path, text):
    transcript = read(tmp_path, "a.txt", text)
    assert [t for _, t in said(transcript)] == text.splitlines()
    assert noted(transcript, "nobody is named") or {s for s, _ in said(transcript)} == {"Speaker"}


def test_a_name_with_a_comma_counts_where_it_comes_back(tmp_path):
    text = "Lee, Ann: hi\nBen: so\nLee, Ann: yes\n"
    assert said(read(tmp_path, "a.txt", text))[2] == ("Lee, Ann", "yes")
    once = read(tmp_path, "b.txt", "Well, Ann: hi\nBen: so\n")
    assert said(once)[0] == ("Speaker", "Well, Ann: hi")


def test_a_line_that_may_begin_with_a_name_is_noted(tmp_path):
    text = "Ben: hi\nProfessor emeritus Hans Peter Schmidt: hello\nBen: oh\n"
    transcript = read(tmp_path, "a.txt", text)
    assert said(transcript)[0] == ("Ben", "hi Professor emeritus Hans Peter Schmidt: hello")
    assert noted(transcript, "not for a name (line 2)")


def test_chevrons_mean_another_speaker(tmp_path):
    two = read(tmp_path, "a.txt", ">> ANN: hi\n>> BEN: so\n>> I hate it.\n")
    assert said(two)[2] == ("ANN", "I hate it.") and noted(two, "not who (line 3)")
    three = read(tmp_path, "b.txt", ">> ANN: hi\n>> BEN: so\n>> EVE: hm\n>> I hate it.\n")
    assert said(three)[3] == ("Speaker", "I hate it.")


def test_people_in_one_cue_speak_one_after_the_other(tmp_path):
    cues = "1\n00:00:00,000 --> 00:00:04,000\n- I am so happy!\n- I am furious.\n\n"
    cues += "2\n00:00:05,000 --> 00:00:06,000\n- Why?\n"
    first, second, third = turns(read(tmp_path, "a.srt", cues))
    assert (first[:3], second[1], second[3]) == (
        ("Speaker 1", "I am so happy!", 0.0),
        "I am furious.",
        4.0,
    )
    assert first[0] != second[0] and first[3] == second[2] and 1.5 < second[2] < 2.5
    assert third[1] == "Why?"


# Times


def test_ends_come_from_durations(tmp_path):
    transcript = read(tmp_path, "a.csv", "speaker,start,duration,text\nAnn,0.5,2,hi\nBen,30,1,ho\n")
    assert turns(transcript) == [("Ann", "hi", 0.5, 2.5), ("Ben", "ho", 30, 31)]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("start (ms)", "end (ms)"),
        ("start_ms", "end_ms"),
        ("startMs", "endMs"),
        ("Begin Time - msec", "End Time - msec"),
        ("start [milliseconds]", "end [milliseconds]"),
    ],
)
def test_milliseconds_that_the_header_names(tmp_path, start, end):
    transcript = read(tmp_path, "a.csv", f"speaker,{start},{end},text\nAnn,500,2000,hi\n")
    assert turns(transcript) == [("Ann", "hi", 0.5, 2.0)]


def test_whole_numbers_are_milliseconds_where_nothing_else_can_be(tmp_path):
    table = "start\tend\ttext\n0\t2500\tI am so happy that you came.\n2500\t5100\tI am furious.\n"
    transcript = read(tmp_path, "a.tsv", table)
    assert [t[2:] for t in turns(transcript)] == [(0, 2.5), (2.5, 5.1)]
    assert noted(transcript, "milliseconds")
    slow = "start,end,text\n0,20,I am so happy that you came.\n20,60,I am furious.\n"
    assert [t[2:] for t in turns(read(tmp_path, "b.csv", slow))] == [(0, 20), (20, 60)]


def test_the_recording_tells_milliseconds_and_refuses_what_is_behind_it(tmp_path):
    from empathia.listen.transcript import read_transcript

    path = tmp_path / "a.csv"
    path.write_text("speaker,start,end,text\nAnn,0,2500,hello there\nBen,2500,5000,I see you\n")
    assert [u.end for u in read_transcript(path, duration=6.0).dialogue.utterances] == [2.5, 5.0]
    path.write_text("speaker,start,end,text\nAnn,0,2.5,hi\nBen,3,9,ho\nAnn,50,51,so\n")
    notes = read_transcript(path, duration=6.0).notes
    assert any("1 turn of the transcript start after" in n for n in notes)
    assert any("1 turn end after the recording's end (line 3)" in n for n in notes)
    path.write_text("speaker,start,end,text\nAnn,70,72.5,hi\nBen,73.5,79,ho\nAnn,1,2,so\n")
    with pytest.raises(TranscriptError, match="2 of 3 turns start behind the end of the recording"):
        read_transcript(path, duration=6.0)


def test_calendar_times_count_from_the_earliest(tmp_path):
    table = "speaker,start,end,text\nAnn,2024-05-01T10:00:00+02:00,2024-05-01T10:00:02+02:00,hi\n"
    table += "Ben,2024-05-01T08:00:03Z,2024-05-01T08:00:04.5Z,ho\n"
    assert [t[2:] for t in turns(read(tmp_path, "a.csv", table))] == [(0, 2), (3, 4.5)]
    deltas = "speaker,start,end,text\nAnn,0 days 00:00:00.500000,0 days 00:00:02,hi\n"
    assert turns(read(tmp_path, "b.csv", deltas))[0][2:] == (0.5, 2)


def test_a_duration_alone_is_no_time(tmp_path):
    transcript = read(tmp_path, "a.csv", "speaker,duration,text\nAnn,2,hi\n")
    assert turns(transcript) == [("Ann", "hi", None, None)]


def test_a_column_called_time_that_holds_none_is_left_out(tmp_path):
    transcript = read(tmp_path, "a.csv", "time,name,text\nmorning,Ann,hi\nevening,Ben,ho\n")
    assert turns(transcript) == [("Ann", "hi", None, None), ("Ben", "ho", None, None)]


# Tables


def test_a_table_without_speakers(tmp_path):
    transcript = read(tmp_path, "a.csv", "start,end,text\n0,2.5,hi\n2.5,4,ho\n")
    assert turns(transcript) == [("Speaker", "hi", 0, 2.5), ("Speaker", "ho", 2.5, 4)]
    assert noted(transcript, "nobody is named")


def test_excels_habits(tmp_path):
    table = "sep=;\r\nInterview 3;;;;\r\n;;;;\r\nSprecher;Text;Beginn;Ende;\r\n"
    table += 'Ann;"froh; sehr";0,5;2,25;\r\nBen;wütend;3,0;4,5;\r\n;;;;\r\n;;;;\r\n'
    for codec in ("utf-8-sig", "cp1252", "utf-16"):
        transcript = read(tmp_path, "a.csv", table.encode(codec))
        assert turns(transcript) == [("Ann", "froh; sehr", 0.5, 2.25), ("Ben", "wütend", 3, 4.5)]


def test_a_spreadsheet(tmp_path):
    from spreadsheets import xlsx

    path = tmp_path / "a.xlsx"
    rows = [["Speaker", "Text", "Start", "End"], ["Ann", "hi", 0.5, 2], ["Ben", "ho", 2.5, 4]]
    path.write_bytes(xlsx({"Talk": rows, "Notes": [["x"]]}))
    transcript = read(tmp_path, "a.xlsx", path.read_bytes())
    assert turns(transcript) == [("Ann", "hi", 0.5, 2), ("Ben", "ho", 2.5, 4)]
    assert noted(transcript, "sheet 'Talk' was read, not Notes")
    with pytest.raises(TranscriptError, match="no readable spreadsheet"):
        read(tmp_path, "b.xlsx", path.read_bytes()[:200])


def test_a_row_that_names_a_column_is_no_header_below_full_rows(tmp_path):
    with pytest.raises(TranscriptError, match="'Utt', 'Emotion'"):
        read(tmp_path, "a.csv", "Utt,Emotion\nhello,sad\ntext,glad\nx,sad\n")


def test_programs_words_for_nothing_are_no_words(tmp_path):
    transcript = read(tmp_path, "a.csv", "speaker,text\nAnn,nan\nNA,null\nBen,none of it\n")
    assert said(transcript) == [("Ann", None), ("Speaker", None), ("Ben", "none of it")]
    assert noted(transcript, "are no words (lines 2, 3)")


def test_two_columns_of_one_name(tmp_path):
    transcript = read(tmp_path, "a.csv", "speaker,text,text,note,note\nAnn,hi,ho,1,2\n")
    assert said(transcript) == [("Ann", "hi")] and noted(transcript, "two columns 'text'")


# Chats


WHATSAPP = """\
31/12/2021, 22:15 - Messages and calls are end-to-end encrypted.
31/12/2021, 22:15 - Ann Lee: I am so happy!
31/12/2021, 22:16 - Ben: I am furious: really
and I mean it
31/12/2021, 22:17 - Ann Lee: <Media omitted>
31/12/2021, 22:18 - Ann Lee added Eve
01/01/2022, 09:02 - Ben: Sorry <This message was edited>
"""


def test_whatsapp(tmp_path):
    transcript = read(tmp_path, "chat.txt", WHATSAPP)
    assert turns(transcript) == [
        ("Ann Lee", "I am so happy!", 0, 0),
        ("Ben", "I am furious: really and I mean it", 60, 60),
        ("Ben", "Sorry", 38820, 38820),
    ]
    assert noted(
        transcript, "read as a WhatsApp export, 2 system lines and 1 wordless message left out"
    )


@pytest.mark.parametrize(
    ("lines", "app"),
    [
        (("12/31/21, 10:15\u202fPM - Ann: hi", "12/31/21, 10:16\u202fPM - Ben: ho"), "WhatsApp"),
        (("\u200e[31.12.21, 22:15:00] Ann: hi", "[31.12.21, 22:16:00] Ben: ho"), "WhatsApp"),
        (("1/2/21, 22:15 - Ann: hi", "1/2/21, 22:16 - Ben: ho"), "WhatsApp"),
        (("2024-05-01 10:15:03 Ann: hi", "2024-05-01 10:16:03 Ben: ho"), "days and times"),
        (("[2024-05-01 10:15:03] Ann: hi", "[2024-05-01 10:16:03] Ben: ho"), "days and times"),
        (("2024-05-01T10:15:03Z <Ann> hi", "2024-05-01T10:16:03Z <Ben> ho"), "days and times"),
        (("2024년 5월 1일 오후 3:15, Ann : hi", "2024년 5월 1일 오후 3:16, Ben : ho"), "Kakao"),
        (
            ("--- 2024년 5월 1일 수요일 ---", "[Ann] [오후 3:15] hi", "[Ben] [오후 3:16] ho"),
            "Kakao",
        ),
        (("2024/05/01(Wed)", "10:15\tAnn\thi", "10:16\tBen\tho"), "LINE"),
        (("10:15:03\t From  Ann : hi", "10:16:03\t From Ben to Everyone:\tho"), "Zoom"),
    ],
)
def test_chats_of_many_apps(tmp_path, lines, app):
    transcript = read(tmp_path, "a.txt", "\n".join(lines) + "\n")
    assert turns(transcript) == [("Ann", "hi", 0, 0), ("Ben", "ho", 60, 60)]
    assert noted(transcript, app)


def test_the_order_of_day_and_month_is_the_one_in_which_time_goes_on(tmp_path):
    lines = [f"{m}/{d}/21, 22:15 - Ann: hi" for m, d in ((1, 9), (1, 10), (2, 3))]
    times = [t[2] for t in turns(read(tmp_path, "a.txt", "\n".join(lines)))]
    assert times == [0, 86400, 25 * 86400]


@pytest.mark.parametrize(
    "words",
    [
        "image omitted",
        "IMG-1.jpg (file attached)",
        "<Anhang: 1.opus>",
        "사진",
        "null",
        "This message was deleted",
    ],
)
def test_media_are_no_words(tmp_path, words):
    text = f"31.12.21, 22:15 - Ann: hi\n31.12.21, 22:16 - Ben: {words}\n"
    assert said(read(tmp_path, "a.txt", text)) == [("Ann", "hi")]


# Headings


@pytest.mark.parametrize(
    "heading",
    [
        "{}  {}",
        "{} ({}):",
        "{} ({})",
        "{} [{}]",
        "[{}] {}",
        "{} | {}",
        "{}, {}",
        "{} — {}",
    ],
)
def test_speakers_on_lines_of_their_own(tmp_path, heading):
    first, second = heading.format("Ann Lee", "0:03"), heading.format("Speaker 2", "0:09")
    text = f"Weekly meeting\n\n{first}\nI am so\nhappy.\n\n{second}\nI am sad.\n\n"
    transcript = read(tmp_path, "a.txt", text + "Transcribed by https://otter.ai\n")
    assert turns(transcript)[0] == ("Ann Lee", "I am so happy.", 3, 9)
    assert turns(transcript)[1][:3] == ("Speaker 2", "I am sad.", 9)
    assert noted(transcript, "above the first speaker: line 1")
    assert noted(transcript, "left out at the end")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Ann Lee  10:15 AM", "Ben  10:16 AM"),
        ("Ann Lee, [01.05.2024 10:15]", "Ben, [01.05.2024 10:16]"),
        ("Ann Lee — Today at 10:15 AM", "Ben — Today at 10:16 AM"),
        ("Ann Lee — 05/01/2024 10:15 AM", "Ben — 05/01/2024 10:16 AM"),
    ],
)
def test_headings_with_the_time_of_day(tmp_path, first, second):
    transcript = read(tmp_path, "a.txt", f"{first}\nI am happy.\n{second}\nI am sad.\n")
    assert turns(transcript) == [("Ann Lee", "I am happy.", 0, 0), ("Ben", "I am sad.", 60, 60)]


def test_cues_that_begin_with_a_name(tmp_path):
    text = "0:0:0.0 --> 0:0:2.130\nAnn Lee\nI am so happy.\n0:0:2.5 --> 0:0:4.0\nBen Ray\nNo.\n"
    transcript = read(tmp_path, "a.txt", text)
    assert turns(transcript) == [
        ("Ann Lee", "I am so happy.", 0, 2.13),
        ("Ben Ray", "No.", 2.5, 4),
    ]


# Captions


ROLLING = """\
WEBVTT
Kind: captions

00:00:00.160 --> 00:00:02.470 align:start
\x20
I<00:00:00.400><c> am</c><00:00:00.700><c> so</c>

00:00:02.470 --> 00:00:02.480
I am so
\x20

00:00:02.480 --> 00:00:04.950
I am so
happy<00:00:02.700><c> today.</c>

00:00:04.950 --> 00:00:04.960
happy today.
\x20

00:00:04.960 --> 00:00:07.000
happy today.
And<00:00:05.100><c> you?</c>
"""


def test_rolling_captions_say_each_word_once(tmp_path):
    transcript = read(tmp_path, "a.vtt", ROLLING)
    assert [t[1:] for t in turns(transcript)] == [
        ("I am so happy today.", 0.16, 4.95),
        ("And you?", 4.96, 7.0),
    ]
    assert noted(transcript, "rolling captions")


def test_a_word_that_is_said_twice_stays_twice(tmp_path):
    words = ["No!", "Fine.", "Fine.", "Fine."]
    cues = [f"00:0{i}.000 --> 00:0{i}.900\n{w}\n" for i, w in enumerate(words)]
    assert len(turns(read(tmp_path, "a.vtt", "WEBVTT\n\n" + "\n".join(cues)))) == 4


@pytest.mark.parametrize("arrow", ["-->", "->", "→"])
def test_arrows_between_times_and_between_words(tmp_path, arrow):
    text = f"1\n00: 00: 01,000 {arrow} 00: 00: 02,500\nFile --> Open {arrow} smile\n"
    assert turns(read(tmp_path, "a.srt", text)) == [
        ("Speaker", f"File --> Open {arrow} smile", 1.0, 2.5)
    ]


@pytest.mark.parametrize(
    "part", ["[", "(a", "<v ", "0", " ", "A\n", "Ann ", "x: ", "00:00 --> ", "\t"]
)
@pytest.mark.parametrize(
    "head",
    [
        "",
        "Ann: ",
        "WEBVTT A\n\n00:00.000 --> 00:01.000\n",
        "Ann  0:03\n",
        "1/12/2021, 22:15 - Ann: hi\nAnn",
    ],
)
@pytest.mark.parametrize("tail", ["", "Ben: hi\n"])
def test_no_line_takes_longer_than_its_length(tmp_path, head, part, tail):
    content = head + part * (50_000 // len(part)) + tail
    before = time.process_time()
    with contextlib.suppress(TranscriptError):
        read(tmp_path, "a.txt", content)
    assert time.process_time() - before < 1.5  # quadratic work would take ten


def test_what_a_file_holds_counts_more_than_its_name(tmp_path):
    transcript = read(tmp_path, "a.csv", "1\n00:00:00,000 --> 00:00:02,000\nAnn: hi\n")
    assert turns(transcript) == [("Ann", "hi", 0, 2)] and noted(transcript, "read as subtitles")
    table = read(tmp_path, "b.txt", "speaker,text\nAnn,hi\n")
    assert said(table) == [("Ann", "hi")] and noted(table, "read as a table")
    lines = read(tmp_path, "c.txt", "speaker,text\nAnn,hi\n", "lines")
    assert said(lines) == [("Speaker", "speaker,text"), ("Speaker", "Ann,hi")]
