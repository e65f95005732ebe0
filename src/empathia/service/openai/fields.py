"""Fields of a request: what is wrong, or cannot be done, is refused by name; others are ignored."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence

from empathia.service.problems import Unfit

_SHOWN = 60  # characters of a value that an error repeats


class Fields:
    """What a request holds.

    Args:
        given: Values by name; those of a form are text, and lists of it where they come often.
    """

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = given

    @classmethod
    def of_json(cls, body: bytes) -> Fields:
        """Those of a JSON object.

        Raises:
            Unfit: It is none.
        """
        try:
            given = json.loads(body)
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            raise Unfit(None, "the body is no JSON object", "Send one")
        return cls(given)

    def get(self, name: str) -> object:
        """A value as it came; None where there is none."""
        return self._given.get(name)

    def has(self, name: str) -> bool:
        """Whether it is there, be it null."""
        return name in self._given

    def text(self, name: str, most: int, default: str | None = None) -> str:
        """Characters, one at least.

        Args:
            name: Of the field.
            most: How many of them.
            default: Where there are none; None demands some.

        Raises:
            Unfit: It cannot be.
        """
        value = self.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.strip() or not is_text(value):
            raise Unfit(name, f"'{name}' has no text", "Give it")
        if len(value) > most:
            raise Unfit(name, f"'{name}' has {len(value)} characters, {most} are taken", "Cut it")
        return value

    def choice(self, name: str, known: Sequence[str], default: str) -> str:
        """One of several.

        Raises:
            Unfit: It is another.
        """
        value = self.get(name)
        if value is None:
            return default
        if value not in known:
            told = f"'{name}' cannot be {shown(value)}"
            raise Unfit(name, told, f"Known are {', '.join(known)}")
        return str(value)

    def number(self, name: str, low: float, high: float, default: float) -> float:
        """A number in a range.

        Raises:
            Unfit: It is none.
        """
        value = self.get(name)
        if isinstance(value, str):  # of a form
            value = _read(value)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            value = math.nan
        if not low <= value <= high:
            raise Unfit(
                name, f"'{name}' is a number from {low:g} to {high:g}", "Choose one in between"
            )
        return value

    def whole(self, name: str, high: int) -> int | None:
        """A whole number from 1 on; None where there is none.

        Raises:
            Unfit: It is none.
        """
        value = self.number(name, 1, high, 0)
        if value != int(value):
            raise Unfit(name, f"'{name}' is a whole number", "Round it")
        return int(value) or None

    def flag(self, name: str) -> bool:
        """Yes or no; no where it is not said.

        Raises:
            Unfit: It is neither.
        """
        value = self.get(name)
        told = {"true": True, "false": False, None: False, True: True, False: False}
        if not isinstance(value, str | bool | None) or value not in told:
            raise Unfit(name, f"'{name}' is true or false", "Say one of them")
        return told[value]

    def refuse(self, neutral: Mapping[str, Collection[object]]) -> None:
        """Refuse what cannot be done.

        Args:
            neutral: Values of fields that ask for nothing; absent ones never do.

        Raises:
            Unfit: A field has another value.
        """
        for name, values in neutral.items():
            value = self.get(name)
            if value not in (None, "", [], {}) and value not in values:
                raise Unfit(
                    name, f"'{name}' is not supported", "Leave it out", code="unsupported_parameter"
                )

    def model(self, known: str) -> None:
        """The model, of which there is one for each kind of request.

        Raises:
            Unfit: It is another.
        """
        value = self.get("model")
        if value != known:
            said = "no model is named" if value is None else f"there is no model {shown(value)}"
            raise Unfit("model", said, f"Name '{known}'", 404, "model_not_found")


def is_text(value: str) -> bool:
    """Whether it can be written: half a character cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(value: object) -> str:
    """A value as an error repeats it: in ASCII, and not much of it."""
    try:
        text = ascii(value)
    except RecursionError:  # it may be as deep as could just be read
        return "..."
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _read(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
