"""A first run file: what it chooses, and that the bench understands it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from empathia.cli import main
from empathia.config import read_run


def table(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows(n: int = 12, **more: Any) -> list[dict[str, Any]]:
    return [
        {"text": f"words {i}", "label": "ab"[i % 2]}
        | {k: v(i) if callable(v) else v for k, v in more.items()}
        for i in range(n)
    ]


@pytest.mark.parametrize(
    ("more", "protocol", "folds"),
    [
        ({}, "k-fold", 5),
        ({"speaker": lambda i: f"s{i % 2}"}, "k-fold", 5),
        ({"speaker": lambda i: f"s{i % 4}"}, "leave-speaker-out", None),
        ({"speaker": lambda i: f"s{i}"}, "leave-speaker-out", 5),
        ({"split": lambda i: "train" if i < 8 else "test"}, "standard", None),
    ],
)
def test_the_protocol_follows_from_the_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: Any, protocol: str, folds: int | None
) -> None:
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "my talk.csv", rows(**more))
    assert main(["init", "table", "my talk.csv"]) == 0
    run = read_run(tmp_path / "my-talk.toml")
    assert (run.data.protocol, run.data.folds) == (protocol, folds)
    assert run.data.options["table"]["folder"] == "my talk.csv"
    assert run.features == {"text": ("text:text-default",)}


def test_options_are_kept_and_words_in_other_scripts_need_no_english_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = [{"말": "오늘 정말 좋아요", "feeling": "ab"[i % 2]} for i in range(12)]
    table(tmp_path / "ko.csv", found)
    assert main(["init", "table", "ko.csv", "--map", "text=말,label=feeling"]) == 0
    run = read_run(tmp_path / "ko.toml")
    assert run.data.options["table"]["map"] == {"text": "말", "label": "feeling"}
    assert run.model.recogniser == "tfidf"
    assert run.model.options["characters"] == 4
    assert main(["train", "ko.toml"]) == 0


def test_a_run_file_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "a.csv", rows())
    (tmp_path / "a.toml").write_text("mine")
    assert main(["init", "table", "a.csv"]) == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "a.toml").read_text() == "mine"
    assert main(["init", "table", "a.csv", "--force"]) == 0


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([{"text": "x", "label": "a"}], "1 labels"),
        ([{"text": "x", "mood": "a"}, {"text": "y", "mood": "b"}], "--map label"),
        ([{"words": "x", "label": "a"}, {"words": "y", "label": "b"}], "--map text"),
    ],
)
def test_what_cannot_be_learnt_from_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    found: list[dict[str, str]],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "a.csv", found)
    assert main(["init", "table", "a.csv"]) == 2
    assert words in capsys.readouterr().err
