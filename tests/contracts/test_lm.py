"""What every language model keeps to, ours and a third party's."""

from __future__ import annotations

import dataclasses
import json
import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import installed
import numpy as np
import pytest
from chat_server import events, like_vllm, serving
from chat_server import says as saying
from tiny_gguf import write_gguf

from empathia import plugins
from empathia.contracts import LanguageModel
from empathia.errors import EmpathiaError, ServerError, UsageError
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
            saying("Well, " + body["messages"][-1]["content"])(handler)

    with serving(step) as running:
        yield plugins.load("lm", "server").load(f"{running.url}#m")


def local() -> Iterator[LanguageModel]:
    pytest.importorskip("xllamacpp")
    with tempfile.TemporaryDirectory() as folder:
        file = write_gguf(Path(folder) / "tiny.gguf")
        with plugins.load("lm", "local").load(str(file), 1) as model:
            yield model


def hub() -> Iterator[LanguageModel]:
    pytest.importorskip("transformers")
    from tiny_chat import write_model

    with tempfile.TemporaryDirectory() as folder:
        words = [HELLO.messages[0].content, BYE.messages[0].content, *ANSWERS]
        yield plugins.load("lm", "hub").load(str(write_model(Path(folder), words)), 1)


MODELS = {"hub": hub, "scripted": scripted, "server": server, "local": local}


@pytest.fixture(scope="module", params=installed.every("lm"))
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


NO_TEXT = "caf\udce9"  # as Python gives a byte that is no UTF-8


def says(model: LanguageModel, **how: object) -> list[str]:
    return model.complete([dataclasses.replace(HELLO, **how)])


FAULTS: dict[str, tuple[type[EmpathiaError], Callable[[LanguageModel], object]]] = {
    "no message": (UsageError, lambda m: says(m, messages=())),
    "no answer": (UsageError, lambda m: m.score([HELLO], ["hello", ""])),
    "an answer of no text": (UsageError, lambda m: m.score([HELLO], [NO_TEXT])),
    "a choice of no text": (UsageError, lambda m: says(m, choices=(NO_TEXT,))),
    "a message of no text": (ServerError, lambda m: says(m, messages=[Message("user", NO_TEXT)])),
    "streamed": (
        ServerError,
        lambda m: next(m.stream(dataclasses.replace(HELLO, messages=[Message("user", NO_TEXT)]))),
    ),
    "scored": (
        ServerError,
        lambda m: m.score([dataclasses.replace(HELLO, messages=[Message("user", NO_TEXT)])], "ab"),
    ),
} | {
    f"{name} {value}": (UsageError, lambda m, how={name: value}: says(m, **how))
    for name, values in {
        "top_p": (0.0, -1.0, 1.5, math.nan),
        "temperature": (-1.0, math.inf, math.nan),
        "top_k": (0, -1),
        "max_tokens": (0,),
        "seed": (-1, 2**70),
        "stop": (("",),),
    }.items()
    for value in values
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_asked_is_told_and_it_lives_on(model: LanguageModel, fault: str) -> None:
    kind, ask = FAULTS[fault]
    with pytest.raises(kind) as error:
        ask(model)
    assert error.value.remedy
    assert str(error.value).isprintable()
    assert says(model, max_tokens=1)


def test_what_is_odd_and_can_be_asked_is_answered(model: LanguageModel) -> None:
    for odd in ("", "a\0b\x1b[2J한<|im_end|>"):
        asked = dataclasses.replace(HELLO, messages=[Message("user", odd)], max_tokens=1)
        assert len(model.complete([asked])) == 1
        assert np.isfinite(model.score([asked], ANSWERS[:1])).all()


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", NO_TEXT, "~nobody/x", "a\nb", "", "/", "ßé"])
@pytest.mark.parametrize("ending", ["", ".gguf"])
@pytest.mark.parametrize("kind", ["hub", "local", "server"])
def test_names_that_lead_nowhere_are_told(kind: str, name: str, ending: str) -> None:
    with pytest.raises(EmpathiaError) as error:
        plugins.load("lm", kind).load(f"{name}{ending}", 1)
    assert error.value.remedy


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
