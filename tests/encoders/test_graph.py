"""Graphs that borrow their weights: what they borrow, and how many threads they take."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from damage import damaged

from empathia.encoders.graph import arrays_of, threads_told
from empathia.errors import WeightsError


def test_weights_with_a_byte_that_is_wrong_give_no_other_error(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", a=np.ones((2, 3)))
    told = 0
    for _ in damaged(tmp_path / "w.npz"):
        try:
            arrays_of(tmp_path / "w.npz", {"a": (2, 3)}, "little")
        except WeightsError as error:
            told += "weights pull little" in str(error)
    assert told > 0


@pytest.mark.parametrize(
    ("wanted", "told", "expected"),
    [
        (None, "1", 1),
        (3, "1", 3),
        (None, "", 0),
        (2, "", 2),
        (None, "0", 0),
        (None, "4,2", 0),
    ],
)
def test_threads_are_those_wanted_or_told_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, wanted: int | None, told: str, expected: int
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert threads_told(wanted) == expected
