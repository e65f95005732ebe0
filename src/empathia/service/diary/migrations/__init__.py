"""A diary's database is brought to the version of this program, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from empathia.errors import DiaryError

VERSION_TABLE = "diary_version"
FOLDER = Path(__file__).parent


def migrate(connection: Connection, folder: Path = FOLDER) -> None:
    """Bring a database to the newest version, within the transaction that is open.

    Args:
        connection: Whose transaction nobody else can write beside.
        folder: Of ``env.py`` and ``versions/``.

    Raises:
        DiaryError: It is of a version that this program does not know, or somebody else's.
    """
    config = Config()
    # Alembic fills in what stands behind a per cent sign.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    present = context.get_current_revision()
    if present == (newest := scripts.get_current_head()):
        return
    known = {s.revision for s in scripts.walk_revisions()}
    if present is not None and present not in known:
        raise DiaryError(
            f"the diary is of version {present}, expected {newest} or older",
            "Open it with the newer Empathia that wrote it, or update this one",
        )
    tables = inspect(connection).get_table_names()
    if present is None and {"accounts", "sessions", "entries", "audio"} & set(tables):
        raise foreign(tables)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def foreign(tables: Iterable[str]) -> DiaryError:
    """What is told of a database that is somebody else's."""
    return DiaryError(
        f"expected a diary, this database has other tables ({', '.join(sorted(tables)[:5])})",
        "Name a database of its own",
    )
