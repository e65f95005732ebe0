"""The empathic voice interface: Hume's own client holds a talk, and what it sends wrong is told."""

from __future__ import annotations

import asyncio
import base64
import json
import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from little_talk import emotion
from serving import scripted
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from empathia.pipeline import Options
from empathia.pipeline.models import Models
from empathia.service import chats
from empathia.service.evi.scores import NAMES, prosody
from empathia.service.settings import Settings
from empathia.service.tasks.talking import Talking
from empathia.types import Turn, Utterance
from empathia.types.wire import turn_json


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    settings = Settings(tmp_path_factory.mktemp("service"))
    app = scripted(settings)
    with TestClient(app, base_url="http://127.0.0.1:8000") as one:
        yield one


WEATHER = {
    "type": "function",
    "name": "weather",
    "parameters": '{"type": "object", "properties": {"place": {"type": "string"}}}',
    "description": "The weather of a place",
    "fallback_content": "No news of the weather.",
}


def offer(wrong):
    return json.dumps({"type": "session_settings", "tools": [WEATHER | wrong]})


class Talk:
    """A client that says and hears JSON."""

    def __init__(self, served, query=""):
        self.socket = served.websocket_connect(f"ws://127.0.0.1:8000/v0/evi/chat{query}")

    def __enter__(self):
        self.ws = self.socket.__enter__()
        try:
            self.metadata = self.hear()
        except WebSocketDisconnect:
            self.socket.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *error):
        self.socket.__exit__(*error)

    def say(self, kind, **fields):
        self.ws.send_text(json.dumps({"type": kind, **fields}))

    def sound(self, text):
        self.say("audio_input", data=base64.b64encode(text.encode()).decode())

    def hear(self):
        return json.loads(self.ws.receive_text())

    def until(self, kind):
        heard = [self.hear()]
        while heard[-1]["type"] != kind:
            heard.append(self.hear())
        return heard


def test_words_and_sound_are_understood_and_answered(served):
    with Talk(served) as talk:
        assert talk.metadata["type"] == "chat_metadata"
        talk.say("user_input", text="I am sad.")
        user, first, second, end = talk.until("assistant_end")
        assert user["message"] == {"role": "user", "content": "I am sad."}
        assert (user["from_text"], user["interim"], user["language"]) == (True, False, "en")
        assert user["models"]["prosody"]["scores"]["Sadness"] == pytest.approx(0.7)
        assert user["models"]["empathia"]["emotion"]["label"] == "sadness"
        assert user["time"] == {"begin": 1000, "end": 1500}
        said = [first["message"]["content"], second["message"]["content"]]
        assert said == ["You said: I am sad.", "How was it?"]
        assert first["id"] == second["id"] and end["type"] == "assistant_end"
        talk.sound("I passed!\n")
        user, *_ = talk.until("assistant_end")
        assert (user["from_text"], user["message"]["content"]) == (False, "I passed!")


def test_who_speaks_ends_what_is_being_answered(served):
    with Talk(served) as talk:
        talk.say("user_input", text="Tell me something long.")
        assert talk.hear()["type"] == "user_message"
        talk.sound("Stop")
        interruption = talk.hear()
        assert (interruption["type"], interruption["time"]) == ("user_interruption", 2000)
        talk.sound("Be short.\n")
        assert [e["type"] for e in talk.until("assistant_end")] == [
            "user_message",
            "assistant_message",
            "assistant_message",
            "assistant_end",
        ]


def speaks_on(talk, go):
    """Somebody has said a turn, and speaks when it is judged."""
    talk.sound(f"wait {go}\n")
    talk.sound("And")
    assert talk.hear()["interim"]
    go.touch()
    assert not talk.hear()["interim"]


def kinds(events):
    """Their types, but for sound."""
    return [e["type"] for e in events if e["type"] != "audio_output"]


DRAFTS = "?verbose_transcription=true"
ANSWERED = ["assistant_message", "assistant_message", "assistant_end"]


def test_nobody_is_answered_while_they_speak(served, tmp_path, monkeypatch):
    monkeypatch.setattr("empathia.service.talk._STALL", 60.0)
    with Talk(served, DRAFTS) as talk:
        speaks_on(talk, tmp_path / "go")
        talk.sound(" two.\n")
        user, *said = talk.until("assistant_end")
        assert (user["type"], user["message"]["content"]) == ("user_message", " two.")
        assert kinds(said) == ANSWERED
        assert said[0]["message"]["content"] == "You said:  two."


