"""A stream, turn by turn: what is told while it goes on, and what a file would give."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

import numpy as np
import pytest
import sounds

from empathia.errors import UsageError
from empathia.pipeline import Options, Reader
from empathia.pipeline.live import Live
from empathia.types import Audio, Timeline, Turn, wire
from empathia.types.events import Ended, Event, Revised, TurnEnded, event_json
from empathia.types.shapes import TurnJson

pytestmark = pytest.mark.weights

END = 14.0  # s; four turns of two people
TWO = Options(speakers=2, asr_model=sounds.small_model())

# As a file of 16 bit has it.
WRITTEN = (sounds.example(0, END) * 32767).astype("<i2").astype(np.float64) / 32768


def blocks(samples: np.ndarray, size: int) -> Iterator[Audio]:
    for at in range(0, len(samples), size):
        yield Audio(samples[at : at + size].astype(np.float32), sounds.RATE)


def told(samples: np.ndarray, size: int, options: Options | None = None) -> list[Event]:
    with Live(options) as live:
        events = [e for block in blocks(samples, size) for e in live.add(block)]
        return [*events, *live.close()]


def turns_of(events: list[Event]) -> list[Turn]:
    return [e.turn for e in events if isinstance(e, TurnEnded)]


def timeline_of(events: list[Event]) -> Timeline:
    assert isinstance(events[-1], Ended)
    return events[-1].timeline


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return told(WRITTEN, 4000, TWO)


def test_turns_are_told_before_the_stream_ends(events: list[Event]) -> None:
    turns = turns_of(events)
    assert len(turns) >= 4
    assert [t.utterance.index for t in turns] == list(range(len(turns)))
    for turn in turns:
        # A third of a second can be too little to make a word of.
        assert turn.utterance.text or turn.utterance.end - turn.utterance.start < 0.5
        assert turn.prosody is not None
        assert set(turn.emotions) == {"text", "voice"}
    assert {t.utterance.speaker for t in turns} == {"Speaker 1", "Speaker 2"}


@pytest.mark.slow
def test_events_do_not_depend_on_the_blocks_that_come(events: list[Event]) -> None:
    others = told(WRITTEN, 7 * sounds.RATE + 13, TWO)
    pairs = zip(map(event_json, events), map(event_json, others), strict=True)
    for one, other in pairs:
        assert json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@pytest.mark.slow
def test_closing_gives_the_speakers_of_the_file(events: list[Event], tmp_path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", sounds.example(0, END))
    with Reader(TWO) as reader:
        read = reader.read(path)
    streamed = timeline_of(events)
    assert streamed.speakers == read.speakers
    assert streamed.speaker_number == read.speaker_number
    assert streamed.duration == pytest.approx(read.duration)
    for turn in streamed.turns:
        u = turn.utterance
        assert u.start is not None
        assert u.end is not None
        middle = (u.start + u.end) / 2
        (same,) = {
            t.utterance.speaker
            for t in read.turns
            if (t.utterance.start or 0) <= middle <= (t.utterance.end or 0)
        }
        assert u.speaker == same


def test_the_end_has_the_turns_that_were_told(events: list[Event]) -> None:
    speakers = {t.utterance.id: t.utterance.speaker for t in turns_of(events)}
    for event in events:
        if isinstance(event, Revised):
            assert event.speakers.items().isdisjoint(speakers.items())
            speakers |= event.speakers
    final = timeline_of(events).turns
    assert {t.utterance.id: t.utterance.speaker for t in final} == speakers
    for one, other in zip(turns_of(events), final, strict=True):
        assert (one.words, one.utterance.text) == (other.words, other.utterance.text)


def test_events_as_json(events: list[Event]) -> None:
    lines = [json.loads(json.dumps(event_json(e))) for e in events]
    assert [line["event"] for line in lines][-1] == "end"
    assert lines[0] == {"event": "turn", "turn": json.loads(json.dumps(turn_json(events[0])))}
    assert wire.from_json(lines[-1]["timeline"]).speakers == timeline_of(events).speakers
    revised = event_json(Revised({"turn-0000": "Ann"}))
    assert revised == {"event": "revised", "speakers": {"turn-0000": "Ann"}}


def turn_json(event: Event) -> TurnJson:
    assert isinstance(event, TurnEnded)
    return wire.turn_json(event.turn)


@pytest.mark.parametrize(
    ("samples", "note"), [(np.zeros(32000), "silent"), (sounds.noise(2), "nobody")]
)
def test_a_stream_without_speech_ends_with_a_note(samples: np.ndarray, note: str) -> None:
    (event,) = told(samples, 1600)
    timeline = timeline_of([event])
    assert timeline.turns == ()
    assert any(note in n for n in timeline.notes)


def test_where_no_sound_comes_a_turn_is_given() -> None:
    with Live() as live:
        for block in blocks(sounds.example(0, 2.9), 1600):
            assert live.add(block) == []
        (event,) = live.pause()
        assert isinstance(event, TurnEnded)
        assert "minute" in (event.turn.utterance.text or "")
        assert live.pause() == []


def test_names_are_given_in_order_and_replies_to_each_turn() -> None:
    options = dataclasses.replace(TWO, names=("Ann", "Ben"), reply="every", reply_with="rules")
    events = told(sounds.example(0, 7), 1600, options)
    assert timeline_of(events).speakers == ("Ann", "Ben")
    turns = [*turns_of(events), *timeline_of(events).turns]
    assert all(t.reply is not None and t.reply.to == t.utterance.id for t in turns)


@pytest.mark.slow
def test_the_estimated_number_is_that_of_the_file(tmp_path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", sounds.example(0, 14))
    with Reader() as reader:
        read = reader.read(path)
    streamed = timeline_of(told(WRITTEN[: 14 * sounds.RATE], 1600))
    assert streamed.speaker_number == read.speaker_number
    assert streamed.speakers == read.speakers


@pytest.mark.parametrize(
    "options",
    [{"adapt": True}, {"channels": "separate"}, {"transcript": "a.csv"}, {"track": "all"}],
)
def test_what_needs_the_whole_recording_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="needs the whole recording"):
        Live(Options.of(options))
