"""Cues in words: levels of corpus and recording, causality, honest silence."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.cues import Bins, CuesSoFar, describe, describe_recording
from empathia.cues.words import IMPRESSIONS, LEVELS, PACE, SIZE, WIDTH
from empathia.errors import UsageError
from empathia.features.prosody import NAMES, UNITS
from empathia.labels import LABEL_SETS
from empathia.types import Cues, Features

# In the middle of everything; a woman's pitch would be low, a man's high.
MIDDLE = {
    "duration": 3.5,
    "avg_intensity": 63.0,
    "intensity_variation": 9.2,
    "avg_pitch": 229.5,
    "pitch_std": 56.0,
    "pitch_range": 270.0,
    "articulation_rate": 4.0,
    "mean_hnr": 7.5,
}


def prosody(**values: float | None) -> Features:
    """Measures of a turn: MIDDLE but for what is named; None is missing."""
    row = [math.nan if (v := (MIDDLE | values)[n]) is None else v for n in NAMES]
    return Features("u", "prosody", np.array([row], np.float32), NAMES, UNITS)


def nothing(**values: float) -> Features:
    return prosody(**(dict.fromkeys(NAMES) | values))


@pytest.fixture(scope="module")
def bins() -> Bins:
    return Bins.load()


# --- words -------------------------------------------------------------------------------


def test_description_of_a_corpus_utterance(bins: Bins) -> None:
    quiet = prosody(
        avg_intensity=57, intensity_variation=6, avg_pitch=360, pitch_std=99, articulation_rate=3
    )
    found = describe(quiet, bins, group="female")
    assert found.description == (
        "low volume with little variation, high pitch, wide pitch variation, slow"
    )
    assert found.reference == "corpus"
    assert found.levels["avg_pitch"] == "high"
    assert found.impression == "may come across as tired or withdrawn"


def test_the_group_decides_what_is_high(bins: Bins) -> None:
    voice = prosody(avg_pitch=229.5)
    assert describe(voice, bins, group="female").levels["avg_pitch"] == "low"
    assert describe(voice, bins, group="male").levels["avg_pitch"] == "high"
    assert describe(voice, bins).levels["avg_pitch"] == "medium"


def test_loud_high_and_varied_may_be_excitement(bins: Bins) -> None:
    shout = prosody(avg_intensity=75, avg_pitch=400, pitch_std=140)
    assert describe(shout, bins, group="female").impression == (
        "may come across as excited or agitated"
    )


def test_who_somebody_is_makes_no_impression(bins: Bins) -> None:
    """Against everybody, pitch tells men from women: it is described and no more."""
    low = prosody(avg_pitch=85)
    assert describe(low, bins, group="male").impression != ""
    assert describe(low, bins).description.count("very low pitch") == 1
    assert describe(low, bins).impression == ""


def test_nothing_notable_makes_no_impression(bins: Bins) -> None:
    assert describe(prosody(), bins).impression == ""


@given(
    st.sets(st.sampled_from(NAMES)),
    st.sampled_from([3, 4, 5, 6]),
    st.sampled_from([None, "female", "male"]),
)
def test_missing_measures_say_nothing(missing: set[str], levels: int, group: str | None) -> None:
    found = describe(prosody(**dict.fromkeys(missing)), Bins.load(), levels, group)
    assert set(found.levels) == set(NAMES) - missing
    said = found.description
    assert ("volume" in said) == (not missing >= {"avg_intensity", "intensity_variation"})
    assert bool(re.search(r"pitch(,|$)", said)) == ("avg_pitch" not in missing)
    assert ("pitch variation" in said) == ("pitch_std" not in missing)
    assert bool(re.search("slow|fast|pace", said)) == ("articulation_rate" not in missing)
    if missing >= set(NAMES) - {"duration", "pitch_range"}:
        assert (found.description, found.impression) == ("", "")


@given(st.sampled_from([3, 4, 5, 6]), st.integers(0, 10_000))
@settings(max_examples=40)
def test_every_level_has_words_and_every_impression_is_hedged(levels: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = {n: v * random.uniform(0.3, 2.5) for n, v in MIDDLE.items()}
    found = describe(prosody(**values), Bins.load(), levels, "male")
    assert set(found.levels.values()) <= set(LEVELS[levels])
    assert found.impression == "" or found.impression.startswith("may come across as ")
    emotions = {label for labels in LABEL_SETS.values() for label in labels}
    assert not emotions & set(found.description.replace(",", "").split())


def test_word_tables_are_complete() -> None:
    names = {name for row in LEVELS.values() for name in row}
    assert names == set(SIZE) == set(WIDTH) == set(PACE)
    assert all(len(row) == levels for levels, row in LEVELS.items())
    for condition, words in IMPRESSIONS:
        assert set(condition) <= set(NAMES)
        assert set(condition.values()) <= {"+", "-", "++", "--"}
        assert words
    # A line below one that is met whenever it is would never be read.
    for i, (condition, _) in enumerate(IMPRESSIONS):
        for earlier, _ in IMPRESSIONS[:i]:
            assert not earlier.items() <= condition.items()


@pytest.mark.parametrize("levels", [0, 1, 2, 7, -5])
def test_other_numbers_of_levels_are_refused(bins: Bins, levels: int) -> None:
    for ask in (
        lambda: describe(prosody(), bins, levels),
        lambda: describe_recording([], [], bins, levels),
        lambda: bins.thresholds("avg_pitch", levels),
    ):
        with pytest.raises(UsageError, match=f"{levels} levels.*3, 4, 5, 6"):
            ask()


# --- recordings --------------------------------------------------------------------------


def talk(values: Sequence[dict[str, float | None]], bins: Bins, **options) -> list[Cues]:
    found = describe_recording([prosody(**v) for v in values], ["a"] * len(values), bins, **options)
    assert all(c is not None for c in found)
    return [c for c in found if c is not None]


def test_under_five_turns_loudness_says_nothing_and_pitch_is_absolute(bins: Bins) -> None:
    found = talk([{"avg_intensity": 90.0, "avg_pitch": 85.0}] * 7, bins)
    for early in found[:5]:
        assert "avg_intensity" not in early.levels
        assert "intensity_variation" not in early.levels
        assert early.levels["avg_pitch"] == "very low"
        assert (early.reference, early.impression) == ("corpus", "")
        assert "volume" not in early.description
    for late in found[5:]:
        assert late.levels["avg_intensity"] == late.levels["avg_pitch"] == "medium"
        assert late.reference == "speaker so far"
        assert late.description.startswith(
            "medium volume with moderate variation, medium pitch, moderate pitch variation "
            "for this speaker, "
        )


def test_turns_count_per_speaker_and_per_measure(bins: Bins) -> None:
    turns: list[Features | None] = [prosody() for _ in range(12)]
    turns[3] = None
    turns[4] = prosody(avg_intensity=None)
    found = describe_recording(turns, ["a", "b"] * 6, bins)
    assert found[3] is None
    heard = [c is not None and "avg_intensity" in c.levels for c in found]
    assert heard == [False] * 12  # five earlier turns of a, but one without loudness
    assert found[10] is not None
    assert found[10].reference == "speaker so far"  # pitch was there each time


def test_a_calm_recording_is_what_pitch_is_held_against_from_the_first_turn_on(bins: Bins) -> None:
    calm = {"avg_pitch": 200.0, "avg_intensity": 20.0, "mean_hnr": 1.0, "pitch_range": 0.0}
    so_far = CuesSoFar(bins, calm=calm)
    same, high = (so_far.add(prosody(avg_pitch=p), "a") for p in (200.0, 420.0))
    assert same is not None and high is not None
    assert (same.levels["avg_pitch"], high.levels["avg_pitch"]) == ("medium", "very high")
    assert same.reference == high.reference == "calm recording"
    assert "very high pitch for this speaker" in high.description
    assert "avg_intensity" not in same.levels  # it may have been another microphone
    assert same.levels["mean_hnr"] == CuesSoFar(bins).add(prosody(), "a").levels["mean_hnr"]
    for _ in range(9):  # it stays what it was, whatever follows
        later = so_far.add(prosody(avg_pitch=420.0), "a")
    assert later.levels["avg_pitch"] == "very high" and "avg_intensity" in later.levels
    voiceless = so_far.add(prosody(avg_pitch=None), "a")
    assert voiceless is not None and voiceless.reference == "speaker so far"


def test_a_steady_speaker_is_never_called_loud(bins: Bins) -> None:
    steady = [
        {"avg_intensity": 60 + 0.2 * math.sin(i), "avg_pitch": 120 + math.sin(3 * i)}
        for i in range(30)
    ]
    for cues in talk(steady, bins)[5:]:
        assert cues.levels["avg_intensity"] == cues.levels["avg_pitch"] == "medium"


def test_a_shout_is_loud_for_anybody(bins: Bins) -> None:
    for level, pitch in ((35.0, 90.0), (80.0, 240.0)):
        turns: list[dict[str, float | None]] = [{"avg_intensity": level, "avg_pitch": pitch}] * 8
        turns += [{"avg_intensity": level + 12, "avg_pitch": 1.7 * pitch, "pitch_std": 130.0}]
        last = talk(turns, bins)[-1]
        assert last.levels["avg_intensity"] == last.levels["avg_pitch"] == "very high"
        assert "excited or agitated" in last.impression
        whisper = talk([*turns[:8], {"avg_intensity": level - 12}], bins)[-1]
        assert whisper.levels["avg_intensity"] == "very low"


def test_rate_and_harmonicity_are_always_overall(bins: Bins) -> None:
    found = talk([{"articulation_rate": 6.0, "mean_hnr": 2.0}] * 9, bins)
    assert {c.levels["articulation_rate"] for c in found} == {"very high"}
    assert {c.levels["mean_hnr"] for c in found} == {"very low"}
    assert all("very fast" in c.description for c in found)


def test_adapted_looks_at_the_whole_recording(bins: Bins) -> None:
    turns: list[dict[str, float | None]] = [{"avg_intensity": 72.0}, *[{"avg_intensity": 60.0}] * 6]
    found = talk(turns, bins, adapt=True)
    assert {c.reference for c in found} == {"adapted"}
    assert found[0].levels["avg_intensity"] == "very high"
    assert found[1].levels["avg_intensity"] == "medium"
    few = talk(turns[:4], bins, adapt=True)
    assert {c.reference for c in few} == {"corpus"}
    assert not any("avg_intensity" in c.levels for c in few)


def test_clips_without_voice_or_sound(bins: Bins) -> None:
    found = describe_recording([nothing(duration=2.0), None, nothing()], ["a"] * 3, bins)
    assert found == [None, None, None]
    assert describe_recording([], [], bins) == []
    with pytest.raises(UsageError, match="1 turns and 2 speakers"):
        describe_recording([None], ["a", "b"], bins)


measured = st.fixed_dictionaries(
    {
        "avg_intensity": st.none() | st.floats(30, 90),
        "avg_pitch": st.none() | st.floats(80, 500),
        "pitch_std": st.none() | st.floats(2, 200),
        "articulation_rate": st.none() | st.floats(0.5, 8),
    }
)
turn = st.none() | measured
recordings = st.lists(st.tuples(turn, st.sampled_from("ab")), min_size=1, max_size=24)


def _describe(recording: list[tuple[dict | None, str]], **options) -> list[Cues | None]:
    turns = [None if values is None else prosody(**values) for values, _ in recording]
    return describe_recording(turns, [who for _, who in recording], Bins.load(), **options)


@given(recordings, recordings, st.sampled_from([3, 4, 5, 6]))
@settings(max_examples=40, deadline=None)
def test_later_turns_never_change_earlier_cues(past: list, future: list, levels: int) -> None:
    whole = _describe(past + future, levels=levels)
    assert whole[: len(past)] == _describe(past, levels=levels)


@given(
    st.lists(st.tuples(st.integers(40, 80), st.integers(80, 400)), min_size=6, max_size=14),
    st.integers(-20, 20),
    st.sampled_from([0.5, 2.0]),
)
@settings(max_examples=40, deadline=None)
def test_microphone_and_larynx_do_not_matter(
    turns: list[tuple[int, int]], gain: int, scale: float
) -> None:
    """Another gain and another voice give the same cues once the speaker is known."""
    here = [({"avg_intensity": i, "avg_pitch": p}, "a") for i, p in turns]
    there = [({"avg_intensity": i + gain, "avg_pitch": p * scale}, "a") for i, p in turns]
    assert _describe(here)[5:] == _describe(there)[5:]
    assert _describe(here, adapt=True) == _describe(there, adapt=True)
