"""What fine-tuning adds to the layers of a GGUF file."""

from __future__ import annotations

import json

import numpy as np
import pytest
from gguf_files import F16, F32, Q8_0, gguf, halves
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from empathia.errors import WeightsError
from empathia.lm.local import LocalModel, adapter, unpacked

STEM = "base_model.model.model.layers.0"


def kept(folder, layers, *, alpha=4.0, rank=2, head=None):
    folder.mkdir(exist_ok=True)
    tensors = {}
    for name, (up, down) in layers.items():
        tensors[f"{STEM}.{name}.lora_A.weight"] = np.asarray(down, np.float16)
        tensors[f"{STEM}.{name}.lora_B.weight"] = np.asarray(up, np.float16)
    save_file(tensors, folder / adapter.TENSORS, {"head": str(head)} if head else None)
    config = {"r": rank, "lora_alpha": alpha, "base_model_name_or_path": "tiny"}
    (folder / adapter.CONFIG).write_text(json.dumps(config))
    return folder


def test_the_product_is_added_to_its_layer_alone(tmp_path):
    rng = np.random.default_rng(1)
    up, down = rng.integers(-2, 3, (3, 2)), rng.integers(-2, 3, (2, 32))
    other = np.ones(32, np.int8)
    before = [
        ("norm", (3,), F32, np.arange(3, dtype=np.float32).tobytes()),
        ("blk.0.ffn_up.weight", (32, 3), Q8_0, 3 * (halves([0.5]) + other.tobytes())),
        ("blk.1.ffn_up.weight", (32, 1), Q8_0, halves([0.5]) + other.tobytes()),
    ]
    after = [
        before[0],
        ("blk.0.ffn_up.weight", (32, 3), F16, halves((0.5 + 2 * up @ down).ravel())),
        ("blk.1.ffn_up.weight", (32, 1), F16, halves(0.5 * other)),
    ]
    (tmp_path / "packed.gguf").write_bytes(gguf(before))
    read = adapter.load(kept(tmp_path / "a", {"mlp.up_proj": (up, down)}))
    unpacked.write(tmp_path / "packed.gguf", tmp_path / "out.gguf", read)
    assert read.base == "tiny"
    assert (tmp_path / "out.gguf").read_bytes() == gguf(after)


def test_queries_are_interleaved_within_each_head(tmp_path):
    up = np.arange(8)[:, None].repeat(2, 1)
    layers = {"self_attn.q_proj": (up, np.eye(2, 32)), "self_attn.v_proj": (up, np.eye(2, 32))}
    read = adapter.load(kept(tmp_path / "a", layers, alpha=2.0, head=4))
    added = read.added("blk.0.attn_q.weight", (32, 8))
    assert added[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    assert read.added("blk.0.attn_v.weight", (32, 8))[:, 0].tolist() == [*range(8)]
    assert read.added("blk.0.attn_k.weight", (32, 8)) is None


@given(heads=st.integers(1, 3), half=st.integers(1, 4), width=st.integers(1, 3))
def test_interleaving_loses_nothing(heads, half, width):
    rows = np.arange(heads * 2 * half * width, dtype=np.float32).reshape(-1, width)
    mixed = adapter.interleaved(rows, 2 * half)
    back = mixed.reshape(heads, half, 2, width).swapaxes(1, 2).reshape(rows.shape)
    assert np.array_equal(back, rows)


def test_an_adapter_of_another_model_is_refused(tmp_path):
    values = halves([0.5]) + bytes(32)
    (tmp_path / "m.gguf").write_bytes(gguf([("blk.0.ffn_up.weight", (32, 1), Q8_0, values)]))
    wide = adapter.load(kept(tmp_path / "a", {"mlp.up_proj": (np.ones((2, 2)), np.ones((2, 32)))}))
    with pytest.raises(WeightsError, match="does not fit"):
        unpacked.write(tmp_path / "m.gguf", tmp_path / "o.gguf", wide)
    ones = (np.ones((1, 2)), np.ones((2, 32)))
    strange = adapter.load(kept(tmp_path / "b", {"mlp.down_proj": ones}))
    with pytest.raises(WeightsError, match="which is not here"):
        unpacked.write(tmp_path / "m.gguf", tmp_path / "o.gguf", strange)


@pytest.mark.parametrize("damage", ["missing", "cut", "config", "layer", "use_rslora"])
def test_a_damaged_adapter_is_refused_when_it_is_named(tmp_path, damage):
    pytest.importorskip("xllamacpp")
    ones = (np.ones((1, 2)), np.ones((2, 32)))
    folder = kept(tmp_path / "a", {"mlp.nothing" if damage == "layer" else "mlp.up_proj": ones})
    if damage == "missing":
        (folder / adapter.TENSORS).unlink()
    if damage == "cut":
        data = (folder / adapter.TENSORS).read_bytes()
        (folder / adapter.TENSORS).write_bytes(data[: len(data) // 2])
    if damage == "config":
        (folder / adapter.CONFIG).write_text("{}")
    if damage == "use_rslora":  # what is added would be scaled otherwise
        told = json.loads((folder / adapter.CONFIG).read_text())
        (folder / adapter.CONFIG).write_text(json.dumps(told | {damage: True, "use_dora": False}))
    (tmp_path / "m.gguf").write_bytes(gguf([]))
    with pytest.raises(WeightsError, match="cannot read an adapter"):
        LocalModel(tmp_path / "m.gguf").adapted(folder)
