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


@pytest.mark.weights
def test_a_reading_shows_the_exemplar_behind_a_reply(tmp_path, capsys):
    table = tmp_path / "mine.csv"
    said = "I lost my keys in the park"
    table.write_text(f"context,reply\n{said},That sounds really hard for you.\nHi,Hello\n")
    bank, chat = str(tmp_path / "bank"), tmp_path / "chat.txt"
    assert main(["exemplars", "build", str(table), "--out", bank, "--encoder", "none"]) == 0
    chat.write_text("Ann: I lost my keys in the park today\n")
    read = ["read", str(chat), "--reply", "--reply-with", "retrieve"]
    read += ["--reply-option", f"bank={bank}", "--threads", "1"]
    capsys.readouterr()
    assert main([*read, "--json", "--out", str(tmp_path / "page.html")]) == 0
    timeline = json.loads(capsys.readouterr().out)
    reply = timeline["turns"][0]["reply"]
    assert reply["text"] == "That sounds really hard for you."
    assert reply["exemplars"][0]["context"] == said
    assert timeline["provenance"]["options"]["reply_options"] == {"bank": bank}
    assert f"somebody answered so to “{said}”" in (tmp_path / "page.html").read_text()
    assert main(read) == 0
    assert "somebody answered so to" in " ".join(capsys.readouterr().out.split())


def test_an_option_of_a_reply_needs_a_reply(tmp_path, capsys):
    chat = tmp_path / "chat.txt"
    chat.write_text("Ann: hello\n")
    assert main(["read", str(chat), "--reply-option", "bank=x"]) == 2
    assert "no reply is asked for" in capsys.readouterr().err
