"""The judge of sentiment: learns a teacher's values, and what ships knows good from bad."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia import weights
from empathia.judges.sentiment import COLUMNS, SentimentJudge, columns, load, restored
from empathia.types import Empathy

needs_minilm = pytest.mark.skipif(
    weights.state("minilm") == "missing", reason="weight minilm is not pulled"
)


@given(st.text())
def test_columns_are_a_vector_of_length_one_or_nothing(text):
    row = columns(text)
    assert all(0 <= c < COLUMNS for c in row)
    assert not row or sum(v * v for v in row.values()) == pytest.approx(1)
    assert columns(text.replace("’", "'")) == row


def test_values_add_up_and_stay_within_bounds():
    words = np.zeros(COLUMNS)
    (good,) = columns("good")
    words[good] = 0.4
    judge = SentimentJudge(
        lambda texts: np.ones((len(texts), 2), np.float32), words, np.r_[1, -0.8], 0.1
    )
    assert judge.values(["good", "so"]) == pytest.approx([0.7, 0.3])
    words[good] = 9
    assert judge.judge([("", "good"), ("good", " ")]) == [Empathy(sentiment=1.0), Empathy()]
    assert judge.judge([]) == []


@pytest.mark.weights
@needs_minilm
def test_it_learns_what_it_is_told(tmp_path):
    pytest.importorskip("sklearn", reason="training needs the extra 'train'")
    from empathia.encoders.text import TextEncoder
    from empathia.judges.sentiment.fitting import learn

    texts = [
        f"{w} {x}" for w in ("lovely", "awful") for x in ("day", "dog", "talk", "train", "cat")
    ]
    values = np.repeat([0.8, -0.8], 5)
    encoder = TextEncoder.load(weights.folder("minilm"), threads=1)
    learn(texts, encoder.encode(texts), values, tmp_path, penalty=0.1)
    found = restored(tmp_path, 1).values(["a lovely garden", "an awful garden"])
    assert found[0] > 0.2
    assert found[1] < -0.2


@pytest.mark.weights
@needs_minilm
def test_what_ships_knows_good_from_bad():
    said = load(threads=1).judge([("", "That is wonderful!"), ("", "That is horrible."), ("", "")])
    good, bad, nothing = (e.sentiment for e in said)
    assert good > 0.3
    assert bad < -0.3
    assert nothing is None
