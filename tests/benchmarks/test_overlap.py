"""The training of the network that counts who speaks."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import overlap  # noqa: E402

from empathia.listen.overlap import BANDS, SPREAD, HeadCount  # noqa: E402


def test_what_is_written_answers_as_what_was_trained():
    torch.manual_seed(0)
    net = overlap.Net()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            for values in (module.running_mean, module.weight, module.bias):
                torch.nn.init.normal_(values.detach())
            module.running_var.uniform_(0.5, 2)
    mel = np.random.default_rng(0).normal(-3, 4, (70, BANDS)).astype(np.float32)
    x = torch.from_numpy(((mel - mel.mean()) / SPREAD).T.copy())[None]
    with torch.no_grad():
        expected = net.eval()(x)[0].softmax(0).numpy().T
    chances = HeadCount(overlap.arrays(net)).chances(mel)
    np.testing.assert_allclose(chances, expected, atol=1e-4)
    assert expected.std() > 0.05


def test_people_are_counted_once_each():
    spans = [(0.0, 1.0, 0), (0.5, 1.5, 0), (0.8, 1.2, 1), (0.9, 1.0, 2)]
    count = overlap._counted(spans, 100)
    assert count[:40].tolist() == [1] * 40
    assert count[40:60].tolist() == [2] * 20
    assert count[60:75].tolist() == [1] * 15
    assert not count[75:].any()


@pytest.mark.slow
def test_training_learns_and_repeats_itself():
    draw = np.random.default_rng(0)
    loud = draw.integers(0, 3, 60)
    count = np.repeat(loud, 10).astype(np.int8)
    mel = (count[:, None] * 2 + draw.normal(0, 0.3, (600, BANDS))).astype(np.float32)
    every = overlap.Examples([mel], [count])
    first, second = (overlap.arrays(overlap.trained(every, 6)) for _ in range(2))
    assert all(np.array_equal(first[k], second[k]) for k in first)
