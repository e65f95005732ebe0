"""Timelines as subtitles, TextGrid tiers and a table on the terminal."""

from __future__ import annotations

import dataclasses
import io
import re
from itertools import pairwise

import pytest
from build import filmed, one, overlapping, reasoned, timeline, turn
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.corpora import folder, table
from empathia.errors import UsageError
from empathia.labels import EKMAN7
from empathia.labels.sets import GOEMOTIONS28
from empathia.report.marks import marks
from empathia.report.timeline import srt, terminal, textgrid, write
from empathia.report.timeline.html import page
from empathia.report.wording import because, beside, clock, noncommercial, people, percent, whys
from empathia.types import Part, Reason, Reply, SpeakerNumber, Timeline
from empathia.types.events import TurnEnded

ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


# srt


def read_srt(text: str) -> list[tuple[str, str, str]]:
    """A strict reading of the format: number, times, one line, blank line."""
    found = []
    for number, cue in enumerate(text.rstrip("\n").split("\n\n"), start=1):
        lines = cue.split("\n")
        times = re.fullmatch(r"(\d\d+:\d\d:\d\d,\d{3}) --> (\d\d+:\d\d:\d\d,\d{3})", lines[1])
        assert lines[0] == str(number) and len(lines) == 3 and times is not None
        found.append((times[1], times[2], lines[2]))
    return found


def test_srt_says_who_felt_what():
    found = timeline(3, abstain=(1,))
    emotion = found.turns[0].emotion
    assert emotion is not None and emotion.confidence is not None
    cues = read_srt(srt.dumps(found))
    assert cues[0][0] == "00:00:00,400"
    assert cues[0][2].startswith(f"[Ann · {emotion.label} {round(100 * emotion.confidence)} %] I ")
    assert cues[1][2].startswith("[Ben · unsure] Sorry")
    bare = dataclasses.replace(found.turns[0], emotion=None)
    assert read_srt(srt.dumps(dataclasses.replace(found, turns=(bare,))))[0][2].startswith(
        "[Ann · –] I"
    )


def test_srt_hours_and_rounding():
    said = turn(0, span=(3599.9996, 360_000.5))
    cue = read_srt(srt.dumps(Timeline("a", (said,), ("Ann",))))[0]
    assert cue[:2] == ("01:00:00,000", "100:00:00,500")


@settings(max_examples=60, deadline=None)
@given(text=ANYTHING, speaker=ANYTHING)
def test_srt_survives_any_text(text, speaker):
    cues = read_srt(srt.dumps(one(f"{text}\n\n2\n00:00 --> 00:01\n", speaker)))
    assert len(cues) == 1 and cues[0][2].startswith("[")


# TextGrid


def read_tiers(text: str) -> list[tuple[str, list[tuple[float, float, str]]]]:
    """A small reader of Praat's long text form: free-standing numbers and quoted strings."""
    found: list[str | float] = []
    for string, number in re.findall(r'"((?:[^"]|"")*)"|(?<==\s)(-?\d+(?:\.\d+)?)', text):
        found.append(float(number) if number else string.replace('""', '"'))
    assert found[:2] == ["ooTextFile", "TextGrid"]
    low, high, count, *rest = found[2:]
    tiers: list[tuple[str, list[tuple[float, float, str]]]] = []
    for _ in range(int(count)):
        kind, name, start, end, size, *rest = rest
        assert (kind, start, end) == ("IntervalTier", low, high)
        cells = [tuple(rest[3 * i : 3 * i + 3]) for i in range(int(size))]
        rest = rest[3 * int(size) :]
        tiers.append((str(name), cells))  # type: ignore[arg-type]
    assert rest == []
    return tiers


def read_textgrid(text: str) -> dict[str, list[tuple[float, float, str]]]:
    """The tiers of a grid in which each name stands once."""
    tiers = read_tiers(text)
    assert len(dict(tiers)) == len(tiers)
    return dict(tiers)


def assert_whole(tiers: dict[str, list[tuple[float, float, str]]], end: float) -> None:
    """Intervals touch, have a length, and cover everything: what Praat insists on."""
    for cells in tiers.values():
        assert cells[0][0] == 0 and cells[-1][1] == pytest.approx(end, abs=1e-3)
        assert all(a[1] == b[0] for a, b in pairwise(cells))
        assert all(a < b for a, b, _ in cells)


