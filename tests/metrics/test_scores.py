"""From logits to scores, and what a validation says of them."""

from __future__ import annotations

import numpy as np
import pytest

from empathia.metrics.scores import likelihood, probabilities, quality, sigmoid, softmax


def test_quality_agrees_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    scores = rng.dirichlet(np.ones(3), 50)
    label = rng.integers(3, size=50)

    measured = quality(scores, np.eye(3)[label], exclusive=True)
    predicted = scores.argmax(1)
    assert measured["accuracy"] == pytest.approx(metrics.accuracy_score(label, predicted))
    assert measured["weighted_f1"] == pytest.approx(
        metrics.f1_score(label, predicted, average="weighted")
    )
    assert measured["likelihood"] == pytest.approx(-metrics.log_loss(label, scores))


def test_a_tie_of_votes_has_no_gold_label():
    scores = np.array([[0.9, 0.1], [0.9, 0.1]])
    measured = quality(scores, np.array([[0.5, 0.5], [0.0, 1.0]]), exclusive=True)
    assert measured["accuracy"] == 0
    expected = (np.log(0.9) / 2 + np.log(0.1) / 2 + np.log(0.1)) / 2
    assert measured["likelihood"] == pytest.approx(expected)


@pytest.mark.parametrize("exclusive", [True, False])
def test_scores_are_probabilities_whatever_the_logits(exclusive: bool) -> None:
    logits = np.array([[700.0, -700, 0], [1, 2, 3]])
    scores = probabilities(logits, exclusive=exclusive)
    assert (scores >= 0).all()
    assert (scores <= 1).all()
    assert scores == pytest.approx(softmax(logits) if exclusive else sigmoid(logits))
    if exclusive:
        assert scores.sum(1) == pytest.approx(1)
        assert softmax(logits + 100) == pytest.approx(scores), "a constant changes nothing"


def test_likelihood_of_independent_labels_counts_both_sides() -> None:
    scores, target = np.array([[0.8, 0.3]]), np.array([[1.0, 0.0]])
    assert likelihood(scores, target, exclusive=False) == pytest.approx(np.log(0.8) + np.log(0.7))
    assert likelihood(scores, target, exclusive=True) == pytest.approx(np.log(0.8))


def test_a_weighted_likelihood_is_that_of_repeated_samples() -> None:
    scores, target = np.array([[0.8, 0.2], [0.4, 0.6]]), np.eye(2)
    twice = likelihood(scores[[0, 0, 1]], target[[0, 0, 1]], exclusive=True)
    weights = np.array([2.0, 1.0])
    assert likelihood(scores, target, exclusive=True, weights=weights) == pytest.approx(twice)


def test_an_impossible_truth_has_a_finite_likelihood() -> None:
    assert np.isfinite(likelihood(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), exclusive=True))
