"""Two people with one service: nobody sees, changes or deletes what is the other's, by any route.

Routes are those that the service says it has: a new one is tried, too, or has to be named here.
"""

from __future__ import annotations

import asyncio
import io
import json

import pytest
from diary_client import HEAD, Person, service
from little_diary import CHEAP, SECRET, person
from starlette.websockets import WebSocketDisconnect

from empathia.errors import DiaryError
from empathia.pipeline import Options
from empathia.service import leaving
from empathia.service.chats import Chats
from empathia.service.diary import accounts
from empathia.service.diary.store import Store
from empathia.service.jobs import Jobs
from empathia.service.visiting import owner_of
from empathia.service.workers import Worker

WS = "ws://127.0.0.1:8000/v0/evi/chat"
CODE = "xylophone"
TOKEN = "a-token-that-is-long-enough"
SOUND = {"files": {"audio": ("x.wav", HEAD + b"glad")}}
FILE = {"files": {"file": ("a.txt", b"Hello.")}}
# What has to come with a request; Ben's, where it is about himself.
BODIES = {
    ("POST", "/v1/jobs"): FILE,
    ("POST", "/v1/jobs/{id}/ask"): {"json": {"utterance": "turn-0000"}},
    ("POST", "/v1/account"): {"json": {"name": "somebody new", "passphrase": SECRET}},
    ("PATCH", "/v1/account"): {"json": {"language": "ko"}},
    ("PUT", "/v1/account/passphrase"): {"json": {"old": SECRET, "new": SECRET}},
    ("POST", "/v1/account/delete"): {"json": {"passphrase": SECRET}},
    ("POST", "/v1/session"): {"json": {"name": "ben", "passphrase": SECRET}},
    ("POST", "/v1/diary/entries"): {"json": {"words": "glad"}},
    ("PATCH", "/v1/diary/entries/{id}"): {"json": {"words": "mine now"}},
    ("POST", "/v1/diary/import"): FILE,
    ("PUT", "/v1/diary/baseline"): SOUND,
    ("POST", "/api/diary/analyze"): SOUND,
}
QUERIES = {"/v1/diary/search": f"?q={CODE}"}
LAST = (("DELETE", "/v1/session"), ("POST", "/v1/account/delete"))  # they end Ben's session
KEPT = "/v1/jobs", "/v1/chats", "/v1/diary/", "/v1/account", "/v1/session"
SHARED = "/v1/jobs", "/v1/chats"  # by all who come without a session
STATELESS = {
    "/health",
    "/ready",
    "/api/diary/analyze",
    "/v1/models",
    "/v1/models/{id}",
    "/v1/chat/completions",
    "/v1/audio/transcriptions",
    "/v1/audio/speech",
    "/v1/reply",
    "/v1/react",
    "/v1/judge",
}


def routes(app):
    """(method, path), those that end a session last."""
    every = [(m.upper(), p) for p, ms in app.openapi()["paths"].items() for m in ms]
    return sorted(every, key=lambda r: (r in LAST, LAST.index(r) if r in LAST else 0, r))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with service(tmp_path_factory.mktemp("served"), waiting=99) as one:
        yield one


def everything(ann):
    """All that Ann sees of hers; an export says when it was made, and is left out."""
    app = ann.served.app
    seen = {}
    for method, path in routes(app):
        if method == "GET" and path.startswith(KEPT) and not path.endswith(("export", "{kind}")):
            filled = path.replace("{id}", ann.id_of(path)) + QUERIES.get(path, "")
            seen[path] = ann.ask("GET", filled).content
    return seen


def talk(served, headers, query=""):
    """What a talk of one turn and its answer is called."""
    with served.websocket_connect(f"{WS}{query}", headers=headers) as socket:
        socket.send_json({"type": "user_input", "text": CODE})
        told = socket.receive_json()
        while socket.receive_json()["type"] != "assistant_end":
            pass
    while '"open":true' in served.get("/v1/chats", headers=headers).text:
        pass  # all of it is not kept yet
    return told["chat_group_id"]


class Ann(Person):
    """Somebody with one of everything."""

    def __init__(self, served):
        super().__init__(served, keeps_audio=True)
        given = {"file": (f"{CODE}.txt", f"My {CODE}.".encode())}
        self.job = self.ask("POST", "/v1/jobs", files=given).json()["id"]
        self.ask("GET", f"/v1/jobs/{self.job}/events")  # until it is read
        self.entry = self.say(f"My {CODE} is sad.", bookmark="true").json()["id"]
        self.ask("PUT", "/v1/diary/baseline", files=SOUND["files"])
        self.chat = talk(served, self.headers)

    def id_of(self, path):
        if path.startswith("/v1/jobs/"):
            return self.job
        if path.startswith("/v1/chats/"):
            return self.chat
        return self.entry


