"""A database is brought up to this version whole or not at all, and newer ones are left alone."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from little_diary import CHEAP, SECRET, person, written
from sqlalchemy import inspect, text

from empathia.errors import DiaryError, UsageError
from empathia.service.diary import accounts, entries, looking, migrations
from empathia.service.diary.days import span
from empathia.service.diary.migrations import VERSION_TABLE, migrate
from empathia.service.diary.records import Feeling
from empathia.service.diary.store import Store
from empathia.service.diary.tables import METADATA

# What version 1 wrote, frozen: never to be changed with the code.
FIRST = (
    "INSERT INTO accounts VALUES ('{a}', 'ann', '{hash}', 'Asia/Seoul', 'ko', true, NULL, NULL)",
    "INSERT INTO entries (account, id, moment, day, zone, kind, language, bookmark, words, summary,"
    " feeling, timeline) VALUES ('{a}', '{e}', '2026-05-01 15:30:00', '2026-05-02', 'Asia/Seoul',"
    " 'text', 'ko', true, {words}, {summary}, {feeling}, NULL)",
    "INSERT INTO audio VALUES ('{a}', '{e}', 'audio/wav', {audio})",
)


def _version(store: Store) -> str:
    with store.reading() as connection:
        return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one()


def test_migrations_make_the_tables_that_the_code_uses(store):
    with store.writing() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, METADATA) == []
        foreign = inspect(connection).get_foreign_keys("audio")
    assert foreign[0]["options"] == {"ondelete": "CASCADE"}


def test_migrations_are_one_line_from_the_first(store):
    scripts = ScriptDirectory(str(migrations.FOLDER))
    line = list(scripts.walk_revisions())
    assert line[-1].revision == "0001"
    assert line[-1].down_revision is None
    assert [s.down_revision for s in line[:-1]] == [s.revision for s in line[1:]]
    assert _version(store) == line[0].revision


def test_what_the_first_version_wrote_is_read(place, store):

    def literal(content: bytes) -> str:
        return f"'\\x{content.hex()}'" if "://" in place else f"X'{content.hex()}'"

    filling = {
        "a": "a" * 32,
        "e": "e" * 32,
        "hash": CHEAP.hash(SECRET),
        "words": literal("비가 왔다.".encode()),
        "summary": literal(b""),
        "feeling": literal(b'{"shares":{"joy":0.75,"sadness":0.25},"abstained":null}'),
        "audio": literal(b"RIFF"),
    }
    with store.writing() as connection:
        for statement in FIRST:
            connection.exec_driver_sql(statement.format(**filling))
    visit = accounts.sign_in(store, "ann", SECRET)
    (entry,) = looking.bookmarks(store, visit)
    assert (entry.words, str(entry.day), entry.audio) == ("비가 왔다.", "2026-05-02", "audio/wav")
    assert entry.moment.isoformat() == "2026-05-01T15:30:00+00:00"
    assert entry.feeling == Feeling({"joy": 0.75, "sadness": 0.25})
    assert entries.audio(store, visit, entry.id).content == b"RIFF"


def test_a_database_is_made_once_and_stays(nowhere, new_store):
    store = new_store(nowhere)
    visit = person(store)
    name = entries.add(store, visit, written("stays"))
    again = new_store(nowhere)
    assert entries.get(again, accounts.resume(again, visit.token), name).words == "stays"


def test_a_newer_version_is_refused_and_left_alone(nowhere, new_store):
    store = new_store(nowhere)
    person(store)
    with store.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(DiaryError, match=r"version 9999, expected 0001 or older.*newer Empathia"):
        new_store(nowhere)
    assert _version(store) == "9999"


@pytest.mark.parametrize("table", ["accounts", "bookmarks"])
def test_another_programs_database_is_refused_and_left_alone(new_store, tmp_path, table):
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute(f"CREATE TABLE {table} (x)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(DiaryError, match=f"other tables.*{table}"):
        new_store(str(path))
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(new_store, tmp_path):
    path = tmp_path / "other.sqlite"
    path.write_bytes(b"This is no database, but a text that somebody needs." * 99)
    with pytest.raises(DiaryError, match="not a database"):
        new_store(str(path))
    assert path.read_bytes().startswith(b"This is no database")


@pytest.mark.parametrize(
    ("place", "kind", "said"),
    [
        ("mysql://host/diary", UsageError, "'mysql'"),
        ("sqlite://", UsageError, "file or in PostgreSQL"),
        ("://x", UsageError, "file or in PostgreSQL"),
        (":memory:", UsageError, "file or in PostgreSQL"),
        ("sqlite:///:memory:", UsageError, "file or in PostgreSQL"),
        ("a\0b", DiaryError, "cannot open.*null"),
        ("/proc/none/diary.sqlite", DiaryError, "cannot open"),
        ("/proc", DiaryError, "cannot open"),
        ("/proc/version/diary.sqlite", DiaryError, "cannot open"),
        ("postgresql://ann:secret@127.0.0.1:1/diary", DiaryError, "refuses"),
    ],
)
def test_a_place_where_no_diary_can_be_is_refused(new_store, place, kind, said):
    with pytest.raises(kind, match=said) as error:
        new_store(place)
    assert "secret" not in str(error.value)


SECOND = """
import os
import signal
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("entries", sa.Column("weather", sa.String(8)))
    op.execute("UPDATE entries SET weather = 'rain'")
    {end}
"""
RUN = """
import sys
from pathlib import Path
from empathia.service.diary.migrations import migrate
from empathia.service.diary.store import Store
store = Store(sys.argv[1])
with store.writing() as connection:
    migrate(connection, Path(sys.argv[2]))
"""


def _second(tmp_path: Path, end: str) -> Path:
    folder = tmp_path / "100% new"  # a name that a format string would trip over
    shutil.copytree(migrations.FOLDER, folder, dirs_exist_ok=True)
    (folder / "versions" / "second.py").write_text(SECOND.format(end=end))
    return folder


def test_a_migration_that_fails_leaves_the_old_state_and_can_be_done_again(
    nowhere, new_store, tmp_path
):
    store = new_store(nowhere)
    visit = person(store)
    name = entries.add(store, visit, written("before"))
    broken = _second(tmp_path, "raise ValueError('half way')")
    with pytest.raises(ValueError, match="half way"), store.writing() as connection:
        migrate(connection, broken)
    _is_old(store)
    assert entries.get(store, visit, name).words == "before"
    with store.writing() as connection:
        migrate(connection, _second(tmp_path, ""))
    with store.reading() as connection:
        rows = connection.execute(text("SELECT weather FROM entries")).scalars().all()
    assert rows == ["rain"]
    assert _version(store) == "0002"
    assert len(looking.between(store, visit, *span(2026))) == 1


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_a_migration_that_is_killed_leaves_the_old_state(place, new_store, tmp_path):
    person(new_store(place))
    broken = _second(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    command = [sys.executable, "-c", RUN, place, str(broken)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    assert subprocess.run(command, env=env, check=False).returncode == -9
    store = new_store(place)
    _is_old(store)
    assert accounts.sign_in(store, "ann", SECRET)


def _is_old(store: Store) -> None:
    assert _version(store) == "0001"
    with store.reading() as connection:
        columns = [c["name"] for c in inspect(connection).get_columns("entries")]
    assert "weather" not in columns
