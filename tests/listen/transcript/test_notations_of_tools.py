"""CHAT files of CLAN, subtitles of Aegisub, and notations that are known and not read."""

from __future__ import annotations

import pytest
from transcript_reading import noted, read, turns

from empathia.errors import TranscriptError


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("I want that .", "I want that."),
        ("<I want> [//] I need that [!] ?", "I want I need that?"),
        ("&-uh (be)cause &=laughs he &+w went (.) away +...", "uh because he went away"),
        ("(1.5) hola@s:spa , Mum !", "hola, Mum!"),
        ("it 0is &=sighs gone .", "it gone."),
        ("see [: saw] [*] it .", "see it."),
    ],
)
def test_codes_of_chat_are_no_words(tmp_path, written, plain):
    text = f"@Begin\n*CHI:\t{written} \x15500_1000\x15\n*MOT:\tyes . \x151000_1500\x15\n@End\n"
    assert turns(read(tmp_path, "a.cha", text)) == [("CHI", plain, 0.5, 1), ("MOT", "yes.", 1, 1.5)]


def test_a_turn_of_chat_goes_on_over_lines_and_tiers_are_left_out(tmp_path):
    text = (
        "@UTF8\n@Participants:\tCHI Eve_Ann Target_Child , MOT Mother\n"
        "*CHI:\tI passed \x150_900\x15\n\tthe exam . \x15900_2000\x15\n"
        "%mor:\tpro|I v|pass\n\tdet|the n|exam .\n*MOT:\t0 [=! nods] .\n*CHI:\tyes .\n"
    )
    talk = read(tmp_path, "a.txt", text)
    assert turns(talk) == [
        ("Eve Ann", "I passed the exam.", 0.0, 2.0),
        ("MOT", None, None, None),
        ("Eve Ann", "yes.", None, None),
    ]
    assert noted(talk, "read as a CHAT file")


def test_names_that_two_participants_share_are_not_taken(tmp_path):
    text = "@Participants:\tA1 Ann Adult, A2 Ann Adult\n*A1:\thi .\n*A2:\tho .\n"
    assert [t[0] for t in turns(read(tmp_path, "a.cha", text))] == ["A1", "A2"]


def test_bullets_of_markdown_are_no_chat(tmp_path):
    assert read(tmp_path, "a.md", "* Ann: hi\n* Ben: ho\n").format == "lines"
    with pytest.raises(TranscriptError, match="expected lines like"):
        read(tmp_path, "a.txt", "Ann: hi\n", "cha")


def test_subtitles_of_aegisub(tmp_path):
    text = (
        "[Script Info]\nTitle: x\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n"
        "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, Effect, Text\n"
        "Comment: 0,0:00:00.00,0:00:09.00,Default,,0,,not said\n"
        "Dialogue: 0,0:00:00.50,0:00:02.00,Default,Ann,0,,{\\an8}I passed, {\\i1}yes\n"
        "Dialogue: 0,0:00:02.50,0:01:04.25,Default,Ben,0,,Great\\Nok\n"
    )
    for name in ("a.ass", "a.txt"):
        assert turns(read(tmp_path, name, text)) == [
            ("Ann", "I passed, yes", 0.5, 2.0),
            ("Ben", "Great ok", 2.5, 64.25),
        ]
    unnamed = text.replace(",Ann,", ",,").replace(",Ben,", ",,").replace("}I p", "}Ann: I p")
    assert [t[0] for t in turns(read(tmp_path, "b.ass", unnamed))] == ["Speaker", "Speaker"]
    named = unnamed.replace("Great", "Ben: Great")
    assert [t[0] for t in turns(read(tmp_path, "c.ass", named))] == ["Ann", "Ben"]


MAIL = "From: ann@x.org\nTo: ben@x.org\nSubject: Exam\nDate: Fri, 31 Dec 2021\n\nHi Ben: I passed\n"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        (
            "a.ttml",
            '<?xml version="1.0"?>\n<tt xmlns="x"><body><p begin="0s">hi</p></body></tt>',
            "TTML",
        ),
        ("a.dfxp", '<tt:tt xmlns:tt="x"><tt:body/></tt:tt>', "TTML"),
        ("a.smi", "<SAMI><BODY><SYNC Start=500><P>I passed</BODY></SAMI>", "SAMI"),
        ("a.sub", "{12}{50}I passed\n{60}{100}Great\n", "MicroDVD"),
        (
            "a.xml",
            '<?xml version="1.0"?><transcript><text start="0.5">hi</text></transcript>',
            "XML",
        ),
        ("a.eml", MAIL, "an e-mail"),
        ("a.txt", f"Received: by x\n{MAIL}", "an e-mail"),
    ],
)
def test_markup_that_is_not_read_is_refused_in_words(tmp_path, name, text, kind):
    with pytest.raises(TranscriptError, match=f"this is {kind}") as refused:
        read(tmp_path, name, text)
    assert "Save" in refused.value.remedy or "Convert" in refused.value.remedy
    assert read(tmp_path, name, text, "lines").format == "lines"


@pytest.mark.parametrize(
    "text", ["From: hi\nTo: ho\n", "Date: hi\nSubject: ho\nFrom: so\nFrom: no\n"]
)
def test_people_may_be_called_like_parts_of_a_mail(tmp_path, text):
    assert read(tmp_path, "a.txt", text).format == "lines"
