"""Somebody else's package is used like ours: by name, with no edit in our source."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import installed
import pytest

from empathia import features, plugins
from empathia.cli import main

RUN = """
name = "weather"
seed = 1
[data]
corpora = ["weather"]
labels = "LABELS"
[data.options.weather]
shout = true
[features]
text = ["capitals"]
[model]
recogniser = "wordlist"
smoothing = 0.5
[training]
select = "accuracy"
threads = 1
"""
KINDS = ("corpora", "features", "emotion", "replies")


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.txt"
    path.write_text("Ann: I am so happy today!\nBen: I HATE the storm\nAnn: so it is\n")
    return path


@pytest.fixture
def trained(third_party: Path, tmp_path: Path) -> Path:
    """A run of the package's recogniser on its corpus, in its labels."""
    return train(tmp_path, "corpus")


def train(folder: Path, labels: str) -> Path:
    installed.corpus(folder / "data" / "weather")
    file = folder / "run.toml"
    file.write_text(RUN.replace("LABELS", labels))
    out = folder / "out"
    assert main(["train", str(file), "--data", str(folder / "data"), "--out", str(out)]) == 0
    return out / "weather"


def read(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    capsys.readouterr()
    assert main(["read", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("kind", KINDS)
def test_plug_ins_of_all_kinds_are_listed_and_load(third_party: Path, kind: str) -> None:
    (name,) = installed.brought(kind)
    assert name in plugins.names(kind)
    assert Path(str(plugins.load(kind, name).__file__)).is_relative_to(third_party)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_sees_them_where_they_are_not_installed(kind: str) -> None:
    code = f"from empathia import plugins; print(plugins.names({kind!r}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert installed.brought(kind)[0] not in out.stdout


def test_a_run_file_names_corpus_feature_and_recogniser(trained: Path) -> None:
    record = json.loads((trained / "run.json").read_text())
    assert record["labels"] == ["sunny", "rainy", "stormy", "foggy"]
    assert record["recogniser"] == "wordlist"
    assert main(["evaluate", str(trained), "--bootstrap", "0"]) == 0


def test_a_corpus_brings_what_its_labels_become(third_party: Path, tmp_path: Path) -> None:
    record = json.loads((train(tmp_path, "shared4") / "run.json").read_text())
    assert record["labels"] == ["neutral", "joy", "anger", "sadness"]
    assert record["dropped"] == {"with a label outside of the set": 14}, "foggy is none of them"


def test_what_it_learnt_reads(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    talk = trained / "talk.txt"
    talk.write_text("Ann: what a lovely day\nBen: it rains again\nAnn: THE STORM BROKE\n")
    turns = read(capsys, talk, "--recogniser", trained / "model")["turns"]
    assert [t["emotion"]["label"] for t in turns] == ["sunny", "rainy", "stormy"]


def test_a_plug_in_reads_and_replies_by_name(
    third_party: Path, talk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["--recogniser", "wordlist", "--reply-to", "every", "--reply-with", "echo"]
    timeline = read(capsys, talk, *named, "--permissive")  # without the judges that ship
    turns = timeline["turns"]
    assert [t["emotion"]["label"] for t in turns[:2]] == ["joy", "anger"]
    assert turns[1]["reply"] == {
        "to": "t2",
        "text": "You say I HATE the storm and feel anger?",
        "source": "echo",
        "note": None,
        "exemplars": [],
        "why": None,
        "empathy": None,
    }
    assert [w["name"] for w in timeline["provenance"]["weights"]] == ["wordlist"]


def test_a_recogniser_gets_the_feature_of_another_plug_in(
    third_party: Path, talk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    talk.write_text("Ann: I hate it\nBen: I HATE IT\n")
    calm, loud = read(capsys, talk, "--recogniser", "wordlist")["turns"]
    assert calm["emotion"]["label"] == loud["emotion"]["label"] == "anger"
    assert loud["emotion"]["confidence"] > calm["emotion"]["confidence"] + 0.05
    assert features.weights_of("capitals") == ()


def test_the_command_line_of_another_process_has_them(package: Path, talk: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(package), *sys.path])}
    command = [sys.executable, "-m", "empathia", "read", talk, "--recogniser", "wordlist", "--json"]
    out = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert json.loads(out.stdout)["turns"][0]["emotion"]["label"] == "joy"
