"""Guesses wait the longer the more there were, of a name and of all, in bounded memory."""

from __future__ import annotations

import pytest

from empathia.errors import AccessError
from empathia.service.attempts import Attempts
from empathia.service.problems import Refused


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def wrong(tried, name):
    with pytest.raises(AccessError), tried.one(name):
        raise AccessError("wrong")


def right(tried, name, **more):
    with tried.one(name, **more):
        pass


def test_a_name_waits_twice_as_long_each_time():
    clock = Clock()
    tried = Attempts(clock)
    for _ in range(5):
        wrong(tried, "ann")
    for pause in (1, 2, 4, 8):
        with pytest.raises(Refused, match="too many"):
            right(tried, "ann")
        right(tried, "ben")
        clock.now += pause
        wrong(tried, "ann")
    clock.now += 400  # never longer than five minutes
    right(tried, "ann")
    wrong(tried, "ann")
    right(tried, "ann")  # it begins anew


def test_all_names_together_have_so_many_a_minute():
    clock = Clock()
    tried = Attempts(clock)
    for i in range(29):
        wrong(tried, f"name {i}")
    right(tried, "new", always=True)
    with pytest.raises(Refused) as refused:
        right(tried, "other")
    assert refused.value.headers == {"Retry-After": "60"}
    clock.now += 60
    right(tried, "other")


def test_so_many_are_tried_at_a_time():
    tried = Attempts(Clock())
    with tried.one("a"), tried.one("b"), tried.one("c"), tried.one("d"), pytest.raises(Refused):
        right(tried, "e")
    right(tried, "e")
