"""What all verbs that reply share: who words the replies, and what is wanted of them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from empathia.cli._options import columns_of, options_of
from empathia.errors import UsageError


def add_replying(group: argparse._ActionsContainer) -> None:
    """Arguments that say who words replies, and how."""
    group.add_argument(
        "--reply-with",
        metavar="NAME",
        help="the plug-in that words replies (default: select; lm where a model is named)",
    )
    group.add_argument(
        "--reply-option",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an option of that plug-in, the value as in TOML (retrieve: bank=banks/mine)",
    )
    group.add_argument(
        "--llm-url",
        metavar="URL",
        help="an OpenAI-compatible server (default: select, or lm's small local model)",
    )
    group.add_argument(
        "--llm-model", metavar="NAME", help="the server's model, or a local GGUF file"
    )
    group.add_argument(
        "--care",
        metavar="FILE",
        help="a TOML file of the texts that answer words which suggest self-harm, harm to others, "
        "abuse or an emergency (default: shipped), or off: they are answered as any others",
    )
    _wishes(group)


def _wishes(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--exemplars", type=int, metavar="K", help="short for --reply-option exemplars=K"
    )
    group.add_argument(
        "--empathy",
        action="append",
        default=[],
        metavar="ELEMENT=LEVEL,...",
        help="how much a reply should react with feeling (reaction), show understanding "
        "(interpretation) and ask (exploration): 0 none, 1 weak, 2 strong",
    )
    group.add_argument(
        "--sentiment", type=float, metavar="X", help="how good its words should be, from -1 to 1"
    )
    group.add_argument(
        "--candidates",
        type=int,
        metavar="N",
        help="choose the best of N replies (default: 1, or 4 where --empathy or --sentiment asks)",
    )


CHOICES = (
    "reply_with",
    "reply_option",
    "exemplars",
    "empathy",
    "sentiment",
    "candidates",
    "llm_url",
    "llm_model",
    "care",
)
"""Arguments that say nothing where no reply is asked for."""


def replying_of(args: argparse.Namespace) -> dict[str, object]:
    """Fields of :class:`empathia.pipeline.Options` that the arguments say.

    Raises:
        UsageError: One does not parse.
    """
    options = options_of(args.reply_option, "--reply-option")
    if args.exemplars is not None:
        options["exemplars"] = args.exemplars
    return {"reply_options": options or None, "empathy": _levels(args.empathy) or None}


def _levels(texts: list[str]) -> Mapping[str, int]:
    levels = {}
    for text in texts:
        for element, level in columns_of([text], "--empathy").items():
            if element in levels:
                raise UsageError(f"--empathy gives '{element}' twice", "Give one level")
            if not level.isdecimal():
                raise UsageError(f"--empathy {element}={level}: expected 0, 1 or 2", "Give a level")
            levels[element] = int(level)
    return levels
