"""Diaries of both kinds: SQLite in a file, and PostgreSQL where a server can be had."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import databases
import pytest
from little_diary import CHEAP
from sqlalchemy import create_engine, text

from empathia.service.diary.store import Store


@dataclass
class Clock:
    """Tells what it is set to."""

    now: datetime = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def goes(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL with the tables of a diary."""
    with databases.postgresql() as url:
        emptied(url)
        Store(url, hasher=CHEAP).close()
        yield url


def emptied(url: str) -> None:
    """Take everything out of a database of PostgreSQL."""
    _run(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")


def _run(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty diary, to be copied."""
    path = tmp_path_factory.mktemp("diary") / "diary.sqlite"
    Store(path, hasher=CHEAP).close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty diary is kept."""
    if request.param == "sqlite":
        path = tmp_path / "kept" / "diary.sqlite"
        path.parent.mkdir()
        shutil.copy(request.getfixturevalue("made"), path)
        return str(path)
    url: str = request.getfixturevalue("server")
    _run(url, "DELETE FROM accounts")
    return url


@pytest.fixture
def store(place: str, clock: Clock) -> Iterator[Store]:
    diary = Store(place, clock=clock, hasher=CHEAP)
    yield diary
    diary.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def nowhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that has no tables yet."""
    if request.param == "sqlite":
        yield str(tmp_path / "new" / "diary.sqlite")
        return
    url: str = request.getfixturevalue("server")
    emptied(url)
    yield url
    emptied(url)
    Store(url, hasher=CHEAP).close()


@pytest.fixture
def new_store(clock: Clock, tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """Makes stores of one place or another, which are closed at the end."""
    stores = []

    def make(place: str) -> Store:
        stores.append(Store(place, clock=clock, hasher=CHEAP, patience=0.2))
        return stores[-1]

    yield make
    for diary in stores:
        diary.close()
