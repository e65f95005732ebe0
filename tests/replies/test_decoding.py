"""How the encoder-decoder writes: draws, the likeliest piece, beams."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from empathia.replies.seq2seq.decoding import Decoding, narrowed, write

BEGIN, END = 0, 1


def following(ids):
    """Greed takes 2 (.5), after which all is unlikely; 3 (.4) goes on for sure."""
    rows = {
        BEGIN: [0.0, 0.0, 0.5, 0.4, 0.1],
        2: [0.0, 0.2, 0.2, 0.3, 0.3],
        3: [0.0, 0.9, 0.1, 0.0, 0.0],
        4: [0.0, 1.0, 0.0, 0.0, 0.0],
        END: [0.2] * 5,  # of a text that has ended already
    }
    return torch.tensor([rows[int(i)] for i in ids[:, -1]]).log()


@given(
    st.integers(0, 999),
    st.integers(0, 8),
    st.floats(0.05, 1.0),
    st.floats(0.2, 5.0),
)
def test_a_draw_is_from_the_likeliest_pieces(seed, top_k, top_p, temperature):
    torch.manual_seed(seed)
    logits = torch.randn(3, 6) * 2
    p = narrowed(logits, Decoding(temperature=temperature, top_k=top_k, top_p=top_p))
    whole = torch.softmax(logits / temperature, -1)
    assert torch.allclose(p.sum(-1), torch.ones(3), atol=1e-5)
    for row, all_of in zip(p, whole, strict=True):
        kept = row > 0
        assert kept[all_of.argmax()]
        assert not top_k or int(kept.sum()) <= top_k
        if (~kept).any():
            assert all_of[kept].min() >= all_of[~kept].max() - 1e-6
            # As few as have that share: without the last of them it is not reached.
            assert all_of[kept].sum() - all_of[kept].min() < top_p + 1e-5


def test_greed_takes_the_likeliest_piece_and_a_beam_the_likelier_text():
    greedy = write(following, BEGIN, END, Decoding("greedy", most=6), 5)
    beam = write(following, BEGIN, END, Decoding("beam", beam=4, most=6), 3)
    assert greedy[0][:2] == [2, 3]
    assert len(greedy) == 1
    assert beam[0] == [3]
    assert len(beam) == 3

    def likelihood(text):
        steps = itertools.pairwise([BEGIN, *text, END])
        return sum(float(following(torch.tensor([[a]]))[0, b]) for a, b in steps) / (len(text) + 1)

    scores = [likelihood(t) for t in beam]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("kind", ["greedy", "sample", "beam"])
def test_nothing_endless_is_written(kind):
    def on_and_on(ids):
        return torch.tensor([[-torch.inf, -torch.inf, 0.0]]).expand(len(ids), -1)

    texts = write(on_and_on, BEGIN, END, Decoding(kind, beam=2, most=7), 2)
    assert texts
    assert all(t == [2] * 7 for t in texts)


def test_draws_repeat_by_their_seed_whatever_is_drawn_beside_them():
    many = write(following, BEGIN, END, Decoding(seed=5), 6)
    assert many == write(following, BEGIN, END, Decoding(seed=5), 6)
    assert many[:1] == write(following, BEGIN, END, Decoding(seed=5), 1)
    assert many[1:] == write(following, BEGIN, END, Decoding(seed=6), 5)
    assert len({tuple(t) for t in write(following, BEGIN, END, Decoding(seed=7), 40)}) > 3
