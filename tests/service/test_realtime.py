"""OpenAI's own client holds a talk by Realtime events, in words and in sound."""

from __future__ import annotations

import base64

import pytest
from little_voice import RATE
from serving import scripted, serving

from empathia import weights
from empathia.service.app import create
from empathia.service.forms import INCOMING
from empathia.service.settings import Settings
from empathia.service.staff import hired

openai = pytest.importorskip("openai")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the client
TRANSCRIBED = "conversation.item.input_audio_transcription.completed"
TRANSCRIPT = "response.output_audio_transcript.delta"
STARTED, STOPPED = (f"input_audio_buffer.speech_{x}" for x in ("started", "stopped"))
PIECE = RATE // 10 * 2  # bytes of a word


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    app = scripted(Settings(folder, voice="little"))
    with (
        serving(app) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as one,
    ):
        yield one
    assert not list((folder / INCOMING).iterdir())  # no talk outlives its socket


@pytest.fixture
def talk(client):
    with client.realtime.connect(model="empathia") as one:
        created = one.recv()
        assert created.type == "session.created" and created.event_id
        assert created.session.output_modalities == ["audio"]
        yield one


def until(talk, kind):
    """Events up to one of a kind."""
    events = [talk.recv()]
    while events[-1].type != kind:
        events.append(talk.recv())
    return events


def say(talk, text):
    content = [{"type": "input_text", "text": text}]
    talk.conversation.item.create(item={"type": "message", "role": "user", "content": content})
    return until(talk, "conversation.item.done")


def sound(talk, text):
    talk.input_audio_buffer.append(audio=base64.b64encode(text.encode()).decode())


def session(talk, **given):
    talk.session.update(session={"type": "realtime", **given})
    return until(talk, "session.updated")[-1].session


def test_words_are_answered_in_words(talk):
    assert session(talk, output_modalities=["text"]).output_modalities == ["text"]
    added, done = say(talk, "I am sad.")
    assert (added.type, done.item.role) == ("conversation.item.added", "user")
    assert done.item.model_extra["empathia"]["emotion"]["label"] == "sadness"
    talk.response.create()
    events = until(talk, "response.done")
    assert [e.type for e in events if e.type != "response.output_text.delta"] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    words = [e.delta for e in events if e.type == "response.output_text.delta"]
    assert "".join(words) == "You said: I am sad. How was it?" and len(words) == 8
    response = events[-1].response
    assert response.status == "completed"
    assert response.output[0].content[0].text == "".join(words)
    assert events[2].previous_item_id == done.item.id


def test_a_turn_aloud_is_heard_and_answered_aloud(talk):
    sound(talk, "I passed!\n")
    events = until(talk, "response.done")
    kinds = [e.type for e in events]
    assert kinds[:7] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
    ]
    assert (events[0].audio_start_ms, events[1].audio_end_ms) == (1000, 1500)
    assert len({e.item_id for e in (*events[:3], events[5])}) == 1
    assert events[5].transcript == "I passed!" and events[5].usage.seconds == 0.5
    heard = [base64.b64decode(e.delta) for e in events if e.type == "response.output_audio.delta"]
    said = "".join(e.delta for e in events if e.type == "response.output_audio_transcript.delta")
    assert said == "You said: I passed! How was it?"
    assert [len(x) for x in heard] == [PIECE] * 7
    assert kinds.index("response.output_audio.done") < kinds.index("response.output_item.done")


def test_it_hears_on_while_a_turn_is_judged(talk, tmp_path):
    go = tmp_path / "go"
    sound(talk, f"wait {go}\n")
    first = talk.recv()
    sound(talk, "And two.\n")
    told = [first, *until(talk, STOPPED), *until(talk, STOPPED)]  # nothing of the first turn yet
    assert [e.type for e in told] == [STARTED, STOPPED] * 2
    assert [told[i].item_id for i in (0, 2)] == [told[i].item_id for i in (1, 3)]
    go.touch()
    for started, said in ((told[0], f"wait {go}"), (told[2], "And two.")):
        heard = until(talk, TRANSCRIBED)[-1]
        assert (heard.item_id, heard.transcript) == (started.item_id, said)


def speaks_on(talk, go):
    """Somebody has said a turn, and speaks when it is judged; events of it."""
    sound(talk, f"wait {go}\n")
    sound(talk, "And")
    assert [talk.recv().type for _ in range(3)] == [STARTED, STOPPED, STARTED]
    go.touch()
    return until(talk, TRANSCRIBED)


def test_nobody_is_answered_while_they_speak(talk, tmp_path, monkeypatch):
    monkeypatch.setattr("empathia.service.talk._STALL", 60.0)
    speaks_on(talk, tmp_path / "go")
    sound(talk, " two.\n")
    kinds = [e.type for e in until(talk, TRANSCRIBED)]
    assert "response.created" not in kinds
    done = until(talk, "response.done")[-1].response
    assert done.status == "completed"
    assert done.output[0].content[0].transcript == "You said:  two. How was it?"


