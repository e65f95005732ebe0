"""What we write, we read: every writer of timelines against the reader of transcripts."""

from __future__ import annotations

import dataclasses
import math
import time
import unicodedata
from collections.abc import Sequence

import pytest
from build import turn
from hypothesis import example, given, settings
from hypothesis import strategies as st

from empathia.listen.transcript import Transcript, read_transcript
from empathia.report.timeline import SUFFIXES, write
from empathia.types import Timeline, Turn, Utterance, Word

EXACT = (".json", ".html")
NAMES = (
    *(
        "Ann",
        "Ann words",
        "Ann emotion",
        "nan",
        "None",
        "42",
        "- so",
        ">> Ann",
        "[Ann]",
        "Ann: Ben",
    ),
    *("a, b", 'the "boss"', "back\\slash", "\\", "mid·dot", "a · b", "]", "[", "] x", "--> 0:01"),
    *("<b>", "&amp;", "😀👩‍👩‍👧", "אנה", "آن", "Zoë", "🙂 · –", "Speaker", "null", "index", "#1"),
)
TEXTS = (
    *(
        "None",
        "nan",
        "-->",
        "<b>x</b>",
        "&amp;",
        "42",
        "♪",
        "- so",
        ">> hi",
        "Ben: hi",
        "[hi]",
        "]",
    ),
    *(
        "one\ntwo",
        "a | b",
        '"quoted"',
        "“don’t”",
        "0:12",
        "00:00:01,000 --> 00:00:02,000",
        "–",
        "·",
    ),
    *(
        "<v Ann>hi",
        "{\\an8}up",
        "[Ann · joy] hi",
        "[MUSIC]",
        "sil",
        "אני שמח",
        "👍🏽",
        "a,b;c\td|e",
        "\\",
    ),
    *("item [2]:", "IntervalTier", "NOTE x", "WEBVTT", "1", "(sighs)", "a", "sil", "...", "=1+1"),
)


def timeline(said: Sequence[tuple[str, str | None, float, float, bool]]) -> Timeline:
    """Turns of (speaker, text, start, end, whether its emotion was judged)."""
    turns = []
    for n, (speaker, text, start, end, judged) in enumerate(said):
        made = turn(n, speaker=speaker, text=text, span=(start, end))
        turns.append(made if judged else dataclasses.replace(made, emotion=None, emotions={}))
    speakers = tuple(dict.fromkeys(t.utterance.speaker for t in turns))
    return Timeline("a.wav", tuple(turns), speakers, 1.0, "en", True)


def one_line(text: str) -> str:
    return " ".join(text.split())


def expected(written: Timeline, suffix: str) -> list[tuple[str, str | None, float, float]]:
    """Speakers, words and times as they come back; TextGrids know no stretch without length."""
    turns = []
    for utterance in (t.utterance for t in written.turns):
        start, end = utterance.start or 0.0, utterance.end or 0.0
        if suffix not in EXACT:
            start, end = round(start, 3), round(end, 3)
        if suffix == ".TextGrid":
            end = max(end, round(start + 0.001, 3))
        name = unicodedata.normalize("NFC", one_line(utterance.speaker))
        turns.append((name, one_line(utterance.text or "") or None, start, end))
    return turns


def read_back(folder, written: Timeline, suffix: str) -> Transcript:
    return read_transcript(write(written, folder / f"a{suffix}"))


def turns_of(transcript: Transcript) -> list[tuple[str, str | None, float | None, float | None]]:
    return [(u.speaker, u.text, u.start, u.end) for u in transcript.dialogue.utterances]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names_and_words_that_look_like_something_else(tmp_path, suffix):
    said = [
        (name, text, 2.0 * n, 2 * n + 1.5, n % 3 > 0)
        for n, (name, text) in enumerate(
            (NAMES[k % len(NAMES)], TEXTS[k % len(TEXTS)]) for k in range(len(NAMES) * 2)
        )
    ]
    written = timeline(said)
    transcript = read_back(tmp_path, written, suffix)
    assert turns_of(transcript) == expected(written, suffix)
    assert transcript.notes == ()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", NAMES)
def test_one_speaker_alone(tmp_path, suffix, name):
    written = timeline([(name, "Ben: hi", 0.0, 1.0, False), (name, None, 1.0, 2.0, True)])
    assert turns_of(read_back(tmp_path, written, suffix)) == expected(written, suffix)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_turn_said_again_and_again_is_no_rolling_caption(tmp_path, suffix):
    written = timeline([("Ann", "no", n, n + 0.9, False) for n in range(9)])
    assert turns_of(read_back(tmp_path, written, suffix)) == expected(written, suffix)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_turns_that_overlap_or_begin_together_keep_their_order(tmp_path, suffix):
    spans = [
        ("Ben", 0, 4),
        ("Ann", 0, 1),
        ("Ann", 0, 2),
        ("Ben", 1, 2),
        ("Ann", 1, 1),
        ("Ben", 3, 9),
    ]
    written = timeline([(who, f"{n}", a, b, n % 2 > 0) for n, (who, a, b) in enumerate(spans)])
    assert turns_of(read_back(tmp_path, written, suffix)) == expected(written, suffix)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_slow_turns_at_whole_seconds_stay_seconds(tmp_path, suffix):
    written = timeline([("Ann", "so", 0.0, 900.0, False), ("Ben", "oh", 900.0, 1800.0, False)])
    assert turns_of(read_back(tmp_path, written, suffix)) == expected(written, suffix)


