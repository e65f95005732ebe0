"""RTTM, STM and CTM; label tracks of Audacity."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transcript_reading import noted, read, turns

from empathia.errors import TranscriptError

SPEAKERS = """\
;; made by hand
SPEAKER talk 1 0.50 1.50 <NA> <NA> Ann <NA> <NA>
SPEAKER talk 1 2.50 1.50 <NA> <NA> Ben 0.9 <NA>
"""
LEXEMES = """\
LEXEME talk 1 0.50 0.25 so lex Ann 0.8 <NA>
LEXEME talk 1 1.00 0.50 good lex Ann <NA> <NA>
LEXEME talk 1 9.00 0.50 oh lex Ben 0.5 <NA>
"""


def test_rttm_without_words_gives_turns_without_words(tmp_path):
    transcript = read(tmp_path, "a.rttm", SPEAKERS)
    assert turns(transcript) == [("Ann", None, 0.5, 2.0), ("Ben", None, 2.5, 4.0)]
    assert transcript.format == "nist" and noted(transcript, "no words in 2 of 2 turns")


def test_rttm_with_words_fills_the_turns_and_loses_none(tmp_path):
    transcript = read(tmp_path, "a.rttm", SPEAKERS + LEXEMES + "NON-LEX talk 1 1 1 x y Ann 1 1\n")
    assert turns(transcript) == [
        ("Ann", "so good", 0.5, 2.0),
        ("Ben", None, 2.5, 4.0),
        ("Ben", "oh", 9.0, 9.5),
    ]
    words = [(w.text, w.start, w.end) for w in transcript.words["t1"]]
    assert words == [("so", 0.5, 0.75), ("good", 1.0, 1.5)]
    assert transcript.words["t1"][0].probability == 0.8
    assert noted(transcript, "other than SPEAKER and LEXEME left out (line 7)")
    alone = read(tmp_path, "b.rttm", LEXEMES)
    assert [t[:2] for t in turns(alone)] == [("Ann", "so good"), ("Ben", "oh")]


def test_stm(tmp_path):
    content = (
        ';; CATEGORY "0" "" ""\n'
        "talk 1 inter_segment_gap 0 0.5 <o,f0,>\n"
        "talk 1 Ann 0.50 2.00 <o,f0,unknown> I { passed / pass } it\n"
        "talk 1 Ben 2.50 4.00 Great!\n"
        "talk 1 Ben 4.00 5.00 <o,f0> IGNORE_TIME_SEGMENT_IN_SCORING\n"
    )
    transcript = read(tmp_path, "a.stm", content)
    assert turns(transcript) == [("Ann", "I passed it", 0.5, 2.0), ("Ben", "Great!", 2.5, 4.0)]
    assert noted(transcript, "not scored left out (lines 2, 5)")


def test_ctm_joins_words_at_pauses_and_a_channel_is_a_speaker(tmp_path):
    one = "talk 1 0.50 0.25 so 0.8\ntalk 1 0.80 0.20 good\ntalk 1 3.00 0.50 oh 0.5\n"
    transcript = read(tmp_path, "a.ctm", one)
    assert turns(transcript) == [("Speaker", "so good", 0.5, 1.0), ("Speaker", "oh", 3.0, 3.5)]
    two = "talk A 0.50 0.25 so\ntalk B 0.60 0.25 no\ntalk A 0.80 0.20 good\n"
    assert turns(read(tmp_path, "b.ctm", two)) == [
        ("Channel A", "so good", 0.5, 1.0),
        ("Channel B", "no", 0.6, 0.85),
    ]
    named = "talk 1 0.5 0.25 so 0.8 lex Ann\ntalk 1 0.8 0.2 no 0.8 lex Ben\n"
    assert [t[:2] for t in turns(read(tmp_path, "c.ctm", named))] == [("Ann", "so"), ("Ben", "no")]


def test_several_recordings_are_several_dialogues(tmp_path):
    content = SPEAKERS + SPEAKERS.replace("talk", "other")
    transcript = read(tmp_path, "a.rttm", content)
    assert noted(transcript, "2 dialogues") and noted(transcript, "times left out")
    assert [u.id for u in transcript.dialogue.utterances] == [
        *("talk:1", "talk:2", "other:1", "other:2")
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.rttm", SPEAKERS + "SPEAKER talk\n", "line 4: expected a line of RTTM"),
        ("a.stm", "talk 1 Ann 0.5 2 hi\nBen: hi\n", "line 2: expected a line of RTTM"),
        ("a.ctm", ";; nothing\n", "line 1: expected a line of RTTM"),
        ("a.rttm", SPEAKERS.replace("0.50 1.50", "1e9 1.50"), "line 2: expected a line"),
        ("a.rttm", SPEAKERS.replace("0.50 1.50", "99999999 1.50"), "line 2: expected a time"),
    ],
)
def test_what_is_refused_says_why(tmp_path, name, content, said):
    with pytest.raises(TranscriptError, match=said):
        read(tmp_path, name, content)


WORD = st.text(st.characters(categories=["L", "N", "P"], exclude_characters="{}/<>;"), min_size=1)
TURN = st.tuples(
    st.sampled_from(["Ann", "Zoë", "SPEAKER_00"]), st.lists(WORD, min_size=1, max_size=4)
)


@settings(max_examples=40, deadline=None)
@given(made=st.lists(TURN, min_size=1, max_size=5))
def test_what_is_written_comes_back(tmp_path_factory, made):
    folder = tmp_path_factory.mktemp("a")
    stm = "".join(f"f 1 {who} {n} {n}.75 {' '.join(w)}\n" for n, (who, w) in enumerate(made))
    expected = [(who, " ".join(w), float(n), n + 0.75) for n, (who, w) in enumerate(made)]
    assert turns(read(folder, "a.stm", stm)) == expected
    rttm = "".join(
        f"SPEAKER f 1 {n} .75 <NA> <NA> {who} <NA> <NA>\n"
        + "".join(f"LEXEME f 1 {n}.{k} .1 {x} lex {who} .5 <NA>\n" for k, x in enumerate(w))
        for n, (who, w) in enumerate(made)
    )
    assert turns(read(folder, "a.rttm", rttm)) == expected


LABELS = "0.500000\t2.000000\tAnn: so good\n\\\t100.0\t-1.0\n2,5\t4\tBen: oh\n"


def test_audacity(tmp_path):
    transcript = read(tmp_path, "a.txt", LABELS)
    assert turns(transcript) == [("Ann", "so good", 0.5, 2.0), ("Ben", "oh", 2.5, 4.0)]
    assert transcript.format == "audacity"
    bare = read(tmp_path, "b.txt", LABELS.replace("Ann: ", "").replace("Ben: ", ""))
    assert turns(bare)[0] == ("Speaker", "so good", 0.5, 2.0)
    with pytest.raises(TranscriptError, match="line 4: expected start, end and label"):
        read(tmp_path, "c.txt", LABELS + "Ann: hi\n", "audacity")


def test_labels_that_are_numbered_speakers_are_turns_without_words(tmp_path):
    content = "0.0\t1.0\tSPEAKER_00\n1.0\t2.0\tSPEAKER_01\n2.0\t3.0\tSPEAKER_00\n"
    expected = [("SPEAKER_00", None, 0, 1), ("SPEAKER_01", None, 1, 2), ("SPEAKER_00", None, 2, 3)]
    assert turns(read(tmp_path, "a.txt", content)) == expected
    once = "0.0\t1.0\tRoute 66\n1.0\t2.0\tBoeing 747\n"
    assert [t[1] for t in turns(read(tmp_path, "b.txt", once))] == ["Route 66", "Boeing 747"]


def test_whole_numbers_between_tabs_may_be_milliseconds(tmp_path):
    transcript = read(tmp_path, "a.tsv", "0\t2500\tso good to see you\n2500\t5100\tfine thanks\n")
    assert turns(transcript)[1] == ("Speaker", "fine thanks", 2.5, 5.1)


@pytest.mark.parametrize("name", ["a.rttm", "a.stm", "a.ctm", "a.txt"])
def test_ten_thousand_turns_are_fast(tmp_path, name):
    line = {
        "a.rttm": "SPEAKER f 1 {0} .5 <NA> <NA> Ann <NA> <NA>\nLEXEME f 1 {0} .5 hi lex Ann 1 1\n",
        "a.stm": "f 1 Ann {0} {0}.5 some words\n",
        "a.ctm": "f 1 {0} .5 word\nf 1 {0}.6 .2 word\n",
        "a.txt": "{0}\t{0}.5\tAnn: some words\n",
    }[name]
    content = "".join(line.format(2 * n) for n in range(10_000))
    before = time.process_time()
    transcript = read(tmp_path, name, content)
    assert time.process_time() - before < 5
    assert len(transcript.dialogue.utterances) == 10_000
