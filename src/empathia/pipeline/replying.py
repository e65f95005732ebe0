"""Replies: who proposes them, who judges them, which one is given."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from empathia import judges, plugins, weights
from empathia.contracts import Generator, LanguageModel, Tools
from empathia.errors import ExtraError, InputError, UsageError, WeightsError
from empathia.exemplars import encoding, places
from empathia.exemplars.places import STARTERS
from empathia.listen.language import UNKNOWN, detect_language
from empathia.pipeline.choosing import Judging, Measure, choose
from empathia.replies import rules
from empathia.replies.lm import prompt
from empathia.replies.rules import care
from empathia.replies.rules.safety import concern, language_of
from empathia.types import Reply, Tell, Turn, Wish
from empathia.types.talk import Call, Tool

if TYPE_CHECKING:
    from empathia.pipeline.options import Options
    from empathia.pipeline.record import Record

_JUDGED_BY = ("judge-reaction", "judge-interpretation", "judge-exploration", "judge-sentiment")
"""Weights of the judges that are asked; they know English alone."""


class Replies:
    """What answers.

    Args:
        options: Who words replies, and what is wanted of them.
        tools: What generators may use.
        used: Weights that the generator asked for; it grows as they are loaded.
        notes: Remarks on it, likewise.

    Raises:
        UsageError: There is no such plug-in, or the language model cannot be.
    """

    def __init__(self, options: Options, tools: Tools, used: list[str], notes: list[str]) -> None:
        self._options, self._tools = options, tools
        self._used, self._notes = used, notes
        plugin = plugins.load("replies", options.generator, ("load",))
        try:
            generator: Generator = plugin.load(options.reply_options, tools)
        except (ExtraError, WeightsError) as missing:
            used.clear()
            notes[:] = [f"replies come from rules: {missing}"]
            generator = rules.load({}, tools)
        used.extend(getattr(generator, "weights", ()))
        if str(options.care) != care.OFF:
            generator = care.Careful(generator, options.care)
        self._generator, self._proposing = generator, threading.Lock()
        self._measures: dict[str, Measure | None] = {}

    @property
    def weights(self) -> Sequence[str]:
        """Names of the weights that the generator works with."""
        return tuple(self._used)

    def answer(
        self,
        turns: Sequence[Turn],
        record: Record,
        tell: Tell = None,
        wish: Wish | None = None,
    ) -> Reply:
        """An answer in any case: what was heard is not lost because a model cannot be loaded.

        Args:
            turns: Up to the turn that is answered.
            record: Learns what was used.
            tell: Hears the reply as it is written, where there is one candidate; what is given in
                the end may be another one.
            wish: What is wanted of it; None takes what the options say.
        """
        wish = wish or self._options.wish
        try:
            with self._proposing:  # a language model says one thing at a time
                found = self._generator.propose(turns, wish, tell if wish.candidates == 1 else None)
        except (WeightsError, ExtraError) as error:
            found = [rules.answer(turns, note=str(error), wish=wish)]
        reply = self._chosen(turns, found, record, wish)
        record.use(*self._used)
        record.note(*self._notes)
        spoken = turns[-1].utterance.language
        if spoken not in (None, "en") and detect_language([reply.text]) == "en":
            words = "another language" if spoken == UNKNOWN else spoken
            record.note(f"words in {words} were answered in English ({reply.source})")
        return reply

    def call(
        self, turns: Sequence[Turn], tools: Sequence[Tool], done: Sequence[tuple[Call, str]]
    ) -> Call | None:
        """The tool that helps to answer the last turn, if one does; none where care answers.

        Args:
            turns: Up to the turn that is answered.
            tools: To choose from.
            done: What was called for this answer, with what it told.

        Raises:
            UsageError: The model of the replies can call none.
            ServerError: It does not answer.
        """
        if isinstance(self._generator, care.Careful) and concern(turns) is not None:
            return None
        call = getattr(self._model, "call", None) if self._options.generator == "lm" else None
        if call is None:
            raise UsageError(
                "tools are called by a language model behind a URL, and it words no replies here",
                "Take one: --llm-url URL --llm-model NAME",
            )
        called: Call | None = call(prompt.choosing(turns), tools, done)
        return called

    @cached_property
    def _model(self) -> LanguageModel:
        return self._tools.language_model()

    def _chosen(
        self, turns: Sequence[Turn], found: Sequence[Reply], record: Record, wish: Wish
    ) -> Reply:
        if found[0].source == care.SOURCE:  # fixed, and no matter of taste
            return found[0]
        english = all(detect_language([r.text]) in ("en", None) for r in found)
        judging = self._judging if english else None
        if judging is not None:
            record.use(*_JUDGED_BY)
        measure = self._measure(language_of(turns)) if len(found) > 1 else None
        return choose(turns, found, wish, judging, measure)

    @cached_property
    def _judging(self) -> Judging | None:
        """The judges; None where they may not be used, or their encoders are not here."""
        if self._options.permissive and any(weights.entry(w).noncommercial for w in _JUDGED_BY):
            return None
        try:
            panel = judges.load(threads=self._options.threads)
        except (ExtraError, WeightsError):
            return None
        return lambda pairs: judges.judge(panel, pairs)

    def _measure(self, language: str) -> Measure | None:
        """What tells where answers lie: the bank of the replies, else the starter."""
        if language not in self._measures:
            self._measures[language] = self._measured_by(language)
        return self._measures[language]

    def _measured_by(self, language: str) -> Measure | None:
        named = self._options.reply_options.get("bank")
        try:
            if named:
                bank = places.open_bank(str(named), threads=self._options.threads)
            elif language in STARTERS:
                bank = places.starter(language, threads=self._options.threads)
            else:
                return None
            if bank.answers is None:
                return None
            encode = encoding.load(str(bank.info.encoder), self._options.threads)
        except (InputError, UsageError, WeightsError):
            return None  # it was told where replies are made of it
        return Measure(encode, bank.answers)
