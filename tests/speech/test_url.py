"""A voice behind a URL, against a server on this machine that does what a test tells it to."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from chat_server import send, serving

from empathia import speech
from empathia.errors import ServerError, UsageError
from empathia.speech.url import load
from empathia.types.manner import Manner

WAVES = (np.sin(np.arange(12_001) / 9) * 9000).astype("<i2")
PCM = send(200, WAVES.tobytes(), Content_Type="audio/pcm")


def wav(rate: int = 24_000, channels: int = 1, bits: int = 16, more: bytes = b"") -> bytes:
    body = struct.pack("<HHIIHH", 1, channels, rate, rate * 2, 2, bits)
    head = b"RIFF\xff\xff\xff\xffWAVE" + more + b"fmt " + struct.pack("<I", len(body)) + body
    return head + b"data\xff\xff\xff\xff" + WAVES.tobytes()


def heard(pieces) -> np.ndarray:
    return np.concatenate([p.samples for p in pieces])


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    for name in ("EMPATHIA_SPEECH_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_what_is_asked_and_what_is_heard(monkeypatch):
    monkeypatch.setenv("EMPATHIA_SPEECH_KEY", "s3cret")
    with serving(PCM) as server:
        voice = load(f"{server.url}/v1#kokoro#af_sky")
        sound = heard(voice.speak("Hello  there.", Manner(speed=1.2, tone="gentle")))
    np.testing.assert_allclose(sound * 32768, WAVES, atol=1e-3)
    ((path, headers, body),) = server.seen
    assert path == "/v1/audio/speech"
    assert headers["Authorization"] == "Bearer s3cret"
    assert "gently" in body.pop("instructions")
    assert body == {
        "model": "kokoro",
        "input": "Hello there.",
        "voice": "af_sky",
        "response_format": "pcm",
        "speed": 1.2,
    }


def test_a_manner_goes_before_the_spec_and_a_plain_tone_says_nothing():
    with serving(PCM) as server:
        list(load(f"{server.url}#m").speak("Hi.", Manner(voice="nova")))
        list(load(f"{server.url}#m").speak("Hi."))
    assert [body["voice"] for _, _, body in server.seen] == ["nova", "alloy"]
    assert all("instructions" not in body for _, _, body in server.seen)


@pytest.mark.parametrize("more", [b"", b"LIST\x05\0\0\0abcde\0"])
def test_a_wav_header_is_no_sound(more):
    with serving(send(200, wav(more=more))) as server:
        sound = heard(load(f"{server.url}#m").speak("Hi."))
    np.testing.assert_allclose(sound * 32768, WAVES, atol=1e-3)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (send(200, wav(rate=16_000)), "16000 Hz"),
        (send(200, wav(channels=2)), "2 channels"),
        (send(200, b"ID3\x04" + bytes(900)), "not PCM"),
        (send(200, b'{"error": "x"}'), "not PCM"),
        (send(200, b""), "no sound"),
        (send(200, wav()[:40]), "no sound"),
        (send(200, bytes(2 * 24_000 * 60)), "on and on"),
        (send(401, b'{"error": {"message": "bad key s3cret"}}'), r"401: bad key \*\*\*"),
        (send(404, b"no such model"), "404"),
    ],
)
def test_what_is_no_speech_is_told(step, says, monkeypatch):
    monkeypatch.setenv("EMPATHIA_SPEECH_KEY", "s3cret")
    with serving(step) as server, pytest.raises(ServerError, match=says) as caught:
        list(load(f"{server.url}#m").speak("Hi."))
    assert caught.value.remedy


def test_the_first_piece_comes_while_the_server_still_speaks():
    def slowly(handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(WAVES.tobytes()[:19_200])
        handler.wfile.flush()
        handler.server.over.wait(20)  # until the test has heard the first piece

    with serving(slowly) as server:
        pieces = load(f"{server.url}#m").speak("Hi.")
        assert len(next(pieces).samples) >= 4800
        pieces.close()
        assert list(pieces) == []


def test_a_long_text_is_asked_for_in_parts_that_end_with_sentences():
    text = "Once upon a time there was a day. " * 150
    with serving(PCM) as server:
        list(load(f"{server.url}#m").speak(text + "x" * 4500))
    parts = [body["input"] for _, _, body in server.seen]
    assert max(map(len, parts)) <= 2000
    assert parts[0].endswith("day.")
    assert "".join(parts).replace(" ", "") == (text + "x" * 4500).replace(" ", "")


@pytest.mark.parametrize(
    ("url", "is_local"),
    [("http://localhost:1/v1", True), ("http://[::1]:1", True), ("https://example.org", False)],
)
def test_it_says_whether_words_leave_this_machine(url, is_local, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
    voice = load(f"{url}#m")
    assert voice.is_local == is_local
    assert (voice._key == "s3cret") == is_local, "a key of OpenAI's never goes to a stranger"


@pytest.mark.parametrize(
    "spec", ["http://localhost:1", "ftp://x#m", "http://u:p@h#m", "http://h?x#m"]
)
def test_what_is_no_server_is_told(spec):
    with pytest.raises(UsageError) as caught:
        speech.load(spec)
    assert "u:p" not in str(caught.value)


def test_nobody_there_is_told():
    with serving(PCM) as server:
        url = server.url
    with pytest.raises(ServerError, match="cannot be reached"):
        list(load(f"{url}#m").speak("Hi."))
