"""``empathia audit`` as it is typed, on made tables and on real corpora where they are."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path

import leaky
import pytest
from leaky import Corpus

from empathia.cli import main
from empathia.corpora import toy

DATA = Path(os.environ.get("EMPATHIA_DATA") or Path(__file__).parents[3] / "shared" / "data")
IEMOCAP = DATA / "iemocap" / "utterances.csv"
corpus = pytest.mark.corpus


def needs(path: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not path.exists(), reason=f"no corpus at {path}")


def write(dialogues: Corpus, path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(
            [
                "utterance",
                "dialogue",
                "speaker",
                "gender",
                "text",
                "feeling",
                "split",
                "room",
                "start",
                "end",
            ]
        )
        for d in dialogues:
            for u in d.utterances:
                out.writerow(
                    [
                        u.id,
                        d.id,
                        u.speaker,
                        u.gender,
                        u.text,
                        u.gold[0],
                        d.split,
                        u.groups["scenario"],
                        u.start,
                        u.end,
                    ]
                )
    return path


def audit(folder: Path, *arguments: str) -> tuple[int, dict[str, dict[str, object]]]:
    code = main(["audit", *arguments, "--report", str(folder)])
    written = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    assert (folder / "audit.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    return code, {f["check"]: f for f in written["findings"]}


def test_a_table_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write(leaky.corpus()[0], tmp_path / "mine.csv")
    code, found = audit(
        tmp_path / "out",
        "table",
        str(table),
        "--label",
        "feeling",
        "--group",
        "room",
        "--group",
        r"part=room:(\w+)-",
    )
    assert code == 0
    assert {"rooms", "parts"} <= set(found)
    shown = capsys.readouterr().out
    assert "0 wrong" in shown and "audit.html" in shown
    for check in found:
        assert check in shown


def test_something_wrong_ends_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = leaky.group_of(leaky.corpus()[0], "scenario", 4)
    table = write(made, tmp_path / "mine.csv")
    code = main(
        [
            "audit",
            "table",
            str(table),
            "--map",
            "label=feeling",
            "--group",
            "scenario=room",
            "--json",
            "--report",
            str(tmp_path / "out"),
        ]
    )
    assert code == 3
    printed = json.loads(capsys.readouterr().out)
    assert [f["check"] for f in printed["findings"] if f["severity"] == "wrong"] == ["scenarios"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "no run.json"),
        (["meld"], "where the corpus 'meld' lies is missing"),
        (["table", "{}", "--folds", "5"], "--folds needs a protocol"),
        (["table", "{}", "--protocol", "listed"], "needs its files"),
        (["table", "{}", "--protocol", "k-fold", "--folds", "five"], "is no number"),
        (["table", "{}", "--protocol", "leave-moon-out"], "has no moon"),
        (["table", "{}", "--option", "colour=red"], "no option 'colour'"),
    ],
)
def test_wrong_use_is_said_plainly(
    arguments: Sequence[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write(leaky.corpus(dialogues=6)[0], tmp_path / "mine.csv")
    typed = [a.replace("{}", str(table)) for a in arguments]
    assert main(["audit", *typed, "--report", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err


# What cannot but come along: a label that hangs on the scenario lasts through a talk, and needs
# scenarios that training knows.
BYCATCH = {"metadata": {"scenarios", "inertia", "shortcuts"}}
CALLED = {"join": "joins"}


@pytest.mark.long
@pytest.mark.parametrize("leak", toy.LEAKS)
def test_what_is_planted_in_the_toy_corpus_is_found_alone(leak: str, tmp_path: Path) -> None:
    toy.make(tmp_path / "toy", leaks=[leak], dialogues=20)
    code, found = audit(tmp_path / "out", "toy", str(tmp_path / "toy"))
    severity = "worry" if leak == "inertia" else "wrong"
    check = CALLED.get(leak, leak)
    assert found[check]["severity"] == severity
    grave = {name for name, f in found.items() if f["severity"] in {"wrong", "worry"}}
    assert grave - BYCATCH.get(leak, set()) == {check}
    assert code == (3 if severity == "wrong" else 0)


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_is_found_in_a_clean_toy_corpus(seed: int, tmp_path: Path) -> None:
    toy.make(tmp_path / "toy", seed=seed)
    code, found = audit(tmp_path / "out", "toy", str(tmp_path / "toy"))
    assert code == 0
    assert {n for n, f in found.items() if f["severity"] in {"wrong", "worry"}} == set()


@pytest.mark.slow
@corpus
@needs(IEMOCAP)
def test_iemocap_standard(tmp_path: Path) -> None:
    prosody = ["duration", "avg_intensity", "avg_pitch", "articulation_rate", "mean_hnr"]
    code, found = audit(
        tmp_path,
        "table",
        str(IEMOCAP),
        "--label",
        "label6",
        "--map",
        r"speaker=utterance_id:(Ses\d\d).*_([FM])\d+$",
        "--group",
        "session",
        "--group",
        r"scenario=dialogue_id:_(impro\d\d|script\d\d_\d)",
        "--option",
        f"features={{prosody={json.dumps(prosody)}}}",
    )
    assert code == 3
    assert found["scenarios"]["severity"] == "wrong"
    assert found["scenarios"]["figure"] == 100
    assert found["metadata"]["figure"] == pytest.approx(56.5, abs=0.5)
    assert found["inertia"]["figure"] == pytest.approx(71.5, abs=0.05)
    assert found["shortcuts"]["severity"] == "worry"
    assert "grouping 'scenario' 51.3 UAR, 54.6 weighted F1" in str(found["shortcuts"]["sentence"])
    for check in ("dialogues", "speakers", "sessions", "duplicates", "joins", "constant", "gold"):
        assert found[check]["severity"] == "fine"


@corpus
@needs(DATA / "emobox_folds")
@pytest.mark.parametrize(("name", "code"), [("emodb", 3), ("ravdess", 0)])
def test_the_folds_of_emobox(name: str, code: int, tmp_path: Path) -> None:
    listed = str(DATA / "emobox_folds" / name)
    done, found = audit(tmp_path, name, str(DATA / name), "--protocol", "listed", "--folds", listed)
    assert done == code
    assert found["speakers"]["figure"] == (100 if code else 0)
    assert found["names"]["severity"] == "note"  # both write the emotion into the file's name
