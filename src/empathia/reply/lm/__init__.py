"""The empathic reply of a language model, with the rules as its fallback.

The prompt holds the turns up to the one that is answered, what the recogniser
takes its feeling to be and how it sounded. Nothing after it, and no gold label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from empathia.config import Options, complete
from empathia.contracts import LanguageModel, Tools
from empathia.errors import ServerError
from empathia.files import Plain
from empathia.reply import rules
from empathia.reply.lm import grounded, polish, prompt
from empathia.reply.lm.examples import openings
from empathia.reply.rules.tone import sureness, tone
from empathia.types import ANY, Message, Reply, Request, Tell, Turn, Wish

OPTIONS: Mapping[str, Plain] = {
    "max_tokens": 60,  # of one answer at most
    "temperature": 0.3,  # how freely it words
    "seed": 1,  # of the first attempt; each further one counts up
    "attempts": 3,  # how often to ask before the rules answer, at least 1
    "history": 4,  # most turns before the last that the model sees
    "budget": 600,  # most characters of them; the last turn is never cut
}


class ModelReply:
    """A generator that asks a language model and answers by the rules where that fails.

    Args:
        model: Who words the reply.
        options: All of ``OPTIONS``.
    """

    def __init__(self, model: LanguageModel, options: Options) -> None:
        self._model = model
        self._attempts = max(1, options.count("attempts"))
        self._history, self._budget = options.count("history"), options.count("budget")
        self._seed, self._max_tokens = options.count("seed"), options.count("max_tokens")
        self._temperature = options.number("temperature")

    def propose(self, turns: Sequence[Turn], wish: Wish = ANY, tell: Tell = None) -> list[Reply]:
        """The model's replies to the last turn, or the rules' with a note that gives the reason.

        A server that does not answer is such a reason, no error.

        Raises:
            UsageError: There is no turn.
        """
        if not turns:
            return [rules.answer(turns)]
        if not (turns[-1].utterance.text or "").strip():
            return [rules.answer(turns, note="no words to answer")]
        reason = ""
        found: dict[str, Reply] = {}
        for attempt in range(self._attempts - 1 + wish.candidates):
            try:
                reply = self._attempt(turns, attempt)
            except ServerError as error:
                return [rules.answer(turns, note=_unanswered(error, self._model))]
            except polish.UnfitError as error:
                reason = str(error)
                continue
            found.setdefault(reply.text, reply)
            if len(found) == wish.candidates:
                break
        note = f"the answer of {self._model.name} was not used: {reason}"
        return list(found.values()) or [rules.answer(turns, note=note)]

    def _attempt(self, turns: Sequence[Turn], attempt: int) -> Reply:
        messages = prompt.messages(turns, history=self._history, budget=self._budget)
        opening = _opening(turns[-1], self._model, attempt)
        begun = (*messages, Message("assistant", opening)) if opening else messages
        request = Request(
            begun,
            max_tokens=self._max_tokens,
            temperature=self._temperature,
            top_k=20,
            seed=self._seed + attempt,
        )
        answer = opening + self._model.complete([request])[0]
        text = _checked(answer, turns, messages, self._model)
        return Reply(turns[-1].utterance.id, text, f"lm:{self._model.name}")


def load(options: Mapping[str, Plain], tools: Tools) -> ModelReply:
    """The generator with the language model of ``tools``.

    Raises:
        ConfigError: An option is unknown or of another type than its default.
        MissingExtra: The language model needs a package that is not installed.
        WeightsError: Its weights are not here.
    """
    chosen = complete(options, OPTIONS, "the reply generator 'lm'")
    return ModelReply(tools.language_model(), chosen)


def _opening(target: Turn, model: LanguageModel, attempt: int) -> str:
    """First words for a model that goes on from them: a small one loses its way without."""
    if not getattr(model, "prefills", False):
        return ""
    kind = tone(target.emotion) if sureness(target.emotion) != "none" else None
    options = openings(kind)
    return options[attempt % len(options)]


def _checked(
    answer: str, turns: Sequence[Turn], messages: Sequence[Message], model: LanguageModel
) -> str:
    target = turns[-1]
    text = polish.polish(
        answer,
        target.utterance.text or "",
        [m.content for m in messages[:-1] if m.role != "user"],
        tone(target.emotion) if sureness(target.emotion) == "sure" else None,
    )
    if getattr(model, "small", False):
        if grounded.confused(text):
            raise polish.UnfitError("it did not know whose story it was")
        strays = grounded.strays(text, [prompt.line(t) for t in turns[-5:]])
        if strays:
            raise polish.UnfitError(f"it brought up '{strays[0]}', which nobody had mentioned")
    return text


def _unanswered(error: ServerError, model: LanguageModel) -> str:
    local = getattr(model, "prefills", False)
    who = f"language model {model.name}" if local else "language model server"
    return f"{who} did not answer: {error.problem}"
