"""What all tests share."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import installed
import loaded_once
import pytest
from hypothesis import settings

from empathia import bench
from empathia.service import workers

# A busy machine must not fail a test: what counts is the behaviour, not the time.
settings.register_profile("patient", deadline=None, max_examples=30)
settings.load_profile("patient")

# What is imported and collected stays to the end: to look through it for garbage is slow.
gc.disable()


def pytest_collection_finish() -> None:
    """To look through thousands of tests again and again took a seventh of those in pure Python."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def models() -> Iterator[None]:
    """Models that do not change are loaded once."""
    with pytest.MonkeyPatch.context() as patch:
        loaded_once.share(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """No test cuts the power: none waits for the disk. Git is asked once which code this is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        patch.setattr(bench, "_ask_git", cache(bench._ask_git))
        yield


@pytest.fixture(scope="session", autouse=True)
def begun() -> Iterator[None]:
    """Processes of a service begin with what they import, which takes longer than their work."""
    multiprocessing.set_forkserver_preload(
        ["empathia.service.tasks.reading", "empathia.service.tasks.talking"]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "_BEGINS", multiprocessing.get_context("forkserver"))
        yield


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """A service that a test runs itself takes the log of the process; the next test has it anew."""
    root, uvicorn = logging.getLogger(), logging.getLogger("uvicorn")
    before, its = list(root.handlers), list(uvicorn.handlers)
    yield
    if root.handlers != before:
        root.handlers[:], uvicorn.handlers[:], uvicorn.propagate = before, its, True
        logging.captureWarnings(False)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the third party's package is installed; nothing finds it there of itself."""
    return installed.install(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def third_party(package: Path) -> Iterator[Path]:
    """The third party's plug-ins, for the tests of one file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(package))
        yield package