def test_who_begins_as_a_turn_ends_speaks_on(served, monkeypatch):
    monkeypatch.setattr("empathia.service.talk._STALL", 60.0)
    with Talk(served) as talk:
        talk.sound("One.\nAnd")
        assert talk.hear()["message"]["content"] == "One."
        talk.sound(" two.\n")
        assert kinds(talk.until("assistant_end")) == ["user_message", *ANSWERED]


@pytest.mark.parametrize(("heard", "stall"), [("", 0.1), ("mumble\n", 60.0), ("cough", 60.0)])
def test_who_begins_and_says_nothing_has_the_answer_to_what_was_said(
    served, tmp_path, monkeypatch, heard, stall
):
    monkeypatch.setattr("empathia.service.talk._STALL", stall)
    with Talk(served, DRAFTS) as talk:
        speaks_on(talk, tmp_path / "go")
        if heard:
            talk.sound(heard)
        said = [e for e in talk.until("assistant_end") if e["type"] != "user_message"]
        assert kinds(said) == ["assistant_message", "assistant_end"]
        assert said[0]["message"]["content"].startswith("You said: wait ")


def is_answered(talk, made):
    """Something was said whose answer is being made."""
    talk.say("user_input", text=f"think {made} twice.")
    assert talk.hear()["type"] == "user_message"
    while not made.exists():
        pass


@pytest.mark.parametrize(("heard", "stall"), [("", 0.1), ("mumble\n", 60.0), ("cough", 60.0)])
def test_an_answer_of_which_nothing_was_sent_waits_for_who_says_nothing(
    served, tmp_path, monkeypatch, heard, stall
):
    monkeypatch.setattr("empathia.service.talk._STALL", stall)
    made = tmp_path / "made"
    with Talk(served) as talk:
        is_answered(talk, made)
        talk.sound(heard or "And")
        assert kinds(talk.until("assistant_end")) == ["user_interruption", *ANSWERED]


def test_what_is_said_over_an_answer_takes_its_place(served, tmp_path):
    made = tmp_path / "made"
    with Talk(served) as talk:
        is_answered(talk, made)
        talk.sound("And two.\n")
        said = talk.until("assistant_end")
        assert kinds(said) == ["user_interruption", "user_message", *ANSWERED]
        assert said[2]["message"]["content"] == "You said: And two."


def test_what_is_written_is_answered_whoever_speaks(served):
    """As where a television is heard."""
    with Talk(served, DRAFTS) as talk:
        talk.sound("And")
        assert talk.hear()["interim"]
        talk.say("user_input", text="It is late.")
        said = talk.until("assistant_end")
        assert kinds(said)[:2] == ["user_message", "assistant_message"]
        assert said[1]["message"]["content"] == "You said: It is late."


def test_a_pause_holds_an_answer_that_waits_already(served, tmp_path, monkeypatch):
    monkeypatch.setattr("empathia.service.talk._STALL", 60.0)
    with Talk(served, DRAFTS) as talk:
        speaks_on(talk, tmp_path / "go")
        talk.say("pause_assistant_message")
        talk.sound("mumble\n")
        talk.say("assistant_input", text="Hm.")
        assert talk.hear()["message"]["content"] == "Hm."


def test_an_answer_that_is_cut_for_another_is_interrupted(tmp_path):
    """Two turns come before the first is judged; its answer is played when the second is."""
    one, two = tmp_path / "one", tmp_path / "two"
    app = scripted(Settings(tmp_path / "service", voice="little"))
    with TestClient(app, base_url="http://127.0.0.1:8000") as served, Talk(served) as talk:
        talk.say("user_input", text=f"wait {one} endless")
        talk.say("user_input", text=f"wait {two} endless")
        talk.say("session_settings")
        assert talk.hear()["type"] == "session_settings"  # both have come
        one.touch()
        talk.until("audio_output")
        two.touch()
        assert kinds(talk.until("assistant_message")) == [
            "user_message",
            "user_interruption",
            "assistant_message",
        ]
        talk.until("audio_output")
        talk.say("assistant_input", text="Bye.")
        assert kinds(talk.until("assistant_end")) == [
            "user_interruption",
            "assistant_message",
            "assistant_end",
        ]