def test_textgrid_tiers():
    found = timeline(4)
    tiers = read_textgrid(textgrid.dumps(found))
    assert list(tiers) == ["Ann", "Ann words", "Ann emotion", "Ben", "Ben words", "Ben emotion"]
    assert_whole(tiers, found.duration or 0)
    first = found.turns[0].utterance
    assert tiers["Ann"][0] == (0, 0.4, "")
    assert tiers["Ann"][1] == (0.4, pytest.approx(first.end, abs=1e-3), first.text)
    assert tiers["Ann words"][1][2] == "I"
    assert re.fullmatch(r"\w+ \d+ %", tiers["Ann emotion"][1][2])


def test_textgrid_keeps_both_of_two_turns_that_overlap_and_turns_without_length():
    turns = (
        dataclasses.replace(turn(0, text="one", span=(1, 4)), emotion=None),
        turn(1, text='a "b"', span=(2, 3), abstained="too short"),
        turn(2, text="now", span=(5, 5)),
        turn(3, text=None, span=(8, 9), abstained="no words"),
    )
    tiers = read_tiers(textgrid.dumps(Timeline("a", turns, ("Ann",), 6.0)))
    names = ["Ann", "Ann words", "Ann emotion"]
    assert [name for name, _ in tiers] == [*names, *names]
    for _, cells in tiers:
        assert_whole({"": cells}, 9)
    labels = [[c for c in cells if c[2]] for _, cells in tiers]
    assert labels[0] == [(1, 4, "one"), (5, 5.001, "now")]
    assert [c[:2] for c in labels[2]] == [(1, 4), (5, 5.001), (8, 9)]
    assert labels[2][0][2] == "–" and labels[2][2][2] == "unsure"
    assert (labels[3], labels[5]) == ([(2, 3, 'a "b"')], [(2, 3, "unsure")])


def test_textgrid_of_silence_is_whole():
    assert read_textgrid(textgrid.dumps(Timeline("a", (), (), 60.0))) == {}
    tiers = read_textgrid(textgrid.dumps(Timeline("a", (), ("Ann",), 60.0)))
    assert tiers["Ann"] == [(0, 60, "")]


@settings(max_examples=60, deadline=None)
@given(
    text=ANYTHING,
    speaker=ANYTHING,
    spans=st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=1, max_size=6),
)
def test_textgrid_is_whole_for_any_text_and_times(text, speaker, spans):
    turns = tuple(
        dataclasses.replace(
            turn(i, speaker=speaker, text=f'{text}"', span=(min(s), max(s))), words=()
        )
        for i, s in enumerate(spans)
    )
    tiers = read_tiers(textgrid.dumps(Timeline("a", turns, (speaker,), 20.0)))
    end = max(20.0, *(max(a, b) for a, b in spans))
    for _, cells in tiers:
        assert_whole({"": cells}, cells[-1][1])
        assert cells[-1][1] == pytest.approx(end, abs=2e-3)
    said = [c for name, cells in tiers if name == tiers[0][0] for c in cells if c[2]]
    assert len(said) == len(spans)


