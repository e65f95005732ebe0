"""A service that is killed at any moment: what it acknowledged is there, what it deleted is not."""

from __future__ import annotations

from random import Random

import pytest
from killing import Killed


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_what_is_acknowledged_is_kept_and_what_is_deleted_stays_so(tmp_path):
    """Ten times; `benchmarks/killed.py` kills it a hundred times."""
    one = Killed(tmp_path / "old", Random(1))
    new = Killed(tmp_path / "new", Random(2))
    for _ in range(6):
        one.at_work()
    for _ in range(2):
        one.at_start()
        new.at_start()
    assert [*one.check(), *one.read(), *new.check()] == []
    assert [*one.faults(), *new.faults()] == []
    assert len(one.deleted) > 2 and len(one.written) > 6
