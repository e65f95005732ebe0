"""Kokoro speaks: with a net that answers at once, and once with its own."""

from __future__ import annotations

import re
import wave

import numpy as np
import pytest
from tiny_voice import SAMPLES, write_voice

from empathia import speech, weights
from empathia.errors import UsageError
from empathia.labels import EKMAN7
from empathia.speech.kokoro import Kokoro
from empathia.types import Emotion
from empathia.types.manner import TONES, Manner

TEXT = "I know. Nobody asked you how it went on that day, and you know that. Rest now."


@pytest.fixture(scope="module")
def voice(tmp_path_factory):
    return Kokoro(write_voice(tmp_path_factory.mktemp("voice")), "af_heart", 1)


class Counted:
    """A net that counts how often it is asked, and answers through what it is given."""

    def __init__(self, net, change=lambda sound: sound):
        self.net, self.asked, self.change = net, [], change

    def run(self, names, feed):
        self.asked.append(feed)
        return [self.change(sound) for sound in self.net.run(names, feed)]


@pytest.fixture
def counted(voice, monkeypatch):
    net = Counted(voice._net)
    monkeypatch.setattr(voice, "_net", net)
    return net


def test_the_first_piece_is_there_before_the_rest_is_asked_for(voice, counted):
    said = voice.speak(TEXT)
    assert counted.asked == [], "nothing before it is asked for"
    first = next(said)
    assert len(counted.asked) == 1
    said.close()
    assert list(said) == []
    assert len(counted.asked) == 1, "closing ends the work"
    whole = list(voice.speak(TEXT))
    assert len(whole) == len(counted.asked) - 1 > 1
    np.testing.assert_array_equal(whole[0].samples, first.samples)


def test_the_net_is_given_symbols_the_style_of_their_number_and_the_speed(voice, counted):
    list(voice.speak("I know.", Manner(speed=1.5)))
    (feed,) = counted.asked
    symbols = [voice._symbols[c] for c in "ˌI nˈO."]
    assert feed["tokens"].tolist() == [[0, *symbols, 0]]
    assert feed["style"][0, 0] == pytest.approx(0.5 + len(symbols) / 1000)
    assert feed["speed"].tolist() == [1.5]


def test_silence_about_a_piece_goes_and_a_pause_comes_before_the_next(voice):
    one, two, *_ = voice.speak("I know that nobody asked. You know that he did not.")
    spoken = np.flatnonzero(np.abs(one.samples) > 0.004)
    assert spoken[0] == 0.02 * 24_000
    assert len(one.samples) - spoken[-1] == 0.06 * 24_000
    before = np.flatnonzero(np.abs(two.samples) > 0.004)[0] / 24_000
    assert before == pytest.approx(0.3 + 0.02)
    assert spoken[-1] - spoken[0] + 1 == SAMPLES * len(
        "ˌI nˈO ðæt nˈObˌɑdi ˈæskt"
    )  # a "." is quiet


@pytest.mark.parametrize("tone", TONES)
def test_a_tone_is_speed_and_pauses(voice, counted, tone):
    _, two, *_ = voice.speak(
        "I know that nobody asked. You know that he did not.", Manner(tone=tone)
    )
    pause = np.flatnonzero(np.abs(two.samples) > 0.004)[0] / 24_000 - 0.02
    speed, longer = {"plain": (1, 1), "gentle": (0.9, 1.4), "calm": (0.95, 1.2)}.get(
        tone, (1.06, 0.9)
    )
    assert counted.asked[0]["speed"][0] == pytest.approx(speed)
    assert pause == pytest.approx(0.3 * longer / speed, abs=1e-3)


@pytest.mark.parametrize(("speed", "tone", "asked"), [(0.5, "gentle", 0.5), (2.0, "bright", 2.0)])
def test_no_tone_leads_out_of_the_speeds_that_there_are(voice, counted, speed, tone, asked):
    list(voice.speak("I know.", Manner(speed=speed, tone=tone)))
    assert counted.asked[0]["speed"].tolist() == [asked]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 40.0])
