"""Accounts, sessions, entries and their audio.

A migration never changes once it was released, and so names nothing of ``tables.py``.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _owner() -> sa.ForeignKey:
    return sa.ForeignKey("accounts.id", ondelete="CASCADE")


def upgrade() -> None:
    """Make the first tables."""
    _people()
    _diary()


def _people() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("passphrase", sa.String(256), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("keeps_audio", sa.Boolean, nullable=False),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("baseline", sa.LargeBinary),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(32), _owner(), nullable=False),
        sa.Column("expires", sa.DateTime, nullable=False),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])


def _diary() -> None:
    op.create_table(
        "entries",
        sa.Column("account", sa.String(32), _owner(), primary_key=True),
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("moment", sa.DateTime, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("bookmark", sa.Boolean, nullable=False),
        *(sa.Column(n, sa.LargeBinary, nullable=False) for n in ("words", "summary", "feeling")),
        sa.Column("timeline", sa.LargeBinary),
    )
    op.create_index("entries_by_day", "entries", ["account", "day", "moment"])
    op.create_table(
        "audio",
        sa.Column("account", sa.String(32), primary_key=True),
        sa.Column("entry", sa.String(32), primary_key=True),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["account", "entry"], ["entries.account", "entries.id"], ondelete="CASCADE"
        ),
    )
