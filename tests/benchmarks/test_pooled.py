"""Finished runs are pooled as members of late fusion are, by what validation says."""

from __future__ import annotations

import numpy as np
import pooled
import pytest
from pyarrow import parquet
from result_folders import LABELS, answers, write

from empathia.bench.results import read_results
from empathia.evaluate.comparison import compare
from empathia.metrics.pool import log_pool

SEEDS = (1, 2)


def rows(seed, skill, golds=None):
    """Answers of one training to the same utterances, whoever answers."""
    made = [
        r
        for part, dialogues in (("valid", 30), ("test", 20))
        for r in answers(np.random.default_rng([7, seed]), part, dialogues)
    ]
    rng = np.random.default_rng([seed, int(10 * skill)])
    for r in made:
        z = rng.normal(0, 1, 3) + 3 * skill * (np.array(LABELS) == r["gold"])
        p = np.exp(z) / np.exp(z).sum()
        r |= {f"score:{x}": float(p[i]) for i, x in enumerate(LABELS)}
        r["said"] = LABELS[int(np.argmax(p))]
    return made


@pytest.fixture
def runs(tmp_path):
    return [
        write(tmp_path / name, {(s, "standard"): rows(s, skill) for s in SEEDS})
        for name, skill in (("good", 0.6), ("better", 0.7))
    ]


def read(folder, seed=1):
    return parquet.read_table(folder / f"seed-{seed}/standard/predictions.parquet").to_pylist()


def test_two_runs_that_err_apart_are_better_together(runs, tmp_path):
    weights = pooled.pooled(tmp_path / "both", runs)
    assert list(weights) == ["seed 1, standard", "seed 2, standard"]
    assert all((w > 0.2).all() for w in weights.values())
    together = read_results(tmp_path / "both")
    table = compare([together, *map(read_results, runs)], "macro_f1")
    best, *others = [r.score.value for r in table.rows]
    assert best > max(others)


def test_scores_are_the_log_pool_of_both(runs, tmp_path):
    weights = pooled.pooled(tmp_path / "both", runs)["seed 1, standard"]
    names = [f"score:{x}" for x in LABELS]
    one, two, both = ([[r[n] for n in names] for r in read(f)] for f in (*runs, tmp_path / "both"))
    np.testing.assert_allclose(both, log_pool([np.array(one), np.array(two)], weights), atol=1e-9)
    said = [r["said"] for r in read(tmp_path / "both")]
    assert said == [LABELS[int(np.argmax(p))] for p in both]


def test_weights_hang_on_validation_alone(runs, tmp_path):
    before = pooled.pooled(tmp_path / "both", runs)
    other = {(s, "standard"): rows(s, 0.7) for s in SEEDS}
    for made in other.values():
        for r in made:
            if r["part"] == "test":
                r["gold"] = "joy"
                r |= {f"target:{x}": float(x == "joy") for x in LABELS}
    after = pooled.pooled(tmp_path / "again", [runs[0], write(tmp_path / "other", other)])
    assert {k: v.tolist() for k, v in before.items()} == {k: v.tolist() for k, v in after.items()}


def test_who_does_not_answer_leaves_it_to_the_other(runs, tmp_path):
    silent = rows(1, 0.6)
    for r in silent[::3]:
        r.update({f"score:{x}": None for x in LABELS}, said=None, why="nothing to judge by")
    lacking = write(tmp_path / "silent", {(1, "standard"): silent})
    assert list(pooled.pooled(tmp_path / "both", [lacking, runs[1]])) == ["seed 1, standard"]
    both, alone = read(tmp_path / "both"), read(runs[1])
    assert [r["said"] for r in both[::3]] == [r["said"] for r in alone[::3]]
    assert all(r["why"] is None for r in both)
    assert read_results(tmp_path / "both").seeds == (1,)


def test_other_labels_are_refused(runs, tmp_path):
    other = [r | {"gold": "anger"} for r in rows(1, 0.6)]
    labels = ("neutral", "joy", "anger")
    for r in other:
        r |= {"target:anger": 1.0, "score:anger": r.pop("score:sadness")}
    strange = write(tmp_path / "strange", {(1, "standard"): other}, labels)
    with pytest.raises(SystemExit, match="'strange' tells other labels apart"):
        pooled.pooled(tmp_path / "both", [runs[0], strange])
