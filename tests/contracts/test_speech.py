"""What every voice keeps to, ours and a third party's."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import installed
import numpy as np
import pytest
from chat_server import send, serving

from empathia import plugins, weights
from empathia.contracts import Voice
from empathia.errors import EmpathiaError, UsageError
from empathia.speech.kokoro import Kokoro
from empathia.types.manner import Manner

HELLO = "Hello, how are you doing today? I am so happy that you are here, and that it went well."
_NOISE = np.random.default_rng(1).integers(-9000, 9000, 30_000).astype("<i2").tobytes()


def kokoro() -> Iterator[Voice]:
    from tiny_voice import write_voice

    with tempfile.TemporaryDirectory() as folder:
        yield Kokoro(write_voice(Path(folder)), "af_heart", 1)


def url() -> Iterator[Voice]:
    with serving(send(200, _NOISE)) as running:
        yield plugins.load("speech", "url").load(f"{running.url}#m")


VOICES = {"kokoro": kokoro, "url": url}


@pytest.fixture(scope="module", params=installed.every("speech"))
def voice(request: pytest.FixtureRequest) -> Iterator[Voice]:
    yield from VOICES[request.param]()


def test_it_says_what_it_is(voice: Voice) -> None:
    assert voice.name
    assert isinstance(voice.is_local, bool)
    assert 8000 <= voice.rate <= 48_000
    assert all(len(code) == 2 and code.islower() for code in voice.languages)
    assert len(set(voice.voices)) == len(voice.voices)


def test_pieces_are_mono_at_its_rate_and_the_same_twice(voice: Voice) -> None:
    once, twice = (list(voice.speak(HELLO)) for _ in range(2))
    assert len(once) > 1
    for piece, again in zip(once, twice, strict=True):
        assert piece.samples.dtype == np.float32
        assert piece.rate == voice.rate
        assert np.abs(piece.samples).max() <= 1
        np.testing.assert_array_equal(piece.samples, again.samples)
    assert once[0].duration < sum(p.duration for p in once[1:])


def test_closing_it_ends_it(voice: Voice) -> None:
    pieces = voice.speak(HELLO)
    next(pieces)
    pieces.close()
    assert list(pieces) == []
    assert list(voice.speak("Hello.")), "and it lives on"


@pytest.mark.parametrize("text", ["", " \n\t ", "?!", "...", "😀", "—", "\0"])
def test_nothing_is_spoken_where_there_is_nothing_to_say(voice: Voice, text: str) -> None:
    assert list(voice.speak(text)) == []


def test_its_voices_are_those_that_a_manner_may_name(voice: Voice) -> None:
    for name in voice.voices:
        assert list(voice.speak("Hello.", Manner(voice=name)))
    if voice.voices:
        with pytest.raises(UsageError) as caught:
            list(voice.speak("Hello.", Manner(voice="nobody")))
        assert caught.value.remedy


def test_half_a_character_is_told_or_left_out(voice: Voice) -> None:
    try:
        assert list(voice.speak("Hello \udce9"))
    except EmpathiaError as error:
        assert error.remedy


@pytest.mark.parametrize("name", plugins.names("speech"))
def test_weights_are_those_of_the_manifest(name: str) -> None:
    known = {e.name for e in weights.entries()}
    assert set(plugins.told(plugins.load("speech", name), "weights_of", "")) <= known
