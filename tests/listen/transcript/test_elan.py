"""ELAN: eaf, and tab-delimited text with and without a header."""

from __future__ import annotations

import time
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transcript_reading import noted, read, turns

from empathia.errors import TranscriptError

Said = tuple[float | None, float | None, str]


def slots(times: Sequence[float | None]) -> str:
    given = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="ts{n}"' + (f' TIME_VALUE="{t * 1000:.0f}"/>' if t else "/>")
        if t != 0
        else f'<TIME_SLOT TIME_SLOT_ID="ts{n}" TIME_VALUE="0"/>'
        for n, t in enumerate(times)
    )
    return f"<TIME_ORDER>{given}</TIME_ORDER>\n"


def aligned(id: str, first: int, second: int, text: str) -> str:
    return (
        f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="{id}" TIME_SLOT_REF1="ts{first}" '
        f'TIME_SLOT_REF2="ts{second}">\n<ANNOTATION_VALUE>{escape(text)}</ANNOTATION_VALUE>'
        "</ALIGNABLE_ANNOTATION></ANNOTATION>\n"
    )


def below(id: str, over: str, text: str) -> str:
    return (
        f'<ANNOTATION><REF_ANNOTATION ANNOTATION_ID="{id}" ANNOTATION_REF="{over}">'
        f"<ANNOTATION_VALUE>{escape(text)}</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>\n"
    )


def tier(name: str, *annotations: str, **more: str) -> str:
    given = "".join(f" {key}={quoteattr(value)}" for key, value in more.items())
    return f"<TIER TIER_ID={quoteattr(name)}{given}>\n{''.join(annotations)}</TIER>\n"


def eaf(times: Sequence[float | None], *tiers: str, head: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head}<ANNOTATION_DOCUMENT VERSION="3.0">\n'
        f'<HEADER TIME_UNITS="milliseconds"/>\n{slots(times)}{"".join(tiers)}'
        '<LINGUISTIC_TYPE LINGUISTIC_TYPE_ID="default-lt"/></ANNOTATION_DOCUMENT>\n'
    )


ANN = tier("Ann", aligned("a1", 0, 1, "so <good> & well"))
BEN = tier("B-1", aligned("a2", 2, 3, "oh"), PARTICIPANT="Ben")
TIMES = (0.5, 2.0, 2.5, 4.0)
SAID = [("Ann", "so <good> & well", 0.5, 2.0), ("Ben", "oh", 2.5, 4.0)]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_top_tier_is_a_speaker(tmp_path, codec):
    transcript = read(tmp_path, "a.eaf", eaf(TIMES, ANN, BEN).encode(codec))
    assert turns(transcript) == SAID and transcript.notes == ()
    assert transcript.format == "elan"


def test_tiers_below_are_left_out(tmp_path):
    lower = tier("Ann-pos", below("a3", "a1", "adv"), PARENT_REF="Ann")
    gesture = tier("gestures", aligned("a4", 0, 3, "waves"))
    transcript = read(tmp_path, "a.eaf", eaf(TIMES, ANN, BEN, lower, gesture))
    assert turns(transcript) == SAID
    assert noted(transcript, "'Ann-pos'") and noted(transcript, "'gestures'")


def test_words_below_a_tier_without_words_are_its_words(tmp_path):
    top = tier("ref@Ann", aligned("a1", 0, 1, ""), aligned("a2", 2, 3, ""), PARTICIPANT="Ann")
    text = tier(
        "tx@Ann",
        *(below("a3", "a1", "so"), below("a4", "a1", "good"), below("a5", "a2", "oh")),
        PARENT_REF="ref@Ann",
    )
    deeper = tier("ps@Ann", below("a6", "a3", "adv"), PARENT_REF="tx@Ann")
    transcript = read(tmp_path, "a.eaf", eaf(TIMES, top, text, deeper))
    assert turns(transcript) == [("Ann", "so good", 0.5, 2.0), ("Ann", "oh", 2.5, 4.0)]


def test_points_without_a_time_lie_between_their_neighbours(tmp_path):
    one = tier("Ann", aligned("a1", 0, 1, "a"), aligned("a2", 1, 2, "b"), aligned("a3", 2, 3, "c"))
    transcript = read(tmp_path, "a.eaf", eaf((0, None, None, 3), one))
    assert turns(transcript) == [("Ann", "a", 0, 1), ("Ann", "b", 1, 2), ("Ann", "c", 2, 3)]


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>\n'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (eaf(TIMES, ANN, head=BOMB), "declares entities"),
        (eaf(TIMES, ANN, head='<!DOCTYPE x SYSTEM "file:///etc/passwd">'), "declares entities"),
        (eaf(TIMES, ANN)[:-40], r"line \d+: expected XML of ELAN"),
        ("<html><p>Ann: hi</p></html>", "found <html>"),
        (eaf(TIMES, ANN).replace('"500"', '"soon"'), "expected milliseconds, found 'soon'"),
        (eaf(TIMES, ANN).replace('"500"', f'"{10**30}"'), "expected a time"),
        (eaf(TIMES), "no turns"),
        ("Ann: hi\n", "expected lines of tier"),
    ],
)
def test_what_is_refused_says_why(tmp_path, content, said):
    with pytest.raises(TranscriptError, match=said):
        read(tmp_path, "a.eaf", content, "elan")


