"""What tools really write, and what must not be made of it: one whole file a case."""

from __future__ import annotations

import pytest
from transcript_reading import noted, read, turns


def said(transcript):
    return [(speaker, text) for speaker, text, _, _ in turns(transcript)]


PAIR = [("Ann", "I passed."), ("Ben", "Great.")]
TIMED = [("Ann", "I passed.", 3.0), ("Ben", "Great.", 9.0)]
NOBODY = [("Speaker", "i passed", 0.0), ("Speaker", "great that is", 3.0)]


# A line that ends in a time is no heading; a heading is set as the others are.


@pytest.mark.parametrize(
    "above", ["Duration: 32:10", "Start 10:30", "Interview Berlin, 14:05", "Length (12:30)"]
)
def test_a_time_above_the_talk_heads_nothing(tmp_path, above):
    text = f"{above}\nAnn: I passed.\nBen: Great.\nAnn: Thanks.\n"
    assert said(read(tmp_path, "a.txt", text))[-3:] == [*PAIR, ("Ann", "Thanks.")]


@pytest.mark.parametrize("reply", ["Monday 5:30", "About 5:30", "at 5:30", "Hotel Adlon 5:30 pm"])
def test_words_that_end_in_a_time_stay_words(tmp_path, reply):
    lines = f"Ann: When?\nBen: Monday\n{reply}\nAnn: ok\n"
    assert said(read(tmp_path, "a.txt", lines))[1] == ("Ben", f"Monday {reply}")
    blocks = "".join(f"{n}  0:0{i}\nSo it is.\n{reply}\n\n" for i, n in enumerate(["Ann", "Ben"]))
    assert said(read(tmp_path, "b.txt", blocks)) == [
        ("Ann", f"So it is. {reply}"),
        ("Ben", f"So it is. {reply}"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Lee, Bob",
        "ben smith",
        "Maria de los Santos Cruz Perez",
        "+49 170 123****",
        "Kim M.D.",
        "Ben (External)",
        "😀 Bo",
        "user_7",
    ],
)
def test_wide_headings_are_sure_whoever_speaks(tmp_path, name):
    text = f"Ann Lee   0:03\nI passed.\n\n{name}   0:09\nGreat.\n\nAnn Lee   0:12\nBye\n"
    assert said(read(tmp_path, "a.txt", text)) == [
        ("Ann Lee", "I passed."),
        (name, "Great."),
        ("Ann Lee", "Bye"),
    ]


def test_what_a_tool_writes_around_the_talk_is_left_out(tmp_path):
    head = "Weekly meeting\nMon, Jan 5\n\nSUMMARY KEYWORDS\nexam, passing, joy\n\n"
    head += "SPEAKERS\nAnn Lee, Ben\n\nTRANSCRIPT\nof 2 people\n\n"
    blocks = "Ann Lee  00:03\nI passed.\n\nBen  00:09\nGreat.\n\nAnn Lee stopped transcription\n"
    transcript = read(tmp_path, "a.txt", head + blocks)
    assert said(transcript) == [("Ann Lee", "I passed."), ("Ben", "Great.")]
    assert noted(transcript, "above the first speaker") and noted(transcript, "at the end")


def test_console_output_of_whisper_loses_no_words(tmp_path):
    text = (
        "[00:00.000 --> 00:02.000]  so we\n[00:02.000 --> 00:04.000]  went to\n"
        "[00:04.000 --> 00:06.000]  Berlin\n[00:06.000 --> 00:08.000]  and stayed.\n"
    )
    transcript = read(tmp_path, "a.txt", text)
    assert [t[1:3] for t in turns(transcript)] == [
        ("so we", 0),
        ("went to", 2),
        ("Berlin", 4),
        ("and stayed.", 6),
    ]
    assert noted(transcript, "nobody is named")


# Times on lines of their own


@pytest.mark.parametrize(
    "text",
    [
        "00:00:03\nAnn: I passed.\n00:00:09\nBen: Great.\n",
        "[00:00:03]\nAnn: I passed.\n[00:00:09]\nBen: Great.\n",
        "00:00:03 - 00:00:05\nAnn: I passed.\n00:00:09 - 00:00:10\nBen: Great.\n",
        "Ann\n00:03\nI passed.\nBen\n00:09\nGreat.\n",
        "Ann\n0 minutes 3 seconds\n0:03\nAnn 0 minutes 3 seconds\nI passed.\n"
        "Ben\n0 minutes 9 seconds\n0:09\nBen 0 minutes 9 seconds\nGreat.\n",
        "Ann [00:03]\nI passed.\n\nBen [00:09]\nGreat.\n",
        "**Ann** [00:03]\nI passed.\n\n**Ben** [00:09]\nGreat.\n",
        "Ann: (00:03)\nI passed.\n\nBen: (00:09)\nGreat.\n",
        "[00:00:03.00] - Ann\nI passed.\n\n[00:00:09.00] - Ben\nGreat.\n",
        "Ann: [00:00:03] I passed.\nBen: [00:00:09] Great.\n",
        "Ann [00:00:03] I passed.\nBen [00:00:09] Great.\n",
        "Ann 00:03: I passed.\nBen 00:09: Great.\n",
        "Ann (00:03 - 00:05): I passed.\nBen (00:09 - 00:10): Great.\n",
    ],
)
def test_times_and_names_in_many_places(tmp_path, text):
    assert [t[:3] for t in turns(read(tmp_path, "a.txt", text))] == TIMED


