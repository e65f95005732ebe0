"""What every language model keeps to, ours and a third party's."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import installed
import numpy as np
import pytest
from chat_server import events, like_vllm, says, serving

from empathia import plugins, weights
from empathia.contracts import LanguageModel
from empathia.lm.scripted import ScriptedModel
from empathia.types import Message, Request

HELLO = Request((Message("user", "Say hello."),), max_tokens=6, temperature=0.0)
BYE = Request((Message("user", "Say goodbye."),), max_tokens=6, temperature=0.0)
ANSWERS = ("hello", "a goodbye to you")


def scripted() -> Iterator[LanguageModel]:
    yield ScriptedModel(lambda m: f"You: {m[-1].content}", scores=lambda _, x: -float(len(x)))


def server() -> Iterator[LanguageModel]:
    def step(handler) -> None:
        body = handler.server.seen[-1][2]
        if "prompt_logprobs" in body:
            like_vllm(handler)
        elif body.get("stream"):
            events("Well, ", body["messages"][-1]["content"])(handler)
        else:
            says("Well, " + body["messages"][-1]["content"])(handler)

    with serving(step) as running:
        yield plugins.load("lm", "server").load(f"{running.url}#m")


def local() -> Iterator[LanguageModel]:
    pytest.importorskip("xllamacpp")
    if weights.state("smollm2") == "missing":
        pytest.skip("weight smollm2 is not pulled")
    with plugins.load("lm", "local").load("smollm2", 1) as model:
        yield model


def hub() -> Iterator[LanguageModel]:
    pytest.importorskip("transformers")
    from tiny_chat import write_model

    with tempfile.TemporaryDirectory() as folder:
        words = [HELLO.messages[0].content, BYE.messages[0].content, *ANSWERS]
        yield plugins.load("lm", "hub").load(str(write_model(Path(folder), words)), 1)


MODELS = {"hub": hub, "scripted": scripted, "server": server, "local": local}
NAMES = [
    pytest.param(name, marks=[pytest.mark.weights] if name == "local" else [])
    for name in installed.every("lm")
]


@pytest.fixture(scope="module", params=NAMES)
def model(request: pytest.FixtureRequest) -> Iterator[LanguageModel]:
    yield from MODELS[request.param]()


def test_it_says_what_it_is(model: LanguageModel) -> None:
    assert model.name
    assert isinstance(model.is_local, bool)


def test_answers_in_bulk_are_those_one_by_one_and_the_same_twice(model: LanguageModel) -> None:
    both = model.complete([HELLO, BYE])
    assert [model.complete([r])[0] for r in (HELLO, BYE)] == both
    assert model.complete([HELLO, BYE]) == both
    assert all(both)
    assert model.complete([]) == []


def test_pieces_of_a_stream_are_the_answer_and_closing_it_ends_it(model: LanguageModel) -> None:
    assert "".join(model.stream(HELLO)).strip() == model.complete([HELLO])[0].strip()
    pieces = model.stream(HELLO)
    assert next(pieces)
    pieces.close()
    assert list(pieces) == []


def test_scores_are_log_likelihoods_of_each_answer_after_each_request(
    model: LanguageModel,
) -> None:
    table = model.score([HELLO, BYE], ANSWERS)
    assert table.shape == (2, 2)
    assert table.dtype == np.float32
    assert (table <= 0).all()
    assert np.isfinite(table).all()
    assert model.score([BYE], ANSWERS[::-1]) == pytest.approx(table[1:, ::-1], abs=0.1)
    assert model.score([], ANSWERS).shape == (0, 2)
    assert model.score([HELLO], []).shape == (1, 0)
    assert json.dumps(table.tolist())
