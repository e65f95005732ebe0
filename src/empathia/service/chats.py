"""Talks that are kept, a file each: listed, deleted, and held by one client at a time."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from empathia import files
from empathia.service.problems import Refused

IDS = re.compile(r"[\w-]{16,64}", re.ASCII)
"""What a talk can be called."""
_ENDS = 2.0  # s that one has to end whose client has just gone


@dataclass(frozen=True, slots=True)
class Kept:
    """A talk.

    Args:
        id: Nobody guesses it.
        changed: When something was last said, UTC, ISO 8601.
        open: Whether somebody talks.
    """

    id: str
    changed: str
    open: bool


@dataclass(frozen=True, slots=True)
class _Holder:
    end: Callable[[], None]
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Chats:
    """All talks.

    Args:
        folder: Where they are kept; those of an account in a folder of its name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[Path, _Holder] = {}

    def all_of(self, owner: str) -> list[Kept]:
        """Somebody's, the one that was last spoken in first."""
        last: dict[Path, float] = {}
        for file in (self._folder / owner).glob("*.json"):
            with contextlib.suppress(FileNotFoundError):  # it was deleted meanwhile
                last[file] = file.stat().st_mtime
        return [
            Kept(p.stem, datetime.fromtimestamp(last[p], UTC).isoformat(), p in self._held)
            for p in sorted(last, key=lambda p: last[p], reverse=True)
        ]

    async def delete(self, owner: str, id: str) -> None:
        """Delete one.

        Raises:
            Refused: There is none of that id, it is somebody else's, or it is open.
        """
        file = self._folder / owner / f"{id}.json"
        if (holder := self._held.get(file)) is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ENDS):
                    await holder.over.wait()
        if file in self._held:
            raise Refused(409, "the talk is open", "Close its socket first")
        if not (IDS.fullmatch(id) and files.remove(file)):
            raise Refused(404, "there is no such talk", "GET /v1/chats lists those there are")

    @contextlib.asynccontextmanager
    async def held(self, file: Path, end: Callable[[], None]) -> AsyncIterator[None]:
        """Talk alone: who held the same talk before is let go, and has kept all of it then.

        That may be a line that broke without a word.

        Args:
            file: Of the talk.
            end: Lets this client go.
        """
        await self._end(file)
        mine = self._held[file] = _Holder(end)
        try:
            yield
        finally:
            del self._held[file]
            mine.over.set()

    async def forget(self, account: str) -> None:
        """End all talks of an account, and delete them."""
        for file in [f for f in self._held if f.parent.name == account]:
            await self._end(file)
        await asyncio.to_thread(shutil.rmtree, self._folder / account, ignore_errors=True)

    async def _end(self, file: Path) -> None:
        while (holder := self._held.get(file)) is not None:
            holder.end()
            await holder.over.wait()
