"""A diary out of the zip file that :mod:`empathia.service.diary.exporting` wrote, or somebody bent.

Nothing is unpacked onto the disk; names lead nowhere. One member is in memory at a time, and none
that says, or turns out, to be larger than what it stands for can be.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import NoneType
from typing import Any, BinaryIO

from sqlalchemy import select

from empathia import files
from empathia.errors import AbsentError, InputError, UsageError
from empathia.service.diary.accounts import Visit
from empathia.service.diary.baseline import Baseline, baseline, baseline_of, set_baseline
from empathia.service.diary.days import zone_of
from empathia.service.diary.entries import hold, keep
from empathia.service.diary.exporting import FORMAT, VERSION, audio_name, pieces
from empathia.service.diary.records import (
    LARGEST_AUDIO,
    LARGEST_TIMELINE,
    TYPES,
    Draft,
    Entry,
    Feeling,
    Recording,
)
from empathia.service.diary.store import Store
from empathia.service.diary.tables import ENTRIES
from empathia.types.shapes import TimelineJson

LARGEST = 8 << 30
"""Bytes that all members may have, unpacked."""
_JSON = LARGEST_TIMELINE + (3 << 20)  # bytes of an entry
_INDEX = 8 << 20  # bytes of the list of members, which zipfile reads at once
_AT_ONCE = 16  # entries a transaction
_ENTRY = re.compile(r"entries/([0-9a-f]{32})\.json")
_AUDIO = re.compile(rf"audio/[0-9a-f]{{32}}\.({'|'.join(TYPES.values())})")
_FIELDS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "moment", "day", "zone", "kind", "words", "summary"), (str,)),
    **dict.fromkeys(("language", "audio"), (str, NoneType)),
    "feeling": (dict,),
    "bookmark": (bool,),
    "timeline": (dict, NoneType),
}


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of an import.

    Args:
        added: Entries that are new.
        there: Entries that were in the account and stay as they are.
        silent: New ones whose recording was left out, for the account keeps none.
    """

    added: int
    there: int
    silent: int


def bring_in(store: Store, visit: Visit, file: BinaryIO, *, largest: int = LARGEST) -> Brought:
    """Add the diary of a zip file to this account's; what has its ids already stays as it is.

    All of it is looked through before anything is kept. Then some entries are kept at a time: what
    a kill interrupts is completed by importing again.

    Args:
        store: The database.
        visit: Who keeps it.
        file: That can be read at any place.
        largest: Bytes that all members may have, unpacked.

    Raises:
        InputError: It is no exported diary, damaged, of a newer version, or larger than it may be.
    """
    with _reading("the file"):
        archive = zipfile.ZipFile(_Bounded(file))
    with archive:
        ids = _members(archive, largest)
        calm = _head(archive, len(ids))
        for entry in ids:
            _check_audio(archive, _entry(archive, entry)[0])
        number = [_keep(store, visit, archive, some) for some in pieces(ids, _AT_ONCE)]
    if calm is not None:
        try:
            baseline(store, visit)
        except AbsentError:
            set_baseline(store, visit, calm)
    added = sum(a for a, _ in number)
    return Brought(added, len(ids) - added, sum(s for _, s in number))


class _Bounded:
    """A file that refuses to be read by the gigabyte, as zipfile does with a list of members."""

    def __init__(self, file: BinaryIO) -> None:
        self.seek, self.tell, self._file = file.seek, file.tell, file

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size if 0 <= size <= _INDEX else _INDEX + 1)
        if len(content) > _INDEX:
            raise _refused("the list of members", f"at most {_INDEX:,} bytes", "more")
        return content


def _keep(
    store: Store, visit: Visit, archive: zipfile.ZipFile, ids: Sequence[str]
) -> tuple[int, int]:
    """How many entries were added, and how many of them without their recording."""
    mine = (ENTRIES.c.account == visit.account.id, ENTRIES.c.id.in_(ids))
    silent = 0
    with store.writing() as connection:
        hold(connection, visit)
        there = set(connection.execute(select(ENTRIES.c.id).where(*mine)).scalars())
        for name in ids:
            if name in there:
                continue
            entry, timeline = _entry(archive, name)
            sound = None
            if entry.audio and visit.account.keeps_audio:
                blocks = _blocks(archive, audio_name(name, entry.audio), LARGEST_AUDIO)
                sound = Recording(entry.audio, b"".join(blocks))
            silent += entry.audio is not None and sound is None
            keep(connection, visit, entry, timeline, sound)
    return len(ids) - len(there), silent


