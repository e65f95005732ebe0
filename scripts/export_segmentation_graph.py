"""Write ``src/empathia/encoders/graphs/segmentation.onnx``: who speaks, without its weights.

The graph is PyanNet (Bredin and Laurent 2021) on the sinc filters of Ravanelli and Bengio
2018, with the classes of Plaquet and Bredin 2023. Every weight is declared external, so that
``encoders/segmentation.py`` hands it over from the pulled ``segmentation.npz``.

Run: ``python scripts/export_segmentation_graph.py`` (needs the extra ``export``).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from export_speaker_graph import external, model_of, write
from onnx import TensorProto, helper, numpy_helper

CHANNELS = ((1, 80, 251, 10), (80, 60, 5, 1), (60, 60, 5, 1))  # in, out, kernel, stride
HIDDEN = 128
LAYERS = 4
CLASSES = 7
OUT = Path(__file__).parents[1] / "src" / "empathia" / "encoders" / "graphs" / "segmentation.onnx"

Part = tuple[list[onnx.NodeProto], list[onnx.TensorProto]]


def convolutions() -> Part:
    """From ``wave`` (windows, 1, samples) to ``local`` (windows, 60, frames)."""
    weights = [external("norm.weight", 1), external("norm.bias", 1)]
    normed = ["wave", "norm.weight", "norm.bias"]
    nodes = [helper.make_node("InstanceNormalization", normed, ["level"], epsilon=1e-5)]
    flow = "level"
    for k, (before, after, kernel, stride) in enumerate(CHANNELS):
        weights.append(external(f"conv{k}.weight", after, before, kernel))
        weights += [external(f"norm{k}.{part}", after) for part in ("weight", "bias")]
        ins = [flow, f"conv{k}.weight"]
        if k > 0:  # the sinc filters have no bias
            weights.append(external(f"conv{k}.bias", after))
            ins.append(f"conv{k}.bias")
        nodes.append(helper.make_node("Conv", ins, [f"conv{k}"], strides=[stride]))
        if k == 0:
            nodes.append(helper.make_node("Abs", ["conv0"], ["size0"]))
        pooled, normal = [f"pool{k}"], [f"pool{k}", f"norm{k}.weight", f"norm{k}.bias"]
        above = "size0" if k == 0 else f"conv{k}"
        nodes.append(helper.make_node("MaxPool", [above], pooled, kernel_shape=[3], strides=[3]))
        nodes.append(helper.make_node("InstanceNormalization", normal, [f"norm{k}"], epsilon=1e-5))
        flow = "local" if k == len(CHANNELS) - 1 else f"leaky{k}"
        nodes.append(helper.make_node("LeakyRelu", [f"norm{k}"], [flow], alpha=0.01))
    return nodes, weights


def recurrence() -> Part:
    """From ``local`` to ``context`` (frames, windows, 256)."""
    nodes = [helper.make_node("Transpose", ["local"], ["seq"], perm=[2, 0, 1])]
    weights, flow = [], "seq"
    for k in range(LAYERS):
        weights += [
            external(f"w{k}", 2, 4 * HIDDEN, CHANNELS[-1][1] if k == 0 else 2 * HIDDEN),
            external(f"r{k}", 2, 4 * HIDDEN, HIDDEN),
            external(f"b{k}", 2, 8 * HIDDEN),
        ]
        ins = [flow, f"w{k}", f"r{k}", f"b{k}"]
        how = {"hidden_size": HIDDEN, "direction": "bidirectional"}
        nodes.append(helper.make_node("LSTM", ins, [f"both{k}"], **how))
        flow = "context" if k == LAYERS - 1 else f"seq{k}"
        turned = [f"turned{k}"]
        nodes.append(helper.make_node("Transpose", [f"both{k}"], turned, perm=[0, 2, 1, 3]))
        nodes.append(helper.make_node("Reshape", [*turned, "joined"], [flow]))
    return nodes, weights


def classification() -> Part:
    """From ``context`` to ``chances`` (frames, windows, 7), each row a distribution."""
    nodes, weights, flow = [], [], "context"
    sizes = (("linear0", HIDDEN, 2 * HIDDEN), ("linear1", HIDDEN, HIDDEN))
    for name, after, before in (*sizes, ("classifier", CLASSES, HIDDEN)):
        # declared as (in, out): a product of three axes has no transposed form
        weights += [external(f"{name}.weight", before, after), external(f"{name}.bias", after)]
        nodes.append(helper.make_node("MatMul", [flow, f"{name}.weight"], [f"{name}.raw"]))
        nodes.append(helper.make_node("Add", [f"{name}.raw", f"{name}.bias"], [f"{name}.sum"]))
        last = name == "classifier"
        how = {"axis": 2} if last else {"alpha": 0.01}
        flow = "chances" if last else name
        kind = "Softmax" if last else "LeakyRelu"
        nodes.append(helper.make_node(kind, [f"{name}.sum"], [flow], **how))
    return nodes, weights


def build() -> onnx.ModelProto:
    """The whole model."""
    parts = (convolutions(), recurrence(), classification())
    joined = numpy_helper.from_array(np.array([0, 0, 2 * HIDDEN], np.int64), "joined")
    wave = helper.make_tensor_value_info("wave", TensorProto.FLOAT, ["windows", 1, "samples"])
    chances = ["frames", "windows", CLASSES]
    graph = helper.make_graph(
        [n for nodes, _ in parts for n in nodes],
        "segmentation",
        [wave],
        [helper.make_tensor_value_info("chances", TensorProto.FLOAT, chances)],
        [*(w for _, weights in parts for w in weights), joined],
    )
    return model_of(graph)


if __name__ == "__main__":
    write(build(), OUT)