def test_what_is_no_sound_never_comes_out(voice, monkeypatch, bad):
    def change(sound):
        sound = sound.copy()
        sound[3000:3100] = bad
        return sound

    monkeypatch.setattr(voice, "_net", Counted(voice._net, change))
    for piece in voice.speak(TEXT):
        assert np.isfinite(piece.samples).all()
        assert np.abs(piece.samples).max() <= 1


@pytest.mark.parametrize("text", ["안녕하세요. 오늘은 어때요?", "Привет", "hi 안녕 친구", "你好"])
def test_other_scripts_are_refused_with_what_to_do(voice, text):
    with pytest.raises(UsageError, match="speaks English") as caught:
        voice.speak(text)
    assert "URL" in caught.value.remedy


def test_a_foreign_word_is_left_out_of_an_english_text(voice, counted):
    list(voice.speak("I know that you like 한 and that he did not know, that was sad."))
    assert sum(f["tokens"].size - 2 for f in counted.asked) > 20


@pytest.mark.parametrize("text", ["𝐈 𝐤𝐧𝐨𝐰 𝐭𝐡𝐚𝐭.", "Ｉ ｋｎｏｗ ｔｈａｔ."])
def test_letters_in_another_dress_are_letters(voice, text):
    plain, dressed = (list(voice.speak(x)) for x in ("I know that.", text))
    np.testing.assert_array_equal(plain[0].samples, dressed[0].samples)


def test_an_unknown_voice_is_told_before_anything_is_spoken(voice):
    with pytest.raises(UsageError, match=r"no voice 'af_hart' \(near: 'af_heart'"):
        voice.speak("I know.", Manner(voice="af_hart"))


def test_other_voices_are_asked_for_by_name(voice):
    assert voice.voices == ("af_heart", "am_adam", "bm_george")
    assert len(list(voice.speak("I like that.", Manner(voice="bm_george")))) == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"speed": 0.4}, "0.4"),
        ({"speed": float("nan")}, "nan"),
        ({"tone": "brigt"}, "near: 'bright'"),
    ],
)
def test_a_manner_that_cannot_be_is_told(given, says):
    with pytest.raises(UsageError, match=re.escape(says)):
        Manner(**given)


def felt(label: str, abstained: str | None = None) -> Emotion:
    return Emotion("x", EKMAN7, tuple(float(x == label) for x in EKMAN7), abstained=abstained)


def test_a_tone_answers_what_somebody_feels():
    tones = {x: speech.tone(felt(x)) for x in EKMAN7}
    assert tones == {
        "sadness": "gentle",
        "fear": "gentle",
        "anger": "calm",
        "disgust": "calm",
        "joy": "bright",
        "neutral": "plain",
        "surprise": "plain",
    }
    assert speech.tone(None) == speech.tone(felt("joy", abstained="unsure")) == "plain"


def test_speech_is_written_as_wav(voice, tmp_path):
    pieces = list(voice.speak(TEXT))
    seconds = speech.write_wav(tmp_path / "said.wav", pieces)
    with wave.open(str(tmp_path / "said.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        held = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(held) / 24_000 == pytest.approx(seconds)
    whole = np.concatenate([p.samples for p in pieces])
    np.testing.assert_allclose(held / 32767, whole, atol=2e-5)
    with pytest.raises(UsageError, match="nothing to speak"):
        speech.write_wav(tmp_path / "none.wav", voice.speak("..."))
    assert not (tmp_path / "none.wav").exists()


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.skipif(weights.state("kokoro") == "missing", reason="weight kokoro is not pulled")
@pytest.mark.skipif(weights.state("whisper-base") == "missing", reason="whisper-base is not pulled")
def test_what_is_spoken_is_heard(tmp_path):
    from faster_whisper import WhisperModel

    text = "I am so sorry to hear that."
    speech.write_wav(tmp_path / "said.wav", speech.load("kokoro", 1).speak(text))
    hears = WhisperModel(str(weights.folder("whisper-base")), compute_type="int8", cpu_threads=1)
    pieces, _ = hears.transcribe(str(tmp_path / "said.wav"), language="en", beam_size=1)
    heard = re.findall(r"[a-z]+", " ".join(p.text for p in pieces).lower())
    assert len(set(heard) ^ set(re.findall(r"[a-z]+", text.lower()))) <= 2
