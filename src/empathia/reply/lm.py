"""The empathic reply of a language model, with the rules beneath it.

The prompt holds the turns up to the one that is answered, what the recogniser
takes its feeling to be and how it sounded. Nothing after it, and no gold label.
"""

from __future__ import annotations

from collections.abc import Sequence

from empathia.errors import ServerError
from empathia.lm import LanguageModel, Message
from empathia.reply import _grounded, _polish, _safety, rules
from empathia.reply._examples import examples, openings
from empathia.reply._tone import sureness, tone
from empathia.types import Cues, Emotion, Reply, Turn

_TASK = (
    "You are a kind listener. Reply to the last speaker in one or two short sentences: "
    "say how it may feel for them, then ask one gentle question about it. Give no advice."
)


def generate(
    turns: Sequence[Turn],
    index: int,
    lm: LanguageModel,
    *,
    max_tokens: int = 60,
    temperature: float = 0.3,
    seed: int = 1,
    attempts: int = 3,
    history: int = 4,
    budget: int = 600,
) -> Reply:
    """A reply to one turn.

    Args:
        turns: The conversation; turns after ``index`` are not looked at.
        index: Which turn to answer.
        lm: Who words the reply.
        max_tokens: Most tokens of one answer.
        temperature: How freely it words.
        seed: Of the first attempt; each further one counts up.
        attempts: How often to ask before the rules answers, at least 1.
        history: Most turns before the target that the model sees.
        budget: Most characters of them; the oldest go first, the target is never cut.

    Returns:
        The model's reply, or the floor's with a note that says why. A server that does
        not answer is such a reason, no error.

    Raises:
        UsageError: There is no such turn.
    """
    rules.check_index(turns, index)
    target = turns[index]
    said = (target.utterance.text or "").strip()
    if _safety.needs_care(turns, index):
        return rules.generate(turns, index)
    if not said:
        return rules.generate(turns, index, note="no words to answer")
    reason = ""
    for attempt in range(max(1, attempts)):
        messages = prompt(turns, index, history=history, budget=budget)
        opening = _opening(target, lm, attempt)
        if opening:
            messages = (*messages, Message("assistant", opening))
        try:
            answer = lm.complete(
                messages,
                max_tokens=max_tokens,
                temperature=temperature,
                top_k=20,
                seed=seed + attempt,
            )
            text = _check(opening + answer, turns[: index + 1], messages, lm)
            return Reply(target.utterance.id, text, f"lm:{lm.name}")
        except ServerError as error:
            return rules.generate(turns, index, note=_unanswered(error, lm))
        except _polish.UnfitError as error:
            reason = str(error)
    return rules.generate(turns, index, note=f"the answer of {lm.name} was not used: {reason}")


def prompt(
    turns: Sequence[Turn], index: int, *, history: int = 4, budget: int = 600
) -> tuple[Message, ...]:
    """What the model is asked for one turn, see :func:`generate`."""
    target = turns[index]
    shown = [Message("system", " ".join([_TASK, *_heard(target.emotion, target.cues)]))]
    for words, answer in examples(tone(target.emotion)):
        shown += [Message("user", words), Message("assistant", answer)]
    lines = [_line(t) for t in _recent(turns[:index], history, budget)]
    said = (target.utterance.text or "").strip()
    last = _line(target) if lines else said
    return (*shown, Message("user", "\n".join([*lines, last])))


def _recent(past: Sequence[Turn], history: int, budget: int) -> list[Turn]:
    kept: list[Turn] = []
    for turn in reversed(past[-history:] if history > 0 else ()):
        budget -= len(_line(turn)) + 1
        if budget < 0:
            break
        if (turn.utterance.text or "").strip():
            kept.append(turn)
    return kept[::-1]


def _line(turn: Turn) -> str:
    return f"{turn.utterance.speaker}: {(turn.utterance.text or '').strip()}"


def _heard(emotion: Emotion | None, cues: Cues | None) -> list[str]:
    """What was recognised, in words; nothing where nothing was."""
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


def _opening(target: Turn, lm: LanguageModel, attempt: int) -> str:
    """First words for a model that goes on from them: a small one loses its way without."""
    if not getattr(lm, "prefills", False):
        return ""
    kind = tone(target.emotion) if sureness(target.emotion) != "none" else None
    options = openings(kind)
    return options[attempt % len(options)]


def _check(
    answer: str, turns: Sequence[Turn], messages: Sequence[Message], lm: LanguageModel
) -> str:
    target = turns[-1]
    taught = [m.content for m in messages[:-1] if m.role != "user"]
    given = messages[-1].content if messages[-1].role == "assistant" else ""
    text = _polish.polish(
        answer,
        target.utterance.text or "",
        [t for t in taught if t != given],
        tone(target.emotion) if sureness(target.emotion) == "sure" else None,
    )
    if getattr(lm, "small", False):
        if _grounded.confused(text):
            raise _polish.UnfitError("it did not know whose story it was")
        strays = _grounded.strays(text, [_line(t) for t in turns[-5:]])
        if strays:
            raise _polish.UnfitError(f"it brought up '{strays[0]}', which nobody had mentioned")
    return text


def _unanswered(error: ServerError, lm: LanguageModel) -> str:
    who = f"language model {lm.name}" if getattr(lm, "prefills", False) else "language model server"
    return f"{who} did not answer: {error.problem}"