def test_references_that_lead_nowhere_or_in_a_circle_are_no_turns(tmp_path):
    lost = tier("x", aligned("a8", 7, 9, "lost"))
    circle = tier("y", aligned("a9", 7, 9, ""))
    lower = tier("z", below("b1", "b2", "round"), below("b2", "b1", "and"), PARENT_REF="y")
    assert turns(read(tmp_path, "a.eaf", eaf(TIMES, ANN, BEN, lost, circle, lower))) == SAID


WRITTEN = {  # of 0.5 to 2 s and of 2.5 to 4 s
    "clock": (["00:00:00.500", "00:00:02.000"], ["00:00:02.500", "00:00:04.000"]),
    "seconds": (["0.500", "2.000"], ["2.500", "4.000"]),
    "milliseconds": (["500", "2000"], ["2500", "4000"]),
    "with length": (["500", "2000", "1500"], ["2500", "4000", "1500"]),
    "all": (
        [
            "00:00:00.500",
            "0.5",
            "500",
            "00:00:02.000",
            "2.0",
            "2000",
            "00:00:01.500",
            "1.5",
            "1500",
        ],
        [
            "00:00:02.500",
            "2.5",
            "2500",
            "00:00:04.000",
            "4.0",
            "4000",
            "00:00:01.500",
            "1.5",
            "1500",
        ],
    ),
}


@pytest.mark.parametrize("times", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("who", [["Ann"], ["Ann", ""], ["x", "Ann"]])
def test_tab_delimited_text_without_a_header(tmp_path, times, who):
    lines = [[*who, *times[0], "so very good"], [*who, *times[1], "oh yes, 42"]]
    transcript = read(tmp_path, "a.txt", "\n".join("\t".join(x) for x in lines))
    assert turns(transcript) == [("Ann", "so very good", 0.5, 2), ("Ann", "oh yes, 42", 2.5, 4)]
    assert transcript.format == "elan"


@pytest.mark.parametrize(
    ("begin", "end", "times"),
    [
        ("Begin Time - hh:mm:ss.ms", "End Time - hh:mm:ss.ms", ("00:00:00.500", "00:00:02.000")),
        ("Begin Time - ss.msec", "End Time - ss.msec", ("0.5", "2.0")),
        ("Begin Time - msec", "End Time - msec", ("500", "2000")),
        ("Anfangszeit - msec", "Endzeit - msec", ("500", "2000")),
    ],
)
def test_tab_delimited_text_with_a_header_is_a_table(tmp_path, begin, end, times):
    content = f"Tier\tParticipant\t{begin}\t{end}\tAnnotation\nAnn\t\t{times[0]}\t{times[1]}\tso\n"
    transcript = read(tmp_path, "a.txt", content)
    assert (turns(transcript), transcript.format) == ([("Ann", "so", 0.5, 2.0)], "table")


NAME = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Z"]), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None)
@given(labels=st.lists(NAME, min_size=1, max_size=4), name=NAME)
def test_any_label_comes_back(tmp_path_factory, labels, name):
    made = [aligned(f"a{n}", 2 * n, 2 * n + 1, f"x{label}") for n, label in enumerate(labels)]
    times = [x / 2 for x in range(2 * len(labels))]
    content = eaf(times, tier("top", *made, PARTICIPANT=f"x{name}"))
    transcript = read(tmp_path_factory.mktemp("a"), "a.eaf", content)
    assert [t[1:] for t in turns(transcript)] == [
        (f"x{label}", times[2 * n], times[2 * n + 1]) for n, label in enumerate(labels)
    ]


@pytest.mark.parametrize("form", ["eaf", "txt"])
def test_ten_thousand_turns_are_fast(tmp_path, form):
    if form == "eaf":
        made = [aligned(f"a{n}", 2 * n, 2 * n + 1, f"x{n}") for n in range(10_000)]
        times = [None if x % 3 else x for x in range(20_000)]
        content = eaf([*times[:-1], 20_000], tier("Ann", *made))
    else:
        content = "".join(f"Ann\t\t{n}.000\t{n}.500\tsome words\n" for n in range(10_000))
    before = time.process_time()
    transcript = read(tmp_path, f"a.{form}", content)
    assert time.process_time() - before < 5
    assert len(transcript.dialogue.utterances) == 10_000


@pytest.mark.parametrize("end", ["", "\n"])
def test_two_lines_tell_columns_even_where_one_holds_a_number(tmp_path, end):
    text = "Ann\t\t00:00:00.500\t00:00:02.000\t100\nBen\t\t00:00:02.500\t00:00:04.000\tNo!"
    assert turns(read(tmp_path, "a.txt", text + end)) == [
        ("Ann", "100", 0.5, 2),
        ("Ben", "No!", 2.5, 4),
    ]
