"""The tokenizer of a GGUF file: counts as the engine does, and says what it does not know."""

from __future__ import annotations

import struct

import pytest
from gguf_files import gguf

from empathia import weights
from empathia.errors import WeightsError
from empathia.lm.local import tokens
from empathia.lm.local.engine import Engine
from empathia.types import Message

CHATS = (
    (Message("user", "How does Ann feel?"),),
    (Message("system", "Say it: joy, sadness."), Message("user", "Ann: I'm 1234 years old...\nQ?")),
    (
        Message("system", "다 알아"),
        Message("user", "  é 👩‍👩‍👧\n\n\tWELL  ?!"),
        Message("assistant", "joy"),
    ),
)


@pytest.mark.weights
def test_chats_have_as_many_tokens_as_the_engine_says():
    file = weights.folder("smollm2") / "model.gguf"
    read = tokens.load(file)
    engine = Engine(file, "smollm2", 1, 512)
    for chat in CHATS[:2]:
        messages = [{"role": m.role, "content": m.content} for m in chat]
        usage = engine.ask({"messages": messages, "max_tokens": 1})["usage"]
        assert read.count([read.render(chat)]) == [usage["prompt_tokens"]]


@pytest.mark.weights
def test_all_of_a_text_comes_back_out_of_its_tokens():
    read = tokens.load(weights.folder("smollm2") / "model.gguf")
    for chat in CHATS:
        text = read.render(chat)
        ids = read.tokenizer.encode(text).ids
        assert read.tokenizer.decode(ids, skip_special_tokens=False) == text


ENDLESS = b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**63)  # a key of so many letters


@pytest.mark.parametrize("content", [b"", b"GGUF", gguf([]), gguf([])[:60], b"x" * 100, ENDLESS])
def test_other_files_are_told(tmp_path, content):
    (tmp_path / "model.gguf").write_bytes(content)
    with pytest.raises(WeightsError, match="no tokenizer that is known"):
        tokens.load(tmp_path / "model.gguf")
    with pytest.raises(WeightsError, match="no tokenizer"):
        tokens.load(tmp_path / "none.gguf")