@pytest.mark.parametrize("suffix", [".srt", ".TextGrid"])
@pytest.mark.parametrize("some", [False, True])
def test_formats_made_of_times_need_times(tmp_path, suffix, some):
    found = timeline(3, times=False)
    if some:
        found = dataclasses.replace(found, turns=(turn(0, span=(0, 1)), *found.turns[1:]))
    with pytest.raises(UsageError, match=f"needs the times.*; {2 if some else 3} of 3 have none"):
        write(found, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


# Terminal


def shown(found: Timeline, width: int, **options: object) -> str:
    from rich.console import Console

    out = io.StringIO()
    terminal.show(found, Console(file=out, width=width, **options))  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("width", [30, 80, 140])
def test_terminal_shows_everything_at_any_width(width):
    found = timeline(6, abstain=(1,), notes=("a note to read",))
    text = shown(found, width)
    flat = " ".join(text.split())
    emotion = found.turns[0].emotion
    assert emotion is not None and emotion.confidence is not None and emotion.runner_up is not None
    assert f"{emotion.label} {percent(emotion.confidence)}" in flat
    assert f"{emotion.runner_up[0]} {percent(emotion.runner_up[1])}" in flat
    assert "[?] unsure" in flat and "too short" in flat
    for part in (
        "morning",
        "tense",
        "wait.",
        "note to",
        "uncertain",
        "Non-commercial",
        "voice-default",
    ):
        assert part in flat, part
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text


def test_terminal_keeps_no_column_for_what_was_not_heard():
    found = timeline(2)
    silent = tuple(dataclasses.replace(t, cues=None) for t in found.turns)
    assert "how it sounded" in shown(found, 140)
    text = shown(dataclasses.replace(found, turns=silent), 140)
    assert "how it sounded" not in text and "morning" in text


@pytest.mark.parametrize("width", [50, 80, 140])
def test_terminal_says_what_the_face_did(width):
    flat = " ".join(shown(filmed(), width).split())
    for part in ("face: smile, brows", "face: not seen", "face: nothing to tell", "voice and face"):
        assert part in flat, part
    assert ("how it sounded and looked" in flat) == (width == 140)
    unseen = dataclasses.replace(filmed(), turns=filmed().turns[1:2])
    assert "face" not in shown(unseen, width), "of nobody's face a note speaks"


@pytest.mark.parametrize(
    ("licences", "line"),
    [
        ({}, None),
        ({"mine": table.INFO.licence}, "Made with mine (licence: that of the data you brought)"),
        (
            {"mine": folder.INFO.licence, "voice": "CC BY-NC 4.0"},
            "Non-commercial use only: voice (CC BY-NC 4.0). Made with mine (licence: that of the "
            "data you brought)",
        ),
        (
            {"voice": "CC BY-NC 4.0", "judge": None, "overlap": "CC BY-NC 4.0"},
            "Non-commercial use only: voice, overlap (CC BY-NC 4.0), judge (licence not stated)",
        ),
    ],
)
def test_licence_of_own_data_is_told_as_what_it_is(licences, line):
    weights = [{"name": n, "licence": x, "noncommercial": True} for n, x in licences.items()]
    allowed = {"name": "minilm", "licence": "Apache-2.0", "noncommercial": False}
    assert noncommercial({"weights": [allowed, *weights]}) == line
    found = dataclasses.replace(timeline(1), provenance={"weights": weights})
    assert ("<td>not known</td>" in page(found)) == ("mine" in licences)
    assert ("<td>no</td>" in page(found)) == ("voice" in licences)


@pytest.mark.parametrize("width", [50, 80, 140])
def test_terminal_tells_who_speaks_over_whom_how_surely_and_in_which_language(width):
    flat = " ".join(shown(overlapping(), width).split())
    assert "0:08 · 2 speakers (or 3) · 3 turns" in flat
    assert flat.count("overlap") == 2
    assert "Ben ?" in flat and "Ann ?" not in flat
    assert flat.count("de ·") == flat.count("en ·") == 1


def test_one_language_is_not_told_turn_by_turn():
    talk = overlapping()
    german = dataclasses.replace(talk.turns[1].utterance, language="en")
    same = dataclasses.replace(talk.turns[1], utterance=german)
    told = dataclasses.replace(talk, turns=(talk.turns[0], same, talk.turns[2]))
    assert beside(told) == ["overlap 0.5 s", "overlap 0.5 s", ""]
    assert beside(timeline(2, times=False)) == ["", ""]


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ({}, "2 speakers"),
        ({2: 0.81, 3: 0.19}, "2 speakers"),
        ({1: 0.2, 2: 0.45, 3: 0.35}, "2 speakers (or 3 or 1)"),
        ({2: 0.3, 3: 0.7}, "2 speakers (or 3)"),
    ],
)
def test_other_numbers_of_speakers_are_told_where_they_may_well_be(shares, told):
    number = SpeakerNumber(2, "estimated", shares)
    assert people(dataclasses.replace(overlapping(), speaker_number=number)) == told
    given = dataclasses.replace(number, how="given")
    assert people(dataclasses.replace(overlapping(), speaker_number=given)) == "2 speakers"


def test_words_of_languages_without_spaces_are_shown_without():
    said = turn(0, text="你 好", span=(0, 1))
    for code, whole in (("zh", "你好"), (None, "你 好")):
        known = dataclasses.replace(said.utterance, language=code)
        found = Timeline("a", (dataclasses.replace(said, utterance=known),), ("Ann",))
        assert whole in shown(found, 120)


def test_terminal_prints_words_as_they_stand():
    odd = one("[bold]no markup[/] \x1b[2Jno escape 😀", "[red]Ann")
    text = shown(odd, 120, force_terminal=True, color_system="truecolor")
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert "[bold]no" in plain and "[red]Ann" in plain and "😀" in plain
    assert "\x1b[2J" not in text and "\x1b[" in text


def test_terminal_without_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    text = shown(timeline(3), 100, force_terminal=True)
    assert not re.search(r"\x1b\[[\d;]*(3[0-7]|38;)", text)


