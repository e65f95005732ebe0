"""Run a TensorFlow Lite file with LiteRT on the CPU."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from empathia.encoders.graph import threads_told
from empathia.errors import WeightsError, needs
from empathia.types import FloatArray

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

_OPENING = threading.Lock()


class Net:
    """A network with one input; not for several threads at a time.

    Args:
        content: The file.
        name: What errors call it.
        shapes: What it must give, by output in the file's order.
        threads: None takes all cores, or OMP_NUM_THREADS where that is set.

    Raises:
        MissingExtra: LiteRT is not installed.
        BrokenExtra: It is, but the system lacks a library that it needs.
        WeightsError: It is no such network.
    """

    def __init__(
        self,
        content: bytes,
        name: str,
        shapes: tuple[tuple[int, ...], ...],
        threads: int | None = None,
    ) -> None:
        with needs("face", "Looking at faces"):
            from ai_edge_litert.interpreter import Interpreter
        try:
            with _OPENING, _silent():
                self._net: Interpreter = Interpreter(
                    model_content=content, num_threads=threads_told(threads) or os.cpu_count() or 1
                )
                self._net.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise WeightsError(
                f"'{name}' is no network that LiteRT can run ({error})", "Pull it again"
            ) from error
        given: list[dict[str, Any]] = self._net.get_output_details()
        if (told := tuple(tuple(map(int, d["shape"])) for d in given)) != shapes:
            raise WeightsError(f"'{name}' gives {told}, expected {shapes}", "Pull it again")
        self._input: int = self._net.get_input_details()[0]["index"]
        self._outputs: list[int] = [d["index"] for d in given]

    def __call__(self, values: FloatArray) -> list[FloatArray]:
        """What the network gives for an input of its shape, one array an output."""
        self._net.set_tensor(self._input, np.ascontiguousarray(values, np.float32))
        self._net.invoke()
        return [self._net.get_tensor(index) for index in self._outputs]


@contextmanager
def _silent() -> Iterator[None]:
    """LiteRT greets on the process's standard error, beyond what Python could redirect."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
