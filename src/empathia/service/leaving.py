"""What an account leaves outside of the diary's database, uploads and talks: gone with it.

That somebody leaves is written down first, so that a kill in between is made good at the start.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from empathia.errors import AccessError
from empathia.service.diary.accounts import everyone
from empathia.service.diary.store import Store
from empathia.service.jobs import Jobs


async def leave(folder: Path, jobs: Jobs, account: str, close: Callable[[], None]) -> None:
    """Close an account, and delete what it leaves.

    Args:
        folder: Of the service.
        jobs: All uploads.
        account: Its id.
        close: Closes it in the database; not on the event loop.

    Raises:
        AccessError: It stays.
    """
    mark = folder / "leaving" / account
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.touch(0o600)
    try:
        await asyncio.to_thread(close)
    except AccessError:
        mark.unlink(missing_ok=True)
        raise
    await _forget(folder, jobs, mark)


async def finish(folder: Path, jobs: Jobs, store: Store) -> None:
    """Delete what is left of accounts that were closed when the service was killed."""
    marks = [*(folder / "leaving").glob("*")]
    there = await asyncio.to_thread(everyone, store) if marks else frozenset[str]()
    for mark in marks:
        if mark.name in there:
            mark.unlink(missing_ok=True)
        else:
            await _forget(folder, jobs, mark)


async def _forget(folder: Path, jobs: Jobs, mark: Path) -> None:
    for job in jobs.all_of(mark.name):
        await jobs.delete(job.owner, job.id)
    await asyncio.to_thread(shutil.rmtree, folder / "chats" / mark.name, ignore_errors=True)
    mark.unlink(missing_ok=True)
