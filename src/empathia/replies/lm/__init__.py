"""The empathic reply of a language model, with the rules as its fallback.

The prompt holds the turns up to the one that is answered, what the recogniser
takes its feeling to be and how it sounded. Nothing after it, and no gold label.
A model with an adapter is asked as it was tuned (``tuned``), others with examples
(``prompt``). A small model knows English alone: Korean is answered by the rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from empathia.config import Options, complete
from empathia.contracts import LanguageModel, Tools
from empathia.errors import ConfigError, ServerError, needs
from empathia.files import Plain
from empathia.replies import rules
from empathia.replies.lm import compact, grounded, polish, prompt, tuned
from empathia.replies.lm.examples import openings
from empathia.replies.rules.safety import language_of
from empathia.replies.rules.tone import sureness, tone
from empathia.types import ANY, Exemplar, Message, Reply, Request, Tell, Turn, Wish

if TYPE_CHECKING:
    from empathia.replies.lm.fitting import Learnt
    from empathia.training.problem import ReplyProblem

OPTIONS: Mapping[str, Plain] = {
    "adapter": "none",  # what tunes the model: a weight ("reply-lm") or a folder
    "exemplars": compact.EXEMPLARS,  # others' answers that a tuned model is shown
    "bank": "",  # where these come from: name or folder; "" takes the starter
    "max_tokens": 60,  # of one answer at most
    "temperature": 0.3,  # how freely it words; 0 always takes the likeliest token
    "top_k": 20,  # how many tokens it may choose from
    "top_p": 1.0,  # ... the likeliest that have this share together
    "seed": 1,  # of the first attempt; each further one counts up
    "attempts": 3,  # how often to ask before the rules answer, at least 1
    "history": 4,  # most turns before the last that the model sees (a tuned one: two)
    "budget": 600,  # most characters of them; the last turn is never cut
}
LEARNING: Mapping[str, Plain] = {
    "model": "smollm2",  # pulled weight, folder, or what the hub calls it
    "rank": 8,  # of the adapters
    "alpha": 16.0,  # their weight is alpha / rank
    "longest": 256,  # tokens of a chat and its reply; of a longer one the first turns go
    "pairs": 0,  # of an epoch, other ones each; 0 takes all
    "validate": 200,  # pairs that choose the epoch; 0 takes all
    "judges": [],  # folders of kept judges in the place of the shipped ones
}
_ENDS = re.compile(r"[.!?…。！？]")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for one reply.

    Args:
        messages: The chat.
        openings: First words of the answer, in the order in which to try them.
        echoes: Texts that an answer must not repeat.
        exemplars: Answers that the model is shown.
    """

    messages: tuple[Message, ...]
    openings: Sequence[str] = ("",)
    echoes: Sequence[str] = ()
    exemplars: tuple[Exemplar, ...] = ()


class ModelReply:
    """A generator that asks a language model and answers by the rules where that fails.

    Args:
        model: Who words the reply.
        options: All of ``OPTIONS``.
        asked: Makes the chat of a model that was tuned; None asks with examples.

    Attributes:
        weights: Names of the weights that it works with, the model's own aside.
    """

    def __init__(
        self, model: LanguageModel, options: Options, asked: tuned.Asked | None = None
    ) -> None:
        self._model, self._asked, self._options = model, asked, options
        adapter = options.text("adapter")
        self.weights = (adapter,) if asked is not None and tuned.ships(adapter) else ()
        self._attempts = max(1, options.count("attempts"))

    def propose(self, turns: Sequence[Turn], wish: Wish = ANY, tell: Tell = None) -> list[Reply]:
        """The model's replies to the last turn, or the rules' with a note that gives the reason.

        A server that does not answer is such a reason, no error. What is told is whole sentences
        that may be said: the first reply consists of them.

        Raises:
            UsageError: There is no turn.
        """
        if not turns:
            return [rules.answer(turns)]
        if not (turns[-1].utterance.text or "").strip():
            return [rules.answer(turns, note="no words to answer", wish=wish)]
        if language_of(turns) == "ko" and getattr(self._model, "small", False):
            note = f"{self._model.name} answers in English alone"
            return [rules.answer(turns, note=note, wish=wish)]
        reason = ""
        found: dict[str, Reply] = {}
        question = self._question(turns, wish)
        for attempt in range(self._attempts - 1 + wish.candidates):
            hears = tell if not found else None
            try:
                reply = self._attempt(turns, question, attempt, hears)
            except ServerError as error:
                reason = _unanswered(error, self._model)
                break
            except polish.UnfitError as error:
                reason = f"the answer of {self._model.name} was not used: {error}"
                continue
            found.setdefault(reply.text, reply)
            if len(found) == wish.candidates:
                break
        return list(found.values()) or [rules.answer(turns, note=reason, wish=wish)]

    def _question(self, turns: Sequence[Turn], wish: Wish) -> Question:
        if self._asked is not None:
            exemplars = self._asked.exemplars(turns)
            messages = self._asked.chat(turns, wish, exemplars)
            return Question(messages, echoes=[messages[0].content], exemplars=exemplars)
        o = self._options
        messages = prompt.messages(
            turns, history=o.count("history"), budget=o.count("budget"), told=wish.told
        )
        echoes = [m.content for m in messages[:-1] if m.role != "user"]
        return Question(messages, _openings(turns, self._model), echoes)

    def _attempt(
        self, turns: Sequence[Turn], question: Question, attempt: int, tell: Tell
    ) -> Reply:
        opening = question.openings[attempt % len(question.openings)]
        begun = (Message("assistant", opening),) if opening else ()
        o = self._options
        request = Request(
            (*question.messages, *begun),
            max_tokens=o.count("max_tokens"),
            temperature=o.number("temperature"),
            top_k=o.count("top_k"),
            top_p=o.number("top_p"),
            seed=o.count("seed") + attempt,
        )

        def fit(answer: str) -> str:
            text = _polished(opening + answer, turns, question.echoes)
            if getattr(self._model, "small", False):
                _keep_to(turns, text, freely=self._asked is not None)
            return text

        if tell is None:
            text = fit(self._model.complete([request])[0])
        else:
            with closing(self._model.stream(request)) as pieces:
                text = _told(pieces, fit, tell)
        source = f"lm:{self._model.name}"
        return Reply(turns[-1].utterance.id, text, source, exemplars=question.exemplars)


