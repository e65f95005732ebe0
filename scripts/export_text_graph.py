"""Make text.onnx and multilingual.onnx in src/empathia/encoders/graphs: structure, weights outside.

    python scripts/export_text_graph.py

The graphs are written by hand (nothing is traced), so that their initialisers keep
the names of a BERT's weights and no weight is in the files.
Inputs, int64 (batch, length): ids; mask, 1 where there is a piece; pool, 1 where the mean is
taken. Outputs, (batch, 384): pooled, and middle, the same after the third layer.

Of multilingual-e5-small, whose quarter of a million word embeddings are looked up outside, the
input is their sum with the positions, words (batch, length, 384), in place of ids; all pieces are
pooled, and there is no middle.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

WIDTH, HEADS, INNER, WORDS, POSITIONS = 384, 12, 1536, 30522, 512
LAYERS = {"text": 6, "multilingual": 12}
MIDDLE = 3
NAMES = {"text": "minilm", "multilingual": "e5-small"}
GRAPHS = Path(__file__).parents[1] / "src" / "empathia" / "encoders" / "graphs"


class Builder:
    """Collects nodes and initialisers; every node names its output after itself."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.initialisers: list[TensorProto] = []

    def __call__(self, op: str, *inputs: str, **attributes: object) -> str:
        out = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [out], out, **attributes))
        return out

    def constant(self, value: object, kind: type) -> str:
        name = f"constant_{len(self.initialisers)}"
        self.initialisers.append(numpy_helper.from_array(np.array(value, kind), name))
        return name

    def weight(self, name: str, *shape: int) -> str:
        t = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
        t.data_location = TensorProto.EXTERNAL
        size = 4 * int(np.prod(shape))
        for key, value in (("location", "weights"), ("offset", "0"), ("length", str(size))):
            entry = t.external_data.add()
            entry.key, entry.value = key, value
        self.initialisers.append(t)
        return name

    def linear(self, x: str, name: str, inside: int, outside: int) -> str:
        """x (rows, inside) -> (rows, outside); torch keeps weights as (outside, inside)."""
        w = self.weight(f"{name}.weight", outside, inside)
        b = self.weight(f"{name}.bias", outside)
        return self("Gemm", x, w, b, transB=1)

    def norm(self, x: str, name: str) -> str:
        w, b = (self.weight(f"{name}.{n}", WIDTH) for n in ("weight", "bias"))
        return self("LayerNormalization", x, w, b, axis=-1, epsilon=1e-12)

    def gelu(self, x: str) -> str:
        half, one, root = (self.constant(v, np.float32) for v in (0.5, 1.0, 2**0.5))
        erf = self("Erf", self("Div", x, root))
        return self("Mul", self("Mul", x, self("Add", erf, one)), half)


def layer(g: Builder, x: str, bias: str, heads: str, name: str) -> str:
    """One post-norm layer over rows (batch * length, 384)."""

    def split(part: str, order: list[int]) -> str:
        y = g.linear(x, f"{name}.attention.self.{part}", WIDTH, WIDTH)
        return g("Transpose", g("Reshape", y, heads), perm=order)

    q, k, v = split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1]), split("value", [0, 2, 1, 3])
    scale = g.constant((WIDTH / HEADS) ** -0.5, np.float32)
    scores = g("Add", g("Mul", g("MatMul", q, k), scale), bias)
    mixed = g("MatMul", g("Softmax", scores, axis=-1), v)
    flat = g("Reshape", g("Transpose", mixed, perm=[0, 2, 1, 3]), g.constant([-1, WIDTH], np.int64))
    y = g.linear(flat, f"{name}.attention.output.dense", WIDTH, WIDTH)
    x = g.norm(g("Add", y, x), f"{name}.attention.output.LayerNorm")
    y = g.gelu(g.linear(x, f"{name}.intermediate.dense", WIDTH, INNER))
    y = g.linear(y, f"{name}.output.dense", INNER, WIDTH)
    return g.norm(g("Add", y, x), f"{name}.output.LayerNorm")


def looked_up(g: Builder) -> str:
    """Sum of the embeddings of word pieces, places and kind, (batch, length, 384)."""
    words = g("Gather", g.weight("embeddings.word_embeddings.weight", WORDS, WIDTH), "ids")
    table = g.weight("embeddings.position_embeddings.weight", POSITIONS, WIDTH)
    length = g("Shape", "ids", start=1, end=2)
    zero = g.constant([0], np.int64)
    places = g("Slice", table, zero, length, zero)
    # One kind of token: the first row of the table, handed over on its own.
    kind = g.weight("embeddings.token_type_embeddings.first", WIDTH)
    return g("Add", g("Add", words, places), kind)


def mean(g: Builder, x: str, rows: str, pool: str, name: str) -> None:
    """An output, (batch, 384): the mean of rows (batch * length, 384) where ``pool`` says so."""
    x = g("Reshape", x, g("Concat", rows, g.constant([WIDTH], np.int64), axis=0))
    weight = g("Unsqueeze", pool, g.constant([2], np.int64))
    axis = g.constant([1], np.int64)
    total = g("ReduceSum", g("Mul", x, weight), axis, keepdims=0)
    count = g("ReduceSum", weight, axis, keepdims=0)
    g.nodes.append(helper.make_node("Div", [total, count], [name]))


def build(name: str) -> onnx.ModelProto:
    """The whole graph."""
    g = Builder()
    own = name == "text"
    x = g.norm(looked_up(g) if own else "words", "embeddings.LayerNorm")
    mask = g("Cast", "mask", to=TensorProto.FLOAT)
    one, far = g.constant(1.0, np.float32), g.constant(-1e9, np.float32)
    bias = g("Unsqueeze", g("Mul", g("Sub", one, mask), far), g.constant([1, 2], np.int64))
    rows = g("Shape", "ids" if own else "mask")
    heads = g("Concat", rows, g.constant([HEADS, WIDTH // HEADS], np.int64), axis=0)
    x = g("Reshape", x, g.constant([-1, WIDTH], np.int64))
    pool = g("Cast", "pool", to=TensorProto.FLOAT) if own else mask
    for i in range(LAYERS[name]):
        x = layer(g, x, bias, heads, f"encoder.layer.{i}")
        if own and i + 1 == MIDDLE:
            mean(g, x, rows, pool, "middle")
    mean(g, x, rows, pool, "pooled")
    inputs = [
        helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "length"])
        for n in (("ids", "mask", "pool") if own else ("mask",))
    ]
    if not own:
        shape = ["batch", "length", WIDTH]
        inputs.insert(0, helper.make_tensor_value_info("words", TensorProto.FLOAT, shape))
    outputs = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", WIDTH])
        for n in (("pooled", "middle") if own else ("pooled",))
    ]
    graph = helper.make_graph(g.nodes, NAMES[name], inputs, outputs, g.initialisers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model


if __name__ == "__main__":
    for name in LAYERS:
        model = build(name)
        path = GRAPHS / f"{name}.onnx"
        path.write_bytes(model.SerializeToString())
        print(f"{path.name}: {path.stat().st_size} bytes, {len(model.graph.node)} nodes")
