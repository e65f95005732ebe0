"""The sound of a turn is measured while its words are recognised, which takes longer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from empathia.types import Audio, Features

Measured = dict[str, Features]


class Early:
    """Measures the sound of a turn that may be over; one thread begins, another takes.

    Args:
        measure: Features of the sound of an utterance, by its id.
    """

    def __init__(self, measure: Callable[[Audio, str], Measured]) -> None:
        self._measure = measure
        self._thread = ThreadPoolExecutor(1, "empathia-sound")
        self._last: tuple[Audio, Future[Measured]] | None = None

    def begin(self, sound: Audio) -> None:
        """This may be all of a turn."""
        if self._last is not None and np.array_equal(self._last[0].samples, sound.samples):
            return
        self._last = sound, self._thread.submit(self._measure, sound, "")

    def take(self, sound: Audio, utterance: str) -> Measured:
        """Features of a turn: those that were begun, where its sound is the same."""
        last = self._last
        if last is None or not np.array_equal(last[0].samples, sound.samples):
            return self._measure(sound, utterance)
        told = last[1].result().items()
        return {name: dataclasses.replace(f, utterance=utterance) for name, f in told}

    def close(self) -> None:
        """Begin nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