def load(options: Mapping[str, Plain], tools: Tools) -> ModelReply:
    """The generator with the language model of ``tools``.

    Raises:
        ConfigError: An option is unknown, of another type than its default, or out of range.
        UsageError: The adapter is another model's, or the bank cannot be used.
        InputError: The bank is damaged.
        MissingExtra: The language model needs a package that is not installed.
        WeightsError: Its weights or the adapter are not here.
    """
    chosen = complete(options, OPTIONS, "the reply generator 'lm'")
    _check(chosen)
    model = tools.language_model()
    better = tuned.adapted(model, chosen.text("adapter"), permissive=tools.permissive)
    if better is None:
        return ModelReply(model, chosen)
    return ModelReply(better, chosen, tuned.Asked(chosen, tools))


def learn(problem: ReplyProblem) -> Learnt:
    """Tune a language model with adapters of low rank.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        WeightsError: The model is not there.
        TrainingError: Training cannot go on.
    """
    with needs("train", "tuning a language model"):
        from empathia.replies.lm.fitting import train
    return train(problem)


def _check(options: Options) -> None:
    fine = {
        "temperature": options.number("temperature") >= 0,
        "top_k": options.count("top_k") > 0,
        "top_p": 0 < options.number("top_p") <= 1,
        "max_tokens": options.count("max_tokens") > 0,
        "seed": options.count("seed") >= 0,
        "exemplars": 0 <= options.count("exemplars") <= compact.EXEMPLARS,
    }
    for name in (name for name, it_is in fine.items() if not it_is):
        raise ConfigError(
            f"the reply generator 'lm' cannot have {name} = {options.values[name]}",
            "Temperatures and seeds are 0 or more, top_p above 0 to 1, exemplars 0 to "
            f"{compact.EXEMPLARS}, counts at least 1",
        )


def _told(pieces: Iterator[str], fit: Callable[[str], str], tell: Callable[[str], None]) -> str:
    """The reply in an answer, told sentence by sentence as far as it may be said.

    Raises:
        UnfitError: Nothing of it may.
    """
    answer = told = ""
    for piece in pieces:
        answer += piece
        if not _ENDS.search(piece):
            continue
        try:
            text = fit(answer)
        except polish.UnfitError:
            if told:
                break
            continue
        if text.startswith(told) and text != told:
            tell(text.removeprefix(told))
            told = text
    return told or fit(answer)


def _openings(turns: Sequence[Turn], model: LanguageModel) -> Sequence[str]:
    """First words for a model that goes on from them: a small one loses its way without."""
    if not getattr(model, "prefills", False) or language_of(turns) != "en":
        return ("",)
    target = turns[-1]
    return openings(tone(target.emotion) if sureness(target.emotion) != "none" else None)


def _polished(answer: str, turns: Sequence[Turn], echoes: Sequence[str]) -> str:
    if compact.leaks(answer):
        raise polish.UnfitError("it repeated its instructions")
    target = turns[-1]
    text = polish.polish(
        answer,
        target.utterance.text or "",
        echoes,
        tone(target.emotion) if sureness(target.emotion) == "sure" else None,
    )
    polish.check_language(text, turns)
    return text


def _keep_to(turns: Sequence[Turn], text: str, *, freely: bool) -> None:
    """Refuse a small model's reply that leaves the talk; a tuned one's may have a word of its own.

    Raises:
        UnfitError: It does.
    """
    if grounded.confused(text):
        raise polish.UnfitError("it did not know whose story it was")
    strays = grounded.strays(text, [prompt.line(t) for t in turns[-5:]], freely=freely)
    if len(strays) > freely:
        raise polish.UnfitError(f"it brought up '{strays[0]}', which nobody had mentioned")


def _unanswered(error: ServerError, model: LanguageModel) -> str:
    local = getattr(model, "prefills", False)
    who = f"language model {model.name}" if local else "language model server"
    return f"{who} did not answer: {error.problem}"
