"""A second task beside labels: to describe the voice or the face out of soft tokens.

Asked by the templates "voice" and "face"; what is to be said is what the cues say in words.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from empathia.emotion.lm import soft, template
from empathia.emotion.lm.describing import Describer
from empathia.emotion.lm.prompt import Prompt
from empathia.emotion.lm.read import Reader
from empathia.lm.hub import chat
from empathia.training.problem import Conversation, Problem

Lesson = tuple[Prompt, str]
"""What is asked, and what is to be answered."""


class Telling:
    """Makes lessons of the training turns that have both soft tokens and cues.

    Args:
        problem: Its options name the tasks; cues are by bins of its training part.
        reader: Makes prompts.
    """

    def __init__(self, problem: Problem, reader: Reader) -> None:
        o = problem.options
        self._asks = {
            task: (
                dataclasses.replace(reader, template=template.read(task)),
                soft.of_task(o, problem.modalities, task),
            )
            for task in o.words("tasks")
        }
        levels = o.count("levels")
        fitted = self._asks and Describer.fit(problem.train.dialogues, levels)
        self._describer = reader.describer or fitted or None

    def lessons(self, dialogue: Conversation) -> Sequence[Mapping[str, Lesson]]:
        """Lessons by utterance id, of one task after the other."""
        if self._describer is None:
            return []
        told, made = self._describer.describe(dialogue), []
        for task, (reader, names) in self._asks.items():
            has = {s.id for s in dialogue if task in told.get(s.id, {}) and soft.given(s, names)}
            answers = {id: reader.template.answered(told[id][task].description) for id in has}
            made.append({k: (p, answers[k]) for k, p in reader.prompts(dialogue, has).items()})
        return made


def answer(tokenizer: Any, text: str) -> list[int]:  # noqa: ANN401
    """The tokens of a description, and the one that ends it."""
    end = tokenizer.eos_token_id
    return [*chat.answer(tokenizer, text), *([] if end is None else [end])]
