"""What the service says of itself: it is OpenAPI, and its examples are taken as they stand."""

from __future__ import annotations

import pytest
from diary_client import service

validator = pytest.importorskip("openapi_spec_validator")
LAST = ("/v1/account/delete", "/v1/account/passphrase")  # they end what the others need


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with service(tmp_path_factory.mktemp("served")) as one:
        yield one


@pytest.fixture(scope="module")
def described(served):
    return served.get("/v1/openapi.json").json()


def bodies(described):
    """(method, path, kind, examples) of whatever takes a body."""
    for path, ways in described["paths"].items():
        for method, way in ways.items():
            for kind, content in way.get("requestBody", {}).get("content", {}).items():
                yield method, path, kind, content.get("examples", {})


def test_it_is_openapi_and_says_what_it_cannot_know(described):
    validator.validate(described)
    assert "no lie detector" in described["info"]["description"]


def test_each_body_has_an_example_which_is_taken(served, described):
    every = sorted(bodies(described), key=lambda b: (b[1] in LAST, b[1], b[0] != "post"))
    assert len(every) > 15
    assert [(m, p, k) for m, p, k, examples in every if not examples] == []
    job = served.post("/v1/jobs", files={"file": ("talk.txt", b"One.\nTwo.")}).json()["id"]
    served.get(f"/v1/jobs/{job}/events")  # until it is read
    headers, sent = {}, 0
    written = "/v1/diary/entries"
    for method, path, kind, examples in every:
        if kind != "application/json" or path == "/v1/audio/speech":  # which needs a voice
            continue
        for example in examples.values():
            jobs = path.startswith("/v1/jobs")  # whose job is nobody's account's
            where = path.replace("{id}", job if jobs else written.rpartition("/")[2])
            shown = {} if jobs else headers
            answer = served.request(method, where, json=example["value"], headers=shown)
            assert answer.status_code < 300, (path, answer.text)
            sent += 1
            if path == "/v1/account" and method == "post":
                headers = {"authorization": f"Bearer {answer.json()['token']}"}
            written = answer.headers.get("location", written)
            if path == "/v1/account/delete":
                new = described["paths"]["/v1/account"]["post"]["requestBody"]["content"][kind]
                again = served.post(
                    "/v1/account", json=next(iter(new["examples"].values()))["value"]
                )
                headers = {"authorization": f"Bearer {again.json()['token']}"}
    assert sent >= 10