def test_every_route_is_known(served):
    lost = [p for _, p in routes(served.app) if not p.startswith(KEPT) and p not in STATELESS]
    assert not lost, "say in KEPT or STATELESS whether these keep something of somebody"


def test_nobody_sees_or_changes_what_is_the_others(served):
    ann, ben = Ann(served), Person(served)
    before = everything(ann)
    assert CODE in str(before) and len(before) > 12
    for method, path in routes(served.app):
        if path in STATELESS and path != "/api/diary/analyze":
            continue
        given = dict(BODIES.get((method, path), {}))
        if path == "/v1/session" and method == "POST":
            given["json"] = {"name": ben.name, "passphrase": SECRET, "token": True}
        filled = path.replace("{id}", ann.id_of(path)).replace("{kind}", "csv")
        answer = ben.ask(method, filled + QUERIES.get(path, ""), **given)
        served.cookies.clear()
        told = f"{method} {path}: {answer.status_code} {answer.text[:200]}"
        if "{" in path:
            assert answer.status_code == 404, told
        elif path not in {"/v1/diary/import", "/v1/diary/baseline"}:
            assert answer.is_success, told
        assert not any(x in answer.text for x in (CODE, ann.job, ann.chat, ann.name)), told
        if path == "/v1/account/passphrase":
            ben.headers = {"authorization": f"Bearer {answer.json()['token']}"}
        if (method, path) == LAST[0]:
            ben.sign_in()
    assert everything(ann) == before


def test_nobody_who_is_not_signed_in_sees_anything(served):
    ann = Ann(served)
    before = everything(ann)
    old = Person(served)
    old.ask("DELETE", "/v1/session")
    for headers, status in (({}, 401), (old.headers, 401)):
        for method, path in routes(served.app):
            given = BODIES.get((method, path), {})
            if not path.startswith(KEPT) or path == "/v1/session" or path == "/v1/account":
                continue
            if path in SHARED and not headers:
                assert not any(x in served.get(path).text for x in (CODE, ann.job, ann.chat))
                continue
            filled = path.replace("{id}", ann.id_of(path)).replace("{kind}", "csv")
            answer = served.request(method, filled, headers=headers, **given)
            shared = path.startswith(SHARED) and not path.endswith("/claim")
            expected = 404 if shared and not headers else status
            assert answer.status_code == expected, f"{method} {path}: {answer.text}"
    assert everything(ann) == before


def test_a_chat_goes_on_for_its_owner_alone(served):
    ann, ben = Person(served), Person(served)
    group = f"?resumed_chat_group_id={talk(served, ann.headers)}"
    talk(served, ann.headers, group)
    for headers, code in ((ben.headers, 1008), ({}, 1008), ({"authorization": "Bearer x"}, 3000)):
        with pytest.raises(WebSocketDisconnect) as closed:
            talk(served, headers, group)
        assert closed.value.code == code


def test_nothing_comes_back_of_an_account_that_is_deleted_while_it_talks(served):
    ann = Person(served)
    folder = served.app.state.settings.folder
    kept = folder / "chats" / ann.account["id"]
    with served.websocket_connect(WS, headers=ann.headers) as socket:
        socket.send_json({"type": "user_input", "text": CODE})
        while socket.receive_json()["type"] != "assistant_end":
            pass
        assert [*kept.iterdir()]
        ann.ask("POST", "/v1/account/delete", json={"passphrase": SECRET})
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4000
    assert not kept.exists()
    served.app.dependency_overrides[owner_of] = lambda: ann.account["id"]  # who it was at first
    try:
        assert ann.ask("POST", "/v1/jobs", **FILE).status_code == 401
    finally:
        served.app.dependency_overrides.clear()
    assert not served.app.state.jobs.all_of(ann.account["id"])
    assert (folder / "leaving" / ann.account["id"]).exists()  # the next start looks once more


