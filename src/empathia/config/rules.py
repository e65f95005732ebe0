"""What values have to be, in words for whoever has to mend them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from empathia.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value has to be.

    Args:
        expected: In words that follow "expected".
        holds: Whether a value, of the type that it must have, is so.
    """

    expected: str
    holds: Callable[[Any], bool]

    def check(self, name: str, value: object) -> None:
        """Refuse a value that is not so.

        Args:
            name: Of the value, for the message.
            value: Of the type that it must have.

        Raises:
            ConfigError: It is not what is expected.
        """
        if not self.holds(value):
            shown = list(value) if isinstance(value, tuple) else value
            raise ConfigError(
                f"{name} cannot be {shown!r}, expected {self.expected}", "Mend the value"
            )


def at_least(least: int) -> Rule:
    """A number that is no smaller."""
    return Rule(f"{least} or more", lambda v: v >= least)


def more_than(bound: float) -> Rule:
    """A finite number that is larger."""
    return Rule(f"a finite number more than {bound:g}", lambda v: bound < v < math.inf)


def one_of(*known: str) -> Rule:
    """One of several words."""
    *others, last = map(repr, known)
    return Rule(f"{', '.join(others)} or {last}", lambda v: v in known)


PORTION = Rule("0 or more, less than 1", lambda v: 0 <= v < 1)
SHARE = Rule("0 to 1", lambda v: 0 <= v <= 1)
