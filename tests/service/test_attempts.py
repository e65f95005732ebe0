"""Guesses wait the longer the more there were, of a name and of all, in bounded memory."""

from __future__ import annotations

import contextlib

import pytest

from empathia.errors import AccessError
from empathia.service.attempts import Attempts
from empathia.service.problems import Refused


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def wrong(tried, name, address="192.0.2.1"):
    with pytest.raises(AccessError), tried.one(name, address):
        raise AccessError("wrong")


def right(tried, name, address="192.0.2.1"):
    with tried.one(name, address):
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
        right(tried, "ann", "192.0.2.2")  # nobody keeps her out
        clock.now += pause
        wrong(tried, "ann")
    clock.now += 400  # never longer than five minutes
    right(tried, "ann")
    wrong(tried, "ann")
    right(tried, "ann")  # it begins anew


@pytest.mark.parametrize(
    ("address", "same", "other"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("2001:db8:0:1::5", "2001:db8:0:1:ffff::6", "2001:db8:0:2::5"),
        ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"),
        ("", "", "somewhere"),
    ],
)
def test_an_address_has_so_many_a_minute(address, same, other):
    clock = Clock()
    tried = Attempts(clock)
    for i in range(29):
        wrong(tried, f"name {i}", address)
    right(tried, "new", address)
    with pytest.raises(Refused) as refused:
        right(tried, "other", same)
    assert refused.value.headers == {"Retry-After": "60"}
    right(tried, "other", other)
    clock.now += 60
    right(tried, "other", same)


def test_so_many_are_tried_at_a_time():
    tried = Attempts(Clock())
    with contextlib.ExitStack() as going:
        for name in "abcd":
            going.enter_context(tried.one(name, name))
        with pytest.raises(Refused):
            right(tried, "e")
    right(tried, "e")
