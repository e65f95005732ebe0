"""Ablation: every subset of the modalities, learnt alone and taken from the whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from little_runs import corpus, run_file

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
