"""Write ``src/empathia/encoders/graphs/speaker.onnx``: the speaker encoder without its weights.

The graph is the one of Wan et al. 2018 as Resemblyzer trained it: three LSTM layers
of 256, the last state, a linear layer, a rectifier, unit length. Every weight is declared
external, so that ``encoders/speaker.py`` hands it over from the pulled ``speaker.npz``.

Run: ``python scripts/export_speaker_graph.py`` (needs the extra ``export``).
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper, numpy_helper

BANDS = 40
HIDDEN = 256
SIZE = 256
LAYERS = 3
OUT = Path(__file__).parents[1] / "src" / "empathia" / "encoders" / "graphs" / "speaker.onnx"


def external(name: str, *shape: int) -> onnx.TensorProto:
    """A float32 initialiser that is named here and handed over at load."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    length = 4
    for side in shape:
        length *= side
    for key, value in (("location", "weights"), ("offset", "0"), ("length", str(length))):
        tensor.external_data.add(key=key, value=value)
    return tensor


def nodes_and_weights() -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """The layers in order, and the initialisers that they name."""
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []
    flow = "mel"
    for k in range(LAYERS):
        weights += [
            external(f"w{k}", 1, 4 * HIDDEN, BANDS if k == 0 else HIDDEN),
            external(f"r{k}", 1, 4 * HIDDEN, HIDDEN),
            external(f"b{k}", 1, 8 * HIDDEN),
        ]
        ins = [flow, f"w{k}", f"r{k}", f"b{k}", "lengths"]
        outs = [f"all{k}", f"last{k}"]
        nodes.append(helper.make_node("LSTM", ins, outs, hidden_size=HIDDEN))
        flow = f"seq{k}"
        nodes.append(helper.make_node("Squeeze", [f"all{k}", "direction"], [flow]))
    top = f"last{LAYERS - 1}"
    nodes = nodes[:-1]  # of the top layer only the last state is used
    nodes += [
        helper.make_node("Squeeze", [top, "first"], ["state"]),
        helper.make_node("Gemm", ["state", "linear.weight", "linear.bias"], ["raw"], transB=1),
        helper.make_node("Relu", ["raw"], ["positive"]),
        # epsilon inside a clip: an all-zero output stays zero instead of becoming NaN
        helper.make_node("ReduceL2", ["positive"], ["norm"], axes=[1], keepdims=1),
        helper.make_node("Max", ["norm", "epsilon"], ["safe"]),
        helper.make_node("Div", ["positive", "safe"], ["embedding"]),
    ]
    weights += [external("linear.weight", SIZE, HIDDEN), external("linear.bias", SIZE)]
    return nodes, weights


def build() -> onnx.ModelProto:
    """The checked model."""
    import numpy as np

    nodes, weights = nodes_and_weights()
    constants = [
        numpy_helper.from_array(np.array([1], np.int64), "direction"),
        numpy_helper.from_array(np.array([0], np.int64), "first"),
        numpy_helper.from_array(np.array([1e-9], np.float32), "epsilon"),
    ]
    graph = helper.make_graph(
        nodes,
        "speaker",
        [
            helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["frames", "windows", BANDS]),
            helper.make_tensor_value_info("lengths", TensorProto.INT32, ["windows"]),
        ],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["windows", SIZE])],
        [*weights, *constants],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="empathia"
    )
    model.ir_version = 8
    return model


def main() -> None:
    """Write the graph and say where."""
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(build().SerializeToString())
    print(f"{OUT.name}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
