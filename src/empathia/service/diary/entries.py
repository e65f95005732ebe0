"""Entries of a diary: written, changed, deleted. Everything takes the visit of an account."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    delete,
    insert,
    select,
)
from sqlalchemy import update as updating

from empathia.errors import AbsentError, AccessError, UsageError
from empathia.service.diary.accounts import Visit
from empathia.service.diary.days import place, zone_of
from empathia.service.diary.records import (
    SUMMARY,
    WORDS,
    Draft,
    Entry,
    Feeling,
    Recording,
    check_said,
    check_text,
    named,
    packed,
    turns,
    unworded,
)
from empathia.service.diary.store import Store
from empathia.service.diary.tables import ACCOUNTS, AUDIO, ENTRIES
from empathia.types.shapes import TimelineJson


def add(store: Store, visit: Visit, draft: Draft) -> str:
    """Keep an entry; its id. On disk when this returns.

    Raises:
        UsageError: Its time cannot be, or it has audio, of which the account keeps none.
        AccessError: The account was deleted.
    """
    account = visit.account
    if draft.audio is not None and not account.keeps_audio:
        raise UsageError(
            "a recording was given, but this account keeps none",
            "Leave it out, or have the account keep recordings",
        )
    moment, day = place(draft.when, zone_of(account.zone), store.clock())
    shared = ("kind", "language", "words", "summary", "feeling", "bookmark")
    entry = Entry(
        id=secrets.token_hex(16),
        moment=moment,
        day=day,
        zone=account.zone,
        **{name: getattr(draft, name) for name in shared},
        has_timeline=draft.timeline is not None,
        audio=None if draft.audio is None else draft.audio.type,
    )
    with store.writing() as connection:
        hold(connection, visit)
        keep(connection, visit, entry, draft.timeline, draft.audio)
    return entry.id


def hold(connection: Connection, visit: Visit) -> None:
    """Keep the account from being deleted, or imported into, until the transaction ends.

    Raises:
        AccessError: It was deleted.
    """
    query = select(ACCOUNTS.c.id).where(ACCOUNTS.c.id == visit.account.id).with_for_update()
    if connection.execute(query).first() is None:
        raise AccessError("the account was deleted", "Make a new one")


def keep(
    connection: Connection,
    visit: Visit,
    entry: Entry,
    timeline: TimelineJson | None,
    audio: Recording | None,
) -> None:
    """Write an entry that is not there yet, within a transaction that holds the account."""
    values: dict[str, object] = {
        name: getattr(entry, name)
        for name in ("id", "moment", "day", "zone", "kind", "language", "bookmark")
    }
    values |= _private(visit, entry)
    if timeline is not None:
        values["timeline"] = _closed(visit, entry.id, "timeline", packed(timeline).encode())
    connection.execute(insert(ENTRIES).values(account=visit.account.id, **values))
    if audio is not None:
        content = _closed(visit, entry.id, "audio", audio.content)
        row = {"account": visit.account.id, "entry": entry.id, "type": audio.type}
        connection.execute(insert(AUDIO).values(**row, content=content))


def get(store: Store, visit: Visit, entry: str) -> Entry:
    """An entry by its id.

    Raises:
        AbsentError: The account has none of this id.
    """
    rows = listed(store, visit, ENTRIES.c.id == entry)
    if not rows:
        raise _absent("entry", entry)
    return rows[0]


def listed(store: Store, visit: Visit, *which: ColumnElement[bool]) -> tuple[Entry, ...]:
    """Entries of the account that fulfil all conditions, the oldest first."""
    with store.reading() as connection:
        rows = connection.execute(_whole(visit, *which)).mappings().all()
    return tuple(_entry(visit, row) for row in rows)


def timeline(store: Store, visit: Visit, entry: str) -> TimelineJson:
    """What was heard in an entry.

    Raises:
        AbsentError: There is no such entry, or nothing is kept of it.
    """
    with store.reading() as connection:
        kept = _timeline(connection, visit, entry)
    if kept is None:
        raise _absent("timeline", entry)
    return kept


def audio(store: Store, visit: Visit, entry: str) -> Recording:
    """The recording of an entry.

    Raises:
        AbsentError: There is no such entry, or no recording of it is kept.
    """
    query = select(AUDIO).where(*_mine(visit, entry, AUDIO))
    with store.reading() as connection:
        row = connection.execute(query).first()
    if row is None:
        raise _absent("recording", entry)
    return Recording(row.type, opened(visit, entry, "audio", row.content))


def change(
    store: Store,
    visit: Visit,
    entry: str,
    *,
    words: str | None = None,
    summary: str | None = None,
    feeling: Feeling | None = None,
    bookmark: bool | None = None,
    when: datetime | date | None = None,
) -> Entry:
    """Change an entry; None leaves things as they are. Old words are wiped, but in a recording.

    What was heard stays without its words. What was derived of these stays until it is changed,
    too: give it with them.

    Raises:
        AbsentError: There is no such entry.
        UsageError: Something cannot be, as for a new entry.
    """
    with store.writing() as connection:
        query = _whole(visit, ENTRIES.c.id == entry).with_for_update(of=ENTRIES)
        row = connection.execute(query).mappings().first()
        if row is None:
            raise _absent("entry", entry)
        old = _entry(visit, row)
        given = {"words": words, "summary": summary, "feeling": feeling, "bookmark": bookmark}
        changes: dict[str, Any] = {k: v for k, v in given.items() if v is not None}
        if when is not None:
            moment, day = place(when, zone_of(visit.account.zone), store.clock())
            changes |= {"moment": moment, "day": day, "zone": visit.account.zone}
        new = replace(old, **changes)
        check_text("words", new.words, WORDS)
        check_text("summary", new.summary, SUMMARY)
        heard = _timeline(connection, visit, entry)
        check_said(new.kind, new.words, new.feeling, heard=turns(heard) > 0)
        values = {n: getattr(new, n) for n in ("moment", "day", "zone", "bookmark")}
        values |= _private(visit, new)
        if heard is not None and new.words != old.words:
            values["timeline"] = _closed(visit, entry, "timeline", packed(unworded(heard)).encode())
        connection.execute(updating(ENTRIES).where(*_mine(visit, entry)).values(values))
    if (old.words, old.summary, old.feeling) != (new.words, new.summary, new.feeling):
        store.wipe()
    return get(store, visit, entry)


def remove(store: Store, visit: Visit, entry: str) -> None:
    """Delete an entry with all that was derived of it, truly.

    Raises:
        AbsentError: There is no such entry.
        DiaryError: It is gone, but its bytes are not yet; see :meth:`Store.wipe`.
    """
    with store.writing() as connection:
        if not connection.execute(delete(ENTRIES).where(*_mine(visit, entry))).rowcount:
            raise _absent("entry", entry)
    store.wipe()


def remove_audio(store: Store, visit: Visit, entry: str | None = None) -> int:
    """Delete the recording of an entry, or of all; the words stay. How many there were.

    Raises:
        DiaryError: They are gone, but their bytes are not yet; see :meth:`Store.wipe`.
    """
    mine = [AUDIO.c.account == visit.account.id]
    mine += [] if entry is None else [AUDIO.c.entry == entry]
    with store.writing() as connection:
        number = connection.execute(delete(AUDIO).where(*mine)).rowcount
    if number:
        store.wipe()
    return number


def feeling_of(visit: Visit, entry: str, kept: bytes) -> Feeling:
    """The feeling of an entry, of the bytes that are kept of it."""
    return Feeling(**json.loads(opened(visit, entry, "feeling", kept)))


def opened(visit: Visit, entry: str, column: str, kept: bytes) -> bytes:
    """Private bytes of an entry."""
    return visit.seal.open(f"{entry}/{column}", kept)


def _closed(visit: Visit, entry: str, column: str, content: bytes) -> bytes:
    return visit.seal.close(f"{entry}/{column}", content)


def _private(visit: Visit, entry: Entry) -> dict[str, bytes]:
    feeling = packed(asdict(entry.feeling))
    told = {"words": entry.words, "summary": entry.summary, "feeling": feeling}
    return {name: _closed(visit, entry.id, name, text.encode()) for name, text in told.items()}


def _whole(visit: Visit, *which: ColumnElement[bool]) -> Select[Any]:
    columns = [c for c in ENTRIES.c if c is not ENTRIES.c.timeline]
    has_timeline = ENTRIES.c.timeline.is_not(None).label("has_timeline")
    both = (AUDIO.c.account == ENTRIES.c.account) & (AUDIO.c.entry == ENTRIES.c.id)
    return (
        select(*columns, has_timeline, AUDIO.c.type.label("audio"))
        .outerjoin(AUDIO, both)
        .where(ENTRIES.c.account == visit.account.id, *which)
        .order_by(ENTRIES.c.day, ENTRIES.c.moment, ENTRIES.c.id)
    )


def _timeline(connection: Connection, visit: Visit, entry: str) -> TimelineJson | None:
    kept = connection.execute(select(ENTRIES.c.timeline).where(*_mine(visit, entry))).scalar()
    if kept is None:
        return None
    return cast(TimelineJson, json.loads(opened(visit, entry, "timeline", kept)))


def _entry(visit: Visit, row: RowMapping) -> Entry:
    values = {name: row[name] for name in Entry.__slots__ if name != "label"}
    for name in ("words", "summary"):
        values[name] = opened(visit, row["id"], name, row[name]).decode()
    feeling = feeling_of(visit, row["id"], row["feeling"])
    return Entry(**{**values, "feeling": feeling, "label": named(feeling.shares)})


def _mine(visit: Visit, entry: str, table: Table = ENTRIES) -> tuple[ColumnElement[bool], ...]:
    column: Column[str] = table.c.id if table is ENTRIES else table.c.entry
    return table.c.account == visit.account.id, column == entry


def _absent(what: str, entry: str) -> AbsentError:
    return AbsentError(f"there is no {what} {entry[:40]!r} in this diary", "Look at its list")
