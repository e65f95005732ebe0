"""What weights there are: the manifest ``weights.toml`` as frozen values.

A file's identity is its sha256. Sources are tried in the order in which they
are written; which of them delivered the bytes makes no difference.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TypedDict, TypeVar

from empathia.errors import ConfigError, UsageError

MANIFEST = Path(__file__).with_name("weights.toml")
SHIPPED = Path(__file__).with_name("shipped")
KINDS = ("hub", "github", "archive", "npm")
_PIP = "python -m pip download --no-deps --only-binary=:all:"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Convert:
    """How a PyTorch checkpoint becomes plain arrays at pull.

    Args:
        key: Entry of the checkpoint that holds the tensors; "" where it is these alone.
        drop: Names of tensors that reading does not need.
        size: Bytes of the resulting npz.
        arrays: Digest over names, types, shapes and values of the arrays.
    """

    key: str
    drop: tuple[str, ...]
    size: int
    arrays: str


@dataclass(frozen=True, slots=True)
class File:
    """One file of a weight.

    Args:
        name: Name in the weight's folder.
        path: Name at the sources.
        size: Bytes at the sources.
        sha256: Sum at the sources.
        parts: Members that the file is joined of where a source is archives in parts, one an
            archive; () where it lies whole in the first of them.
        convert: What is made of it at pull; None where it is kept as it is.
    """

    name: str
    path: str
    size: int
    sha256: str
    parts: tuple[str, ...] = ()
    convert: Convert | None = None

    @property
    def installed_size(self) -> int:
        """Bytes in the weight's folder."""
        return self.size if self.convert is None else self.convert.size

    @property
    def sum(self) -> str:
        """What identifies the installed file: its sha256, or the digest over its arrays."""
        return self.sha256 if self.convert is None else self.convert.arrays


