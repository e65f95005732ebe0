"""Tools: a model behind a URL calls them, and what they told is in what it is asked for a reply."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chat_server import says, send, serving

from empathia.errors import ServerError, UsageError
from empathia.lm.server import ServerModel
from empathia.pipeline import Options
from empathia.pipeline.session import Session
from empathia.types import Message
from empathia.types.talk import Call, Tool

SCHEMA = {"type": "object", "properties": {"place": {"type": "string"}}}
TOOLS = (Tool("weather", "The weather of a place", SCHEMA), Tool("time", "", {}))
RAIN = (Call("c7", "weather", '{"place": "Ulm"}'), "It rains.")
ASKED = (Message("user", "Will it rain in Ulm?"),)


def calls(name, arguments):
    function = {"name": name, "arguments": arguments}
    message = {"role": "assistant", "content": None, "tool_calls": [{"function": function}]}
    return send(200, json.dumps({"choices": [{"message": message}]}).encode())


@pytest.mark.parametrize(
    ("step", "found"),
    [
        (calls("weather", '{"place": "Ulm"}'), ("weather", {"place": "Ulm"})),
        (calls("weather", {"place": "Ulm"}), ("weather", {"place": "Ulm"})),  # as Ollama
        (calls("time", ""), ("time", {})),
        (calls("delete_everything", "{}"), None),
        (says("none"), None),
    ],
)
def test_a_call_is_one_of_what_was_offered(step, found):
    with serving(step) as server:
        call = ServerModel(server.url, "m").call(ASKED, TOOLS, ())
    assert (call and (call.name, json.loads(call.arguments))) == found


@pytest.mark.parametrize("arguments", ["{", "[1]", "3"])
def test_arguments_that_are_no_object_are_told(arguments):
    step = calls("weather", arguments)
    with serving(step) as server, pytest.raises(ServerError, match="no JSON"):
        ServerModel(server.url, "m").call(ASKED, TOOLS, ())


def test_what_was_called_before_stands_behind_the_chat():
    with serving(says("none")) as server:
        ServerModel(server.url, "m").call(ASKED, TOOLS, [RAIN])
        _, _, body = server.seen[0]
    assert body["tools"][0]["function"] == {
        "name": "weather",
        "description": "The weather of a place",
        "parameters": SCHEMA,
    }
    said, call, told = body["messages"]
    assert said["content"] == ASKED[0].content
    assert call["tool_calls"][0]["id"] == told["tool_call_id"] == "c7"
    assert json.loads(call["tool_calls"][0]["function"]["arguments"]) == {"place": "Ulm"}
    assert (told["role"], told["content"]) == ("tool", "It rains.")


def options(url):
    return Options(reply_with="lm", llm_url=url, llm_model="m")


def test_a_reply_knows_what_tools_told(tmp_path: Path):
    said = "That sounds wet. Do you have a coat?"
    with serving(calls("weather", '{"place": "Ulm"}'), says(said)) as server:
        with Session(tmp_path / "talk.json", options(server.url)) as session:
            session.say("Will it rain in Ulm? I am worried.")
            call = session.call(TOOLS, ())
            assert call is not None and call.name == "weather"
            turn = session.propose(told=["weather Ulm: It\nrains."])
        asked = [body["messages"][0]["content"] for _, _, body in server.seen]
    assert turn.reply is not None and turn.reply.text == said
    assert "It rains." in asked[1] and "It rains." not in asked[0]


def test_no_tool_delays_what_calls_for_care(tmp_path: Path):
    with serving(calls("weather", "{}")) as server:
        with Session(tmp_path / "talk.json", options(server.url)) as session:
            session.say("I want to kill myself.")
            assert session.call(TOOLS, ()) is None
        assert not server.seen


@pytest.mark.parametrize("words", ["rules", "retrieve"])
def test_who_words_replies_without_a_model_calls_nothing(words, tmp_path: Path):
    with Session(tmp_path / "talk.json", Options(reply_with=words)) as session:
        session.say("Will it rain in Ulm?")
        with pytest.raises(UsageError, match="behind a URL"):
            session.call(TOOLS, ())
