"""Normalisers: fitted on train alone, past only where they say so, missing stays missing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.errors import ConfigError, LeakageError
from empathia.training.normalise import ENOUGH, KINDS, fit
from empathia.types import Features, Sample

BLIND = [k for k in KINDS if k not in ("speaker", "neutral-speaker")]


def sample(id: str, values: object, speaker: str | None = "A", gender: str | None = None) -> Sample:
    rows = np.array(values, np.float32).reshape(-1, np.shape(values)[-1])
    feature = Features(id, "x", rows, ("a", "b"), ("Hz", "dB"))
    return Sample(id, features={"x": feature}, speaker=speaker, gender=gender)


def part(seed: int, dialogues: int = 3, turns: int = 12, prefix: str = "t") -> list[list[Sample]]:
    rng = np.random.default_rng(seed)
    people = [("A", "female"), ("B", "male"), ("C", None), (None, "male")]
    found = []
    for d in range(dialogues):
        talk = []
        for i in range(turns):
            speaker, gender = people[rng.integers(4)]
            values = rng.normal([100, -3], [20, 0.1])
            values[rng.random(2) < 0.1] = np.nan
            talk.append(sample(f"{prefix}{d}.{i}", values, speaker, gender))
        found.append(talk)
    return found


def matrix(dialogues) -> np.ndarray:
    return np.concatenate([s.features["x"].values for d in dialogues for s in d])


def neutral(train) -> set[str]:
    return {s.id for d in train for s in d[::2]}


def test_global_is_the_z_score_of_train():
    train, test = part(0), part(1)
    raw, new = matrix(train).astype(np.float64), matrix(test).astype(np.float64)
    normal = fit("global", "x", train)
    expected = (new - np.nanmean(raw, 0)) / np.nanstd(raw, 0)
    assert matrix(normal.apply(test)) == pytest.approx(expected, rel=1e-4, abs=1e-5, nan_ok=True)
    assert np.isnan(new).any()


def test_gender_has_its_own_scale_and_the_unknown_take_all():
    train = part(0, turns=40)
    normal = fit("gender", "x", train)
    groups = {
        g: np.concatenate(
            [s.features["x"].values for d in train for s in d if g is None or s.gender == g]
        ).astype(np.float64)
        for g in ("female", None)
    }
    for gender, given_as in (("female", "female"), (None, None), (None, "other")):
        found = matrix(normal.apply([[sample("n", [120, -3.1], gender=given_as)]]))
        of = groups[gender]
        expected = (np.array([120, -3.1]) - np.nanmean(of, 0)) / np.nanstd(of, 0)
        assert found[0] == pytest.approx(expected, rel=1e-3)


def test_speaker_takes_the_own_clips_of_the_part_at_hand():
    test = [[sample(f"n{i}", [i, 2 * i], "N") for i in range(ENOUGH)]]
    normal = fit("speaker", "x", part(0))
    assert normal.uses_test_speaker
    z = (np.arange(ENOUGH) - 2) / np.sqrt(2)
    assert matrix(normal.apply(test)) == pytest.approx(np.stack([z, z], 1), abs=1e-6)
    few = [test[0][: ENOUGH - 1]]
    assert np.array_equal(matrix(normal.apply(few)), matrix(fit("global", "x", part(0)).apply(few)))


def test_running_subtracts_the_shrunk_mean_of_the_past():
    train = [[sample(f"t{i}", [v, 1]) for i, v in enumerate((10, 20, 30))]]
    # Train mean 20; before each utterance: 20, (10 + 5 * 20) / 6, (30 + 5 * 20) / 7.
    left = np.array([10 - 20, 20 - 110 / 6, 30 - 130 / 7])
    normal = fit("running", "x", train)
    assert matrix(normal.apply(train))[:, 0] == pytest.approx(left / left.std(), rel=1e-5)
    two = [[sample("u0", [50, 1], "A"), sample("u1", [50, 1], "B"), sample("u2", [50, 1], "A")]]
    found = matrix(normal.apply(two))[:, 0] * left.std()
    assert found == pytest.approx([30, 30, 50 - 150 / 6], rel=1e-5)
    assert not normal.uses_test_speaker


def test_neutral_takes_neutral_train_speech_of_the_gender():
    train = [
        [sample(f"f{i}", [200 + i, 5], "F", "female") for i in range(6)]
        + [sample(f"m{i}", [100 + i, 5], "M", "male") for i in range(6)]
        + [sample("loud", [999, 99], "F", "female")]
    ]
    ids = {s.id for s in train[0]} - {"loud"}
    normal = fit("neutral", "x", train, ids)
    spread = np.std(np.arange(6))
    for gender, mean in (("female", 202.5), ("male", 102.5)):
        found = matrix(normal.apply([[sample("n", [300, 7], "N", gender)]]))
        assert found[0] == pytest.approx([(300 - mean) / spread, 0], rel=1e-5)
    own = fit("neutral-speaker", "x", train, {*ids, "mine"})
    test = [
        [
            sample("mine", [150, 5], "N", "male"),
            sample("u", [160, 5], "N", "male"),
            sample("o", [160, 5], "O", "male"),
        ]
    ]
    found = matrix(own.apply(test))[:, 0] * spread
    assert found == pytest.approx([0, 10, 160 - 102.5], abs=1e-3)
    assert own.uses_test_speaker


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15)
@given(seed=st.integers(0, 9), shift=st.floats(-50, 50))
def test_nothing_of_a_test_part_crosses_to_the_next(kind, seed, shift):
    train = part(seed)
    ids = neutral(train)
    normal = fit(kind, "x", train, ids)
    one = part(seed + 50, prefix="u")
    before = matrix(normal.apply(one))
    other = [[sample(s.id, s.features["x"].values + shift, s.speaker) for s in d] for d in one]
    normal.apply(other)
    assert np.array_equal(matrix(normal.apply(one)), before, equal_nan=True)
    assert np.array_equal(matrix(fit(kind, "x", train, ids).apply(one)), before, equal_nan=True)


@pytest.mark.parametrize("kind", BLIND)
@settings(max_examples=15)
@given(seed=st.integers(0, 9), at=st.integers(0, 11), shift=st.floats(-50, 50))
def test_what_comes_later_or_in_another_dialogue_changes_nothing(kind, seed, at, shift):
    train, test = part(seed), part(seed + 50, prefix="u")
    normal = fit(kind, "x", train, neutral(train))
    later = [
        [
            sample(s.id, s.features["x"].values + shift * (d > 0 or i > at), s.speaker, s.gender)
            for i, s in enumerate(talk)
        ]
        for d, talk in enumerate(test)
    ]
    a, b = (matrix(normal.apply(t))[: at + 1] for t in (test, later))
    assert np.array_equal(a, b, equal_nan=True)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15)
@given(seed=st.integers(0, 20))
def test_missing_stays_missing_and_the_rest_is_finite(kind, seed):
    train, test = part(seed), part(seed + 50, prefix="u")
    found = fit(kind, "x", train, neutral(train)).apply(test)
    assert np.array_equal(np.isnan(matrix(found)), np.isnan(matrix(test)))
    assert np.isfinite(matrix(found)[~np.isnan(matrix(test))]).all()
    assert [s.id for d in found for s in d] == [s.id for d in test for s in d]


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "none"])
def test_constant_columns_are_zero_and_unknown_ones_missing(kind):
    train = [[sample(f"t{i}", [3.3, np.nan]) for i in range(9)]]
    test = [[sample(f"u{i}", [7.7 if kind != "speaker" else 3.3, i]) for i in range(2)]]
    found = matrix(fit(kind, "x", train, {"t1", "t2"}).apply(test))
    assert found[:, 0].tolist() == [0, 0] or kind == "running"
    assert np.isnan(found[:, 1]).all()


def test_features_over_time_count_frames_and_keep_their_shape():
    train = [[sample("t0", [[0, 1]] * 3), sample("t1", [[4, 2]])]]
    normal = fit("global", "x", train)
    found = normal.apply([[sample("u", [[1, 1], [2, 2]])]])[0][0].features["x"]
    assert found.values[:, 0] == pytest.approx([0, 1 / np.sqrt(3)], abs=1e-6)
    assert (found.names, found.units) == (("a", "b"), ())


def test_joined_kinds_give_the_columns_of_both():
    train = part(3)
    both = fit("none+running", "x", train).apply(train)
    assert np.array_equal(matrix(both)[:, :2], matrix(train), equal_nan=True)
    alone = matrix(fit("running", "x", train).apply(train))
    assert np.array_equal(matrix(both)[:, 2:], alone, equal_nan=True)
    assert both[0][0].features["x"].names == ("none:a", "none:b", "running:a", "running:b")


def test_samples_without_the_feature_pass():
    train = part(0)
    bare = Sample("bare", text="hm", features={"y": train[0][0].features["x"]})
    for kind in KINDS:
        normal = fit(kind, "x", [*train, [bare]], neutral(train))
        assert normal.apply([[bare]]) == ((bare,),)


def test_what_cannot_be_is_said():
    train = part(0)
    with pytest.raises(ConfigError, match=r"unknown normaliser 'speker' .*global, gender"):
        fit("speker", "x", train)
    with pytest.raises(ConfigError, match="no training utterance has it"):
        fit("global", "y", train)
    with pytest.raises(ConfigError, match="is neutral"):
        fit("neutral", "x", train)
    with pytest.raises(LeakageError, match=r"1 of 2 neutral .*'u1'"):
        fit("neutral", "x", train, {train[0][0].id, "u1"})


def test_originals_are_left_alone():
    train = part(0)
    copy = [[dataclasses.replace(s) for s in d] for d in train]
    fit("speaker", "x", train).apply(train)
    assert np.array_equal(matrix(train), matrix(copy), equal_nan=True)
