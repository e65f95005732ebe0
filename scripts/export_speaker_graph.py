"""Write ``src/empathia/encoders/graphs/speaker.onnx``: the speaker encoder without its weights.

The graph is CAM++ (Wang et al. 2023) up to the pooling over time: a small convolutional net on
filter banks, then three densely connected stacks of dilated convolutions, each of which looks at
the mean of the whole and of its 100 frames before it lets a channel through. Every weight is
declared external, so that ``encoders/speaker.py`` hands it over from the pulled ``speaker.npz``.

Run: ``python scripts/export_speaker_graph.py`` (needs the extra ``export``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BANDS = 80
CHANNELS = 32  # of the convolutional net
GROWTH, INNER, MASK = 32, 128, 64
STACKS = ((12, 1), (24, 2), (16, 2))  # layers, dilation
SEGMENT = 100  # frames
OUT = Path(__file__).parents[1] / "src" / "empathia" / "encoders" / "graphs" / "speaker.onnx"


def external(name: str, *shape: int) -> onnx.TensorProto:
    """A float32 initialiser that is named here and handed over at load."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "weights"), ("offset", 0), ("length", 4 * math.prod(shape))):
        tensor.external_data.add(key=key, value=str(value))
    return tensor


class Net:
    """Nodes and initialisers, layer by layer; every method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def node(self, kind: str, *ins: str, **attributes: object) -> str:
        """One node."""
        out = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(ins), [out], **attributes))
        return out

    def weight(self, name: str, *shape: int) -> str:
        """A weight of the file."""
        self.weights.append(external(name, *shape))
        return name

    def constant(self, value: Sequence[int] | float) -> str:
        """A number, or a list of whole ones."""
        kind = np.float32 if isinstance(value, float) else np.int64
        name = f"constant {value}"
        self.constants[name] = numpy_helper.from_array(np.array(value, kind), name)
        return name

    def norm(self, x: str, name: str, channels: int, *, relu: bool = True) -> str:
        """Batch normalisation as it was learnt, and a rectifier."""
        parts = ("weight", "bias", "running_mean", "running_var")
        y = self.node(
            "BatchNormalization", x, *(self.weight(f"{name}.{p}", channels) for p in parts)
        )
        return self.node("Relu", y) if relu else y

    def conv(self, x: str, name: str, shape: Sequence[int], **attributes: object) -> str:
        """A convolution without a bias."""
        return self.node("Conv", x, self.weight(f"{name}.weight", *shape), **attributes)

    def residual(self, x: str, name: str, stride: int) -> str:
        """Two convolutions beside the way past them."""
        square, c = (CHANNELS, CHANNELS, 3, 3), CHANNELS
        strides, pads = [stride, 1], [1, 1, 1, 1]
        y = self.conv(x, f"{name}.conv1", square, strides=strides, pads=pads)
        y = self.conv(self.norm(y, f"{name}.bn1", c), f"{name}.conv2", square, pads=pads)
        y = self.norm(y, f"{name}.bn2", c, relu=False)
        if stride > 1:
            x = self.conv(x, f"{name}.shortcut.0", (c, c, 1, 1), strides=strides)
            x = self.norm(x, f"{name}.shortcut.1", c, relu=False)
        return self.node("Relu", self.node("Add", x, y))

    def head(self, bands: str) -> str:
        """Filter banks (1, frames, 80) to (1, 320, frames)."""
        c, pads = CHANNELS, [1, 1, 1, 1]
        x = self.node("Transpose", bands, perm=[0, 2, 1])
        x = self.node("Unsqueeze", x, self.constant([1]))
        x = self.norm(self.conv(x, "head.conv1", (c, 1, 3, 3), pads=pads), "head.bn1", c)
        for layer in ("layer1", "layer2"):
            x = self.residual(self.residual(x, f"head.{layer}.0", 2), f"head.{layer}.1", 1)
        x = self.conv(x, "head.conv2", (c, c, 3, 3), strides=[2, 1], pads=pads)
        return self.node("Reshape", self.norm(x, "head.bn2", c), self.constant([1, 4 * BANDS, -1]))

    def context(self, x: str) -> str:
        """The mean over all frames, and over each 100 of them, at every frame."""
        shape = self.node("Shape", x)
        frames = self.node("Gather", shape, self.constant([2]))
        over = self.node("Mod", self.node("Neg", frames), self.constant([SEGMENT]))
        pads = self.node("Concat", self.constant([0] * 5), over, axis=0)
        apart = self.constant([1, INNER, -1, SEGMENT])
        whole = self.node("Reshape", self.node("Pad", x, pads), apart)
        one = self.node(
            "ConstantOfShape", self.node("Concat", self.constant([1, 1]), frames, axis=0)
        )
        ones = self.node("Add", one, self.constant(1.0))
        count = self.node(
            "Reshape", self.node("Pad", ones, pads), self.constant([1, 1, -1, SEGMENT])
        )
        each = self.constant([3])
        mean = self.node(
            "Div", self.node("ReduceSum", whole, each), self.node("ReduceSum", count, each)
        )
        spread = self.node("Expand", mean, self.node("Shape", whole))
        back = self.node("Reshape", spread, self.constant([1, INNER, -1]))
        cut = self.node("Slice", back, self.constant([0]), frames, self.constant([2]))
        return self.node("Add", cut, self.node("ReduceMean", x, axes=[2], keepdims=1))

    def dense(self, x: str, name: str, channels: int, dilation: int) -> str:
        """One layer of a stack: its channels are added to those that it sees."""
        y = self.norm(x, f"{name}.nonlinear1.batchnorm", channels)
        y = self.conv(y, f"{name}.linear1", (INNER, channels, 1))
        y = self.norm(y, f"{name}.nonlinear2.batchnorm", INNER)
        cam, pads = f"{name}.cam_layer", [dilation, dilation]
        local = self.conv(
            y, f"{cam}.linear_local", (GROWTH, INNER, 3), pads=pads, dilations=[dilation]
        )
        c = self.context(y)
        for at, shape in (("linear1", (MASK, INNER, 1)), ("linear2", (GROWTH, MASK, 1))):
            bias = self.weight(f"{cam}.{at}.bias", shape[0])
            c = self.node("Conv", c, self.weight(f"{cam}.{at}.weight", *shape), bias)
            c = self.node("Relu" if at == "linear1" else "Sigmoid", c)
        return self.node("Concat", x, self.node("Mul", local, c), axis=1)

    def all(self) -> str:
        """From filter banks to (1, 512, frames / 2)."""
        x = self.head("bands")
        x = self.conv(x, "xvector.tdnn.linear", (INNER, 4 * BANDS, 5), strides=[2], pads=[2, 2])
        x, channels = self.norm(x, "xvector.tdnn.nonlinear.batchnorm", INNER), INNER
        for stack, (layers, dilation) in enumerate(STACKS, start=1):
            for layer in range(1, layers + 1):
                x = self.dense(x, f"xvector.block{stack}.tdnnd{layer}", channels, dilation)
                channels += GROWTH
            name = f"xvector.transit{stack}"
            x = self.norm(x, f"{name}.nonlinear.batchnorm", channels)
            x = self.conv(x, f"{name}.linear", (channels // 2, channels, 1))
            channels //= 2
        return self.norm(x, "xvector.out_nonlinear.batchnorm", channels)


def build() -> onnx.ModelProto:
    """The model."""
    net = Net()
    net.nodes.append(helper.make_node("Identity", [net.all()], ["heard"]))
    return model_of(
        helper.make_graph(
            net.nodes,
            "speaker",
            [helper.make_tensor_value_info("bands", TensorProto.FLOAT, [1, "frames", BANDS])],
            [helper.make_tensor_value_info("heard", TensorProto.FLOAT, [1, 512, "half"])],
            [*net.weights, *net.constants.values()],
        )
    )


def model_of(graph: onnx.GraphProto) -> onnx.ModelProto:
    """The graph as a model that the oldest runtime in use reads."""
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], producer_name="empathia")
    model.ir_version = 8
    return model


def write(model: onnx.ModelProto, out: Path) -> None:
    """Write a model and say where."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(model.SerializeToString())
    print(f"{out.name}: {out.stat().st_size} bytes")


if __name__ == "__main__":
    write(build(), OUT)
