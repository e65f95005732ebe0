"""The voice network: padding says nothing, any length is heard, changes of speech are seeded."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra 'train'")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from voices import LABELS, TRAINING, part, problem, right, sample  # noqa: E402

from empathia.emotion import voicenet  # noqa: E402
from empathia.emotion.voicenet.fitting import (  # noqa: E402
    Baseline,
    Heard,
    VoiceNetTask,
    faster,
    heard,
    higher,
    windows,
)
from empathia.emotion.voicenet.net import VoiceNet  # noqa: E402
from empathia.errors import ConfigError, TrainingError  # noqa: E402
from empathia.training.model import scores_of as predict  # noqa: E402
from empathia.training.problem import Part  # noqa: E402
from empathia.types import Sample  # noqa: E402

SMALL = {**voicenet.OPTIONS, "channels": 16, "hidden": 12, "window": 32, "pitch": 0.02}
TEST = part(range(12, 18), 5)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    return voicenet.learn(problem(tmp_path_factory.mktemp("net"), SMALL))


def _net() -> VoiceNet:
    torch.manual_seed(1)
    return VoiceNet(4, 3, 8, 6, 0.5).eval()


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(1, 25), min_size=1, max_size=4), st.floats(-1e6, 1e6), st.integers(0, 9)
)
def test_padding_and_company_change_nothing(lengths, filling, more):
    net, rng = _net(), np.random.default_rng(0)
    some = [torch.from_numpy(rng.normal(size=(n, 4)).astype(np.float32)) for n in lengths]
    together = torch.full((len(some), max(lengths) + more, 4), filling)
    for row, x in zip(together, some, strict=True):
        row[: len(x)] = x
    with torch.no_grad():
        found = net(together, torch.tensor(lengths))
        alone = torch.cat([net(x[None], torch.tensor([len(x)])) for x in some])
    assert torch.allclose(found, alone, atol=1e-5)


def test_padding_may_even_be_nan():
    x = torch.randn(1, 9, 4)
    padded = torch.cat([x, torch.full((1, 5, 4), torch.nan)], 1)
    with torch.no_grad():
        assert torch.allclose(_net()(padded, torch.tensor([9])), _net()(x, torch.tensor([9])))


def test_order_of_frames_is_heard():
    x = torch.randn(1, 9, 4)
    with torch.no_grad():
        assert not torch.allclose(
            _net()(x, torch.tensor([9])), _net()(x.flip(1), torch.tensor([9]))
        )


@given(st.integers(1, 400), st.integers(1, 120))
def test_windows_hold_every_frame(length, size):
    found = windows(np.arange(length, dtype=np.float32)[:, None], size)
    assert {int(v) for w in found for v in w[:, 0]} == set(range(length))
    assert all(len(w) == min(size, length) for w in found)


def test_learns_speakers_it_has_not_heard(learnt):
    scores = predict(learnt, TEST.dialogues)
    assert right(scores, TEST) > 0.85
    assert all(sum(p) == pytest.approx(1) for p in scores.values())
    assert learnt.about.causal


@pytest.mark.parametrize("length", [1, 2, 31, 32, 33, 500])
def test_any_length_is_judged(learnt, length):
    values = np.random.default_rng(0).normal(size=(length, 13)).astype(np.float32)
    scores = predict(learnt, [(sample("u", values),)])
    assert np.isfinite(scores["u"]).all()


def test_end_of_a_long_utterance_counts(learnt):
    long = part(range(12, 13), 7, length=200).dialogues[0][0].features["mfcc"].values
    other = long.copy()
    other[-40:, 2] += 8
    one, two = (predict(learnt, [(sample("u", v),)])["u"] for v in (long, other))
    assert abs(one[1] - two[1]) > 1e-3


def test_silence_and_absence_are_left_out(learnt):
    silent = sample("silent", np.full((5, 13), np.nan, np.float32))
    assert predict(learnt, [(Sample("none"), silent)]) == {}


def test_answer_does_not_depend_on_the_others(learnt):
    together = predict(learnt, TEST.dialogues)
    alone = predict(learnt, TEST.dialogues[3:4])
    name = TEST.dialogues[3][0].id
    assert alone[name] == pytest.approx(together[name], abs=1e-5)


def _task(folder) -> VoiceNetTask:
    p = problem(folder, SMALL)
    known = heard(p.train, "mfcc", 3)
    return VoiceNetTask(
        p, known, heard(p.valid, "mfcc", 3), Baseline.of([d[0] for d in p.train.dialogues], "mfcc")
    )


def test_changes_are_the_same_for_one_seed_and_others_for_another(tmp_path):
    task = _task(tmp_path)
    one = task.changed(task.train[0], np.random.default_rng(1))
    same = task.changed(task.train[0], np.random.default_rng(1))
    other = task.changed(task.train[0], np.random.default_rng(2))
    assert np.array_equal(one, same)
    assert one.shape != other.shape or not np.allclose(one, other)


def test_batches_are_a_function_of_epoch_and_seed(tmp_path):
    task = _task(tmp_path)
    (a, first), (b, again), (c, _) = (task.batches(e, 1)[0] for e in (0, 0, 1))
    assert np.array_equal(a, b)
    assert first == again
    assert not np.array_equal(a, c)
    assert sorted(i for some, _ in task.batches(0, 1) for i in some) == list(range(48))


def test_same_seed_gives_the_same_bits_another_seed_others(tmp_path):
    short = dataclasses.replace(TRAINING, epochs=1)
    runs = [
        problem(tmp_path / n, SMALL, training=short, seed=s)
        for n, s in (("a", 3), ("b", 3), ("c", 4))
    ]
    one, same, other = (predict(voicenet.learn(p), TEST.dialogues[:3]) for p in runs)
    assert one == same
    assert one != other


def test_baseline_is_neutral_speech_of_the_gender():
    rng = np.random.default_rng(2)
    f, m = (rng.normal(k, 1 + k, size=(40, 2)).astype(np.float32) for k in (1, 3))
    baseline = Baseline.of([sample("f", f, gender="female"), sample("m", m, gender="male")], "mfcc")
    both = np.concatenate([f, m])
    assert baseline(m, "male") == pytest.approx((m - m.mean(0)) / (m.std(0) + 1e-8), abs=1e-5)
    assert baseline(m, None) == pytest.approx((m - both.mean(0)) / (both.std(0) + 1e-8), abs=1e-5)


def test_only_neutral_training_speech_is_the_baseline(tmp_path):
    """Loud angry speech in training must not move what neutral speech is held against."""

    def angrier(by: float) -> Part:
        train = part(range(8), 1)
        for d in train.dialogues:
            if train.targets[d[0].id][1]:
                d[0].features["mfcc"].values[:] += by
        return train

    from empathia.emotion.voicenet.fitting import baseline_of

    found = [baseline_of(problem(tmp_path, SMALL, train=angrier(x)), "mfcc") for x in (0.0, 50.0)]
    assert np.array_equal(found[0].scales["male"][0], found[1].scales["male"][0])


def test_faster_speech_is_shorter_and_goes_the_same_way():
    line = np.linspace(0, 9, 50, dtype=np.float32)[:, None]
    half = faster(line, 2.0)
    assert half.shape == (25, 1)
    assert half[:, 0] == pytest.approx(np.linspace(0, 9, 25), abs=1e-5)
    assert faster(line, 1.0) == pytest.approx(line)


def test_higher_moves_a_peak_of_the_spectrum_up():
    """With all coefficients kept, a bump at 1,500 Hz moves to 1,800 Hz at factor 1.2."""
    bands = 128
    cosines = np.cos(
        np.pi * np.arange(bands)[None] * (2 * np.arange(bands)[:, None] + 1) / (2 * bands)
    )
    cosines *= np.sqrt(2 / bands)
    cosines[:, 0] /= np.sqrt(2)
    mel = np.linspace(0, 15 + 27 * np.log(8) / np.log(6.4), bands + 2)[1:-1]
    hz = np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))
    levels = 30 * np.exp(-(((hz - 1500) / 200) ** 2))
    moved = cosines @ ((levels @ cosines) @ higher(bands, 1.2))
    assert hz[moved.argmax()] == pytest.approx(1800, rel=0.03)
    assert higher(13, 1.0) == pytest.approx(np.eye(13), abs=1e-5)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"feature": "logmel"}, "reads 'logmel', the features are mfcc"),
        ({"window": 0}, "model.window"),
        ({"baseline": "calm"}, "model.baseline"),
        ({"dropout": 1.0}, "model.dropout"),
    ],
)
def test_impossible_options_are_named(tmp_path, changed, says):
    with pytest.raises(ConfigError, match=says):
        voicenet.learn(problem(tmp_path, {**SMALL, **changed}))


def test_no_neutral_speech_says_what_to_do(tmp_path):
    train = part(range(4), 1)
    loud = {k: v for k, v in train.targets.items() if not v[0]}
    with pytest.raises(TrainingError, match=r"no baseline.*model.baseline = 'all'"):
        voicenet.learn(problem(tmp_path, SMALL, train=dataclasses.replace(train, targets=loud)))


def test_nothing_to_validate_with_is_named(tmp_path):
    with pytest.raises(TrainingError, match="48 labelled utterances to learn from and 0 to"):
        voicenet.learn(problem(tmp_path, SMALL, valid=Part((), {})))


def test_heard_keeps_labelled_utterances_with_frames():
    made = part(range(1), 1, each=3)
    bare = Part((*made.dialogues, (Sample("none"),)), {**made.targets, "none": (1.0, 0.0, 0.0)})
    found = heard(bare, "mfcc", len(LABELS))
    assert [type(h) for h in found] == [Heard] * 3
