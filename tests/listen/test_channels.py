"""One speaker a channel or track: who speaks is where it is heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sounds
from media_files import write_tracks
from places import convolved

from empathia import media
from empathia.errors import UsageError
from empathia.listen.channels import crosstalk, hear_separately, speakers_of
from empathia.listen.dictation import ListenOptions
from empathia.listen.recording import Heard, hear

UNTIL = 25.4  # s of the conversation


def people() -> np.ndarray:
    return sounds.apart(UNTIL)


def room(seed: int, seconds: float) -> np.ndarray:
    t = np.arange(round(seconds * sounds.RATE))
    heard = np.random.default_rng(seed).normal(0, 1, len(t)) * np.exp(-4 * t / len(t))
    return heard / np.sqrt(np.square(heard).sum())


def leaking(decibel: float, late: float = 0.005, hiss: float = 1e-4) -> np.ndarray:
    """Each microphone hears the other speaker from afar."""
    clean = people()
    heard = clean.copy()
    for k in (0, 1):
        far = convolved(clean[1 - k], room(k, 0.1))
        heard[k] += 10 ** (decibel / 20) * np.roll(far, round(late * sounds.RATE))
    return heard + np.random.default_rng(2).normal(0, hiss, clean.shape)


def listened(path: Path, track: int | str | None = None, **options) -> Heard:
    return hear_separately(path, speakers_of(path, track), ListenOptions(words=False, **options))


def spoken(heard: Heard, speaker: str) -> np.ndarray:
    """Whether somebody speaks, every 10 ms."""
    frames = np.zeros(round(UNTIL * 100), bool)
    for u in heard.dialogue.utterances:
        if u.speaker == speaker:
            frames[round(100 * u.start) : round(100 * u.end)] = True
    return frames


def truth(number: int) -> np.ndarray:
    frames = np.zeros(round(UNTIL * 100), bool)
    for start, end, speaker in sounds.script():
        if speaker == number:
            frames[round(100 * start) : round(100 * end)] = True
    return frames


LEAKS = {
    "a telephone": people,
    "a little": lambda: leaking(-20),
    "much": lambda: leaking(-12, hiss=1e-3),
    "an echo": lambda: leaking(-18, late=0.2),
    "a faint microphone": lambda: leaking(-20) * np.array([[1.0], [0.1]]),
}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * (n == "a little")) for n in LEAKS]
)
def test_each_speaker_is_heard_where_he_speaks_and_nowhere_else(tmp_path, name):
    path = sounds.write_wav(tmp_path / "call.wav", LEAKS[name]().T)
    heard = listened(path, names=("Ann", "Ben"))
    for number, who in enumerate(("Ann", "Ben")):
        own, other, said = truth(number), truth(1 - number), spoken(heard, who)
        assert (said & own).sum() > 0.95 * own.sum()
        assert (said & other & ~own).sum() < 0.06 * other.sum()
        sounds_of = {heard.sounds[u.id] for u in heard.dialogue.utterances if u.speaker == who}
        assert sounds_of == {media.Selection(channel=number)}
    starts = [u.start for u in heard.dialogue.utterances]
    assert starts == sorted(starts)
    assert [u.index for u in heard.dialogue.utterances] == list(range(len(starts)))
    assert heard.notes == ()
    assert heard.duration == pytest.approx(UNTIL, abs=0.01)


@pytest.mark.parametrize("shift", [3.0, pytest.param(7.0, marks=pytest.mark.slow)])
def test_who_speaks_at_the_same_time_is_not_taken_for_crosstalk(tmp_path, shift):
    whole = sounds.example(0, UNTIL)
    other = 0.3 * np.roll(whole[::-1], round(shift * sounds.RATE))
    # Every pause ends a turn: whether a turn goes on over one depends on the other speaker.
    one, two = np.stack([whole, 0 * whole]).T, np.stack([whole, other]).T
    alone = listened(sounds.write_wav(tmp_path / "a.wav", one), pause=0.2)
    both = listened(sounds.write_wav(tmp_path / "b.wav", two), pause=0.2)
    np.testing.assert_array_equal(spoken(both, "Speaker 1"), spoken(alone, "Speaker 1"))
    assert (spoken(both, "Speaker 1") & spoken(both, "Speaker 2")).sum() > 1000


def test_an_empty_channel_is_nobody_and_keeps_its_number(tmp_path):
    clean = people()
    path = sounds.write_wav(tmp_path / "a.wav", np.stack([0 * clean[0], clean[0], clean[1]]).T)
    heard = listened(path)
    assert {u.speaker for u in heard.dialogue.utterances} == {"Speaker 2", "Speaker 3"}
    assert heard.notes == ("channel 1 (Speaker 1): nobody speaks there",)


def test_a_microphone_that_hears_others_only_is_nobody(tmp_path):
    clean = people()
    far = 0.1 * convolved(clean[0], room(5, 0.1))
    heard = listened(sounds.write_wav(tmp_path / "a.wav", np.stack([clean[0], far]).T))
    assert {u.speaker for u in heard.dialogue.utterances} == {"Speaker 1"}
    assert heard.notes == ("channel 2 (Speaker 2): nobody speaks there",)


def test_all_tracks_are_speakers_too(tmp_path):
    path = write_tracks(tmp_path / "a.mkv", list(people()), codec="pcm_s16le")
    heard = listened(path, track=media.ALL, names=("Ann", "Ben"))
    for number, who in enumerate(("Ann", "Ben")):
        assert (spoken(heard, who) & truth(number)).sum() > 0.95 * truth(number).sum()
    assert set(heard.sounds.values()) == {media.Selection(1), media.Selection(2)}


@pytest.mark.parametrize("kind", ["twice the same", "a room"])
def test_channels_that_hold_the_same_are_refused(tmp_path, kind):
    both = people().sum(axis=0)
    far = both if kind == "twice the same" else convolved(both, room(6, 0.05))
    path = sounds.write_wav(tmp_path / "a.wav", np.stack([both, far]).T)
    with pytest.raises(UsageError, match=r"channels 1 and 2 hold the same sound.*Leave --channels"):
        listened(path)


def powers(shares: tuple[float, float], noise: float, leak: float, gated: bool) -> np.ndarray:
    """Of ten minutes in which two speak in turn, for these shares of the time; (2, frames)."""
    draw = np.random.default_rng(4)
    said = np.zeros((2, 12000))
    starts = np.arange(0, 12000, 600)
    for k, share in enumerate(shares):
        for start in starts + 300 * k:
            length = round(600 * share)
            said[k, start : start + length] = 10 ** draw.normal(-2, 0.7, length)
    mixed = said + leak * np.roll(said[::-1], 1, axis=1)
    mixed += noise * draw.normal(1, 0.05, said.shape)
    if gated:  # as by telephones that send nothing in between, for half of each pause
        mixed[(said == 0) & (np.arange(12000) // 50 % 2 == 0)] = 0
    return mixed.astype(np.float32)


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("noise", [1e-6, 1e-4, 1e-3])
@pytest.mark.parametrize("shares", [(0.37, 0.03), (0.03, 0.37), (0.01, 0.02), (0.45, 0.45)])
def test_who_hardly_speaks_is_told_from_the_noise(shares, noise, gated):
    heard = powers(shares, noise, 0.0, gated)
    spoken = powers(shares, 0.0, 0.0, False) > 10 * noise
    silenced = crosstalk(heard)
    assert (silenced & spoken).sum() < 0.01 * spoken.sum()


@pytest.mark.parametrize("shares", [(0.37, 0.03), (0.03, 0.37), (0.45, 0.45)])
def test_crosstalk_of_who_hardly_speaks_is_silenced(shares):
    heard, alone = powers(shares, 1e-6, 0.01, False), powers(shares, 0.0, 0.0, False)
    silenced, spoken = crosstalk(heard), alone > 1e-3
    leaked = (heard > 1e-5) & (alone == 0)
    assert (silenced & spoken).sum() < 0.02 * spoken.sum()
    assert (silenced & leaked).sum() > 0.95 * leaked.sum()


def test_an_interview_of_few_questions_is_heard(tmp_path):
    """Who asks speaks for two of seventy seconds, over noise that both channels have."""
    asked, answered = people()[:, : round(20 * sounds.RATE)]
    sound = np.random.default_rng(3).normal(0, 1e-3, (2, 70 * sounds.RATE))
    loud = np.flatnonzero(np.abs(asked) > 0.05)[0]
    sound[0, : 2 * sounds.RATE] += asked[loud : loud + 2 * sounds.RATE]
    for start in (5, 27, 49):
        sound[1, start * sounds.RATE :][: len(answered)] += answered
    heard = listened(sounds.write_wav(tmp_path / "a.wav", sound.T), names=("Ann", "Ben"))
    assert {u.speaker for u in heard.dialogue.utterances} == {"Ann", "Ben"}
    assert all(u.end < 5 for u in heard.dialogue.utterances if u.speaker == "Ann")
    assert all(u.start > 4 for u in heard.dialogue.utterances if u.speaker == "Ben")


def test_one_channel_cannot_tell_speakers_apart(tmp_path):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.example(0, 3))
    with pytest.raises(UsageError, match="has one channel, expected one a speaker"):
        speakers_of(path, None)
    two = write_tracks(tmp_path / "a.mkv", [people()[0], people()[1]], codec="pcm_s16le")
    for track, where in ((None, "its main track"), (1, "track 1"), (2, "track 2")):
        with pytest.raises(UsageError, match=f"one channel in {where}, .*, or say --track all"):
            speakers_of(two, track)
    with pytest.raises(UsageError, match=r"one channel in track 1, .*Leave --channels out\.?$"):
        speakers_of(path, 1)
    with pytest.raises(UsageError, match="no track 3"):
        speakers_of(two, 3)


def test_more_names_than_channels_are_refused(tmp_path):
    path = sounds.write_wav(tmp_path / "a.wav", people().T)
    with pytest.raises(UsageError, match=r"3 names.*2 channels"):
        listened(path, names=("Ann", "Ben", "Cas"))


def test_silence_in_all_channels_is_nobody(tmp_path):
    heard = listened(sounds.write_wav(tmp_path / "a.wav", np.zeros((32000, 2))))
    assert heard.dialogue.utterances == ()
    assert len(heard.notes) == 2


def test_nothing_to_tell_crosstalk_from(tmp_path):
    for shape in ((2, 1), (3, 30), (1, 50)):
        assert not crosstalk(np.zeros(shape, np.float32)).any()


def test_separate_channels_are_offered_where_they_would_help(tmp_path):
    offered = "--channels separate"
    call = sounds.write_wav(tmp_path / "a.wav", leaking(-20).T)
    assert any(offered in note for note in hear(call, ListenOptions(words=False)).notes)
    both = people().sum(axis=0)
    same = sounds.write_wav(tmp_path / "b.wav", np.stack([both, 0.2 * both]).T)
    assert hear(same, ListenOptions(words=False)).notes == ()
