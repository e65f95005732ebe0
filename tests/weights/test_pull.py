"""Pulling from folders and a hub, and all that can go wrong on the way."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace

import pytest
from weight_files import (
    BIG,
    FILES,
    INSIDE,
    NAME,
    SMALL,
    archive_source,
    check,
    entry,
    hub_source,
    leftovers,
    sha,
    wheel,
    write,
)

from empathia import weights
from empathia.errors import UsageError, WeightsError
from empathia.weights import fetch

# From folders


def test_an_archive_in_a_folder(world, archive):
    (done,) = weights.pull(["tiny"], folders=[archive.parent], offline=True)
    assert done.files == ("model.bin", "config.json")
    assert done.sources == (f"file {archive}",)
    check()
    assert sorted(p.name for p in (world / "home" / "weights").iterdir()) == [".lock", "tiny"]
    (again,) = weights.pull(["tiny"], offline=True)
    assert again.files == ()


def test_a_renamed_archive_named_in_the_environment(world, archive, monkeypatch):
    folder = world / "with spaces 폴더"
    folder.mkdir()
    archive.rename(folder / "download (1).whl")
    monkeypatch.setenv("EMPATHIA_ARCHIVES", f"{world / 'absent'}{os.pathsep}{folder}")
    weights.pull(["tiny"], offline=True)
    check()


def test_plain_files_and_a_copied_cache(world, archive):
    folder = world / "copied"
    (folder / "tiny").mkdir(parents=True)
    (folder / "tiny" / "model.bin").write_bytes(BIG)
    (folder / "config.json").write_bytes(SMALL)
    weights.pull(["tiny"], folders=[folder], offline=True)
    check()
    assert (folder / "config.json").exists(), "what was copied from stays"


def test_only_what_is_damaged_is_fetched(world, archive):
    weights.pull(["tiny"], folders=[archive.parent], offline=True)
    kept = (weights.folder("tiny") / "model.bin").stat().st_ino
    (weights.folder("tiny") / "config.json").write_bytes(b"half")
    (done,) = weights.pull(["tiny"], folders=[archive.parent], offline=True)
    assert done.files == ("config.json",)
    assert (weights.folder("tiny") / "model.bin").stat().st_ino == kept
    check()


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text"])
def test_a_damaged_archive_is_not_used(world, archive, damage):
    data = archive.read_bytes()
    archive.write_bytes(
        {
            "cut": data[:-100],
            "flipped": data[:500] + bytes([data[500] ^ 1]) + data[501:],
            "empty": b"",
            "text": b"<html>log in first</html>",
        }[damage]
    )
    with pytest.raises(WeightsError, match=f"{NAME} has .*, expected") as caught:
        weights.pull(["tiny"], folders=[archive.parent], offline=True)
    assert "pip download" in caught.value.remedy
    assert weights.state("tiny") == "missing"
    assert leftovers(world) == []


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ({"tiny_pack/model/model.bin": BIG[:-1]}, "has 1048575 bytes, expected 1048576"),
        ({"tiny_pack/model/model.bin": BIG + BIG}, "has 2097152 bytes, expected 1048576"),
        ({"tiny_pack/model/model.bin": BIG[::-1]}, "another file, sha256"),
        ({"tiny_pack/model.bin": BIG}, r"has no tiny_pack/model/model\.bin"),
        ({"../../model.bin": BIG, "/model.bin": BIG}, r"has no tiny_pack/model/model\.bin"),
    ],
)
def test_an_archive_that_holds_something_else(world, members, complaint):
    # The archive's own sum is right here: what is inside must still be what the manifest says.
    box = wheel(world / "archives" / NAME, members)
    write(world, entry("tiny", FILES, archive_source("tiny", box, "tiny_pack/model/")))
    with pytest.raises(WeightsError, match=complaint):
        weights.pull(["tiny"], folders=[box.parent], offline=True)
    assert weights.state("tiny") == "missing"


def test_names_in_an_archive_never_become_paths(world):
    tricks = {"../../evil": b"x", "/tmp/evil-empathia": b"x", "tiny_pack/model/../../../evil": b"x"}
    box = wheel(world / "archives" / NAME, {**INSIDE, **tricks})
    write(world, entry("tiny", FILES, archive_source("tiny", box, "tiny_pack/model/")))
    weights.pull(["tiny"], folders=[box.parent], offline=True)
    check()
    assert not list(world.rglob("*evil*"))


@pytest.mark.parametrize(
    ("packing", "told"), [(zipfile.ZIP_STORED, "Bad CRC"), (zipfile.ZIP_DEFLATED, "Error -3")]
)
def test_a_damaged_member_with_a_right_header(world, packing, told):
    box = world / "archives" / NAME
    with zipfile.ZipFile(box, "w", packing) as archive:
        archive.writestr("m/model.bin", BIG)
    data = bytearray(box.read_bytes())
    data[30 + len("m/model.bin")] = 255  # the first byte of the member
    box.write_bytes(bytes(data))
    write(world, entry("tiny", {"model.bin": BIG}, archive_source("tiny", box, "m/")))
    with pytest.raises(WeightsError, match=f"is damaged: {told}"):
        weights.pull(["tiny"], folders=[box.parent], offline=True)


def test_one_weight_that_fails_does_not_stop_the_others(world, archive):
    more = entry("second", {"a.bin": b"other"}) + (world / "weights.toml").read_text()
    write(world, more)
    with pytest.raises(WeightsError, match="weight 'second' could not be pulled") as caught:
        weights.pull(folders=[archive.parent], offline=True)
    assert "'tiny'" not in str(caught.value)
    assert f"copy a.bin (sha256 {sha(b'other')}) into a folder here" in caught.value.remedy
    check()


def test_wrong_use(world, archive):
    with pytest.raises(UsageError, match="unknown weight 'x'"):
        weights.pull(["x"])
    with pytest.raises(UsageError, match="there is no folder"):
        weights.pull(["tiny"], folders=[world / "absent"])


def test_a_cache_that_cannot_be_written(world, archive):
    (world / "home").write_text("a file where the folder should be")
    with pytest.raises(WeightsError, match="cannot write weights into") as caught:
        weights.pull(["tiny"], folders=[archive.parent], offline=True)
    assert "EMPATHIA_HOME" in caught.value.remedy


def test_ctrl_c_leaves_nothing_half_written(world, archive):
    def stop(_what, done, _total):
        if done > len(BIG) // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.pull(["tiny"], stop, folders=[archive.parent], offline=True)
    assert leftovers(world) == []
    assert weights.state("tiny") == "missing"
    weights.pull(["tiny"], folders=[archive.parent], offline=True)
    check()


# From a hub


def test_the_hub_comes_first(world, hub):
    seen = []
    (done,) = weights.pull(["tiny"], lambda *told: seen.append(told))
    assert done.sources == ("hub owner/tiny@01234567",)
    assert hub.asked == [("model.bin", ""), ("config.json", "")]
    check()
    counted = [done for what, done, _ in seen if what == "tiny/model.bin"]
    assert counted == sorted(counted)
    assert counted[0] == 0
    assert counted[-1] == len(BIG)
    whole = dict.fromkeys(what for what, done, total in seen if done == total)
    assert list(whole) == ["tiny/model.bin", "tiny/config.json"]


def test_a_stopped_download_is_continued(world, hub):
    def stop(_what, done, _total):
        if done >= len(BIG) // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.pull(["tiny"], stop)
    (part,) = leftovers(world)
    assert part.endswith(".partial")
    have = (world / "home" / "weights" / ".pull" / part).stat().st_size
    assert 0 < have < len(BIG)
    hub.asked.clear()
    weights.pull(["tiny"])
    assert hub.asked[0] == ("model.bin", f"bytes={have}-")
    check()
    assert leftovers(world) == []


def test_a_broken_connection_is_taken_up_again(world, hub):
    hub.break_after = [300_000, 300_000]
    weights.pull(["tiny"])
    assert [r for f, r in hub.asked if f == "model.bin"] == ["", "bytes=300000-", "bytes=600000-"]
    check()


def test_a_server_without_ranges_starts_again(world, hub):
    hub.ranges = False
    hub.break_after = [300_000]
    weights.pull(["tiny"])
    check()


def test_an_old_part_of_something_else_is_dropped(world, hub):
    staging = world / "home" / "weights" / ".pull"
    part = staging / f"tiny-model.bin.{sha(BIG)[:8]}.partial"
    for stale in (b"something else", b"\0" * len(BIG), b"\0" * (len(BIG) + 9)):
        staging.mkdir(parents=True, exist_ok=True)
        part.write_bytes(stale)
        weights.pull(["tiny"])
        check()
        (weights.folder("tiny") / "model.bin").unlink()


def test_other_bytes_on_the_hub_lead_to_the_next_source(world, hub, archive):
    hub.files["model.bin"] = BIG[::-1]
    text = entry("tiny", FILES, hub_source("tiny"))
    write(world, text + archive_source("tiny", archive, "tiny_pack/model/"))
    notes = []
    (done,) = weights.pull(["tiny"], note=notes.append)
    assert done.sources == ("archive tiny-pack==1.0", "hub owner/tiny@01234567")
    (note,) = notes
    assert note == (
        f"tiny: hub owner/tiny@01234567: another file, sha256 {sha(BIG[::-1])[:12]}, "
        f"expected {sha(BIG)[:12]}"
    )
    check()


@pytest.mark.parametrize("sent", [BIG + b"more", BIG[:-5]])
def test_other_lengths_on_the_hub(world, hub, sent):
    hub.files["model.bin"] = sent
    if len(sent) > len(BIG):  # no byte beyond the expected size is read; those before are right
        weights.pull(["tiny"])
        check()
        return
    with pytest.raises(WeightsError, match=r"416|sent"):
        weights.pull(["tiny"])


def test_a_file_that_the_hub_does_not_have(world, hub):
    del hub.files["config.json"]
    with pytest.raises(WeightsError, match=r"tiny@01234567: 127\.0\.0\.1:\d+ answers 404"):
        weights.pull(["tiny"])
    hub.files["config.json"] = SMALL
    hub.asked.clear()
    weights.pull(["tiny"])
    assert [f for f, _ in hub.asked] == ["config.json"], "the other file was in place already"
    check()


def test_a_hub_that_is_down_is_asked_once(world, hub):
    hub.hang_up = True
    two = entry("two", {"b": b"2"}, hub_source("two"))
    write(world, entry("tiny", FILES, hub_source("tiny")) + two)
    with pytest.raises(WeightsError, match="not reachable") as caught:
        weights.pull()
    assert "'tiny'" in caught.value.problem
    assert "'two'" in caught.value.problem
    assert hub.connections == 1


def test_hub_offline_is_respected(world, hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsError, match=r"not asked \(HF_HUB_OFFLINE\)"):
        weights.pull(["tiny"])
    assert hub.connections == 0


def test_an_endpoint_that_is_no_address(world, hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "file:///etc")
    with pytest.raises(WeightsError, match="HF_ENDPOINT is 'file:///etc', expected http"):
        weights.pull(["tiny"])


def test_addresses_of_repositories(monkeypatch):
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    there = replace(weights.entry("minilm").sources[0], kind="github", folder="in/")
    assert fetch.address(there, weights.entry("minilm").files[0]) == (
        "https://raw.githubusercontent.com/sentence-transformers/all-MiniLM-L6-v2/"
        "1110a243fdf4706b3f48f1d95db1a4f5529b4d41/in/model.safetensors"
    )
    minilm = weights.entry("minilm")
    assert fetch.address(minilm.sources[0], minilm.files[0]) == (
        "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/"
        "1110a243fdf4706b3f48f1d95db1a4f5529b4d41/model.safetensors"
    )