@pytest.mark.parametrize("error", [DiaryError("the file is held", "Close it"), OSError("full")])
@pytest.mark.parametrize("gone", [True, False])
def test_uploads_go_where_the_account_has_gone_whatever_the_database_says(tmp_path, gone, error):
    store = Store(tmp_path / "diary.sqlite", hasher=CHEAP)
    visit = person(store)
    jobs = Jobs(tmp_path / "jobs", Worker("little_work", Options()), 9, 9.0)
    chats = Chats(tmp_path / "chats")
    account = visit.account.id
    (tmp_path / "chats" / account).mkdir(parents=True)

    def close():
        if gone:
            accounts.close(store, visit, SECRET)
        raise error

    async def leaves():
        await jobs.add(account, "a.txt", io.BytesIO(b"Hello."), {})
        await leaving.leave(tmp_path, jobs, chats, store, account=account, close=close)

    with pytest.raises(type(error)):
        asyncio.run(leaves())
    assert bool(jobs.all_of(account)) is (tmp_path / "chats" / account).exists() is not gone
    assert (tmp_path / "leaving" / account).exists() is gone
    store.close()


def test_a_kill_between_an_account_and_its_uploads_is_made_good(tmp_path):
    store = Store(tmp_path / "diary.sqlite", hasher=CHEAP)
    visit = person(store)
    jobs = Jobs(tmp_path / "jobs", Worker("little_work", Options()), 9, 9.0)
    gone, never = "0" * 32, "1" * 32
    for account in (visit.account.id, gone, never):
        (tmp_path / "leaving").mkdir(exist_ok=True)
        (tmp_path / "leaving" / account).touch()
        (tmp_path / "chats" / account).mkdir(parents=True)

    async def start():
        for owner in ("", visit.account.id, gone):
            await jobs.add(owner, "a.txt", io.BytesIO(b"Hello."), {})
        await leaving.finish(tmp_path, jobs, Chats(tmp_path / "chats"), store)

    asyncio.run(start())
    assert [len(jobs.all_of(x)) for x in ("", visit.account.id, gone)] == [1, 1, 0]
    assert [p.name for p in (tmp_path / "chats").iterdir()] == [visit.account.id]
    assert len([*(tmp_path / "jobs").iterdir()]) == 2
    assert not [*(tmp_path / "leaving").iterdir()]
    store.close()


def test_what_was_given_before_signing_in_can_be_claimed_while_it_is_read(served, tmp_path):
    served.cookies.clear()
    go = tmp_path / "go"
    given = [
        served.post("/v1/jobs", files={"file": ("a.txt", f"wait {go}".encode())}).json()["id"]
        for _ in range(2)
    ]
    assert served.post(f"/v1/jobs/{given[0]}/claim").status_code == 401
    ann, ben = Person(served), Person(served)
    for id in given:
        for _ in range(2):  # once more changes nothing
            assert ann.ask("POST", f"/v1/jobs/{id}/claim").json()["id"] == id
        assert ben.ask("POST", f"/v1/jobs/{id}/claim").status_code == 404
        assert served.get(f"/v1/jobs/{id}").status_code == 404  # nobody's any more
    go.touch()
    assert '"state": "done"' in ann.ask("GET", f"/v1/jobs/{given[1]}/events").text
    assert [j["state"] for j in ann.ask("GET", "/v1/jobs").json()["jobs"]] == ["done"] * 2
    assert ann.ask("POST", "/v1/jobs/none/claim").status_code == 404


def test_the_door_of_the_service_and_a_session_are_two_things(tmp_path):
    one = service(tmp_path, token=TOKEN)  # which is not started: none of this needs a model
    one.app.state.store = Store(tmp_path / "diary.sqlite", hasher=CHEAP)
    door = {"authorization": f"Bearer {TOKEN}"}
    given = {"name": "ann", "passphrase": SECRET, "token": True}
    assert one.post("/v1/account", json=given).status_code == 401
    session = one.post("/v1/account", json=given, headers=door).json()["token"]
    ways = (
        door | {"x-empathia-session": session},
        door | {"cookie": f"empathia-session={session}"},
        {"cookie": f'a={{"b":1}}; empathia-token={TOKEN}; x; empathia-session={session}'},
        {"x-hume-api-key": TOKEN, "authorization": f"Bearer {session}"},
    )
    for headers in ways:
        assert one.get("/v1/account", headers=headers).json()["name"] == "ann"
    for headers in (door, {"authorization": f"Bearer {session}"}, {}):
        assert one.get("/v1/account", headers=headers).status_code == 401
    keys = [*"1234", "\ud800", "6"]
    sent = [json.dumps({"token": key}).encode() for key in keys]
    kind = {"content-type": "application/json"}
    guesses = [one.post("/page/token", content=x, headers=kind).status_code for x in sent]
    assert guesses == [401] * 5 + [429]
    one.app.state.store.close()
