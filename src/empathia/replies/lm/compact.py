"""The short prompt of a tuned model: a line of what is known and wanted, then the last turns.

    system      Listener's reply. Feeling: sadness. Reaction: strong. Exploration: weak. Mood: low.
                Others said: "..." | "..."
    user        the first of the last turns
    assistant   ...
    user        the turn that is answered

Whatever is not known or not wanted is left out; training leaves out at random, so that every
combination works. Turns and exemplars are others' words: each keeps to its role and its quotes,
and nothing in them can be read as the mark of a role.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from empathia.lm import one_line
from empathia.types import ELEMENTS, LEVELS, Message

TURNS = 3
"""Most turns that are shown, the one that is answered among them."""
EXEMPLARS = 2
"""Most exemplars that are shown."""
_TASK = "Listener's reply."
_MOOD = 0.25  # sentiment beyond which it is low or high
_LONGEST = 600  # characters of a turn; its end is kept
_QUOTED = 160  # of an exemplar
_OWN = re.compile(
    rf"listener's reply|\b(?:feeling|mood|others said|{'|'.join(ELEMENTS)})\s?:", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Hints:
    """What a reply is asked with.

    Args:
        feeling: The broad tone of what was recognised, or None.
        empathy: Element to the level that is wanted, 0 to 2; those not named are free.
        sentiment: How good the words should be, from -1 to 1; None leaves it free.
        exemplars: What others answered in situations like this.
    """

    feeling: str | None = None
    empathy: Mapping[str, int] = field(default_factory=dict)
    sentiment: float | None = None
    exemplars: Sequence[str] = ()


def chat(lines: Sequence[tuple[bool, str]], hints: Hints) -> tuple[Message, ...]:
    """The messages that ask for a reply.

    Args:
        lines: (whether the one who is answered says it, words) of the turns, at least one, in
            order; the last is answered.
        hints: What is known and wanted.
    """
    shown = [Message("system", _system(hints))]
    for theirs, words in lines[-TURNS:]:
        role, text = "user" if theirs else "assistant", one_line(words)[-_LONGEST:]
        if shown[-1].role == role:
            text = f"{shown.pop().content}\n{text}"
        shown.append(Message(role, text))
    return tuple(shown)


def leaks(answer: str) -> bool:
    """Whether an answer goes on with the prompt instead."""
    return bool(_OWN.search(answer.replace("’", "'")))


def _system(hints: Hints) -> str:
    parts = [_TASK]
    if hints.feeling is not None:
        parts.append(f"Feeling: {hints.feeling}.")
    wanted = hints.empathy
    parts += [f"{e.capitalize()}: {LEVELS[wanted[e]]}." for e in ELEMENTS if e in wanted]
    if hints.sentiment is not None:
        parts.append(f"Mood: {_mood(hints.sentiment)}.")
    line = " ".join(parts)
    quoted = [f'"{_quotable(x)}"' for x in hints.exemplars[:EXEMPLARS]]
    return f"{line}\nOthers said: {' | '.join(quoted)}" if quoted else line


def _mood(sentiment: float) -> str:
    return "low" if sentiment < -_MOOD else "high" if sentiment > _MOOD else "neutral"


def _quotable(words: str) -> str:
    return one_line(words).replace('"', "'")[:_QUOTED]
