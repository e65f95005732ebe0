"""Uploads and what becomes of them: a folder each, one after another, as often as it is started.

    add (upload on disk) -> waiting -> reading -> done | failed

What :meth:`Jobs.add` has returned is on disk: a service that was killed goes on with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from empathia import files
from empathia.errors import EmpathiaError
from empathia.files import Plain
from empathia.service import log, problems
from empathia.service.problems import Refused
from empathia.service.room import Room
from empathia.service.workers import Away, Died, Worker

WAITING, READING, DONE, FAILED = "waiting", "reading", "done", "failed"
_STATE, _UPLOAD, _GONE = "job.json", "upload", ".gone-"
_TRIES = 2  # of a job whose process ends
_BEAT = 15.0  # s without an event after which a follower hears that the service is there


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """An upload.

    Args:
        id: Nobody guesses it.
        owner: Whose it is; "" of who shows the service's token, or needs none.
        name: What the client calls the file.
        created: When it came, UTC, ISO 8601.
        state: "waiting", "reading", "done" or "failed".
        options: How it is read.
        tries: How often reading it has begun.
        about: What there is to tell of it, when it is done.
        problem: Why it failed, as problem details.
    """

    id: str
    owner: str
    name: str
    created: str
    state: str = WAITING
    options: Mapping[str, Plain] = dataclasses.field(default_factory=dict)
    tries: int = 0
    about: Mapping[str, Plain] | None = None
    problem: Mapping[str, Plain] | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.state in {DONE, FAILED}


class Jobs:
    """All uploads.

    Args:
        folder: Where they are; those of a service before are taken up.
        worker: Reads.
        waiting: How many may wait or come in at a time.
        longest: Seconds of a recording.
    """

    def __init__(self, folder: Path, worker: Worker, waiting: int, longest: float) -> None:
        self._folder, self._worker = folder, worker
        self._coming, self._longest = Room(waiting), longest
        self._jobs: dict[str, Job] = {}
        self._last: dict[str, Plain] = {}  # how far a job is
        self._changed = asyncio.Event()  # of any of them; each change has its own
        self._new = asyncio.Event()
        self._reading: tuple[str, asyncio.Task[None]] | None = None
        self._ends = False
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._take_up()

    def _take_up(self) -> None:
        for place in sorted(self._folder.iterdir()):
            gone = place.name.startswith(_GONE) or not (place / _STATE).is_file()
            if gone:  # was deleted, or did not come in whole
                shutil.rmtree(place, ignore_errors=True)
                continue
            try:
                job = _job((place / _STATE).read_text("utf-8"))
            except (OSError, ValueError, TypeError, AttributeError) as error:
                log.fault(error, f"upload {place.name}")  # left as it is: somebody may mend it
                continue
            self._jobs[job.id] = replace(job, state=WAITING) if job.state == READING else job
        self._jobs = dict(sorted(self._jobs.items(), key=lambda item: item[1].created))

    def room(self) -> AbstractContextManager[None]:
        """A place for an upload that comes in.

        Raises:
            Refused: All are taken.
        """
        return self._coming.place(sum(not j.is_over for j in self._jobs.values()))

    async def add(
        self,
        owner: str,
        name: str,
        source: BinaryIO,
        options: Mapping[str, Plain],
    ) -> Job:
        """Take an upload; it is on disk when this returns.

        Args:
            owner: Whose it is.
            name: What the client calls the file; its ending tells what it is.
            source: Where it is read from.
            options: How it is read.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        job = Job(secrets.token_urlsafe(16), owner, name, now, options=options)
        try:
            await asyncio.to_thread(self._store, job, source)
        except BaseException:
            shutil.rmtree(self._folder / job.id, ignore_errors=True)
            raise
        self._keep(job)
        self._new.set()
        return job

    def _store(self, job: Job, source: BinaryIO) -> None:
        (self._folder / job.id).mkdir(mode=0o700)
        with files.writing(self._upload(job), 0o600) as file:
            shutil.copyfileobj(source, file, 1 << 20)

    def _upload(self, job: Job) -> Path:
        return self._folder / job.id / f"{_UPLOAD}{ending(job.name)}"

    def _keep(self, job: Job) -> None:
        files.write_json(self._folder / job.id / _STATE, dataclasses.asdict(job))
        self._jobs[job.id] = job
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def all_of(self, owner: str) -> list[Job]:
        """Somebody's jobs, the newest first."""
        return [j for j in reversed(self._jobs.values()) if j.owner == owner]

    def get(self, owner: str, id: str) -> Job:
        """One of them.

        Raises:
            Refused: There is none of that id, or it is somebody else's.
        """
        if (job := self._of(owner, id)) is None:
            raise _absent()
        return job

    def _of(self, owner: str, id: str) -> Job | None:
        job = self._jobs.get(id)
        return job if job is not None and job.owner == owner else None

    def claim(self, owner: str, id: str) -> Job:
        """Make a job of nobody somebody's; one that is theirs stays so.

        Raises:
            Refused: There is none of that id, or it is another's.
        """
        known = self._jobs.get(id)
        job = self.get("" if known is not None and not known.owner else owner, id)
        if job.owner != owner:
            self._keep(job := replace(job, owner=owner))
        return job

    def result(self, owner: str, id: str, name: str) -> Path:
        """A file of a job that is done.

        Raises:
            Refused: There is no such job, or it has none.
        """
        job = self.get(owner, id)
        if job.state != DONE:
            raise Refused(409, f"the job is {job.state}", "Follow it: GET /v1/jobs/ID/events")
        return self._folder / job.id / name

    def opened(self, owner: str, id: str, *names: str) -> BinaryIO:
        """The first that there is of some files of a job; it stays whole where that is deleted.

        Raises:
            Refused: As :meth:`result`, or there is none of them.
        """
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                return self.result(owner, id, name).open("rb")
        raise _absent()

    async def delete(self, owner: str, id: str) -> None:
        """Delete a job, wherever it is: the file, what was read, all of it.

        Raises:
            Refused: There is none of that id, or it is somebody else's.
        """
        self.get(owner, id)
        place = self._folder / id
        gone = place.with_name(f"{_GONE}{id}")
        place.rename(gone)  # from here on it does not come back
        (gone / _STATE).unlink(missing_ok=True)
        del self._jobs[id]
        self._last.pop(id, None)
        if self._reading is not None and self._reading[0] == id:
            self._reading[1].cancel()
        self._tell()
        await asyncio.to_thread(shutil.rmtree, gone, ignore_errors=True)

    async def follow(self, owner: str, id: str) -> AsyncIterator[tuple[str, Plain]]:
        """What becomes of a job: ("progress", how far), and ("job", the job) when it is over.

        ("beat", None) comes where nothing else does. It ends without "job" where that was deleted
        or claimed, or waits in a service that stops.

        Raises:
            Refused: There is none of that id, or it is somebody else's.
        """
        self.get(owner, id)
        last: Plain = None
        while (job := self._of(owner, id)) is not None and not job.is_over:
            changed, now = self._changed, self._last.get(id) or self._standing(job)
            if now != last:
                yield "progress", now
            last = now
            if self._ends and job.state == WAITING:
                return
            try:
                await asyncio.wait_for(changed.wait(), _BEAT)
            except TimeoutError:
                yield "beat", None
        if job is not None:
            yield "job", dict(dataclasses.asdict(job))

    def _standing(self, job: Job) -> Plain:
        """How a job stands that nothing is told of yet, and how many come before it."""
        if job.state != WAITING:
            return {"stage": job.state}
        before = list(self._jobs)[: list(self._jobs).index(job.id)]
        return {"stage": WAITING, "before": sum(not self._jobs[i].is_over for i in before)}

    async def work(self) -> None:
        """Read what waits, one after another, until :meth:`stop`."""
        while not self._ends:
            self._new.clear()
            job = next((j for j in self._jobs.values() if j.state == WAITING), None)
            if job is None:
                await self._new.wait()
                continue
            task = asyncio.ensure_future(self._read(job))
            self._reading = job.id, task
            try:
                await asyncio.wait([task])
            finally:
                self._reading = None

    def stop(self) -> None:
        """Begin nothing more; what is read is read to its end, what waits is followed no more."""
        self._ends = True
        self._new.set()
        self._tell()

    async def _read(self, job: Job) -> None:
        job = self._jobs.get(job.id, job)  # somebody may have claimed it
        job = replace(job, state=READING, tries=job.tries + 1)
        place = self._folder / job.id
        try:
            self._keep(job)
            about = await self._worker.ask(
                "read",
                lambda done: self._progress(job.id, *done),
                file=str(self._upload(job)),
                name=job.name,
                folder=str(place),
                given=job.options,
                longest=self._longest,
            )
        except Away:
            over = replace(job, state=WAITING, tries=job.tries - 1)
        except Died as error:
            over = self._failed(job, error) if job.tries >= _TRIES else replace(job, state=WAITING)
        except EmpathiaError as error:
            over = self._failed(job, error)
        except Exception as error:
            log.fault(error, "job")
            over = self._failed(job, problems.unknown(type(error).__name__))
        else:
            over = replace(job, state=DONE, about=about)
        self._over(over)

    def _over(self, job: Job) -> None:
        if job.id not in self._jobs:  # it was deleted meanwhile
            return
        job = replace(job, owner=self._jobs[job.id].owner)  # somebody may have claimed it
        self._last.pop(job.id, None)
        try:
            self._keep(job)
        except (OSError, EmpathiaError) as error:  # as of a full disk: read anew at the next start
            log.fault(error, "job")
            self._jobs[job.id] = job
            self._tell()
        log.write("job", id=job.id, state=job.state, tries=job.tries)

    def _progress(self, id: str, stage: str, done: float, total: float | None) -> None:
        self._last[id] = {"stage": stage, "done": done, "total": total}
        self._tell()

    def _failed(self, job: Job, error: EmpathiaError) -> Job:
        """Errors name the file by its path, which is nobody's but the service's."""
        error.call(str(self._upload(job)), job.name)
        return replace(job, state=FAILED, problem=problems.told(error))


def _absent() -> Refused:
    return Refused(404, "there is no such job", "GET /v1/jobs lists those there are")


def _job(kept: str) -> Job:
    """A job as it was kept, by whatever version."""
    known = {f.name for f in dataclasses.fields(Job)}
    return Job(**{name: value for name, value in json.loads(kept).items() if name in known})


def ending(name: str) -> str:
    """How a file's name ends, as far as it is plain: ".mp3", or ""."""
    suffix = Path(name).suffix.lower()
    plain = suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= 10
    return suffix if plain else ""
