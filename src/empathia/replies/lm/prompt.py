"""What a language model is asked for: its task, examples, what was heard, and the talk so far."""

from __future__ import annotations

from collections.abc import Sequence

from empathia.lm import one_line
from empathia.replies.lm.examples import examples
from empathia.replies.rules.safety import language_of
from empathia.replies.rules.tone import tone
from empathia.types import Cues, Emotion, Message, Turn

_TASK = (
    "You are a kind listener. Reply to the last speaker in one or two short sentences: "
    "say how it may feel for them, then ask one gentle question about it. Give no advice."
)
_CHOOSE = (
    "Decide whether one of the tools helps to answer the last speaker. Call it only where it does "
    "and all that it needs was said or told; else say: none."
)
KOREAN = "Answer in Korean, in the polite style (해요체)."
"""How a model is told to answer in Korean."""


def messages(
    turns: Sequence[Turn], *, history: int = 4, budget: int = 600, told: Sequence[str] = ()
) -> tuple[Message, ...]:
    """The chat that asks for an answer to the last turn, without any gold label.

    Args:
        turns: The conversation up to the turn that is answered, at least one turn.
        history: Most turns before the last that the model sees.
        budget: Most characters of them; the oldest go first, the last turn is never cut.
        told: What tools told for it.
    """
    target = turns[-1]
    seems = _recognised(target.emotion, target.cues)
    known = [f"Known, to be said where it helps: {one_line(one)}" for one in told]
    language = [KOREAN] if language_of(turns) == "ko" else []
    shown = [Message("system", " ".join([_TASK, *seems, *language, *known]))]
    for words, answer in examples(tone(target.emotion)):
        shown += [Message("user", words), Message("assistant", answer)]
    return (*shown, _said(turns, history, budget))


def choosing(turns: Sequence[Turn], *, history: int = 4, budget: int = 600) -> tuple[Message, ...]:
    """The chat that asks which tool helps to answer the last turn; arguments as above."""
    return (Message("system", _CHOOSE), _said(turns, history, budget))


def _said(turns: Sequence[Turn], history: int, budget: int) -> Message:
    lines = [line(t) for t in _recent(turns[:-1], history, budget)]
    last = line(turns[-1]) if lines else (turns[-1].utterance.text or "").strip()
    return Message("user", "\n".join([*lines, last]))


def line(turn: Turn) -> str:
    """A turn as the model sees it: the speaker's name and the words."""
    return f"{turn.utterance.speaker}: {(turn.utterance.text or '').strip()}"


def _recent(past: Sequence[Turn], history: int, budget: int) -> list[Turn]:
    kept: list[Turn] = []
    for turn in reversed(past[-history:] if history > 0 else ()):
        budget -= len(line(turn)) + 1
        if budget < 0:
            break
        if (turn.utterance.text or "").strip():
            kept.append(turn)
    return kept[::-1]


def _recognised(emotion: Emotion | None, cues: Cues | None) -> list[str]:
    """The emotion and the cues in words; nothing where there is none."""
    parts = []
    if emotion is not None and emotion.label is not None and emotion.confidence is not None:
        second = emotion.runner_up
        perhaps = f", perhaps {second[0]} ({second[1]:.0%})" if second and second[1] > 0.1 else ""
        parts.append(
            f"The feeling seems to be {emotion.label} ({emotion.confidence:.0%}){perhaps}."
        )
    if cues is not None:
        if cues.description:
            parts.append(f"The voice: {cues.description.rstrip('.')}.")
        if cues.impression:
            parts.append(f"{cues.impression.rstrip('.')}.")
    return parts
