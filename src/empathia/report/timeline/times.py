"""What formats made of times ask of a timeline, and text that fits on one line."""

from __future__ import annotations

import re

from empathia.errors import UsageError
from empathia.types import Timeline, Turn

Span = tuple[float, float, Turn]


def spans(timeline: Timeline, form: str) -> list[Span]:
    """Start and end (s) of every turn, with the turn.

    Args:
        timeline: What is written.
        form: The format, for the message.

    Raises:
        UsageError: A turn has no times, so that the format would lose it.
    """
    placed: list[Span] = []
    without: list[str] = []
    for turn in timeline.turns:
        start, end = turn.utterance.start, turn.utterance.end
        if start is None or end is None:
            without.append(turn.utterance.id)
        else:
            placed.append((start, end, turn))
    if without:
        raise UsageError(
            f"{form} needs the times of every turn; {len(without)} of {len(timeline.turns)} "
            f"have none ({', '.join(without[:5])}{' ...' if len(without) > 5 else ''})",
            "Write .json, .csv or .html instead, or give the transcript times",
        )
    return placed


def one_line(text: str) -> str:
    """Text without line breaks and control characters; joiners of emoji stay."""
    return re.sub(r"[ \x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()
