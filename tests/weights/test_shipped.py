"""Weights that come with Empathia: their sums, their checks, what to do when one is damaged."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from weight_files import SMALL, entry

from empathia import weights
from empathia.cli import main
from empathia.encoders import text
from empathia.errors import ConfigError, WeightsError
from empathia.weights import manifest, store

SHIPPED = [e for e in weights.entries() if e.shipped]
SCRIPT = Path(__file__).parents[2] / "scripts" / "sum_shipped_weights.py"
REMEDY = (
    "Install Empathia again, 'own' comes with it: pip install --force-reinstall empathia "
    "(in a checkout: git checkout src/empathia/weights/shipped/own)"
)


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A manifest with the shipped weight 'own', and its folder, still empty."""
    listing = tmp_path / "weights.toml"
    listed = entry("own", {"bins.json": SMALL})
    listing.write_text(listed.replace("noncommercial", "shipped = true\nnoncommercial"))
    monkeypatch.setattr(manifest, "MANIFEST", listing)
    monkeypatch.setattr(store, "SHIPPED", tmp_path / "models")
    folder = tmp_path / "models" / "own"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def script():
    if not SCRIPT.is_file():
        pytest.skip("scripts/ is not part of this distribution")
    spec = importlib.util.spec_from_file_location("sum_shipped_weights", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# What the manifest says


@pytest.mark.parametrize("weight", SHIPPED, ids=lambda e: e.name)
def test_the_sums_are_those_of_the_files(weight):
    folder = weights.place(weight)
    lying = {f.name for f in folder.iterdir() if not f.name.startswith(".")} - {"card.md"}
    again = "run: python scripts/sum_shipped_weights.py --write"
    assert {f.name for f in weight.files} == lying, again
    for file in weight.files:
        assert (folder / file.name).stat().st_size == file.size, again
        assert store.sha256(folder / file.name) == file.sha256, again


def test_the_script_has_nothing_to_change(script):
    listing = manifest.MANIFEST.read_text("utf-8")
    assert script.renewed(listing, manifest.SHIPPED) == listing


def test_the_script_renews_shipped_tables_only(script, own):
    old = manifest.MANIFEST.read_text() + "\n# about the next\n" + entry("tiny", {"a": b"a"})
    (own / "bins.json").write_bytes(b"[]")
    (own / "card.md").write_text("a card")
    (own / "more.bin").write_bytes(b"more")
    new = script.renewed(old, own.parent)
    assert script.renewed(new, own.parent) == new
    assert "\n# about the next\n[tiny]" in new
    manifest.MANIFEST.with_name("new.toml").write_text(new)
    held = manifest.catalogue(manifest.MANIFEST.with_name("new.toml"))
    assert [(f.name, f.size) for f in held["own"].files] == [("bins.json", 2), ("more.bin", 4)]
    assert [f.name for f in held["tiny"].files] == ["a"]


def test_a_shipped_weight_has_no_sources(own):
    more = '[[own.sources]]\nkind = "hub"\nrepository = "a/b"\nrevision = "1"\n'
    listing = manifest.MANIFEST.with_name("other.toml")
    listing.write_text(manifest.MANIFEST.read_text() + more)
    with pytest.raises(ConfigError, match="'own' is shipped, so it has no sources"):
        manifest.catalogue(listing)


# What is checked


def test_a_whole_one(own):
    (own / "bins.json").write_bytes(SMALL)
    assert weights.folder("own") == own
    assert weights.state("own") == "ok"
    assert [(c.file, c.state) for c in weights.verify()] == [("bins.json", "ok")]
    assert weights.entry("own").size == len(SMALL)
    assert weights.pull() == ()
    assert [p.name for p in own.iterdir()] == ["bins.json"], "nothing is written beside it"


def test_other_files_in_its_folder_do_not_make_it_whole(own):
    (own / "card.md").write_text("a card")
    assert weights.state("own") == "missing"
    with pytest.raises(WeightsError, match=r"'own' is missing: bins\.json is missing") as caught:
        weights.folder("own")
    assert caught.value.remedy == REMEDY


def test_a_cut_file_is_noticed_at_once(own):
    (own / "bins.json").write_bytes(SMALL[:-1])
    assert weights.state("own") == "damaged"
    with pytest.raises(WeightsError) as caught:
        weights.folder("own")
    size = len(SMALL)
    assert caught.value.problem == (
        f"the shipped weight 'own' is damaged: bins.json has {size - 1} bytes, expected {size}"
    )
    assert caught.value.remedy == REMEDY == weights.remedy("own")


def test_verify_finds_a_change_that_keeps_the_size(own, capsys):
    (own / "bins.json").write_bytes(SMALL[::-1])
    assert weights.state("own") == "ok"
    (check,) = weights.verify(["own"])
    assert check.state == "damaged"
    assert "has the sum" in check.problem
    assert main(["weights", "verify"]) == 1
    assert "weights pull" not in capsys.readouterr().err


def test_the_cheap_check_computes_no_sum(own, monkeypatch):
    (own / "bins.json").write_bytes(SMALL)
    monkeypatch.setattr(store, "installed_sum", lambda *_: pytest.fail("a sum"))
    assert weights.folder("own") == own


def test_the_list_has_their_sizes(capsys):
    assert main(["weights", "list", "--json"]) == 0
    rows = {r["name"]: r for r in json.loads(capsys.readouterr().out)["weights"]}
    for weight in SHIPPED:
        files = [weights.place(weight) / f["name"] for f in rows[weight.name]["files"]]
        assert rows[weight.name]["size"] == sum(f.stat().st_size for f in files) > 0


# Damage that only reading finds


@pytest.mark.parametrize("damage", ["header", "names"])
def test_a_damaged_shipped_difference_is_not_blamed_on_minilm(tmp_path, monkeypatch, damage):
    numpy_files = pytest.importorskip("safetensors.numpy")
    kind = "embeddings.token_type_embeddings.weight"
    numpy_files.save_file({kind: np.zeros((2, 4), np.float32)}, tmp_path / "model.safetensors")
    real = weights.folder("text-default")
    monkeypatch.setattr(store, "SHIPPED", tmp_path / "models")
    folder = tmp_path / "models" / "text-default"
    shutil.copytree(real, folder)
    delta = folder / "delta.safetensors"
    if damage == "header":
        data = delta.read_bytes()
        delta.write_bytes(b"\xff" * 8 + data[8:])
    assert weights.folder("text-default") == folder, "the size is right"
    with pytest.raises(WeightsError) as caught:  # its names don't fit this small model either
        text.TextEncoder.load(tmp_path, delta)
    assert str(delta) in caught.value.problem
    assert "cannot be read" in caught.value.problem or damage == "names"
    assert caught.value.remedy == weights.remedy("text-default")
    assert "--force-reinstall" in caught.value.remedy
    own = Path(shutil.copy(delta, tmp_path / "own.safetensors"))
    with pytest.raises(WeightsError) as caught:
        text.TextEncoder.load(tmp_path, own)
    assert caught.value.remedy == "Train again from the pulled weight 'minilm'"
    (tmp_path / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(WeightsError) as caught:
        text.TextEncoder.load(tmp_path, delta)
    assert caught.value.remedy == "Run: empathia weights pull minilm"
