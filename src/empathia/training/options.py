"""Options of recognisers that need more than a type."""

from __future__ import annotations

import math
from collections.abc import Sequence

from empathia.config import Options
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


def strengths(options: Options, name: str) -> tuple[float, ...]:
    """The numbers above 0 that validation chooses from, of an option such as [0.1, 0.3, 1].

    Raises:
        ConfigError: There is no number, or one that is not finite and above 0.
    """
    numbers = options.numbers(name)
    if not numbers or not all(0 < x < math.inf for x in numbers):
        raise ConfigError(
            f"'model.{name}' is {list(numbers)}, expected numbers above 0", "Give one or more"
        )
    return numbers


def balance_of(options: Options, known: Sequence[str] = ("none", "weights")) -> str:
    """How a recogniser is to deal with uneven labels.

    Raises:
        ConfigError: It does not know that way.
    """
    way = options.text("balance")
    if way not in known:
        raise ConfigError(f"'model.balance' cannot be '{way}'", f"Say one of {', '.join(known)}")
    return way


def check_modality(problem: Problem, name: str) -> None:
    """Refuse a training in which the modality that a recogniser reads is missing.

    Args:
        problem: Its option "modality" names it.
        name: Of the recogniser.

    Raises:
        ConfigError: It is not among the modalities of the run, or labels are not exclusive.
    """
    modality = problem.options.text("modality")
    if modality not in problem.modalities:
        raise ConfigError(
            f"recogniser '{name}' reads '{modality}', the modalities are "
            f"{', '.join(problem.modalities) or 'none'}",
            f"Give [features] {modality}, or another model.modality",
        )
    _check_exclusive(problem, name)


def check_feature(problem: Problem, name: str, option: str = "feature") -> None:
    """Refuse a training in which the feature that a recogniser reads is missing.

    Args:
        problem: One of its options names it.
        name: Of the recogniser.
        option: Which one.

    Raises:
        ConfigError: It is not among the features of the run, or labels are not exclusive.
    """
    feature = problem.options.text(option)
    known = [n for names in problem.modalities.values() for n in names]
    if feature not in known:
        raise ConfigError(
            f"recogniser '{name}' reads '{feature}', the features are {', '.join(known) or 'none'}",
            f'Write [features] voice = ["{feature}"], or name another model.{option}',
        )
    _check_exclusive(problem, name)


def _check_exclusive(problem: Problem, name: str) -> None:
    if not problem.exclusive:
        raise ConfigError(
            f"recogniser '{name}' gives one label an utterance", "Take data.targets = 'single'"
        )
