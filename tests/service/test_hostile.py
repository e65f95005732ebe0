"""Hostile clients: none gets an answer that is the service's own fault, and none holds it up."""

from __future__ import annotations

import base64
import contextlib
import functools
import itertools
import json
import logging
import socket
import time
from random import Random

import attacks
import httpx
import pytest
from diary_client import HEAD
from fastapi import Response
from little_diary import CHEAP, SECRET
from serving import scripted, serving
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from empathia.errors import DiaryError
from empathia.service import guard, lines, log
from empathia.service.diary.store import Store
from empathia.service.settings import Settings

# What a form leaves open that was cut off is closed when it is let go.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
ENTRIES = "/v1/diary/entries"
FORMS = {
    ("POST", "/v1/jobs"): ("file", {"names": "Ann", "pause": "1"}),
    ("POST", ENTRIES): ("audio", {"when": "2026-01-01"}),
    ("POST", "/api/diary/analyze"): ("audio", {"gender": "female"}),
    ("POST", "/v1/diary/import"): ("file", {}),
    ("PUT", "/v1/diary/baseline"): ("audio", {}),
    ("POST", "/v1/audio/transcriptions"): ("file", {"model": "empathia-transcribe"}),
}
LARGE = 20_000_000
TURNS = [{"text": "I lost my keys.", "speaker": "Ann"}]
TEXTS = {
    ("POST", "/v1/account"): {"name": "x", "passphrase": "x", "zone": "UTC"},
    ("PATCH", "/v1/account"): {"zone": "UTC", "language": "en"},
    ("POST", "/v1/session"): {"name": "ann", "passphrase": "x"},
    ("POST", ENTRIES): {"words": "glad", "when": "2026-01-01", "bookmark": True},
    ("POST", "/v1/reply"): {"turns": TURNS, "sentiment": 0.5},
    ("POST", "/v1/judge"): {"pairs": [{"reply": "That is hard."}]},
    ("POST", "/v1/react"): {"turns": TURNS, "seed": 1},
    ("POST", "/v1/chat/completions"): {
        "model": "empathia",
        "messages": [{"role": "user", "content": "Hi."}],
        "stop": ["."],
    },
}


@pytest.fixture(scope="module")
def service(tmp_path_factory, logged):
    """A client of somebody who is signed in, over a socket."""
    folder, opens = tmp_path_factory.mktemp("service"), functools.partial(Store, hasher=CHEAP)
    app = scripted(Settings(folder, waiting=1000), opens=opens)
    app.add_api_route("/large", lambda: Response(bytes(LARGE)))
    with serving(app) as address, httpx.Client(base_url=address.removesuffix("/v1")) as one:
        given = {"name": "ann", "passphrase": SECRET, "token": True, "keeps_audio": True}
        token = one.post("/v1/account", json=given).json()["token"]
        one.headers["authorization"] = f"Bearer {token}"
        yield one


@pytest.fixture(scope="module")
def logged():
    """Events of the log, those of libraries too."""
    told, others = [], log.Others()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "write", lambda event, **about: told.append((event, about)))
        logging.getLogger("asyncio").addHandler(others)
        yield told
        logging.getLogger("asyncio").removeHandler(others)


@pytest.fixture(autouse=True)
def no_fault(logged):
    """Whatever comes, nothing goes wrong inside."""
    yield
    assert [e for e in logged if e[0] in {"fault", "library"}] == []
    logged.clear()


def sent(service, content):
    """What comes back for bytes, to the end."""
    with socket.create_connection((service.base_url.host, service.base_url.port), 10) as line:
        with contextlib.suppress(OSError):
            line.sendall(content)
            line.shutdown(socket.SHUT_WR)
        return b"".join(iter(functools.partial(line.recv, 65536), b""))


def test_texts_that_are_bent_are_refused_in_words(service):
    random, statuses = Random(1), set()
    for (method, path), base in itertools.islice(itertools.cycle(TEXTS.items()), 160):
        how, content, headers = attacks.texts(base, random)
        headers = {"content-type": "application/json", **headers}
        answer = service.request(method, path, content=content, headers=headers)
        assert answer.status_code < 500, (path, how)
        statuses.add(answer.status_code)
        if answer.status_code == 200:
            json.loads(answer.text, parse_constant=pytest.fail)
    assert {200, 400, 413, 422} <= statuses


