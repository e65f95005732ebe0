"""Late fusion: pooled by hand, weighed on validation, label sets bridged by named matrices."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from little_problem import LABELS, accuracy, cut, learn, part

from empathia import weights
from empathia.emotion import late
from empathia.errors import ConfigError, LabelError, TrainingError
from empathia.labels import EKMAN7, LabelSet, matrix
from empathia.training.model import Model
from empathia.training.model import scores_of as predict
from empathia.training.problem import Part
from empathia.types import About

pytest.importorskip("sklearn", reason="members need the extra 'train'")
TEST, GOLD = part(["xt", "yt"], 7)
TWO = LabelSet("two", ("up", "down"))


@pytest.mark.parametrize("pool", ["log", "mean"])
def test_fused_scores_are_those_of_the_formula(tmp_path, pool):
    options = {
        "members": {"tfidf": {}, "metadata": {}},
        "weights": (
            0.7,
            0.3,
        ),
        "pool": pool,
    }
    both = learn("late", tmp_path, options=options)
    one = predict(learn("tfidf", tmp_path), TEST.dialogues)
    other = predict(learn("metadata", tmp_path), TEST.dialogues)
    found = predict(both, TEST.dialogues)
    for key in GOLD:
        a, b = np.array(one[key]), np.array(other[key])
        expected = 0.7 * a + 0.3 * b if pool == "mean" else a**0.7 * b**0.3
        assert found[key] == pytest.approx(expected / expected.sum(), abs=1e-6)
    assert not both.about.causal, "metadata is not"
    assert set(both.record["members"]) == {"tfidf", "metadata"}


def test_members_are_asked_about_what_is_wanted_alone(tmp_path):
    asked = []

    def some(dialogues, wanted=None):
        ids = [s.id for d in dialogues for s in d if wanted is None or s.id in wanted]
        asked.append(set(ids))
        return dict.fromkeys(ids, (0.2, 0.3, 0.5))

    saving = Model(About("saving", LABELS), some, some=some)
    plain = Model(About("plain", LABELS), lambda d: some(d, None))
    whole = late.Mix((saving, plain), np.array([0.5, 0.5]), "log", exclusive=True)
    pooled = Model(About("late", LABELS), whole.answer, some=whole.answer)
    wanted = set(list(GOLD)[:2])
    found = predict(pooled, TEST.dialogues, wanted)
    assert found == {k: pytest.approx((0.2, 0.3, 0.5)) for k in wanted}
    assert asked == [wanted, {s.id for d in TEST.dialogues for s in d}]


@pytest.mark.parametrize("pool", ["log", "mean"])
def test_weights_go_to_the_member_that_knows(tmp_path, pool):
    options = {"members": {"majority": {}, "tfidf": {}}, "pool": pool}
    learnt = learn("late", tmp_path, options=options)
    weight = learnt.record["weights"]
    assert weight["tfidf"] > 0.8
    assert weight["tfidf"] > 2 * weight["majority"]
    assert accuracy(predict(learnt, TEST.dialogues), GOLD) > 0.9


def test_a_member_that_cannot_judge_is_absent(tmp_path):
    options = {
        "members": {"tfidf": {}, "majority": {}},
        "weights": (
            0.5,
            0.5,
        ),
    }
    learnt = learn("late", tmp_path, options=options)
    silent = [dataclasses.replace(s, text=None) for s in TEST.dialogues[0]]
    share = predict(learn("majority", tmp_path), [silent])
    found = predict(learnt, [silent])
    assert set(found) == {s.id for s in silent}
    for key, row in found.items():
        assert row == pytest.approx(share[key], abs=1e-6)
    alone = learn("late", tmp_path, options={"members": {"tfidf": {}}, "weights": (1,)})
    assert predict(alone, [silent]) == {}


@pytest.mark.parametrize("pool", ["log", "mean"])
def test_where_only_members_without_weight_judged_they_count_equally(tmp_path, pool):
    options = {
        "members": {"tfidf": {}, "majority": {}, "metadata": {}},
        "weights": (
            2,
            0,
            0,
        ),
        "pool": pool,
    }
    learnt = learn("late", tmp_path, options=options)
    silent = [dataclasses.replace(s, text=None) for s in TEST.dialogues[0]]
    one, other = (predict(learn(n, tmp_path), [silent]) for n in ("majority", "metadata"))
    found = predict(learnt, [silent])
    assert set(found) == {s.id for s in silent}
    for key, row in found.items():
        a, b = np.array(one[key]), np.array(other[key])  # the sum of the weights, 2, is kept
        expected = (a + b) / 2 if pool == "mean" else a * b
        assert row == pytest.approx(expected / expected.sum(), abs=1e-6)
    alone = {"members": {"tfidf": {}}, "weights": (2,), "pool": pool}
    spoken, alone = (
        predict(learnt, TEST.dialogues),
        predict(
            learn(
                "late", tmp_path, options={"members": {"tfidf": {}}, "weights": (2,), "pool": pool}
            ),
            TEST.dialogues,
        ),
    )
    assert spoken == alone


@pytest.mark.parametrize("pool", ["log", "mean"])
def test_members_that_only_mislead_leave_weights_that_are_numbers(tmp_path, pool):
    """Validation contradicts training, so nothing is best for the log pool."""
    valid, _ = part(["xv", "yv"], 1)
    turned = {k: v[1:] + v[:1] for k, v in valid.targets.items()}
    valid = dataclasses.replace(valid, targets=turned)
    options = {"members": {"tfidf": {"penalties": (10,)}}, "pool": pool}
    learnt = learn("late", tmp_path, valid=valid, options=options)
    assert 0 < learnt.record["weights"]["tfidf"] <= 1
    found = predict(learnt, TEST.dialogues)
    assert set(found) == set(GOLD)
    assert all(sum(row) == pytest.approx(1) for row in found.values())


def test_a_causal_pool_does_not_change_with_what_comes_after(tmp_path):
    options = {"members": {"tfidf": {}, "metadata": {"position": False}}}
    learnt = learn("late", tmp_path, options=options)
    assert learnt.about.causal
    whole = predict(learnt, [TEST.dialogues[0]])
    for some in cut(TEST.dialogues[0]):
        assert predict(learnt, [some])[some[-1].id] == pytest.approx(whole[some[-1].id])


def test_independent_labels_are_pooled_one_by_one(tmp_path):
    mix = late.Mix((), np.array([0.5, 2.0]), "log", False)
    a, b = np.array([[0.2, 0.9]]), np.array([[0.6, 0.9]])
    found = mix.fused([a, b], mix.weights)
    odds = (a / (1 - a)) ** 0.5 * (b / (1 - b)) ** 2
    assert found == pytest.approx(odds / (1 + odds), abs=1e-6)


def test_options_of_members_reach_them_and_wrong_ones_are_named(tmp_path):
    learnt = learn(
        "late", tmp_path, options={"members": {"tfidf": {"penalties": (7,)}}, "weights": (1,)}
    )
    assert learnt.record["members"]["tfidf"]["penalty"] == 7
    with pytest.raises(ConfigError, match=r"no option 'model\.members\.tfidf\.pastt'"):
        learn("late", tmp_path, options={"members": {"tfidf": {"pastt": 3}}, "weights": (1,)})


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({}, ConfigError, "needs members"),
        ({"members": {"tfidf": 3}}, ConfigError, "must be a table"),
        (
            {
                "members": {"tfidf": {}},
                "weights": (
                    1,
                    2,
                ),
            },
            ConfigError,
            "expected 1 numbers",
        ),
        ({"members": {"late": {}}}, ConfigError, "cannot be a member"),
        (
            {"members": {"a": {"kept": "text-default", "past": 3}}},
            ConfigError,
            r"unknown option 'model\.members\.a\.past'",
        ),
        ({"pool": "guess"}, ConfigError, "'log' or 'mean'"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, options, error, says):
    with pytest.raises(error, match=says):
        learn("late", tmp_path, options=options)


def test_weights_are_not_chosen_without_validation(tmp_path):
    with pytest.raises(TrainingError, match=r"Give model\.weights"):
        learn(
            "late",
            tmp_path,
            valid=Part((), {}),
            options={"members": {"majority": {}, "metadata": {}}},
        )


def test_a_written_matrix_is_checked_by_name():
    table = {"up": {"glad": 1}, "down": {"low": 0.75, "cross": 0.25}}
    bridge = matrix.written(table, TWO, LABELS, exclusive=True)
    assert bridge(np.array([[0.2, 0.8]])) == pytest.approx(np.array([[0.2, 0.6, 0.2]]))
    assert bridge.named()["down"] == {"glad": 0.0, "low": 0.75, "cross": 0.25}
    with pytest.raises(LabelError, match=r"'down' of 'two' becomes sums to 0\.75"):
        matrix.written({"up": {"glad": 1}, "down": {"low": 0.75}}, TWO, LABELS, exclusive=True)
    with pytest.raises(LabelError, match="'lo' is not a label"):
        matrix.written({"up": {"lo": 1}}, TWO, LABELS, exclusive=True)
    for wrong in ("up>glad 1", {"up": "glad"}, {"up": {"glad": "x"}}, {"up": {"glad": True}}):
        with pytest.raises(ConfigError, match="table of tables of numbers"):
            matrix.written(wrong, TWO, LABELS, exclusive=True)


def test_a_counted_matrix_is_what_was_seen():
    scores = np.repeat(np.eye(2), [4000, 2000], axis=0)
    gold = np.eye(3)[np.repeat([0, 1, 2], [4000, 1500, 500])]
    bridge = matrix.counted(scores, gold, TWO, LABELS, exclusive=True)
    assert bridge.values == pytest.approx(np.array([[1, 0], [0, 0.75], [0, 0.25]]), abs=0.01)
    assert bridge.values.sum(0) == pytest.approx(1)


@pytest.mark.weights
@pytest.mark.skipif(weights.state("minilm") == "missing", reason="weight minilm is not pulled")
def test_a_shipped_recogniser_is_bridged_to_other_labels(tmp_path):
    learnt = learn(
        "late", tmp_path, options={"members": {"words": {"kept": "text-default"}, "majority": {}}}
    )
    scores = predict(learnt, TEST.dialogues)
    assert set(scores) == set(GOLD)
    assert all(sum(row) == pytest.approx(1) for row in scores.values())
    bridge = learnt.record["members"]["words"]["projection"]
    assert set(bridge) == set(EKMAN7)
    assert bridge["joy"]["glad"] == max(bridge["joy"].values())