@pytest.mark.parametrize("aside", ["", "0 seconds\n", "3 minutes, 4 seconds\n"])
def test_a_copy_of_what_a_video_site_shows(tmp_path, aside):
    text = f"0:00\n{aside}i passed\n0:03\n{aside}great that is\n"
    transcript = read(tmp_path, "a.txt", text)
    assert [t[:3] for t in turns(transcript)] == NOBODY and noted(transcript, "nobody is named")


def test_names_on_lines_of_their_own(tmp_path):
    text = "Speaker 1\nI passed.\n\nSpeaker 2\nGreat.\n\nSpeaker 1\nYes\nindeed.\n"
    assert said(read(tmp_path, "a.txt", text)) == [
        ("Speaker 1", "I passed."),
        ("Speaker 2", "Great."),
        ("Speaker 1", "Yes indeed."),
    ]


# Days, times and numbers are nobody


@pytest.mark.parametrize(
    "lines",
    [
        ("31/12/2021 à 22:15 - Ann: I passed.", "31/12/2021 à 22:16 - Ben: Great."),
        ("2021/12/31 下午10:15 - Ann: I passed.", "2021/12/31 下午10:16 - Ben: Great."),
        ("[2021/12/31 下午10:15:03] Ann: I passed.", "[2021/12/31 下午10:16:03] Ben: Great."),
        ("٣١/١٢/٢٠٢١، ١٠:١٥ م - Ann: I passed.", "٣١/١٢/٢٠٢١، ١٠:١٦ م - Ben: Great."),
        ("[9:00 AM] Ann: I passed.", "[9:01 AM] Ben: Great."),
        ("[Dec 31, 2021 10:15 PM] Ann: I passed.", "[Dec 31, 2021 10:16 PM] Ben: Great."),
        ("31. Dez. 2021, 22:15 - Ann: I passed.", "31. Dez. 2021, 22:16 - Ben: Great."),
        ("10:15:03 Von Ann an Alle:\n\tI passed.", "10:16:03 Von Ben an Alle:\n\tGreat."),
        (
            "2021-12-31 10:15:03 From Ann to Everyone: I passed.",
            "2021-12-31 10:16:03 From Ben to Everyone: Great.",
        ),
        ("[05/01/2024 09:00] Ann\nI passed.", "[05/01/2024 09:01] Ben\nGreat."),
        ("10:15 <Ann> I passed.", "10:16 <Ben> Great."),
    ],
)
def test_days_in_many_spellings(tmp_path, lines):
    transcript = read(tmp_path, "a.txt", "\n".join(lines) + "\n")
    assert [t[:3] for t in turns(transcript)] == [("Ann", "I passed.", 0), ("Ben", "Great.", 60)]


@pytest.mark.parametrize(
    "text",
    [
        "[0.50s -> 2.00s]  I passed.\n[2.50s -> 4.00s]  Great.\n",
        "[0.50 - 2.00] I passed.\n[2.50 - 4.00] Great.\n",
        "[00:00.5 - 00:02.0] I passed.\n[00:02.5 - 00:04.0] Great.\n",
    ],
)
def test_spans_in_seconds_are_times(tmp_path, text):
    transcript = read(tmp_path, "a.txt", text)
    assert turns(transcript) == [("Speaker", "I passed.", 0.5, 2), ("Speaker", "Great.", 2.5, 4)]


@pytest.mark.parametrize("count", ["{}. ", "{}) ", "{} "])
def test_numbers_of_lines_are_no_part_of_names(tmp_path, count):
    lines = [count.format(i) + x for i, x in enumerate(["Ann: hi", "Ben: ho", "Ann: so"], 1)]
    assert said(read(tmp_path, "a.txt", "\n".join(lines))) == [
        ("Ann", "hi"),
        ("Ben", "ho"),
        ("Ann", "so"),
    ]


def test_what_stands_above_the_talk_is_nobody(tmp_path):
    head = "Title: Interview with Ann\nDate: 5 January 2024\nLocation: Berlin\n\n"
    transcript = read(tmp_path, "a.txt", head + "Ann: I passed.\nBen: Great.\nAnn: Yes.\n")
    assert said(transcript)[:2] == PAIR and noted(transcript, "above the talk: lines 1, 2, 3")


# Chats


@pytest.mark.parametrize(
    "name",
    [
        "~ Ben",
        "ann lee",
        "Mamma casa",
        "Lee, Bob",
        "mom and dad",
        "Firma GmbH & Co. KG",
        "+49 170 1234567",
    ],
)
def test_who_wrote_once_is_somebody(tmp_path, name):
    lines = [("Ann", "hi"), (name, "ho"), ("Ann", "so")]
    text = "".join(f"31.12.21, 22:1{i} - {who}: {x}\n" for i, (who, x) in enumerate(lines))
    assert said(read(tmp_path, "a.txt", text))[1] == (name.removeprefix("~ "), "ho")


