"""Options of recognisers that need more than a type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from empathia.config import Scalar
from empathia.errors import ConfigError
from empathia.training.problem import Problem


def check_words(problem: Problem, name: str) -> None:
    """Refuse a training in which a recogniser of words may not read them.

    Raises:
        ConfigError: There are modalities, and "text" is not among them.
    """
    if problem.modalities and "text" not in problem.modalities:
        raise ConfigError(
            f"recogniser '{name}' reads words, the modalities are {', '.join(problem.modalities)}",
            "Add 'text' to the modalities or choose another recogniser",
        )


def strengths(options: Mapping[str, Scalar], name: str) -> list[float]:
    """The numbers above 0 that validation chooses from, of an option such as "0.1 0.3 1".

    Args:
        options: Of the recogniser.
        name: Of the option.

    Raises:
        ConfigError: There is no number, or something else than finite numbers above 0.
    """
    text = str(options[name])
    try:
        found = [float(x) for x in text.split()]
    except ValueError:
        found = []
    if not found or not all(0 < x < np.inf for x in found):
        raise ConfigError(
            f"'model.{name}' is '{text}', expected numbers above 0", "Separate them by spaces"
        )
    return found


def balance_of(options: Mapping[str, Scalar], known: Sequence[str] = ("none", "weights")) -> str:
    """How a recogniser is to deal with uneven labels.

    Raises:
        ConfigError: It does not know that way.
    """
    found = str(options["balance"])
    if found not in known:
        raise ConfigError(f"'model.balance' cannot be '{found}'", f"Say one of {', '.join(known)}")
    return found
