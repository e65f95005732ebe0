"""What a verb's arguments say of how recordings and transcripts are read and answered."""

from __future__ import annotations

import argparse
import dataclasses

from empathia.cli._replying import replying_of
from empathia.pipeline import Options


def chosen(args: argparse.Namespace, **more: object) -> Options:
    """The options of the pipeline; arguments are called as their fields are.

    Args:
        args: Of a verb.
        more: Fields that its arguments say in other words.

    Raises:
        UsageError: One does not parse, or cannot be.
    """
    told = vars(args) | more
    if "reply_option" in told:
        told |= replying_of(args)
    if told.get("recogniser"):
        told["recognisers"] = tuple(told["recogniser"])
    known = (f.name for f in dataclasses.fields(Options))
    return Options.of({n: told[n] for n in known if told.get(n) is not None})


def listed(text: str) -> tuple[str, ...]:
    """What commas part."""
    return tuple(x.strip() for x in text.split(",") if x.strip())
