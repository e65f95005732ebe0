"""A folder of Kokoro's weights with a net that answers at once, and few words in its lexica.

Each token sounds for 10 ms at .001 x its number x the speed x the first value of the style, and
silence is about it. A style's first value is .5 + the number of phonemes / 1,000.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WORDS = Path(__file__).parents[1] / "speech" / "words.json"
SAMPLES = 240  # of a token
QUIET = 2400  # samples before and after


def _net() -> onnx.ModelProto:
    def constant(name: str, values: object, kind: type) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(values, kind), name)

    nodes = [
        helper.make_node("Cast", ["tokens"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Slice", ["style", "zero", "one", "one"], ["first"]),
        helper.make_node("Mul", ["numbers", "first"], ["styled"]),
        helper.make_node("Mul", ["styled", "speed"], ["loud"]),
        helper.make_node("Unsqueeze", ["loud", "two"], ["column"]),
        helper.make_node("Mul", ["column", "shape"], ["grid"]),
        helper.make_node("Reshape", ["grid", "flat"], ["line"]),
        helper.make_node("Pad", ["line", "around"], ["audio"]),
    ]
    held = [
        constant("zero", [0], np.int64),
        constant("one", [1], np.int64),
        constant("two", [2], np.int64),
        constant("flat", [-1], np.int64),
        constant("around", [QUIET, QUIET], np.int64),
        constant("shape", np.full((1, 1, SAMPLES), 0.001), np.float32),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, None]),
            helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
            helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
        ],
        [helper.make_tensor_value_info("audio", TensorProto.FLOAT, [None])],
        held,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def write_voice(folder: Path) -> Path:
    """The folder, filled."""
    held = json.loads(WORDS.read_text(encoding="utf-8"))
    onnx.save(_net(), folder / "model.onnx")
    (folder / "vocab.json").write_text(json.dumps({"vocab": held["vocab"]}), encoding="utf-8")
    for name in ("us_gold", "us_silver", "gb_gold", "gb_silver"):
        (folder / f"{name}.json").write_text(json.dumps(held[name]), encoding="utf-8")
    styles = np.zeros((510, 1, 256), np.float32)
    styles[:, 0, 0] = 0.5 + np.arange(1, 511) / 1000
    for voice in ("af_heart", "am_adam", "bm_george"):
        styles.tofile(folder / f"{voice}.bin")
    return folder
