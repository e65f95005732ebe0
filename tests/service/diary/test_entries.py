"""Entries are kept as they are given, changed, and are nobody else's."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from little_diary import GLAD, SILENT, heard, person, spoken, written

from empathia.errors import AbsentError, ConfigError, InputError, UsageError
from empathia.service.diary import accounts, entries
from empathia.service.diary.baseline import Baseline, baseline, set_baseline
from empathia.service.diary.records import LARGEST_AUDIO, Draft, Entry, Feeling, Recording
from empathia.types import Reply, wire

CALM = Baseline(
    {"pitch": 180.5, "loudness": -23.0},
    {"pitch": 21.0, "loudness": 0.0},
    31.5,
    datetime(2026, 11, 1, 9, tzinfo=UTC),
)


@pytest.mark.parametrize("encrypted", [False, True])
def test_an_entry_comes_back_as_it_was_given(store, encrypted):
    visit = person(store, zone="Asia/Seoul", encrypted=encrypted)
    words = "오늘은 \u1112\u1161\u11ab강에서 <b>걸었다</b>. \x00 👩‍👩‍👧 \u202e"
    draft = spoken(words, b"\x00\xff" * 999, language="ko", bookmark=True)
    name = entries.add(store, visit, draft)
    assert re.fullmatch("[0-9a-f]{32}", name)
    assert entries.get(store, visit, name) == Entry(
        id=name,
        moment=datetime(2026, 11, 30, 3, tzinfo=UTC),
        day=date(2026, 11, 30),
        zone="Asia/Seoul",
        kind="voice",
        language="ko",
        words=words,
        summary=draft.summary,
        feeling=GLAD,
        bookmark=True,
        has_timeline=True,
        audio="audio/wav",
        label="joy",
    )
    assert entries.timeline(store, visit, name) == heard(words)
    assert entries.audio(store, visit, name) == Recording("audio/wav", b"\x00\xff" * 999)


def test_silence_makes_no_emotion(store):
    visit = person(store)
    silent = spoken("", feeling=SILENT, timeline=heard(), summary="")
    entry = entries.get(store, visit, entries.add(store, visit, silent))
    assert entry.feeling == Feeling({}, "nothing was said")
    for timeline in (None, heard()):
        with pytest.raises(UsageError, match="silence has none"):
            spoken(" \n", timeline=timeline)
    assert spoken("", timeline=heard("")).feeling == GLAD  # a voice whose words nobody knows
    with pytest.raises(UsageError, match="silence has none"):
        entries.change(store, visit, entry.id, feeling=GLAD)
    assert entries.get(store, visit, entry.id) == entry


@pytest.mark.parametrize(
    ("shares", "abstained"),
    [
        ({}, None),
        ({}, ""),
        ({"joy": 1.0}, "unsure"),
        ({"joy": 0.5}, None),
        ({"joy": 1.5, "sadness": -0.5}, None),
        ({"joy": float("nan")}, None),
        ({"": 1.0}, None),
        ({"x" * 65: 1.0}, None),
        ({f"e{i}": 1 / 65 for i in range(65)}, None),
        ({}, "x" * 501),
    ],
)
def test_a_feeling_is_shares_or_a_reason(shares, abstained):
    with pytest.raises(UsageError):
        Feeling(shares, abstained)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "song"},
        {"language": "English"},
        {"words": "x" * 200_001},
        {"words": "\ud800"},
        {"summary": "x" * 2_001},
        {"words": "", "kind": "text"},
        {"timeline": {"turns": []}},
        {"timeline": {**heard("a"), "schema_version": "9.0"}},
    ],
)
def test_a_draft_that_cannot_be_is_refused(change):
    with pytest.raises((UsageError, InputError)):
        spoken(**change)


def test_audio_is_of_a_known_type_and_size():
    with pytest.raises(ConfigError, match="audio/wav"):
        Recording("text/html", b"<script>")
    for content in (b"", bytes(LARGEST_AUDIO + 1)):
        with pytest.raises(UsageError, match="1 to 67,108,864"):
            Recording("audio/wav", content)


def test_a_timeline_that_json_cannot_hold_is_refused(store):
    visit = person(store)
    timeline = heard("a")
    timeline["provenance"] = {"x": float("inf")}
    with pytest.raises(UsageError, match="JSON"):
        entries.add(store, visit, spoken("a", timeline=timeline))


def test_audio_is_kept_only_if_asked_for(store):
    visit = accounts.register(store, "ann", "long enough")
    with pytest.raises(UsageError, match="keeps none"):
        entries.add(store, visit, spoken())
    name = entries.add(store, visit, replace(spoken(), audio=None))
    with pytest.raises(AbsentError, match="no recording"):
        entries.audio(store, visit, name)


def test_an_entry_changes(store):
    visit = person(store, zone="Asia/Seoul")
    name = entries.add(store, visit, spoken("I am glat."))
    before = entries.get(store, visit, name)
    assert entries.change(store, visit, name) == before
    after = entries.change(
        store,
        visit,
        name,
        words="I am glad.",
        summary="",
        feeling=Feeling({"joy": 1.0}),
        bookmark=True,
        when=datetime(2026, 11, 1, 0, 5),
    )
    assert after == replace(
        before,
        words="I am glad.",
        summary="",
        feeling=Feeling({"joy": 1.0}),
        bookmark=True,
        moment=datetime(2026, 10, 31, 15, 5, tzinfo=UTC),
        day=date(2026, 11, 1),
    )
    assert entries.get(store, visit, name) == after
    for wrong in ({"words": "x" * 200_001}, {"summary": "\ud800"}, {"when": date(2027, 1, 1)}):
        with pytest.raises(UsageError):
            entries.change(store, visit, name, **wrong)
    assert entries.get(store, visit, name) == after


@pytest.mark.parametrize("encrypted", [False, True])
def test_words_that_are_edited_leave_what_was_heard_and_all_else_stays(store, encrypted):
    visit = person(store, encrypted=encrypted)
    told = heard("I saw Ben.", "I was glad.")
    told["turns"][0]["reply"] = dataclasses.asdict(Reply("u0", "You saw Ben.", "rules")) | {
        "exemplars": [],
        "empathy": None,
    }
    draft = spoken("I saw Ben. I was glad.", timeline=told)
    name = entries.add(store, visit, draft)
    for same in ({"bookmark": True}, {"words": draft.words}, {"summary": "You saw him."}):
        entries.change(store, visit, name, **same)
        assert entries.timeline(store, visit, name) == told
    for words in ("I saw him.", ""):
        entries.change(store, visit, name, words=words)
        left = entries.timeline(store, visit, name)
        assert "Ben" not in json.dumps(left) and len(left.pop("notes")) == 1
        assert wire.from_json({**left, "notes": []}).turns[1].emotion.label == "joy"
        for turn in (*left["turns"], *told["turns"]):
            turn |= {"text": None, "words": [], "reply": None}
        assert left == {k: v for k, v in told.items() if k != "notes"}


def test_a_baseline_is_kept_replaced_and_deleted(store):
    for encrypted in (False, True):
        visit = person(store, f"ann{encrypted}", encrypted=encrypted)
        with pytest.raises(AbsentError, match="calm"):
            baseline(store, visit)
        set_baseline(store, visit, CALM)
        assert baseline(store, visit) == CALM
        set_baseline(store, visit, replace(CALM, seconds=60.0))
        assert baseline(store, visit).seconds == 60.0
        set_baseline(store, visit, None)
        with pytest.raises(AbsentError):
            baseline(store, visit)


@pytest.mark.parametrize(
    "change",
    [
        {"means": {}, "deviations": {}},
        {"deviations": {"pitch": 1.0}},
        {"deviations": {"pitch": 1.0, "loudness": -1.0}},
        {"means": {"pitch": float("nan"), "loudness": 0.0}},
        {"seconds": -1.0},
        {"moment": datetime(2026, 1, 1)},
    ],
)
def test_a_baseline_that_cannot_be_is_refused(change):
    with pytest.raises(UsageError, match="calm recording"):
        replace(CALM, **change)


def test_nobody_else_reaches_an_entry(store):
    """Not even with its id, by any way that there is."""
    ann, bob = person(store, "ann"), person(store, "bob")
    name = entries.add(store, ann, spoken())
    own = entries.add(store, bob, written("Bob's"))
    for reach in (
        lambda: entries.get(store, bob, name),
        lambda: entries.timeline(store, bob, name),
        lambda: entries.audio(store, bob, name),
        lambda: entries.change(store, bob, name, words="mine"),
        lambda: entries.change(store, bob, name, bookmark=True),
        lambda: entries.remove(store, bob, name),
    ):
        with pytest.raises(AbsentError) as error:
            reach()
        with pytest.raises(AbsentError) as unknown:
            entries.get(store, bob, "0" * 32)
        assert type(error.value) is type(unknown.value)
    assert entries.remove_audio(store, bob, name) == 0
    assert entries.remove_audio(store, bob) == 0
    assert [e.id for e in entries.listed(store, bob)] == [own]
    assert entries.get(store, ann, name).words == "It rained."
    assert entries.audio(store, ann, name).content == b"RIFF"


def test_removing_takes_what_was_derived(store):
    visit = person(store)
    first, second = (entries.add(store, visit, spoken(content=b"x%d" % i)) for i in range(2))
    assert entries.remove_audio(store, visit, first) == 1
    assert entries.get(store, visit, first).audio is None
    assert entries.timeline(store, visit, first)
    assert entries.remove_audio(store, visit) == 1
    entries.remove(store, visit, first)
    for reach in (entries.get, entries.timeline, entries.audio, entries.remove):
        with pytest.raises(AbsentError, match=first):
            reach(store, visit, first)
    assert [e.id for e in entries.listed(store, visit)] == [second]


def test_an_id_is_by_chance(store):
    visit = person(store)
    ids = {entries.add(store, visit, written()) for _ in range(20)}
    assert len(ids) == len({name[:8] for name in ids}) == 20


def test_a_draft_needs_its_feeling():
    with pytest.raises(TypeError):
        Draft("text", "words")  # type: ignore[call-arg]
