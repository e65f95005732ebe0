"""The dialogue model: what it may see, what it does without, and that it learns."""

from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from little_dialogues import COURSE, MODALITIES, SMALL, features, part, shown, talk, trained
from little_problem import accuracy, learn, problem

from empathia.errors import ConfigError, TrainingError
from empathia.training.model import scores_of as predict
from empathia.training.problem import Part
from empathia.types import Sample

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Both halves, trained on what is felt now."""
    return trained(tmp_path_factory.mktemp("both"))


@pytest.mark.long
@pytest.mark.parametrize("linear", [0.0, 1.0])
def test_each_half_reads_the_past_of_the_dialogue(tmp_path, linear):
    test, gold = part("test", 8, late=2)
    clear = {
        "late": 2,
        "linear": linear,
        "modality_dropout": 0.0,
        "noise": 0.0,
        "dropout": 0.1,
        "width": 32,
    }
    floor = trained(tmp_path / "none", context="none", **clear)
    model = trained(
        tmp_path / "causal", memory=32, training={"epochs": 20, "patience": 20}, **clear
    )
    assert accuracy(predict(floor, test.dialogues), gold) < 0.6
    assert accuracy(predict(model, test.dialogues), gold) > 0.8


@settings(max_examples=15)
@given(seed=st.integers(0, 99), cut=st.integers(1, 7), other=st.integers(100, 199))
def test_the_future_changes_nothing_before_it(both, seed, cut, other):
    samples, _ = talk("x", seed)
    changed = samples[:cut] + tuple(
        dataclasses.replace(s, speaker="C") for s in talk("x", other)[0][cut:]
    )
    one, two = predict(both, [samples]), predict(both, [changed])
    for s in samples[:cut]:
        assert one[s.id] == pytest.approx(two[s.id], abs=1e-5)
    assert one[samples[cut].id] != two[samples[cut].id]
    assert both.about.causal


def test_bidirectional_sees_what_follows_and_says_so(tmp_path):
    model = trained(tmp_path, context="bidirectional", training={"epochs": 2})
    samples, _ = talk("x", 1)
    changed = samples[:5] + talk("x", 2)[0][5:]
    one, two = predict(model, [samples]), predict(model, [changed])
    assert one["x-4"] != pytest.approx(two["x-4"], abs=1e-5)
    assert not model.about.causal


@settings(max_examples=10)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_other_dialogues_of_a_batch_change_nothing(both, lengths):
    talks = [talk(f"d{k}", [n, k], turns=n)[0] for k, n in enumerate(lengths)]
    together = predict(both, talks)
    for one in talks:
        for key, scores in predict(both, [one]).items():
            assert together[key] == pytest.approx(scores, abs=1e-5)


@pytest.mark.parametrize("gone", ["words", "tone"])
def test_a_missing_modality_is_no_zero_and_leaves_the_other_one_standing(both, gone):
    test, gold = part("test", 8)
    without = [[shown(s, **{gone: None}) for s in d] for d in test.dialogues]
    zeros = [
        [shown(s, **{gone: features(s.id, gone, 0 * s.features[gone].values)}) for s in d]
        for d in test.dialogues
    ]
    found, of_zeros = predict(both, without), predict(both, zeros)
    assert accuracy(found, gold) > 0.7
    assert max(np.abs(np.subtract(found[k], of_zeros[k])).max() for k in gold) > 0.02


def test_a_missing_number_is_borne_and_nothing_at_all_is_not_judged(both):
    samples, _ = talk("x", 3)
    tone = samples[2].features["tone"].values.copy()
    tone[0, 0] = np.nan
    empty = shown(samples[4], words=None, tone=features("x-4", "tone", [[np.nan, np.nan]]))
    holed = [
        *samples[:2],
        shown(samples[2], tone=features("x-2", "tone", tone)),
        samples[3],
        empty,
        *samples[5:],
    ]
    found = predict(both, [holed, []])
    assert set(found) == {s.id for s in samples} - {"x-4"}
    assert all(np.isfinite(p).all() and sum(p) == pytest.approx(1) for p in found.values())


def test_a_training_that_was_stopped_goes_on_to_the_same_scores(tmp_path):
    given_ = {
        "train": part("train", 6)[0],
        "valid": part("valid", 3)[0],
        "modalities": MODALITIES,
        "options": SMALL | {"members": 2},
        "training": COURSE | {"epochs": 3, "checkpoint_every": 1},
    }
    steps = []

    def stop(*_):
        steps.append(1)
        if len(steps) == 7:  # amid the second net
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn("dialogue", tmp_path / "a", progress=stop, **given_)
    test = part("test", 3)[0].dialogues
    resumed = learn("dialogue", tmp_path / "a", **given_)
    whole = learn("dialogue", tmp_path / "b", **given_)
    assert predict(resumed, test) == predict(whole, test)
    assert resumed.record == whole.record


@pytest.mark.long
def test_labels_may_be_independent_and_targets_shares(tmp_path):
    test, gold = part("test", 6)
    train, valid = part("train", 16)[0], part("valid", 5)[0]
    common = {
        "modalities": MODALITIES,
        "options": SMALL | {"balance": "weights"},
        "training": COURSE,
    }
    free = learn("dialogue", tmp_path / "free", train=train, valid=valid, exclusive=False, **common)
    soft = {k: tuple(0.7 * x + 0.1 for x in v) for k, v in train.targets.items()}
    shares = learn(
        "dialogue",
        tmp_path / "soft",
        train=dataclasses.replace(train, targets=soft),
        valid=valid,
        **common,
    )
    for model in (free, shares):
        assert accuracy(predict(model, test.dialogues), gold) > 0.8
    sums = [sum(p) for p in predict(free, test.dialogues).values()]
    assert max(sums) - min(sums) > 1e-3


def test_sampling_draws_rare_labels_as_often_as_frequent_ones(tmp_path):
    from empathia.emotion.dialogue.fitting import DialogueTask
    from empathia.emotion.dialogue.net import Shape
    from empathia.emotion.dialogue.tables import prepare
    from empathia.training.columns import Columns

    known = part("train", 30)[0]
    rare = [k for k, v in known.targets.items() if v[0] == 1]
    known = Part(known.dialogues, {k: v for k, v in known.targets.items() if k not in rare[5:]})
    p = problem(
        "dialogue",
        tmp_path,
        train=known,
        modalities=MODALITIES,
        options=SMALL | {"balance": "sampling"},
        training=COURSE,
    )
    columns = Columns(MODALITIES, known.dialogues, 4)
    made = prepare(known.dialogues, columns, 3, known)
    shape = Shape(columns.width, 3, 8, 4, ("text",), "causal", 0.0, 0.0, 0.0)
    task = DialogueTask(p, made, made, shape, 1)

    def drawn(epoch: int):
        often = {i: n for batch in task.batches(epoch, 1) for i, n in batch}
        return sum(n @ np.nan_to_num(made[i].target) for i, n in often.items())

    total = sum(drawn(epoch) for epoch in range(40))
    assert (total / total.sum()).tolist() == pytest.approx([1 / 3] * 3, abs=0.03)
    assert total.sum() == 40 * len(known.targets)
    assert (drawn(0) == drawn(0)).all() and (drawn(0) != drawn(1)).any()


def test_traces_are_averages_that_fade_with_each_turn():
    from empathia.emotion.dialogue.traces import past_and_others

    rows = np.array([[1.0], [8.0], [3.0], [np.nan], [5.0]], np.float32)
    own, others = past_and_others(rows, ["A", "B", "A", "A", "B"], 0.5)
    assert own[:, 0].tolist() == pytest.approx([np.nan, np.nan, 1.0, 2.0, 8.0], nan_ok=True)
    assert others[:, 0].tolist() == pytest.approx([np.nan, 1.0, 8.0, 8.0, 2.0], nan_ok=True)


def test_columns_are_scaled_by_training_and_told_apart_from_the_speakers_past():
    from empathia.training.columns import Columns

    def dialogue(values):
        return [
            Sample(f"u{i}", speaker="A", features={"tone": features(f"u{i}", "tone", [[v]])})
            for i, v in enumerate(values)
        ]

    columns = Columns({"voice": ("tone",)}, [dialogue([1.0, 3.0])], 1)  # mean 2, deviation 1
    found = columns(dialogue([5.0, 2.0, np.nan, 6.0]))["voice"]
    assert found[:, 0].tolist() == pytest.approx([3, 0, np.nan, 4], nan_ok=True)
    # The speaker's mean counts three more turns at the training mean.
    assert found[:, 1].tolist() == pytest.approx([3, 0 - 3 / 4, np.nan, 4 - 3 / 5], nan_ok=True)


def test_frames_become_mean_and_deviation():
    from empathia.training.columns import Columns

    rows = [[1.0, 7.0], [3.0, 7.0], [np.nan, 7.0]]
    sample = Sample("u", features={"mfcc": features("u", "mfcc", rows, rate=100.0)})
    other = Sample("v", features={"mfcc": features("v", "mfcc", np.zeros((1, 2)), rate=100.0)})
    columns = Columns({"voice": ("mfcc",)}, [[sample, other]], 1)
    low, high = columns([other])["voice"][0], columns([sample])["voice"][0]
    assert high.tolist() == pytest.approx([1, 1, 1, 0])  # (2, 7, 1, 0) against (0, 0, 0, 0)
    assert low.tolist() == pytest.approx([-1, -1, -1, 0])


def test_frames_with_gaps_deviate_from_the_mean_of_what_is_there():
    from empathia.training.columns import Columns

    low, high = (
        Sample(k, features={"x": features(k, "x", [[v, v]])}) for k, v in (("a", 0), ("b", 2))
    )
    columns = Columns({"v": ("x",)}, [[low, high]], 0)  # mean 1, deviation 1

    def pooled(*frames):
        rows = np.array(frames)[:, None]
        asked = Sample("c", features={"x": features("c", "x", rows, rate=10.0)})
        return (columns([asked])["v"][0] + 1).tolist()

    gap = np.nan
    assert pooled(gap, gap, 200.0) == pytest.approx([200, 0])
    assert pooled(gap, 5.0, 5.0) == pytest.approx([5, 0])
    assert pooled(1.0, gap, 5.0) == pytest.approx([3, 2])
    assert pooled(gap, gap) == pytest.approx([gap, gap], nan_ok=True)


@pytest.mark.parametrize("linear", [0.0, 1.0])
@pytest.mark.parametrize("before", [np.nan, 7.0])
@pytest.mark.parametrize("few", [0, 4])
def test_a_column_that_told_nothing_in_training_tells_nothing_later(tmp_path, linear, before, few):
    def wider(made: Part, value: float) -> Part:
        def more(s: Sample) -> Sample:
            tone = np.append(s.features["tone"].values[0], value)
            return shown(s, tone=features(s.id, "tone", [tone]))

        return dataclasses.replace(
            made, dialogues=tuple(tuple(map(more, d)) for d in made.dialogues)
        )

    train, valid, test = (
        wider(part(p, n)[0], before) for p, n in (("train", 8), ("valid", 3), ("test", 4))
    )
    learnt = partial(
        predict,
        learn(
            "dialogue",
            tmp_path,
            train=train,
            valid=valid,
            modalities=MODALITIES,
            options=SMALL | {"linear": linear, "squares_up_to": few, "penalties": (0.01,)},
            training=COURSE | {"epochs": 3},
        ),
    )
    same = learnt(test.dialogues)
    now, later = (learnt(wider(part("test", 4)[0], v).dialogues) for v in (200.0, -3000.0))
    assert now == later
    for key, row in same.items():
        assert now[key] == pytest.approx(row, abs=0.02)  # of a NaN the nets made a small number


def test_the_linear_half_alone_runs_with_the_threads_of_the_run_file(tmp_path):
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        trained(tmp_path, linear=1.0, training={"threads": 1})
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    "options",
    [
        {"context": "future"},
        {"balance": "luck"},
        {"linear": 2.0},
        {"remembered": "face"},
        {"penalties": (0,)},
        {"members": 0},
    ],
)
def test_impossible_options_are_refused(tmp_path, options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        trained(tmp_path, **options)


def test_a_feature_that_nobody_has_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="'gaze'"):
        trained(tmp_path, modalities={"face": ("gaze",)})
    with pytest.raises(ConfigError, match="reads features"):
        trained(tmp_path, modalities={})
