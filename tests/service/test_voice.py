"""The voice of the service: what it sends, in every form, and that it stops where it is told to."""

from __future__ import annotations

import base64
import io
import json
import wave

import little_voice
import numpy as np
import pytest
from little_voice import RATE
from media_files import heard, loudest_hz
from serving import scripted
from starlette.testclient import TestClient

from empathia import cli
from empathia.errors import UsageError
from empathia.service.settings import Settings
from empathia.service.tasks.speaking import FORMS


def said(text="one two three four five", form="pcm", voice=None, speed=1.0, tone="plain"):
    """What is told: pieces, and their seconds."""
    told = []
    given = {"text": text, "voice": voice, "speed": speed, "tone": tone, "form": form}
    little_voice.open(None).speak(told.append, **given)
    return [p for p, _ in told], [s for _, s in told]


def test_pieces_are_files_of_their_own_and_samples_are_not():
    pieces, seconds = said(form="pieces")
    assert seconds == pytest.approx([0.1] * 5)
    for piece in pieces:
        with wave.open(io.BytesIO(piece)) as file:
            assert (file.getframerate(), file.getnframes()) == (RATE, RATE // 10)
    pcm, _ = said(form="pcm", speed=2.0, voice="ben")
    samples = np.frombuffer(b"".join(pcm), "<i2")
    assert len(samples) == 5 * RATE // 20
    assert samples.max() == pytest.approx(0.3 * 32767, rel=0.01)
    assert np.frombuffer(said(tone="gentle")[0][0], "<i2").max() < 4000


@pytest.mark.parametrize("form", [f for f in FORMS if f != "pcm"])
def test_streams_are_sound_in_every_form(tmp_path, form):
    pieces, seconds = said(form=form)
    assert sum(seconds) == pytest.approx(0.5)
    assert sum(map(bool, pieces)) > 2  # it does not come at once
    file = tmp_path / f"said.{form}"
    file.write_bytes(b"".join(pieces))
    samples = heard(file)
    assert abs(len(samples) / 16000 - 0.5) < 0.08
    assert abs(loudest_hz(samples) - 440) < 5


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"text": "Ich habe heute keine Zeit und bin sehr traurig."}, "another language"),
        ({"text": "나는 오늘 너무 슬프고 외로워서 울고 싶어요 정말로 그래요."}, "another language"),
        ({"voice": "cleo"}, "no voice 'cleo'"),
        ({"speed": 9.0}, "speed 9"),
        ({"tone": "rude"}, "no tone 'rude'"),
        ({"form": "midi"}, "not written as 'midi'"),
    ],
)
def test_what_cannot_be_said_is_told(wrong, told):
    with pytest.raises(UsageError, match=told):
        said(**wrong)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    settings = Settings(tmp_path_factory.mktemp("service"), voice="little")
    app = scripted(settings)
    with TestClient(app, base_url="http://127.0.0.1:8000") as one:
        yield one


def ask(socket, text):
    socket.send_text(json.dumps({"type": "user_input", "text": text}))


def hear(socket, kind):
    """Events up to one of a kind."""
    events = [json.loads(socket.receive_text())]
    while events[-1]["type"] != kind:
        events.append(json.loads(socket.receive_text()))
    return events


def kinds(events):
    return [e["type"].removeprefix("assistant_") for e in events]


@pytest.fixture
def talk(served):
    with served.websocket_connect("ws://127.0.0.1:8000/v0/evi/chat") as socket:
        hear(socket, "chat_metadata")
        yield socket


def test_each_sentence_of_an_answer_is_spoken(talk):
    ask(talk, "Hello.")
    events = hear(talk, "assistant_end")[1:]
    assert kinds(events) == [
        "message",
        *["audio_output"] * 3,
        "message",
        *["audio_output"] * 3,
        "end",
    ]
    sounds = [e for e in events if e["type"] == "audio_output"]
    assert [e["index"] for e in sounds] == list(range(6))
    assert {e["id"] for e in sounds} == {events[0]["id"]}
    with wave.open(io.BytesIO(base64.b64decode(sounds[0]["data"]))) as file:
        assert file.getnframes() == RATE // 10


def test_the_tone_follows_what_was_felt(talk):
    loudest = []
    for text in ("I passed.", "I am sad."):
        ask(talk, text)
        sound = next(e for e in hear(talk, "assistant_end") if e["type"] == "audio_output")
        piece = base64.b64decode(sound["data"])[44:]
        loudest.append(np.frombuffer(piece, "<i2").max())
    assert loudest[0] == loudest[1]  # joy is bright, sadness gentle: neither is plain
    talk.send_text(json.dumps({"type": "assistant_input", "text": "Welcome."}))
    sound = next(e for e in hear(talk, "assistant_end") if e["type"] == "audio_output")
    assert np.frombuffer(base64.b64decode(sound["data"])[44:], "<i2").max() > 2 * loudest[0]


def test_who_speaks_ends_the_sound_and_the_voice_is_free_again(talk):
    ask(talk, "Say endless things.")
    hear(talk, "audio_output")
    ask(talk, "Stop.")
    before = hear(talk, "user_interruption")
    assert set(kinds(before)) <= {"audio_output", "user_interruption"}
    events = hear(talk, "assistant_end")  # of the second answer alone
    assert kinds(events)[:2] == ["user_message", "message"]
    assert len({e["id"] for e in events if "id" in e}) == 1


def test_what_was_sent_of_an_answer_is_what_was_said(served):
    with served.websocket_connect("ws://127.0.0.1:8000/v0/evi/chat") as socket:
        (metadata,) = hear(socket, "chat_metadata")
        ask(socket, "Say endless things.")
        hear(socket, "audio_output")
        socket.send_text(json.dumps({"type": "pause_assistant_message"}))
        ask(socket, "Stop.")
        hear(socket, "user_message")
        name = f"{metadata['chat_group_id']}.json"
        talk = (served.app.state.settings.folder / "chats" / name).read_text()
    said = ["Say endless things.", "You said: Say endless things.", "Stop."]
    assert talk.splitlines() == said


def test_another_language_is_answered_in_words_alone(talk):
    ask(talk, "Ich habe heute keine Zeit und bin nicht sehr gut.")
    events = hear(talk, "assistant_end")
    assert kinds(events)[:3] == ["user_message", "message", "message"]  # then English is spoken
    assert kinds(events)[3:] == ["audio_output"] * 3 + ["end"]


def test_a_voice_that_dies_leaves_the_words(talk):
    ask(talk, "We all die one day.")
    assert kinds(hear(talk, "assistant_end"))[:2] == ["user_message", "message"]
    ask(talk, "Hello.")
    assert "audio_output" in kinds(hear(talk, "assistant_end"))


@pytest.mark.weights
def test_the_terminal_names_voices(tmp_path, capsys):
    wrong = ["serve", "--port", "0", "--folder", str(tmp_path), "--voice", "http://x/v1"]
    assert cli.main(wrong) == 2
    assert "URL#MODEL" in capsys.readouterr().err
