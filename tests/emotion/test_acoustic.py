"""Acoustic baselines: they learn, choose on validation, and say what they listened to."""

from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="training needs the extra 'train'")

from voices import part, problem, right, sample, with_column

from empathia.config import checked_options
from empathia.emotion import acoustic
from empathia.errors import ConfigError, TrainingError
from empathia.training.model import scores_of as predict
from empathia.training.problem import Part
from empathia.training.rows import Rows, row
from empathia.types import Features, Sample

TEST = part(range(12, 18), 5)


def options(**changed):
    return checked_options(acoustic, changed, "run file")


@pytest.mark.parametrize("kind", acoustic.KINDS)
def test_each_kind_learns_speakers_it_has_not_heard(tmp_path, kind):
    learnt = acoustic.learn(problem(tmp_path, options(kind=kind, repeats=0)))
    scores = predict(learnt, TEST.dialogues)
    assert set(scores) == set(TEST.targets)
    assert right(scores, TEST) > 0.85
    for p in scores.values():
        assert sum(p) == pytest.approx(1)
        assert min(p) >= 0


@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=[pytest.mark.slow] * (k == "forest")) for k in acoustic.KINDS],
)
def test_same_seed_same_answers(tmp_path, kind):
    once, again = (
        acoustic.learn(problem(tmp_path / n, options(kind=kind, repeats=1))) for n in "ab"
    )
    assert predict(once, TEST.dialogues) == predict(again, TEST.dialogues)
    assert once.record == again.record


def test_chosen_is_what_validation_likes_best(tmp_path):
    record = acoustic.learn(
        problem(
            tmp_path,
            options(
                penalties=(
                    1e-7,
                    0.01,
                    0.1,
                )
            ),
        )
    ).record
    best = max(record["tried"].values())
    assert record["tried"][str(record["setting"])] == best
    assert set(record["tried"]) == {"1e-07", "0.01", "0.1"}


def test_importance_goes_to_the_columns_that_tell(tmp_path):
    """Of two features the label is in one; the other is noise."""
    rng = np.random.default_rng(4)

    def made(speakers: range) -> Part:
        dialogues, targets = [], {}
        for s in speakers:
            for i in range(6):
                name = f"{s}.{i}"
                there = Features(
                    name, "mfcc", rng.normal(size=(1, 2)).astype(np.float32), ("a.0", "b.0")
                )
                there.values[0, 1] += 5 * (i % 3)
                dialogues.append((Sample(name, features={"mfcc": there}, speaker=str(s)),))
                targets[name] = tuple(float(k == i % 3) for k in range(3))
        return Part(tuple(dialogues), targets)

    found = acoustic.learn(
        problem(tmp_path, options(kind="forest"), train=made(range(8)), valid=made(range(8, 12)))
    ).record["importances"]
    assert next(iter(found)) == "mfcc/b"
    assert found["mfcc/b"] > 0.3
    assert abs(found["mfcc/a"]) < 0.1


def test_validation_gold_only_chooses_and_calibrates(tmp_path):
    """With one setting and other validation labels the ranking of labels stays."""
    chosen = options(penalties=(0.01,), repeats=0)
    valid = part(range(8, 12), 2)
    turned = dataclasses.replace(
        valid, targets={k: v[1:] + v[:1] for k, v in valid.targets.items()}
    )
    one = predict(acoustic.learn(problem(tmp_path, chosen, valid=valid)), TEST.dialogues)
    two = predict(acoustic.learn(problem(tmp_path, chosen, valid=turned)), TEST.dialogues)
    assert {k: np.argsort(v).tolist() for k, v in one.items()} == {
        k: np.argsort(v).tolist() for k, v in two.items()
    }


def test_what_cannot_be_judged_is_left_out(tmp_path):
    learnt = acoustic.learn(problem(tmp_path, options(repeats=0)))
    nothing = Sample("none")
    silent = sample("silent", np.full((4, 13), np.nan, np.float32))
    some = sample("some", np.zeros((4, 13), np.float32))
    assert set(predict(learnt, [(nothing, silent, some)])) == {"some"}
    assert predict(learnt, [(nothing,)]) == {}


