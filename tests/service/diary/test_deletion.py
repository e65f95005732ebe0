"""What is deleted or overwritten is gone: rows, and on SQLite every byte in every file."""

from __future__ import annotations

import secrets
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from little_diary import CHEAP, SECRET, person, spoken
from sqlalchemy import text

from empathia.errors import DiaryError
from empathia.service.diary import accounts, entries
from empathia.service.diary.accounts import Visit
from empathia.service.diary.baseline import Baseline, set_baseline
from empathia.service.diary.records import Feeling
from empathia.service.diary.store import Store

Delete = Callable[[Store, Visit, str], object]
WAYS: dict[str, Delete] = {
    "entry": entries.remove,
    "account": lambda store, visit, _: accounts.close(store, visit, SECRET),
    "words": lambda store, visit, entry: entries.change(
        store, visit, entry, words="other", summary="other", feeling=Feeling({"calm": 1.0})
    ),
}


def _traces(folder: Path, marker: str) -> list[str]:
    """Files that hold a marker, in any form that a database may keep text in."""
    forms = [marker.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
    return [p.name for p in folder.iterdir() if any(f in p.read_bytes() for f in forms)]


def _written(store: Store, visit: Visit, marker: str) -> str:
    """An entry that holds the marker wherever it can, over many pages, among others."""
    entries.add(store, visit, spoken("before", b"before" * 999))
    entry = entries.add(
        store,
        visit,
        spoken(
            f"{marker} " * 500,
            marker.encode() * 9999,
            summary=f"about {marker}",
            feeling=Feeling({marker: 1.0}),
        ),
    )
    entries.add(store, visit, spoken("behind", b"behind" * 999))
    return entry


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_no_byte_is_left_in_any_file(place, store, way):
    folder, marker = Path(place).parent, secrets.token_hex(12)
    visit = person(store)
    entry = _written(store, visit, marker)
    assert _traces(folder, marker), "the search would see it"
    WAYS[way](store, visit, entry)
    if way == "words":  # the audio is what was said, and stays
        assert _traces(folder, marker)
        for derived in (f"{marker} {marker}", f'{{"{marker}":1.0}}'):
            assert _traces(folder, derived) == []
        entries.remove(store, visit, entry)
    assert _traces(folder, marker) == []
    assert Path(f"{place}-wal").stat().st_size == 0


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_no_byte_is_left_of_audio_baselines_and_passphrases(place, store):
    folder = Path(place).parent
    marks = {name: secrets.token_hex(12) for name in ("audio", "baseline")}
    visit = person(store)
    calm = Baseline({marks["baseline"]: 1.0}, {marks["baseline"]: 1.0}, 9.0, store.clock())
    set_baseline(store, visit, calm)
    entry = entries.add(store, visit, spoken(content=marks["audio"].encode() * 999))
    with store.reading() as connection:
        marks["hash"] = connection.execute(text("SELECT passphrase FROM accounts")).scalar_one()
    assert all(_traces(folder, mark) for mark in marks.values())
    entries.remove_audio(store, visit, entry)
    set_baseline(store, visit, None)
    accounts.change_passphrase(store, visit, SECRET, "another secret")
    assert [name for name, mark in marks.items() if _traces(folder, mark)] == []


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_deleted_space_is_given_back(place, store):
    visit = person(store)
    entry = entries.add(store, visit, spoken(content=b"x" * 1_000_000))
    store.wipe()
    before = Path(place).stat().st_size
    entries.remove(store, visit, entry)
    assert before > 1_000_000
    assert Path(place).stat().st_size < 100_000


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_reader_that_holds_the_log_is_told_and_the_next_start_wipes(place, new_store):
    store, marker = new_store(place), secrets.token_hex(12)
    visit = person(store)
    entry = _written(store, visit, marker)
    other = sqlite3.connect(place)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM entries").fetchone()
    with pytest.raises(DiaryError, match="another program reads it"):
        entries.remove(store, visit, entry)
    assert [e.id for e in entries.listed(store, visit) if e.id == entry] == []
    assert _traces(Path(place).parent, marker)
    assert accounts.resume(new_store(place), visit.token)  # it starts all the same
    other.close()
    new_store(place)
    assert _traces(Path(place).parent, marker) == []


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_who_writes_while_it_is_wiped_is_told_and_the_next_start_wipes(place, new_store):
    store = new_store(place)
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DiaryError, match=r"it is done, but .* locked"):
        store.wipe()
    other.execute("COMMIT")
    other.execute("BEGIN")
    other.execute("SELECT * FROM accounts").fetchone()
    visit = person(store, encrypted=True)
    with pytest.raises(DiaryError, match="it is done, but"):
        accounts.change_passphrase(store, visit, SECRET, "another secret")
    assert not store.unlocked
    other.close()
    store.wipe()


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["own/diary.sqlite", "link"])
def test_nobody_else_on_the_machine_reads_the_files(place, tmp_path, name):
    (tmp_path / "link").symlink_to(tmp_path / "own" / "diary.sqlite")
    if name == "link":  # to what is not there yet
        (tmp_path / "own").mkdir(mode=0o700)
    store = Store(tmp_path / name, hasher=CHEAP)
    person(store)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "own").iterdir()}
    store.close()
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700


@pytest.mark.parametrize("way", ["entry", "account"])
@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_rows_are_gone_and_their_room_is_free(store, way):
    visit = person(store)
    entry = _written(store, visit, secrets.token_hex(12))
    WAYS[way](store, visit, entry)
    wanted = {
        "entry": "SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM audio)",
        "account": "SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM audio)",
    }
    dead = "SELECT sum(pg_stat_get_dead_tuples(c.oid)) FROM pg_class c WHERE c.relname IN "
    with store.reading() as connection:
        left = connection.execute(text(wanted[way])).one()
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        rows = connection.execute(text(f"{dead} ('accounts', 'entries', 'audio')")).scalar()
    assert tuple(left) == ((2, 2) if way == "entry" else (0, 0))
    assert rows == 0
