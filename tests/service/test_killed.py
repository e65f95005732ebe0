"""A service that is killed at any moment: what it acknowledged is there, what it deleted is not."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from diary_client import service
from killing import Killed

from empathia import files
from empathia.service.chats import Chats

SOURCE = Path(__file__).parents[2] / "src"
WRITES = """
import os, pathlib, signal, sys
from empathia import files
with files.writing(pathlib.Path(sys.argv[1])) as file:
    file.write(b"what was said")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
TALK, OTHER = "a" * 22, "b" * 22


def killed(file):
    """What a process leaves that is killed while it writes a file."""
    before = {*file.parent.iterdir()}
    writes = [sys.executable, "-c", WRITES, str(file)]
    ended = subprocess.run(writes, check=False, env={**os.environ, "PYTHONPATH": str(SOURCE)})
    assert ended.returncode == -signal.SIGKILL
    (left,) = {*file.parent.iterdir()} - before
    assert left.read_bytes() == b"what was said"


def test_a_talk_is_deleted_with_what_a_kill_left_of_it_and_no_other(tmp_path):
    talk, other = (tmp_path / "ann" / f"{id}.json" for id in (TALK, OTHER))
    files.write(talk, b"said before")
    killed(talk)
    with files.writing(other) as file:  # somebody talks
        asyncio.run(Chats(tmp_path).delete("ann", TALK))
        file.write(b"said now")
    assert [*talk.parent.iterdir()] == [other] and other.read_bytes() == b"said now"


def test_what_a_kill_left_is_gone_at_the_next_start(tmp_path):
    talk, job = tmp_path / "chats" / "ann" / f"{TALK}.json", tmp_path / "jobs" / "x" / "job.json"
    kept = {"id": "x", "owner": "", "name": "a.txt", "created": "1", "state": "done"}
    for file in (talk, job):
        files.write(file, json.dumps(kept).encode())
        killed(file)
    with service(tmp_path):
        assert [*talk.parent.iterdir(), *job.parent.iterdir()] == [talk, job]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_what_is_acknowledged_is_kept_and_what_is_deleted_stays_so(tmp_path):
    """Ten times; `benchmarks/killed.py` kills it a hundred times."""
    one = Killed(tmp_path / "old", Random(1))
    new = Killed(tmp_path / "new", Random(2))
    for _ in range(6):
        one.at_work()
    for _ in range(2):
        one.at_start()
        new.at_start()
    assert [*one.check(), *one.read(), *new.check()] == []
    assert [*one.faults(), *new.faults()] == []
    assert len(one.deleted) > 2 and len(one.written) > 6
