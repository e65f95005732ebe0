from __future__ import annotations

import csv

import numpy as np
import pytest
import sounds

from empathia.errors import MediaError, WeightsError
from empathia.listen.dictation import ListenOptions
from empathia.listen.recording import hear, waveform_of
from empathia.listen.speakers import Diarisation, SpeakerSpan
from empathia.listen.speech import RATE
from empathia.listen.words import Transcriber
from empathia.types import Audio, SpeakerNumber

SCRIPT = sounds.EXAMPLE.with_suffix(".csv")
END = 13.4  # s; four turns, the whole is read in tests/cli


def script() -> list[dict[str, str]]:
    with SCRIPT.open(encoding="utf-8") as rows:
        return [row for row in csv.DictReader(rows) if float(row["end"]) < END]


def plain(text: str) -> list[str]:
    return "".join(c for c in text.lower() if c.isalpha() or c == " ").split()


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    try:
        return Transcriber.load()
    except WeightsError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def conversation(transcriber, tmp_path_factory):
    path = tmp_path_factory.mktemp("talk") / "talk.wav"
    sounds.write_wav(path, sounds.example(0, END))
    return hear(path, ListenOptions(), transcriber=transcriber)


@pytest.mark.weights
def test_the_words_are_right_but_for_a_few(conversation):
    written = [w for row in script() for w in plain(row["text"])]
    heard = [w for u in conversation.dialogue.utterances for w in plain(u.text)]
    row = list(range(len(heard) + 1))
    for i, a in enumerate(written, 1):  # word error rate
        last, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    assert row[-1] / len(written) < 0.06
    assert conversation.language == "en"
    assert conversation.dialogue.utterances
    assert conversation.notes == ()


@pytest.mark.weights
def test_turns_and_words_stand_where_they_were_spoken(conversation):
    utterances = conversation.dialogue.utterances
    starts = np.array([u.start for u in utterances])
    for row in script()[::2]:  # one speaker: pauses end turns, so not each row begins one
        assert np.abs(starts - float(row["start"])).min() < 0.3 or any(
            u.start < float(row["start"]) < u.end for u in utterances
        )
    for u in utterances:
        words = conversation.words[u.id]
        assert u.text == " ".join(w.text for w in words)
        assert u.start - 0.5 < words[0].start
        assert words[-1].end < u.end + 0.5
        assert all(0 <= w.probability <= 1 and w.start <= w.end for w in words)
    assert conversation.duration == pytest.approx(END, abs=0.01)
    assert 1000 <= len(conversation.waveform) <= 4000
    assert {u.speaker for u in utterances} == {"Speaker 1"}


class TwoVoices:
    """A diariser that gives the speech in turn to two people."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, float]] = []

    def add(self, audio: Audio, start: float) -> None:
        self.heard.append((start, start + audio.duration))

    def finish(self, segments, bounds):
        assert bounds == (2, 2)
        np.testing.assert_allclose(self.heard, segments, atol=1e-3)
        spans = [SpeakerSpan(start, end, 7 - i % 2) for i, (start, end) in enumerate(segments)]
        return Diarisation(tuple(spans), SpeakerNumber(2, "given"))


@pytest.mark.weights
def test_voices_hear_every_segment_and_speakers_are_named(tmp_path, transcriber):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.example(0, END))
    wanted = ListenOptions(speakers=2, names=("Ann",))
    steps = []
    heard = hear(
        path,
        wanted,
        lambda *step: steps.append(step),
        diariser=TwoVoices(),
        transcriber=transcriber,
    )
    speakers = [u.speaker for u in heard.dialogue.utterances]
    assert speakers[:2] == ["Ann", "Speaker 2"]
    assert set(speakers) == {"Ann", "Speaker 2"}
    assert [(stage, done) for stage, done, _ in steps] == [("listen", 10.0), ("listen", 13.4)]
    assert steps[0][2] == pytest.approx(13.4)
    assert heard.dialogue.utterances[0].audio == path
    assert heard.dialogue.utterances[0].video is None


@pytest.mark.weights
def test_the_silence_between_windows_is_kept_out_of_times(tmp_path, transcriber):
    samples = sounds.example(0, 3)
    far = np.concatenate([samples, np.zeros(40 * RATE), samples])
    heard = hear(sounds.write_wav(tmp_path / "far.wav", far), transcriber=transcriber)
    first, second = heard.dialogue.utterances
    assert plain(first.text) == plain(second.text)
    assert second.start - first.start == pytest.approx(43.0, abs=0.1)
    pairs = zip(heard.words[first.id], heard.words[second.id], strict=True)
    assert all(abs(b.start - a.start - 43.0) < 0.3 for a, b in pairs)


@pytest.mark.parametrize(
    ("samples", "note"),
    [
        (np.zeros(2 * RATE), "silent"),
        (sounds.noise(3), "nobody speaks"),
        (sounds.music(4), "nobody speaks"),
        (sounds.example(0.8, 0.85), "nobody speaks"),
    ],
    ids=["silence", "noise", "music", "50 ms"],
)
def test_without_speech_there_are_no_turns_and_no_model_is_needed(tmp_path, samples, note):
    path = sounds.write_wav(tmp_path / "a.wav", samples)
    heard = hear(path, ListenOptions(model="not even there"))
    assert heard.dialogue.utterances == ()
    assert not heard.dialogue.utterances
    assert heard.language is None
    assert note in heard.notes[-1]
    assert waveform_of(path) == (heard.waveform, heard.duration)


def test_words_can_be_left_out(tmp_path):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.example(0, 7))
    heard = hear(path, ListenOptions(words=False, model="not even there"))
    assert [u.text for u in heard.dialogue.utterances] == [None]
    assert heard.notes == ()


def test_a_recording_that_cannot_be_read(tmp_path):
    with pytest.raises(MediaError, match="there is no file"):
        hear(tmp_path / "none.wav")