def test_words_belong_to_the_turn_that_they_answer(tmp_path):
    """The first answer is broken off, and told when the second is made already."""
    talking, file = Talking(Models(Options(reply_with="rules", threads=1))), tmp_path / "talk.json"
    begun = {"file": str(file), "pcm": None, "language": "en", "drafts": False}
    talking.begin(None, talk="a", **begun)
    made = []
    for said in ("I passed!", "But my dad could not see it."):
        talking.say(None, talk="a", text=said)
        made.append(talking.answer(None, talk="a")["id"])
    talking.told(None, talk="a", text="How nice!", answers=made[0])
    talking.told(None, talk="a", text="Oh no.", answers=made[1])
    talking.end(None, talk="a")
    replies = [turn["reply"] for turn in json.loads(file.read_text("utf-8"))["turns"]]
    assert [reply and reply["text"] for reply in replies] == ["How nice!", "Oh no.", None]


def test_careful_words_are_never_cut_in_halves(served):
    with Talk(served) as talk:
        talk.say("user_input", text="I am in danger.")
        _, answer, _ = talk.until("assistant_end")
        assert answer["message"]["content"] == "You said: I am in danger. How was it?"
        told = {"source": "care", "why": "taken for “a pet died” (74%)", "note": None}
        assert answer["models"]["empathia"] == told


def test_reasons_are_told_in_the_language_that_is_asked_for(served):
    with Talk(served, "?language=ko") as talk:
        talk.say("user_input", text="I am unsure.")
        said, answer, *_ = talk.until("assistant_end")
        assert said["models"]["empathia"]["emotion"]["abstained"] == "판단할 근거 없음"
        why = answer["models"]["empathia"]["why"]
        assert why == "이런 이야기로 봄: 반려동물이 죽음(74%)"
    with pytest.raises(WebSocketDisconnect) as closed, Talk(served, "?language=fr"):
        pass
    assert closed.value.code == 1008
    assert "no page in 'fr'" in closed.value.reason


def kept(talk, served):
    """What a talk holds, up to words that nobody answers."""
    talk.say("pause_assistant_message")
    talk.say("user_input", text="Over.")
    talk.until("user_message")
    folder = served.app.state.settings.folder / "chats"
    *lines, _ = (folder / f"{talk.metadata['chat_group_id']}.json").read_text().splitlines()
    return lines


def test_an_answer_that_was_not_sent_is_no_part_of_the_talk(served):
    with Talk(served) as talk:
        talk.say("user_input", text="Tell me something long.")
        assert talk.hear()["type"] == "user_message"
        talk.say("user_input", text="Be short.")
        talk.until("assistant_end")
        talk.say("assistant_input", text="Bye. ")
        talk.until("assistant_end")
        assert kept(talk, served) == [
            "Tell me something long.",
            "Be short.",
            "You said: Be short. How was it?",
            "Bye.",
        ]


def test_a_talk_goes_on_where_its_process_ended(served):
    with Talk(served) as talk:
        talk.say("user_input", text="I am Ann.")
        talk.until("assistant_end")
        talk.say("user_input", text="die")
        assert "has ended" in talk.hear()["message"]
        talk.say("user_input", text="Hello.")
        assert talk.hear()["time"]["begin"] == 3000  # behind the two turns before
        talk.until("assistant_end")


def test_words_are_told_while_somebody_speaks_where_the_client_asks_for_it(served):
    with Talk(served, "?verbose_transcription=true") as talk:
        talk.sound("I lost")
        draft = talk.hear()
        assert (draft["type"], draft["interim"]) == ("user_message", True)
        assert draft["message"] == {"role": "user", "content": "I lost"}
        assert draft["models"] == {"prosody": None}
        assert draft["time"] == {"begin": 2000, "end": 2500}
        talk.sound(" my keys.\n")
        user = talk.until("assistant_end")[0]
        assert (user["interim"], user["message"]["content"]) == (False, " my keys.")


