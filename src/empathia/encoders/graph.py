"""Run a small ONNX graph whose weights come from elsewhere.

The graphs beside this module hold structure only (about 100 kB). Their large
initialisers are declared external; the arrays are read from the pulled weight
and handed over when the session is made, so neither copy nor torch is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnxruntime

GRAPHS = Path(__file__).parent / "graphs"


def session(
    name: str, arrays: Mapping[str, NDArray[np.float32]], threads: int | None = None
) -> onnxruntime.InferenceSession:
    """An inference session for ``graphs/<name>.onnx``.

    Args:
        name: Name of the graph.
        arrays: Every external initialiser by name: float32 matrices and vectors of the shapes
            that the graph declares.
        threads: Threads inside an operator; None takes all cores.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    # A thread that waits by spinning takes the core that the words are recognised on.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if threads is not None:
        options.intra_op_num_threads = threads
    values = [ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(a)) for a in arrays.values()]
    options.add_external_initializers(list(arrays), values)
    return ort.InferenceSession(
        str(GRAPHS / f"{name}.onnx"), options, providers=["CPUExecutionProvider"]
    )
