"""``empathia judge``: as a user runs it, with the judges that ship."""

from __future__ import annotations

import csv
import json

import pytest

from empathia import weights
from empathia.cli import main
from empathia.labels.sets import ED32

TABLE = (
    "context,reply\n"
    "My dog died yesterday.,I am so sorry. What was his name?\n"
    "My dog died yesterday.,The shop opens at nine.\n"
    ",\n"
)
needs_minilm = pytest.mark.skipif(
    weights.state("minilm") == "missing", reason="weight minilm is not pulled"
)


@pytest.fixture
def replies(tmp_path):
    path = tmp_path / "replies.csv"
    path.write_text(TABLE)
    return str(path)


@pytest.mark.weights
@needs_minilm
def test_replies_are_judged_and_written(capsys, replies, tmp_path):
    pytest.importorskip("matplotlib", reason="pictures need the extra 'train'")
    out, lines, picture = (str(tmp_path / n) for n in ("out.csv", "out.jsonl", "levels.svg"))
    code = main(["judge", replies, "--json", "--out", out, "--picture", picture, "--threads", "1"])
    printed = capsys.readouterr()
    assert code == 0
    first, second = json.loads(printed.out)["replies"]
    reaction = first["elements"]["reaction"]
    assert reaction["level"] != "none"
    (span, *_) = reaction["evidence"]
    assert first["reply"][span["start"] : span["end"]] == span["text"]
    assert sum(reaction["scores"].values()) == pytest.approx(1, abs=1e-3)
    assert first["elements"]["exploration"]["level"] != "none"
    assert first["context_emotion"]["label"] in ED32
    assert first["context_emotion"] == second["context_emotion"]
    assert second["elements"]["reaction"]["level"] == "none"
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert [r["reply"] for r in rows] == [first["reply"], second["reply"]]
    assert rows[0]["context_emotion"] == first["context_emotion"]["label"]
    assert rows[0]["exploration_evidence"] == "What was his name?"
    assert "<svg" in (tmp_path / "levels.svg").read_text()
    assert main(["judge", replies, "--out", lines, "--threads", "1"]) == 0
    printed = capsys.readouterr()
    assert ": What was his name?" in printed.out
    assert [json.loads(x) for x in (tmp_path / "out.jsonl").read_text().splitlines()] == [
        first,
        second,
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--out", "x.txt"], "Name a file in .csv or .jsonl"),
        (["--picture", "x.pdf"], "Name a file in .png or .svg"),
        (["--map", "reply"], "expected a name"),
        (["--map", "reply=none"], "not 'none'"),
    ],
)
def test_wrong_use_is_told_before_any_work(capsys, replies, more, message):
    assert main(["judge", replies, *more]) == 2
    assert message in capsys.readouterr().err


def test_an_empty_file_is_told(capsys, tmp_path):
    path = tmp_path / "none.csv"
    path.write_text("")
    assert main(["judge", str(path)]) == 1
    assert "the file is empty" in capsys.readouterr().err