def test_answers_are_held_back_while_it_is_paused(served):
    with Talk(served) as talk:
        talk.say("pause_assistant_message")
        talk.say("user_input", text="One.")
        talk.say("user_input", text="Two.")
        assert [talk.hear()["type"] for _ in range(2)] == ["user_message"] * 2
        talk.say("resume_assistant_message")
        first, *_ = talk.until("assistant_end")
        assert first["message"]["content"] == "You said: Two."


def test_what_it_is_told_to_say_is_said(served):
    with Talk(served) as talk:
        talk.say("assistant_input", text="Welcome back! How are you?")
        first, second, _ = talk.until("assistant_end")
        assert (first["message"]["content"], first["from_text"]) == ("Welcome back!", True)
        assert second["message"]["content"] == "How are you?"


def test_a_chat_group_goes_on(served):
    with Talk(served) as talk:
        group = talk.metadata["chat_group_id"]
        talk.say("user_input", text="I am Ann.")
        talk.until("assistant_end")
    with Talk(served, f"?resumed_chat_group_id={group}") as talk:
        assert talk.metadata["chat_group_id"] == group
        talk.say("user_input", text="Again.")
        assert talk.hear()["time"]["begin"] == 3000  # behind the two turns before
    for wrong in ("../../etc/passwd", "x" * 20, group.upper() + "a"):
        with pytest.raises(WebSocketDisconnect), Talk(served, f"?resumed_chat_group_id={wrong}"):
            pass


def test_who_goes_on_with_a_talk_has_it_alone_and_loses_no_turn(served, tmp_path):
    go = tmp_path / "go"
    with Talk(served) as one, ThreadPoolExecutor(1) as beside:
        one.say("user_input", text="I am Ann.")
        one.until("assistant_end")
        one.say("user_input", text=f"wait {go}")
        two = Talk(served, f"?resumed_chat_group_id={one.metadata['chat_group_id']}")
        coming = beside.submit(two.__enter__)
        go.touch()
        coming.result()
        with pytest.raises(WebSocketDisconnect) as closed:
            one.until("nothing")
        assert closed.value.code == 4000
        two.say("user_input", text="Again.")
        assert two.hear()["time"]["begin"] >= 4000  # behind all three, and an answer in time
        two.__exit__(None, None, None)


def test_a_talk_is_deleted_once_nobody_talks(served, monkeypatch):
    with Talk(served) as talk:
        group = talk.metadata["chat_group_id"]
        talk.say("user_input", text="I am Ann.")
        talk.until("assistant_end")
        first, *_ = served.get("/v1/chats").json()["chats"]
        assert (first["id"], first["open"]) == (group, True)
        with monkeypatch.context() as patched:
            patched.setattr(chats, "_ENDS", 0.01)
            answer = served.delete(f"/v1/chats/{group}")
        assert answer.status_code == 409 and answer.json()["remedy"]
    assert served.delete(f"/v1/chats/{group}").status_code == 204
    assert group not in served.get("/v1/chats").text
    assert not [*served.app.state.settings.folder.glob(f"**/{group}*")]
    for id in (group, "..", "%2e%2e%2fdiary", "x" * 20):
        assert served.delete(f"/v1/chats/{id}").status_code in (404, 405)
    with pytest.raises(WebSocketDisconnect), Talk(served, f"?resumed_chat_group_id={group}"):
        pass


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("nonsense", "no known type"),
        ("[]", "no known type"),
        ("[" * 2_000, "no known type"),
        ('{"type": ["x"]}', "no known type"),
        ('{"type": "order_pizza"}', "audio_input"),
        ('{"type": "user_input"}', "no text in 'text'"),
        ('{"type": "user_input", "text": 5}', "no text in 'text'"),
        ('{"type": "audio_input", "data": "!!"}', "no base64"),
        ('{"type": "session_settings", "audio": {"encoding": "mp3"}}', "linear16"),
        ('{"type": "session_settings", "system_prompt": "Be rude."}', "'system_prompt' is not"),
        (
            '{"type": "tool_response", "tool_call_id": "x", "content": "y"}',
            "no call waits for this",
        ),
        (offer({"type": "builtin"}), "no type"),
        (offer({"name": "a b"}), "no name"),
        (offer({"parameters": "{"}), "schema"),
    ],
)
def test_wrong_messages_are_told_and_the_talk_goes_on(served, message, told):
    with Talk(served) as talk:
        talk.ws.send_text(message)
        error = talk.hear()
        assert error["type"] == "error" and told in error["message"]
        talk.say("user_input", text="Hello.")
        assert talk.until("assistant_end")[-1]["type"] == "assistant_end"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"type": "tool_response", "content": "It rains."}, "It rains."),
        ({"type": "tool_error", "error": "down", "content": "It is down."}, "It is down."),
        ({"type": "tool_error", "error": "down"}, "No news of the weather."),
    ],
)
def test_a_tool_is_called_and_the_answer_knows_what_it_told(served, answer, told):
    with Talk(served) as talk:
        talk.say("session_settings", tools=[WEATHER])
        talk.say("user_input", text="How is the weather?")
        *_, call = talk.until("tool_call")
        assert call["name"] == "weather" and json.loads(call["parameters"]) == {"place": "here"}
        assert call["response_required"] is True and call["tool_type"] == "function"
        talk.ws.send_text(json.dumps({"tool_call_id": call["tool_call_id"], **answer}))
        mirrored, *said, _ = talk.until("assistant_end")
        assert mirrored["type"] == answer["type"]
        assert mirrored["tool_call_id"] == call["tool_call_id"]
        words = "".join(m["message"]["content"] for m in said)
        assert words.endswith(f'weather {{"place": "here"}}: {told}')
        talk.say("user_input", text="I see.")
        assert "tool_call" not in [e["type"] for e in talk.until("assistant_end")]


