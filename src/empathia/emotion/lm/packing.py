"""Prompts about turns that follow each other, made to begin alike, so that few passes read them.

A prompt shows the turns before its own. Those of a run begin with the same turn: the first shows
``back`` turns, the next one more, until one would show more than the window. So each prompt is one
that could be asked, with a past between ``back`` turns and the window, and a run costs little more
than its last prompt (:mod:`empathia.lm.hub.tree`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from empathia.emotion.lm.prompt import Prompt
from empathia.lm import one_line
from empathia.types import Sample


def runs(
    dialogue: Sequence[Sample], prompts: Mapping[str, Prompt], *, back: int, turns: int
) -> list[dict[str, Prompt]]:
    """Prompts by id, those that are to be read in one pass together.

    Args:
        dialogue: All turns in time order.
        prompts: With as many turns before their own as the window has.
        back: Turns before the first of a run.
        turns: Most prompts of a run.
    """
    made: list[dict[str, Prompt]] = []
    spoken = first = shown = 0
    for sample in dialogue:
        prompt = prompts.get(sample.id)
        if prompt is not None:
            past = shown + spoken - first
            if not made or len(made[-1]) == turns or past > len(prompt.past):
                first, shown = spoken, min(back, len(prompt.past))
                past = shown
                made.append({})
            made[-1][sample.id] = with_past(prompt, past)
        spoken += bool(one_line(sample.text or ""))
    return made


def with_past(prompt: Prompt, turns: int) -> Prompt:
    """The prompt with so many turns before its own, or all that it has."""
    left = max(0, len(prompt.past) - turns)
    return dataclasses.replace(prompt, past=prompt.past[left:], dropped=prompt.dropped + left)
