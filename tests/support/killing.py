"""A service that is killed while it is written to, and what it may not lose or bring back."""

from __future__ import annotations

import contextlib
import os
import random as chance
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import scripted_service
from diary_client import HEAD
from little_diary import SECRET

ENTRIES, JOBS = "/v1/diary/entries", "/v1/jobs"
_READY = 300.0  # s that it may take on a busy machine


class Killed:
    """A service in a folder, who writes to it, and what was acknowledged.

    Args:
        folder: Of the service.
        random: Chooses the moments.
    """

    def __init__(self, folder: Path, random: chance.Random) -> None:
        self._folder, self._random = folder, random
        self._log = folder.with_suffix(".log")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._base = f"http://127.0.0.1:{self._port}"
        self._headers: dict[str, str] = {}
        self._takes = 3.0  # s that a start took lately
        self.written: set[str] = set()
        self.deleted: set[str] = set()
        self.doubtful: set[str] = set()  # that were being deleted

    def at_work(self) -> None:
        """Kill it while entries and uploads are written and deleted."""
        with self._started() as client:
            self._enter(client)
            work = (self._entries, self._uploads)
            threads = [threading.Thread(target=_until_it_ends, args=(w,)) for w in work]
            for thread in threads:
                thread.start()
            time.sleep(self._random.uniform(0.02, 2.0))
        for thread in threads:
            thread.join()

    def at_start(self) -> None:
        """Kill it while it starts: the database is made, or what another left is taken up."""
        process = self._process()
        time.sleep(self._random.uniform(0.0, self._takes))
        process.kill()
        process.wait()

    def check(self) -> list[str]:
        """What is wrong with what is there now; it starts by itself.

        Returns:
            Ids of what was lost, or came back, each with what is wrong.
        """
        with self._started() as client:
            self._enter(client)
            entries = self._get(client, ENTRIES, year=time.gmtime().tm_year)["entries"]
            jobs = self._get(client, JOBS)["jobs"]
            there = {x["id"] for x in (*entries, *jobs)}
            wrong = [f"{id} was lost" for id in self.written - self.doubtful - there]
            wrong += [f"{id} came back" for id in self.deleted & there]
            wrong += [f"{j['id']} failed" for j in jobs if j["state"] == "failed"]
            wrong += [f"{p} was left" for p in (self._folder / "incoming").iterdir()]
            folders = {p.name for p in (self._folder / "jobs").iterdir()}
            return wrong + [f"{x} is of no job" for x in folders - {j["id"] for j in jobs}]

    def read(self) -> list[str]:
        """What is wrong with uploads when all are read."""
        with self._started() as client:
            wrong = []
            for job in self._get(client, JOBS)["jobs"]:
                client.get(f"{JOBS}/{job['id']}/events", headers=self._headers, timeout=60)
                turns = self._get(client, f"{JOBS}/{job['id']}/timeline")["turns"]
                if turns[0]["text"] != "glad " * 2000:
                    wrong.append(f"{job['id']} is another")
            return wrong

    def faults(self) -> list[str]:
        """Lines of the log that should not be there."""
        lines = self._log.read_text("utf-8", "replace").splitlines()
        return [x for x in lines if "Traceback" in x or '"fault"' in x]

    def _process(self) -> subprocess.Popen[bytes]:
        paths = [Path(scripted_service.__file__).parent, *filter(None, sys.path)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
        command = [sys.executable, scripted_service.__file__, str(self._folder), str(self._port)]
        with self._log.open("ab") as log:
            return subprocess.Popen(command, env=environment, stderr=log)

    @contextlib.contextmanager
    def _started(self) -> Iterator[httpx.Client]:
        """The service, until the block ends: then it is killed."""
        began, process = time.monotonic(), self._process()
        try:
            with httpx.Client(base_url=self._base, timeout=_READY) as client:
                while True:
                    with contextlib.suppress(httpx.HTTPError):
                        if client.get("/ready").status_code == 200:
                            break
                    assert process.poll() is None and time.monotonic() - began < _READY
                    time.sleep(0.05)
                self._takes = time.monotonic() - began
                yield client
        finally:
            process.kill()
            process.wait()

    def _enter(self, client: httpx.Client) -> None:
        if not self._headers:
            given = {"name": "ann", "passphrase": SECRET, "token": True, "keeps_audio": True}
            answer = client.post("/v1/account", json=given)
            if answer.status_code == 400:  # it was made, and the answer did not come
                answer = client.post("/v1/session", json=given | {})
            self._headers = {"authorization": f"Bearer {answer.json()['token']}"}

    def _get(self, client: httpx.Client, path: str, **asked: object) -> dict:
        answer = client.get(path, headers=self._headers, params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _entries(self) -> None:
        sound = {"files": {"audio": ("x.wav", HEAD + b"glad" * 50_000)}}
        with httpx.Client(base_url=self._base, timeout=_READY) as client:
            while True:
                given = self._random.choice([sound, {"json": {"words": "glad"}}])
                self._write(client, ENTRIES, 201, given)

    def _uploads(self) -> None:
        given = {"files": {"file": ("x.txt", b"glad " * 2000)}}
        with httpx.Client(base_url=self._base, timeout=_READY) as client:
            while True:
                self._write(client, JOBS, 202, given)

    def _write(self, client: httpx.Client, path: str, status: int, given: dict) -> None:
        answer = client.post(path, headers=self._headers, **given)
        if answer.status_code == 429:
            time.sleep(0.02)
            return
        assert answer.status_code == status, answer.text
        self.written.add(id := answer.json()["id"])
        if self._random.random() < 0.4:
            self.doubtful.add(id)
            assert client.delete(f"{path}/{id}", headers=self._headers).status_code == 204
            self.deleted.add(id)


def _until_it_ends(work) -> None:
    with contextlib.suppress(httpx.HTTPError):
        work()
