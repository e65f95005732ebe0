"""Make ``src/empathia/encoders/graphs/whisper-*.onnx``: Whisper's encoder, every layer an output.

A graph holds structure only, one a size. Its arrays are external initialisers that
``empathia.encoders.speech`` reads from the pulled weight. All sizes have 80 mel bands
and heads of 64.

Run: python scripts/export_speech_graph.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

GRAPHS = Path(__file__).parents[1] / "src/empathia/encoders/graphs"
SIZES = {"whisper-tiny": (4, 384), "whisper-base": (6, 512)}  # blocks, width
BANDS, HEAD, POSITIONS = 80, 64, 1500


class Graph:
    """Collects nodes and initialisers; every method returns the name of its output.

    Args:
        width: Units of a layer.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.nodes: list[onnx.NodeProto] = []
        self.arrays: list[onnx.TensorProto] = []

    def op(self, kind: str, *inputs: str, out: str = "", **attributes: object) -> str:
        out = out or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def constant(self, value: np.ndarray) -> str:
        name = f"c{len(self.arrays)}"
        self.arrays.append(numpy_helper.from_array(value, name))
        return name

    def external(self, name: str, *shape: int) -> str:
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
        tensor.data_location = TensorProto.EXTERNAL
        place = {"location": "weights", "offset": "0", "length": str(4 * int(np.prod(shape)))}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=value)
        self.arrays.append(tensor)
        return name

    def numbers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def gelu(self, x: str) -> str:
        scaled = self.op("Div", x, self.constant(np.float32(np.sqrt(2)).reshape(())))
        erf = self.op("Add", self.op("Erf", scaled), self.constant(np.array(1, np.float32)))
        return self.op("Mul", self.op("Mul", x, erf), self.constant(np.array(0.5, np.float32)))

    def norm(self, x: str, name: str, out: str = "") -> str:
        scale, shift = (self.external(f"{name}.{x}", self.width) for x in ("scale", "shift"))
        return self.op("LayerNormalization", x, scale, shift, out=out, axis=-1, epsilon=1e-5)

    def linear(self, x: str, name: str, wide_in: int, wide_out: int) -> str:
        weight = self.external(f"{name}.weight", wide_in, wide_out)
        return self.op("Add", self.op("MatMul", x, weight), self.external(f"{name}.bias", wide_out))

    def heads(self, x: str, order: tuple[int, ...]) -> str:
        split = self.op("Reshape", x, self.numbers(0, 0, self.width // HEAD, HEAD))
        return self.op("Transpose", split, perm=order)

    def attention(self, x: str, name: str) -> str:
        width = self.width
        joint = self.linear(x, f"{name}.in", width, 3 * width)
        bounds = [self.numbers(width * i) for i in range(4)]
        last = self.numbers(2)
        parts = [self.op("Slice", joint, bounds[i], bounds[i + 1], last) for i in range(3)]
        scale = self.constant(np.array(HEAD**-0.5, np.float32))
        query = self.op("Mul", self.heads(parts[0], (0, 2, 1, 3)), scale)
        key, value = self.heads(parts[1], (0, 2, 3, 1)), self.heads(parts[2], (0, 2, 1, 3))
        weights = self.op("Softmax", self.op("MatMul", query, key), axis=-1)
        mixed = self.op("Transpose", self.op("MatMul", weights, value), perm=(0, 2, 1, 3))
        return self.linear(
            self.op("Reshape", mixed, self.numbers(0, 0, width)), f"{name}.out", width, width
        )

    def block(self, x: str, name: str) -> str:
        width = self.width
        x = self.op("Add", x, self.attention(self.norm(x, f"{name}.norm1"), name))
        normed = self.norm(x, f"{name}.norm2")
        inner = self.gelu(self.linear(normed, f"{name}.up", width, 4 * width))
        return self.op("Add", x, self.linear(inner, f"{name}.down", 4 * width, width))

    def convolution(self, x: str, name: str, wide_in: int, stride: int) -> str:
        weight = self.external(f"{name}.weight", self.width, wide_in, 3)
        bias = self.external(f"{name}.bias", self.width)
        return self.gelu(self.op("Conv", x, weight, bias, pads=[1, 1], strides=[stride]))


def build(blocks: int, width: int) -> onnx.ModelProto:
    """mel (1, 80, m) -> layers (blocks + 1, ceil(m / 2), width)."""
    g = Graph(width)
    x = g.convolution(g.convolution("mel", "conv1", BANDS, 1), "conv2", width, 2)
    x = g.op("Transpose", x, perm=(0, 2, 1))
    length = g.op("Slice", g.op("Shape", x), g.numbers(1), g.numbers(2))
    positions = g.external("positions", POSITIONS, width)
    x = g.op("Add", x, g.op("Slice", positions, g.numbers(0), length, g.numbers(0)))
    layers = [x]
    for i in range(blocks):
        layers.append(g.block(layers[-1], f"block{i}"))
    layers[-1] = g.norm(layers[-1], "final")
    g.op("Concat", *layers, out="layers", axis=0)
    graph = helper.make_graph(
        g.nodes,
        "speech",
        [helper.make_tensor_value_info("mel", TensorProto.FLOAT, [1, BANDS, "mel_frames"])],
        [helper.make_tensor_value_info("layers", TensorProto.FLOAT, [blocks + 1, "frames", width])],
        g.arrays,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


if __name__ == "__main__":
    for name, size in SIZES.items():
        path = GRAPHS / f"{name}.onnx"
        path.write_bytes(build(*size).SerializeToString())
        print(f"{path.name}: {path.stat().st_size} bytes")
