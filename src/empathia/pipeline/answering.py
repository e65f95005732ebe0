"""Replies to talks that are over, or have come so far: to the last turn, or to each of them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from empathia.contracts import Progress, silent
from empathia.errors import UsageError
from empathia.exemplars.pairs import TURNS
from empathia.pipeline import Conversation, Options, Reader
from empathia.pipeline.conversation import Spoken
from empathia.pipeline.models import Models
from empathia.types import Reply, Timeline, Turn, Utterance
from empathia.types.wire import from_json

Talk = Timeline | Sequence[Turn] | Sequence[str] | Sequence[tuple[str, str]]
"""A timeline, its turns, or what was said: lines of two people in turn, or (speaker, words)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Answered:
    """A reply to a turn.

    Args:
        turn: What was answered.
        context: What was said up to it, a line a turn, the last turns alone.
        reply: The answer.
        reference: What somebody answered in the talk; None where it ends.
    """

    turn: Turn
    context: str
    reply: Reply
    reference: str | None


def read(path: Path, options: Options, progress: Progress = silent) -> Timeline:
    """A talk out of a file: a timeline of ``empathia read`` as it was judged, or what it reads.

    Raises:
        EmpathiaError: It cannot be read.
    """
    if path.suffix.lower() == ".json" and path.is_file():
        try:
            plain = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            plain = None  # the reader says what is wrong with it
        if isinstance(plain, dict) and "schema_version" in plain:
            return from_json(plain)  # type: ignore[arg-type]
    with Reader(dataclasses.replace(options, reply="none")) as reader:
        return reader.read(path, progress)


def answer(
    talk: Talk,
    options: Options | None = None,
    *,
    every: bool = False,
    listener: str | None = None,
    models: Models | None = None,
    progress: Progress = silent,
) -> list[Answered]:
    """Replies to a talk; to each turn by what came before it alone.

    Args:
        talk: At least one turn. What was not judged yet, is.
        options: How to judge and to reply.
        every: Answer each turn that another speaker's follows, and the last; else the last alone.
        listener: Answer only what this speaker answers (or is to answer).
        models: Those of a reader or another talk, which are then shared.
        progress: Called as work goes on.

    Raises:
        UsageError: There is no turn to answer, or no such speaker.
        EmpathiaError: See :class:`empathia.pipeline.Conversation`.
    """
    chosen = dataclasses.replace(options or Options(), reply="none")
    with Conversation(chosen, models=models) as conversation:
        turns = _turns(talk, conversation)
        places = list(_answerable(turns, listener))
        if not places:
            raise UsageError(
                "there is no turn to answer" + (f" for '{listener}'" if listener else ""),
                "Give a talk with words of somebody else",
            )
        found = []
        for done, i in enumerate(places if every else places[-1:], 1):
            answers, record = conversation.models.replies, conversation.record
            reply = answers.answer(turns[: i + 1], record, wish=chosen.wish)
            found.append(_answered(turns, i, reply))
            progress("reply", done, len(places) if every else 1)
    return found


def _turns(talk: Talk, conversation: Conversation) -> Sequence[Turn]:
    if isinstance(talk, Timeline):
        return talk.turns
    if isinstance(talk, str):
        raise UsageError("a talk is one text", "Give a list of lines, or (speaker, words)")
    turns = [t for t in talk if isinstance(t, Turn)]
    if len(turns) == len(talk):
        return turns
    spoken = []
    for i, said in enumerate(talk):
        who, words = said if isinstance(said, tuple) else ("AB"[i % 2], said)
        if not isinstance(words, str):
            raise UsageError(
                f"a talk holds {said!r}", "Give turns, lines, or pairs of speaker and words"
            )
        spoken.append(Spoken(Utterance(f"turn-{i:04d}", i, who, words)))
    return conversation.extend(spoken)


def _answerable(turns: Sequence[Turn], listener: str | None) -> Iterator[int]:
    """Places of turns that somebody answers, or that end the talk."""
    who = [t.utterance.speaker for t in turns]
    if listener is not None and listener not in who:
        known = ", ".join(dict.fromkeys(who)) or "nobody"
        raise UsageError(f"nobody is called '{listener}' (there are: {known})", "Name one of them")
    for i, speaker in enumerate(who):
        then = who[i + 1] if i + 1 < len(who) else None
        if speaker not in (listener, then) and (listener is None or then in (None, listener)):
            yield i


def _answered(turns: Sequence[Turn], place: int, reply: Reply) -> Answered:
    lines = [" ".join((t.utterance.text or "").split()) for t in turns[: place + 1]]
    then = turns[place + 1].utterance.text if place + 1 < len(turns) else None
    return Answered(turns[place], "\n".join(filter(None, lines[-TURNS:])), reply, then)
