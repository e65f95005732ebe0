"""Kernel regression: the solution is the one of the textbook, views are averaged, it learns."""

from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np
import pytest
from voices import part, problem, right, sample, with_column

from empathia.config import checked_options
from empathia.emotion import kernel, late
from empathia.emotion.kernel.fitting import Kernel, averaged, solve
from empathia.errors import ConfigError, TrainingError
from empathia.training.model import scores_of as predict
from empathia.training.problem import Part
from empathia.types import Features, Sample

TEST = part(range(12, 18), 5)


def options(**changed):
    return checked_options(kernel, changed, "run file")


def _several(made: Part, count: int, same: bool = True) -> Part:
    """The same utterances with further features: their frames with noise and an offset."""
    rng = np.random.default_rng(1)

    def viewed(s: Sample) -> Sample:
        x = s.features["mfcc"].values
        features = {"mfcc": s.features["mfcc"]}
        for k in range(1, count):
            noisy = (x + rng.normal(size=x.shape)) + 0.5
            kept = noisy if same else noisy[:, :4]
            features[f"view{k}"] = Features(s.id, "v", kept.astype(np.float32), rate=31.25)
        return dataclasses.replace(s, features=features)

    return Part(tuple(tuple(map(viewed, d)) for d in made.dialogues), made.targets)


THREE = ("mfcc", "view1", "view2")


def _three(tmp_path, same=True, **changed):
    return problem(
        tmp_path,
        options(**changed),
        train=_several(part(range(8), 1), 3, same),
        valid=_several(part(range(8, 12), 2), 3, same),
        modalities={"voice": THREE},
    )


@pytest.mark.parametrize("changed", [{}, {"width": 0}, {"balance": "none"}, {"penalties": (0.2,)}])
def test_learns_speakers_it_has_not_heard(tmp_path, changed):
    scores = predict(kernel.learn(problem(tmp_path, options(**changed))), TEST.dialogues)
    assert set(scores) == set(TEST.targets)
    assert right(scores, TEST) > 0.85
    assert all(sum(p) == pytest.approx(1) and min(p) >= 0 for p in scores.values())


def test_linear_solution_is_ridge_regression_with_weights():
    """Against the normal equations, in which the columns are solved for and not the rows."""
    rng = np.random.default_rng(0)
    x, new = rng.normal(size=(30, 4)), rng.normal(size=(5, 4))
    y, w = rng.normal(size=(30, 2)), rng.uniform(0.5, 2, 30)
    w /= w.mean()
    (model,) = solve(Kernel(0.0), x, y, w, [0.7])
    centre = np.average(y, axis=0, weights=w)
    beta = np.linalg.solve(
        x.T @ (w[:, None] * x) + 0.7 * 4 * np.eye(4), x.T @ (w[:, None] * (y - centre))
    )
    assert model(new) == pytest.approx(new @ beta + centre, abs=1e-9)


def test_radial_kernel_is_that_of_the_formula():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(3, 6)).astype(np.float32), rng.normal(size=(4, 6)).astype(np.float32)
    found = Kernel(0.5)(a, b)
    expected = [[np.exp(-0.5 * np.mean((x - z) ** 2)) for z in b] for x in a]
    assert found == pytest.approx(np.array(expected), abs=1e-5)


def test_each_view_is_an_example_and_answers_are_averaged(tmp_path):
    learnt = kernel.learn(_three(tmp_path))
    assert learnt.record["rows"] == 3 * 48
    assert learnt.record["columns"] == 26
    test = _several(TEST, 3)
    assert right(predict(learnt, test.dialogues), test) > 0.85
    bare = [
        (dataclasses.replace(s, features={"view1": s.features["view1"]}),)
        for (s,) in test.dialogues
    ]
    assert set(predict(learnt, bare)) == set(TEST.targets)  # a view alone can be judged


def test_joined_features_may_be_of_any_width(tmp_path):
    learnt = kernel.learn(_three(tmp_path, same=False, views=False))
    assert (learnt.record["rows"], learnt.record["columns"]) == (48, 26 + 2 * 8)
    with pytest.raises(ConfigError, match=r"have \[26, 8, 8\] columns.*views = false"):
        kernel.learn(_three(tmp_path, same=False))


def test_averaged_is_by_owner():
    found = averaged(np.array([[1.0], [3.0], [8.0]]), np.array([0, 0, 1]), 2)
    assert found.tolist() == [[2.0], [8.0]]