def test_label_without_training_is_never_likely(tmp_path):
    train, valid = (
        dataclasses.replace(p, targets={k: v for k, v in p.targets.items() if not v[2]})
        for p in (part(range(8), 1), part(range(8, 12), 2))
    )
    learnt = acoustic.learn(problem(tmp_path, options(repeats=0), train=train, valid=valid))
    assert max(p[2] for p in predict(learnt, TEST.dialogues).values()) < 0.1


def test_row_of_frames_is_mean_and_deviation_of_what_is_there():
    values = np.array([[1, 5], [3, np.nan], [5, 5]], np.float32)
    found = row(Features("u", "f", values, rate=10.0))
    assert found == pytest.approx([3, 5, np.sqrt(8 / 3), 0])


def test_rows_are_scaled_by_training_and_missing_is_its_mean():
    names = ("loud", "high.1", "high.2")
    a, b, hole = (
        Sample(k, features={"p": Features(k, "p", np.array([v], np.float32), names)})
        for k, v in {"a": (1, 0, 7), "b": (3, 4, 7), "c": (np.nan, 8, 7)}.items()
    )
    rows = Rows.fit([a, b], ["p"])
    assert rows([a, b]).tolist() == [[-1, -1, 0], [1, 1, 0]]
    assert rows([hole]).tolist() == [[0, 3, 0]]
    strange = Features("d", "p", np.array([[2, 2, 200]], np.float32), names)
    assert rows([Sample("d", features={"p": strange})]).tolist() == [[0, 0, 0]]
    assert rows.groups == ["p/loud", "p/high", "p/high"]
    assert Rows.fit([a, b], ["p"], ("high.2", "lo")).groups == ["p/loud", "p/high"]


@pytest.mark.parametrize("kind", acoustic.KINDS)
@pytest.mark.parametrize("before", [np.nan, 7.0])
def test_a_column_that_told_nothing_in_training_tells_nothing_later(tmp_path, before, kind):
    train, valid = (with_column(p, before) for p in (part(range(8), 1), part(range(8, 12), 2)))
    given = options(kind=kind, penalties=(0.03,), leaves=(3,), repeats=0)
    learnt = partial(predict, acoustic.learn(problem(tmp_path, given, train=train, valid=valid)))
    same, other = (with_column(TEST, now).dialogues for now in (before, 200.0))
    assert learnt(other) == learnt(same)


@pytest.mark.slow
def test_a_great_seed_grows_a_forest_of_its_own(tmp_path):
    forest = options(kind="forest", repeats=0)
    grown = [
        partial(predict, acoustic.learn(problem(tmp_path, forest, seed=s)))
        for s in (2**32, 2**40 + 1)
    ]
    one, other = (f(TEST.dialogues) for f in grown)
    assert one != other
    assert min(right(s, TEST) for s in (one, other)) > 0.85


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"kind": "tree"}, "model.kind.*'tree'"),
        ({"modality": "face"}, "reads 'face', the modalities are voice"),
        (
            {
                "penalties": (
                    1,
                    -2,
                )
            },
            r"model\.penalties.*above 0",
        ),
        ({"columns": ("louder",)}, "begins with louder"),
        ({"balance": "all"}, "model.balance"),
    ],
)
def test_impossible_options_are_named(tmp_path, changed, says):
    with pytest.raises(ConfigError, match=says):
        acoustic.learn(problem(tmp_path, options(**changed)))


def test_choice_without_validation_is_refused(tmp_path):
    with pytest.raises(TrainingError, match=r"nothing validates.*single setting"):
        acoustic.learn(problem(tmp_path, options(), valid=Part((), {})))
    learnt = acoustic.learn(problem(tmp_path, options(penalties=(0.01,)), valid=Part((), {})))
    assert right(predict(learnt, TEST.dialogues), TEST) > 0.85
