"""An entry of a diary on its way: read by a worker, then kept in one transaction."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from empathia.errors import AbsentError, UsageError
from empathia.service.diary import entries
from empathia.service.diary.accounts import Visit
from empathia.service.diary.baseline import baseline
from empathia.service.diary.days import place, zone_of
from empathia.service.diary.records import TYPES, WORDS, Draft, Entry, Feeling, Recording
from empathia.service.diary.store import Store
from empathia.service.forms import Came
from empathia.service.room import Room
from empathia.service.streaming import Tell
from empathia.service.tasks.entry import Read
from empathia.service.workers import Worker

_HEAD = 64  # bytes that tell a type
_WORDED = ("en", "ko")  # languages of what is said to entries


@dataclass(config=ConfigDict(extra="forbid"))
class Given:
    """What a client gives beside a recording, or in the place of one.

    Args:
        words: Of a written entry.
        when: A day ("2026-11-30") or a moment ("2026-11-30T08:15", with a zone or by the
            account's clocks); None is now.
        language: What is spoken or written, as ISO 639-1; None finds out.
        bookmark: Whether it is marked.
    """

    words: str | None = None
    when: str | None = None
    language: str | None = None
    bookmark: bool = False


_GIVEN = TypeAdapter(Given)


def given_of(content: bytes | Mapping[str, Sequence[str]]) -> Given:
    """What a client gives, out of a JSON text or the fields of a form.

    Raises:
        UsageError: It cannot be.
    """
    try:
        if isinstance(content, bytes):
            return _GIVEN.validate_json(content)
        return _GIVEN.validate_python({name: texts[-1] for name, texts in content.items()})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the entry"
        raise UsageError(f"{where[:80]}: {first['msg']}", "See /v1/openapi.json") from None


def moment(when: str | None) -> datetime | date | None:
    """A day or a moment as it is written.

    Raises:
        UsageError: It is neither.
    """
    if when is None:
        return None
    try:
        return date.fromisoformat(when) if len(when) == 10 else datetime.fromisoformat(when)
    except ValueError:
        raise UsageError(
            f"there is no day or moment {when[:40]!r}", "Write 2026-11-30 or 2026-11-30T08:15"
        ) from None


@dataclasses.dataclass(frozen=True, slots=True)
class Desk:
    """Where entries are written.

    Args:
        store: The diary.
        reader: Reads.
        longest: Seconds of a recording.
        room: For texts that are judged.
    """

    store: Store
    reader: Worker
    longest: float
    room: Room

    def check(self, visit: Visit, given: Given, came: Came | None) -> None:
        """Refuse at once what would be refused when it was read.

        Raises:
            UsageError: It cannot be.
        """
        place(moment(given.when), zone_of(visit.account.zone), self.store.clock())
        if (given.words is None) == (came is None):
            raise UsageError("an entry is a recording or words", "Give one of them")
        if given.words is not None and not 0 < len(given.words.strip()) <= WORDS:
            raise UsageError(
                f"{len(given.words):,} characters, expected 1 to {WORDS:,}", "Write something less"
            )
        if came is not None and visit.account.keeps_audio and _type(came.path) is None:
            raise UsageError(
                f"recordings are kept as {', '.join(TYPES.values())}; this is none of them",
                "Send one of these, or let the account keep no recordings",
            )

    async def write(self, visit: Visit, given: Given, came: Came | None, tell: Tell) -> Entry:
        """Read what came, and keep it as of when it came; on disk when this returns.

        Raises:
            EmpathiaError: It cannot be read or kept: nothing is.
        """
        if given.when is None:  # reading may last beyond midnight
            given = dataclasses.replace(given, when=self.store.clock().isoformat())
        if came is None:
            read = await self.judged(given.words or "", given.language)
        else:
            calm = await asyncio.to_thread(self._calm, visit)
            read = await self.ask("hear", came, tell, language=given.language, calm=calm)
        feeling = Feeling(read["shares"], read["abstained"])
        said = await self.summed(read, feeling, visit.account.language)
        keep = asyncio.to_thread(self._keep, visit, given, came, read, said)
        keeping = asyncio.ensure_future(keep)
        try:
            return await asyncio.shield(keeping)
        except asyncio.CancelledError:  # what is kept is kept whole: it needs what came
            await asyncio.wait([keeping])
            raise

    async def judged(self, text: str, language: str | None = None) -> Read:
        """What a text tells."""
        with self.room.place():
            read: Read = await self.ask("write", text=text, language=language)
            return read

    async def summed(self, read: Read, feeling: Feeling, other: str) -> str:
        """What to say to an entry, in its own language, or in another where that has no words."""
        language = read["language"] if read["language"] in _WORDED else other
        asked = self.ask("sum_up", words=read["words"], feeling=feeling, language=language)
        return str(await asked)

    async def ask(
        self, method: str, came: Came | None = None, tell: Tell | None = None, **given: object
    ) -> Any:  # noqa: ANN401 - as of a worker
        """What the reader says, of a recording where one came.

        Raises:
            EmpathiaError: As the method.
        """
        if came is None:
            return await self.reader.ask(method, tell, **given)
        file = {"file": str(came.path), "longest": self.longest}
        return await came.read(self.reader.ask(method, tell, **file, **given))

    def _calm(self, visit: Visit) -> Mapping[str, float] | None:
        try:
            return dict(baseline(self.store, visit).means)
        except AbsentError:
            return None

    def _keep(self, visit: Visit, given: Given, came: Came | None, read: Read, said: str) -> Entry:
        feeling = Feeling(read["shares"], read["abstained"])
        sound = None
        if came is not None and visit.account.keeps_audio and (kind := _type(came.path)):
            sound = Recording(kind, came.path.read_bytes())
        draft = Draft(
            "text" if came is None else "voice",
            read["words"],
            feeling,
            said,
            read["language"],
            moment(given.when),
            given.bookmark,
            read["timeline"],
            sound,
        )
        return entries.get(self.store, visit, entries.add(self.store, visit, draft))


def _type(path: Path) -> str | None:
    """Which of the types that are kept a recording is, by its first bytes."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    signs = {
        "wav": head[:4] == b"RIFF" and head[8:12] == b"WAVE",
        "webm": head[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in head,
        "ogg": head[:4] == b"OggS",
        "mp3": head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0"),
        "m4a": head[4:8] == b"ftyp",
        "flac": head[:4] == b"fLaC",
    }
    return next((kind for kind, suffix in TYPES.items() if signs[suffix]), None)
