"""A cache of its own, and sources on this machine."""

from __future__ import annotations

import os

import pytest
from weight_files import (
    FILES,
    INSIDE,
    NAME,
    Hub,
    archive_source,
    entry,
    hub_source,
    serve,
    wheel,
    write,
)

from empathia.weights import manifest


@pytest.fixture
def world(tmp_path, monkeypatch):
    """An own cache and manifest, and no way to any network."""
    (tmp_path / "archives").mkdir()
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "weights.toml")
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path / "home"))
    for name in (
        "EMPATHIA_ARCHIVES",
        "HF_HUB_OFFLINE",
        "HF_ENDPOINT",
        "PIP_EXTRA_INDEX_URL",
        "PIP_INDEX_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "archives"))
    return tmp_path


@pytest.fixture
def archive(world):
    """A manifest whose one source is an archive, and the archive."""
    box = wheel(world / "archives" / NAME, INSIDE)
    write(world, entry("tiny", FILES, archive_source("tiny", box, "tiny_pack/model/")))
    return box


@pytest.fixture
def hub(world, monkeypatch):
    """A hub on 127.0.0.1 and a manifest whose one source it is."""
    state = Hub(dict(FILES))
    server = serve(state)
    monkeypatch.setenv("HF_ENDPOINT", state.url + "/")
    write(world, entry("tiny", FILES, hub_source("tiny")))
    yield state
    server.shutdown()
    server.server_close()
