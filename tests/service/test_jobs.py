"""Uploads over HTTP: what was taken is read, told, kept over a kill, and deleted for good."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from serving import scripted
from starlette.datastructures import State
from starlette.testclient import TestClient
from uvicorn import Config

from empathia.errors import UsageError
from empathia.pipeline import Options
from empathia.service import workers
from empathia.service.jobs import Jobs
from empathia.service.running import Server
from empathia.service.settings import Settings
from empathia.service.tasks import reading
from empathia.service.workers import Worker
from empathia.types import Timeline, Turn, Utterance

HERE = "http://127.0.0.1:8000"


def client(folder, **settings):
    app = scripted(Settings(folder, **settings))
    return TestClient(app, base_url=HERE, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with client(tmp_path_factory.mktemp("service"), waiting=3, largest=20_000) as one:
        yield one


def put(served, text="Hello.", name="talk.txt", **fields):
    return served.post("/v1/jobs", files={"file": (name, text.encode())}, data=fields)


def over(served, job):
    """The events of a job until it is over."""
    lines = served.get(f"/v1/jobs/{job['id']}/events").text.split("\n\n")
    pairs = [x.split("\n") for x in lines if x.startswith("event")]
    return [(a.removeprefix("event: "), json.loads(b.removeprefix("data: "))) for a, b in pairs]


def test_an_upload_is_read_and_comes_in_all_kinds(served):
    answer = put(served, "Hello.", names="Ann, Ben", speakers="2")
    job = answer.json()
    assert (answer.status_code, job["state"], job["name"]) == (202, "waiting", "talk.txt")
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    *told, (kind, last) = over(served, job)
    assert kind == "job" and last["state"] == "done" and last["about"]["turns"] == 1
    assert all(k == "progress" for k, _ in told)
    base = f"/v1/jobs/{job['id']}"
    assert served.get(f"{base}/timeline").json()["turns"][0]["text"] == "Hello."
    page = served.get(f"{base}/page")
    assert '"names": ["Ann", "Ben"], "speakers": 2' in page.text
    assert "sandbox" in page.headers["content-security-policy"]
    assert '<html lang="en">' in page.text
    korean = served.get(f"{base}/page?language=ko")
    assert '<html lang="ko">' in korean.text and korean.headers["content-security-policy"]
    wrong = served.get(f"{base}/page?language=fr")
    assert wrong.status_code == 400 and "en, ko" in wrong.json()["remedy"]
    for suffix, word in (("csv", "Hello."), ("srt", "-->"), ("TextGrid", "IntervalTier")):
        assert word in served.get(f"{base}/timeline.{suffix}").text
    missing = served.get(f"{base}/timeline.exe")
    assert missing.status_code == 404 and "csv" in missing.json()["remedy"]
    assert job["id"] in [j["id"] for j in served.get("/v1/jobs").json()["jobs"]]


@pytest.mark.parametrize(
    ("name", "shown", "suffix"),
    [
        ("../../etc/passwd", "passwd", ""),
        ("..\\..\\x.wav", "x.wav", ".wav"),
        ("a\u202eb.txt", "ab.txt", ".txt"),
        ("x." + "a" * 300, None, ""),
        ("..", "..", ""),
    ],
)
def test_names_are_shown_and_never_paths(served, name, shown, suffix):
    job = put(served, name=name).json()
    assert over(served, job)[-1][1]["state"] == "done"
    assert shown is None or job["name"] == shown
    assert len(job["name"]) <= 200 and job["name"].isprintable()
    folder = served.app.state.settings.folder / "jobs" / job["id"]
    names = {p.name for p in folder.iterdir()}
    assert names == {"job.json", "timeline.json", "page.html", "page.ko.html", f"upload{suffix}"}
    (folder / "page.ko.html").unlink()  # as of a job that was read by an earlier version
    assert '<html lang="en">' in served.get(f"/v1/jobs/{job['id']}/page?language=ko").text


def test_what_cannot_be_read_fails_with_a_remedy(served):
    *_, (_, job) = over(served, put(served, "fail").json())
    assert job["state"] == "failed"
    assert job["problem"]["detail"] == "that cannot be read"
    assert job["problem"]["remedy"] == "Give another"
    answer = served.get(f"/v1/jobs/{job['id']}/timeline")
    assert answer.status_code == 409 and "failed" in answer.json()["detail"]


def test_a_problem_names_the_file_as_its_client_does(served):
    *_, (_, job) = over(served, put(served, "broken", name="mine.txt").json())
    assert job["problem"]["detail"] == "'mine.txt' is broken"
    assert job["problem"]["remedy"] == "Mend 'mine.txt'"


def ask(served, job, utterance, language=None, **headers):
    given = {"utterance": utterance} | ({"language": language} if language else {})
    return served.post(f"/v1/jobs/{job['id']}/ask", json=given, headers=headers)


def test_a_turn_is_asked_about_at_once_or_in_events(served):
    job = put(served, "So sad.\nmute").json()
    over(served, job)
    answer = ask(served, job, "turn-0000").json()
    assert answer["emotion"]["label"] == "sadness"
    assert [p["text"] for p in answer["why"]["parts"]] == ["So", "sad.", "low volume", ""]
    korean = ask(served, job, "turn-0000", "ko").json()["why"]
    assert [p["text"] for p in korean["parts"]] == ["So", "sad.", "소리 크기 작음", ""]
    assert korean["cues"] == {"voice": "소리 크기 작음"}
    assert korean["prompt"] == answer["why"]["prompt"]
    assert ask(served, job, "turn-0000", "xx").status_code == 422
    told = ask(served, job, "turn-0000", accept="text/event-stream").text.split("\n\n")
    assert [x.partition("\n")[0] for x in told] == ["event: progress", "event: answer", ""]
    assert json.loads(told[1].partition("data: ")[2]) == answer
    mute = ask(served, job, "turn-0001")
    assert mute.status_code == 422 and mute.json()["remedy"] == "Choose a turn with words"
    told = ask(served, job, "turn-0001", accept="text/event-stream").text
    assert "event: problem" in told and "Choose a turn with words" in told
    assert ask(served, job, "turn-0002").status_code == 404
    assert ask(served, job, "").status_code == 422
    failed = put(served, "fail").json()
    over(served, failed)
    assert ask(served, failed, "turn-0000").status_code == 409


def test_a_recording_that_ends_the_process_is_given_up_and_others_are_read(served, monkeypatch):
    monkeypatch.setattr(workers, "_PAUSES", (0.0,))
    dead, other = put(served, "die").json(), put(served, "Hello.").json()
    *_, (_, job) = over(served, dead)
    assert job["state"] == "failed" and "process" in job["problem"]["detail"]
    assert over(served, other)[-1][1]["state"] == "done"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"speakers": "many"}, "'speakers' cannot be 'many'"),
        ({"recognisers": "x"}, "no option 'recognisers'"),
        ({"folder": "/"}, "no option 'folder'"),
        ({"pause": "nan"}, "pause"),
        ({"speakers": "0"}, "expected 1 to 20 speakers"),
        ({"names": "Ann,Ann"}, "called the same"),
        ({"channels": "three"}, "channels"),
    ],
)
def test_options_that_cannot_be_are_told_at_once(served, fields, told):
    answer = put(served, **fields)
    assert answer.status_code == 400 and told in answer.json()["detail"]
    assert answer.json()["remedy"]


def test_too_many_and_too_large_are_refused(served, tmp_path):
    go = tmp_path / "go"
    jobs = [put(served, f"wait {go}") for _ in range(3)]
    assert [j.status_code for j in jobs] == [202, 202, 202]
    refused = put(served)
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    go.touch()
    for job in jobs:
        assert over(served, job.json())[-1][0] == "job"
    assert put(served, "x" * 30_000).status_code == 413
    form = {"content-type": "multipart/form-data; boundary=b"}
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    many = served.post("/v1/jobs", content=iter([head, *[b"x" * 1000] * 30]), headers=form)
    assert many.status_code == 413
    assert served.post("/v1/jobs", data={"names": "Ann"}).status_code == 400
    assert served.get("/v1/jobs/none").status_code == 404


def test_deleted_is_gone_even_while_it_is_read(served, tmp_path):
    job = put(served, f"wait {tmp_path / 'never'}").json()
    place = served.app.state.settings.folder / "jobs" / job["id"]
    while served.get(f"/v1/jobs/{job['id']}").json()["state"] != "reading":
        pass
    assert served.delete(f"/v1/jobs/{job['id']}").status_code == 204
    assert served.get(f"/v1/jobs/{job['id']}").status_code == 404
    assert served.delete(f"/v1/jobs/{job['id']}").status_code == 404
    assert not place.exists()
    assert over(served, put(served).json())[-1][1]["state"] == "done"
    assert not any(p.name.startswith(".gone") for p in place.parent.iterdir())


def test_a_disk_that_takes_no_more_stops_one_upload_and_not_the_others(served, tmp_path):
    go = tmp_path / "go"
    under_way = put(served, f"wait {go}").json()
    while served.get(f"/v1/jobs/{under_way['id']}").json()["state"] != "reading":
        pass
    waits = put(served).json()
    for job in (under_way, waits):  # what is known of them cannot be written any more
        file = served.app.state.settings.folder / "jobs" / job["id"] / "job.json"
        file.unlink()
        (file / "in the way").mkdir(parents=True)
    go.touch()
    assert over(served, under_way)[-1][1]["state"] == "done"
    [(_, told)] = over(served, waits)[-1:]
    assert told["state"] == "failed" and str(tmp_path) not in json.dumps(told)
    assert over(served, put(served).json())[-1][1]["state"] == "done"


def test_a_service_goes_on_with_what_another_was_given(tmp_path):
    with client(tmp_path) as one:
        done = put(one).json()
        over(one, done)
        path = tmp_path / "jobs" / done["id"] / "job.json"
        kept = json.loads(path.read_text())
    path.write_text(json.dumps(kept | {"state": "reading", "about": None}))
    (tmp_path / "jobs" / ".gone-x").mkdir()
    (tmp_path / "jobs" / ".gone-x" / "job.json").write_text(json.dumps(kept | {"id": "x"}))
    (tmp_path / "jobs" / "half").mkdir()
    with client(tmp_path) as two:
        assert over(two, done)[-1][1]["state"] == "done"
        assert [j["id"] for j in two.get("/v1/jobs").json()["jobs"]] == [done["id"]]
    assert {p.name for p in (tmp_path / "jobs").iterdir()} == {done["id"]}


def test_one_upload_that_cannot_be_known_keeps_no_service_from_starting(tmp_path, capfd):
    kept = {"id": "good", "owner": "", "name": "a.txt", "created": "1", "state": "done"}
    for name, text in {
        "good": json.dumps(kept | {"of a later version": 1}),
        "half": '{"id": "ha',
        "other": json.dumps({"id": "other"}),
        "list": "[]",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "job.json").write_text(text)
    jobs = Jobs(tmp_path, Worker("little_work", Options()), 9, 9.0)
    assert [j.id for j in jobs.all_of("")] == ["good"]
    logged = [json.loads(x)["where"] for x in capfd.readouterr().err.splitlines()]
    assert logged == ["upload half", "upload list", "upload other"]
    assert all((tmp_path / name / "job.json").exists() for name in ("half", "other", "list"))


def test_who_follows_what_only_waits_is_let_go_when_the_service_stops(tmp_path):
    jobs = Jobs(tmp_path, Worker("little_work", Options()), 9, 9.0)  # nothing is read
    server = Server(Config("none", log_config=None), State({"jobs": jobs}))
    server.servers, server.force_exit = [], True

    async def follow():
        job = await jobs.add("", "a.txt", io.BytesIO(b"Hello."), {})
        following = jobs.follow("", job.id)
        told = [await anext(following)]
        await server.shutdown()
        async with asyncio.timeout(5):
            return [*told, *[x async for x in following]]

    assert asyncio.run(follow()) == [("progress", {"stage": "waiting", "before": 0})]


def test_an_upload_waits_for_a_process_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_COMES", 0.001)
    jobs = Jobs(tmp_path, Worker("little_work", Options()), 9, 9.0)

    async def follow():
        job = await jobs.add("", "a.txt", io.BytesIO(b"Hello."), {})
        working = asyncio.ensure_future(jobs.work())
        following = jobs.follow("", job.id)
        told = [(await anext(following))[1]["stage"] for _ in range(7)]
        jobs.stop()
        await working
        return told, jobs.get("", job.id)

    told, job = asyncio.run(follow())
    assert told == [*["waiting", "reading"] * 3, "waiting"]
    assert (job.state, job.tries) == ("waiting", 0)


TOKEN = "a-token-that-is-long-enough"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:8000"}, 200),
        ({"host": "[::1]:8000"}, 200),
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example:8000"}, 421),
        ({"origin": "https://evil.example"}, 200),  # which no page of theirs may read
    ],
)
def test_reading_is_for_those_who_mean_this_service(served, headers, status):
    answer = served.get("/v1/jobs", headers=headers)
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_pages_of_others_change_nothing(served, headers):
    answer = served.post("/v1/jobs", files={"file": ("a.txt", b"x")}, headers=headers)
    assert (
        answer.status_code == 403 and answer.headers["content-type"] == "application/problem+json"
    )
    own = {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}
    assert served.delete("/v1/jobs/x", headers=own).status_code == 404


def test_a_token_is_asked_for_wherever_somebody_is_meant(tmp_path):
    app = scripted(Settings(tmp_path, token=TOKEN))
    one = TestClient(app, base_url=HERE)  # not started: the guard stands before all
    wrong = (
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKEN}"},
        {"cookie": "x"},
    )
    paths = app.openapi()["paths"].keys() - {"/health", "/ready"} | {"/v1/openapi.json"}
    assert len(paths) > 5
    for path in paths:
        for headers in wrong:
            assert one.get(path, headers=headers).status_code == 401
    right = (
        {"authorization": f"Bearer {TOKEN}"},
        {"x-hume-api-key": TOKEN},
        {"cookie": f"empathia-token={TOKEN}"},
    )
    for headers in right:
        assert one.get("/v1/openapi.json", headers=headers).status_code == 200
    assert one.get("/health").json()["status"] == "ok"


def test_what_no_route_takes_is_told_with_what_to_do(served):
    missing, unfit = served.get("/v1/nothing"), served.put("/v1/jobs")
    assert (missing.status_code, missing.json()["detail"]) == (
        404,
        "there is nothing at '/v1/nothing'",
    )
    assert (unfit.status_code, unfit.json()["remedy"]) == (405, f"Ask by {unfit.headers['allow']}")


def test_no_answer_tells_what_went_wrong_inside(served, capfd):
    served.app.add_api_route("/broken", broken)
    answer = served.get("/broken")
    assert answer.status_code == 500
    assert answer.json()["detail"] == "this should not have happened (ValueError)"
    logged = capfd.readouterr().err
    assert "secret" not in answer.text + logged
    assert '"event": "fault"' in logged and Path(__file__).name in logged


def broken():
    raise ValueError("secret words")


def test_the_log_holds_no_words_names_or_ids(served, capfd):
    job = put(served, "I am so sad.", name="Ann's diary.txt").json()
    over(served, job)
    lines = [json.loads(x) for x in capfd.readouterr().err.splitlines()]
    told = json.dumps([x for x in lines if x["event"] == "request"])
    assert "/v1/jobs/{id}/events" in told
    assert not any(x in json.dumps(lines) for x in ("sad", "Ann", "diary"))


def test_what_is_deleted_while_it_is_read_does_not_come_back(tmp_path, monkeypatch):
    file = tmp_path / "job" / "upload.txt"
    file.parent.mkdir()
    file.write_text("Ann: Hello.")

    class Deleting:
        def __init__(self, *_):
            """As a Reader is made."""

        def read(self, path, progress):
            shutil.rmtree(path.parent)
            return Timeline("x", (Turn(Utterance("turn-0000", 0, "Ann", "Hello.")),), ("Ann",))

    monkeypatch.setattr(reading, "Reader", Deleting)
    given = {"file": str(file), "name": "x", "folder": str(file.parent), "given": {}, "longest": 60}
    with pytest.raises(UsageError, match="no folder"):
        reading.Reading(SimpleNamespace(options=Options())).read(lambda _: None, **given)
    assert not file.parent.exists()