@dataclass(frozen=True, slots=True)
class Source:
    """A place that has the files of a weight.

    Args:
        kind: "hub" and "github" (repository at a revision), "archive" (a package of pip's registry)
            or "npm" (one of npm's).
        repository: Owner and name of the repository.
        revision: Full commit id.
        package: Name of the registry package.
        version: Its version.
        archive: File name of the archive.
        size: Bytes of the archive.
        sha256: Sum of the archive.
        folder: Where the files lie inside, "" or ending in "/".
        parts: The archives in order where it takes several; the fields above are empty then.
        files: Names of the files that it has; () for all of the weight.
    """

    kind: str
    repository: str = ""
    revision: str = ""
    package: str = ""
    version: str = ""
    archive: str = ""
    size: int = 0
    sha256: str = ""
    folder: str = ""
    parts: tuple[Source, ...] = ()
    files: tuple[str, ...] = ()

    def has(self, file: File) -> bool:
        """Whether a file can be had there."""
        return not self.files or file.name in self.files

    @property
    def archives(self) -> tuple[Source, ...]:
        """The archives that it takes, each a source of its own; () for a repository."""
        return self.parts or ((self,) if self.package else ())

    @property
    def tool(self) -> str:
        """The program that brings its archives."""
        return "npm" if self.kind == "npm" else "pip"

    @property
    def ending(self) -> str:
        """Of its archives' names."""
        return ".tgz" if self.kind == "npm" else ".whl"

    @property
    def packages(self) -> str:
        """What pip or npm is asked for."""
        sign = "@" if self.kind == "npm" else "=="
        return " ".join(f"{a.package}{sign}{a.version}" for a in self.archives)

    @property
    def command(self) -> str:
        """What gets its archives by hand."""
        return f"npm pack {self.packages}" if self.kind == "npm" else f"{_PIP} {self.for_pip}"

    @property
    def for_pip(self) -> str:
        """The same with what makes pip take a wheel that is for another system than this one."""
        tags = [a.archive.removesuffix(".whl").split("-")[-3:] for a in self.archives]
        for python, abi, platform in (t for t in tags if t[-1:] != ["any"] and len(t) == 3):
            system = f"--platform {platform.split('.')[-1]}"
            if abi != "none":  # else any Python will do
                system += f" --implementation {python[:2]} --python-version {python[2:]}"
                system += f" --abi {abi}"
            return f"{system} {self.packages}"
        return self.packages

    @property
    def label(self) -> str:
        """The source in words, for notes and tables."""
        if self.archives:
            return f"{self.kind} {self.packages}"
        return f"{self.kind} {self.repository}@{self.revision[:8]}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One weight of the manifest.

    Args:
        name: Name of the weight and of its folder.
        role: What it is for.
        licence: Licence of the weight.
        noncommercial: Whether it, or data that it was trained on, forbids commercial use.
        files: Its files: where it is shipped, those that reading needs.
        sources: Where to get them, best first; () for shipped weights.
        shipped: Comes with Empathia itself, in ``empathia/weights/shipped/<name>/``.
        trained_on: Data behind it with their licences, where that decides the licence.
        corpora: Plug-ins of the corpora that it learnt from: no test on them is a fair one.
        note: A remark for the table.
        on_request: Pulled only where it is named.
    """

    name: str
    role: str
    licence: str
    noncommercial: bool
    files: tuple[File, ...] = ()
    sources: tuple[Source, ...] = ()
    shipped: bool = False
    trained_on: tuple[str, ...] = ()
    corpora: tuple[str, ...] = ()
    note: str = ""
    on_request: bool = False

    @property
    def revision(self) -> str:
        """Commit of the original repository; "" where there is none."""
        return next((s.revision for s in self.sources if s.revision), "")

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(f.installed_size for f in self.files)

    @property
    def download(self) -> int:
        """Bytes of the files at the sources."""
        return sum(f.size for f in self.files)


def catalogue(manifest: Path | None = None) -> dict[str, Entry]:
    """All weights by name, in the order of the manifest.

    Args:
        manifest: Another manifest than the one that comes with Empathia.

    Raises:
        ConfigError: The manifest has an unknown or missing key or an unsafe name.
    """
    file = manifest or MANIFEST
    return dict(_parse(file, file.stat().st_mtime_ns))


def select(names: tuple[str, ...]) -> tuple[Entry, ...]:
    """Entries by name; all where no name is given.

    Args:
        names: Names of weights.

    Raises:
        UsageError: There is no weight of that name.
        ConfigError: One of them names no files. What isn't asked for may be unfinished: a weight
            that is to ship has an entry before the training that makes it ends.
    """
    known = catalogue()
    for name in names:
        if name not in known:
            raise UsageError(
                f"unknown weight '{name}' (known: {', '.join(known)})", "Name one of these"
            )
    chosen = [known[name] for name in dict.fromkeys(names or known)]
    if bare := [e.name for e in chosen if not e.files]:
        raise ConfigError(
            f"weights.toml: '{bare[0]}' names no files",
            "Name them; those of a shipped weight: run python scripts/sum_shipped_weights.py",
        )
    return tuple(chosen)


@lru_cache(maxsize=4)
def _parse(manifest: Path, changed: int) -> tuple[tuple[str, Entry], ...]:
    tables = tomllib.loads(manifest.read_text(encoding="utf-8"))
    return tuple((name, _entry(name, table)) for name, table in tables.items())


class _ConvertTable(TypedDict, total=False):
    drop: list[str]


class _FileTable(TypedDict, total=False):
    name: str
    path: str
    parts: list[str]
    convert: _ConvertTable


class _SourceTable(TypedDict, total=False):
    parts: list[Mapping[str, object]]
    files: list[str]


class _EntryTable(TypedDict, total=False):
    files: list[_FileTable]
    sources: list[_SourceTable]
    trained_on: list[str]
    corpora: list[str]


def _entry(name: str, table: _EntryTable) -> Entry:
    _plain(name, name)
    values = {
        **table,
        "name": name,
        "files": tuple(_file(name, f) for f in table.get("files", ())),
        "sources": tuple(_source(name, s) for s in table.get("sources", ())),
        "trained_on": tuple(table.get("trained_on", ())),
        "corpora": tuple(table.get("corpora", ())),
    }
    entry = _made(Entry, name, values)
    if entry.shipped and (entry.sources or any(f.convert for f in entry.files)):
        raise ConfigError(
            f"weights.toml: '{name}' is shipped, so it has no sources and converts nothing",
            "Mend the entry",
        )
    nowhere = [f.name for f in entry.files if not any(s.has(f) for s in entry.sources)]
    if nowhere and entry.sources:
        raise ConfigError(
            f"weights.toml: no source of '{name}' has {nowhere[0]}",
            "Name it in the files of one, or leave these out where a source has all",
        )
    for file in (f for f in entry.files if f.parts):
        if len(file.parts) not in {len(s.parts) for s in entry.sources}:
            raise ConfigError(
                f"weights.toml: '{name}' joins {file.name} of {len(file.parts)} parts, and no "
                "source has as many archives",
                "Give a source of kind 'archive' one table 'parts' an archive, in order",
            )
    return entry


def _file(name: str, table: _FileTable) -> File:
    convert = table.get("convert")
    values = {
        "path": table.get("name", ""),
        **table,
        "parts": tuple(table.get("parts", ())),
        "convert": None if convert is None else _convert(name, convert),
    }
    file = _made(File, name, values)
    _plain(name, file.name)
    for path in (file.path, *file.parts):
        for part in PurePosixPath(path).parts:
            _plain(name, part)
    return file


def _convert(name: str, table: _ConvertTable) -> Convert:
    return _made(Convert, name, {**table, "drop": tuple(table.get("drop", ()))})


def _source(name: str, table: _SourceTable) -> Source:
    parts = tuple(_single(name, {"kind": "archive", **part}) for part in table.get("parts", ()))
    if not parts:
        return _single(name, {**table, "files": tuple(table.get("files", ()))})
    files = tuple(table.get("files", ()))
    source = _made(Source, name, {**table, "parts": parts, "files": files})
    if source != Source("archive", parts=parts, files=files):
        raise ConfigError(
            f"weights.toml: a source of '{name}' in parts says more than kind = \"archive\" "
            "and files",
            "Say package, version, archive, size, sha256 and folder in each of its parts",
        )
    return source


def _single(name: str, table: Mapping[str, object]) -> Source:
    source = _made(Source, name, table)
    needed = (source.package, source.version, source.archive, source.sha256, source.size)
    if source.kind in ("hub", "github"):
        needed = (source.repository, source.revision, "-", "-", 1)
    if source.kind not in KINDS or not all(needed):
        raise ConfigError(
            f"weights.toml: a source of '{name}' is incomplete: {table}",
            f"Give kind ({', '.join(KINDS)}) and all that identifies the source",
        )
    return source


def _made(kind: Callable[..., T], name: str, values: Mapping[str, object]) -> T:
    """A record of the manifest, of keys that it knows and of all that it needs."""
    known = inspect.signature(kind).parameters
    unknown = sorted(set(values) - set(known))
    missing = sorted(p for p, x in known.items() if x.default is x.empty and p not in values)
    if unknown or missing:
        raise ConfigError(
            f"weights.toml: '{name}' has unknown keys {unknown} and lacks {missing}",
            f"A {kind.__name__.lower()} has {', '.join(sorted(known))}",
        )
    return kind(**values)


def _plain(entry: str, name: str) -> None:
    """A name becomes a path in the cache, so it must not lead out of it."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if len(parts) != 1 or name.startswith((".", "/")) or ":" in name:
        raise ConfigError(
            f"weights.toml: '{entry}' holds the unsafe file name '{name}'",
            "Use a plain name without folders",
        )
