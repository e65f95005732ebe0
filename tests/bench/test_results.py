"""Reading what a run left: whole, damaged, half-finished."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pyarrow import parquet
from result_folders import LABELS, made, row, write

from empathia.bench.results import read_results
from empathia.errors import InputError, UsageError


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "run", {(s, f): made(s, first=f) for s in (2, 1) for f in ("a", "b")})


def test_everything_comes_back(folder):
    r = read_results(folder)
    assert r.labels == LABELS
    assert r.seeds == (1, 2)
    assert r.folds == ("a", "b")
    assert len(r.seed) == 4 * (8 + 12) * 4
    assert r.test.sum() == 4 * 12 * 4
    table = r.table.to_pylist()
    for i in (0, 57, 200, 319):
        assert r.predicted[i] == LABELS.index(table[i]["said"])
        assert r.gold[i] == LABELS.index(table[i]["gold"])
        assert r.scores[i].tolist() == [table[i][f"score:{x}"] for x in LABELS]
        assert r.keys().texts()[i] == f"made/{table[i]['utterance']}"
        assert r.texts["gender"].texts()[i] == table[i]["gender"]


def test_unknown_is_not_zero(tmp_path):
    rows = [
        row(utterance="u1", scores=(0.5, 0.3, 0.2)),
        row(utterance="u2", gender=None, words=None),
        row(utterance="u3", scores=(0.5, np.nan, 0.2), said="joy"),
    ]
    r = read_results(write(tmp_path / "run", {(1, "a"): rows}))
    assert r.predicted.tolist() == [0, -1, 1]
    assert r.texts["gender"].texts() == ["female", None, "female"]
    assert np.isnan(r.numbers["words"][1])
    assert np.isnan(r.scores[1:]).all()


def test_folder_names_and_columns_may_differ_from_fold_to_fold(tmp_path):
    rows = {
        (1, "a/ü:1"): [row(scores=(1, 0, 0))],
        (1, "b"): [row(utterance="u2", **{"group:x": "y"})],
    }
    r = read_results(write(tmp_path / "run", rows))
    assert r.folds == ("a/ü:1", "b")
    assert r.texts["group:x"].texts() == [None, "y"]


def test_missing_fold_is_named_with_the_command_that_goes_on(folder):
    (folder / "seed-2" / "b" / "predictions.parquet").unlink()
    with pytest.raises(
        InputError, match=r"seed 2, fold 'b'.*1 of 4.*empathia train runs/run\.toml"
    ):
        read_results(folder)


def test_folds_of_a_seed_are_those_it_has(tmp_path):
    run = write(tmp_path / "run", {(1, "a"): made(1), (2, "b"): made(2)})
    record = json.loads((run / "run.json").read_text())
    record["folds"] = [{"name": "a", "seed": 1}, {"name": "b", "seed": 2}]
    (run / "run.json").write_text(json.dumps(record))
    assert read_results(run).folds == ("a", "b")


def test_no_run_here(tmp_path):
    with pytest.raises(UsageError, match=r"no run\.json"):
        read_results(tmp_path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"format": 1}', "damaged"),
        ('{"format": 2}', "format 2, expected 1"),
    ],
)
def test_run_json_that_cannot_be_read(folder, content, says):
    (folder / "run.json").write_text(content)
    with pytest.raises(InputError, match=says):
        read_results(folder)


def test_damaged_parquet_is_named(folder):
    path = folder / "seed-1" / "a" / "predictions.parquet"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"seed-1.a.predictions\.parquet' is damaged"):
        read_results(folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"score:joy": 1.7}, "expected numbers in"),
        ({"score:joy": 0.9}, "sum to 1"),
        ({"said": "angry"}, "'angry', which is none of"),
        ({"target:joy": None}, "without a target"),
        ({"utterance": "u0"}, "'made/u0' stands there 2 times"),
        ({"seed": 3}, "expected seed 1"),
    ],
)
def test_rows_that_cannot_be(tmp_path, change, says):
    rows = [row(utterance="u0", scores=(0.4, 0.4, 0.2)), row(scores=(0.4, 0.4, 0.2)) | change]
    with pytest.raises(InputError, match=says):
        read_results(write(tmp_path / "run", {(1, "a"): rows}))


@pytest.mark.parametrize(("part", "key"), [("valid", "selection_ids"), ("test", "test_ids")])
def test_answers_to_other_utterances_are_refused(folder, part, key):
    record = json.loads((folder / "run.json").read_text())
    fold = next(f for f in record["folds"] if (f["seed"], f["name"]) == (2, "b"))
    del fold[part]
    fold[key] = "0" * 64
    (folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=rf"seed-2.b.* other utterances of '{part}'.*--fresh"):
        read_results(folder)


def test_lost_rows_are_refused(folder):
    path = folder / "seed-1" / "b" / "predictions.parquet"
    parquet.write_table(parquet.read_table(path, partitioning=None).slice(0, 50), path)
    with pytest.raises(InputError, match=r"seed-1.b.* of 'test' \(18 rows\)"):
        read_results(folder)


def test_a_recogniser_may_have_learnt_from_the_validation_part(folder):
    assert not read_results(folder).refit
    path = folder / "seed-2" / "a" / "record.json"
    path.write_text('{"refit": true}')
    assert read_results(folder).refit
    path.write_text("[1]")
    with pytest.raises(InputError, match=r"record\.json' is damaged"):
        read_results(folder)


def test_missing_column_is_named(folder):
    path = folder / "seed-1" / "a" / "predictions.parquet"
    parquet.write_table(parquet.read_table(path, partitioning=None).drop_columns("score:joy"), path)
    with pytest.raises(InputError, match="no column 'score:joy'"):
        read_results(folder)