def test_forms_that_are_bent_are_refused_in_words(service):
    random, statuses = Random(1), set()
    for (method, path), (file, fields) in itertools.islice(itertools.cycle(FORMS.items()), 120):
        how, content, headers = attacks.forms(file, HEAD + b"glad", fields, random)
        answer = service.request(method, path, content=content, headers=headers)
        assert answer.status_code < 500, (path, how)
        statuses.add(answer.status_code)
    assert {200, 400} <= statuses
    told = service.get("/v1/jobs").text
    json.loads(told, parse_constant=pytest.fail)


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "punycode", "undefined", "idna"])
@pytest.mark.parametrize("way", FORMS)
def test_letters_that_make_halves_of_characters_are_refused(service, way, charset):
    file, _ = FORMS[way]
    body = f'--b\r\nContent-Disposition: form-data; name="{file}"; filename="x"\r\n\r\nx\r\n--b--'
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    answer = service.request(*way, content=body, headers={"content-type": kind})
    assert answer.status_code == 400 and "UTF-8" in answer.text


@pytest.mark.parametrize(
    ("fields", "told"),
    [({"pause": "nan"}, "pause"), ({"pause": "-inf"}, "pause"), ({"names": "x" * 6000}, "names")],
)
def test_options_that_no_answer_could_repeat_are_refused(service, fields, told):
    answer = service.post("/v1/jobs", files={"file": ("x.txt", b"x")}, data=fields)
    assert answer.status_code == 400 and told in answer.json()["detail"]


def test_diaries_that_are_bent_are_refused_or_kept_whole(service):
    random, statuses = Random(1), set()
    for _ in range(24):
        how, content = attacks.zips(random)
        answer = service.post("/v1/diary/import", files={"file": ("d.zip", content)})
        assert answer.status_code in {200, 422}, how
        statuses.add(answer.status_code)
    assert statuses == {200, 422}
    json.loads(service.get(ENTRIES, params={"year": 2026}).text, parse_constant=pytest.fail)
    assert service.get("/v1/diary/export").content.startswith(b"PK")


@pytest.mark.parametrize("number", range(len(attacks.ORIGINS)))
def test_no_page_of_others_changes_anything(service, number):
    origin = attacks.ORIGINS[number].encode("latin-1")
    assert service.delete("/v1/session", headers={"origin": origin}).status_code == 403
    assert service.get("/v1/account").status_code == 200


