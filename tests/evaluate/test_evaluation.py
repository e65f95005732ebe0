"""The figures of a run against plain counting over its rows, and what is said of them."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from result_folders import LABELS, answers, made, row, write

from empathia.bench.results import read_results
from empathia.errors import InputError
from empathia.evaluate import evaluate
from empathia.metrics.calibration import log_losses
from empathia.report.run.json import dumps


def evaluated(tmp_path, rows, resamples=200, **other):
    return evaluate(read_results(write(tmp_path / "run", rows, **other)), resamples)


def plain_weighted_f1(rows) -> float:
    total = 0.0
    for x in LABELS:
        tp = sum(r["gold"] == x == r["said"] for r in rows)
        n = sum(r["gold"] == x for r in rows)
        said = sum(r["said"] == x for r in rows)
        total += n * (2 * tp / (n + said) if n + said else 0)
    return total / len(rows)


def test_figures_are_means_over_seeds_with_both_views_of_folds(tmp_path):
    rows = {(s, f): made(10 * s + i, first=f) for s in (1, 2, 3) for i, f in enumerate("ab")}
    e = evaluated(tmp_path, rows)
    test = {k: [r for r in v if r["part"] == "test"] for k, v in rows.items()}
    seeds = [plain_weighted_f1(test[s, "a"] + test[s, "b"]) for s in (1, 2, 3)]
    assert e.by_seed["weighted_f1"] == pytest.approx(seeds)
    whole = e.measure("weighted_f1")
    assert whole.value == pytest.approx(np.mean(seeds))
    assert whole.low < whole.value < whole.high
    assert (whole.n, e.dialogues) == (96, 24)
    folds = {m.metric: m.value for m in e.fold_means}
    each = [plain_weighted_f1(v) for v in test.values()]
    assert folds["weighted_f1"] == pytest.approx(np.mean(each))
    assert folds["weighted_f1"] != pytest.approx(whole.value)
    assert [n for n, _ in e.by_fold] == ["a", "b"]


def test_silence_counts_as_an_error_and_is_told(tmp_path):
    rows = [row(utterance=f"u{i}", dialogue=f"d{i}", scores=(0, 1, 0)) for i in range(6)]
    rows += [row(utterance="x", why="unparsed"), row(utterance="y", gold="neutral")]
    e = evaluated(tmp_path, {(1, "a"): rows})
    assert e.measure("accuracy").value == 6 / 8
    assert e.silent == {"unparsed": 1, "nothing to judge by": 1}
    assert e.confusion.tolist() == [[0, 0, 0, 0, 1], [0, 6, 0, 1, 0], [0, 0, 0, 0, 0]]
    assert any("1 of 8 answers say nothing (unparsed)" in n for n in e.notes)
    assert any("No test utterance is sadness" in n for n in e.notes)


def test_all_unparsed_scores_zero(tmp_path):
    rows = [row(utterance=f"u{i}", dialogue=f"d{i}", why="unparsed") for i in range(5)]
    e = evaluated(tmp_path, {(1, "a"): rows})
    assert e.measure("weighted_f1").value == 0
    assert e.before is None
    assert e.risk is None
    assert "ece" not in e.by_seed
    json.loads(dumps(e))


def test_one_dialogue_has_no_interval_and_says_so(tmp_path):
    rows = [r | {"dialogue": "one"} for r in made()]
    e = evaluated(tmp_path, {(1, "a"): rows})
    assert e.resamples == 0
    assert all(m.low is None and m.high is None for m in e.measures)
    assert any("one test dialogue" in n for n in e.notes)
    assert any("One seed" in n for n in e.notes)


def test_single_label_and_class_absent_from_a_fold(tmp_path):
    one = [row(("joy",), scores=(1.0,), utterance=f"u{i}", dialogue=f"d{i}") for i in range(4)]
    e = evaluated(tmp_path / "one", {(1, "a"): one}, labels=("joy",))
    assert e.measure("macro_f1").value == 1
    rows = {
        (1, "a"): made(1, first="a"),
        (1, "b"): [r for r in made(2, first="b") if r["gold"] != "joy"],
    }
    e = evaluated(tmp_path / "two", rows)
    assert any("1 of 2 folds lack a label" in n for n in e.notes)
    uar = {m.metric: m for m in e.fold_means}["uar"]
    assert uar.low < uar.value < uar.high


def test_temperature_is_fitted_on_validation_rows_alone(tmp_path):
    def overconfident(part, seed):
        rows = answers(np.random.default_rng(seed), part, 60, skill=0.4)
        for r in rows:
            p = np.array([r[f"score:{x}"] for x in LABELS]) ** 4
            r |= {f"score:{x}": v for x, v in zip(LABELS, p / p.sum(), strict=True)}
        return rows

    valid, test = overconfident("valid", 1), overconfident("test", 2)
    e = evaluated(tmp_path / "a", {(1, "a"): valid + test})
    assert e.temperatures["1/a"] > 2
    assert e.measure("ece_scaled").value < e.measure("ece").value / 2
    assert e.measure("nll_scaled").value < e.measure("nll").value
    p = np.array([[r[f"score:{x}"] for x in LABELS] for r in test])
    t = np.array([[r[f"target:{x}"] for x in LABELS] for r in test])
    assert e.measure("nll").value == pytest.approx(log_losses(p, t).mean())
    other = [
        r | {"gold": "joy", "target:joy": 1.0, "target:neutral": 0.0, "target:sadness": 0.0}
        for r in test
    ]
    again = evaluated(tmp_path / "b", {(1, "a"): valid + other})
    assert again.temperatures == e.temperatures
    none = evaluated(tmp_path / "c", {(1, "a"): test})
    assert none.temperatures == {}
    assert none.after is None
    assert any("no temperature was fitted" in n for n in none.notes)


def test_votes_without_a_majority_count_in_the_likelihood_alone(tmp_path):
    tie = row(gold=None, utterance="tie", dialogue="t", scores=(0.2, 0.4, 0.4))
    tie |= {"target:joy": 0.5, "target:sadness": 0.5}
    sure = [row(utterance=f"u{i}", dialogue=f"d{i}", scores=(0, 1, 0)) for i in range(3)]
    e = evaluated(tmp_path, {(1, "a"): [*sure, tie]})
    assert e.measure("accuracy").value == 1
    assert e.confusion.sum() == 3
    assert e.measure("nll").value == pytest.approx(-np.log(0.4) / 4)
    assert any("1 test utterances have no majority" in n for n in e.notes)


def test_independent_labels_are_cut_at_thresholds_of_validation(tmp_path):
    def several(part, n):
        rows = []
        for i in range(n):
            gold = (i % 2, i % 3 == 0, 1)
            scores = [0.3 + 0.1 * gold[0], 0.6 + 0.2 * gold[1], 0.9]  # .5 would cut badly
            name = f"{part}{i}"
            rows.append(
                row(gold=None, scores=scores, part=part, utterance=name, dialogue=name)
                | {f"target:{x}": float(g) for x, g in zip(LABELS, gold, strict=True)}
            )
        return rows

    e = evaluated(
        tmp_path / "a", {(1, "a"): several("valid", 12) + several("test", 12)}, exclusive=False
    )
    assert e.main == "micro_f1"
    assert e.measure("accuracy").value == 1
    assert e.measure("jaccard").value == 1
    assert e.thresholds["1/a"][:2] == pytest.approx((0.35, 0.7))
    plain = evaluated(tmp_path / "b", {(1, "a"): several("test", 12)}, exclusive=False)
    # At .5 the first label is never said, the second always.
    f1 = {c.label: c.f1.value for c in plain.classes}
    assert f1 == pytest.approx({"neutral": 0, "joy": 2 * 4 / (4 + 12), "sadness": 1})
    assert plain.measure("accuracy").value == pytest.approx(2 / 12)


def test_slices_are_figures_of_their_rows(tmp_path):
    rows = made(3, dialogues=20)
    e = evaluated(tmp_path, {(1, "a"): rows})
    found = {(s.slice, s.metric): s for s in e.slices}
    test = [r for r in rows if r["part"] == "test"]
    for name, keep in {
        "gender=female": lambda r: r["gender"] == "female",
        "scenario=s1": lambda r: r["group:scenario"] == "s1",
        "position=beginning": lambda r: r["index"] in (0, 1),
        "position=end": lambda r: r["index"] == 3,
        "words=none": lambda r: r["words"] == 0,
        "words=20 or more": lambda r: r["words"] >= 20,
    }.items():
        inside = [r for r in test if keep(r)]
        s = found[name, "weighted_f1"]
        assert (s.n, s.value) == (len(inside), pytest.approx(plain_weighted_f1(inside))), name
        assert s.low <= s.value <= s.high
    assert not any(s.slice.startswith(("speakers", "corpus")) for s in e.slices)  # one value each


def test_a_slice_is_measured_over_the_labels_that_it_has(tmp_path):
    rows = [r | {"said": r["gold"]} for r in made(3, dialogues=20)]
    for r in rows:  # those of women are neutral alone
        r["gender"] = "female" if r["gold"] == "neutral" else "male"
    e = evaluated(tmp_path, {(1, "a"): rows})
    told = {(s.slice, s.metric): s.value for s in e.slices}
    for name in ("gender=female", "gender=male"):
        for metric in ("accuracy", "macro_f1", "uar", "weighted_f1"):
            assert told[name, metric] == 1, (name, metric)


def test_speakers_of_a_dialogue_are_counted(tmp_path):
    rows = made(3, dialogues=6)
    for r in rows:
        if r["dialogue"].endswith(("d0", "d1")):
            r["speaker"] = "anna"
    e = evaluated(tmp_path, {(1, "a"): rows})
    sizes = {s.slice: s.n for s in e.slices}
    assert (sizes["speakers=1"], sizes["speakers=2"]) == (8, 16)


def test_majority_floor_is_that_of_each_folds_training_part(tmp_path):
    rows = {(1, f): made(i, first=f) for i, f in enumerate("ab")}
    run = write(tmp_path / "run", rows)
    record = json.loads((run / "run.json").read_text())
    for fold, most in zip(record["folds"], ("joy", "sadness"), strict=True):
        fold["train_counts"] = {"neutral": 2, most: 5}
    (run / "run.json").write_text(json.dumps(record))
    e = evaluate(read_results(run), 0)
    said = [
        r | {"said": m}
        for f, m in zip("ab", ("joy", "sadness"), strict=True)
        for r in rows[1, f]
        if r["part"] == "test"
    ]
    assert e.baselines["majority"]["weighted_f1"] == pytest.approx(plain_weighted_f1(said))
    assert evaluated(tmp_path, rows).baselines == {}


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"causal": False}, "Not causal"),
        ({"normalise": {"speech": "global+speaker"}}, "'speech' with all of the test speaker's"),
        ({"heard": {"text-default": ["goemotions"]}}, "(text-default from goemotions)"),
    ],
)
def test_what_must_not_be_believed_is_said(tmp_path, other, says):
    assert any(says in n for n in evaluated(tmp_path, {(1, "a"): made()}, **other).notes)


def test_learning_from_the_validation_part_is_said(tmp_path):
    folder = write(tmp_path / "run", {(1, "a"): made()})
    told = "After the choice it also learnt from the validation part."
    assert told not in evaluate(read_results(folder), 0).notes
    (folder / "seed-1" / "a" / "record.json").write_text('{"refit": true}')
    assert told in evaluate(read_results(folder), 0).notes


def test_selection_on_test_utterances_is_found(tmp_path):
    rows = made()
    shared = [r | {"part": "valid"} for r in rows if r["part"] == "test"][:3]
    e = evaluated(tmp_path, {(1, "a"): rows + shared})
    assert any("selected on test utterances: 3 of seed 1, fold 'a'" in n.lower() for n in e.notes)


def test_nothing_to_test_on(tmp_path):
    rows = [r for r in made() if r["part"] == "valid"]
    with pytest.raises(InputError, match="no test utterance"):
        evaluated(tmp_path, {(1, "a"): rows})


@pytest.mark.slow
@pytest.mark.long
def test_large_results_are_quick(tmp_path):
    rng = np.random.default_rng(0)
    rows = {}
    for fold in range(4):
        base = answers(rng, "test", 350, size=10, first=f"{fold}-")
        rows |= {(s, f"f{fold}"): base for s in (1, 2, 3)}
    folder = write(tmp_path / "run", rows)
    begin = time.process_time()
    e = evaluate(read_results(folder))
    assert time.process_time() - begin < 4  # 42,000 rows; measured at 1
    assert e.utterances == 14_000
