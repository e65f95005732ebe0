"""A conversation without pauses, in which one throws something in while the other speaks on."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import sounds

import empathia
from empathia.cli import main
from empathia.errors import WeightsError
from empathia.listen.dictation import ListenOptions
from empathia.listen.recording import Heard, hear
from empathia.listen.speakers import Diarisation, SpeakerSpan
from empathia.listen.words import Transcriber
from empathia.types import Audio, SpeakerNumber, Timeline, wire

pytestmark = pytest.mark.weights

ANN, BEN, AGAIN = (13.99, 20.15), (21.05, 25.06), (25.76, 29.07)  # in the example (s)
BIT = (10.85, 11.25)  # "Right" of Ben, too short to tell
START, THROWN_IN = 0.5, 3.6  # s


def talk(folder: Path) -> Path:
    """Ann, Ben and Ann again without any pause; "Right" over what Ann says first."""
    parts = [sounds.example(*span) for span in (ANN, BEN, AGAIN)]
    silence = np.zeros(round(START * sounds.RATE))
    whole = np.concatenate([silence, *parts, silence])
    bit, at = 0.7 * sounds.example(*BIT), round(THROWN_IN * sounds.RATE)
    whole[at : at + len(bit)] += bit
    return sounds.write_wav(folder / "talk.wav", whole)


def truth() -> list[SpeakerSpan]:
    spans, at = [], START
    for speaker, (start, end) in enumerate((ANN, BEN, AGAIN)):
        spans.append(SpeakerSpan(at, at + end - start, speaker % 2, 0.9))
        at += end - start
    return [*spans, SpeakerSpan(THROWN_IN, THROWN_IN + BIT[1] - BIT[0], 1, 0.0)]


class Knows:
    """A diariser that knows who spoke, and hears each change .15 s too late."""

    def add(self, audio: Audio, start: float) -> None:
        pass

    def finish(self, segments, bounds):
        first, last = segments[0][0], segments[-1][1]
        late = [
            s._replace(start=max(first, s.start + 0.15), end=min(last, s.end + 0.15))
            for s in truth()
        ]
        late[0] = late[0]._replace(start=first)
        return Diarisation(tuple(late), SpeakerNumber(2, "estimated", {2: 0.7, 3: 0.3}))


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Path:
    return talk(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def heard(recording) -> Heard:
    try:
        transcriber = Transcriber.load()
    except WeightsError as error:
        pytest.skip(str(error))
    wanted = ListenOptions(names=("Ann", "Ben"))
    return hear(recording, wanted, diariser=Knows(), transcriber=transcriber)


def plain(text: str | None) -> str:
    return "".join(c for c in (text or "").lower() if c.isalpha() or c == " ")


def test_turns_change_between_words_and_what_is_thrown_in_cuts_none(heard):
    first, thrown_in, second, third = heard.dialogue.utterances
    assert [u.speaker for u in heard.dialogue.utterances] == ["Ann", "Ben", "Ben", "Ann"]
    assert plain(first.text).startswith("not well") and plain(first.text).endswith("and sad")
    assert plain(second.text).startswith("i am") and plain(second.text).endswith("hard for it")
    assert plain(third.text).startswith("the worst") and plain(third.text).endswith("at them")
    assert first.end == second.start == pytest.approx(START + ANN[1] - ANN[0], abs=0.25)
    assert second.end == third.start
    assert first.start < thrown_in.start < thrown_in.end < first.end
    for u in heard.dialogue.utterances:
        assert all(u.start <= w.start <= w.end <= u.end for w in heard.words.get(u.id, ()))
    assert {u.language for u in heard.dialogue.utterances if u.text} == {"en"}


def test_what_is_not_known_is_admitted(heard):
    first, thrown_in, *_ = heard.dialogue.utterances
    assert (first.speaker_confidence, thrown_in.speaker_confidence) == (0.9, 0.0)
    assert "too short to tell who speaks: the turns at 4 s" in heard.notes
    if thrown_in.text is None:
        assert any(note.startswith("words not available at 4-4 s") for note in heard.notes)


def check(timeline: Timeline) -> None:
    """What holds of the turns of every recording."""
    data = json.loads(wire.dumps(timeline))
    jsonschema.Draft202012Validator(wire.schema()).validate(data)
    said = [t.utterance for t in timeline.turns]
    assert [u.start for u in said] == sorted(u.start for u in said)
    for t in timeline.turns:
        assert all(t.utterance.start <= w.start <= w.end <= t.utterance.end for w in t.words)
    for who in timeline.speakers:
        assert all(a.end <= b.start for a, b in pairwise(u for u in said if u.speaker == who))


def test_reading_it_finds_the_changes(recording):
    timeline = empathia.read(recording, speakers=2)
    check(timeline)
    assert timeline.speaker_number is not None
    assert (timeline.speaker_number.number, timeline.speaker_number.how) == (2, "given")
    starts = [t.utterance.start for t in timeline.turns]
    for change in (START + ANN[1] - ANN[0], START + ANN[1] - ANN[0] + BEN[1] - BEN[0]):
        assert min(abs(s - change) for s in starts) < 0.5
    assert len(timeline.speakers) == 2


def test_a_range_of_speakers_is_estimated_in(tmp_path, capsys):
    recording = sounds.write_wav(tmp_path / "talk.wav", sounds.example(0, 6.6))
    assert main(["read", str(recording), "--speakers", "2-4", "--json", "--quiet"]) == 0
    data = json.loads(capsys.readouterr().out)
    number = data["speaker_number"]
    assert number["how"] == "estimated" and 2 <= number["number"] <= 4
    assert set(number["probabilities"]) <= {"2", "3", "4"}
    assert sum(number["probabilities"].values()) == pytest.approx(1)
    assert data["provenance"]["options"]["speakers"] == [2, 4]


def test_five_speakers_where_one_speaks_are_doubted(tmp_path):
    alone = sounds.write_wav(tmp_path / "ann.wav", sounds.example(*ANN))
    timeline = empathia.read(alone, speakers=5, asr_model=sounds.small_model())
    assert any(note.startswith("5 speakers were given, and ") for note in timeline.notes)


def test_a_channel_each_overlaps_alike(tmp_path):
    parts = [sounds.example(*span) for span in (ANN, BEN)]
    at = round(4.0 * sounds.RATE)  # Ben begins while Ann still speaks
    channels = 1e-5 * np.random.default_rng(1).normal(size=(at + len(parts[1]) + 8000, 2))
    channels[: len(parts[0]), 0] += parts[0]
    channels[at : at + len(parts[1]), 1] += parts[1]
    path = sounds.write_wav(tmp_path / "call.wav", channels)
    timeline = empathia.read(
        path, channels="separate", names=("Ann", "Ben"), asr_model=sounds.small_model()
    )
    check(timeline)
    assert timeline.speaker_number == SpeakerNumber(2, "channels")
    data = wire.to_json(timeline)
    shared = {
        who: sum(t["overlap"] for t in data["turns"] if t["speaker"] == who)
        for who in ("Ann", "Ben")
    }
    assert shared["Ann"] == pytest.approx(shared["Ben"]) == pytest.approx(2.0, abs=0.7)
    assert {t["speaker_confidence"] for t in data["turns"]} == {None}


@pytest.mark.slow
def test_the_pause_that_ends_a_turn_can_be_chosen(tmp_path):
    first, second = sounds.example(0.5, 2.7), sounds.example(7.13, 10.4)
    both = np.concatenate([first, np.zeros(round(0.3 * sounds.RATE)), second])
    alone = sounds.write_wav(tmp_path / "ann.wav", both)
    counts = [len(empathia.read(alone, speakers=1, pause=pause).turns) for pause in (0.2, 1.0, 5.0)]
    assert counts[0] > counts[1] >= counts[2] == 1
