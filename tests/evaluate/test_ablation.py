"""Ablation: every subset of the modalities, learnt alone and taken from the whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from little_runs import WORDS, corpus, run_file

from empathia.cli import main

MODEL = 'linear = 1.0\npenalties = [30]\ncontext = "none"\nsquares_up_to = 0'
OPTIONS = 'features = {tone = ["tone"], noise = ["level"]}'


@pytest.mark.long
def test_all_subsets_are_learnt_and_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_file(
        tmp_path / "a.toml",
        "dialogue",
        options=OPTIONS,
        model=MODEL,
        features='voice = ["tone"]\nface = ["noise"]',
        top="seeds = [1, 2]",
    )
    command = [
        "ablate",
        str(run),
        "--data",
        str(corpus(tmp_path)),
        "--out",
        str(tmp_path / "out"),
        "--bootstrap",
        "50",
    ]
    assert main(command) == 0
    said = capsys.readouterr().out
    folder = tmp_path / "out" / "a-ablation"
    rows = json.loads((folder / "ablation.json").read_text())
    assert [r["modalities"] for r in rows] == [["voice"], ["face"], ["voice", "face"]]
    own = [r["trained_on_these"]["weighted_f1"]["value"] for r in rows]
    robust = [r["trained_on_all"]["weighted_f1"]["value"] for r in rows]
    assert own[0] > 0.5 > own[1] + 0.1, "one number tells the label, the other is noise"
    assert robust[0] > robust[1] + 0.1
    assert robust[2] == own[2]
    assert (folder / "ablation.png").stat().st_size > 5000
    assert "<svg" in (folder / "ablation.svg").read_text()
    assert "voice + face" in said
    done = {p: p.stat().st_mtime_ns for p in folder.glob("*/seed-*/*/record.json")}
    assert len(done) == 6
    assert main([*command, "--json"]) == 0, "again: nothing is learnt twice"
    assert json.loads(capsys.readouterr().out) == rows
    assert {p: p.stat().st_mtime_ns for p in done} == done


def test_one_modality_cannot_be_taken_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_file(tmp_path / "a.toml", "dialogue", features='voice = ["tone"]')
    assert main(["ablate", str(run)]) == 2
    assert "at least 2" in capsys.readouterr().err


TALK = """
name = "talk"
seed = 1
[data]
corpora = ["table", "xed", "edos"]
evaluated_on = ["table"]
labels = "mood"
[labels]
calm = ["calm", "neutral", "content"]
cross = ["cross", "anger", "angry"]
glad = ["glad", "joy", "joyful"]
[model]
recogniser = "tfidf"
past = 2
penalties = [10]
[training]
select = "weighted_f1"
threads = 1
"""


def talk(folder: Path) -> Path:
    """A run file on a table that teaches two dialogues; XED knows its words, EDOS turns them."""
    corpus(folder)
    table, left = folder / "table" / "data.csv", tuple(f"d{d}_" for d in range(2, 14))
    rows = table.read_text().splitlines(keepends=True)
    table.write_text("".join(r for r in rows if not r.startswith(left)))
    said = {k: [f"{a} {b}" for a in words for b in words] for k, words in WORDS.items()}
    (folder / "xed").mkdir()
    lines = [f"{x}\t{n}\n" for k, n in (("cross", 1), ("glad", 5)) for x in said[k]]
    (folder / "xed" / "en-annotated.tsv").write_text("".join(lines))
    (folder / "xed" / "neu_en.txt").write_text("".join(f"9\t{x}\n" for x in said["calm"]))
    (folder / "edos").mkdir()
    turned = {"calm": "joyful", "glad": "angry", "cross": "content"}
    lines = [f"{x},{turned[k]}" + f",{turned[k]}" * 3 for k in turned for x in said[k][:15]]
    head = "Count,Dialog,Agreed emotion (2/3 vote)," + ",".join(f"Worker {i} answer" for i in "123")
    numbered = [f"{n},{line}" for n, line in enumerate(lines)]
    (folder / "edos" / "mturk_groundtruth_labels_9k.csv").write_text("\n".join([head, *numbered]))
    (folder / "talk.toml").write_text(TALK)
    return folder / "talk.toml"


def ablate(run: Path, *options: str) -> int:
    places = ("--data", str(run.parent), "--out", str(run.parent / "out"), "--bootstrap", "50")
    return main(["ablate", str(run), *places, *options])


def trained(folder: Path) -> dict[Path, int]:
    return {p: p.stat().st_mtime_ns for p in folder.glob("*/seed-*/*/record.json")}


def test_what_corpora_and_options_are_worth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, folder = talk(tmp_path), tmp_path / "out" / "talk-ablation"
    assert ablate(run, "--corpora", "all") == 0
    shown = capsys.readouterr().out
    assert "without xed" in shown
    assert "on 42 test utterances in 6 dialogues" in shown
    assert (folder / "variants.png").stat().st_size > 5000
    assert "<svg" in (folder / "variants.svg").read_text()
    done = trained(folder)
    assert len(done) == 3
    assert ablate(run, "--corpora", "all", "--vary", "model.past=0", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said == json.loads((folder / "variants.json").read_text())
    assert (said["utterances"], said["dialogues"]) == (42, 6)
    rows = {r["name"]: r["measures"]["weighted_f1"] for r in said["rows"]}
    assert list(rows) == ["whole", "without xed", "without edos", "model.past=0"]
    assert "difference" not in rows["whole"]
    for name in list(rows)[1:]:
        gap = rows[name]["difference"]
        assert gap["value"] == pytest.approx(rows[name]["value"] - rows["whole"]["value"])
        assert gap["low"] <= gap["value"] <= gap["high"]
    assert rows["without xed"]["difference"]["high"] < 0, "XED knows the table's words"
    assert rows["without edos"]["difference"]["low"] > 0, "EDOS turns them"
    after = trained(folder)
    assert {p: after[p] for p in done} == done, "one more variant: the others are not learnt again"
    assert len(after) == 4


def test_a_corpus_left_out_is_not_learnt_from_and_nothing_else_changes(tmp_path: Path) -> None:
    run = talk(tmp_path)
    assert ablate(run, "--corpora", "edos", "--set", "data.fraction=0.5") == 0
    folder = tmp_path / "out" / "talk-ablation"
    whole, variant = (
        json.loads((p / "run.json").read_text())
        for p in (folder / "text", *folder.glob("without_edos-*"))
    )
    (one,), (other,) = whole["folds"], variant["folds"]
    assert one["train"] > other["train"]
    assert all(one[k] == other[k] for k in ("valid", "test", "selection_ids", "test_ids"))
    assert "learnt_from" not in whole["settings"]["data"]
    assert variant["settings"]["data"]["learnt_from"] == ["table", "xed"]
    assert {r["settings"]["data"]["fraction"] for r in (whole, variant)} == {0.5}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--corpora", "meld"], "does not learn from 'meld'"),
        (["--corpora", "table"], "evaluated on 'table'"),
        (["--corpora", "all", "--set", 'data.corpora=["table"]'], "no corpus to leave out"),
        (["--vary", "model.pasts=0"], "no option 'model.pasts' (known: balance"),
        (["--vary", "training.epoch=1"], "unknown key 'training.epoch' (known: "),
        (["--vary", "model.past=few"], "'model.past' must be int, found 'few'"),
        (["--vary", "past"], "'past' changes nothing"),
        (["--vary", "data.limit=2"], "'data.limit=2' changes what is asked"),
        (["--vary", 'data.options.meld.folder="x"'], "[data.options] names 'meld'"),
    ],
)
def test_what_cannot_be_varied_is_named_before_anything_is_learnt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], named: str
) -> None:
    (tmp_path / "talk.toml").write_text(TALK)
    assert ablate(tmp_path / "talk.toml", *options) == 2
    assert named in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
