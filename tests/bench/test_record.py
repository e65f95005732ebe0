"""What a run says of itself: written as it always was, and read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from empathia.bench.record import (
    FoldRecord,
    RunRecord,
    TrainingRecord,
    is_run,
    read_record,
    read_training,
    sum_of,
    training_folder,
)
from empathia.errors import InputError, UsageError

RUN = """\
{
  "causal": true,
  "corpora": [
    {
      "citation": "none",
      "language": "und",
      "licence": "that of the data you bring",
      "name": "table",
      "noncommercial": true,
      "page": "none"
    }
  ],
  "data": {"table": "267655d3"},
  "digest": "c256612b",
  "dropped": {"without a gold label": 2606},
  "exclusive": true,
  "fingerprint": "0668eb86",
  "folds": [
    {
      "name": "standard",
      "seed": 1,
      "selection_ids": "c1020f76",
      "test": 1623,
      "test_ids": "06bf2a97",
      "train": 5163,
      "train_counts": {"happy": 451, "sad": 771},
      "valid": 647
    }
  ],
  "format": 1,
  "git": {"changed": false, "commit": "81dc725829e58f73fd447f5685992cf050ee7dfa"},
  "heard": {},
  "labels": ["happy", "sad"],
  "modalities": {"text": ["text:minilm", "text:text-empathetic"], "voice": ["prosody"]},
  "name": "iemocap6",
  "normalise": {"prosody": "global+running"},
  "protocol": "standard",
  "reads_gold": false,
  "recogniser": "dialogue",
  "run_file": "runs/iemocap6.toml",
  "seeds": [1],
  "settings": {"about": "", "training": {"select": "weighted_f1"}},
  "threads": 1,
  "versions": {"empathia": "0.1.0", "python": "3.11.9"}
}
"""
TRAINING = """\
{
  "answers": {"predictions": "d13c4bf5"},
  "causal": true,
  "fingerprint": "22b33daa",
  "git": {"changed": false},
  "linear": {"penalty": 1000.0},
  "threads": 1,
  "validation": {"uar": 0.63},
  "versions": {"empathia": "0.1.0"}
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run.json").write_text(RUN)
    return tmp_path


def changed(folder: Path, **values: object) -> None:
    plain = json.loads(RUN) | values
    (folder / "run.json").write_text(json.dumps(plain))


def test_a_run_of_the_first_version_is_read(folder: Path) -> None:
    run = read_record(folder)
    assert is_run(folder)
    assert (run.name, run.labels, run.seeds) == ("iemocap6", ("happy", "sad"), (1,))
    assert run.fold(1, "standard").train_counts == {"happy": 451, "sad": 771}
    assert run.corpora[0].noncommercial
    assert run.modalities["text"] == ("text:minilm", "text:text-empathetic")
    assert run.normalisers == [("prosody", "global"), ("prosody", "running")]
    assert run.command == "empathia train runs/iemocap6.toml --data DATA"
    assert run.heard_before == ""


def test_the_keys_on_disk_stay(folder: Path) -> None:
    run = read_record(folder)
    run.write(folder)
    kept = json.loads((folder / "run.json").read_text())
    assert kept == {k: v for k, v in json.loads(RUN).items() if k != "reads_gold"}
    assert read_record(folder) == run


def test_before_the_first_training_nobody_knows_whether_it_is_causal(tmp_path: Path) -> None:
    run = RunRecord("a", ("low", "high"), True, (1,), (FoldRecord("standard", 1),))
    run.write(tmp_path)
    assert json.loads((tmp_path / "run.json").read_text())["causal"] is None
    assert read_record(tmp_path) == run


def test_a_fold_without_a_seed_is_one_of_all_seeds(folder: Path) -> None:
    changed(folder, seeds=[2, 1], folds=[{"name": "a"}], train_counts={"sad": 3})
    folds = read_record(folder).folds
    assert [(f.seed, f.name) for f in folds] == [(2, "a"), (1, "a")]
    assert folds[0].train_counts == {"sad": 3}


def test_a_run_that_read_gold_labels_is_refused_by_name(folder: Path) -> None:
    changed(folder, reads_gold=True, recogniser="previous")
    with pytest.raises(InputError, match=r"read gold labels \('previous'\).*empathia audit"):
        read_record(folder)


def test_what_is_no_run_says_so(folder: Path, tmp_path: Path) -> None:
    assert not is_run(tmp_path / "other")
    with pytest.raises(UsageError, match=r"no run\.json"):
        read_record(tmp_path / "other")
    changed(folder, format=7)
    with pytest.raises(InputError, match="format 7, expected 1"):
        read_record(folder)
    changed(folder, folds=[])
    with pytest.raises(InputError, match="damaged"):
        read_record(folder)


def test_the_record_of_a_training_comes_back(tmp_path: Path) -> None:
    assert read_training(tmp_path) is None
    (tmp_path / "record.json").write_text(TRAINING)
    training = read_training(tmp_path)
    assert isinstance(training, TrainingRecord)
    assert (training.causal, training.refit, training.threads) == (True, False, 1)
    assert training.course == {"linear": {"penalty": 1000.0}, "validation": {"uar": 0.63}}
    training.write(tmp_path)
    assert json.loads((tmp_path / "record.json").read_text()) == json.loads(TRAINING)


def test_folders_of_seeds_and_folds(tmp_path: Path) -> None:
    assert training_folder(tmp_path, 11, "speaker-a") == tmp_path / "seed-11" / "speaker-a"
    assert training_folder(tmp_path, 1, "a/b").parent == tmp_path / "seed-1"


def test_other_utterances_than_were_planned() -> None:
    fold = FoldRecord("a", 1, test=2, test_ids=sum_of(["u1", "u2"]))
    assert fold.differing({"valid": ["v"], "test": ["u2", "u1"]}) == []
    assert fold.differing({"valid": [], "test": ["u1", "u3"]}) == ["test"]
    assert fold.differing({"valid": [], "test": ["u1"]}) == ["test"]
