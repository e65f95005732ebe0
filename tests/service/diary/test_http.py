"""A diary over HTTP: what is acknowledged is kept, what is deleted is gone, and all is told."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import tempfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from diary_client import HEAD, Person, service
from little_diary import SECRET

from empathia.service import writing

ENTRIES = "/v1/diary/entries"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(request, tmp_path_factory):
    given = {}
    if request.param == "postgresql":
        given["database"] = request.getfixturevalue("server")
    with service(tmp_path_factory.mktemp("served"), waiting=2, **given) as one:
        yield one


def refused(answer, status, told):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.json()["detail"] and answer.json()["remedy"]


def test_words_become_an_entry_that_is_there(served):
    ann = Person(served, language="ko", zone="Asia/Seoul")
    answer = ann.write("비가 와서 기분이 glad.", bookmark=True, when="2026-03-01")
    entry = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{ENTRIES}/{entry['id']}"
    assert (entry["kind"], entry["day"], entry["language"]) == ("text", "2026-03-01", "ko")
    assert entry["moment"] == "2026-03-01T03:00:00Z"  # noon in Seoul
    assert entry["feeling"] == {"shares": {"joy": 1.0}, "abstained": None}
    assert entry["label"] == "joy"
    assert "기쁨" in entry["summary"] or "기쁜" in entry["summary"] or "행복" in entry["summary"]
    assert not entry["has_timeline"] and entry["audio"] is None
    assert ann.get(f"{ENTRIES}/{entry['id']}") == entry
    assert ann.get("/v1/diary/bookmarks") == {"entries": [entry]}


def test_a_recording_is_told_while_it_is_read_and_then_kept(served):
    ann = Person(served, keeps_audio=True)
    answer = ann.say("I was so glad.", headers={"accept": "text/event-stream"})
    lines = [x.split("\n") for x in answer.text.strip().split("\n\n")]
    told = [(a.removeprefix("event: "), json.loads(b.removeprefix("data: "))) for a, b in lines]
    assert told[0] == ("progress", {"stage": "words", "done": 1.0, "total": 2.0})
    kind, entry = told[-1]
    assert (kind, entry["words"], entry["kind"]) == ("entry", "I was so glad.", "voice")
    assert entry["audio"] == "audio/wav" and entry["has_timeline"]
    place = f"{ENTRIES}/{entry['id']}"
    assert ann.get(place) == entry
    assert ann.get(f"{place}/timeline")["turns"][0]["text"] == "I was so glad."


@pytest.mark.parametrize(
    ("asked", "status", "slice_", "told"),
    [
        (None, 200, slice(None), None),
        ("bytes=0-3", 206, slice(0, 4), "bytes 0-3/16"),
        ("bytes=12-", 206, slice(12, 16), "bytes 12-15/16"),
        ("bytes=-4", 206, slice(12, 16), "bytes 12-15/16"),
        ("bytes=-99", 206, slice(None), "bytes 0-15/16"),
        ("bytes=4-999", 206, slice(4, 16), "bytes 4-15/16"),
        ("bytes=1-2,4-5", 200, slice(None), None),
        ("bytes=-", 200, slice(None), None),
    ],
)
def test_recordings_are_played_from_wherever(served, asked, status, slice_, told):
    ann = Person(served, keeps_audio=True)
    place = f"{ENTRIES}/{ann.say('glad').json()['id']}/audio"
    answer = ann.ask("GET", place, headers={} if asked is None else {"range": asked})
    assert (answer.status_code, answer.content) == (status, (HEAD + b"glad")[slice_])
    assert answer.headers.get("content-range") == told
    assert answer.headers["content-type"] == "audio/wav"
    refused(ann.ask("GET", place, headers={"range": "bytes=16-"}), 416, "16 bytes")
    refused(ann.ask("GET", place, headers={"range": "bytes=-0"}), 416, "16 bytes")


@pytest.mark.skipif(sys.platform != "linux", reason="files in memory are Linux's")
def test_a_recording_that_is_read_is_in_memory_alone(served, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")  # nor does a form lie there
    place = Person(served).say("where" + " " * 2_000_000).json()["words"]
    assert place.startswith("/proc/") and not Path(place).exists()
    assert not any((served.app.state.settings.folder / "incoming").iterdir())


def test_silence_has_no_feeling_and_says_so(served):
    entry = Person(served).say("").json()
    assert entry["feeling"] == {"shares": {}, "abstained": "nothing was heard"}
    assert entry["words"] == "" and "hear" in entry["summary"]


def test_what_cannot_be_kept_is_refused_and_nothing_is(served):
    ann = Person(served, keeps_audio=True)
    refused(ann.write(" "), 400, "1 characters")
    refused(ann.write("x", when="tomorrow"), 400, "no day or moment 'tomorrow'")
    refused(ann.write("x", when="2999-01-01"), 400, "2999")
    refused(ann.write("x", mood="good"), 400, "mood")
    refused(ann.say("fail"), 400, "that cannot be read")
    refused(ann.say("glad", colour="red"), 400, "no field 'colour'")
    refused(ann.say("glad", when="2999-01-01"), 400, "2999")
    text = {"audio": ("x.wav", b"plain words")}
    refused(ann.ask("POST", ENTRIES, files=text), 400, "recordings are kept as wav")
    refused(ann.ask("POST", ENTRIES, files={"file": ("x.wav", HEAD)}), 400, "no file in the form")
    refused(ann.ask("POST", ENTRIES, content=b"{"), 400, "JSON")
    refused(ann.ask("POST", ENTRIES, content=b" " * 1_000_001), 413, "1000000 bytes")
    assert ann.get(ENTRIES) == {"entries": []}


def test_a_recording_that_ends_the_process_leaves_the_diary_as_it_was(served):
    ann = Person(served)
    answer = ann.say("die")
    refused(answer, 503, "process")
    assert answer.headers["retry-after"] == "5"
    assert ann.write("glad").status_code == 201
    assert len(ann.get(ENTRIES)["entries"]) == 1


def test_too_many_recordings_at_a_time_are_refused(served):
    ann, rooms = Person(served), served.app.state.rooms
    with rooms["recordings"].place(), rooms["recordings"].place():
        refused(ann.say("glad"), 429, "2 requests")
    assert ann.say("glad").status_code == 201
    with rooms["texts"].place(), rooms["texts"].place():
        refused(ann.write("glad"), 429, "2 requests")
    with rooms["imports"].place(), rooms["imports"].place():
        zipped = {"file": ("d.zip", b"x")}
        refused(ann.ask("POST", "/v1/diary/import", files=zipped), 429, "2 requests")
    assert ann.write("glad").status_code == 201


def test_edited_words_are_judged_again_and_said_again(served):
    ann = Person(served)
    entry = ann.say("I was so glad.").json()
    place = f"{ENTRIES}/{entry['id']}"
    changed = ann.ask("PATCH", place, json={"words": "I was so sad."}).json()
    assert changed["feeling"]["shares"] == {"sadness": 1.0}
    assert changed["summary"] != entry["summary"] and "sad" in changed["summary"]
    marked = ann.ask("PATCH", place, json={"bookmark": True, "when": "2025-01-02"}).json()
    assert marked["feeling"] == changed["feeling"] and marked["summary"] == changed["summary"]
    assert (marked["bookmark"], marked["day"]) == (True, "2025-01-02")
    refused(ann.ask("PATCH", place, json={"mood": "x"}), 422, "mood")
    refused(ann.ask("PATCH", f"{ENTRIES}/none", json={"words": "x"}), 404, "no entry 'none'")


def test_days_months_and_years_are_looked_back_on(served):
    ann = Person(served)
    for when, words in (("2025-01-01", "glad"), ("2025-01-31", "sad"), ("2025-02-01", "glad")):
        assert ann.write(words, when=when).status_code == 201

    def days(query):
        return [e["day"] for e in ann.get(f"{ENTRIES}?{query}")["entries"]]

    assert days("day=2025-01-31") == ["2025-01-31"]
    assert days("month=2025-01") == ["2025-01-01", "2025-01-31"]
    assert len(days("year=2025")) == 3 and days("year=2024") == days("") == []
    curve = ann.get("/v1/diary/curve?month=2025-01")
    assert [*curve] == ["2025-01-01", "2025-01-31"] and curve["2025-01-31"]["felt"] == 1
    shares = ann.get("/v1/diary/shares?month=2025-01")
    assert shares.pop("label") is None
    assert shares.pop("is_mixed") is True and shares.pop("feelings") == {"joy": 1, "sadness": 1}
    assert shares == {"entries": 2, "felt": 2, "shares": {"joy": 0.5, "sadness": 0.5}}
    assert [e["words"] for e in ann.get("/v1/diary/search?q=SAD")["entries"]] == ["sad"]
    for query, told in (("month=2025-13", "month"), ("month=x", "no month"), ("year=0", "of 0")):
        refused(ann.ask("GET", f"{ENTRIES}?{query}"), 400, told)
    refused(ann.ask("GET", f"{ENTRIES}?year=2025&day=2025-01-01"), 400, "more than one")
    refused(ann.ask("GET", f"{ENTRIES}?day=soon"), 422, "day")


def leaves(served, asked, until=None):
    """What is answered where a client has gone: at once, or when something has come."""
    coming = [{"type": "http.request", "body": asked.read()}, {"type": "http.disconnect"}]
    told = []

    async def receive():
        if len(coming) == 1 and until is not None:
            await asyncio.to_thread(until.wait, 60)
        return coming.pop(0)

    async def send(message):
        told.append(message)

    headers = [(name.lower(), value) for name, value in asked.headers.raw]
    scope = {"type": "http", "method": "POST", "path": ENTRIES, "query_string": b""}

    async def ask():
        async with asyncio.timeout(60):
            await served.app(scope | {"headers": headers}, receive, send)

    served.portal.call(ask)
    return told[0]["status"]


def test_who_leaves_while_an_entry_is_read_has_written_nothing(served, tmp_path):
    ann = Person(served)
    sound = HEAD + f"wait {tmp_path / 'never'}".encode()
    given = {"files": {"audio": ("x.wav", sound)}, "headers": ann.headers}
    assert leaves(served, served.build_request("POST", ENTRIES, **given)) == 408
    assert ann.get(ENTRIES) == {"entries": []}


def test_an_entry_is_of_the_moment_in_which_it_came(served, clock, tmp_path, monkeypatch):
    """Reading it lasts beyond midnight."""
    ann, clock.now = Person(served, zone="Asia/Seoul"), datetime(2026, 7, 1, 14, 58, tzinfo=UTC)
    monkeypatch.setattr(served.app.state.store, "clock", clock)
    go, began = tmp_path / "go", tmp_path / "began"
    with ThreadPoolExecutor(1) as beside:
        saying = beside.submit(ann.say, f"wait {go} {began}")
        while not began.exists():
            assert not saying.done()
        clock.goes(minutes=4)
        go.touch()
    assert saying.result().json()["day"] == "2026-07-01"
    assert ann.write("glad").json()["day"] == "2026-07-02"


def test_who_leaves_while_an_entry_is_kept_has_all_of_it(served, monkeypatch):
    ann = Person(served, keeps_audio=True)
    keeps, go, asked = threading.Event(), threading.Event(), []

    def kind(path):
        asked.append(path)
        if len(asked) == 2:  # the first was before it is read
            keeps.set()
            go.wait(60)
        return "audio/wav"

    monkeypatch.setattr(writing, "_type", kind)
    given = {"files": {"audio": ("x.wav", HEAD + b"glad")}, "headers": ann.headers}
    assert leaves(served, served.build_request("POST", ENTRIES, **given), keeps) == 408
    go.set()
    for _ in range(1000):
        if entries := ann.get(ENTRIES)["entries"]:
            break
    assert ann.ask("GET", f"{ENTRIES}/{entries[0]['id']}/audio").content == HEAD + b"glad"


def test_what_is_deleted_is_gone(served):
    ann = Person(served, keeps_audio=True)
    one, other = ann.say("glad one").json()["id"], ann.say("glad other").json()["id"]
    assert ann.ask("DELETE", f"{ENTRIES}/{one}").status_code == 204
    for path in (one, f"{one}/audio", f"{one}/timeline"):
        refused(ann.ask("GET", f"{ENTRIES}/{path}"), 404, "no ")
    refused(ann.ask("DELETE", f"{ENTRIES}/{one}"), 404, "no entry")
    assert ann.ask("DELETE", f"{ENTRIES}/{other}/audio").status_code == 204
    assert ann.get(f"{ENTRIES}/{other}")["audio"] is None
    ann.say("glad third")
    assert ann.ask("DELETE", "/v1/diary/audio").json() == {"deleted": 1}


def test_a_diary_goes_out_and_comes_in(served):
    ann, ben = Person(served, keeps_audio=True), Person(served, keeps_audio=True)
    entry = ann.say("glad", bookmark="true").json()
    ann.ask("PUT", "/v1/diary/baseline", files={"audio": ("x.wav", HEAD)})
    answer = ann.ask("GET", "/v1/diary/export")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert f"audio/{entry['id']}.wav" in archive.namelist()
    brought = ben.ask("POST", "/v1/diary/import", files={"file": ("d.zip", answer.content)})
    assert brought.json() == {"added": 1, "there": 0, "silent": 0}
    assert ben.get(f"{ENTRIES}/{entry['id']}") == entry
    assert ben.get("/v1/diary/baseline")["means"] == {"pitch": 180.0}
    refused(ben.ask("POST", "/v1/diary/import", files={"file": ("d.zip", b"x")}), 422, "export")
    assert ben.ask("DELETE", "/v1/diary/baseline").status_code == 204
    refused(ben.ask("GET", "/v1/diary/baseline"), 404, "calm")


def test_a_calm_voice_is_what_later_ones_are_heard_against(served):
    ann = Person(served, encrypted=True)
    assert ann.say("calm?").json()["words"] == "null"
    ann.ask("PUT", "/v1/diary/baseline", files={"audio": ("x.wav", HEAD)})
    assert json.loads(ann.say("calm?").json()["words"]) == {"pitch": 180.0}
    assert Person(served).say("calm?").json()["words"] == "null"
    ann.ask("DELETE", "/v1/diary/baseline")
    assert ann.say("calm?").json()["words"] == "null"


def test_an_old_client_is_answered_as_ever_and_nothing_is_kept(served):
    def analyze(words, **fields):
        sound = {"audio": ("x.wav", HEAD + words.encode())}
        return served.post("/api/diary/analyze", files=sound, data=fields)

    told = analyze("glad").json()
    assert [*told] == ["summary", "emotion", "emotion_labels", "abstained"]
    assert told["emotion_labels"] == ["ANGRY", "SAD", "DISGUST", "HAPPY", "FEAR", "SURPRISE"]
    assert told["emotion"] == [0, 0, 0, 1, 0, 0] and told["abstained"] is None
    mixed = analyze("a stone", gender="MALE").json()["emotion"]
    assert mixed == pytest.approx([0, 0, 0, 0.3, 0.2, 0])  # the other half is neutral
    assert "요." in analyze("비가 sad").json()["summary"]
    silent = analyze("").json()
    assert silent["emotion"] == [0] * 6 and silent["abstained"] == "nothing was heard"
    refused(analyze("glad", gender="x"), 400, "gender")
    refused(analyze("fail"), 400, "cannot be read")


def test_words_that_suggest_harm_get_the_careful_text(served):
    said = Person(served).write("I want to kill myself.").json()["summary"]
    assert "crisis line" in said
    assert "109" in Person(served, language="ko").write("죽고 싶다.").json()["summary"]


def test_accounts_are_made_changed_and_deleted(served):
    given = {"name": "Somebody", "passphrase": SECRET}
    made = served.post("/v1/account", json=given)
    cookie = made.headers["set-cookie"]
    assert made.status_code == 201 and made.json()["token"] is None
    assert all(x in cookie for x in ("HttpOnly", "SameSite=strict", "empathia-session="))
    assert served.get("/v1/account").json()["name"] == "somebody"
    refused(served.post("/v1/account", json=given), 400, "taken")
    wanted = {"zone": "Asia/Seoul", "language": "ko", "keeps_audio": True}
    changed = served.patch("/v1/account", json=wanted).json()
    assert {k: changed[k] for k in wanted} == wanted
    refused(served.patch("/v1/account", json={"zone": "Mars"}), 400, "Mars")
    refused(served.patch("/v1/account", json={"admin": True}), 422, "admin")
    before = served.cookies["empathia-session"]
    new = served.put("/v1/account/passphrase", json={"old": SECRET, "new": "another one"})
    assert new.json()["token"] is None and served.cookies["empathia-session"] != before
    old = {"authorization": f"Bearer {before}"}
    refused(served.get("/v1/account", headers=old), 401, "ended")
    refused(served.post("/v1/session", json=given), 401, "do not belong together")
    assert served.delete("/v1/session").status_code == 204
    refused(served.get("/v1/account"), 401, "nobody is signed in")
    again = given | {"passphrase": "another one"}
    assert served.post("/v1/session", json=again).status_code == 201
    refused(served.post("/v1/account/delete", json={"passphrase": SECRET}), 401, "together")
    job = served.post("/v1/jobs", files={"file": ("a.txt", b"Hello.")}).json()["id"]
    assert served.post("/v1/account/delete", json=again).status_code == 422
    gone = served.post("/v1/account/delete", json={"passphrase": "another one"})
    assert gone.status_code == 204
    assert not (served.app.state.settings.folder / "jobs" / job).exists()
    served.cookies.clear()
    refused(served.post("/v1/session", json=again), 401, "together")


def test_guesses_are_slowed_down(served):
    ann = Person(served)
    wrong = {"name": ann.name.upper(), "passphrase": "a wrong one"}
    for _ in range(5):
        refused(served.post("/v1/session", json=wrong), 401, "together")
    slowed = served.post("/v1/session", json=wrong | {"passphrase": SECRET})
    refused(slowed, 429, "too many")
    assert int(slowed.headers["retry-after"]) >= 1
    assert ann.get("/v1/account")["name"] == ann.name  # who is signed in stays


def test_a_locked_diary_is_opened_by_signing_in_again(served):
    ann = Person(served, encrypted=True)
    entry = ann.write("glad").json()
    served.app.state.store.unlocked.clear()  # as a service that was started again
    refused(ann.ask("GET", ENTRIES), 401, "locked")
    ann.sign_in()
    assert ann.get(ENTRIES) == {"entries": [entry]}


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("GET", f"{ENTRIES}/%00", {}),
        ("GET", f"{ENTRIES}/%ED%A0%80/audio", {}),
        ("GET", f"{ENTRIES}/{'x' * 5000}", {}),
        ("DELETE", f"{ENTRIES}/..%2f..%2fetc", {}),
        ("GET", f"{ENTRIES}?year=99999999999999999999", {}),
        ("GET", f"{ENTRIES}?month=9999-12", {}),
        ("GET", f"{ENTRIES}?day=0001-01-01", {}),
        ("GET", "/v1/diary/search?q=%00", {}),
        ("GET", "/v1/diary/search", {}),
        ("POST", ENTRIES, {"json": {"words": "x", "when": "0001-01-01T00:00+23:59"}}),
        ("POST", ENTRIES, {"json": {"words": "x", "when": "9999-12-31T23:59-23:59"}}),
        ("POST", ENTRIES, {"json": {"words": "x", "language": "klingon"}}),
        ("POST", ENTRIES, {"content": b'{"words": "\\ud800"}'}),
        ("POST", ENTRIES, {"content": b"[" * 100_000}),
        ("POST", ENTRIES, {"content": b"x", "headers": {"content-type": "multipart/form-data"}}),
        ("POST", ENTRIES, {"data": {"audio": "x"}, "files": {"when": ("x", b"x")}}),
        ("POST", "/v1/diary/import", {"data": {"file": "x"}}),
        ("POST", "/v1/session", {"json": {"name": "\0", "passphrase": "\0" * 8}}),
        ("POST", "/v1/session", {"json": {"name": "x" * 100_000, "passphrase": "x" * 10_000}}),
        ("POST", "/v1/account", {"json": {"name": "a\0b", "passphrase": SECRET}}),
        ("PATCH", "/v1/account", {"json": {"zone": "../../etc/passwd"}}),
        ("PATCH", "/v1/account", {"json": {"zone": "\0"}}),
    ],
)
def test_whatever_is_asked_nothing_breaks(served, method, path, given):
    ann = Person(served)
    answer = ann.ask(method, path, **given)
    assert answer.status_code < 500, answer.text
    if not answer.is_success:
        assert answer.headers["content-type"] == "application/problem+json"
    assert ann.write("glad").status_code == 201
