"""``empathia exemplars`` from end to end."""

from __future__ import annotations

import json

import pytest

from empathia.cli import main


@pytest.fixture
def table(tmp_path):
    rows = [("I lost my keys", "Look in the fridge"), ("My dog died", "I am so sorry")]
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps({"context": c, "reply": r}) + "\n" for c, r in rows))
    return path


def test_a_bank_is_built_grows_and_is_searched(tmp_path, table, capsys):
    out = tmp_path / "bank"
    made = ["exemplars", "build", str(table), "--out", str(out), "--encoder", "none"]
    assert main(made) == 0
    assert "2 exemplars of 2 talks" in capsys.readouterr().out
    more = tmp_path / "more.csv"
    more.write_text("context,reply\nThe cat is ill,Poor thing\n")
    assert main(["exemplars", "add", str(out), str(more), "--licence", "CC0-1.0"]) == 0
    assert "1 new of 1" in capsys.readouterr().out
    assert main(["exemplars", "search", str(out), "my cat", "-k", "1", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["reply"] == "Poor thing"
    assert main(["exemplars", "search", str(out), "my cat", "-k", "2"]) == 0
    assert "Poor thing" in capsys.readouterr().out


def test_a_corpus_gives_its_training_part(tmp_path, capsys):
    table = tmp_path / "talks.csv"
    rows = ["dialogue,speaker,text,split"]
    rows += [f"{d},{s},{d} says {s},{p}" for d, p in (("x", "train"), ("y", "test")) for s in "AB"]
    table.write_text("\n".join(rows) + "\n")
    out = str(tmp_path / "bank")
    made = ["exemplars", "build", str(table), "--corpus", "table", "--out", out]
    assert main([*made, "--encoder", "none", "--language", "en"]) == 0
    assert "1 exemplars of 1 talks" in capsys.readouterr().out
    info = json.loads((tmp_path / "bank" / "bank.json").read_text())
    assert info["sources"][0]["part"] == "train"
    assert info["sources"][0]["noncommercial"]


def test_wrong_use_is_one_line(tmp_path, table, capsys):
    assert main(["exemplars", "search", str(tmp_path), "hello"]) == 1
    assert main(["exemplars", "build", str(tmp_path / "none"), "--out", str(tmp_path / "b")]) == 2
    main(["exemplars", "build", str(table), "--out", str(tmp_path / "b"), "--encoder", "none"])
    korean = tmp_path / "ko.csv"
    korean.write_text("context,reply\n시험에 떨어졌어,많이 속상하겠다\n")
    assert main(["exemplars", "add", str(tmp_path / "b"), str(korean)]) == 2
    assert main(["exemplars", "search", str(tmp_path / "b"), "keys", "-k", "9"]) == 2
    assert all(x.startswith("empathia: ") for x in capsys.readouterr().err.splitlines())


def test_the_list_names_licences(capsys):
    assert main(["exemplars", "list", "--json"]) == 0
    listed = {p["name"]: p for p in json.loads(capsys.readouterr().out)}
    assert listed["starter-en"]["licences"] == ["CC0-1.0"]