def _members(archive: zipfile.ZipFile, largest: int) -> list[str]:
    """Ids of the entries, when every member is one that an export has."""
    names = archive.namelist()
    if len(set(names)) != len(names):
        raise _refused("the list of members", "each name once", "names that come twice")
    for info in archive.infolist():
        known = info.filename in {"diary.json", "diary.html"}
        if not (known or _ENTRY.fullmatch(info.filename) or _AUDIO.fullmatch(info.filename)):
            raise _refused(
                "the list of members",
                "diary.json, diary.html, entries/ID.json and audio/ID.TYPE",
                repr(info.filename[:80]),
            )
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise _refused(info.filename, "no compression but deflate", str(info.compress_type))
    if (size := sum(info.file_size for info in archive.infolist())) > largest:
        raise _refused("the file", f"at most {largest:,} bytes unpacked", f"{size:,}")
    return sorted(m[1] for name in names if (m := _ENTRY.fullmatch(name)))


def _head(archive: zipfile.ZipFile, entries: int) -> Baseline | None:
    head = _object(archive, "diary.json")
    if head.get("format") != FORMAT or not isinstance(version := head.get("version"), int):
        raise _refused("diary.json", f"the format '{FORMAT}'", repr(head.get("format"))[:80])
    if version > VERSION:
        raise InputError(
            f"the diary is of version {version}, expected {VERSION} or older", "Update Empathia"
        )
    if head.get("entries") != entries:
        raise _refused("the file", f"{head.get('entries')!r:.20} entries", str(entries))
    if head.get("baseline") is None:
        return None
    with _reading("the baseline in diary.json"):
        return baseline_of(head["baseline"])


def _entry(archive: zipfile.ZipFile, name: str) -> tuple[Entry, TimelineJson | None]:
    member = f"entries/{name}.json"
    data = _object(archive, member)
    for key, kinds in _FIELDS.items():
        if key not in data or not isinstance(data[key], kinds):
            wanted = " or ".join(k.__name__ for k in kinds)
            raise _refused(member, f"{key} as {wanted}", type(data.get(key)).__name__)
    with _reading(member):
        feeling = Feeling(**data["feeling"])
        moment, day = datetime.fromisoformat(data["moment"]), date.fromisoformat(data["day"])
        local = moment.astimezone(zone_of(data["zone"])).date()
        # By a day, for zones change their rules behind one's back.
        if moment.tzinfo is None or abs(local - day) > timedelta(1) or data["id"] != name:
            raise ValueError("its id, moment and day do not fit each other")
        shared = {key: data[key] for key in ("kind", "words", "summary", "language", "bookmark")}
        Draft(**shared, feeling=feeling, timeline=data["timeline"])
        if data["audio"] is not None:
            audio_name(name, data["audio"])
    entry = Entry(
        id=name,
        moment=moment,
        day=day,
        zone=data["zone"],
        feeling=feeling,
        has_timeline=data["timeline"] is not None,
        audio=data["audio"],
        **shared,
    )
    return entry, data["timeline"]


def _check_audio(archive: zipfile.ZipFile, entry: Entry) -> None:
    if entry.audio is not None:
        name = audio_name(entry.id, entry.audio)
        if not sum(map(len, _blocks(archive, name, LARGEST_AUDIO))):
            raise _refused(name, "a recording", "nothing")


def _object(archive: zipfile.ZipFile, name: str) -> Any:  # noqa: ANN401
    content = b"".join(_blocks(archive, name, _JSON))
    with _reading(name):
        data = json.loads(content)
    if not isinstance(data, dict):
        raise _refused(name, "a JSON object", type(data).__name__)
    return data


def _blocks(archive: zipfile.ZipFile, name: str, most: int) -> Iterator[bytes]:
    """A member to its end, where its sum stands."""
    left = most
    with _reading(name), archive.open(name) as member:
        while block := member.read(1 << 20):
            if (left := left - len(block)) < 0:
                raise _refused(name, f"at most {most:,} bytes", "more")
            yield block


@contextmanager
def _reading(what: str) -> Iterator[None]:
    """What is wrong with a part is wrong with the file that was given."""

    def damaged(error: Exception) -> InputError:
        return InputError(
            f"{what} of an exported diary was expected, and cannot be read as one "
            f"({' '.join(str(error).split())[:200]})",
            "Give the zip file as it was exported",
        )

    with files.unpacking(damaged):
        try:
            yield
        except UsageError as error:
            raise InputError(
                f"{what} of the exported diary: {error.problem}", error.remedy
            ) from None


def _refused(what: str, expected: str, got: str) -> InputError:
    return InputError(
        f"{what} of the exported diary cannot be: expected {expected}, got {got}",
        "Give the zip file as it was exported",
    )
