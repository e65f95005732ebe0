"""What an account leaves outside of the diary's database, uploads and talks: gone with it.

That somebody leaves is written down first, so that a kill in between is made good at the start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from empathia.service.chats import Chats
from empathia.service.diary.accounts import everyone
from empathia.service.diary.store import Store
from empathia.service.jobs import Jobs


async def leave(
    folder: Path, jobs: Jobs, chats: Chats, store: Store, *, account: str, close: Callable[[], None]
) -> None:
    """Close an account, and delete what it leaves.

    Its mark stays: what still came in meanwhile is deleted at the next start.

    Args:
        folder: Of the service.
        jobs: All uploads.
        chats: All talks.
        store: The diary.
        account: Its id.
        close: Closes it in the database; not on the event loop.

    Raises:
        Exception: What closing it raised: it stays, or the database could not delete all of it.
    """
    mark = folder / "leaving" / account
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.touch(0o600)
    try:
        await asyncio.to_thread(close)
    except Exception:
        if account in await asyncio.to_thread(everyone, store):
            mark.unlink(missing_ok=True)
        else:
            await _forget(jobs, chats, account)
        raise
    await _forget(jobs, chats, account)


async def finish(folder: Path, jobs: Jobs, chats: Chats, store: Store) -> None:
    """Delete what is left of accounts that were closed since the last start."""
    marks = [*(folder / "leaving").glob("*")]
    there = await asyncio.to_thread(everyone, store) if marks else frozenset[str]()
    for mark in marks:
        if mark.name not in there:
            await _forget(jobs, chats, mark.name)
        mark.unlink(missing_ok=True)


async def _forget(jobs: Jobs, chats: Chats, account: str) -> None:
    await chats.forget(account)
    for job in jobs.all_of(account):
        await jobs.delete(job.owner, job.id)
