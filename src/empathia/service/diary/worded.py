"""One or two sentences to the writer of an entry, by a language model that somebody named."""

from __future__ import annotations

from collections.abc import Sequence

from empathia.contracts import LanguageModel
from empathia.errors import EmpathiaError
from empathia.exemplars.words import is_korean
from empathia.lm import one_line
from empathia.replies.lm.polish import UnfitError, polish
from empathia.replies.lm.prompt import KOREAN
from empathia.types import Message, Request

_TASK = (
    "You are given what somebody wrote in their diary. Answer with one or two short sentences to "
    "them: sum up what happened, and say kindly how it may have been for them. Do not ask, do not "
    "advise, add nothing that is not there."
)
_LANGUAGES = {"en": "Answer in English.", "ko": KOREAN}
_LETTERS = 4000  # of an entry that are shown
_SEEDS = (1, 2)


def worded(model: LanguageModel, words: str, tone: str | None, language: str) -> str | None:
    """What a model says to an entry; None where that cannot be said, or it does not answer.

    Args:
        model: Is sent the words.
        words: Of the entry.
        tone: What it comes across as, or None where that is not sure.
        language: "en" or "ko", of what is said.
    """
    if language != "en" and getattr(model, "small", False):
        return None
    felt = [] if tone is None else [f"It comes across as {tone}."]
    task = Message("system", " ".join([_TASK, *felt, _LANGUAGES[language]]))
    entry = one_line(words)[:_LETTERS]
    for seed in _SEEDS:
        request = Request((task, Message("user", entry)), max_tokens=120, seed=seed)
        try:
            (answer,) = model.complete([request])
            return _fit(answer, entry, [task.content], tone, language)
        except UnfitError:
            continue
        except EmpathiaError:  # down, or the entry is too long for it
            break
    return None


def _fit(answer: str, entry: str, prompt: Sequence[str], tone: str | None, language: str) -> str:
    """What of it may be said.

    Raises:
        UnfitError: Nothing.
    """
    text = polish(answer, entry, prompt, tone)
    if is_korean(text) != (language == "ko") or "?" in text:
        raise UnfitError("it was in another language, or it asked")
    return text
