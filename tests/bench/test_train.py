"""The bench: a run file over seeds and folds, and that nothing leaks on the way."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import os
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from little_runs import LABELS, command, corpus, run_file, tuned
from pyarrow import parquet

from empathia.bench import bench, train
from empathia.bench.record import read_record
from empathia.cli import main
from empathia.config import read_run
from empathia.emotion import majority
from empathia.errors import (
    ConfigError,
    EmpathiaWarning,
    LabelError,
    LeakageError,
    TrainingError,
    UsageError,
)
from empathia.training.keeping import read as read_settings
from empathia.training.model import Model
from empathia.training.problem import Conversation, Problem, Scores


def answers(folder: Path, name: str = "predictions") -> list[dict[str, Any]]:
    return [
        row
        for file in sorted(folder.glob(f"seed-*/*/{name}.parquet"))
        for row in parquet.read_table(file).to_pylist()
    ]


def accuracy(rows: Sequence[dict[str, Any]], part: str = "test") -> float:
    asked = [r for r in rows if r["part"] == part]
    return sum(r["said"] == r["gold"] for r in asked) / len(asked)


def test_a_run_answers_every_labelled_utterance_of_validation_and_test(tmp_path: Path) -> None:
    record = train(run_file(tmp_path / "a.toml"), corpus(tmp_path), tmp_path / "out")
    rows = answers(tmp_path / "out" / "a")
    assert {(r["part"], r["utterance"]) for r in rows} == {
        (part, f"d{d}_{i}")
        for part, ds in (("valid", range(14, 18)), ("test", range(18, 24)))
        for d in ds
        for i in range(7)
    }
    assert accuracy(rows) > 0.6
    assert rows[0]["group:scene"] == "scene4"
    assert rows[0]["length"] == 8
    assert record.dropped == {"without a gold label": 24}
    assert record.folds[0].train == 14 * 7
    assert record.causal is True
    written = json.loads((tmp_path / "out/a/run.json").read_text())
    assert written == json.loads(json.dumps(record.plain()))
    assert read_record(tmp_path / "out/a").folds == record.folds
    assert not any("text" in r for r in rows)


def test_test_labels_cannot_change_what_is_learnt_or_selected(tmp_path: Path) -> None:
    found = []
    for flip in (False, True):
        data = corpus(tmp_path / str(flip), flip_test=flip)
        train(run_file(tmp_path / "a.toml"), data, tmp_path / f"out{flip}")
        found.append(answers(tmp_path / f"out{flip}" / "a"))
    assert [r["gold"] for r in found[0]] != [r["gold"] for r in found[1]]
    for one, other in zip(*found, strict=True):
        assert [one[f"score:{x}"] for x in LABELS] == [other[f"score:{x}"] for x in LABELS]


FOLDS = 'protocol = "leave-scene-out"'


@pytest.mark.long
def test_no_state_crosses_from_fold_to_fold(tmp_path: Path) -> None:
    """A fold learnt alone, in a new process, answers as the same fold did among the others."""
    run, data = run_file(tmp_path / "a.toml", data=FOLDS), corpus(tmp_path)
    train(run, data, tmp_path / "out")
    folder = tmp_path / "out" / "a" / "seed-1" / "scene3"
    before = (folder / "predictions.parquet").read_bytes()
    for file in folder.iterdir():
        file.unlink()
    subprocess.run(command(run, data, tmp_path / "out"), check=True, capture_output=True)
    assert (folder / "predictions.parquet").read_bytes() == before


def test_each_place_and_each_epoch_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch", reason="training needs the extra 'train'")
    run = run_file(
        tmp_path / "a.toml",
        "dialogue",
        top="seeds = [1, 2]",
        features='text = ["sound"]',
        model="linear = 0.0",
        training="epochs = 2\nbatch = 8",
    )
    assert main([*command(run, corpus(tmp_path), tmp_path / "out")[3:], "--no-model"]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "seed" in line]
    assert len(told) == 6
    for n, (start, first, second) in enumerate((told[:3], told[3:]), 1):
        assert start == f"{n}/2 seed {n} fold standard"
        assert re.fullmatch(f"{start}: epoch 1/2 \\(1 of (\\d+) steps\\)", first)
        assert re.fullmatch(f"{start}: epoch 2/2, .*\\(\\d+ of \\d+ steps\\)", second)
        assert not first.endswith("(1 of 2 steps)")  # an epoch has several


@pytest.mark.long
def test_a_killed_run_goes_on_at_the_unfinished_fold(tmp_path: Path) -> None:
    run, data = run_file(tmp_path / "a.toml", data=FOLDS), corpus(tmp_path)
    train(run, data, tmp_path / "whole")
    process = subprocess.Popen(
        command(run, data, tmp_path / "out"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    folder = tmp_path / "out" / "a"
    while not list(folder.glob("seed-1/*/record.json")):
        time.sleep(0.002)
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = {p.parent.name: p.stat().st_mtime_ns for p in folder.glob("seed-1/*/record.json")}
    assert 1 <= len(done) < 5
    train(run, data, tmp_path / "out")
    again = {p.parent.name: p.stat().st_mtime_ns for p in folder.glob("seed-1/*/record.json")}
    assert len(again) == 5
    assert {k: again[k] for k in done} == done
    assert answers(folder) == answers(tmp_path / "whole" / "a")


def test_a_folder_of_other_settings_is_refused(tmp_path: Path) -> None:
    data = corpus(tmp_path)
    train(run_file(tmp_path / "a.toml", "majority"), data, tmp_path / "out")
    other = run_file(tmp_path / "a.toml", "majority", top="seed = 2")
    with pytest.raises(TrainingError, match="other settings or data"):
        train(other, data, tmp_path / "out")
    assert train(other, data, tmp_path / "out", fresh=True).seeds == (2,)
    assert not (tmp_path / "out/a/seed-1").exists()


def test_two_runs_cannot_write_to_one_folder(tmp_path: Path) -> None:
    from empathia import files

    with (
        files.sole_user(tmp_path / "out" / "a"),
        pytest.raises(TrainingError, match="another training"),
    ):
        train(run_file(tmp_path / "a.toml", "majority"), corpus(tmp_path), tmp_path / "out")


def test_own_labels_drop_and_join(tmp_path: Path) -> None:
    run = run_file(tmp_path / "a.toml", "majority")
    text = run.read_text().replace('labels = "corpus"', 'labels = "mood"')
    run.write_text(text + '[labels]\nlow = ["cross"]\nhigh = ["glad"]\n')
    record = train(run, corpus(tmp_path), tmp_path / "out")
    assert record.labels == ("low", "high")
    assert {r["gold"] for r in answers(tmp_path / "out/a")} == {"low", "high"}
    assert record.dropped["with a label outside of the set"] > 20


def test_votes_teach_and_gold_asks(tmp_path: Path) -> None:
    run = read_run(run_file(tmp_path / "a.toml", data='targets = "votes"'))
    made = bench(run, corpus(tmp_path), tmp_path / "out")
    fold = made.folds(1)[0]
    assert len(made.asked(fold, "train")) == 14 * 8  # also those without agreement
    assert len(made.asked(fold, "test")) == 6 * 7
    shares = {round(v, 3) for row in made.material.soft.values() for v in row}
    assert shares == {0.0, 0.333, 0.667, 1.0}
    assert all(abs(sum(row) - 1) < 1e-9 for row in made.material.soft.values())


def test_multi_takes_what_a_third_of_the_raters_gave(tmp_path: Path) -> None:
    run = read_run(run_file(tmp_path / "a.toml", data='targets = "multi"'))
    made = bench(run, corpus(tmp_path), tmp_path / "out")
    assert not made.material.exclusive
    assert {sum(row) for row in made.material.soft.values()} == {1.0, 2.0}


def test_modalities(tmp_path: Path) -> None:
    run = run_file(tmp_path / "a.toml", features='text = ["sound"]\nvoice = ["sound"]')
    made = bench(read_run(run), corpus(tmp_path), tmp_path / "out", modalities=("voice",))
    (sample, *_) = made.material.samples(made.material.dialogues[0], made.modalities)
    assert sample.text is None
    assert sample.features["sound"].names == ("tone", "level")
    with pytest.raises(UsageError, match="unknown modality 'face'"):
        bench(read_run(run), corpus(tmp_path), tmp_path / "out", modalities=("face",))


def test_some_folds_alone_are_run(tmp_path: Path) -> None:
    data = 'folds = 4\ntested = ["2", "4"]'
    run = read_run(run_file(tmp_path / "a.toml", data=data))
    run = dataclasses.replace(run, data=dataclasses.replace(run.data, protocol="k-fold"))
    made = bench(run, corpus(tmp_path), tmp_path / "out")
    assert [f.name for f in made.folds(1)] == ["2", "4"]
    every = dataclasses.replace(run, data=dataclasses.replace(run.data, tested=()))
    whole = bench(every, corpus(tmp_path / "again"), tmp_path / "out").folds(1)
    assert [f.name for f in whole] == ["1", "2", "3", "4"]
    assert made.folds(1)[0] == whole[1]
    strange = dataclasses.replace(run, data=dataclasses.replace(run.data, tested=("x",)))
    with pytest.raises(ConfigError, match=r"no fold is called 'x' \(there are: 1, 2, 3, 4\)"):
        bench(strange, corpus(tmp_path / "more"), tmp_path / "out").folds(1)


def test_options_that_a_loader_does_not_have_are_named(tmp_path: Path) -> None:
    run = run_file(tmp_path / "a.toml", "majority", options="colour = 1")
    with pytest.raises(ConfigError, match=r"data.options.table.*colour"):
        train(run, corpus(tmp_path), tmp_path / "out")


def test_labels_that_do_not_cover_the_corpus(tmp_path: Path) -> None:
    run = run_file(tmp_path / "a.toml", "majority")
    run.write_text(run.read_text().replace('"corpus"', '"ekman7"', 1))
    with pytest.raises(UsageError, match="no projection"):
        train(run, corpus(tmp_path), tmp_path / "out")


def test_a_weight_is_not_tested_on_what_it_learnt_from(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(
        'name = "a"\nseed = 1\n[data]\ncorpora = ["ravdess"]\nlabels = "corpus"\n'
        'protocol = "leave-speaker-out"\n[features]\nvoice = ["speech"]\n'
        '[model]\nrecogniser = "late"\n[model.members.v]\nkept = "voice-default"\n'
        '[training]\nselect = "uar"\n'
    )
    with pytest.raises(LeakageError, match="'voice-default' learnt from ravdess"):
        train(path, tmp_path, tmp_path / "out")


KEPT = '[model.members.words]\nkept = "{}"\n[model.members.majority]\n'


def kept_words(folder: Path) -> Path:
    """A model that was kept of the corpus."""
    train(run_file(folder / "words.toml"), corpus(folder), folder / "out", model=True)
    return folder / "out" / "words" / "model"


def test_a_model_of_the_users_is_not_tested_on_what_it_learnt_from(tmp_path: Path) -> None:
    folder = kept_words(tmp_path)
    run = run_file(tmp_path / "a.toml", "late", model=KEPT.format(folder))
    with pytest.raises(LeakageError, match=r"model' learnt from table, on which this run"):
        train(run, tmp_path, tmp_path / "out")
    assert not (tmp_path / "out" / "a").exists()


def test_a_tuned_language_model_is_not_tested_on_what_it_learnt_from(tmp_path: Path) -> None:
    """It is no member, but asked as it is: its folder is the model."""
    folder = tuned(tmp_path / "lm", "table")
    asked = f'backend = "hub"\nmodel = "{folder}"'
    run = run_file(tmp_path / "a.toml", "lm", model=asked)
    with pytest.raises(LeakageError, match=r"lm' learnt from table, on which this run"):
        train(run, tmp_path, tmp_path / "out")


def test_a_member_that_asks_a_tuned_language_model_is_not_tested_on_what_it_learnt_from(
    tmp_path: Path,
) -> None:
    folder = tuned(tmp_path / "lm", "table")
    members = "[model.members.majority]\n[model.members.lm]\n"
    asked = f'{members}backend = "scripted"\nmodel = "{folder}"'
    run = run_file(tmp_path / "a.toml", "late", model=asked)
    with pytest.raises(LeakageError, match=r"lm' learnt from table, on which this run"):
        train(run, tmp_path, tmp_path / "out")


def test_who_asks_a_tuned_language_model_may_be_used_for_what_that_may(tmp_path: Path) -> None:
    folder = tuned(tmp_path / "lm", "elsewhere")
    asked = f'backend = "scripted"\nmodel = "{folder}"'
    run = run_file(tmp_path / "a.toml", "lm", model=asked)
    train(run, corpus(tmp_path), tmp_path / "out", model=True)
    kept = read_settings(tmp_path / "out" / "a" / "model")
    assert [c["name"] for c in kept.details["corpora"]] == ["table", "elsewhere"]
    assert kept.noncommercial
    assert "Theirs" in kept.licence
    assert kept.weights == ("smollm2",)


def test_another_model_under_the_same_path_is_other_work(tmp_path: Path) -> None:
    folder = kept_words(tmp_path)
    settings = json.loads((folder / "settings.json").read_text())
    settings["details"]["corpora"] = []  # as if learnt from data that nobody tests on
    (folder / "settings.json").write_text(json.dumps(settings))
    run = run_file(tmp_path / "a.toml", "late", model=KEPT.format(folder))
    first = train(run, tmp_path, tmp_path / "out")
    assert train(run, tmp_path, tmp_path / "out").fingerprint == first.fingerprint
    (folder / "model.json").write_text((folder / "model.json").read_text() + " ")
    with pytest.raises(TrainingError, match="other settings or data"):
        train(run, tmp_path, tmp_path / "out")


def test_a_wrong_option_of_a_member_is_told_before_the_work(tmp_path: Path) -> None:
    run = run_file(tmp_path / "a.toml", "late", model="[model.members.tfidf]\ntypo = 3")
    with pytest.raises(ConfigError, match=r"no option 'model\.members\.tfidf\.typo'"):
        train(run, tmp_path / "no-corpus-is-here", tmp_path / "out")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ('template = "mine.toml"', "mine.toml"),
        ("rank = 0", "rank"),
        ('answer = "shouted"', "answer"),
    ],
)
def test_options_of_a_language_model_are_checked_before_a_corpus_is_read(
    tmp_path: Path, option: str, words: str
) -> None:
    run = run_file(tmp_path / "a.toml", "lm", model=option)
    with pytest.raises(ConfigError, match=words):
        train(run, tmp_path / "no-corpus-is-here", tmp_path / "out")


@pytest.mark.parametrize("wrong", [math.nan, 2.0, -0.1])
def test_scores_that_are_none_are_an_error_and_not_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: float
) -> None:
    honest = majority.learn

    def learn(problem: Problem) -> Model:
        learnt = honest(problem)
        rest = (1 - wrong) / 2

        def answer(dialogues: Sequence[Conversation]) -> Scores:
            return {s.id: (rest, wrong, rest) for d in dialogues for s in d}

        return dataclasses.replace(learnt, answer=answer)

    monkeypatch.setattr(majority, "learn", learn)
    with pytest.raises(
        LabelError, match=r"'majority' gave 'd\d+_\d' the scores .* Mend the plug-in"
    ):
        train(run_file(tmp_path / "a.toml", "majority"), corpus(tmp_path), tmp_path / "out")


def changed(data: Path, column: str, change: Any) -> None:
    file = data / "table" / "data.csv"
    with file.open(newline="") as f:
        rows = list(csv.DictReader(f))
    with file.open("w", newline="") as f:
        writer = csv.DictWriter(f, rows[0])
        writer.writeheader()
        writer.writerows({**r, column: change(r[column])} for r in rows)


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("tone", lambda x: str(-float(x))),
        ("scene", lambda x: x.replace("scene4", "scene3")),
        ("gender", lambda x: "M"),
    ],
)
def test_other_features_or_groups_are_other_data(tmp_path: Path, column: str, change: Any) -> None:
    data = corpus(tmp_path)
    run = run_file(tmp_path / "a.toml", "majority", features='voice = ["sound"]')
    train(run, data, tmp_path / "out")
    changed(data, column, change)
    with pytest.raises(TrainingError, match="other settings or data"):
        train(run, data, tmp_path / "out")


def test_the_order_of_own_labels_is_part_of_the_settings(tmp_path: Path) -> None:
    data, run = corpus(tmp_path), run_file(tmp_path / "a.toml", "majority")
    text = run.read_text().replace('labels = "corpus"', 'labels = "mood"')
    lines = 'low = ["cross"]', 'high = ["glad"]'
    run.write_text(text + "[labels]\n" + "\n".join(lines) + "\n")
    train(run, data, tmp_path / "out")
    run.write_text(text + "[labels]\n" + "\n".join(reversed(lines)) + "\n")
    with pytest.raises(TrainingError, match="other settings or data"):
        train(run, data, tmp_path / "out")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('low = ["cros"]\nhigh = ["glad"]', "'cros', which no corpus has"),
        ('low = ["cross", "glad"]\nhigh = ["glad"]', "'glad' to several"),
    ],
)
def test_own_labels_are_checked_against_the_corpus(tmp_path: Path, lines: str, words: str) -> None:
    run = run_file(tmp_path / "a.toml", "majority")
    text = run.read_text().replace('labels = "corpus"', 'labels = "mood"')
    run.write_text(f"{text}[labels]\n{lines}\n")
    with pytest.raises(ConfigError, match=words):
        train(run, corpus(tmp_path), tmp_path / "out")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('[normalise]\nsuond = "global"\n', "normalise.*'suond'"),
        ('[normalise]\nsound = "neutral-speaker"\n', "neutral clips"),
        ("[data.options.tabel]\nx = 1\n", "data.options.*'tabel'"),
    ],
)
def test_names_that_lead_nowhere_are_errors(tmp_path: Path, more: str, words: str) -> None:
    run = run_file(tmp_path / "a.toml", "majority", features='voice = ["sound"]')
    run.write_text(run.read_text() + more)
    with pytest.raises(ConfigError, match=words):
        train(run, corpus(tmp_path), tmp_path / "out")


def test_a_damaged_answer_is_made_again(tmp_path: Path) -> None:
    run, data = run_file(tmp_path / "a.toml", "majority"), corpus(tmp_path)
    train(run, data, tmp_path / "out")
    folder = tmp_path / "out" / "a" / "seed-1" / "standard"
    for name in ("predictions.parquet", "record.json"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
        train(run, data, tmp_path / "out")
        assert (folder / name).read_bytes() == whole


def test_a_failed_start_does_not_block_the_mended_one(tmp_path: Path) -> None:
    data = corpus(tmp_path)
    run = run_file(tmp_path / "a.toml", model='penalties = ["many"]')
    with pytest.raises(UsageError):
        train(run, data, tmp_path / "out")
    train(run_file(tmp_path / "a.toml"), data, tmp_path / "out")


def test_a_label_that_a_fold_cannot_learn_is_told(tmp_path: Path) -> None:
    data = corpus(tmp_path)
    file = data / "table" / "data.csv"
    text = file.read_text().splitlines()
    rows = [line.replace(",glad,", ",cross,") if ",train," in line else line for line in text]
    file.write_text("\n".join(rows) + "\n")
    with pytest.warns(EmpathiaWarning, match="nothing to learn 'glad' from"):
        train(run_file(tmp_path / "a.toml", "majority"), data, tmp_path / "out")