def test_long_messages_are_still_a_chat(tmp_path):
    text = "".join(
        f"[31.12.21, 22:15:0{i}] Ann: Gedicht\nZeile: eins\nzwei\ndrei\nvier\n" for i in range(6)
    )
    assert (
        said(read(tmp_path, "a.txt", text)) == [("Ann", "Gedicht Zeile: eins zwei drei vier")] * 6
    )


def test_days_within_a_message_are_words(tmp_path):
    text = (
        "31/12/2021, 22:15 - Ann: Plan:\n01/01/22, 10:00: breakfast\n31/12/2021, 22:16 - Ben: ok\n"
    )
    assert said(read(tmp_path, "a.txt", text)) == [
        ("Ann", "Plan: 01/01/22, 10:00: breakfast"),
        ("Ben", "ok"),
    ]


def test_a_day_above_a_talk_makes_no_chat(tmp_path):
    text = "2024-01-05 10:30 Interview\nAnn: I passed.\nBen: Great.\nAnn: Yes.\n"
    assert said(read(tmp_path, "a.txt", text))[1:3] == PAIR


def test_an_order_of_days_that_nothing_tells_is_noted(tmp_path):
    text = "3/4/24, 22:15 - Ann: hi\n3/5/24, 22:16 - Ben: ho\n"
    assert noted(read(tmp_path, "a.txt", text), "days or months come first")
    assert not noted(read(tmp_path, "b.txt", text.replace("3/", "13/")), "months come first")


def test_what_nobody_wrote_is_marked_by_the_app(tmp_path):
    text = "[31.12.21, 22:15:03] Ann: \u200eBild weggelassen\n[31.12.21, 22:16:03] Ann: hi\n"
    text += "[31.12.21, 22:17:03] Ann: see my video.mp4 (draft)\n"
    assert said(read(tmp_path, "a.txt", text)) == [
        ("Ann", "hi"),
        ("Ann", "see my video.mp4 (draft)"),
    ]


# Subtitles


def test_single_words_before_colons_are_nobody_in_a_talk(tmp_path):
    words = ["i told her", "no: never", "so it went", "on", "Question: why?", "and on", "for ever"]
    cues = "".join(f"{i}\n00:00:0{i},000 --> 00:00:0{i},900\n{w}\n\n" for i, w in enumerate(words))
    assert {s for s, _ in said(read(tmp_path, "a.srt", cues))} == {"Speaker"}


def test_speakers_in_subtitles_for_the_deaf(tmp_path):
    words = [
        "JOHN: Hi.",
        "Well.",
        "NARRATOR [over radio]: Go.",
        "(SIGHS) JOHN: Ok.",
        "[NARRATOR] Yes.",
        "-JOHN: so -MARY: what<br>now",
    ]
    cues = "".join(f"{i}\n00:00:0{i},000 --> 00:00:0{i},900\n{w}\n\n" for i, w in enumerate(words))
    assert said(read(tmp_path, "a.srt", cues)) == [
        ("JOHN", "Hi."),
        ("JOHN", "Well."),
        ("NARRATOR", "Go."),
        ("JOHN", "(SIGHS) Ok."),
        ("NARRATOR", "Yes."),
        ("JOHN", "so"),
        ("MARY", "what now"),
    ]


def test_words_on_the_line_of_the_times(tmp_path):
    text = (
        "00:00:03,500 --> 00:00:05,000 Ann: I passed.\n00:00:05,500 --> 00:00:07,000 Ben: Great.\n"
    )
    assert said(read(tmp_path, "a.srt", text)) == PAIR
    settings = "1\n00:00:03,500 --> 00:00:05,000 align:start position:0%\nAnn: hi\n"
    assert said(read(tmp_path, "b.srt", settings)) == [("Ann", "hi")]


# Courts, and quotation marks as in Japanese


def test_questions_and_answers(tmp_path):
    text = "Q. Did you pass?\nA. Yes, I did.\nQ. When?\nA. At 10:30.\n"
    assert said(read(tmp_path, "a.txt", text)) == [
        ("Q", "Did you pass?"),
        ("A", "Yes, I did."),
        ("Q", "When?"),
        ("A", "At 10:30."),
    ]


def test_corner_brackets_hold_what_somebody_says(tmp_path):
    assert said(read(tmp_path, "a.txt", "花子「受かった」\n太郎「すごい」\n")) == [
        ("花子", "受かった"),
        ("太郎", "すごい"),
    ]


@pytest.mark.parametrize(
    "text",
    ["Ann" + " " * 20_000 + "x\nBen: hi\n", "[" + " · " * 8000, "10:15:03 From " + "a to " * 8000],
)
def test_runs_of_blanks_cost_no_more_than_others(tmp_path, text):
    import time

    for suffix in ("txt", "srt"):
        head = "1\n00:00:00,000 --> 00:00:01,000\n" if suffix == "srt" else ""
        before = time.process_time()
        read(tmp_path, f"a.{suffix}", head + text)
        assert time.process_time() - before < 1.5
