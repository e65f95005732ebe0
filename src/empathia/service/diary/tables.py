"""The tables of a diary, as the newest migration leaves them.

What somebody wrote, said or felt is bytes: UTF-8 text and JSON, or the same sealed
(:mod:`empathia.service.diary.sealing`). Everything else is readable to whoever reads the database.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
)

METADATA = MetaData()


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps no zone, so neither database is given one."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """As it is kept."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """As it is read."""
        return None if value is None else value.replace(tzinfo=UTC)


ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("passphrase", String(256), nullable=False),  # argon2's own form
    Column("zone", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("keeps_audio", Boolean, nullable=False),
    Column("wrapped", LargeBinary),  # the data key of an encrypted account
    Column("baseline", LargeBinary),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("digest", String(64), primary_key=True),  # sha256 of the token, which is kept nowhere
    Column("account", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires", Moment, nullable=False),
)
# An entry's id counts within its account alone: another account may import the same one.
ENTRIES = Table(
    "entries",
    METADATA,
    Column("account", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("moment", Moment, nullable=False),
    Column("day", Date, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("language", String(8)),
    Column("bookmark", Boolean, nullable=False),
    Column("words", LargeBinary, nullable=False),
    Column("summary", LargeBinary, nullable=False),
    Column("feeling", LargeBinary, nullable=False),
    Column("timeline", LargeBinary),
    Index("entries_by_day", "account", "day", "moment"),
)
AUDIO = Table(
    "audio",
    METADATA,
    Column("account", String(32), primary_key=True),
    Column("entry", String(32), primary_key=True),
    Column("type", String(32), nullable=False),
    Column("content", LargeBinary, nullable=False),
    ForeignKeyConstraint(
        ["account", "entry"], ["entries.account", "entries.id"], ondelete="CASCADE"
    ),
)
