"""Asks a language model about one turn of what was read: its label, and what that hangs on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TypedDict

from empathia.errors import AbsentError, InputError
from empathia.pipeline import Conversation, Options, Spoken
from empathia.pipeline.models import Models
from empathia.pipeline.senses import PROSODY
from empathia.service.tasks import Told
from empathia.types import Turn
from empathia.types.shapes import EmotionJson, ReasonJson
from empathia.types.wire import from_json, turn_json

RECOGNISER = "lm-talk"
"""Who is asked: the language model that was tuned to tell feelings, with the voice in words."""


class Answer(TypedDict):
    """What the model says of a turn (docs/json.md).

    Args:
        utterance: Its id.
        emotion: Label and scores.
        why: What was asked, and what the label hangs on.
    """

    utterance: str
    emotion: EmotionJson
    why: ReasonJson


class Asking:
    """A language model, loaded when it is first asked.

    Args:
        options: How recordings are read, but for who judges them.
    """

    def __init__(self, options: Options) -> None:
        self._options = dataclasses.replace(
            options, recognisers=(RECOGNISER,), why=True, reply="none", adapt=False
        )
        self._models = Models(self._options)
        self._is_loaded = False

    def ask(self, tell: Told, file: Path, utterance: str) -> Answer:
        """Ask about one turn, by itself and what came before it.

        Args:
            tell: Hears ("loading" or "asking", 0, None).
            file: A timeline as JSON.
            utterance: Id of the turn.

        Raises:
            AbsentError: There is no such turn, or no such file any more.
            InputError: It has nothing that the model could be asked about.
            WeightsError: The model is not there.
        """
        before, turn = _turn(file, utterance)
        tell(("asking" if self._is_loaded else "loading", 0, None))
        talk = Conversation(self._options, before, self._models)
        sound = None if turn.prosody is None else {PROSODY: turn.prosody}
        spoken = Spoken(turn.utterance, turn.words, sound=sound, seen=turn.seen)
        (judged,) = talk.extend([spoken])
        self._is_loaded = True
        told = turn_json(judged)
        emotion, why = told["emotions"][RECOGNISER], (told["why"] or {}).get(RECOGNISER)
        if why is None:
            raise InputError(
                f"the language model cannot be asked about this turn: {emotion['abstained']}",
                "Choose a turn in a language that it reads, with words or with sound",
            )
        return {"utterance": utterance, "emotion": emotion, "why": why}


def _turn(file: Path, utterance: str) -> tuple[tuple[Turn, ...], Turn]:
    """The turns before one, and it."""
    try:
        turns = from_json(json.loads(file.read_text("utf-8"))).turns
    except FileNotFoundError:
        raise AbsentError("the recording was deleted meanwhile", "Choose another") from None
    for place, turn in enumerate(turns):
        if turn.utterance.id == utterance:
            return turns[:place], turn
    raise AbsentError(f"there is no turn {utterance[:40]!r}", "GET /v1/jobs/ID/timeline has them")