def test_terminal_of_transcripts_nobody_and_other_encodings():
    assert "#1" in shown(timeline(2, times=False), 80)
    assert "0 turns" in shown(timeline(0), 80)
    raw = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    from rich.console import Console

    terminal.show(timeline(2, texts=("naïve 😀",)), Console(file=raw, width=80))
    raw.flush()
    assert b"na?ve" in raw.buffer.getvalue()  # type: ignore[attr-defined]


# Words and marks


def test_clock_and_percent():
    assert [clock(s) for s in (0, 59.6, 3661)] == ["0:00", "1:00", "1:01:01"]
    assert [clock(s, tenths=True) for s in (0, 59.97, 3661.25)] == ["0:00.0", "1:00.0", "1:01:01.2"]
    assert [percent(p) for p in (0, 0.004, 0.5, 0.996, 1)] == [
        "0 %",
        "< 1 %",
        "50 %",
        "> 99 %",
        "100 %",
    ]


@given(st.lists(st.text(min_size=1, max_size=6), unique=True, max_size=60))
def test_letters_are_unique_for_any_labels(labels):
    found = marks(labels)
    assert list(found) == labels
    assert len({m.letter for m in found.values()}) == len(labels)


def test_known_emotions_look_the_same_in_every_set():
    seven, more = marks(EKMAN7), marks(GOEMOTIONS28)
    assert {k: v for k, v in more.items() if k in EKMAN7} == {
        k: v for k, v in seven.items() if k in more
    }
    assert [m.letter for m in seven.values()] == list("NJSAFDU")
    assert marks([*EKMAN7][::-1]) == seven  # a corpus has another order
    assert len({m.light for m in seven.values()}) == 7
    assert marks(("happy", "sad"))["happy"].light == seven["joy"].light
    both = marks(("happy", "joy"))
    assert both["happy"].light != both["joy"].light


def test_reply_note_is_shown():
    said = dataclasses.replace(turn(0, span=(0, 1)), reply=Reply("t1", "Oh.", "rules", "no model"))
    assert "(rules: no model)" in shown(Timeline("a", (said,), ("Ann",)), 100)


@pytest.mark.parametrize("width", [50, 80, 140])
def test_terminal_says_why_and_with_which_cues_it_was_asked(width):
    found = reasoned(timeline(3), hostile="stupid\x1b[31m")
    text = shown(found, width)
    flat = " ".join(text.split())
    assert "because of “stupid" in flat and "(voice: low volume)" in flat
    assert "asked with (voice: low volume, fast)" in flat
    assert "mine: no reason: its answers are not scored" in flat
    assert "\x1b" not in text
    assert flat.count("because of") == 2 and "lm: because of" in flat
    assert "why" not in shown(timeline(3), width)


def test_a_reason_is_told_in_one_sentence():
    def said(*parts, label="sadness", sure=0.62):
        return because(Reason(label, sure, (), {}, tuple(Part(*p) for p in parts)))

    word, cue = ("words", "stupid", 1.3, 0.31), ("voice", "low volume", 0.6, 0.47)
    assert said(word) == "because of “stupid”: sadness 62 %, without it 31 %"
    both = "because of “stupid” and (voice: low volume): sadness 62 %, without the first 31 %, "
    assert said(word, cue) == both + "without the second 47 %"
    assert said(word, cue, ("past", "", 0.5, 0.5)) == both + "without the second 47 %"
    assert said(("past", "", 0.9, 0.4)).startswith("because of what was said before: sadness")
    weak = ("words", "so", 0.1, 0.60)
    assert said(weak) == said() == "nothing in it stands out for sadness"
    # Of a label that is as good as certain, odds that halve change nothing that anybody would see.
    assert said(("words", "so", 0.7, 0.989), sure=0.995) == "nothing in it stands out for sadness"
    assert because(Reason(None, None, (), note="no label")) == "no reason: no label"
    assert whys(turn(0)) == []


def test_cues_that_stand_above_are_not_told_again():
    found = turn(0, span=(0, 1))
    assert found.cues is not None
    told = {"voice": found.cues.description, "face": "smile"}
    (_, line) = whys(dataclasses.replace(found, why={"lm": Reason("joy", 0.5, (), told)}))
    assert line == "asked with the voice above and (face: smile)"


def test_what_a_stream_tells_stands_under_its_turn():
    from rich.console import Console

    out = io.StringIO()
    ready = timeline(3, abstain=(1,))
    for ended in ready.turns:
        terminal.show_event(TurnEnded(ended), Console(file=out, width=200))
    heads = [line for line in out.getvalue().splitlines() if line and not line.startswith("  ")]
    assert len(heads) == len(ready.turns)
    assert any(
        line.startswith("  ") and "too short" in line for line in out.getvalue().splitlines()
    )
