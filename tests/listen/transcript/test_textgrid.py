"""TextGrids of Praat, of aligners and of people."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transcript_reading import noted, read, turns

from empathia.errors import TranscriptError

Tier = tuple[str, Sequence[tuple[float, float, str]]]


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def long_form(*tiers: Tier, last: float = 10) -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 "]
    lines += [f"xmax = {last} ", "tiers? <exists> ", f"size = {len(tiers)} ", "item []: "]
    for n, (name, spans) in enumerate(tiers, start=1):
        lines += [f"    item [{n}]:", '        class = "IntervalTier" ']
        lines += [f"        name = {quoted(name)} ", "        xmin = 0 ", f"        xmax = {last} "]
        lines.append(f"        intervals: size = {len(spans)} ")
        for k, (start, end, label) in enumerate(spans, start=1):
            lines += [f"        intervals [{k}]:", f"            xmin = {start} "]
            lines += [f"            xmax = {end} ", f"            text = {quoted(label)} "]
    return "\n".join(lines) + "\n"


def short_form(*tiers: Tier, last: float = 10) -> str:
    lines = ['File type = "ooTextFile"', '"TextGrid"', "", "0", f"{last}", "<exists>"]
    lines.append(str(len(tiers)))
    for name, spans in tiers:
        lines += ['"IntervalTier"', quoted(name), "0", f"{last}", str(len(spans))]
        for start, end, label in spans:
            lines += [f"{start}", f"{end}", quoted(label)]
    return "\n".join(lines) + "\n"


ANN: Tier = ("Ann", [(0, 0.5, ""), (0.5, 2, 'She said "go".'), (2, 10, "")])
BEN: Tier = ("Ben", [(0, 2.5, "sil"), (2.5, 4, "Two\nlines"), (4, 10, "<p:>")])
SAID = [("Ann", 'She said "go".', 0.5, 2.0), ("Ben", "Two lines", 2.5, 4.0)]


@pytest.mark.parametrize("form", [long_form, short_form])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_both_forms_in_all_encodings(tmp_path, form, codec, end):
    transcript = read(tmp_path, "a.TextGrid", form(ANN, BEN).replace("\n", end).encode(codec))
    assert turns(transcript) == SAID
    assert transcript.notes == () and transcript.format == "textgrid"


def test_labels_that_look_like_the_file_itself(tmp_path):
    label = 'item [1]: text = "x" 12 <exists> ! no comment\nxmin = 3'
    transcript = read(tmp_path, "a.TextGrid", long_form(("Ann", [(0, 1.5, label), (1.5, 2, "a")])))
    assert turns(transcript)[0] == ("Ann", label.replace("\n", " "), 0.0, 1.5)


def test_tiers_of_an_aligner_become_words_of_the_turns(tmp_path):
    content = long_form(
        ("Ann", [(0, 2, "I passed it"), (2, 10, "")]),
        ("Ann - words", [(0, 0.2, "i"), (0.2, 1, "passed"), (1, 1.5, ""), (1.5, 2, "it")]),
        ("Ann - phones", [(0, 0.2, "AY1"), (0.2, 10, "")]),
    )
    transcript = read(tmp_path, "a.TextGrid", content)
    assert turns(transcript) == [("Ann", "I passed it", 0.0, 2.0)]
    assert [(w.text, w.start, w.end) for w in transcript.words["t1"]] == [
        ("i", 0.0, 0.2),
        ("passed", 0.2, 1.0),
        ("it", 1.5, 2.0),
    ]
    assert noted(transcript, "'Ann - phones'")


def test_words_alone_are_joined_to_turns_at_pauses(tmp_path):
    spans = [(0, 0.5, "so"), (0.5, 0.9, ""), (0.9, 1.4, "good"), (1.4, 3, "sil"), (3, 4, "yes")]
    content = short_form(("words", spans), ("phones", [(0, 1, "s")]))
    transcript = read(tmp_path, "a.TextGrid", content)
    assert turns(transcript) == [("Speaker", "so good", 0.0, 1.4), ("Speaker", "yes", 3.0, 4.0)]
    content = short_form(("Ben - words", spans), ("Ann - words", [(5, 6, "oh")]))
    assert [t[0] for t in turns(read(tmp_path, "b.TextGrid", content))] == ["Ben", "Ben", "Ann"]


def test_a_tier_that_says_only_that_it_holds_talk_is_nobody(tmp_path):
    transcript = read(tmp_path, "a.TextGrid", long_form(("transcript", [(0, 1, "hi")])))
    assert turns(transcript) == [("Speaker", "hi", 0.0, 1.0)]
    assert noted(transcript, "nobody is named")


POINTS = '"TextTier"\n"Ann"\n0\n10\n2\n1\n"oh"\n3\n"no"\n'


def test_points_are_left_out_beside_turns_and_turns_without_them(tmp_path):
    both = short_form(ANN).replace("<exists>\n1", "<exists>\n2") + POINTS.replace("Ann", "tones")
    transcript = read(tmp_path, "a.TextGrid", both)
    assert turns(transcript) == SAID[:1] and noted(transcript, "'tones'")
    alone = short_form().replace("<exists>\n0", "<exists>\n1") + POINTS
    assert turns(read(tmp_path, "b.TextGrid", alone)) == [
        ("Ann", "oh", 1.0, 3.0),
        ("Ann", "no", 3.0, 3.0),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (long_form(ANN)[:-60], r"line \d+: the file ends where"),
        (long_form(ANN).replace('""go""', '"go"'), "inside a label twice"),
        (long_form(ANN).replace("IntervalTier", "PitchTier"), "expected IntervalTier or TextTier"),
        (long_form(ANN).replace("size = 3", "size = 2.5"), "expected a count, found 2.5"),
        (long_form(ANN).replace("size = 3", "size = 4"), "the file ends where a number"),
        (long_form(ANN).replace('"TextGrid"', '"PitchTier" "TextGrid"'), "found 'PitchTier'"),
        ('"Praat chronological TextGrid text file"\n0 2\n', "found 'Praat chronological"),
        (b"ooBinaryFile\x08TextGrid\x00\x00\x00", "binary file of Praat"),
        (long_form(("Ann", [(0, 1, "")])), "no turns"),
        (long_form(("Ann", [(0, 1e300, "a")])), "expected a time"),
    ],
    ids=[
        "cut",
        "quote",
        "kind",
        "count",
        "size",
        "object",
        "chronological",
        "binary",
        "0",
        "1e300",
    ],
)
def test_what_is_refused_says_why(tmp_path, content, said):
    with pytest.raises(TranscriptError, match=said):
        read(tmp_path, "a.TextGrid", content)


LABELS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(
    labels=st.lists(LABELS, min_size=1, max_size=4), form=st.sampled_from([long_form, short_form])
)
def test_any_label_comes_back(tmp_path_factory, labels, form):
    spans = [(i, i + 0.5, f"x{label}") for i, label in enumerate(labels)]
    transcript = read(tmp_path_factory.mktemp("a"), "a.TextGrid", form(("Zoë", spans)))
    assert turns(transcript) == [("Zoë", label, float(a), b) for a, b, label in spans]


def test_ten_thousand_turns_are_fast(tmp_path):
    content = long_form(
        ("Ann", [(2 * i, 2 * i + 1, f"number {i}") for i in range(5000)]),
        ("Ben", [(2 * i + 1, 2 * i + 2, f"number {i}") for i in range(5000)]),
    )
    before = time.process_time()
    transcript = read(tmp_path, "a.TextGrid", content)
    assert time.process_time() - before < 5
    assert len(transcript.dialogue.utterances) == 10_000


@pytest.mark.parametrize("name", ["speaker", "Speaker", "spk"])
@pytest.mark.parametrize("text", ["text", "words"])
def test_a_tier_of_names_says_who_speaks(tmp_path, name, text):
    who = name, [(0, 2.2, "Ann"), (2.2, 5, "Ben"), (5, 9, "")]
    said = text, [(0.5, 2, "passed"), (2.3, 3, "really"), (3, 4, "passed"), (6, 7, "hm")]
    got = turns(read(tmp_path, "a.TextGrid", long_form(who, said)))
    ben = [("Ben", "really passed", 2.3, 4.0)]
    if text == "text":
        ben = [("Ben", "really", 2.3, 3.0), ("Ben", "passed", 3.0, 4.0)]
    assert got == [("Ann", "passed", 0.5, 2.0), *ben, ("Speaker", "hm", 6.0, 7.0)]


def test_a_speaker_called_speaker_may_have_words_of_their_own(tmp_path):
    said = [(0.5, 1, "I"), (1, 2, "passed")]
    turn = "Speaker", [(0.5, 2, "I passed")]
    got = turns(read(tmp_path, "a.TextGrid", long_form(turn, ("words", said))))
    assert got == [("Speaker", "I passed", 0.5, 2.0)]