def test_who_speaks_ends_the_wait_for_a_tool(served):
    with Talk(served) as talk:
        talk.say("session_settings", tools=[WEATHER])
        talk.say("user_input", text="How is the weather?")
        *_, call = talk.until("tool_call")
        talk.say("user_input", text="Never mind.")
        heard = talk.until("assistant_end")
        assert heard[0]["type"] == "user_interruption"
        assert heard[2]["message"]["content"] == "You said: Never mind."
        talk.say("tool_response", tool_call_id=call["tool_call_id"], content="It rains.")
        assert "no call waits" in talk.hear()["message"]


def test_who_coughs_while_a_tool_is_waited_for_calls_it_no_second_time(served, monkeypatch):
    monkeypatch.setattr("empathia.service.talk._STALL", 60.0)
    with Talk(served) as talk:
        talk.say("session_settings", tools=[WEATHER])
        talk.say("user_input", text="How is the weather?")
        *_, call = talk.until("tool_call")
        talk.sound("cough")
        assert talk.hear()["type"] == "user_interruption"
        talk.say("tool_response", tool_call_id=call["tool_call_id"], content="It rains.")
        told = talk.until("assistant_end")
        assert [k for k in kinds(told) if k != "assistant_message"] == [
            "tool_response",
            "assistant_end",
        ]
        assert told[-2]["message"]["content"].endswith("It rains.")


def test_tools_may_change_while_one_is_waited_for(served):
    with Talk(served) as talk:
        talk.say("session_settings", tools=[WEATHER])
        talk.say("user_input", text="How is the weather?")
        *_, call = talk.until("tool_call")
        talk.say("session_settings", tools=[])
        assert talk.hear()["type"] == "session_settings"
        talk.say("tool_error", tool_call_id=call["tool_call_id"], error="down")
        *said, _ = talk.until("assistant_end")
        assert said[-1]["message"]["content"].endswith("No news of the weather.")


@pytest.mark.parametrize(
    "wrong", [{"content": [1]}, {"content": 3}, {"error": {}}, {"error": None}], ids=str
)
def test_what_a_tool_tells_is_text(served, wrong):
    with Talk(served) as talk:
        talk.say("session_settings", tools=[WEATHER])
        talk.say("user_input", text="How is the weather?")
        *_, call = talk.until("tool_call")
        told = {"tool_call_id": call["tool_call_id"], "error": "down", **wrong}
        talk.say("tool_error", **told)
        assert "has no text" in talk.hear()["message"]


