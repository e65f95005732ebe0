"""A chat model of a few thousand numbers as a GGUF file, that llama.cpp runs: a token a byte."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from gguf_files import F16, F32, gguf, string

WIDE, HEADS, LAYERS = 64, 2, 2
LINEAR = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def letters() -> list[str]:
    """The characters that stand for the 256 bytes in vocabularies like GPT-2's."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(b) if b in plain else chr(next(others)) for b in range(256)]


def _text(value: str) -> bytes:
    return struct.pack("<I", 8) + string(value)


def _texts(values: list[str]) -> bytes:
    return struct.pack("<IIQ", 9, 8, len(values)) + b"".join(map(string, values))


def _count(value: int) -> bytes:
    return struct.pack("<II", 4, value)


def _keys() -> dict[str, bytes]:
    tokens = [*MARKS, *letters(), "Ġt"]
    kinds = [3] * len(MARKS) + [1] * (len(tokens) - len(MARKS))
    return {
        "general.architecture": _text("llama"),
        "llama.context_length": _count(2048),
        "llama.embedding_length": _count(WIDE),
        "llama.block_count": _count(LAYERS),
        "llama.feed_forward_length": _count(WIDE),
        "llama.attention.head_count": _count(HEADS),
        "llama.attention.head_count_kv": _count(HEADS),
        "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", 6, 1e-5),
        "llama.rope.dimension_count": _count(WIDE // HEADS),
        "llama.vocab_size": _count(len(tokens)),
        "tokenizer.ggml.model": _text("gpt2"),
        "tokenizer.ggml.pre": _text("smollm"),
        "tokenizer.ggml.tokens": _texts(tokens),
        "tokenizer.ggml.token_type": struct.pack(f"<IIQ{len(kinds)}i", 9, 5, len(kinds), *kinds),
        "tokenizer.ggml.merges": _texts(["Ġ t"]),
        "tokenizer.ggml.bos_token_id": _count(1),
        "tokenizer.ggml.eos_token_id": _count(2),
        "tokenizer.chat_template": _text(TEMPLATE),
    }


def write_gguf(file: Path, seed: int = 1) -> Path:
    """A model whose numbers are drawn."""
    rng = np.random.default_rng(seed)
    vocabulary = len(MARKS) + 256 + 1
    tensors = []

    def put(name: str, *shape: int) -> None:
        if len(shape) == 1:
            tensors.append((name, shape, F32, np.ones(shape, np.float32).tobytes()))
            return
        values = rng.normal(0, 0.2, shape[::-1]).astype(np.float16)
        tensors.append((name, shape, F16, values.tobytes()))

    put("token_embd.weight", WIDE, vocabulary)
    for n in range(LAYERS):
        for norm in ("attn_norm", "ffn_norm"):
            put(f"blk.{n}.{norm}.weight", WIDE)
        for layer in (
            "attn_q",
            "attn_k",
            "attn_v",
            "attn_output",
            "ffn_gate",
            "ffn_up",
            "ffn_down",
        ):
            put(f"blk.{n}.{layer}.weight", WIDE, WIDE)
    put("output_norm.weight", WIDE)
    put("output.weight", WIDE, vocabulary)
    file.write_bytes(gguf(tensors, keys=_keys()))
    return file