def test_who_begins_and_says_nothing_has_the_answer_to_what_was_said(talk, tmp_path):
    speaks_on(talk, tmp_path / "go")
    done = until(talk, "response.done")[-1].response  # no sound comes
    assert done.output[0].content[0].transcript.startswith("You said: wait ")


@pytest.mark.parametrize(("heard", "stall"), [("And", 0.1), ("mumble\n", 60.0), ("cough", 60.0)])
def test_who_begins_is_told_to_stop(talk, monkeypatch, heard, stall):
    monkeypatch.setattr("empathia.service.talk._STALL", stall)
    sound(talk, heard)
    started, stopped = until(talk, STOPPED)
    assert (started.type, started.item_id) == (STARTED, stopped.item_id)
    assert stopped.audio_end_ms == started.audio_start_ms + 500


def test_a_word_that_is_known_late_is_the_item_that_began(talk):
    sound(talk, "slow")
    began, stopped = until(talk, STOPPED)
    sound(talk, "And")
    again, committed, *_, heard = until(talk, TRANSCRIBED)
    assert [began.type, again.type] == [STARTED] * 2 and again.item_id != began.item_id
    assert {x.item_id for x in (stopped, committed, heard)} == {began.item_id}
    sound(talk, " two.\n")
    events = until(talk, TRANSCRIBED)
    assert [e.item_id for e in (events[0], events[1], events[-1])] == [again.item_id] * 3


def test_who_speaks_on_begins_anew_where_a_turn_has_ended(talk):
    """And is not answered before they have ended."""
    sound(talk, "One +\n")
    events = until(talk, TRANSCRIBED)
    assert [e.type for e in events[:3]] == [STARTED, STOPPED, STARTED]
    assert events[2].audio_start_ms == events[1].audio_end_ms
    assert events[-1].item_id == events[0].item_id
    sound(talk, " two.\n")
    more = until(talk, TRANSCRIBED)
    assert [e.type for e in more[:2]] == [STOPPED, "input_audio_buffer.committed"]
    assert {more[0].item_id, more[1].item_id, more[-1].item_id} == {events[2].item_id}
    done = until(talk, "response.done")[-1].response
    assert done.output[0].content[0].transcript == "You said:  two. How was it?"


def test_an_answer_that_waits_can_be_cancelled(talk, tmp_path, monkeypatch):
    monkeypatch.setattr("empathia.service.talk._STALL", 60.0)
    made = tmp_path / "made"
    say(talk, f"think {made} twice.")
    talk.response.create()
    while not made.exists():
        pass
    sound(talk, "And")
    assert until(talk, "response.done")[-1].response.status == "cancelled"
    talk.response.cancel()
    sound(talk, "cough")
    kinds = [e.type for e in until(talk, STOPPED)]
    added, done = say(talk, "Never mind.")
    assert [*kinds, added.type, done.type] == [
        STOPPED,
        "conversation.item.added",
        "conversation.item.done",
    ]


def test_who_tells_the_ends_of_turns_from_now_on_has_ended_this_one(talk):
    sound(talk, "And")
    assert talk.recv().type == STARTED
    talk.session.update(session={"type": "realtime", "audio": {"input": {"turn_detection": None}}})
    assert [e.type for e in until(talk, "session.updated")] == [STOPPED, "session.updated"]


def test_who_was_heard_by_a_process_that_died_is_told_to_stop(talk, monkeypatch):
    monkeypatch.setattr("empathia.service.talk._STALL", 60.0)  # as where the microphone is open
    sound(talk, "And")
    content = [{"type": "input_text", "text": "die"}]
    talk.conversation.item.create(item={"type": "message", "role": "user", "content": content})
    assert [talk.recv().type for _ in range(3)] == [STARTED, STOPPED, "error"]
    sound(talk, " two.\n")
    assert [e.type for e in until(talk, TRANSCRIBED)][:2] == [STARTED, STOPPED]