def test_heads_that_are_bent_are_refused_or_dropped(service):
    random, statuses = Random(1), set()
    host = f"{service.base_url.host}:{service.base_url.port}"
    for _ in range(60):
        how, content = attacks.heads("/v1/jobs", host, random)
        statuses.add(status := sent(service, content)[9:10])
        assert status != b"5", how
    for path in attacks.PATHS:
        got = sent(service, f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        assert got[9:10] in {b"2", b"3", b"4", b""} and b"root:" not in got, path
    assert {b"2", b"4", b""} <= statuses


def test_frames_that_are_none_end_the_talk_and_nothing_else(service):
    host = f"{service.base_url.host}:{service.base_url.port}"
    for path, (how, content) in itertools.product(
        ("/v0/evi/chat", "/v1/realtime"), attacks.frames(Random(1))
    ):
        head = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {'A' * 22}==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        got = sent(service, head.encode() + content)
        assert got.startswith(b"HTTP/1.1 101"), how
        assert b"\x03\xf3" not in got, how  # 1011: something went wrong inside
    assert service.get("/ready").status_code == 200


@pytest.mark.parametrize("path", ["/v0/evi/chat", "/v1/realtime"])
def test_a_message_of_bytes_is_told_and_the_talk_goes_on(service, path):
    address = f"ws://{service.base_url.host}:{service.base_url.port}{path}"
    with connect(address) as talk:
        talk.recv()
        for _ in range(2):
            talk.send(base64.b64decode("AAAA"))
            assert json.loads(talk.recv())["type"] == "error"


REALTIME = {"type": "conversation.item.create", "event_id": float("nan")}
ITEM = {"type": "message", "content": [{"type": "input_text", "text": "Hi.", "x": float("nan")}]}


@pytest.mark.parametrize(
    ("path", "message", "told"),
    [
        ("/v0/evi/chat", {"type": "user_input", "text": "\ud800"}, "no text"),
        ("/v0/evi/chat", {"type": "assistant_input", "text": "\ud800"}, "no text"),
        ("/v0/evi/chat", {"type": "user_input", "text": "x" * 5001}, "5001"),
        ("/v0/evi/chat", {"type": "assistant_input", "text": "x" * 5001}, "5001"),
        ("/v0/evi/chat", {"type": "audio_input", "data": "\ud800"}, "no text"),
        ("/v1/realtime", {**REALTIME, "item": {}}, "one part"),
        ("/v1/realtime", {**REALTIME, "item": {**ITEM, "role": [[1]]}}, "role"),
        ("/v1/realtime", {"type": [{}]}, "no event"),
    ],
)
def test_what_no_message_may_hold_is_told_and_not_repeated(service, path, message, told):
    address = f"ws://{service.base_url.host}:{service.base_url.port}{path}"
    with connect(address) as talk:
        talk.recv()
        talk.send(json.dumps(message))
        text = talk.recv()
        assert told in text and json.loads(text, parse_constant=pytest.fail)["type"] == "error"


def test_what_is_repeated_of_a_message_is_what_it_means(service):
    url = f"ws://{service.base_url.host}:{service.base_url.port}"
    with connect(f"{url}/v1/realtime") as talk:
        talk.recv()
        talk.send(json.dumps({**REALTIME, "item": {**ITEM, "id": "x" * 65}}))
        item = json.loads(talk.recv(), parse_constant=pytest.fail)["item"]
        assert item["content"] == [{"type": "input_text", "text": "Hi."}] and len(item["id"]) < 64
    with connect(f"{url}/v0/evi/chat") as talk:
        talk.recv()
        audio = {"encoding": "linear16", "sample_rate": 16_000, "channels": 1}
        talk.send(json.dumps({"type": "session_settings", "audio": {**audio, "x": float("inf")}}))
        assert json.loads(talk.recv(), parse_constant=pytest.fail)["audio"] == audio


@pytest.mark.parametrize("depth", range(900, 1000, 7))
def test_what_is_as_deep_as_can_be_read_is_told(service, depth):
    deep = "[" * depth + "]" * depth
    answer = service.post("/v1/chat/completions", content=f'{{"model": {deep}}}')
    assert answer.status_code in {400, 404}


def test_who_does_not_ask_is_let_go(service, monkeypatch):
    monkeypatch.setattr(lines, "_ASKS", 0.05)
    host = f"Host: {service.base_url.host}:{service.base_url.port}\r\n".encode()
    whole = b"GET /health HTTP/1.1\r\n" + host
    for begun in (b"", whole[:9], whole + b"X: ", whole + b"\r\n" + whole):
        with socket.create_connection((service.base_url.host, service.base_url.port), 10) as line:
            line.sendall(begun)
            with contextlib.suppress(ConnectionError):
                while line.recv(65536):
                    pass


def test_who_asks_again_is_heard_on_the_same_line():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    with serving(app, lifespan="off", timeout_keep_alive=0) as url:
        host = url.removeprefix("http://")
        with socket.create_connection(host.split(":"), 10) as line:
            for _ in range(2):
                line.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                assert line.recv(65536).startswith(b"HTTP/1.1 204")
                time.sleep(0.1)  # in which uvicorn would let go of it


def test_a_body_that_comes_too_slowly_is_refused(service, monkeypatch):
    monkeypatch.setattr(guard, "_PATIENCE", 0.05)
    monkeypatch.setattr(lines, "_ASKS", 0.05)
    host = f"Host: {service.base_url.host}:{service.base_url.port}\r\n"
    head = f"POST /v1/jobs HTTP/1.1\r\n{host}Content-Type: multipart/form-data; boundary=b\r\n"
    with socket.create_connection((service.base_url.host, service.base_url.port), 10) as line:
        line.sendall(f"{head}Content-Length: 99\r\n\r\n--b".encode())
        assert line.recv(65536).startswith(b"HTTP/1.1 408")


def taken(url, after):
    """What comes of much to whoever takes nothing for some seconds."""
    got = bytearray()
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(10)
        line.connect((url.host, url.port))
        line.sendall(f"GET /large HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n\r\n".encode())
        time.sleep(after)
        with contextlib.suppress(ConnectionError):
            for part in iter(functools.partial(line.recv, 65536), b""):
                got += part
    return bytes(got)


def test_who_does_not_listen_is_let_go(service, monkeypatch):
    monkeypatch.setattr(lines, "_LISTENS", 0.05)
    tries = (taken(service.base_url, after) for after in (0.3, 3.0, 30.0))  # if it is busy
    assert any(got.startswith(b"HTTP/1.1 200") and len(got) < LARGE for got in tries)


def test_why_a_talk_is_not_held_fits_into_a_frame(service, monkeypatch):
    def refuses(*_):
        raise DiaryError("가" * 100)

    monkeypatch.setattr("empathia.service.routes.evi.owner_of", refuses)
    with connect(f"ws://{service.base_url.host}:{service.base_url.port}/v0/evi/chat") as talk:
        with pytest.raises(ConnectionClosed) as closed:
            talk.recv()
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "가" * 40)


def test_what_libraries_log_is_told_without_their_words(logged):
    made = logging.LogRecord("asyncio", logging.ERROR, "x.py", 1, "secret %s", ("words",), None)
    log.Others().emit(made)
    try:
        raise ValueError("secret words")
    except ValueError as error:
        made.exc_info = (ValueError, error, None)
    log.Others().emit(made)
    (one, first), (two, second) = logged
    assert (one, first) == ("library", {"name": "asyncio", "level": "ERROR"})
    assert (two, second["where"], second["type"]) == ("fault", "asyncio", "ValueError")
    assert "secret" not in str(second)
    logged.clear()
