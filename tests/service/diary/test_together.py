"""Killed at any moment, and written by several at once: nothing is lost, doubled or mixed up."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from little_diary import CHEAP, SECRET, person, spoken, written
from sqlalchemy import text

from empathia.errors import DiaryError, UsageError
from empathia.service import problems
from empathia.service.diary import accounts, entries
from empathia.service.diary.store import Store
from empathia.service.problems import Refused

ROOT = Path(__file__).parents[3]
WRITERS = ROOT / "tests" / "support" / "diary_writers.py"


def test_what_was_acknowledged_survives_a_kill_and_what_was_deleted_stays_gone(place, new_store):
    store = Store(place, hasher=CHEAP)
    visit = person(store)
    store.close()
    path = os.pathsep.join([str(ROOT / "src"), str(WRITERS.parent)])
    told = subprocess.run(
        [sys.executable, str(WRITERS), place, visit.token, "2" if "://" in place else "5"],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    said = json.loads(told)
    kept, gone = set(said["kept"]), set(said["gone"])
    assert kept, "the writers came to write"
    again = new_store(place)
    visit = accounts.sign_in(again, "ann", SECRET)
    there = {e.id: e for e in entries.listed(again, visit)}
    assert gone.isdisjoint(there)
    # A deletion that was under way when its writer was killed may have been done, one a writer.
    missing = kept - gone - set(there)
    unsaid = set(there) - kept
    assert len(missing) + len(unsaid) <= said["amid"] <= 5
    for name, entry in there.items():
        assert entry.words.startswith("entry ")
        assert entries.audio(again, visit, name).content == b"sound" * 5000
        assert entries.timeline(again, visit, name)["turns"]
    with again.reading() as connection:
        orphans = connection.execute(
            text("SELECT count(*) FROM audio WHERE entry NOT IN (SELECT id FROM entries)")
        )
        assert orphans.scalar() == 0


def _at_once(*work: Callable[[], object]) -> list[BaseException]:
    """Errors of things that are done by threads at once."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(work))

    def run(one: Callable[[], object]) -> None:
        barrier.wait()
        try:
            one()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_several_write_and_delete_at_once(place, store, new_store):
    """Two threads of one store and one of another, as processes have it."""
    other = Store(place, clock=store.clock, hasher=CHEAP)
    visits = [person(store, name) for name in ("ann", "bob", "eve")]

    def writes(diary: Store, visit: accounts.Visit) -> Callable[[], None]:
        def work() -> None:
            for number in range(6):
                name = entries.add(diary, visit, spoken(f"{visit.account.name} {number}"))
                if number % 3 == 0:
                    entries.remove(diary, visit, name)

        return work

    stores = (store, store, other)
    errors = _at_once(*(writes(s, v) for s, v in zip(stores, visits, strict=True)))
    other.close()
    assert errors == []
    for visit in visits:
        words = {e.words for e in entries.listed(store, visit)}
        assert words == {f"{visit.account.name} {n}" for n in (1, 2, 4, 5)}


class Counting(PasswordHasher):
    """Counts how many hashes are made at once."""

    now = most = 0

    def verify(self, hash: str, password: str) -> bool:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return super().verify(hash, password)  # others come meanwhile
        finally:
            self.now -= 1


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_many_who_sign_in_at_once_do_not_take_all_memory(store):
    store.hasher = Counting(time_cost=4, memory_cost=4096, parallelism=1)
    person(store)
    assert _at_once(*[lambda: accounts.sign_in(store, "ann", SECRET)] * 6) == []
    assert 1 <= store.hasher.most <= 2


def test_one_name_is_given_once(place, store):
    errors = _at_once(*[lambda: accounts.register(store, "ann", SECRET)] * 3)
    assert [type(e) for e in errors] == [UsageError, UsageError]


def test_a_database_is_opened_by_several_for_the_first_time(nowhere):
    stores = []

    def opens() -> None:
        stores.append(Store(nowhere, hasher=CHEAP))

    errors = _at_once(*[opens] * 3)
    assert errors == []
    person(stores[0])
    for store in stores:
        assert accounts.sign_in(store, "ann", SECRET).account.name == "ann"
        store.close()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_who_makes_a_diary_waits_for_whoever_makes_it_too(place, new_store, tmp_path):
    path = tmp_path / "new.sqlite"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    lets = threading.Timer(0.1, other.execute, ["COMMIT"])
    lets.start()
    person(new_store(str(path)))
    lets.join()
    other.close()


ASKS = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(database.execute("SELECT count(*) FROM accounts").fetchone()[0])
database.close()
"""


def _accounts_seen_by_another_program(place: str) -> str:
    return subprocess.check_output([sys.executable, "-c", ASKS, place], text=True).strip()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_who_opens_it_a_second_time_ends_no_lock_of_the_first(place, store, new_store):
    person(store)
    new_store(place)
    assert _accounts_seen_by_another_program(place) == "1"  # the last to go would take the log away
    person(store, "ben")
    assert _accounts_seen_by_another_program(place) == "2"


EMPTIES = """
import fcntl, sys
with open(sys.argv[1] + "-shm", "r+b") as index:
    fcntl.lockf(index, fcntl.LOCK_EX, 1, 121)  # WAL_CKPT_LOCK: whoever empties the log has it
    print("has it", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_who_deletes_waits_for_another_who_empties_the_log(place, store):
    visit = person(store)
    name = entries.add(store, visit, written())
    command = [sys.executable, "-c", EMPTIES, place]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdin is not None and other.stdout is not None
        assert other.stdout.readline() == "has it\n"
        lets = threading.Timer(0.1, other.stdin.close)
        lets.start()
        entries.remove(store, visit, name)
        lets.join()
    assert Path(f"{place}-wal").stat().st_size == 0


def test_who_finds_no_connection_is_told_to_come_again(place, new_store):
    busy = new_store(place)
    with ExitStack() as held:
        with pytest.raises(Refused, match="too many") as told:
            for _ in range(100):
                held.enter_context(busy.reading())
        answer = problems.answer(told.value, "/v1/diary/entries")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    person(busy)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_who_waits_too_long_is_told_so(place, store, new_store):
    visit = person(store)
    impatient = new_store(place)
    with store.writing(), pytest.raises(DiaryError, match="locked"):
        entries.add(impatient, visit, written())
    entries.add(impatient, visit, written())