def test_where_no_model_calls_tools_that_is_told_once_and_all_is_answered(served):
    with Talk(served) as talk:
        talk.say("session_settings", tools=[WEATHER | {"name": "broken"}])
        for errors in (1, 0):
            talk.say("user_input", text="How is the weather?")
            heard = [e["type"] for e in talk.until("assistant_end")]
            assert heard.count("error") == errors and heard.count("assistant_message") == 2


def test_a_talk_that_is_not_to_be_kept_leaves_nothing(served):
    folder = served.app.state.settings.folder
    with Talk(served, "?kept=no") as talk:
        talk.say("user_input", text="xylophone")
        talk.until("assistant_end")
        group = talk.metadata["chat_group_id"]
        assert [*folder.glob(f"*/{group}.json")]
    assert not [*folder.glob(f"**/{group}*")]


def test_talks_do_not_mix(served):
    with Talk(served) as one, Talk(served) as two:
        for i in range(5):
            one.say("user_input", text=f"apple {i}")
            two.say("user_input", text=f"pear {i}")
            for talk, word in ((one, "apple"), (two, "pear")):
                heard = json.dumps(talk.until("assistant_end"))
                assert f"{word} {i}" in heard
                assert ("pear" in heard) != ("apple" in heard)
        assert one.metadata["chat_id"] != two.metadata["chat_id"]


def emotion_json(emotion):
    return turn_json(Turn(Utterance("u", 0, "Ann", "Oh."), emotion=emotion))["emotion"]


def test_scores_are_all_there_and_nothing_is_invented():
    assert len(NAMES) == len(set(NAMES)) == 48
    told = prosody(emotion_json(emotion("surprise")))["scores"]
    assert list(told) == list(NAMES)
    assert told["Surprise (positive)"] == told["Surprise (negative)"] == pytest.approx(0.35)
    assert {n for n, x in told.items() if x > 0} == {
        *("Joy", "Sadness", "Anger", "Fear", "Disgust"),
        *("Surprise (positive)", "Surprise (negative)"),
    }
    assert math.fsum(told.values()) == pytest.approx(0.95)  # "neutral" is none of them
    assert prosody(None) is None
    unsure = emotion_json(emotion("joy")) | {"abstained": "not sure enough"}
    assert prosody(unsure) is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the client's own code
def test_the_official_client_holds_a_talk(tmp_path):
    """Over a real socket: hume 0.14.1, as it is."""
    hume = pytest.importorskip("hume")
    uvicorn = pytest.importorskip("uvicorn")
    from hume.environment import HumeClientEnvironment

    app = scripted(Settings(tmp_path))

    async def talk():
        config = uvicorn.Config(app, port=0, log_config=None, ws="websockets-sansio")
        server = uvicorn.Server(config)
        serving = asyncio.ensure_future(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        base = f"127.0.0.1:{port}"
        place = HumeClientEnvironment(
            base=f"http://{base}",
            evi=f"ws://{base}/v0/evi",
            tts=f"ws://{base}",
            stream=f"ws://{base}",
        )
        client = hume.AsyncHumeClient(api_key="none", environment=place)
        async with client.empathic_voice.chat.connect() as socket:
            got = await converse(socket)
        server.should_exit = True
        await serving
        return got

    async def converse(socket):
        from hume.empathic_voice.types import SessionSettings, ToolResponseMessage, UserInput

        await socket.send_publish(UserInput(text="I am so sad."))
        got = []
        async for event in socket:
            got.append(event)
            if event.type == "tool_call":
                told = ToolResponseMessage(tool_call_id=event.tool_call_id, content="It rains.")
                await socket.send_publish(told)
            if event.type == "assistant_end" and len(got) > 6:
                return got
            if event.type == "assistant_end":
                await socket.send_publish(SessionSettings(tools=[WEATHER]))
                await socket.send_publish(UserInput(text="How is the weather?"))

    metadata, user, *said, _, _, _, call, mirrored, _, known, _ = asyncio.run(talk())
    assert (call.name, call.parameters) == ("weather", '{"place": "here"}')
    assert (mirrored.type, mirrored.content) == ("tool_response", "It rains.")
    assert known.message.content.endswith("It rains.")
    assert metadata.type == "chat_metadata" and metadata.chat_group_id
    assert user.models.prosody.scores.sadness == pytest.approx(0.7)
    assert [e.message.content for e in said] == ["You said: I am so sad.", "How was it?"]