@pytest.mark.parametrize("suffix", EXACT)
def test_words_come_back_with_blanks_and_probabilities(tmp_path, suffix):
    words = (
        Word(" so", 0.5, 0.7, 0.9),
        Word("</script>", 0.7, 1.1, 0.25),
        Word("—", 1.1, 1.1, 0.0),
    )
    said = Turn(Utterance("x7", 0, "Ann", "so </script> —", 0.5, 1.25), words)
    written = Timeline("a.wav", (said,), ("Ann",))
    assert read_back(tmp_path, written, suffix).words == {"t1": words}
    unsure = dataclasses.replace(said, words=(Word("so", 0.5, 0.7, math.nan),))
    back = read_back(tmp_path, dataclasses.replace(written, turns=(unsure,)), suffix)
    assert math.isnan(back.words["t1"][0].probability)


def test_words_come_back_from_a_textgrid_to_the_millisecond(tmp_path):
    written = timeline([("Ann", "so good", 0.5, 2.0, True), ("Ann", "oh no", 1.0, 3.0, True)])
    back = read_back(tmp_path, written, ".TextGrid")
    for t in written.turns:
        given_, got = t.words, back.words[t.utterance.id]
        assert [w.text for w in got] == [w.text for w in given_]
        assert [w.start for w in got] == pytest.approx([w.start for w in given_], abs=6e-4)


LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"], codec="utf-8")
ODD = st.sampled_from(
    [*list("\\[]·:|\"',;<>&-–{}()#\n\t\u200d\u200f😀é"), "\u0301", "words", "-->"]
)
SPOKEN = st.lists(ODD | LETTERS, min_size=1, max_size=10).map("".join)
SAID = st.tuples(
    st.sampled_from(NAMES) | SPOKEN.filter(lambda t: bool(t.replace("\u200f", "").strip())),
    st.none() | st.sampled_from(TEXTS) | SPOKEN.filter(lambda t: bool(t.strip())),
    st.integers(0, 3000),
    st.integers(0, 3000),
    st.booleans(),
)


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=40, deadline=None)
@given(said=st.lists(SAID, min_size=1, max_size=5))
@example(said=[("Ann", "x", 0, 0, False), ("Ben", None, 0, 0, False), ("Ann", "y", 0, 0, False)])
def test_any_timeline_comes_back(tmp_path_factory, suffix, said):
    spans = sorted(((a, b) for _, _, a, b, _ in said), key=lambda ab: ab[0])
    written = timeline(
        [
            (who, text, a / 1000, (a + b) / 1000, judged)
            for (who, text, _, _, judged), (a, b) in zip(said, spans, strict=True)
        ]
    )
    back = turns_of(read_back(tmp_path_factory.mktemp("a"), written, suffix))
    wanted = [(w.replace("\u200f", ""), *rest) for w, *rest in expected(written, suffix)]
    assert back == [(unicodedata.normalize("NFC", one_line(w)), *rest) for w, *rest in wanted]


OLD = "1\n00:00:00,500 --> 00:00:02,000\n{}\n\n2\n00:00:02,500 --> 00:00:04,000\n{}\n"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("Ann: so good", "Ben: oh"), [("Ann", "so good"), ("Ben", "oh")]),
        (("[Ann · joy 62 %] so", "Ben: oh"), [("Ann", "so"), ("Ben", "oh")]),
        (("[A: B · unsure]", "[Ben · unsure] <oh>"), [("A: B", None), ("Ben", "<oh>")]),
    ],
)
def test_subtitles_of_earlier_versions_are_read(tmp_path, lines, said):
    (tmp_path / "a.srt").write_text(OLD.format(*lines), encoding="utf-8")
    assert [t[:2] for t in turns_of(read_transcript(tmp_path / "a.srt"))] == said


def test_textgrids_of_earlier_versions_are_read(tmp_path):
    """Where turns overlapped, both texts stood in the shared stretch; a turn had no dash."""

    def tier(name: str, *spans: tuple[float, float, str]) -> str:
        cells = "\n".join(f'{a}\n{b}\n"{label}"' for a, b, label in spans)
        return f'"IntervalTier"\n"{name}"\n0\n9\n{len(spans)}\n{cells}\n'

    said = ((0, 1, ""), (1, 2, "one"), (2, 3, "one | two"), (3, 4, "two"), (4, 5, "a"), (5, 9, "a"))
    head = '"ooTextFile"\n"TextGrid"\n0\n9\n<exists>\n2\n'
    (tmp_path / "a.TextGrid").write_text(
        head + tier("Ann", *said) + tier("Ann emotion", (0, 9, ""))
    )
    assert turns_of(read_transcript(tmp_path / "a.TextGrid")) == [
        ("Ann", "one", 1, 3),
        ("Ann", "two", 2, 4),
        ("Ann", "a", 4, 5),
        ("Ann", "a", 5, 9),
    ]


@pytest.mark.parametrize("suffix", EXACT)
def test_ten_thousand_turns_are_fast(tmp_path, suffix):
    plain = [Utterance(f"t{n + 1}", n, "Ann", f"number {n}", n, n + 0.5) for n in range(10_000)]
    written = Timeline("a.wav", tuple(Turn(u) for u in plain), ("Ann",), 10_000.0)
    path = write(written, tmp_path / f"a{suffix}")
    before = time.process_time()
    assert len(read_transcript(path).dialogue.utterances) == 10_000
    assert time.process_time() - before < 5
