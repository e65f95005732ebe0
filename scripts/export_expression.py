"""Take the face expression net out of its package: a graph, and its weights in bytes.

    npm pack @vladmandic/face-api@1.7.15
    python scripts/export_expression.py vladmandic-face-api-1.7.15.tgz

Writes ``src/empathia/encoders/graphs/expression.onnx`` (structure alone) and
``src/empathia/weights/shipped/face-expression/model.safetensors``: each filter as the bytes that
the package holds, in ONNX's order of axes, with ``<name>.scale``, two numbers (step, lowest).

The net: four blocks of four convolutions of 3 x 3, each but the very first a depthwise and a
pointwise one; the first of a block halves the picture, and each later one sees the rectified sum
of all before it in the block. Their mean over the picture (256 numbers) goes to one dense layer.

Needs the extra ``export``; then run ``python scripts/sum_shipped_weights.py --write``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tarfile
from pathlib import Path

import numpy as np
import onnx
from export_speaker_graph import external, model_of, write
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save

SHA256 = "0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031"
INSIDE = "package/model/face_expression_model"
PACKAGE = Path(__file__).parents[1] / "src" / "empathia"
GRAPH = PACKAGE / "encoders" / "graphs" / "expression.onnx"
WEIGHTS = PACKAGE / "weights" / "shipped" / "face-expression" / "model.safetensors"

SIDE, MEAN = 112, (122.782, 117.001, 104.298)  # pixels; red, green, blue
CHANNELS, LABELS = (32, 64, 128, 256), 7
# The package's name of a part, ours, and the axes of the package in our order.
PARTS = {
    "filters": ("filter", (3, 2, 0, 1)),
    "depthwise_filter": ("depth", (2, 3, 0, 1)),
    "pointwise_filter": ("point", (3, 2, 0, 1)),
    "weights": ("weight", (0, 1)),
    "bias": ("bias", (0,)),
}


def arrays_of(archive: Path) -> dict[str, NDArray[np.generic]]:
    """The net's arrays by our names: uint8 with a ``.scale`` each, biases float32."""
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{archive} is not the package this was written for (sha256 {SHA256})")
    with tarfile.open(archive) as box:
        listing = json.load(box.extractfile(f"{INSIDE}-weights_manifest.json"))
        data = box.extractfile(f"{INSIDE}.bin").read()
    arrays: dict[str, NDArray[np.generic]] = {}
    at = 0
    for entry in listing[0]["weights"]:
        *layers, part = entry["name"].split("/")
        ours, axes = PARTS[part]
        name = ".".join([*(x.removeprefix("dense").removeprefix("conv") for x in layers), ours])
        how = entry.get("quantization")
        kind = np.dtype(np.uint8 if how else "<f4")
        count = int(np.prod(entry["shape"]))
        values = np.frombuffer(data, kind, count, at).reshape(entry["shape"])
        at += count * kind.itemsize
        arrays[name] = np.ascontiguousarray(values.transpose(axes))
        if how:
            arrays[f"{name}.scale"] = np.array([how["scale"], how["min"]], np.float32)
    if at != len(data):
        raise SystemExit(f"{len(data) - at} bytes of the weights belong to no array")
    return arrays


def block(number: int, before: int, flow: str) -> tuple[list[onnx.NodeProto], str]:
    """Four convolutions that see the sums of those before them; what comes out is named."""
    nodes, total = [], ""
    for k in range(4):
        name, groups = f"{number}.{k}", before if k == 0 else CHANNELS[number]
        # The picture is even: halving pads at its end alone.
        how = {"kernel_shape": [3, 3], "strides": [2, 2] if k == 0 else [1, 1]}
        how["pads"] = [0, 0, 1, 1] if k == 0 else [1, 1, 1, 1]
        if name == "0.0":
            ins = [flow, f"{name}.filter", f"{name}.bias"]
            nodes.append(helper.make_node("Conv", ins, [f"{name}.out"], **how))
        else:
            deep = helper.make_node(
                "Conv", [flow, f"{name}.depth"], [f"{name}.deep"], group=groups, **how
            )
            ins = [f"{name}.deep", f"{name}.point", f"{name}.bias"]
            nodes += [deep, helper.make_node("Conv", ins, [f"{name}.out"])]
        out = f"{name}.out"
        if k == 0:
            nodes.append(helper.make_node("Relu", [out], [f"{name}.sum"]))
            total = flow = f"{name}.sum"
            continue
        nodes.append(helper.make_node("Add", [total, out], [f"{name}.sum"]))
        nodes.append(helper.make_node("Relu", [f"{name}.sum"], [f"{name}.flow"]))
        total, flow = f"{name}.sum", f"{name}.flow"
    return nodes, flow


def build(shapes: dict[str, tuple[int, ...]]) -> onnx.ModelProto:
    """From ``pictures`` (n, 112, 112, 3) uint8 to ``features`` (n, 256) and ``logits`` (n, 7)."""
    make = helper.make_node
    nodes = [
        make("Cast", ["pictures"], ["bytes"], to=TensorProto.FLOAT),
        make("Sub", ["bytes", "mean"], ["centred"]),
        make("Div", ["centred", "white"], ["scaled"]),
        make("Transpose", ["scaled"], ["planes"], perm=[0, 3, 1, 2]),
    ]
    flow, before = "planes", 3
    for number, channels in enumerate(CHANNELS):
        added, flow = block(number, before, flow)
        nodes, before = nodes + added, channels
    nodes += [
        make("GlobalAveragePool", [flow], ["pooled"]),
        make("Flatten", ["pooled"], ["features"]),
        make("Gemm", ["features", "fc.weight", "fc.bias"], ["logits"]),
    ]
    constants = [
        numpy_helper.from_array(np.array(MEAN, np.float32), "mean"),
        numpy_helper.from_array(np.float32(255), "white"),
    ]
    told = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "expression",
        [told("pictures", TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
        [
            told("features", TensorProto.FLOAT, ["n", CHANNELS[-1]]),
            told("logits", TensorProto.FLOAT, ["n", LABELS]),
        ],
        [*(external(name, *shape) for name, shape in shapes.items()), *constants],
    )
    return model_of(graph)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archive", type=Path)
    arrays = arrays_of(parser.parse_args().archive)
    write(build({k: a.shape for k, a in arrays.items() if not k.endswith(".scale")}), GRAPH)
    WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    WEIGHTS.write_bytes(save(arrays))
    print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size} bytes")
