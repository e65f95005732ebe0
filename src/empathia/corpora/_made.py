"""Options of corpora that the project makes: what cannot be is refused before any work is done."""

from __future__ import annotations

import math

from empathia.errors import CorpusError

_FEWEST = 5  # talks: each part has one


def check_made(name: str, seed: object, dialogues: object) -> None:
    """Refuse a seed or a number of talks that cannot be.

    Raises:
        CorpusError: The seed is no whole number from 0 on, or the other none from 5 on.
    """
    for what, value, least in (("seed {}", seed, 0), ("{} dialogues", dialogues, _FEWEST)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise CorpusError(
                f"{name}: {what.format(repr(value))}, expected a whole number, {least} or more",
                "Mend the option",
            )


def check_number(
    name: str, option: str, value: object, expected: str, bounds: tuple[float, float]
) -> None:
    """Refuse what is no finite number from the first of bounds to below the second.

    Raises:
        CorpusError: It is not; ``expected`` says what may be.
    """
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not (math.isfinite(number) and bounds[0] <= number < bounds[1]):
        raise CorpusError(
            f"{name}: '{option}' is {value!r}, expected a number: {expected}", "Mend the option"
        )
