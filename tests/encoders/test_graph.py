"""Graphs that borrow their weights: how many threads they take."""

from __future__ import annotations

import pytest

from empathia.encoders.graph import threads_told


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
