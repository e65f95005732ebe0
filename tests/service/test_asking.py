"""Talks in words over HTTP: what is handed on, what is refused, and what real models answer."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from serving import scripted
from starlette.testclient import TestClient

from empathia.errors import UsageError
from empathia.pipeline import Options
from empathia.pipeline.models import Models
from empathia.service.settings import Settings
from empathia.service.tasks.talking import Talking
from empathia.types import ELEMENTS

JSON = {"content-type": "application/json"}
ANN = {"speaker": "Ann", "text": "I lost my job."}
BEN = {"speaker": "Ben", "text": "Oh no."}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    app = scripted(Settings(tmp_path_factory.mktemp("service")))
    with TestClient(app, base_url="http://127.0.0.1:8000") as one:
        yield one


def test_what_is_asked_is_handed_on(served):
    asked = {"turns": [ANN, {"text": "Oh."}], "every": True, "sentiment": 0.5}
    asked["empathy"] = {"exploration": 2}
    given = served.post("/v1/reply", json=asked).json()
    assert given == {
        "turns": [["Ann", "I lost my job."], ["you", "Oh."]],
        "every": True,
        "listener": None,
        "empathy": {"exploration": 2},
        "sentiment": 0.5,
        "candidates": None,
    }
    pairs = [{"reply": "Why?", "context": "I quit."}, {"reply": "Oh."}]
    assert served.post("/v1/judge", json={"pairs": pairs}).json() == {
        "pairs": [["I quit.", "Why?"], ["", "Oh."]]
    }
    react = {"turns": [ANN], "listener": "Ben"}
    assert served.post("/v1/react", json=react).json() == {
        "turns": [["Ann", "I lost my job."]],
        "listener": "Ben",
        "seed": 1,
    }


def test_what_takes_long_keeps_no_talk_from_its_answer(served, tmp_path):
    go = tmp_path / "go"
    asked = {"pairs": [{"context": f"wait {go}", "reply": "Oh."}]}
    with ThreadPoolExecutor(1) as beside:
        judged = beside.submit(served.post, "/v1/judge", json=asked)
        with served.websocket_connect("ws://127.0.0.1:8000/v0/evi/chat") as socket:
            socket.send_json({"type": "user_input", "text": "Hello."})
            while socket.receive_json()["type"] != "assistant_end":
                assert not judged.done()
        go.touch()
        assert judged.result().json()["pairs"]


@pytest.mark.parametrize(
    ("route", "wrong", "told"),
    [
        ("reply", {}, "'turns'"),
        ("reply", {"turns": []}, "'turns'"),
        ("reply", {"turns": [ANN] * 101}, "'turns'"),
        ("reply", {"turns": [{"speaker": "Ann", "text": ""}]}, "'turns.0.text'"),
        ("reply", {"turns": [ANN], "candidate": 1}, "there is no field 'candidate'"),
        ("judge", {}, "'pairs' is missing"),
        ("judge", [], "the body is no JSON object"),
        ("reply", {"turns": [{"text": "x" * 5001}]}, "'turns.0.text'"),
        ("reply", {"turns": [{"text": "\ud800"}]}, "'turns.0.text'"),
        ("reply", {"turns": [ANN], "empathy": {"warmth": 1}}, "'empathy.warmth'"),
        ("reply", {"turns": [ANN], "empathy": {"\ud800": 1}}, "'empathy"),
        ("reply", {"turns": [ANN], "empathy": {"reaction": 3}}, "'empathy.reaction'"),
        ("reply", {"turns": [ANN], "sentiment": 2}, "'sentiment'"),
        ("reply", {"turns": [ANN], "candidates": 0}, "'candidates'"),
        ("judge", {"pairs": []}, "'pairs'"),
        ("judge", {"pairs": [{"context": "x"}]}, "'pairs.0.reply'"),
        ("react", {"turns": [ANN], "seed": -1}, "'seed'"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(served, route, wrong, told):
    answer = served.post(f"/v1/{route}", content=json.dumps(wrong), headers=JSON)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith(told) and answer.json()["remedy"]


def test_programs_are_told_what_may_be_asked(served):
    told = served.get("/v1/openapi.json").json()
    text = told["components"]["schemas"]["Said"]["properties"]["text"]
    assert text["examples"] == ["I lost my keys again."] and text["maxLength"] == 5000
    for route in ("/v1/reply", "/v1/judge", "/v1/react", "/v1/chat/completions"):
        assert "post" in told["paths"][route]


@pytest.fixture(scope="module")
def talking():
    return Talking(Models(Options(threads=1)))


def reply(talking, turns, every=False, listener=None, **wish):
    wish = {"empathy": {}, "sentiment": None, "candidates": None, **wish}
    return talking.reply(None, turns=turns, every=every, listener=listener, **wish)["replies"]


@pytest.mark.weights
@pytest.mark.long
def test_talks_are_answered_judged_and_reacted_to(talking):
    talk = [("Ann", "I lost my job today."), ("Ben", "Oh no."), ("Ann", "I feel so sad.")]
    (last,) = reply(talking, talk)
    assert (last["speaker"], last["emotion"]) == ("Ann", "sadness")
    assert [r["speaker"] for r in reply(talking, talk, every=True)] == ["Ann", "Ben", "Ann"]
    assert [r["id"] for r in reply(talking, talk, every=True, listener="Ann")] == ["turn-0001"]
    with pytest.raises(UsageError, match="nobody is called"):
        reply(talking, talk, listener="Cleo")
    none, much = (
        reply(talking, talk, empathy={"exploration": n}, candidates=3)[0]["reply"] for n in (0, 2)
    )
    levels = [r["empathy"]["elements"]["exploration"]["level"] for r in (none, much)]
    assert levels[0] < levels[1]
    judged = talking.judge(None, pairs=[("I lost my job.", "I am so sorry. What happened?")])
    assert set(judged["replies"][0]["elements"]) == set(ELEMENTS)
    turn = talking.chat(None, turns=talk)
    assert (turn["text"], turn["emotion"]["label"]) == ("I feel so sad.", "sadness")
    assert turn["reply"]["text"] == last["reply"]["text"]


@pytest.mark.weights
def test_long_talks_are_reacted_to_without_their_frames(talking):
    told = talking.react(None, turns=[("Ann", "I passed!"), ("Ben", "Oh.")], listener="Ben", seed=1)
    assert told["laid_out"] and len(told["face"]) == told["frames"] > 0
    assert [t["reaction"] is None for t in told["turns"]] == [False, True]
    long = [("Ann", "And then we went on and on, up the hill and down again, singing.")] * 20
    told = talking.react(None, turns=long, listener=None, seed=1)
    assert told["frames"] > 1500 and told["face"] is None
