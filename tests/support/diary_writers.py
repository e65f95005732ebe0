"""Processes that write a diary and are killed at random moments; what they acknowledged is told.

    python diary_writers.py PLACE TOKEN ROUNDS

Prints a line of JSON: ids whose keeping, and whose deletion, was acknowledged, and how many writers
were killed amid a write.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time

from little_diary import CHEAP, spoken

from empathia.service.diary import accounts, entries
from empathia.service.diary.store import Store


def _write(place: str, token: str, out: int) -> None:
    """Keep and delete entries, and tell of each what is about to be done, and what was."""
    store = Store(place, hasher=CHEAP)
    visit = accounts.resume(store, token)
    os.write(out, b"ready\n")
    for number in range(10_000):
        os.write(out, b"begin\n")
        name = entries.add(store, visit, spoken(f"entry {number}", b"sound" * 5000))
        os.write(out, f"kept {name}\n".encode())
        if number % 2:
            os.write(out, b"begin\n")
            entries.remove(store, visit, name)
            os.write(out, f"gone {name}\n".encode())


def _killed(place: str, token: str, seconds: float) -> list[str]:
    """Lines of a writer that lives so long after it is ready."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            _write(place, token, writer)
        finally:
            os._exit(1)
    os.close(writer)
    said = b""
    while b"ready" not in said and (piece := os.read(reader, 1 << 16)):
        said += piece
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if select.select([reader], [], [], left)[0]:
            said += os.read(reader, 1 << 16)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while piece := os.read(reader, 1 << 16):
        said += piece
    os.close(reader)
    return said.decode().splitlines()


def main() -> None:
    place, token, rounds = sys.argv[1:]
    chance = random.Random(11)
    kept, gone, amid = set(), set(), 0
    for _ in range(int(rounds)):
        lines = _killed(place, token, chance.uniform(0.05, 0.4))
        kept |= {line[5:] for line in lines if line.startswith("kept")}
        gone |= {line[5:] for line in lines if line.startswith("gone")}
        amid += lines[-1] == "begin"
    print(json.dumps({"kept": sorted(kept), "gone": sorted(gone), "amid": amid}))


if __name__ == "__main__":
    main()
