"""A service that is killed at any moment: what it acknowledged is there, what it deleted is not."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
import scripted_service
from diary_client import HEAD
from little_diary import SECRET

ENTRIES = "/v1/diary/entries"


@contextlib.contextmanager
def service(folder, port):
    """The service, until the block ends: then it is killed."""
    paths = [Path(scripted_service.__file__).parent, *filter(None, sys.path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, scripted_service.__file__, str(folder), str(port)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if client.get("/ready").status_code == 200:
                        break
                assert process.poll() is None and time.monotonic() < until
                time.sleep(0.05)
            yield client
    finally:
        process.kill()
        process.wait()


class Writer:
    """Writes entries and deletes every third, until nobody answers."""

    def __init__(self):
        self.written, self.deleted, self.doubtful = set(), set(), set()

    def work(self, base, headers):
        with contextlib.suppress(httpx.HTTPError), httpx.Client(base_url=base) as client:
            while True:
                given = {"json": {"words": "glad"}}
                if random.random() < 0.5:
                    given = {"files": {"audio": ("x.wav", HEAD + b"glad" * 50_000)}}
                answer = client.post(ENTRIES, headers=headers, **given)
                assert answer.status_code == 201
                self.written.add(id := answer.json()["id"])
                if len(self.written) % 3 == 0:
                    self.doubtful.add(id)
                    assert client.delete(f"{ENTRIES}/{id}", headers=headers).status_code == 204
                    self.deleted.add(id)


@pytest.mark.slow
def test_what_is_acknowledged_is_kept_and_what_is_deleted_stays_so(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    writer, headers = Writer(), {}
    for _ in range(5):
        with service(tmp_path, port) as client:
            if not headers:
                given = {"name": "ann", "passphrase": SECRET, "token": True, "keeps_audio": True}
                token = client.post("/v1/account", json=given).json()["token"]
                headers = {"authorization": f"Bearer {token}"}
            thread = threading.Thread(target=writer.work, args=(str(client.base_url), headers))
            thread.start()
            thread.join(random.uniform(0.1, 1.0))
        thread.join()
    with service(tmp_path, port) as client:
        answer = client.get(ENTRIES, headers=headers, params={"year": time.gmtime().tm_year})
        there = {e["id"] for e in answer.json()["entries"]}
        assert not [*(tmp_path / "incoming").iterdir()]
        for entry in there:
            assert client.get(f"{ENTRIES}/{entry}", headers=headers).status_code == 200
    assert len(writer.deleted) > 2
    assert writer.written - writer.doubtful <= there
    assert not writer.deleted & there
