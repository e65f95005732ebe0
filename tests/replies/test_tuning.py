"""Tuning a language model: on one of a few thousand numbers, made here."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from empathia.config import Options, TrainingPart  # noqa: E402
from empathia.exemplars.pairs import Pair  # noqa: E402
from empathia.lm.hub.base import base_model  # noqa: E402
from empathia.lm.local import adapter  # noqa: E402
from empathia.replies import lm  # noqa: E402
from empathia.replies.lm import fitting  # noqa: E402
from empathia.replies.lm.compact import Hints  # noqa: E402
from empathia.training.problem import ReplyProblem  # noqa: E402
from empathia.types import Element, Empathy  # noqa: E402

SAID = ("my dog died", "i won a prize", "they stole my bike", "we move to paris")
ANSWERS = ("oh no i am sorry", "how wonderful", "that is so unfair", "are you glad")


def pairs(part: str) -> tuple[Pair, ...]:
    return tuple(
        Pair(f"{part}:{i}", f"hello\nhi\n{said}", answer, "sad", f"{part}{i}")
        for i, (said, answer) in enumerate(zip(SAID, ANSWERS, strict=True))
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A model's folder."""
    from tiny_chat import write_model

    return write_model(tmp_path_factory.mktemp("tiny"), (*SAID, *ANSWERS, "hello hi"))


def problem(base, folder, epochs: int = 12, **options) -> ReplyProblem:
    judged = Empathy({"reaction": Element((0.0, 0.0, 1.0))}, 0.5)
    return ReplyProblem(
        pairs("train"),
        pairs("valid"),
        {p.id: judged for part in ("train", "valid") for p in pairs(part)},
        Options({**lm.LEARNING, "model": str(base), "rank": 2, "alpha": 4.0, **options}),
        TrainingPart("likelihood", epochs=epochs, batch=2, lr=0.05, patience=9, threads=1),
        1,
        folder,
    )


def test_what_is_learnt_is_the_reply_and_nothing_else(base, tmp_path, monkeypatch):
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path / "home"))
    learnt = lm.learn(problem(base, tmp_path / "out"))
    first, *_, last = (h["likelihood"] for h in learnt.record["history"])
    assert last > first + 0.2
    for layer in learnt.adapters.values():
        assert not layer.base.weight.requires_grad
    learnt.save(tmp_path / "model")
    config = json.loads((tmp_path / "model" / adapter.CONFIG).read_text())
    assert (config["r"], config["base_model_name_or_path"]) == (2, str(base))
    read = adapter.load(tmp_path / "model")
    assert len(read.pairs) == 14
    kept = learnt.adapters["model.layers.1.mlp.up_proj"]
    expected = (2.0 * kept.up @ kept.down).detach().numpy()
    assert np.allclose(read.added("blk.1.ffn_up.weight", (16, 32)), expected, atol=1e-2)
    queries = learnt.adapters["model.layers.0.self_attn.q_proj"]
    expected = (2.0 * queries.up @ queries.down).detach().numpy()
    order = [0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15]
    assert np.allclose(read.added("blk.0.attn_q.weight", (16, 16)), expected[order], atol=1e-2)


def test_only_the_tokens_of_the_reply_count(base):
    model, tokenizer = base_model(str(base))
    one = fitting.encoded(tokenizer, pairs("a")[0], Hints(), 64)
    assert tokenizer.decode(one.ids[one.start :]).split() == [*ANSWERS[0].split(), "<|im_end|>"]
    assert fitting.nats(model, [one])[1] == 6
    longer = fitting.encoded(tokenizer, pairs("a")[3], Hints("joy"), 64)
    with torch.no_grad():
        alone = [float(fitting.nats(model, [x])[0]) for x in (one, longer)]
        both = float(fitting.nats(model, [one, longer])[0])
    assert both == pytest.approx(sum(alone), rel=0.02)


def test_of_a_chat_that_is_too_long_the_last_turn_and_the_reply_stay(base):
    _, tokenizer = base_model(str(base))
    pair = Pair("a", "hello\nhi\nmy dog died", ANSWERS[0])
    whole = fitting.encoded(tokenizer, pair, Hints(), 64)
    short = fitting.encoded(tokenizer, pair, Hints(), len(whole.ids) - 1)
    text = tokenizer.decode(short.ids)
    assert "hello" not in text
    assert "my dog died" in text
    assert ANSWERS[0] in text
    assert len(fitting.encoded(tokenizer, pair, Hints(), 8).ids) == 8


def test_what_is_told_of_a_pair_varies_and_is_repeatable(base, tmp_path, monkeypatch):
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path / "home"))
    made = problem(base, tmp_path / "out", pairs=4)
    model, tokenizer = base_model(str(base))
    known = {p.id: Hints("sadness", {"reaction": 2}, 0.5, ["oh no"]) for p in made.train}
    task = fitting.Task(model, tokenizer, made, known, torch.nn.Module())
    epochs = [task.batches(e, 1) for e in range(8)]
    assert [task.batches(e, 1) for e in range(8)] == epochs
    assert len({item.ids for epoch in epochs for batch in epoch for item in batch}) > 12


def test_exemplars_are_of_other_talks(base, tmp_path, monkeypatch):
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path / "home"))
    found = fitting.exemplars_of(problem(base, tmp_path / "out"))
    for p in pairs("train"):
        assert p.reply not in found[p.id]
    assert any(found.values())
