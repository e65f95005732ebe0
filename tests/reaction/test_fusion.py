"""The fusion net: masks instead of zeros, in inputs and losses."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra 'train'")

from little_reactions import overlapping, taught  # noqa: E402

from empathia.config import Options  # noqa: E402
from empathia.labels import EKMAN7  # noqa: E402
from empathia.reaction import fusion  # noqa: E402
from empathia.reaction.fusion.net import Batch, FusionNet, Shape  # noqa: E402
from empathia.reaction.fusion.read import Net  # noqa: E402
from empathia.training.keeping import read_arrays  # noqa: E402
from empathia.training.masked import losses  # noqa: E402
from empathia.training.problem import Exchange  # noqa: E402
from empathia.types import Features, Sample  # noqa: E402

COLUMNS = {"text": 5, "voice": 3}


def net(memory: int = 4, hide: float = 0.0) -> FusionNet:
    torch.manual_seed(1)
    made = FusionNet(Shape(COLUMNS, 3, [2, 4], 6, 7, memory, 0.0, hide))
    for parameter in made.parameters():  # the vectors of what is absent are learnt, too
        torch.nn.init.normal_(parameter, std=0.3)
    return made


def batch(pairs: int = 4, turns: int = 3) -> Batch:
    chance = np.random.default_rng(3)
    rows = {
        m: torch.from_numpy(chance.normal(size=(pairs, turns, n)).astype(np.float32))
        for m, n in COLUMNS.items()
    }
    there = torch.ones(pairs, turns, dtype=torch.bool)
    there[0, 0] = False
    return Batch(rows, there, torch.from_numpy(chance.random((pairs, turns)) < 0.5))


@pytest.mark.parametrize("memory", [0, 4])
def test_numpy_answers_as_torch_does(memory: int) -> None:
    made, given = net(memory), batch()
    given.rows["voice"][1, 2] = torch.nan
    given.rows["text"][2, 1, 0] = torch.nan
    logits, told = made(given)
    plain = Net({k: v.numpy() for k, v in made.state_dict().items()}, list(COLUMNS), ["a", "b"])
    for i in range(4):
        there = given.there[i].numpy()
        rows = {m: x[i].numpy()[there] for m, x in given.rows.items()}
        z, features = plain(rows, given.mine[i].numpy()[there])
        assert z == pytest.approx(logits[i].detach().numpy(), abs=1e-5)
        assert features["a"] == pytest.approx(told[0][i].detach().numpy(), abs=1e-5)
        assert features["b"] == pytest.approx(told[1][i].detach().numpy(), abs=1e-5)


def test_what_is_hidden_in_training_is_as_what_is_not_there() -> None:
    made, given = net(hide=1.0 - 1e-9), batch()
    torch.manual_seed(5)
    hidden, _ = made(given)
    torch.manual_seed(5)
    torch.rand(4)
    which = torch.randint(2, (4,))
    for pair, number in enumerate(which.tolist()):
        given.rows[list(COLUMNS)[number]][pair] = torch.nan
    absent, _ = made.eval()(given)
    assert torch.equal(hidden, absent)


def test_what_one_pair_lacks_changes_no_other_and_zeros_are_not_absent() -> None:
    made, given, fewer = net(), batch(), batch()
    fewer.rows["voice"][1] = torch.nan
    (before, _), (after, _) = made(given), made(fewer)
    others = [0, 2, 3]
    assert torch.equal(before[others], after[others])
    assert not torch.equal(before[1], after[1])
    fewer.rows["voice"][1] = 0.0
    assert not torch.allclose(made(fewer)[0][1], after[1], atol=1e-3)


@pytest.mark.parametrize("how", ["mse", "cosine"])
def test_what_is_not_known_of_a_reaction_is_left_out_of_its_loss_alone(how: str) -> None:
    made, given = net(), batch()
    logits, told = made(given)
    emotions = torch.eye(3)[[0, 1, 2, 0]]
    chance = np.random.default_rng(4)
    truths = [torch.from_numpy(chance.normal(size=(4, n))).float() for n in (2, 4)]
    before = losses(logits, told, emotions, truths, how)
    fewer = [truths[0].clone(), truths[1]]
    fewer[0][2] = torch.nan
    after = losses(logits, told, emotions, fewer, how)
    assert torch.equal(before[0], after[0])
    assert torch.equal(before[2], after[2])
    kept = [0, 1, 3]
    alone = losses(
        logits[kept], [x[kept] for x in told], emotions[kept], [x[kept] for x in truths], how
    )
    assert torch.allclose(after[1], alone[1])
    unknown = [torch.full_like(x, torch.nan) for x in truths]
    nothing = losses(logits, told, torch.full((4, 3), torch.nan), unknown, how)
    assert [float(x.detach()) for x in nothing] == [0, 0, 0]
    sum(nothing).backward()
    assert all(
        p.grad is None or (not p.grad.any() and p.grad.isfinite().all()) for p in made.parameters()
    )


def row(size: int, *seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(1, size)).astype(np.float32)


def exchange(number: int) -> Exchange:
    heard = Features(f"s{number}", "tone", row(3, 1, number))
    came = Features(f"r{number}", "tone", 4 * row(3, 2, number) + 7)
    emotion = tuple(float(i == number % 7) for i in range(7))
    sample = Sample(f"s{number}", features={"tone": heard})
    return Exchange((sample,), Sample(f"r{number}", features={"tone": came}), emotion)


@pytest.mark.parametrize("loss", ["mse", "cosine"])
def test_members_answer_as_they_were_fitted_and_directions_have_the_mean_size(tmp_path, loss):
    own = {"members": 2, "width": 6, "fused": 5, "loss": loss, "dropout": 0.0}
    options = Options({**fusion.OPTIONS, **own})
    train = tuple(exchange(i) for i in range(14))
    predictor = taught(
        "fusion",
        tmp_path / "training",
        labels=EKMAN7,
        targets=("tone",),
        train=train,
        valid=tuple(exchange(i) for i in range(20, 27)),
        modalities={"voice": ("tone",)},
        options=options,
    )
    inside = predictor.answer
    scale = inside.scales["tone"]
    columns = inside.columns([train[0].past[-1]])
    told = [net(columns, np.array([True])) for net in inside.nets]
    ((foretold,),) = predictor.predict([train[0].past])
    z = np.mean([np.ravel(z) for z, _ in told], 0) / inside.temperature
    assert foretold.emotion.scores == pytest.approx(np.exp(z) / np.exp(z).sum(), abs=1e-5)
    length = np.linalg.norm((foretold.features["tone"].values[0] - scale.mean) / scale.spread)
    rows = np.array([e.reaction.features["tone"].values[0] for e in train])
    mean = np.linalg.norm((rows - scale.mean) / scale.spread, axis=1).mean()
    assert (length == pytest.approx(mean, rel=1e-4)) == (loss == "cosine")


def test_columns_are_scaled_by_each_turn_once(tmp_path) -> None:
    scales = []
    for when, meanwhile in (("after", None), ("while", ("face",))):
        parts = [
            tuple(e for n in names for e in overlapping(n, meanwhile))
            for names in (("one", "other", "third"), ("last",))
        ]
        learnt = taught("fusion", tmp_path / when, train=parts[0], valid=parts[1])
        (tmp_path / f"{when}-kept").mkdir()
        learnt.save(tmp_path / f"{when}-kept")
        arrays, _ = read_arrays(tmp_path / f"{when}-kept")
        scales.append([arrays[f"columns.text.{n}"] for n in ("mean", "spread")])
    assert np.allclose(*scales, atol=1e-6)
