"""What a model that was tuned for it is asked, and what it may answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from empathia import weights
from empathia.config import Options
from empathia.contracts import LanguageModel, Tools
from empathia.errors import ConfigError, UsageError
from empathia.exemplars.bank import Bank
from empathia.exemplars.places import encoder_for, open_bank, starter
from empathia.exemplars.ranking import rank
from empathia.exemplars.search import Query
from empathia.lm.local import LocalModel
from empathia.lm.local import adapter as adapters
from empathia.replies.lm import compact
from empathia.replies.rules.tone import sureness, tone
from empathia.types import Exemplar, Message, Turn, Wish

_LANGUAGE = "en"


def ships(name: str) -> bool:
    """Whether an adapter is a weight that comes with Empathia, not a folder."""
    return name in {e.name for e in weights.entries()}


def adapted(model: LanguageModel, name: str, *, permissive: bool) -> LocalModel | None:
    """A model with its adapter; None where it is to be asked as it is.

    Args:
        model: Which.
        name: "none", a shipped weight, or a folder.
        permissive: Refuse a weight that is not for commercial use.

    Raises:
        ConfigError: The model takes no adapter.
        UsageError: The adapter is another model's, or may not be used.
        WeightsError: It is not there, or damaged.
    """
    if name == "none":
        return None
    if not isinstance(model, LocalModel):
        raise ConfigError(
            f"the language model {model.name} cannot take the adapter '{name}'",
            "Only a GGUF file on this machine can; leave one of the two out",
        )
    folder = Path(name)
    if ships(name):
        if permissive and weights.entry(name).noncommercial:
            raise UsageError(
                f"the adapter '{name}' is not for commercial use ({weights.entry(name).licence})",
                "Leave --permissive or the adapter out",
            )
        folder = weights.folder(name)
    base = adapters.load(folder).base
    if base != model.name:
        raise UsageError(
            f"the adapter in '{folder}' is one for '{base}', not for '{model.name}'",
            "Name its own model (--llm-model), or another adapter",
        )
    return model.adapted(folder)


class Asked:
    """Makes the chat that a tuned model was taught, with exemplars out of a bank.

    Args:
        options: Of the generator.
        tools: Its tools.

    Raises:
        UsageError: There is no such bank, or it may not be used.
        InputError: It is damaged.
    """

    def __init__(self, options: Options, tools: Tools) -> None:
        self._most, self._threads = options.count("exemplars"), tools.threads
        self._bank: Bank | None = None
        if self._most and options.text("bank"):
            self._bank = open_bank(options.text("bank"), threads=tools.threads)
            if tools.permissive and self._bank.info.noncommercial:
                raise UsageError(
                    f"the bank '{self._bank.name}' is not for commercial use",
                    "Leave --permissive out, or name another bank",
                )
        elif self._most and encoder_for(_LANGUAGE) is not None:
            self._bank = starter(_LANGUAGE, threads=tools.threads)

    def exemplars(self, turns: Sequence[Turn]) -> tuple[Exemplar, ...]:
        """Answers that somebody gave in situations like this one."""
        bank = self._bank
        if bank is None:
            return ()
        query = Query.of([t.utterance.text or "" for t in turns])
        how = "words" if bank.contexts is None else "dense"
        best = rank(bank, query, self._most, how, threads=self._threads)
        return tuple(
            Exemplar(p.id, bank.name, p.context, p.reply, p.emotion, min(1.0, similarity))
            for p, similarity in zip(
                (bank.pairs[i] for i in best.places), best.similarity, strict=True
            )
        )

    @staticmethod
    def chat(
        turns: Sequence[Turn], wish: Wish, exemplars: Sequence[Exemplar]
    ) -> tuple[Message, ...]:
        """The messages; a feeling is named where the recogniser is sure of it."""
        last = turns[-1]
        feeling = tone(last.emotion) if sureness(last.emotion) == "sure" else None
        hints = compact.Hints(feeling, wish.empathy, wish.sentiment, [e.reply for e in exemplars])
        lines = [
            (t.utterance.speaker == last.utterance.speaker, t.utterance.text or "")
            for t in turns
            if (t.utterance.text or "").strip()
        ]
        return compact.chat(lines, hints)
