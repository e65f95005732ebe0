"""Streams that are pulled: pipes that stall, break, never end, or are stopped."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator

import numpy as np
import pytest
import sounds

import empathia
from empathia.errors import MediaError, UsageError
from empathia.types.events import Ended, Event, TurnEnded, event_json

pytestmark = pytest.mark.weights


def pcm(start: float, end: float) -> bytes:
    return (sounds.example(start, end) * 32767).astype("<i2").tobytes()


def timeline_of(events: list[Event]) -> empathia.types.Timeline:  # type: ignore[name-defined]
    assert isinstance(events[-1], Ended)
    return events[-1].timeline


def test_a_turn_is_given_though_no_more_sound_comes() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as stream, os.fdopen(write, "wb", buffering=0) as out:
        feeding = threading.Thread(target=out.write, args=(pcm(0, 2.9),))
        feeding.start()
        listening = empathia.listen(stream, pcm=16000)
        first = next(listening)  # the pipe is open, and silent
        assert isinstance(first, TurnEnded)
        feeding.join()
        feeding = threading.Thread(target=out.write, args=(pcm(2.9, 6.6),))
        feeding.start()
        second = next(listening)
        feeding.join()
        out.close()
        assert isinstance(second, TurnEnded)
        assert second.turn.utterance.index == 1
        rest = list(listening)
    assert timeline_of(rest).duration == pytest.approx(6.6)
    assert len(timeline_of(rest).turns) == 2


@pytest.mark.slow
def test_blocks_from_a_file_a_pipe_and_an_array_are_the_same(tmp_path) -> None:
    wav = sounds.write_wav(tmp_path / "a.wav", sounds.example(0, 7)).read_bytes()
    samples = np.frombuffer(wav[44:], "<i2")
    blocks = [samples[at : at + 5000] for at in range(0, len(samples), 5000)]
    by_file = [event_json(e) for e in empathia.listen(io.BytesIO(wav))]
    by_array = [event_json(e) for e in empathia.listen(blocks)]
    assert len(by_file) > 2
    assert by_file == by_array


def test_an_endless_stream_is_stopped_and_what_was_heard_is_kept() -> None:
    def endless() -> Iterator[np.ndarray]:
        while True:
            yield sounds.example(0, 3).astype(np.float32)
            yield np.zeros(sounds.RATE, np.float32)

    listening = empathia.listen(endless())
    assert isinstance(next(listening), TurnEnded)
    listening.stop()
    timeline = timeline_of(list(listening))
    assert timeline.turns
    assert any("stopped at" in note for note in timeline.notes)
    assert list(listening) == []


def test_a_pipe_on_which_nothing_comes_is_stopped() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as stream, os.fdopen(write, "wb"):
        listening = empathia.listen(stream)
        listening.stop()
        timeline = timeline_of(list(listening))
    assert timeline.turns == ()
    assert "no sound came" in timeline.notes


def test_a_stream_that_breaks_keeps_what_was_heard() -> None:
    def breaking() -> Iterator[np.ndarray]:
        yield sounds.example(0, 3).astype(np.float32)
        raise OSError("the microphone was unplugged")

    timeline = timeline_of(list(empathia.listen(breaking())))
    assert len(timeline.turns) == 1
    assert any("broke off at 3.0 s (the microphone was unplugged)" in n for n in timeline.notes)


def test_a_fault_of_the_one_who_gives_blocks_is_his() -> None:
    def faulty() -> Iterator[np.ndarray]:
        yield sounds.example(0, 2).astype(np.float32)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(empathia.listen(faulty()))


@pytest.mark.parametrize("stream", [io.BytesIO(), [], [np.zeros(0)], io.BytesIO(b"\0")])
def test_a_stream_without_any_sound(stream) -> None:
    with pytest.raises(MediaError):
        list(empathia.listen(stream))


def test_wrong_use_is_told_at_once() -> None:
    with pytest.raises(UsageError, match=r"found str 'talk\.wav'"):
        empathia.listen("talk.wav")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="samples a second"):
        empathia.listen([], pcm=7)
    with pytest.raises(UsageError, match="needs the whole recording"):
        empathia.listen([], adapt=True)
    with pytest.raises(UsageError, match="no option 'tempo'"):
        empathia.listen([], tempo=1)


def test_more_speakers_asked_for_than_speak() -> None:
    events = list(empathia.listen([sounds.example(0, 2.9)], speakers=5))
    timeline = timeline_of(events)
    assert len(timeline.speakers) < 5
    assert any("5 speakers were given" in note for note in timeline.notes)


@pytest.mark.slow
def test_permissive_listening_does_without_the_weight_for_overlap_and_says_so(tmp_path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", sounds.example(0, 7))
    for permissive in (False, True):
        timeline = empathia.read(path, permissive=permissive)
        assert len(timeline.turns) == 2
        used = {w["name"] for w in timeline.provenance["weights"]}
        assert ("overlap" in used) is not permissive
        assert any(n.startswith("where two speak at once") for n in timeline.notes) is permissive
