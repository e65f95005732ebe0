"""What all verbs that reply share: who words the replies."""

from __future__ import annotations

import argparse


def add_replying(group: argparse._ActionsContainer) -> None:
    """Arguments that say who words replies."""
    group.add_argument(
        "--reply-with", metavar="NAME", help="the plug-in that words replies (default: lm)"
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
        help="an OpenAI-compatible server (default: the small local model)",
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
