"""A diary as a zip file that its owner can read anywhere (docs/service.md has its form)."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import BinaryIO, TypeVar

from sqlalchemy import select

from empathia.errors import AbsentError
from empathia.service.diary import page
from empathia.service.diary.accounts import Visit
from empathia.service.diary.baseline import baseline, baseline_json
from empathia.service.diary.days import zone_of
from empathia.service.diary.entries import audio, get, listed, timeline
from empathia.service.diary.records import TYPES, Entry
from empathia.service.diary.store import Store
from empathia.service.diary.tables import ENTRIES

FORMAT, VERSION = "empathia-diary", 1
"""What ``diary.json`` says of itself."""
_AT_ONCE = 50  # entries in memory

T = TypeVar("T")


def export(store: Store, visit: Visit, file: BinaryIO) -> int:
    """Write the whole diary as a zip file, which is not encrypted; how many entries it has.

    Each entry is read by itself, so that nobody waits meanwhile: one that is deleted before its
    turn is not in the file, one that is added is not either.

    Args:
        store: The database.
        visit: Whose diary.
        file: To write to, from where it stands.
    """
    query = (
        select(ENTRIES.c.id)
        .where(ENTRIES.c.account == visit.account.id)
        .order_by(ENTRIES.c.day, ENTRIES.c.moment, ENTRIES.c.id)
    )
    with store.reading() as connection:
        ids = connection.execute(query).scalars().all()
    written = []
    now = store.clock().astimezone(zone_of(visit.account.zone))
    with zipfile.ZipFile(file, "w") as archive:
        for entry in _entries(store, visit, ids):
            if _write(store, visit, archive, entry, now):
                written.append(entry.id)
        with archive.open(_member("diary.html", now), "w") as out:
            before, after = page.around(visit.account, len(written))
            out.write(before.encode())
            for entry in _entries(store, visit, written):
                out.write(page.entry_html(entry, visit.account.language).encode())
            out.write(after.encode())
        archive.writestr(_member("diary.json", now), _json(_head(store, visit, len(written))))
    return len(written)


def audio_name(entry: str, kind: str) -> str:
    """Where the recording of an entry lies."""
    return f"audio/{entry}.{TYPES[kind]}"


def pieces(whole: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """A sequence in pieces of at most so many."""
    return (whole[i : i + size] for i in range(0, len(whole), size))


def _entries(store: Store, visit: Visit, ids: Sequence[str]) -> Iterator[Entry]:
    for some in pieces(ids, _AT_ONCE):
        yield from listed(store, visit, ENTRIES.c.id.in_(some))


def _member(name: str, now: datetime, kind: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """A file of the archive, made now by the account's clocks."""
    time = (now.year, now.month, now.day, now.hour, now.minute, now.second)
    member = zipfile.ZipInfo(name, time)
    member.compress_type = kind
    return member


def _write(
    store: Store, visit: Visit, archive: zipfile.ZipFile, entry: Entry, now: datetime
) -> bool:
    try:
        heard = timeline(store, visit, entry.id) if entry.has_timeline else None
        sound = audio(store, visit, entry.id) if entry.audio else None
    except AbsentError:  # deleted meanwhile, as a whole or in part
        with contextlib.suppress(AbsentError):
            return _write(store, visit, archive, get(store, visit, entry.id), now)
        return False
    times = {"moment": entry.moment.isoformat(), "day": entry.day.isoformat()}
    content = {**asdict(entry), **times, "timeline": heard}
    del content["has_timeline"], content["label"]
    archive.writestr(_member(f"entries/{entry.id}.json", now), _json(content))
    if sound is not None:
        name = audio_name(entry.id, sound.type)
        archive.writestr(_member(name, now, zipfile.ZIP_STORED), sound.content)
    return True


def _head(store: Store, visit: Visit, number: int) -> dict[str, object]:
    try:
        calm = baseline_json(baseline(store, visit))
    except AbsentError:
        calm = None
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported": store.clock().isoformat(),
        "entries": number,
        "baseline": calm,
    }


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