def test_an_item_that_is_cut_is_ended_and_others_come_behind_it(talk):
    say(talk, "Say endless things.")
    talk.response.create()
    begun = until(talk, "response.output_audio.delta")
    talk.response.cancel()
    events = until(talk, "response.done")
    assert [e.type for e in events if not e.type.endswith(".delta")] == [
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    (item,) = events[-1].response.output
    words = [e.delta for e in (*begun, *events) if e.type == TRANSCRIPT]
    assert (item.status, item.content[0].transcript) == ("incomplete", "".join(words))
    added, done = say(talk, "Enough.")
    assert added.previous_item_id == done.previous_item_id == item.id


def test_an_answer_that_is_cut_for_another_is_cancelled(talk):
    say(talk, "Say endless things.")
    talk.response.create()
    until(talk, "response.output_audio.delta")
    talk.response.create()
    first = until(talk, "response.done")[-1].response
    assert first.status == "cancelled"
    second = until(talk, "response.created")[-1].response
    assert second.id != first.id


def test_the_client_may_tell_where_turns_end(talk):
    changed = session(talk, audio={"input": {"turn_detection": None}}, output_modalities=["text"])
    assert changed.audio.input.turn_detection is None
    sound(talk, "One")
    talk.input_audio_buffer.clear()
    assert talk.recv().type == "input_audio_buffer.cleared"
    sound(talk, "Two.")
    sound(talk, "\n")
    talk.input_audio_buffer.commit()
    events = until(talk, TRANSCRIBED)
    assert events[0].type == "input_audio_buffer.committed"
    assert events[-1].transcript == "Two."
    talk.response.create()
    assert until(talk, "response.done")[-1].response.status == "completed"
    talk.input_audio_buffer.commit()
    assert "no sound" in until(talk, "error")[-1].error.message


def test_who_speaks_ends_the_answer(talk):
    say(talk, "Say endless things.")
    talk.response.create()
    until(talk, "response.output_audio.delta")
    sound(talk, "Stop")
    events = until(talk, "response.done")
    assert "input_audio_buffer.speech_started" in [e.type for e in events]
    assert events[-1].response.status == "cancelled"
    say(talk, "More endless things.")
    talk.response.create()
    until(talk, "response.output_audio.delta")
    talk.response.cancel()
    assert until(talk, "response.done")[-1].response.status == "cancelled"


def test_another_language_is_answered_in_words_alone(talk):
    say(talk, "Ich habe heute keine Zeit und bin nicht sehr gut.")
    talk.response.create()
    kinds = [e.type for e in until(talk, "response.done")]
    assert kinds.count("response.output_audio.delta") == 3  # of "How was it?"


@pytest.mark.parametrize(
    ("event", "param"),
    [
        ({"type": "conversation.item.delete", "item_id": "x"}, "type"),
        ({"type": "session.update", "session": {"instructions": "Be rude."}}, "instructions"),
        ({"type": "session.update", "session": {"tools": [{"name": "f"}]}}, "tools"),
        ({"type": "session.update", "session": {"type": "transcription"}}, "type"),
        (
            {"type": "session.update", "session": {"output_modalities": ["video"]}},
            "output_modalities",
        ),
        ({"type": "session.update", "session": {"audio": {"output": {"voice": "cleo"}}}}, "voice"),
        ({"type": "session.update", "session": {"audio": {"output": {"speed": 9}}}}, "speed"),
        (
            {
                "type": "session.update",
                "session": {"audio": {"input": {"format": {"type": "audio/pcmu"}}}},
            },
            "format",
        ),
        ({"type": "input_audio_buffer.append", "audio": "!!"}, "audio"),
        ({"type": "conversation.item.create", "item": {"type": "function_call"}}, "type"),
        ({"type": "conversation.item.create", "item": {"role": "system"}}, "role"),
        ({"type": "conversation.item.create", "item": {"content": "Hi."}}, "content"),
        ({"type": "conversation.item.create", "item": 5}, "item"),
        ({"type": "response.create"}, None),
        ({"type": "response.cancel"}, None),
    ],
)
def test_what_cannot_be_is_told_and_the_talk_goes_on(talk, event, param):
    talk.send({**event, "event_id": "mine"})
    error = talk.recv()
    assert error.type == "error", error
    assert (error.error.param, error.error.event_id) == (param, "mine")
    say(talk, "Hello.")


def test_other_models_are_refused(client):
    with (
        client.realtime.connect(model="gpt-realtime", max_retries=0) as talk,
        pytest.raises(Exception, match="no such model"),
    ):
        talk.recv()


@pytest.mark.weights
@pytest.mark.slow
def test_a_turn_aloud_with_the_models_that_ship(tmp_path):
    if weights.state("kokoro") != "ok":
        pytest.skip("Kokoro's voice is not pulled")
    said = "My sister died last week, and I miss her so much."
    speech = {"model": "empathia-speech", "voice": "alloy", "input": said, "response_format": "pcm"}
    settings = Settings(tmp_path, voice="kokoro")
    with (
        serving(create(settings, hired(settings))) as address,
        openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as client,
    ):
        pcm = client.audio.speech.create(**speech).content
        with client.realtime.connect(model="empathia") as talk:
            for sound in (pcm, bytes(2 * RATE)):  # a second of silence ends the turn
                for i in range(0, len(sound), RATE // 5):
                    piece = base64.b64encode(sound[i : i + RATE // 5]).decode()
                    talk.input_audio_buffer.append(audio=piece)
            events = until(talk, "response.done")
    heard = next(e for e in events if e.type.endswith("transcription.completed"))
    assert "sister" in heard.transcript and "miss her" in heard.transcript
    user = next(e.item for e in events if e.type == "conversation.item.done")
    assert user.model_extra["empathia"]["emotion"]["label"] == "sadness"
    assert events[-1].response.status == "completed"
    assert sum(e.type == "response.output_audio.delta" for e in events) > 1