def test_the_training_part_alone_teaches_unless_refit_is_asked_for_and_the_record_says_so(tmp_path):
    """The rows of a model tell what it learnt from."""
    plain = kernel.learn(problem(tmp_path, options())).record
    more = kernel.learn(problem(tmp_path, options(refit=True))).record
    assert (plain["refit"], plain["rows"]) == (False, 48)
    assert (more["refit"], more["rows"]) == (True, 48 + 24)
    alone = problem(tmp_path, options(refit=True, penalties=(0.3,)), valid=Part((), {}))
    assert kernel.learn(alone).record["refit"] is False


@pytest.mark.parametrize("width", [0.3, 0.0])
@pytest.mark.parametrize("before", [np.nan, 7.0])
def test_a_column_that_told_nothing_in_training_tells_nothing_later(tmp_path, before, width):
    train, valid = (with_column(p, before) for p in (part(range(8), 1), part(range(8, 12), 2)))
    learnt = partial(
        predict, kernel.learn(problem(tmp_path, options(width=width), train=train, valid=valid))
    )
    same, other = (with_column(TEST, now) for now in (before, 200.0))
    assert right(learnt(same.dialogues), same) > 0.85
    assert learnt(other.dialogues) == learnt(same.dialogues)


def test_what_cannot_be_judged_is_left_out(tmp_path):
    learnt = kernel.learn(problem(tmp_path, options()))
    silent = sample("silent", np.full((4, 13), np.nan, np.float32))
    assert predict(learnt, [(Sample("none"), silent)]) == {}


def test_nothing_in_it_is_random(tmp_path):
    one, other = (
        predict(kernel.learn(problem(tmp_path, options(), seed=s)), TEST.dialogues) for s in (1, 2)
    )
    assert one == other


def test_refitting_teaches_others_what_validation_holds_but_not_validation_itself(tmp_path):
    valid = part(range(8, 12), 2)
    learnt, plain = (
        kernel.learn(problem(tmp_path, options(refit=r, penalties=(0.3,)), valid=valid))
        for r in (True, False)
    )
    one, before, two = (partial(predict, m) for m in (learnt, learnt.before_refit, plain))
    assert before(valid.dialogues) == two(valid.dialogues)
    assert one(valid.dialogues) != two(valid.dialogues)
    assert one(TEST.dialogues) != two(TEST.dialogues)
    more = part(range(8), 1)
    both = Part((*more.dialogues, *valid.dialogues), {**more.targets, **valid.targets})
    known = kernel.learn(
        problem(tmp_path, options(refit=False, penalties=(0.3,)), train=both, valid=valid)
    )
    said = [
        [np.argmax(p) for p in f(TEST.dialogues).values()] for f in (one, partial(predict, known))
    ]
    assert np.mean(np.equal(*said)) > 0.95  # scales alone are from other parts


@pytest.mark.parametrize("weights", [(1.0,), ()])
def test_late_fusion_asks_a_member_about_validation_as_it_was_before_the_refit(tmp_path, weights):
    valid = part(range(8, 12), 2)
    member = {"refit": True, "penalties": (0.3,)}
    chosen = checked_options(late, {"members": {"kernel": member}, "weights": weights}, "run file")
    fused = late.learn(problem(tmp_path / "f", chosen, valid=valid))
    plain = options(refit=False, penalties=(0.3,))
    honest = checked_options(
        late,
        {"members": {"kernel": {**member, "refit": False}}, "weights": weights},
        "run file",
    )
    other = late.learn(problem(tmp_path / "h", honest, valid=valid))
    assert fused.record["weights"] == other.record["weights"]
    before = predict(fused.before_refit, valid.dialogues)
    assert before == predict(other, valid.dialogues)
    assert predict(fused, TEST.dialogues) != predict(other, TEST.dialogues)
    if weights:
        alone = predict(kernel.learn(problem(tmp_path / "k", plain, valid=valid)), valid.dialogues)
        for key, row in before.items():
            assert row == pytest.approx(alone[key], abs=1e-6)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"penalties": (0,)}, r"model\.penalties"),
        ({"penalties": "1 nan"}, r"model\.penalties"),
        ({"width": -1.0}, r"model\.width"),
        ({"balance": "x"}, r"model\.balance"),
        ({"modality": "face"}, "reads 'face'"),
    ],
)
def test_impossible_options_are_named(tmp_path, changed, says):
    with pytest.raises(ConfigError, match=says):
        kernel.learn(problem(tmp_path, options(**changed)))


def test_choice_without_validation_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="nothing validates"):
        kernel.learn(problem(tmp_path, options(), valid=Part((), {})))


def test_too_many_rows_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("empathia.emotion.kernel.fitting._MOST", 40)
    with pytest.raises(TrainingError, match=r"48 rows, at most 40 fit.*data\.fraction"):
        kernel.learn(problem(tmp_path, options()))
