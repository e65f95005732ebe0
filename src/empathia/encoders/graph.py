"""Run a small ONNX graph whose weights come from elsewhere.

The graphs beside this module hold structure only (about 100 kB). Their large
initialisers are declared external; the arrays are read from the pulled weight
and handed over when the session is made, so neither copy nor torch is needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from empathia.errors import WeightsError
from empathia.files import unpacking

if TYPE_CHECKING:
    import onnxruntime

GRAPHS = Path(__file__).parent / "graphs"


def arrays_of(
    path: Path, shapes: Mapping[str, tuple[int, ...]], weight: str
) -> dict[str, NDArray[np.float32]]:
    """Arrays of an npz by name, (...,) each, in float32; others in it are left there.

    Args:
        path: The file.
        shapes: What it must hold.
        weight: Of which weight it is, for errors.

    Raises:
        WeightsError: The file is missing, damaged or holds other arrays.
    """
    remedy = f"Run: empathia weights pull {weight}"
    # Opened here: of a damaged archive numpy would leave the file open.
    with (
        unpacking(lambda error: WeightsError(f"cannot read '{path}' ({error})", remedy)),
        path.open("rb") as raw,
        np.load(raw, allow_pickle=False) as file,
    ):
        arrays = {k: file[k].astype(np.float32) for k in shapes if k in file.files}
    for name, shape in shapes.items():
        actual = arrays[name].shape if name in arrays else "nothing"
        if actual != shape:
            raise WeightsError(f"'{path}' holds {actual} for '{name}', expected {shape}", remedy)
    return arrays


def session(
    name: str, arrays: Mapping[str, NDArray[np.float32]], threads: int | None = None
) -> onnxruntime.InferenceSession:
    """An inference session for ``graphs/<name>.onnx``.

    Args:
        name: Name of the graph.
        arrays: Every external initialiser by name: float32 matrices and vectors of the shapes
            that the graph declares.
        threads: Threads inside an operator; None takes all cores, or OMP_NUM_THREADS where that is
            set.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    # A thread that waits by spinning takes the core that the words are recognised on.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = threads_told(threads)
    values = [ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(a)) for a in arrays.values()]
    options.add_external_initializers(list(arrays), values)
    return ort.InferenceSession(
        str(GRAPHS / f"{name}.onnx"), options, providers=["CPUExecutionProvider"]
    )


def threads_told(wanted: int | None) -> int:
    """How many threads are wanted, else what OMP_NUM_THREADS says; 0 where neither says it."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return wanted or (int(told) if told.isdecimal() else 0)
