"""A retriever learns by contrast where replies lie: who counts as wrong, and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")

from empathia.config import Options, TrainingPart
from empathia.errors import ConfigError
from empathia.exemplars.encoding import unit
from empathia.exemplars.pairs import Pair
from empathia.replies import retrieve
from empathia.replies.retrieve import contrast
from empathia.training.fit import fit
from empathia.training.problem import ReplyProblem

WIDTH = 8
SMALL = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=12
)


def problem(folder, epochs=2, **options):
    training = TrainingPart("mrr", epochs=epochs, batch=32, lr=0.02, weight_decay=0.0, threads=1)
    return ReplyProblem(
        (), (), {}, Options({**retrieve.LEARNING, **options}), training, 3, folder, "made"
    )


def part_of(rows):
    """Pairs of (talk, wording, emotion), with vectors at random."""
    rng = np.random.default_rng(1)
    pairs = [
        Pair(str(i), f"said {i}", f"answer {wording}", f"e{emotion}", f"d{talk}")
        for i, (talk, wording, emotion) in enumerate(rows)
    ]
    contexts, replies = unit(rng.normal(size=(2, len(rows), WIDTH)).astype(np.float32))
    return contrast.Part.of(pairs, contexts, replies)


def turned(n, seed, turn):
    """Pairs whose reply lies where the context does, turned."""
    contexts = unit(np.random.default_rng(seed).normal(size=(n, WIDTH)).astype(np.float32))
    pairs = [Pair(str(i), f"said {i}", f"answer {i}", f"e{i % 3}", f"d{i}") for i in range(n)]
    return contrast.Part.of(pairs, contexts, contexts @ turn)


@given(SMALL)
def test_hard_ones_have_the_emotion_and_are_wrong_or_the_pairs_own(rows):
    part = part_of(rows)
    for i, found in enumerate(contrast.nearest_wrong(part, 3)):
        for j in set(found) - {i}:
            assert part.emotions[j] == part.emotions[i]
            assert part.talks[j] != part.talks[i]
            assert part.texts[j] != part.texts[i]


@given(SMALL)
def test_others_have_another_emotion_where_there_is_one(rows):
    part = part_of(rows)
    which = np.arange(len(rows))
    found = contrast.of_other_emotions(part, which, np.random.default_rng(2))
    if len(set(part.emotions)) == 1:
        np.testing.assert_array_equal(found, which)
    else:
        assert (part.emotions[found] != part.emotions[which]).all()


def test_a_reply_of_the_same_talk_or_wording_is_never_wrong(tmp_path):
    """Nothing is left to tell apart, so that nothing is lost."""
    part = part_of([(0, 0, 0), (0, 1, 1), (0, 2, 0)])
    task = contrast.ContrastTask(problem(tmp_path), part, part)
    loss = task.loss(task.batches(0, 1)[0]).detach()
    assert float(loss) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("wrong", [{"others": 1, "hard": 1}, {"others": 0, "hard": 0}])
def test_it_learns_where_replies_lie_and_the_same_each_time(tmp_path, wrong):
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(WIDTH, WIDTH)))[0].astype(np.float32)
    train, valid = turned(600, 2, turn), turned(200, 3, turn)
    maps = []
    for folder in ("a", "b"):
        made = problem(tmp_path / folder, epochs=8, **wrong)
        task = contrast.ContrastTask(made, train, valid)
        assert task.validate()["mrr"] < 0.2
        result = fit(task, made.training, made.folder, seed=made.seed)
        assert result.metrics["recall@1"] > 0.9
        maps.append(task.learnt())
    np.testing.assert_array_equal(*maps)


@pytest.mark.parametrize("wrong", [{"temperature": 0.0}, {"among": 0}, {"hard": -1}])
def test_what_cannot_be_is_refused(tmp_path, wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        retrieve.learn(problem(tmp_path, **wrong))
